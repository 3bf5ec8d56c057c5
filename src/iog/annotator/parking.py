"""Large photos in files of their own instead of in memory: what is not looked at takes no room there."""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

ByteArray = npt.NDArray[np.uint8]


class Parking:
    """Pixels of large photos in unnamed files, which go with them.

    Parameters
    ----------
    folder
        Where there is room for the files: three bytes a pixel.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parked: weakref.WeakSet[_Map] = weakref.WeakSet()

    def park(self, size: tuple[int, int], bands: Iterable[ByteArray]) -> ByteArray:
        """(height, width, 3) uint8, read-only, of bands from the top; see `iog.images.Keep`."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            for band in bands:
                file.write(band.tobytes())
            file.flush()
            mapped = _Map(file.fileno(), size[0] * size[1] * 3, access=mmap.ACCESS_READ)
        self._parked.add(mapped)
        return np.frombuffer(mapped, np.uint8).reshape(*size, 3)

    def rest(self) -> None:
        """Give back the memory of what was looked at; it is read again from the file when it is needed."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for mapped in tuple(self._parked):
                mapped.madvise(mmap.MADV_DONTNEED)


class _Map(mmap.mmap):
    """Can be referred to weakly."""
