"""Pixel-ImageNet: instance masks for ImageNet's training photos, as released and as we make it.

    ROOT/                          "pixel-imagenet-v2"; of `iog auto imagenet` its --out
        WNID/WNID_N.png            a picture for ImageNet's train/WNID/WNID_N.JPEG
        label-v1.json, label-v2.npy, label.json       one of them, here or named apart

Convention
----------
Pixels of a mask are numbers of instances within the photo, 0 the background; all of a photo are of one class.
Released masks may be grey, palette, or grey saved as RGB, and some photos have none.

Label files list classes under a running number that is *not* ImageNet's class number, each with WordNet id,
name and count of photos. `label-v1.json` holds JSON within a JSON string; `label-v2.npy` a pickled
dictionary, of which nothing but plain values is read: a file that asks for anything else is refused.
"""

from __future__ import annotations

import io
import json
import pickle
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from iog.datasets.reading import read_labels, read_photo, require, scanning
from iog.errors import DataError
from iog.images import PHOTO_ENDINGS
from iog.masks import BoolArray, mask_box

SOURCE = (
    "Pixel-ImageNet is on its authors' page (github.com/shiyinzhang/Pixel-ImageNet); "
    "`iog auto imagenet` makes one from ImageNet-LOC"
)
LABEL_FILES = ("label.json", "label-v2.npy", "label-v1.json")

Task = Literal["classification", "instance", "semantic", "salient"]


class PhotoLabel(NamedTuple):
    """A class of the set."""

    wnid: str
    """WordNet id, as "n01440764"."""
    name: str
    photos: int


def read_label_file(path: Path) -> dict[int, PhotoLabel]:
    """Classes by their running number.

    Raises
    ------
    DataError
        If the file is missing, is something else, or would run code.
    """
    require(path, SOURCE)
    try:
        data = _unpickled(path) if path.suffix == ".npy" else json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, str):  # v1 was dumped twice
            data = json.loads(data)
        return {
            int(number): PhotoLabel(str(wnid), str(name), int(count))
            for number, (wnid, name, count) in data.items()
        }
    except (
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        EOFError,
        IndexError,
        pickle.UnpicklingError,
    ) as error:
        raise DataError(f"{path} is not a label file of Pixel-ImageNet: {error}") from None


_ALLOWED = {
    (module, name)
    for module in ("numpy.core.multiarray", "numpy._core.multiarray")
    for name in ("_reconstruct", "scalar")
} | {("numpy", "ndarray"), ("numpy", "dtype")}
"""What the pickle of an array of plain values names; none of it runs what a file brings."""


_CORE = dict.fromkeys(
    ("numpy.core.multiarray", "numpy._core.multiarray"),
    "numpy.core.multiarray" if np.__version__.startswith("1.") else "numpy._core.multiarray",
)
"""NumPy 2 renamed the module; files of either name are read with either NumPy."""


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not run")
        return super().find_class(_CORE.get(module, module), name)


