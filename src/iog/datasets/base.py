"""What training and evaluation ask of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class ObjectSample:
    """One object in one photo."""

    name: str
    """PHOTO#OBJECT: names the object within its dataset, for result lines and failure lists."""
    group: str
    """The stratum under which figures are reported (a subset's name)."""
    category: str
    """Class of the object, as the dataset words it."""
    image: npt.NDArray[np.uint8]
    """(H, W, 3) RGB."""
    mask: npt.NDArray[np.bool_]
    """(H, W): the object."""
    void: npt.NDArray[np.bool_]
    """(H, W): unknown, neither object nor background; left out of losses and metrics."""


class ObjectDataset(Protocol):
    """Objects by number; `groups[i]` is known without reading the photo."""

    groups: list[str]

    def __len__(self) -> int:
        """How many objects."""
        ...

    def __getitem__(self, index: int) -> ObjectSample:
        """The object, its photo decoded."""
        ...
