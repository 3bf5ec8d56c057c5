"""What an inside click decides, on a model that answers whatever is red."""

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from iog.cli import main
from iog.datasets import ObjectSample
from iog.evaluation.ambiguity import corners_table, measure_pairs, pairs, pairs_table
from iog.evaluation.settings import Settings
from iog.segmenter import Segmenter
from tests.evaluation.conftest import HEIGHT, WIDTH, Objects, square

LEFT, RIGHT, FAR = square(30, 30, 62, 62), square(40, 30, 72, 62), square(80, 70, 112, 98)


class Photo(Objects):
    """Things of one photo."""

    def same_photo(self, index: int) -> range:
        return range(len(self))


def photo(*masks: np.ndarray) -> Photo:
    """Everything in it is red."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[np.any(masks, axis=0), 0] = 255
    void = np.zeros((HEIGHT, WIDTH), bool)
    return Photo([ObjectSample(f"p#{i}", "x", "", image, mask, void) for i, mask in enumerate(masks)])


def test_pairs_overlap() -> None:
    assert pairs(photo(LEFT, RIGHT, FAR), range(3)) == [(0, 1), (1, 0)]
    assert pairs(photo(LEFT, RIGHT, FAR), [1]) == [(1, 0)]
    assert pairs(Objects(photo(LEFT, RIGHT).samples), range(2)) == [], "it knows no photos"


def test_a_model_that_answers_both_takes_all_of_the_neighbour(red: Segmenter) -> None:
    objects = photo(LEFT, RIGHT)
    (first,) = measure_pairs(red, objects, [(0, 1)])
    # 32 x 32 pixels each, 10 columns of them apart.
    assert first.own == pytest.approx(32 / 42)
    assert first.taken == 1
    assert first.clicked == first.boxed == pytest.approx(32 / 42)
    assert not first.answered


def test_a_thing_of_which_the_other_box_shows_nothing_is_left_out(red: Segmenter) -> None:
    assert list(measure_pairs(red, photo(LEFT, FAR), [(0, 1)])) == []


def test_the_tables(red: Segmenter) -> None:
    objects = photo(LEFT, RIGHT)
    table = pairs_table(list(measure_pairs(red, objects, pairs(objects, range(2)))))
    assert "| x | 2 | 0.0 | 76.2 | 76.2 | 100.0 |" in table
    alone = photo(LEFT)
    table = corners_table(red, alone, range(1), (0.06,), Settings(clicks=3))
    assert "| x | 1 | 0 % | 100.0 | 100.0 |" in table
    found = re.search(r"\| x \| 1 \| 6 % \| (9\d\.\d) \((-\d\.\d)\) \| \1 \(\2\) \|", table)
    assert found, table
    assert 100 + float(found[2]) == pytest.approx(float(found[1]))


def test_the_options(photo_folder: Path) -> None:
    def run(*options: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["eval", "--data", str(photo_folder), *options])
        return result.exit_code, " ".join(result.output.split())

    code, output = run("--corner-errors", "0.06", "--clicks", "3", "--limit", "2")
    assert code == 0
    assert "corners off by | box only | 3 clicks" in output
    code, output = run("--pairs")
    assert (code, "shares a photo with another" in output) == (2, True)
    assert run("--corner-errors", "six")[0] == run("--corner-errors", "6")[0] == 2
