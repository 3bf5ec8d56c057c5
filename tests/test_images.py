import contextlib
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageOps

from iog import ImageError, images
from iog.cli import main
from iog.images import (
    BITS,
    DarkPictureWarning,
    decode_image,
    open_picture,
    picture_sizes,
    read_image,
    write_mask,
)

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


@pytest.mark.parametrize(("suffix", "plugin"), [("jp2", "PIL"), ("avif", "PIL"), ("heic", "pillow_heif")])
def test_newer_file_types_where_they_can_be_read(tmp_path: Path, suffix: str, plugin: str) -> None:
    pytest.importorskip(plugin)
    read_image(Image.fromarray(RGB))
    ids = {"jp2": "JPEG2000", "avif": "AVIF", "heic": "HEIF"}
    with contextlib.suppress(ImageError):
        open_picture(tmp_path / "none")  # registers what is installed
    if ids[suffix] not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {suffix}")
    Image.fromarray(RGB).save(tmp_path / f"photo.{suffix}")
    assert read_image(tmp_path / f"photo.{suffix}").shape == (20, 30, 3)


def test_a_format_that_needs_a_plugin_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_readable", lambda: ("PNG",))
    for brand, words in ((b"heic", r"iog\[heif\]"), (b"avif", "Pillow 11.3")):
        (tmp_path / "photo").write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(64))
        with pytest.raises(ImageError, match=words):
            read_image(tmp_path / "photo")
        with pytest.raises(ImageError, match=words):
            decode_image((tmp_path / "photo").open("rb"), "x")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"),
        ("x.psd", b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x09\0\0\0\x09\0\x08\0\3" + bytes(64)),
        ("x.tga", bytes([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0, 9, 9, 9])),
    ],
)
def test_other_formats_reach_no_decoder(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with Image.open(tmp_path / name):
        pass  # Pillow would open it
    with pytest.raises(ImageError, match="it is no JPEG"):
        read_image(tmp_path / name)


def test_one_place_opens_pictures() -> None:
    """Elsewhere only PNGs are opened, by name: an unlisted format would reach its decoder."""
    source = Path(images.__file__).parent
    calls = [
        (path.name, line)
        for path in source.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if "Image.open(" in line and 'formats=("PNG",)' not in line
    ]
    assert calls == [("images.py", "        return Image.open(source, formats=_readable())")]


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_malformed_exif_is_ignored(tmp_path: Path, exif: bytes) -> None:
    for suffix in ("jpg", "png", "webp"):
        Image.fromarray(RGB).save(tmp_path / f"odd.{suffix}", exif=exif)
        assert read_image(tmp_path / f"odd.{suffix}").shape == (20, 30, 3)
        assert picture_sizes(tmp_path / f"odd.{suffix}") == ((30, 20), (30, 20))


@pytest.mark.parametrize("number", range(1, 9))
def test_sizes_and_pixels_agree_on_each_orientation(tmp_path: Path, number: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = number
    Image.fromarray(RGB).save(tmp_path / "turned.jpg", exif=exif)
    height, width = read_image(tmp_path / "turned.jpg").shape[:2]
    assert picture_sizes(tmp_path / "turned.jpg") == ((width, height), (30, 20))
    with Image.open(tmp_path / "turned.jpg") as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    np.testing.assert_array_equal(read_image(tmp_path / "turned.jpg"), expected)


def _png_with_bits(path: Path, values: np.ndarray, bits: int) -> None:
    Image.fromarray(values).save(path)
    content = path.read_bytes()
    chunk = b"sBIT" + bytes([bits])
    chunk = (1).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    path.write_bytes(content[:33] + chunk + content[33:])  # after the header


def test_12_bit_values_are_stretched_where_the_file_states_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.linspace(0, 4095, 600).reshape(20, 30).astype(np.uint16)
    shown = read_image((values.astype(np.uint32) * 65535 // 4095).astype(np.uint16))
    _png_with_bits(tmp_path / "stated.png", values, 12)
    np.testing.assert_array_equal(read_image(tmp_path / "stated.png"), shown)
    Image.fromarray(values).save(tmp_path / "stated.tif", tiffinfo={281: 4095})
    np.testing.assert_array_equal(read_image(tmp_path / "stated.tif"), shown)
    # As PNG wants it, they were stretched when they were written; and a dark photo of 16 bits stays dark.
    _png_with_bits(tmp_path / "done.png", (values << 4) | (values >> 8), 12)
    np.testing.assert_allclose(read_image(tmp_path / "done.png").astype(int), shown.astype(int), atol=1)
    Image.fromarray(values).save(tmp_path / "dark.png")
    with pytest.warns(DarkPictureWarning, match="take 12 of 16 bits"):
        assert read_image(tmp_path / "dark.png").max() == 16
    monkeypatch.setenv(BITS, "12")
    np.testing.assert_array_equal(read_image(tmp_path / "dark.png"), shown)


def test_the_command_line_says_of_how_many_bits_photos_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BITS, "16")  # put back after the test
    monkeypatch.delenv(BITS)
    values = np.linspace(0, 4095, 6000).reshape(60, 100).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "dark.png")
    command = ["predict", str(tmp_path / "dark.png"), "--corners", "5,5", "90,50", "--overlay"]
    asked = CliRunner().invoke(main, [*command, str(tmp_path / "a.png")])
    assert asked.exit_code == 0 and "note: " in asked.output and "--bits 12" in asked.output
    told = CliRunner().invoke(main, ["--bits", "12", *command, str(tmp_path / "b.png")])
    assert told.exit_code == 0 and "note: " not in told.output
    assert read_image(tmp_path / "b.png").mean() > 2 * read_image(tmp_path / "a.png").mean()


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


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_kinds_that_take_much_memory_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    """16-bit grey is scaled in 32 bits; few bytes of a file may need gigabytes."""
    header = struct.pack(">4sIIBBBBB", b"IHDR", 10_000, 10_000, 16, 0, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(bytes(9)), b"IEND"]
    framed = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(framed))
    with pytest.raises(ImageError, match=r"takes 2,288 MB of memory.*save it as JPEG"):
        read_image(tmp_path / "bomb.png")


def test_transparent_pictures_take_little_more_memory_than_others(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1100, 1000, 4), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "clear.png", compress_level=1)
    for source in (tmp_path / "clear.png", picture):
        tracemalloc.start()
        pixels = read_image(source)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20 * picture.shape[0] * picture.shape[1], "at once it took 40 bytes a pixel"
        alpha = picture[..., 3:].astype(np.float32) / 255
        expected = np.rint(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
        np.testing.assert_array_equal(pixels, expected)


def test_a_mask_is_lossless_whatever_its_ending(tmp_path: Path) -> None:
    mask = np.random.default_rng(0).random((30, 40)) > 0.5
    write_mask(tmp_path / "mask.jpg", mask)
    with Image.open(tmp_path / "mask.jpg") as picture:
        assert picture.format == "PNG"
        np.testing.assert_array_equal(np.asarray(picture), mask * np.uint8(255))
