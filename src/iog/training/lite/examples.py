"""Training examples of `lite`: a crop of a photo, perhaps put together from two, and a person's clicks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from iog.clicks import Clicks
from iog.datasets import ObjectSample
from iog.datasets.neighbours import Neighbours
from iog.errors import DataError, TrainingError
from iog.robot import RobotUser
from iog.training.augment import TrainingCrop, training_crop
from iog.training.composite import any_frame, on_background, with_distractor, with_occluder, with_rival
from iog.training.lite.maps import crop_maps

if TYPE_CHECKING:
    from iog.training.lite.recipe import LiteRecipe

ALL_SETS = ("all",)
"""Shares with which every object is drawn equally often."""


def shares_of(shares: tuple[str, ...]) -> dict[str, float] | None:
    """SET=SHARE texts as shares by set; None for all sets alike."""
    if shares == ALL_SETS:
        return None
    found = {}
    for text in shares:
        match = re.fullmatch(r"([^=]+)=(\d*\.?\d+)", text)
        if match is None or not float(match[2]):
            raise TrainingError(f"`shares` {text}: SET=SHARE with a share above 0, or all")
        found[match[1]] = float(match[2])
    return found


class Draw:
    """Draws objects: first a set by its share, then one of its objects.

    Raises
    ------
    DataError
        If there are no objects, or none of a set that has a share.
    """

    def __init__(self, groups: Sequence[str], shares: tuple[str, ...], where: str) -> None:
        counts = Counter(groups)
        given = shares_of(shares)
        chosen = counts if given is None else given
        if missing := sorted(set(chosen) - set(counts)):
            known = ", ".join(sorted(counts))
            raise DataError(f"`shares`: no {', '.join(missing)} in {where}; its sets are {known}")
        if not chosen:
            raise DataError(f"{where} has no objects to train on")
        self._members = [np.flatnonzero(np.array(groups) == group) for group in chosen]
        self._shares = np.array(list(chosen.values())) / sum(chosen.values())

    def __call__(self, random: np.random.Generator) -> int:
        """The number of an object."""
        members = self._members[int(random.choice(len(self._members), p=self._shares))]
        return int(random.choice(members))


class LiteExamples(torch.utils.data.Dataset[dict[str, Any]]):
    """Example number i of a run: a function of the recipe and i alone, so that a run resumes exactly."""

    def __init__(self, recipe: LiteRecipe) -> None:
        self.recipe = recipe
        self.objects = recipe.open_objects()
        self._neighbours = Neighbours(self.objects)
        self._draw = Draw(self.objects.groups, recipe.shares, recipe.data)

    def __getitem__(self, number: int) -> dict[str, Any]:
        recipe = self.recipe
        random = np.random.default_rng((recipe.seed, 0, number))
        size = recipe.size_at(number // recipe.batch)
        rivals = recipe.rival > 0 and random.random() < recipe.rival
        view = self._rivals(size, random) if rivals else self._scene(size, random)
        robot = RobotUser(
            corner_jitter=float(random.uniform(0, recipe.corner_jitter)),
            corner_offset=float(random.uniform(0, recipe.corner_offset)) if recipe.corner_offset else 0.0,
            inside_depth=float(random.choice([0.3, 0.6, 1.0])),
            seed=int(random.integers(2**31)),
        )
        inside = bool(random.random() >= recipe.box_only) or view.frame is not None
        clicks = robot.clicks(view.mask, inside=inside, frame=view.framed)
        points = robot.extreme_points(view.mask) if recipe.network.guidance == "extreme-points" else None
        if recipe.prompt != "clicks":
            clicks = Clicks(clicks.corners)
        if recipe.prompt == "centre":
            clicks = clicks.with_inside(*clicks.box.centre)
        maps = crop_maps(clicks, size, points=points)
        return {
            "image": view.image.transpose(2, 0, 1).astype(np.float32),
            "mask": view.mask.astype(np.uint8),
            "void": view.void.astype(np.uint8),
            "maps": np.zeros_like(maps) if recipe.prompt == "crop" else maps,
            "clicks": clicks,
            "points": points,
            "numbers": number,
        }

    def _scene(self, size: int, random: np.random.Generator) -> TrainingCrop:
        """One object, perhaps covered, beside another or in another photo."""
        recipe = self.recipe
        sample, view = self._view(size, random)
        if recipe.occluder and random.random() < recipe.occluder:
            view = with_occluder(view, self._view(size, random)[1], random)
        if random.random() < recipe.distractor:
            again = recipe.alike > 0 and random.random() < recipe.alike
            _, other = self._view(size, random, sample if again else None)
            return with_distractor(view, other, random)
        if random.random() < recipe.background:
            return on_background(view, self._view(size, random)[1])
        return view

    def _rivals(self, size: int, random: np.random.Generator) -> TrainingCrop:
        """One of two things that share a box."""
        recipe = self.recipe
        if random.random() < 0.5 and (view := self._real_rivals(size, random)) is not None:
            return view
        for _ in range(20):
            sample, alone = self._view(size, random)
            again = recipe.alike > 0 and random.random() < recipe.alike
            _, other = self._view(size, random, sample if again else None)
            if (both := with_rival(alone, other, random)) is not None:
                return both
        return alone

    def _real_rivals(self, size: int, random: np.random.Generator) -> TrainingCrop | None:
        """One of two things of a photo whose boxes overlap; None if none was found in a few tries."""
        for _ in range(20):
            number = self._draw(random)
            rivals = self._neighbours.masks(number)
            if not rivals:
                continue
            sample, other = self.objects[number], rivals[int(random.integers(len(rivals)))]
            frame = any_frame(sample.mask, other, random)
            view = training_crop(sample, size, self.recipe.augment, random, frame)
            if view.mask.sum() >= 0.01 * size * size:
                return view
        return None

    def _view(
        self, size: int, random: np.random.Generator, wanted: ObjectSample | None = None
    ) -> tuple[ObjectSample, TrainingCrop]:
        """A random view of a random object, or of the wanted one; and the object."""
        for _ in range(100):
            sample = self.objects[self._draw(random)] if wanted is None else wanted
            view = training_crop(sample, size, self.recipe.augment, random)
            # A turn may push a thin object between the pixels; draw another then.
            if view.mask.sum() >= 0.01 * size * size:
                return sample, view
        raise DataError(f"no object of {self.recipe.data} covers enough of its own crop to learn from")

    @staticmethod
    def collate(examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Stack arrays into tensors; clicks and numbers stay lists."""
        batch: dict[str, Any] = {
            key: torch.from_numpy(np.stack([e[key] for e in examples]))
            for key in ("image", "mask", "void", "maps")
        }
        return {**batch, **{key: [e[key] for e in examples] for key in ("clicks", "points", "numbers")}}
