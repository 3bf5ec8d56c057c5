"""The crops of a pack: pixels as tensors on a device, outlines as numbers for the plans."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from iog.crop import resize
from iog.datasets.pack import PackDataset
from iog.errors import DataError

OBJECT, VOID, BESIDE = 1, 2, 4
"""Bits of a label; the k-th neighbour has BESIDE << k."""

_POINTS = 32
"""Random pixels of each object that are kept, to put things there."""

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CropOutline:
    """What a plan needs to know of one crop, in its own pixels before it was stretched."""

    stretch: FloatArray
    """(2,): stretched pixels a pixel of the crop, x and y."""
    hull: FloatArray
    """(K, 2): convex hull of the object, continuous."""
    beside: tuple[FloatArray, ...]
    """The same of its neighbours."""
    points: FloatArray
    """(P, 2): centres of some pixels of the object."""


@lru_cache(4)
def outlines(parts: tuple[str, ...], side: int, minimum_area: int) -> tuple[list[CropOutline], list[str]]:
    """Outlines and sets of all crops; remembered, as every process asks again."""
    pack = PackDataset(parts, minimum_area=minimum_area)
    return [_outline(pack, index, side) for index in range(len(pack))], pack.groups


def _outline(pack: PackDataset, index: int, side: int) -> CropOutline:
    mask = pack.mask(index)
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    chosen = np.random.default_rng(index).integers(rows.size, size=_POINTS)
    return CropOutline(
        stretch=np.array([side / width, side / height]),
        hull=_hull(mask),
        beside=tuple(_hull(other) for other in pack.beside(index)),
        points=np.column_stack([columns[chosen], rows[chosen]]).astype(np.float64) + 0.5,
    )


def _hull(mask: BoolArray) -> FloatArray:
    """Convex hull of a mask's pixels, continuous (K, 2)."""
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    x = np.concatenate([first, first, last, last])
    y = np.concatenate([rows, rows + 1, rows, rows + 1])
    points = np.column_stack([x, y]).astype(np.float32)
    return np.asarray(cv2.convexHull(points)[:, 0], np.float64)


class Crops:
    """All crops of a pack, stretched to squares of `side` pixels.

    On a GPU they lie in its memory if they take at most half of what is free, otherwise in the computer's.

    Attributes
    ----------
    images
        (N, 3, side, side) uint8, RGB.
    labels
        (N, side, side) uint8, bits `OBJECT`, `VOID`, and `BESIDE` shifted by the neighbour's number.
    """

    def __init__(
        self, parts: Sequence[str | Path], side: int, minimum_area: int, device: torch.device
    ) -> None:
        pack = PackDataset(parts, minimum_area=minimum_area)
        if not len(pack):
            raise DataError(f"{', '.join(map(str, parts))}: no objects to train on")
        self._device = device
        needed = 4 * side * side * len(pack)
        home = device
        if device.type == "cuda" and needed > 0.5 * torch.cuda.mem_get_info(device)[0]:
            home = torch.device("cpu")
        self.images = torch.empty((len(pack), 3, side, side), dtype=torch.uint8, device=home)
        self.labels = torch.empty((len(pack), side, side), dtype=torch.uint8, device=home)
        with ThreadPoolExecutor() as threads:
            for index, (image, label) in enumerate(
                threads.map(partial(_stretched, pack, side), range(len(pack)))
            ):
                self.images[index] = torch.from_numpy(image)
                self.labels[index] = torch.from_numpy(label)

    def of(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images and labels of some crops on the device; `indices` (B,) are on the CPU."""
        chosen = indices.to(self.images.device, non_blocking=True)
        images, labels = self.images[chosen], self.labels[chosen]
        return images.to(self._device, non_blocking=True), labels.to(self._device, non_blocking=True)


def _stretched(pack: PackDataset, side: int, index: int) -> tuple[ByteArray, ByteArray]:
    """Image (3, side, side) and labels (side, side) of one crop."""
    sample = pack[index]

    def stretched(mask: BoolArray) -> BoolArray:
        return np.asarray(resize(mask.astype(np.uint8) * 255, side, side) >= 128)

    label = stretched(sample.mask) * np.uint8(OBJECT) | stretched(sample.void) * np.uint8(VOID)
    for number, other in enumerate(pack.beside(index)):
        label |= stretched(other) * np.uint8(BESIDE << number)
    return np.ascontiguousarray(resize(sample.image, side, side).transpose(2, 0, 1)), label


@lru_cache(2)
def crops_of(parts: tuple[str, ...], side: int, minimum_area: int, device: torch.device) -> Crops:
    """The crops of these parts on a device; read once."""
    return Crops(parts, side, minimum_area, device)
