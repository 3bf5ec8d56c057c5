"""Pairs of encoder and decoder in the layouts that exports of SAM and its successors have.

| layout | told by the decoder's input | the encoder sees | coordinates |
|---|---|---|---|
| segment-anything, MobileSAM | `image_embeddings` | longer side 1024, padded | of the resized photo |
| EfficientSAM | `batched_point_coords` | the photo, 0..1 | of the photo |
| SAM 2 | `high_res_feats_0` | the photo squashed to 1024 x 1024 | of that square |

The box is two points of the labels 2 and 3; clicks are 1 on the object and 0 beside it. Where the decoder
takes the mask before (`mask_input`) it gets the best one of the last answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from iog.bench.adapters.session import DEVIATION, MEAN, Graph, on_photo, probability_of
from iog.clicks import AnyClicks, Clicks, Correction
from iog.crop import resize
from iog.errors import ModelError
from iog.evaluation.subjects import BOX_CLICKS, PROMPT_CLICKS, Attempt, Image, User
from iog.prediction import Prediction
from iog.robot import BoolArray

Layout = Literal["sam", "efficient-sam", "sam2"]

_SIDE = 1024
_TOP_LEFT, _BOTTOM_RIGHT = 2, 3


@dataclass(frozen=True)
class Sam:
    """A SAM-like pair: the box costs two clicks, the inside click one, each correction one."""

    encoder: Graph
    decoder: Graph
    layout: Layout
    name: str

    first: ClassVar[int] = BOX_CLICKS
    prompt: ClassVar[int] = PROMPT_CLICKS
    last: ClassVar[int | None] = None

    @classmethod
    def opened(cls, encoder: Path, decoder: Path, name: str, threads: int | None) -> Sam:
        """The pair of two files.

        Raises
        ------
        ModelError
            If the decoder has none of the layouts.
        """
        first, second = Graph(encoder, threads), Graph(decoder, threads)
        layout: Layout = "sam"
        if "batched_point_coords" in second.shapes:
            layout = "efficient-sam"
            second.require("image_embeddings", "batched_point_labels")
        elif "high_res_feats_0" in second.shapes:
            layout = "sam2"
            second.require("image_embed", "high_res_feats_1", "point_coords", "point_labels")
        else:
            second.require("image_embeddings", "point_coords", "point_labels")
        if len(first.shapes) != 1:
            raise ModelError(
                f"{encoder} is not an encoder of this kind: it has {len(first.shapes)} inputs, not one"
            )
        return cls(first, second, layout, name)

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        """See `Subject.begin`. The photo is encoded with the first step."""
        return _Attempt(self, image, user.clicks(mask))

    def encode(self, image: Image) -> dict[str, Any]:
        """What the decoder takes of the photo, by name."""
        (name,) = self.encoder.shapes
        height, width = image.shape[:2]
        if self.layout == "efficient-sam":
            given: npt.NDArray[Any] = (image / np.float32(255)).transpose(2, 0, 1)[None]
        elif self.layout == "sam2":
            side = self.encoder.side(name, -1, _SIDE)
            given = _normalised(resize(image, side, side)).transpose(2, 0, 1)[None]
        else:
            small = resize(image, *self._resized(width, height))
            if len(self.encoder.shapes[name]) == 3:  # exports that hold the preprocessing take the picture
                given = small
            else:
                side = self.encoder.side(name, -1, _SIDE)
                given = np.zeros((1, 3, side, side), np.float32)
                given[0, :, : small.shape[0], : small.shape[1]] = _normalised(small).transpose(2, 0, 1)
        answers = self.encoder({name: given})
        if len(answers) == 1:  # called otherwise by some
            (features,) = answers.values()
            return {"image_embeddings": features, "image_embed": features}
        return answers

    def decode(
        self, features: dict[str, Any], clicks: Clicks, size: tuple[int, int], before: Any
    ) -> tuple[npt.NDArray[np.float32], Any]:
        """Probabilities of the best mask (h, w), and its logits at low resolution if it gives them."""
        width, height = size
        box = clicks.box
        points = [(box.x0, box.y0), (box.x1, box.y1), *((c.x + 0.5, c.y + 0.5) for c in clicks.labelled)]
        labels = [_TOP_LEFT, _BOTTOM_RIGHT, *(int(c.foreground) for c in clicks.labelled)]
        scaled = np.array(points, np.float32) * self._scale(width, height)
        batched = self.layout == "efficient-sam"
        mask_side = (
            self.decoder.side("mask_input", -1, _SIDE // 4) if "mask_input" in self.decoder.shapes else 0
        )
        answers = self.decoder(
            {
                **features,
                "batched_point_coords" if batched else "point_coords": scaled[None, None]
                if batched
                else scaled[None],
                "batched_point_labels" if batched else "point_labels": [[labels]] if batched else [labels],
                "mask_input": np.zeros((1, 1, mask_side, mask_side)) if before is None else before,
                "has_mask_input": [float(before is not None)],
                "orig_im_size": [height, width],
            }
        )
        masks = next(
            (answers[n] for n in ("masks", "output_masks") if n in answers), next(iter(answers.values()))
        )
        masks = masks.reshape(-1, *masks.shape[-2:])
        scores = answers.get("iou_predictions")
        best = int(np.argmax(scores)) if scores is not None and scores.size == len(masks) else 0
        low = answers.get("low_res_masks", masks if self.layout == "sam2" else None)
        if low is not None and low.shape[-1] == mask_side:
            before = low.reshape(-1, *low.shape[-2:])[best][None, None]
        return probability_of(masks[best], logits=True), before

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        (name,) = self.encoder.shapes
        rank = len(self.encoder.shapes[name])
        side = self.encoder.side(name, -1, _SIDE) if rank == 4 else _SIDE
        scale = side / max(width, height)
        return round(scale * width), round(scale * height)

    def _scale(self, width: int, height: int) -> npt.NDArray[np.float32]:
        """From photo to what coordinates count in, (x, y)."""
        if self.layout == "efficient-sam":
            return np.ones(2, np.float32)
        (name,) = self.encoder.shapes
        side = self.encoder.side(name, -1, _SIDE) if self.layout == "sam2" else 0
        columns, rows = (side, side) if side else self._resized(width, height)
        return np.array([columns / width, rows / height], np.float32)


class _Attempt:
    def __init__(self, subject: Sam, image: Image, clicks: Clicks) -> None:
        self._subject, self._image, self._whole = subject, image, clicks
        self._now = Clicks(clicks.corners)
        self._features: dict[str, Any] | None = None
        self._before: Any = None

    @property
    def clicks(self) -> AnyClicks:
        return self._now

    def step(self, correction: Correction | None) -> Prediction:
        if self._features is None:
            self._features = self._subject.encode(self._image)
        elif correction is not None:
            self._now = self._now.with_correction(*correction)
        else:
            self._now = self._whole
        height, width = self._image.shape[:2]
        probability, self._before = self._subject.decode(
            self._features, self._now, (width, height), self._before
        )
        return on_photo(self._subject.name, self._now, probability, width, height)


def _normalised(image: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.asarray((image / np.float32(255) - MEAN) / DEVIATION, np.float32)
