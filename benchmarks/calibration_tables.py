"""Writes what the bundled model's calibration measured into docs/auto.md: python benchmarks/calibration_tables.py

`iog calibrate` measured it; this only copies figures from src/iog/zoo/lite.calibration.json between the markers.
"""

from __future__ import annotations

from pathlib import Path

from iog import zoo
from iog.calibration import read_calibration
from iog.evaluation.calibrate import HEADER, report
from iog.evaluation.tables import markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "auto.md"
BEGIN, END = (
    "<!-- measured: python benchmarks/calibration_tables.py -->",
    "<!-- end of what was measured -->",
)


def filled(text: str) -> str:
    """The page with the tables of the calibration between the markers."""
    calibration = read_calibration(zoo.calibration_file("lite"))
    measured = calibration.measured
    said = (
        f"{measured['objects']:,} objects in {measured['photos']:,} photos ({measured['data']}), "
        f"weights {calibration.weights_sha256[:12]}; IoU and confidence in percent, errors in points:"
    )
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{said}\n\n{markdown(HEADER, report(calibration))}\n\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
