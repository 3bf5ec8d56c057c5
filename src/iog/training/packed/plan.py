"""Plans: everything random about example number i, as small arrays. The pixels follow on the device."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from iog.errors import DataError
from iog.training.augment import AugmentSettings, random_turn
from iog.training.lite.examples import Draw
from iog.training.packed.crops import outlines

if TYPE_CHECKING:
    from iog.training.packed.recipe import PackedRecipe

FloatArray = npt.NDArray[np.float64]

ALONE, DISTRACTOR, OCCLUDER, RIVAL, BACKGROUND = range(5)
"""What the second crop of an example is."""

OWN, OTHER, BOTH = range(3)
"""What the box is drawn around: the object, its rival, or both."""


class PackedExamples(torch.utils.data.Dataset[dict[str, Any]]):
    """Plan number i of a run: a function of the recipe and i alone."""

    def __init__(self, recipe: PackedRecipe) -> None:
        self.recipe = recipe
        self._outlines, groups = outlines(recipe.parts, recipe.cache_side, recipe.minimum_area)
        if not groups:
            raise DataError(f"{recipe.data} has no objects to train on")
        self._draw = Draw(groups, recipe.shares, recipe.data)
        self._paired = [i for i, outline in enumerate(self._outlines) if outline.beside]

    def __getitem__(self, number: int) -> dict[str, Any]:
        recipe = self.recipe
        random = np.random.default_rng((recipe.seed, 0, number))
        size = recipe.size_at(number // recipe.batch)
        plan = self._rivals(size, random) if random.random() < recipe.rival else self._scene(size, random)
        return {
            **plan,
            "size": size,
            "colour": _colour(recipe.augment, random),
            "other_colour": _colour(recipe.augment, random),
            "hand": self._hand(random, always_inside=bool(plan["frame"] != OWN or plan["kind"] == RIVAL)),
            "seeds": random.random((1 + len(recipe.rounds), 4)).astype(np.float32),
            "numbers": number,
        }

    def _scene(self, size: int, random: np.random.Generator) -> dict[str, Any]:
        """One object, perhaps covered, beside another or in another photo."""
        recipe = self.recipe
        index, matrix = self._view(size, random)
        chance = random.random()
        if chance < recipe.occluder:
            return self._placed(OCCLUDER, index, matrix, size, random)
        chance -= recipe.occluder
        if chance < recipe.distractor:
            return self._placed(DISTRACTOR, index, matrix, size, random)
        chance -= recipe.distractor
        if chance < recipe.background:
            return _plan(index, matrix, BACKGROUND, *self._view(size, random))
        return _plan(index, matrix)

    def _rivals(self, size: int, random: np.random.Generator) -> dict[str, Any]:
        """One of two things that share a box: neighbours in a photo, or one pasted at the other's place."""
        if self._paired and random.random() < 0.5:
            index = self._paired[int(random.integers(len(self._paired)))]
            outline = self._outlines[index]
            beside = int(random.integers(len(outline.beside)))
            frame = int(random.integers(3))
            meant = bool(random.random() < 0.5)
            hulls = [outline.hull, outline.beside[beside]]
            shown = [hulls[meant], hulls[not meant], np.concatenate(hulls)][frame]
            matrix = _fitted(shown, size, self.recipe.augment, random)
            return {**_plan(index, matrix), "beside": beside, "meant": meant, "frame": frame}
        index, matrix = self._view(size, random)
        plan = self._placed(RIVAL, index, matrix, size, random)
        return {**plan, "meant": bool(random.random() < 0.5), "frame": int(random.integers(3))}

    def _placed(
        self, kind: int, index: int, matrix: FloatArray, size: int, random: np.random.Generator
    ) -> dict[str, Any]:
        """A plan with a second object at a place of its kind."""
        alike = random.random() < self.recipe.alike and kind != OCCLUDER
        second, view = self._view(size, random, index if alike else None)
        low, high = _bounds(self._outlines[second].hull, view)
        own_low, own_high = _bounds(self._outlines[index].hull, matrix)
        if kind == RIVAL:
            ratio = math.sqrt(float(((own_high - own_low) / (high - low)).prod()))
            scale = ratio * random.uniform(0.7, 1.1)
            middle = (own_low + own_high) / 2 + random.uniform(-0.35, 0.35, 2) * (own_high - own_low)
        elif kind == OCCLUDER:
            scale = random.uniform(0.2, 0.6)
            points = self._outlines[index].points
            middle = matrix[:, :2] @ points[int(random.integers(len(points)))] + matrix[:, 2]
        else:
            scale = random.uniform(0.3, 0.7)
            middle = random.uniform(0.1, 0.9, 2) * size
        moved = scale * view
        moved[:, 2] += middle - scale * (low + high) / 2
        return {**_plan(index, matrix, kind, second, moved), "behind": bool(random.random() < 0.5)}

    def _view(
        self, size: int, random: np.random.Generator, wanted: int | None = None
    ) -> tuple[int, FloatArray]:
        """An object, and the map from its crop's pixels to those of the training crop, (2, 3)."""
        index = self._draw(random) if wanted is None else wanted
        return index, _fitted(self._outlines[index].hull, size, self.recipe.augment, random)

    def _hand(self, random: np.random.Generator, *, always_inside: bool) -> npt.NDArray[np.float32]:
        """(6,): how far the box's sides are off, as a share of it; depth of the inside click; whether."""
        recipe = self.recipe
        outward = random.uniform(0, recipe.corner_offset) * np.array([-1, -1, 1, 1])
        off = random.normal(0, random.uniform(0, recipe.corner_jitter), 4) + outward
        deep = float(random.choice([0.3, 0.6, 1.0]))
        inside = always_inside or random.random() >= recipe.box_only
        return np.array([*off, deep, inside], np.float32)

    def collate(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """One batch of plans: tensors, but for the numbers, the size, and what the CPU must know."""
        batch: dict[str, Any] = {
            key: torch.from_numpy(np.stack([plan[key] for plan in examples]))
            for key in ("colour", "other_colour", "hand", "seeds")
        }
        for key, name in (("index", "matrix"), ("second", "other_matrix")):
            batch[name] = torch.from_numpy(np.stack([self._stretched(p[key], p[name]) for p in examples]))
            batch[key] = [plan[key] for plan in examples]
        for key in ("kind", "beside", "meant", "behind", "frame"):
            batch[key] = torch.tensor([int(plan[key]) for plan in examples])
        kinds = {int(plan["kind"]) for plan in examples}
        return {
            **batch,
            "kinds": kinds,
            "size": examples[0]["size"],
            "numbers": [p["numbers"] for p in examples],
        }

    def _stretched(self, index: int, matrix: FloatArray) -> npt.NDArray[np.float32]:
        """(2, 3): from pixels of the training crop to those of the stretched crop, continuous."""
        back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
        return np.asarray(self._outlines[index].stretch[:, None] * back, np.float32)


def _plan(
    index: int,
    matrix: FloatArray,
    kind: int = ALONE,
    second: int | None = None,
    other_matrix: FloatArray | None = None,
) -> dict[str, Any]:
    return {
        "index": index,
        "matrix": matrix,
        "kind": kind,
        "second": index if second is None else second,
        "other_matrix": matrix if other_matrix is None else other_matrix,
        "beside": -1,
        "meant": False,
        "behind": False,
        "frame": OWN,
    }


def _fitted(
    hull: FloatArray, size: int, settings: AugmentSettings, random: np.random.Generator
) -> FloatArray:
    """(2, 3): crop pixels to those of a random training crop of `size` pixels around the hull."""
    turn = random_turn(settings, random)
    low, high = _bounds(hull, turn)
    side = high - low
    low = low - random.uniform(*settings.margin, 2) * side
    high = high + random.uniform(*settings.margin, 2) * side
    scale = size / (high - low)
    return np.column_stack([scale[:, None] * turn, -scale * low])


def _bounds(hull: FloatArray, matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and greatest x and y of points (K, 2) after a map (2, 2) or (2, 3)."""
    moved = hull @ matrix[:, :2].T
    if matrix.shape[1] == 3:
        moved = moved + matrix[:, 2]
    return moved.min(axis=0), moved.max(axis=0)


def _colour(settings: AugmentSettings, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """(11,): saturation, gamma, contrast, brightness, tint of three channels, grey, blur, noise, its seed."""
    values = np.array([1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0], np.float32)
    if random.random() < settings.colour:
        ranges = [(0.5, 1.4), (0.7, 1.5), (0.7, 1.3), (-0.15, 0.15), *[(0.92, 1.08)] * 3]
        values[:7] = [random.uniform(low, high) for low, high in ranges]
    values[7] = random.random() < settings.grey
    if random.random() < settings.blur:
        values[8] = random.uniform(0.5, 2.0)
    if random.random() < settings.noise:
        values[9] = random.uniform(3, 15)
    values[10] = random.random()
    return values
