import pytest

from iog.wording import counted


@pytest.mark.parametrize(
    ("number", "things", "expected"),
    [
        (1, "objects", "1 object"),
        (1, "boxes", "1 box"),
        (0, "masks", "0 masks"),
        (2, "boxes", "2 boxes"),
        (12345, "photos", "12,345 photos"),
    ],
)
def test_one_thing_has_no_plural(number: int, things: str, expected: str) -> None:
    assert counted(number, things) == expected
