from pathlib import Path

import numpy as np

from iog.datasets import PhotoDataset
from iog.evaluation.listening import questions
from iog.guidance import GUIDANCE
from iog.segmenter import Segmenter


def test_it_hears_the_box_the_inside_click_and_corrections(photo_folder: Path, segmenter: Segmenter) -> None:
    objects = PhotoDataset(photo_folder, "train")
    asked = questions(segmenter.engine, objects)
    # One crop an object; four questions, or fewer where nothing was left to correct.
    assert len(asked) == len({question.crop.tobytes() for question in asked}) == len(objects)
    assert {len(question.click_maps) for question in asked} <= {2, 3, 4}
    size = segmenter.engine.info.size  # type: ignore[union-attr]
    inside = GUIDANCE["inside-outside"].index("inside")
    for crop, click_maps in asked:
        assert (crop.shape, crop.dtype) == ((size, size, 3), np.uint8)
        assert {maps.shape for maps in click_maps} == {(len(GUIDANCE["inside-outside"]), size, size)}
        assert not click_maps[0][inside].any()
        assert click_maps[1][inside].any()
