"""Strokes beside clicks, on a model whose answers can be told by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from iog.cli import main
from iog.errors import ModelError
from iog.evaluation.settings import Settings
from iog.evaluation.strokes import StrokeResult, measure_strokes, strokes_table
from iog.prompting import PublishedPrompting
from iog.segmenter import Segmenter
from tests.evaluation.conftest import OBJECT, Objects, RedEngine, made, square

STRIP = square(40, 34, 72, 39)
"""Of the object, 32 x 5 of its 32 x 32 pixels."""
SPOT = square(40, 30, 46, 36)


def test_a_stroke_mends_a_strip_that_a_click_does_not() -> None:
    narrow = Segmenter(RedEngine(reach=3))
    objects = Objects([made("strip", OBJECT & ~STRIP), made("spot", OBJECT & ~SPOT), made("exact", OBJECT)])
    strip, spot = measure_strokes(narrow, objects, range(3), Settings())
    assert (strip.thin, strip.large) == (True, True) and (spot.thin, spot.large) == (False, False)
    assert strip.clicks[0] == strip.strokes[0] == pytest.approx(27 / 32)
    # Both set five rows: the stroke's of all columns, and few pixels beside the object.
    assert strip.clicks[1] < 0.87 and strip.strokes[1] > 0.93
    assert 20 < strip.length <= 32 and spot.length < 6
    assert len(strip.clicks) == len(strip.strokes) == 4
    table = strokes_table([strip, spot])
    assert "| thin and large | 1 | 84.4 |" in table and "| neither | 1 |" in table


def test_the_table_averages_and_tells_intervals() -> None:
    one = StrokeResult(
        photo="a", thin=True, large=False, clicks=(0.5, 0.6, 0.7, 0.8), strokes=(0.5, 0.7, 0.7, 0.7), length=8
    )
    other = replace(one, photo="b", thin=False, strokes=(0.5, 0.9, 0.7, 0.7), length=12)
    rows = strokes_table([one, other]).splitlines()
    assert rows[2].startswith("| any | 2 | 50.0 | 60.0, 80.0, +20.0 (+10.0 to +30.0) | 70.0, 70.0, +0.0 (")
    assert rows[2].endswith("| 10 |") and [row.split("|")[1].strip() for row in rows[2:]] == [
        *("any", "thin", "neither"),
    ]


def test_a_model_that_knows_clicks_alone_is_refused(red: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(red, "prompting", object.__new__(PublishedPrompting))
    with pytest.raises(ModelError, match="red takes no strokes"):
        list(measure_strokes(red, Objects([made("exact", OBJECT)]), [0], Settings()))


def test_the_command_writes_the_table_into_a_document(photo_folder: Path, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    begin, end = "<!-- figures: photos-val-strokes -->", "<!-- end of figures: photos-val-strokes -->"
    document.write_text(f"{begin}\n{end}\n")
    options = ["eval", "--data", str(photo_folder), "--corrections", "strokes", "--table", str(document)]
    done = CliRunner().invoke(main, options)
    assert done.exit_code == 0, done.output
    assert "| first error | objects |" in done.output and "| any |" in document.read_text()
