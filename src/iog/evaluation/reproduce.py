"""The paper's tables with our own figures beside, where data and weights are there, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from iog import zoo
from iog.baselines import METHODS
from iog.box_methods import BoxSegmenter
from iog.datasets import ObjectDataset, ObjectSample, coco, known
from iog.datasets.listing import spread
from iog.engines import Engine
from iog.errors import DataError
from iog.evaluation.classical import Classical
from iog.evaluation.figures import (
    DATA,
    EMBEDDED,
    NOT_PRINTED,
    OTHERS,
    RECIPES,
    WEIGHTS,
    Figure,
    check_weights,
    embedded,
)
from iog.evaluation.measure import measure
from iog.evaluation.paper import TABLES, PaperTable
from iog.evaluation.protocol import evaluate
from iog.evaluation.settings import Settings
from iog.evaluation.smoke import BANNER, SampleObjects
from iog.evaluation.subjects import BoxMethod, ExtremeNetwork, Subject
from iog.evaluation.tables import interval, markdown
from iog.robot import RobotUser
from iog.segmenter import Segmenter

SEEN = coco.SEEN | {"aeroplane", "diningtable", "motorbike", "pottedplant", "sofa", "tvmonitor"}
"""PASCAL's 20 categories, as COCO and as PASCAL spell them."""


class _Score(NamedTuple):
    """One object, and its IoU after 3, 4, ... clicks (or of the one mask that its prompt gives)."""

    category: str
    photo: str
    curve: tuple[float, ...]


def reproduce(
    table: str,
    model: Segmenter,
    *,
    data: Mapping[str, ObjectDataset] | None = None,
    weights: Mapping[str, Path] | None = None,
    limit: int | None = None,
    smoke: bool = False,
) -> str:
    """One table as Markdown: a line a figure, then the bundled model's figures, then what is missing.

    Parameters
    ----------
    table
        A key of `paper.TABLES`.
    model
        The bundled model, measured beside the paper's networks; in a smoke run it stands for all of them.
    data, weights
        What there is, by the names of `figures.DATA` and `figures.WEIGHTS`.
    limit
        Measure only so many objects of each set, spread over it.
    smoke
        Take the sample photos for every dataset.

    Raises
    ------
    DataError
        If a name is not known, or a set has no objects for a figure.
    ModelError
        If weights cannot be loaded.
    """
    check_names(data or {}, weights or {})
    recipes = [r for r in RECIPES[table].values() if isinstance(r, Figure)]
    own = embedded(table)
    bench = _Bench(model, data or {}, weights or {}, [*recipes, *(r for _, r in own)], limit, smoke)
    for recipe in recipes:
        if not bench.missing(recipe):
            bench.open(recipe)  # a file of another network is refused before anything is measured
    lacks = _Lacks()
    parts = [TABLES[table].caption]
    if smoke:
        parts.insert(0, BANNER)
    parts.append(_paper_rows(TABLES[table], RECIPES[table], bench, lacks))
    measured = [(name, r, bench.figure(r)) for name, r in own if not bench.missing(r)]
    if measured:
        parts.append(
            f"The model `{model.model}` on the same data: trained on other photos than the paper's networks."
        )
        rows = [[r.data, name, *figure] for name, r, figure in measured]
        parts.append(markdown(["data", "prompt", "ours", "objects", "95 % interval"], rows))
    if lacks.numbers:
        parts.append("\n".join(["Missing:", *(f"  [{n}] {text}" for text, n in lacks.numbers.items())]))
    return "\n\n".join(parts)


def _paper_rows(
    table: PaperTable, recipes: Mapping[tuple[int, str], Figure | str], bench: _Bench, lacks: _Lacks
) -> str:
    header = [
        *table.columns[: table.labels],
        "figure",
        "paper",
        "ours",
        "objects",
        "95 % interval",
        "missing",
    ]
    rows = []
    for number, row in enumerate(table.rows):
        for column, printed in zip(table.columns[table.labels :], row[table.labels :], strict=True):
            recipe = recipes.get((number, column), OTHERS)
            if printed == "-" and recipe == OTHERS:
                continue
            missing = [recipe] if isinstance(recipe, str) else bench.missing(recipe)
            blank = ("-", "-", "-")
            figure = blank if isinstance(recipe, str) or missing else bench.figure(recipe)
            if printed == "-":
                missing = [*missing, NOT_PRINTED]
            notes = " ".join(f"[{lacks.number(text)}]" for text in missing)
            rows.append([*row[: table.labels], column, printed, *figure, notes])
    return markdown(header, rows)


