import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from iog import output
from iog.samples import Sample
from iog.segmenter import Segmenter


def test_coco_is_read_by_an_independent_reader(
    sample: Sample, segmenter: Segmenter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prediction = segmenter.segment(sample.photo, sample.clicks)
    document = output.CocoDocument()
    document.add(sample.photo.name, prediction)
    document.add(sample.photo.name, prediction)
    document.write(tmp_path / "out.json")
    coco = COCO(tmp_path / "out.json")
    assert len(coco.imgs) == 1
    assert len(coco.anns) == 2
    annotation = coco.anns[2]
    np.testing.assert_array_equal(coco.annToMask(annotation).astype(bool), prediction.mask)
    rows, columns = np.nonzero(prediction.mask)
    x, y, width, height = annotation["bbox"]
    assert (x, y) == (columns.min(), rows.min())
    assert (width, height) == (np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert annotation["area"] == prediction.mask.sum()
    assert annotation["iscrowd"] == 0


def test_polygon_document_names_everything(sample: Sample, segmenter: Segmenter) -> None:
    prediction = segmenter.segment(sample.photo, sample.clicks)
    data = json.loads(json.dumps(output.polygon_document("p.png", prediction)))
    assert (data["width"], data["height"]) == prediction.image_size
    assert data["polygons"][0]["outer"]
    assert data["clicks"] == prediction.clicks.to_json()
