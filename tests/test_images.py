from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iog import ImageError
from iog.images import read_image

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (RGB, RGB),
        (RGB[..., 0], np.repeat(RGB[..., :1], 3, 2)),
        (RGB[..., :1], np.repeat(RGB[..., :1], 3, 2)),
        (RGB.astype(np.uint16) * 257, RGB),
        (RGB / 255, RGB),
        ((RGB / 255).astype(np.float32), RGB),
        (np.dstack([RGB, np.full((20, 30), 255, np.uint8)]), RGB),
        (np.dstack([RGB, np.zeros((20, 30), np.uint8)]), np.full_like(RGB, 255)),
        (np.dstack([RGB[..., 0], np.full((20, 30), 255, np.uint8)]), np.repeat(RGB[..., :1], 3, 2)),
    ],
    ids=["rgb", "grey", "grey1", "16-bit", "float64", "float32", "opaque", "transparent", "grey-alpha"],
)
def test_arrays(array: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(read_image(array), expected)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 20, 30), np.uint8), "must be"),
        (np.zeros((0, 30, 3), np.uint8), "must be"),
        (np.zeros(5, np.uint8), "must be"),
        (np.zeros((9, 9), np.int64), "uint8, uint16 or float"),
        (np.full((9, 9), 200.0), "between 0 and 1"),
        (np.full((9, 9), np.nan), "between 0 and 1"),
    ],
)
def test_unusable_arrays(array: np.ndarray, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        read_image(array)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "RGBA", "LA", "1", "YCbCr", "HSV", "LAB"])
def test_pillow_modes(mode: str) -> None:
    picture = Image.fromarray(RGB).convert(mode if mode != "LAB" else "RGB")
    array = read_image(picture)
    assert array.shape == (20, 30, 3)
    assert array.dtype == np.uint8


def test_16_bit_png_is_scaled(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 600).reshape(20, 30).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_image(tmp_path / "deep.png"), read_image(values))
    assert read_image(tmp_path / "deep.png").max() == 255


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tif", "gif"])
def test_file_types(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(RGB).save(tmp_path / f"photo.{suffix}")
    assert read_image(str(tmp_path / f"photo.{suffix}")).shape == (20, 30, 3)


def test_exif_orientation_is_obeyed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show rotated by 90 degrees clockwise
    Image.fromarray(RGB).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png"), np.rot90(RGB, -1))


def test_of_an_animation_the_first_frame(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (0, 255)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert not read_image(tmp_path / "moving.gif").any()


def test_broken_files_get_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="does not exist"):
        read_image(tmp_path / "nowhere.png")
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(ImageError, match="is not a picture"):
        read_image(tmp_path / "text.png")
    noisy = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    for suffix in ("png", "jpg", "webp", "tif"):
        whole = tmp_path / f"whole.{suffix}"
        Image.fromarray(noisy).save(whole)
        (tmp_path / f"cut.{suffix}").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        with pytest.raises(ImageError, match=r"broken|is not a picture"):
            read_image(tmp_path / f"cut.{suffix}")


def test_bombs_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "bomb.png")
    with pytest.raises(ImageError, match="scale it down"):
        read_image(tmp_path / "bomb.png")
    with pytest.raises(ImageError, match="scale it down"):
        read_image(np.broadcast_to(np.uint8(0), (20_000, 10_000)))
