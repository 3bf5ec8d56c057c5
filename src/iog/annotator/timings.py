"""What the work cost: `timings.csv`, a row a step, also of undone steps and deleted objects."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from iog.annotator.store import Timing
from iog.files import replacing


def write(timings: Iterable[Timing], folder: Path) -> None:
    """Write `timings.csv`; `seconds` are since the step before, where a pause counts one minute at most."""
    with replacing(folder / "timings.csv", "w") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["photo", "object", "label", "state", "step", "at", "seconds"])
        for t in timings:
            at = datetime.fromtimestamp(t.at, UTC).isoformat(timespec="milliseconds")
            rows.writerow([t.path, t.object, t.label, t.state, t.kind, at, f"{t.seconds:.3f}"])
