"""Results by group, category and size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iog.evaluation.protocol import ObjectResult
from iog.evaluation.settings import By

SMALL = 0.005
"""Objects below this share of their photo are reported apart."""

_SIZES = ((32**2, "small, under 32² pixels"), (96**2, "medium, under 96² pixels"))
_LARGE = "large"

Strata = dict[str, list[ObjectResult]]


def strata(results: Sequence[ObjectResult], by: By) -> Strata:
    """Results under the name of their stratum; within one set, each object is in one stratum.

    by group
        The dataset's subsets; where one has small objects, the others once more (`group >= 0.5%`).
    by category
        The classes of the dataset.
    by size
        COCO's sizes: under 32², under 96² pixels, larger.
    """
    return {"group": by_group, "category": _by_category, "size": _by_size}[by](results)


def by_group(results: Sequence[ObjectResult]) -> Strata:
    """Results under the name of their group; where a group has small objects, the others once more."""
    groups = _split(results, lambda r: r.group)
    for name in list(groups):
        large = [r for r in groups[name] if r.share >= SMALL]
        if 0 < len(large) < len(groups[name]):
            groups[f"{name} >= {SMALL:.1%}"] = large
    return dict(sorted(groups.items()))


def _by_category(results: Sequence[ObjectResult]) -> Strata:
    return dict(sorted(_split(results, lambda r: r.category or "unnamed").items()))


def _by_size(results: Sequence[ObjectResult]) -> Strata:
    found = _split(results, lambda r: next((name for limit, name in _SIZES if r.area < limit), _LARGE))
    names = [name for _, name in _SIZES] + [_LARGE]
    return {name: found[name] for name in names if name in found}


def _split(results: Sequence[ObjectResult], key: Callable[[ObjectResult], str]) -> Strata:
    found: Strata = {}
    for result in results:
        found.setdefault(key(result), []).append(result)
    return found
