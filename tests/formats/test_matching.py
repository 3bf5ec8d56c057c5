from __future__ import annotations

from dataclasses import replace

import pytest

from iog.formats.account import Account
from iog.formats.matching import PhotoIndex, clean, fits
from iog.formats.places import LONGEST, distinct_stems
from iog.formats.records import Class, Picture, numbered


def photo(name: str, *sections: str, stem: bool = False, size: tuple[int, int] | None = None) -> Picture:
    return Picture(name=name, size=size, annotations=[], stem=stem, sections=sections)


@pytest.mark.parametrize(
    ("photos", "stated", "meant"),
    [
        (["a.jpg"], photo("a.jpg"), "a.jpg"),
        (["sub/a.jpg"], photo("a.jpg"), "sub/a.jpg"),
        (["a.jpg"], photo("C:\\data\\images\\a.jpg"), "a.jpg"),
        (["a b.jpg"], photo("https://example.org/x/a%20b.jpg?token=1"), "a b.jpg"),
        (
            ["train/images/1.jpg", "valid/images/1.jpg"],
            photo("1", "valid/images", "valid", stem=True),
            "valid/images/1.jpg",
        ),
        (["train/1.jpg", "val/1.jpg"], photo("1", "images/val", "val", stem=True), "val/1.jpg"),
        (["train/1.jpg"], photo("images/train/1.jpg"), "train/1.jpg"),
        (["a.b.jpg"], photo("a.b", stem=True), "a.b.jpg"),
        (["b.jpg", "b.png"], photo("b_png", stem=True), "b.png"),
        (["b.jpg", "b_jpg.bmp"], photo("b_jpg", stem=True), "b_jpg.bmp"),
        (["a.jpg", "train/a.jpg"], photo("a.jpg", "train"), "train/a.jpg"),
        (["a.jpg", "x/train/a.jpg"], photo("a.jpg", "train"), "x/train/a.jpg"),
        (["a.jpg", "train/a.jpg"], photo("a.jpg"), "a.jpg"),
        (["a.jpg", "b/a.jpg"], photo("a.jpg", "c"), "a.jpg"),
        (["back\\a.jpg"], photo("back\\a.jpg"), "back\\a.jpg"),
        (["back\\a.jpg", "a.jpg"], photo("a.jpg", "back"), "back\\a.jpg"),
        (["back\\a.jpg", "back/a.jpg"], photo("back\\a.jpg"), "back\\a.jpg"),
    ],
)
def test_the_photo_that_is_meant(photos: list[str], stated: Picture, meant: str) -> None:
    assert PhotoIndex(photos).find(stated) == meant


@pytest.mark.parametrize(
    ("photos", "stated", "reason"),
    [
        (["a.jpg"], photo("b.jpg"), "no such photo"),
        (["x/a.jpg", "y/a.jpg"], photo("a.jpg"), "several photos"),
        (["train/1.jpg"], photo("val/1.jpg"), "no such photo"),
        (["b.jpg", "b.png"], photo("b", stem=True), "several photos"),
        (["a.jpg", "day/b.jpg"], replace(photo("a.jpg", "day"), file="day/a.json"), "no such photo"),
        (["back\\a.jpg", "back/a.jpg"], photo("back/a.jpg"), "several photos"),
    ],
)
def test_a_guess_is_never_made(photos: list[str], stated: Picture, reason: str) -> None:
    with pytest.raises(LookupError, match=reason):
        PhotoIndex(photos).find(stated)


def test_names_are_cleaned() -> None:
    assert clean("..\\x\\./a.jpg") == "x/a.jpg"


def test_sizes_that_do_not_fit_are_said() -> None:
    assert fits(photo("a"), (200, 120), (200, 120)) is None
    assert fits(photo("a", size=(200, 120)), (200, 120), (200, 120)) is None
    assert "100 x 60" in str(fits(photo("a", size=(100, 60)), (200, 120), (200, 120)))
    assert "EXIF" in str(fits(photo("a", size=(200, 120)), (120, 200), (200, 120)))


def test_stems_are_distinct_and_not_too_long() -> None:
    names = ["a.jpg", "a.png", "A_png.bmp", "s/a.jpg", "s__a.jpg", "x" * 300 + ".jpg", "x" * 300 + ".png"]
    for flat in (False, True):
        stems = distinct_stems(names, flat=flat)
        assert len({stem.casefold() for stem in stems}) == len(names)
        assert all(len(part.encode()) <= LONGEST + 10 for stem in stems for part in stem.split("/"))
    assert distinct_stems(["b.jpg", "c.d.jpg"]) == ["b", "c.d"]


@pytest.mark.parametrize(
    ("numbers", "gapless", "expected"),
    [
        ([3, 18], False, [3, 18]),
        ([3, 18], True, [0, 1]),
        ([1, 0], True, [1, 0]),
        ([None, 0], True, [1, 0]),
        ([2, 2], False, [1, 2]),
        ([None, 1], False, [2, 1]),
    ],
)
def test_class_numbers(numbers: list[int | None], gapless: bool, expected: list[int]) -> None:
    classes = [Class(name, number) for name, number in zip("ab", numbers, strict=True)]
    found = numbered(classes, 0 if gapless else 1, gapless=gapless)
    assert [found[c.name] for c in classes] == expected


def test_the_account_is_a_short_table() -> None:
    account = Account()
    assert not account.useless  # nothing was there
    account.count("objects", 1200)
    for number in range(5):
        account.skip("it is broken", f"file {number}")
    assert account.useless and not account.is_clean
    account.make("masks")
    assert not account.useless and account.objects == 1
    lines = list(account.lines())
    assert (
        lines[0] == "read     1,200 objects" and "5  it is broken  (file 0; file 1; file 2; ...)" in lines[2]
    )
