from collections import Counter
from pathlib import Path

import numpy as np

from iog.datasets import PhotoDataset
from iog.evaluation.listening import questions
from iog.guidance import GUIDANCE
from iog.segmenter import Segmenter


def test_it_hears_the_box_the_inside_click_and_corrections(photo_folder: Path, segmenter: Segmenter) -> None:
    objects = PhotoDataset(photo_folder, "train")
    asked = questions(segmenter.engine, objects)
    crops = Counter(question.crop.tobytes() for question in asked)
    # One crop an object; four questions, or fewer where nothing was left to correct.
    assert len(crops) == len(objects)
    assert set(crops.values()) <= {2, 3, 4}
    size = segmenter.engine.info.size  # type: ignore[union-attr]
    inside = GUIDANCE["inside-outside"].index("inside")
    for crop, click_maps in asked:
        assert (crop.shape, crop.dtype) == ((size, size, 3), np.uint8)
        assert click_maps.shape == (len(GUIDANCE["inside-outside"]), size, size)
    assert not asked[0].click_maps[inside].any()
    assert asked[1].click_maps[inside].any()
