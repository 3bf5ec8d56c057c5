"""Puts what `iog calibrate` measured into docs/auto.md: python benchmarks/calibration_tables.py

It only shows what src/iog/zoo/lite.calibration.json holds: tables between the markers, and the plot.
"""

from __future__ import annotations

from pathlib import Path

from iog import zoo
from iog.calibration import read_calibration
from iog.evaluation import quoting
from iog.evaluation.calibrate import HEADER, PLOTTED, reliability_plot, report
from iog.evaluation.tables import markdown
from iog.files import write_text

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, PLOT = DOCS / "auto.md", DOCS / "images" / "reliability.svg"
NAME = "calibration"


def filled(text: str) -> str:
    """The page with the tables of the calibration between the markers."""
    calibration = read_calibration(zoo.calibration_file("lite"))
    measured = calibration.measured
    said = (
        f"{measured['objects']:,} objects in {measured['photos']:,} photos ({measured['data']}), "
        f"weights {calibration.weights_sha256[:12]}; IoU and confidence in percent, errors in points:"
    )
    return quoting.filled(text, NAME, f"{said}\n\n{markdown(HEADER, report(calibration))}")


def plot() -> str:
    """The reliability plot as SVG."""
    return reliability_plot(read_calibration(zoo.calibration_file("lite")), PLOTTED)


if __name__ == "__main__":
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8")))
    write_text(PLOT, plot())
