"""The account that each command prints of a small file with odd things in it; docs/formats.md quotes it.

python benchmarks/accounts.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from iog.images import picture_sizes
from iog.samples import samples

COMMANDS = (
    "import photos labels.json",
    "export photos --format yolo --label cat --out yolo",
    "data convert labels.json voc --to voc --images photos",
    "auto labels.json --images photos --out masks",
    "data check labels photos/labels.json",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder)
        for command in COMMANDS:
            print(f"$ iog {command}")
            ran = subprocess.run(
                [sys.executable, "-m", "iog", *command.split()],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, "COLUMNS": "200"},
            )
            print("\n".join(line.rstrip() for line in ran.stdout.splitlines()))
            print(f"(exit status {ran.returncode})\n")


def write(folder: Path) -> None:
    """Photos and a COCO document: two masks, a box, a polygon without area, and a photo that is not there."""
    (folder / "photos").mkdir()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    categories = []
    for number, (photo, name, clicks) in enumerate(samples()[:2], 1):
        categories.append({"id": number, "name": name})
        shutil.copyfile(photo, folder / "photos" / photo.name)
        width, height = picture_sizes(photo, photo.name)[0]
        images.append({"id": number, "file_name": photo.name, "width": width, "height": height})
        box = clicks.box
        ring = [box.x0, box.y0, box.x1, box.y0, box.x1, box.y1]
        annotations.append({"image_id": number, "category_id": number, "segmentation": [ring]})
    images.append({"id": 3, "file_name": "gone.jpg", "width": 9, "height": 9})
    annotations += [
        {"image_id": 1, "category_id": 1, "bbox": [20, 20, 60, 50]},
        {"image_id": 1, "category_id": 1, "segmentation": [[5, 5, 9, 9]]},
        {"image_id": 3, "category_id": 1, "bbox": [1, 1, 5, 5]},
    ]
    document = {
        "images": images,
        "categories": categories,
        "annotations": [{"id": number, "iscrowd": 0, **a} for number, a in enumerate(annotations, 1)],
    }
    for place in (folder, folder / "photos"):
        (place / "labels.json").write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