class _Lacks:
    """Numbers what is missing, so that a table's rows can point to one list."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers) + 1)


class _Bench:
    """Measures recipes; what two of them share is measured once."""

    def __init__(
        self,
        model: Segmenter,
        data: Mapping[str, ObjectDataset],
        weights: Mapping[str, Path],
        recipes: Sequence[Figure],
        limit: int | None,
        smoke: bool,
    ) -> None:
        self._model = model
        self._data: Mapping[str, ObjectDataset] = dict.fromkeys(DATA, SampleObjects(model)) if smoke else data
        self._weights = weights
        self._limit = limit
        self._smoke = smoke
        self._most: dict[tuple[str, str], int] = {}
        """Clicks to evaluate, by weights or method and data: the most that any recipe asks for."""
        for r in (r for r in recipes if r.prompt in ("inside", "clicks")):
            key = r.method or self._named(r.weights), self._place(r.data)
            most = min(r.clicks, 4) if smoke else r.clicks
            self._most[key] = max(self._most.get(key, 3), most)
        self._segmenters: dict[str, Segmenter] = {EMBEDDED: model}
        self._scores: dict[tuple[str, ...], list[_Score]] = {}

    def missing(self, recipe: Figure) -> list[str]:
        """What has to be given for a recipe to be measured."""
        found = []
        if recipe.data not in self._data:
            source = known.OBJECTS[recipe.data].source
            found.append(f"data: give --data {recipe.data}=FOLDER ({DATA[recipe.data]}): {source}")
        if recipe.method:
            try:
                METHODS[recipe.method].load()
            except DataError as error:
                found.append(str(error))
        named = [name for name in (recipe.weights, recipe.second) if name and not self._smoke]
        return found + [
            f"weights: give --weights {name}=FILE ({WEIGHTS[name]})"
            for name in named
            if name not in self._weights
        ]

    def open(self, recipe: Figure) -> None:
        """Load what a recipe needs; `ModelError` if it cannot be, or is another network."""
        for weights in (recipe.weights, recipe.second):
            if weights:
                self._segmenter(weights)

    def figure(self, recipe: Figure) -> tuple[str, str, str]:
        """Figure, number of objects, interval."""
        chosen = [s for s in self._all_scores(recipe) if _belongs(s.category, recipe)]
        if not chosen:
            return "no such object", "0", "-"
        # Three clicks and on, one and on, or the one mask of a prompt that costs all its clicks at once.
        first = {"inside": 3, "clicks": 1}.get(recipe.prompt, recipe.clicks)
        if recipe.target is not None:
            means = 100 * np.mean([s.curve[: recipe.clicks - first + 1] for s in chosen], axis=0)
            reached = next((k for k, mean in enumerate(means, first) if mean >= recipe.target), None)
            text = f"> {first + len(means) - 1}" if reached is None else str(reached)
            return text, str(len(chosen)), "-"
        values = [100 * s.curve[recipe.clicks - first] for s in chosen]
        return f"{np.mean(values):.1f}", str(len(values)), interval(values, [s.photo for s in chosen])

    def _all_scores(self, recipe: Figure) -> list[_Score]:
        names = self._named(recipe.weights), self._named(recipe.second or recipe.weights)
        key = (*names, recipe.method, self._place(recipe.data), recipe.prompt)
        if key not in self._scores:
            self._scores[key] = self._measured(recipe)
        return self._scores[key]

    def _measured(self, recipe: Figure) -> list[_Score]:
        objects = self._data[recipe.data]
        if len(objects) == 0:
            raise DataError(f"the dataset {recipe.data} has no objects")
        indices = spread(len(objects), self._limit)
        if recipe.prompt == "inside":
            clicks = self._most[self._named(recipe.weights), self._place(recipe.data)]
            results = evaluate(
                self._segmenter(recipe.weights), objects, Settings(clicks=clicks), indices=indices
            )
            return [_Score(r.category, _photo(r.name), r.ious) for r in results]
        subject, clicks = self._subject(recipe), 0
        if recipe.prompt == "clicks":
            clicks = self._most[recipe.method, self._place(recipe.data)]
        samples = (objects[i] for i in indices)
        return [
            _Score(s.category, _photo(s.name), _padded(subject, s, clicks)) for s in samples if s.mask.any()
        ]

    def _subject(self, recipe: Figure) -> Subject:
        """What answers a prompt other than three clicks."""
        if recipe.prompt == "clicks":
            classical = METHODS[recipe.method]
            return Classical(classical, "clicks", classical.load())
        first = self._segmenter(recipe.weights)
        if recipe.prompt == "extreme points" and not self._smoke:
            return ExtremeNetwork(first)
        last = self._segmenter(recipe.second or recipe.weights)
        # In a smoke run the bundled model has no extreme points to be given.
        method = "box" if recipe.prompt == "inside" or recipe.prompt == "extreme points" else recipe.prompt
        return BoxMethod(BoxSegmenter(last, method, None if first is last else first))

    def _named(self, weights: str) -> str:
        """The weights that a recipe's name stands for; in a smoke run all are the bundled model."""
        return EMBEDDED if self._smoke else weights

    def _place(self, data: str) -> str:
        """The data that a recipe's name stands for; in a smoke run all are the sample photos."""
        return "samples" if self._smoke else data

    def _segmenter(self, weights: str) -> Segmenter:
        name = self._named(weights)
        if name not in self._segmenters:
            self._segmenters[name] = Segmenter(self._engine(name))
        return self._segmenters[name]

    def _engine(self, name: str) -> Engine:
        engine = zoo.open_model(self._weights[name])
        check_weights(name, engine.info, self._weights[name])
        return engine


def _padded(subject: Subject, sample: ObjectSample, clicks: int) -> tuple[float, ...]:
    """IoU by clicks; where nothing is wrong any more, further clicks change nothing."""
    ious = measure(subject, sample, RobotUser(), clicks, boundary_ratio=None).ious
    return ious + ious[-1:] * (clicks - subject.first + 1 - len(ious))


def _photo(name: str) -> str:
    """Of an object's name, PHOTO#OBJECT."""
    return name.rpartition("#")[0]


def _belongs(category: str, recipe: Figure) -> bool:
    return recipe.part == "all" or (category in SEEN) == (recipe.part == "seen")


def check_names(data: Mapping[str, object], weights: Mapping[str, object]) -> None:
    """Raise `DataError` for a name that is not one of `figures.DATA` or `figures.WEIGHTS`."""
    for kind, given, names in (("data", data, DATA), ("weights", weights, WEIGHTS)):
        for name in given:
            if name not in names:
                raise DataError(f"`{kind}` {name}: not known; known are {', '.join(names)}")
