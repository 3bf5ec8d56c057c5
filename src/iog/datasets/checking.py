"""Going through a dataset to see whether it is whole: counts, sizes, empty masks, what cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from iog.datasets.base import ObjectDataset
from iog.datasets.boxes import BoxDataset
from iog.errors import IogError


@dataclass(slots=True)
class Report:
    """What a dataset holds and what is wrong with it."""

    broken: list[str] = field(default_factory=list)
    """What is wrong with single photos or objects; takes what readers note while they list."""
    empty: list[str] = field(default_factory=list)
    """Names of objects without a pixel."""
    photos: set[str] = field(default_factory=set)
    """Names of the photos with objects."""
    groups: Counter[str] = field(default_factory=Counter)
    """Objects by group."""
    categories: Counter[str] = field(default_factory=Counter)
    """Objects by category."""
    sizes: set[tuple[int, int]] = field(default_factory=set)
    """(width, height) of the photos."""
    areas: list[int] = field(default_factory=list)
    """Pixels of each object that has any; of a box, its width times its height."""
    with_void: int = 0
    """How many objects have void pixels in their photo."""

    @property
    def objects(self) -> int:
        """How many objects could be read."""
        return self.groups.total()

    @property
    def whole(self) -> bool:
        """Whether there is something and nothing is wrong."""
        return self.objects > 0 and not self.broken and not self.empty

    def lines(self, shown: int = 20) -> list[str]:
        """The report as text, with so many of the categories and of each kind of fault."""
        lines = [f"photos      {len(self.photos)}", f"objects     {self.objects}"]
        if len(self.groups) > 1:
            lines.append("groups      " + _counts(self.groups, shown))
        lines.append(f"categories  {len(self.categories)}: " + _counts(self.categories, shown))
        if self.sizes:
            (w0, h0), (w1, h1) = min(self.sizes, key=np.prod), max(self.sizes, key=np.prod)
            lines.append(f"photo size  {w0} x {h0} to {w1} x {h1} pixels")
        if self.areas:
            low, middle, high = np.percentile(self.areas, [0, 50, 100])
            lines.append(f"object area {low:.0f} to {high:.0f} pixels, half of them under {middle:.0f}")
        lines.append(f"void        in the photos of {self.with_void} objects")
        for title, faults in (("broken", self.broken), ("empty masks", self.empty)):
            lines.append(f"{title:<11} {len(faults)}")
            lines += [f"  {fault}" for fault in faults[:shown]]
            if len(faults) > shown:
                lines.append(f"  and {len(faults) - shown} more")
        return lines


def check_objects(objects: ObjectDataset, report: Report, indices: Iterable[int]) -> None:
    """Read each of the objects and add it to the report; names must be PHOTO#OBJECT."""
    for index in indices:
        try:
            sample = objects[index]
        except IogError as error:
            report.broken.append(str(error))
            continue
        report.photos.add(sample.name.rpartition("#")[0])
        report.groups[sample.group] += 1
        report.categories[sample.category or "(none)"] += 1
        height, width = sample.mask.shape
        report.sizes.add((width, height))
        report.with_void += bool(sample.void.any())
        area = int(np.count_nonzero(sample.mask))
        if area:
            report.areas.append(area)
        else:
            report.empty.append(sample.name)


def check_boxes(boxes: BoxDataset, report: Report, indices: Iterable[int]) -> None:
    """Look at each of the boxes and add it to the report."""
    for index in indices:
        try:
            sample = boxes[index]
        except IogError as error:
            report.broken.append(str(error))
            continue
        report.photos.add(str(sample.image))
        report.groups["boxes"] += 1
        report.categories[sample.category or "(none)"] += 1
        report.areas.append(sample.box.width * sample.box.height)


def _counts(counter: Counter[str], shown: int) -> str:
    text = ", ".join(f"{name} {count}" for name, count in counter.most_common(shown))
    return text + (f" and {len(counter) - shown} more" if len(counter) > shown else "")
