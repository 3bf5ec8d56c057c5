"""The recipe of `lite` from a pack: `iog train packed`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from iog.datasets import ObjectDataset
from iog.datasets.pack import PackDataset
from iog.networks.base import Network, normalised
from iog.training.lite import LiteRecipe
from iog.training.lite.objective import Scene, rounds_loss
from iog.training.loop import Batch, Scalars
from iog.training.packed.crops import Crops, crops_of
from iog.training.packed.hand import corrected_maps, first_maps
from iog.training.packed.plan import PackedExamples
from iog.training.packed.render import Rendered, render
from iog.training.rules import check


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRecipe(LiteRecipe):
    """The recipe of `lite` for a GPU: crops of a pack (`iog data pack`), everything else in batches there.

    Settings, losses and clicks are those of `iog train lite`; chance falls otherwise. JPEG artefacts are not
    made, as the pack's pictures are compressed already.
    """

    data: str = "pack"
    """Folder of parts (.iogpack), or parts and folders separated by commas."""
    validation: str = ""
    """The same of validation objects; empty for none."""
    batch: int = 64
    """Objects per step."""
    precision: str = "bf16"
    """fp32, or bf16 or fp16 for mixed precision."""
    workers: int = 2
    """Processes that make plans; one makes about a thousand a second."""
    cache_side: int = 320
    """Side in pixels of the squares in which crops lie in memory, 4 bytes a pixel."""

    def __post_init__(self) -> None:
        # Not super(): a dataclass with slots is another class than the one that was written here.
        LiteRecipe.__post_init__(self)
        check(
            (not self.strokes, f"`strokes` {self.strokes:g}: a pack is trained with clicks alone"),
            (self.prompt == "clicks", f"`prompt` {self.prompt}: a pack is trained with clicks alone"),
            (
                self.network.guidance == "inside-outside",
                f"`network.guidance` {self.network.guidance}: a pack is trained with inside-outside alone",
            ),
            (self.cache_side >= 32, f"`cache_side` {self.cache_side}: at least 32"),
            (
                all(size % 32 == 0 for size in self.sizes),
                f"`sizes` {','.join(map(str, self.sizes))}: multiples of 32",
            ),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts and folders of the training objects."""
        return tuple(self.data.split(","))

    def open_objects(self) -> ObjectDataset:
        return PackDataset(self.parts, minimum_area=self.minimum_area)

    def validation_objects(self) -> ObjectDataset | None:
        """The crops of the validation pack, as small photos."""
        return PackDataset(self.validation.split(",")) if self.validation else None

    def examples(self) -> PackedExamples:
        return PackedExamples(self)

    def first_prompts(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Crops and click maps of the first examples, on the CPU."""
        examples = self.examples()
        for first in range(0, self.settling, self.batch):
            batch = examples.collate([examples[i] for i in range(first, first + self.batch)])
            rendered, maps = self.prompted(batch, torch.device("cpu"))
            yield normalised(rendered.image), maps

    def crops(self, device: torch.device) -> Crops:
        """The pack's pixels on a device."""
        return crops_of(self.parts, self.cache_side, self.minimum_area, device)

    def prompted(self, batch: Batch, device: torch.device) -> tuple[Rendered, Tensor]:
        """The pictures of a batch of plans, and the maps of their first prompts."""
        rendered = render(self.crops(device), batch)
        maps = first_maps(rendered.mask, rendered.frame, batch["hand"], batch["seeds"][:, 0])
        return rendered, maps

    def loss(self, network: Network, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Loss of a batch of plans over one to three rounds of clicks, and scalars to log."""
        device = batch["matrix"].device
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            rendered, maps = self.prompted(batch, device)
        last = [maps]

        def correct(probability: Tensor, round_: int) -> Tensor:
            seeds = batch["seeds"][:, 1 + round_]
            with torch.no_grad(), torch.autocast(device.type, enabled=False):
                last.append(
                    corrected_maps(
                        last[-1], probability, rendered.mask, rendered.void, self.stray_correction, seeds
                    )
                )
            return last[-1]

        scene = Scene(
            normalised(rendered.image),
            rendered.mask[:, None].float(),
            1 - rendered.void[:, None].float(),
            maps,
        )
        return rounds_loss(self, network, scene, correct, batch["numbers"], step)
