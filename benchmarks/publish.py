"""Results into the documentation: python benchmarks/publish.py RESULTS

Copies tables and plots of `iog bench report` to docs/benchmark, writes its page, and puts the table of the
README between its markers.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from pathlib import Path

from iog.bench.report import PLOT_OF_TABLE
from iog.evaluation.quoting import quote
from iog.evaluation.tables import markdown
from iog.files import write_text

ROOT = Path(__file__).resolve().parents[1]
NAME = "benchmark"
TABLES = ("iou_at_3", "iou_at_4", "iou_by_clicks", "noc", "iou_by_size", "iou_by_jitter")
SPEED = ("speed", "scaling", "arithmetic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    results = parser.parse_args().results
    docs = ROOT / "docs" / "benchmark"
    for name in ("tables", "plots"):
        shutil.rmtree(docs / name, ignore_errors=True)
        shutil.copytree(results / name, docs / name)
    write_text(docs / "README.md", page(results))
    readme = ROOT / "README.md"
    quote(readme, NAME, summary(results))
    print(f"{docs / 'README.md'} and {readme}")


def page(results: Path) -> str:
    """docs/benchmark/README.md."""
    settings, environment = (
        json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("settings", "environment")
    )
    limit = f"at most {settings['limit']} of each set" if settings["limit"] else "all"
    parts = [
        "# What one would use instead\n",
        "Made by `make benchmark` ([how](../bench.md)). Every table is here as Markdown, CSV and LaTeX.\n",
        f"{environment['processor']}, {environment['cores']} cores, iog {environment['iog']}. "
        f"Objects: {limit}, spread evenly, seed {settings['seed']}. "
        f"Networks are corrected to {settings['clicks']} clicks, classical methods to "
        f"{settings['classical_clicks']}.\n",
    ]
    tables = results / "tables"
    more = sorted(path.stem for path in tables.glob("noc_*.md"))
    for name in (*TABLES, *more, *SPEED, "failures", "methods"):
        if (tables / f"{name}.md").exists():
            parts.append((tables / f"{name}.md").read_text(encoding="utf-8").replace("### ", "## ", 1))
            plot = PLOT_OF_TABLE.get(name)
            if plot and (results / "plots" / f"{plot}.svg").exists():
                parts.append(f"![{plot}](plots/{plot}.svg)\n")
    return "\n".join(parts)


def summary(results: Path) -> str:
    """The README's table: mean IoU by clicks and time per click, the better setting of each method."""

    def column(table: str, heading: str) -> dict[str, str]:
        path = results / "tables" / f"{table}.csv"
        if not path.exists():
            return {}
        with path.open(encoding="utf-8", newline="") as lines:
            return {row["method"]: row.get(heading, "–") for row in csv.DictReader(lines)}

    three, four = (column(f"iou_at_{clicks}", "mean of sets") for clicks in (3, 4))
    clicks = column("iou_by_clicks", "6 clicks")
    milliseconds = column("speed", "click ms")
    rows = [
        [name, three[name], four[name], clicks.get(name, "–"), milliseconds.get(name, "–")]
        for name in _better_settings(four)
    ]
    header = ["method", "3 clicks", "4 clicks", "6 clicks, all objects", "ms per click"]
    return markdown(header, rows)


def _better_settings(four: dict[str, str]) -> list[str]:
    """The methods, best first; of one that has two settings the better at four clicks."""
    best: dict[str, str] = {}
    for name in sorted(four, key=lambda name: float(four[name]), reverse=True):
        best.setdefault(name.removesuffix(", seeds only"), name)
    return list(best.values())


if __name__ == "__main__":
    main()
