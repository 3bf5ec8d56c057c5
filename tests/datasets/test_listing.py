"""Objects spread over a list."""

import pytest

from iog.datasets import known
from iog.datasets.listing import spread


@pytest.mark.parametrize(
    ("length", "count", "expected"),
    [
        (5, None, [0, 1, 2, 3, 4]),
        (5, 9, [0, 1, 2, 3, 4]),
        (9, 3, [0, 4, 8]),
        (9, 1, [0]),
        (9, 0, []),
        (0, 3, []),
    ],
)
def test_spread(length: int, count: int | None, expected: list[int]) -> None:
    assert spread(length, count) == expected


def test_titles_name_the_part_that_is_opened() -> None:
    assert known.title("photos", None) == "photos val"
    assert known.title("photos", "test") == "photos test"
    assert known.title("voc-sbd", None) == "voc-sbd"
