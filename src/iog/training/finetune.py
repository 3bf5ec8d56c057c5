"""The recipe for one's own objects: `iog train finetune`, from a trained `lite` network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iog.datasets import ObjectDataset, PhotoDataset, known
from iog.training.lite import LiteRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneRecipe(LiteRecipe):
    """A short run at a low rate; every object of the training set is drawn equally often."""

    start: str = "lite"
    """What to start from: a bundled model, an exported one (NAME.encoder.onnx) or a checkpoint (.pt)."""
    dataset: str = "photos"
    """Layout of the training set: a name from `iog data list`, such as coco-json, folder or labelme."""
    samples: int = 4_000
    """Objects to train on, counted with repetition."""
    sizes: tuple[int, ...] = (320,)
    """Side of the crop in pixels, one after the other."""
    size_shares: tuple[float, ...] = (1.0,)
    """Share of the run at each size."""
    learning_rate: float = 3e-4
    """Peak rate of AdamW for the decoder; cosine to zero after the warm-up."""
    warmup: int = 20
    """Steps of linear warm-up."""
    ema: float = 0.98
    """Decay of the averaged weights per step; these are validated and shipped."""
    minimum_area: int = 0
    """Objects of fewer pixels are not trained on."""

    def open_objects(self) -> ObjectDataset:
        """The training set: every group of it."""
        if self.dataset == "photos":
            return PhotoDataset(self.data, "train", minimum_area=self.minimum_area, cached_photos=2_000)
        return known.open_objects(self.dataset, self.data)

    def validation_objects(self) -> ObjectDataset | None:
        """The split `val` of photos; one's own sets have none."""
        return PhotoDataset(self.data, "val") if self.dataset == "photos" else None

    @property
    def shares(self) -> Mapping[str, float]:
        """Each group as often as it has objects."""
        groups = self.open_objects().groups
        return {group: groups.count(group) for group in dict.fromkeys(groups)}
