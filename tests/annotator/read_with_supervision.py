"""Read exports with `supervision`, in an environment without iog; prints label, area and box of each object.

python read_with_supervision.py FOLDER, which holds `photos/` and exports in `coco/`, `coco-rle/`, `yolo/` and
`voc/`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import supervision as sv


def main(folder: Path) -> None:
    photos = str(folder / "photos")
    sets = {
        name: sv.DetectionDataset.from_coco(
            photos, str(folder / name / "annotations.json"), force_masks=name == "coco-rle"
        )
        for name in ("coco", "coco-rle")
    }
    yolo = folder / "yolo"
    sets["yolo"] = sv.DetectionDataset.from_yolo(
        photos, str(yolo / "labels"), str(yolo / "data.yaml"), force_masks=True
    )
    sets["voc"] = sv.DetectionDataset.from_pascal_voc(photos, str(folder / "voc" / "Annotations"))
    print(json.dumps({name: list(map(list, objects(found))) for name, found in sets.items()}))


def objects(found: sv.DetectionDataset) -> list[tuple[str, int, list[float]]]:
    ((_, _, detections),) = found
    masks = detections.mask if detections.mask is not None else [None] * len(detections)
    return [
        (found.classes[number], -1 if mask is None else int(np.count_nonzero(mask)), box.tolist())
        for number, mask, box in zip(detections.class_id, masks, detections.xyxy, strict=True)
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
