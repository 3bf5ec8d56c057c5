"""Results as a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iog.evaluation.metrics import clicks_to_reach, mean_interval
from iog.evaluation.protocol import ObjectResult, by_group

_TARGETS = (85, 90)


def markdown(results: Sequence[ObjectResult]) -> str:
    """Mean IoU in percent by group: box only, then 3, 4, ... clicks; 95 % interval at 3 clicks; NoC if asked.

    Number of Clicks counts an object that never reaches the target with the last click that was made, and
    appears when at least 10 clicks were.
    """
    last = 2 + len(results[0].ious)
    shown = [k for k in range(3, last + 1) if k <= 6 or k in (10, 15, 20)]
    header = ["set", "objects", "box only", *(f"{k} clicks" for k in shown), "95 % interval at 3"]
    with_noc = last >= 10
    if with_noc:
        header += [text for t in _TARGETS for text in (f"NoC@{t}", f"failures@{t}")]
    rows = [header, ["---"] * len(header)]
    for name, group in by_group(results).items():
        low, high = mean_interval([r.ious[0] for r in group])
        row = [name, str(len(group)), f"{_mean([r.box_iou for r in group]):.1f}"]
        row += [f"{_mean([r.ious[k - 3] for r in group]):.1f}" for k in shown]
        row.append(f"{100 * low:.1f} to {100 * high:.1f}")
        if with_noc:
            for target in _TARGETS:
                counts = [clicks_to_reach(r.ious, target / 100, 3) for r in group]
                row.append(f"{np.mean([last if c is None else c for c in counts]):.2f}")
                row.append(f"{100 * sum(c is None for c in counts) / len(counts):.1f} %")
        rows.append(row)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _mean(values: Sequence[float]) -> float:
    return 100 * float(np.mean(values))
