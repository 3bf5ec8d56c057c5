"""Reading the files of datasets: each function checks what it reads and says what is wrong.

Datasets come from anywhere, so nothing here runs or unpacks what a file asks for: XML with a document type
(and so with entities) is refused, and .mat files hold numbers only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from iog.errors import DataError, ImageError, IogError
from iog.images import MAXIMUM_PIXELS, open_picture, picture_sizes, read_image

Broken = list[str] | None
"""Where readers note what is wrong with single photos, which they then leave out; None raises instead."""

T = TypeVar("T")


def note(broken: Broken, error: IogError) -> None:
    """Add what is wrong to `broken`, or raise it."""
    if broken is None:
        raise error
    broken.append(str(error))


def note_empty(broken: Broken, mask: Path) -> None:
    """Add to `broken` that a picture of numbers has no object. Readers pass over it otherwise."""
    if broken is not None:
        broken.append(f"{mask} is an empty mask: it has no object")


def require(path: Path, source: str) -> Path:
    """The path; `DataError` says that it is missing and, with `source`, where to get the dataset."""
    if not path.exists():
        raise DataError(f"{path} is missing; {source}")
    return path


def find_folder(root: Path, places: Sequence[str], marker: str, source: str) -> Path:
    """The first of the `places` under `root` that holds `marker`, so that any level of a set can be named."""
    for place in places:
        if (root / place / marker).exists():
            return root / place
    return require(root / places[0] / marker, source).parent


def scanning(items: Sequence[T], what: str) -> Iterable[T]:
    """The items, with a progress bar once going through them has taken two seconds."""
    return tqdm(items, desc=what, unit="file", disable=None, delay=2, leave=False, dynamic_ncols=True)


def read_photo(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """The photo as (H, W, 3) RGB with the (H, W) of its masks.

    Upright, as annotation tools show it; as stored in the file where only that fits the masks.
    """
    rgb = read_image(path)
    if rgb.shape[:2] == shape:
        return rgb
    with open_picture(path) as picture:
        stored = np.asarray(picture.convert("RGB"))
    if stored.shape[:2] != shape:
        raise DataError(
            f"{path} is {rgb.shape[1]} x {rgb.shape[0]} pixels but its masks are {shape[1]} x {shape[0]}"
        )
    return stored


def photo_size(path: Path) -> tuple[int, int]:
    """(width, height) of the upright photo, from the head of its file."""
    try:
        return picture_sizes(path)[0]
    except ImageError as error:
        raise DataError(str(error)) from error


def read_labels(path: Path) -> npt.NDArray[np.int64]:
    """The numbers in a picture as (H, W): palette indices as they are stored, or grey values.

    Grey that was saved as RGB is accepted; other colours raise `DataError`.
    """
    try:
        with open_picture(path) as picture:
            if picture.width * picture.height > MAXIMUM_PIXELS:
                raise DataError(f"{path} has over {MAXIMUM_PIXELS:,} pixels")
            values = np.asarray(picture)
    except ImageError as error:
        raise DataError(str(error)) from error
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for broken data
        raise DataError(f"{path} is not a picture that can be read: {error}") from error
    if values.ndim == 3:
        colours = values[..., : 1 if values.shape[2] == 2 else 3]
        if (colours != colours[..., :1]).any():
            raise DataError(f"{path} has colours; a mask is a grey or palette picture")
        values = colours[..., 0]
    if values.dtype.kind == "f":
        raise DataError(f"{path} has fractions; a mask holds whole numbers")
    return values.astype(np.int64)


def read_numbers(path: Path) -> list[int]:
    """The numbers that occur in a picture of numbers, least first."""
    return occurring(read_labels(path))


def occurring(labels: npt.NDArray[np.int64]) -> list[int]:
    """The numbers that occur in (H, W), least first."""
    low, high = (int(labels.min()), int(labels.max())) if labels.size else (0, 0)
    if not 0 <= low <= high < 1 << 20:
        return [int(number) for number in np.unique(labels)]
    # Many times faster than sorting the pixels.
    return [int(number) for number in np.flatnonzero(np.bincount(labels.ravel()))]


def read_foreground(path: Path) -> npt.NDArray[np.bool_]:
    """(H, W): where any channel of a picture is not zero."""
    try:
        with open_picture(path) as picture:
            # An alpha channel says nothing about the object.
            values = np.asarray(picture.convert("RGB") if picture.mode in ("RGBA", "LA") else picture)
    except ImageError as error:
        raise DataError(str(error)) from error
    except Exception as error:  # Pillow's decoders raise many kinds for broken data
        raise DataError(f"{path} is not a picture that can be read: {error}") from error
    foreground: npt.NDArray[np.bool_] = np.logical_or.reduce(values.reshape(*values.shape[:2], -1), axis=2)
    return foreground


def read_names(path: Path, source: str) -> list[str]:
    """The lines of a list that are not blank, stripped."""
    try:
        lines = require(path, source).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a list of names: {error}") from None
    return [line.strip() for line in lines if line.strip()]


def read_json(path: Path, source: str) -> dict[str, Any]:
    """A JSON document that is an object at its top."""
    if require(path, source).is_dir():
        raise DataError(f"{path} is a folder, not a JSON file; {source}")
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise DataError(f"{path}: expected a JSON object, got {type(data).__name__}")
    return data


def read_mat(path: Path, variable: str) -> Any:
    """One variable of a MATLAB file (version 5 to 7); structs have attributes, cells are object arrays."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise DataError("reading .mat files needs SciPy: pip install 'iog[train]'") from None
    if not path.is_file():
        raise DataError(f"{path} is missing")
    try:
        content = loadmat(path, variable_names=[variable], struct_as_record=False)
    except Exception as error:  # SciPy raises many kinds for broken data
        raise DataError(f"{path} is not a MATLAB file that can be read: {error}") from error
    if variable not in content:
        raise DataError(f"{path} has no variable {variable}")
    return content[variable]


def read_xml(path: Path, source: str) -> Element:
    """The root element of an XML file; a document type, which could define entities, is refused."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise DataError(f"{path}: XML with a document type is not accepted")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(require(path, source).read_bytes(), True)
    except expat.ExpatError as error:
        raise DataError(f"{path} is not XML: {error}") from None
    return builder.close()
