"""The recipe for one's own objects: `iog train finetune`, from a trained `lite` network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iog import zoo
from iog.datasets import ObjectDataset, PhotoDataset
from iog.errors import ModelError
from iog.networks import checkpoints
from iog.networks.export import read_exported
from iog.networks.lite import Lite
from iog.training.lite import LiteRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneRecipe(LiteRecipe):
    """A short run at a low rate; every object of the training set is drawn equally often."""

    start: str = "lite"
    """What to start from: a bundled model, an exported one (NAME.encoder.onnx) or a checkpoint (.pt)."""
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
        return PhotoDataset(self.data, "train", minimum_area=self.minimum_area, cached_photos=2_000)

    @property
    def shares(self) -> Mapping[str, float]:
        """Each group as often as it has objects."""
        groups = self.open_objects().groups
        return {group: groups.count(group) for group in dict.fromkeys(groups)}

    def create_network(self) -> Lite:
        """The network to start from, its early stages frozen."""
        return self.frozen(_opened(self.start))


def _opened(start: str) -> Lite:
    if start in zoo.MODELS or start.endswith(".onnx"):
        return read_exported(*zoo.files_of(start))[0]
    content = checkpoints.read(start)
    network = checkpoints.network_of({**content, "state_dict": checkpoints.averaged_state(content)}, start)
    if not isinstance(network, Lite):
        raise ModelError(f"{start} holds {network.config.name}; finetune starts from a lite network")
    return network
