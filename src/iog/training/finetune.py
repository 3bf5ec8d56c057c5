"""The recipe for one's own objects: `iog train finetune`, from a trained `lite` network."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import lru_cache

from tqdm import tqdm

from iog.datasets import ObjectDataset, PhotoDataset, known
from iog.datasets.labels import LabelledPhotos
from iog.training.lite import LiteRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneRecipe(LiteRecipe):
    """Fine-tune a `lite` model: a short run at a low rate, every object equally often."""

    start: str = field(default="lite", metadata={"option": "--from"})
    """What to start from: a bundled model, an exported one (NAME.encoder.onnx) or a checkpoint (.pt)."""
    dataset: str = ""
    """Layout of the training set: a name from `iog data list`; empty to tell photos, labels and folder from
    the files."""
    samples: int = 0
    """Objects to train on, counted with repetition; 0 for 20 times as many as there are, from 320 to 4000."""
    sizes: tuple[int, ...] = (256,)
    """Sides of the crop in pixels, in turn."""
    size_shares: tuple[float, ...] = (1.0,)
    """Share of the run at each size."""
    learning_rate: float = 3e-4
    """Peak rate of AdamW for the decoder; half a cosine down to `final_rate` of it after the warm-up."""
    warmup: int = 20
    """Steps of linear warm-up."""
    ema: float = 0.98
    """Decay of the averaged weights per step; these are validated and shipped."""
    distractor: float = 0.0
    """Share of objects with a second object pasted into their crop."""
    background: float = 0.0
    """Share of objects moved to another photo."""
    minimum_area: int = 0
    """Objects of fewer pixels are not trained on."""

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        samples = self.samples or min(
            max(20 * _count(self.data, self.dataset, self.minimum_area), 320), 4_000
        )
        return samples // self.batch

    def open_objects(self) -> ObjectDataset:
        """The training set: every group of it."""
        objects = _opened(self.data, self.dataset, self.minimum_area)
        if isinstance(objects, LabelledPhotos) and not objects.account.is_clean:
            tqdm.write("\n".join(objects.account.lines()), file=sys.stderr)
        return objects

    def validation_objects(self) -> ObjectDataset | None:
        """The val split of the training set, if there is one."""
        dataset = self.dataset or known.layout_of(self.data)
        measured = known.validation_of(dataset, known.training_split(dataset))
        return None if measured is None else known.open_objects(measured[0], self.data, measured[1])


def _opened(data: str, dataset: str, minimum_area: int) -> ObjectDataset:
    name = dataset or known.layout_of(data)
    if name == "photos":
        return PhotoDataset(data, "train", minimum_area=minimum_area, cached_photos=2_000)
    return known.open_objects(name, data, known.training_split(name))


@lru_cache(maxsize=8)
def _count(data: str, dataset: str, minimum_area: int) -> int:
    """How many objects a training set has; asked at every step of a run."""
    return len(_opened(data, dataset, minimum_area))