def _unpickled(path: Path) -> Any:
    """The object in an .npy of NumPy's kind "object" without dimensions."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, kind = read(file)
        if not kind.hasobject or shape != ():
            raise ValueError(f"an array of {kind} with shape {shape}, not one object")
        value = _Plain(io.BytesIO(file.read())).load()
    return value.item() if isinstance(value, np.ndarray) and value.shape == () else value


def synset_names(root: Path) -> dict[str, str]:
    """Names by WordNet id, from LOC_synset_mapping.txt in or beside ILSVRC; empty without it."""
    for folder in (root, root.parent, root / "ILSVRC"):
        path = folder / "LOC_synset_mapping.txt"
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            return {wnid: name.strip() for wnid, _, name in (line.partition(" ") for line in lines) if wnid}
    return {}


def labels_of(records: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> dict[int, PhotoLabel]:
    """Classes of masks as `iog auto` made them (records with `image` and `category`), by running number."""
    photos: Counter[str] = Counter()
    last = None
    for record in records:
        photo = record["image"], record["category"]
        photos[record["category"]] += photo != last
        last = photo
    return {
        number: PhotoLabel(wnid, names.get(wnid, wnid), photos[wnid])
        for number, wnid in enumerate(sorted(photos))
    }


def write_labels(file: IO[str], labels: Mapping[int, PhotoLabel]) -> None:
    """Write a label file: as the released ones, in plain JSON."""
    document = {str(number): list(label) for number, label in labels.items()}
    json.dump(document, file, ensure_ascii=False, indent=1)
    file.write("\n")


@dataclass(frozen=True, slots=True, eq=False)
class PixelSample:
    """One photo with its masks."""

    name: str
    """WNID/WNID_N."""
    image: npt.NDArray[np.uint8]
    """(H, W, 3) RGB."""
    ids: npt.NDArray[np.int64]
    """(H, W): number of the instance, 0 the background."""
    label: int
    """Running number of the class."""

    @property
    def masks(self) -> npt.NDArray[np.bool_]:
        """(N, H, W), one for each instance, in the order of their numbers."""
        numbers = np.unique(self.ids[self.ids > 0])
        return np.asarray(self.ids[None] == numbers[:, None, None], bool)

    @property
    def boxes(self) -> npt.NDArray[np.int64]:
        """(N, 4): half-open x0, y0, x1, y1 of each instance."""
        found = [mask_box(mask) for mask in self.masks]
        return np.array([box for box in found if box is not None], np.int64).reshape(-1, 4)

    @property
    def semantic(self) -> npt.NDArray[np.int64]:
        """(H, W): 0 the background, else the running number of the class and 1."""
        return np.where(self.ids > 0, self.label + 1, 0)

    @property
    def salient(self) -> BoolArray:
        """(H, W): what belongs to any instance."""
        return self.ids > 0


class PixelImageNet(Sequence[PixelSample]):
    """Photos of ImageNet with the masks of Pixel-ImageNet; photos without a mask are passed over.

    Parameters
    ----------
    masks
        The folder ROOT as above.
    photos
        ImageNet's folder of training photos, with a folder for each WordNet id (Data/CLS-LOC/train).
    labels
        The label file; None takes the one in ROOT.

    Raises
    ------
    DataError
        If something is missing, or a mask is of a class that the label file does not list.
    """

    def __init__(self, masks: str | Path, photos: str | Path, labels: str | Path | None = None) -> None:
        root, folder = require(Path(masks), SOURCE), require(Path(photos), SOURCE)
        found = next((root / name for name in LABEL_FILES if (root / name).is_file()), root / LABEL_FILES[0])
        self.labels = read_label_file(Path(labels) if labels is not None else found)
        numbers = {label.wnid: number for number, label in self.labels.items()}
        self.entries: list[tuple[str, Path, Path, int]] = []
        """Name, mask, photo, running number of the class."""
        for path in scanning(sorted(root.glob("n*/*.png")), "Pixel-ImageNet"):
            wnid = path.parent.name
            if wnid not in numbers:
                raise DataError(f"{path}: the label file does not list {wnid}; name another with labels=")
            photo = _photo(folder / wnid / path.stem)
            if photo is not None:
                self.entries.append((f"{wnid}/{path.stem}", path, photo, numbers[wnid]))
        if not self.entries:
            raise DataError(f"{root} has no WNID/NAME.png whose photo is below {folder}; {SOURCE}")

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: Any) -> Any:
        """The sample; `DataError` if its mask is broken or of another size than its photo."""
        name, mask, photo, label = self.entries[index]
        ids = read_labels(mask)
        return PixelSample(name, read_photo(photo, ids.shape), ids, label)


def _photo(stem: Path) -> Path | None:
    for ending in (".JPEG", *PHOTO_ENDINGS):
        path = stem.with_name(stem.name + ending)
        if path.is_file():
            return path
    return None
