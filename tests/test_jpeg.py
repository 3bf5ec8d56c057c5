"""JPEG files: OpenCV's pixels are Pillow's, and Pillow has the last word on what is broken."""

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iog import ImageError, jpeg
from iog.images import decode_image, open_picture, read_image
from iog.samples import Sample


def _file(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def _pillow(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_pixels_are_pillows(sample: Sample, mode: str, subsampling: int, progressive: bool) -> None:
    for size, quality in (((601, 403), 75), ((33, 17), 95), ((640, 480), 20)):
        picture = Image.fromarray(read_image(sample.photo)).resize(size).convert(mode)
        content = _file(picture, quality=quality, subsampling=subsampling, progressive=progressive)
        with open_picture(io.BytesIO(content)) as opened:
            found = jpeg.decoded(opened, 1)
        assert found is not None
        np.testing.assert_array_equal(found, _pillow(content))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_as_pillow_turns(sample: Sample, orientation: int) -> None:
    picture = Image.fromarray(read_image(sample.photo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = _file(picture, exif=exif)
    found = decode_image(io.BytesIO(content), "x.jpg")
    assert found.flags.c_contiguous
    # A Pillow image has no file to decode anew.
    copy = Image.open(io.BytesIO(content))
    copy.load()
    np.testing.assert_array_equal(found, read_image(copy))


def test_what_is_cut_off_is_said(coffee: Sample, tmp_path: Path) -> None:
    content = _file(Image.fromarray(read_image(coffee.photo)))
    path = tmp_path / "half.jpg"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError, match=r"half\.jpg is broken: image file is truncated"):
        read_image(path)


def test_the_rest_is_pillows(coffee: Sample) -> None:
    picture = Image.fromarray(read_image(coffee.photo))
    for content in (_file(picture.convert("CMYK")), _file(picture) + b"more"):
        with open_picture(io.BytesIO(content)) as opened:
            assert jpeg.decoded(opened, 1) is None
        np.testing.assert_array_equal(decode_image(io.BytesIO(content), "x"), _pillow(content))


def test_flipped_bytes_are_read_as_pillow_reads_them(
    coffee: Sample, capfd: pytest.CaptureFixture[str]
) -> None:
    content = _file(Image.fromarray(read_image(coffee.photo)).resize((160, 120)))
    random = np.random.default_rng(0)
    read = 0
    for _ in range(60):
        broken = bytearray(content)
        for place in random.integers(2, len(content) - 2, 3):
            broken[place] ^= 1 << int(random.integers(8))
        try:
            expected = _pillow(bytes(broken))
        except Exception:  # Pillow's own; OpenCV shows some of these as far as they go
            with suppress(ImageError):
                decode_image(io.BytesIO(bytes(broken)), "x")
            continue
        read += 1
        np.testing.assert_array_equal(decode_image(io.BytesIO(bytes(broken)), "x"), expected)
    assert read > 40
    capfd.readouterr()  # libjpeg's warnings


def test_a_path_that_opencv_cannot_open_is_read_all_the_same(
    coffee: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(_file(Image.fromarray(read_image(coffee.photo))))
    found = read_image(path)
    np.testing.assert_array_equal(found, _pillow(path.read_bytes()))
    monkeypatch.setattr(jpeg, "_from_file", lambda path, shape: None)  # as of OpenCV before 4.11
    np.testing.assert_array_equal(read_image(path), found)
