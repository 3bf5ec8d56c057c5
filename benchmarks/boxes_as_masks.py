"""Training photos whose masks the model made from their boxes.

    python -m benchmarks.boxes_as_masks --data DATA --out FOLDER

The paper's own idea (Pixel-ImageNet), as a round of training: of some sets of DATA only the boxes are used. A
mask is kept where the answer to the mirrored photo, the box and the calibrated confidence agree; the box of
any other object is void. FOLDER then holds a train.jsonl with the other sets as they are and these sets under
their names with `_boxes` behind. `benchmarks/levers.py --boxes FOLDER` measures what they gain.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from benchmarks.levers import FORMER, SHARES
from PIL import Image
from tqdm import tqdm

from iog.clicks import Clicks
from iog.datasets import PhotoDataset
from iog.datasets.neighbours import overlap
from iog.datasets.photos import VOID
from iog.evaluation.metrics import iou
from iog.files import write_json_lines
from iog.masks import encode_rle, mask_box
from iog.robot import RobotUser
from iog.segmenter import Segmenter

MIRRORED, BOXED, CONFIDENT = 0.9, 0.85, 0.85
"""Least IoU with the mirrored answer, of the mask's box with the given one, and least confidence."""
LEAST = 300
"""Pixels of the smallest object that is trained on."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    data, out = arguments.data.resolve(), arguments.out
    sets = sorted(set(SHARES) - set(FORMER))
    (out / "masks").mkdir(parents=True)
    lines = [json.loads(line) for line in (data / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    told: Counter[str] = Counter()
    for line in lines:
        line["image"], line["mask"] = (os.path.relpath(data / line[key], out) for key in ("image", "mask"))
    lines += list(labelled(data, out, sets, told))
    write_json_lines(out / "train.jsonl", lines)
    print(f"{told['kept']} of {told['objects']} objects kept, {told['photos']} photos")
    print(f"mean IoU of kept masks with the true ones {told['agreement'] / max(1, told['kept']) / 1000:.3f}")


def labelled(data: Path, out: Path, sets: list[str], told: Counter[str]) -> Iterator[dict[str, Any]]:
    """A line a photo of `sets` with what was kept; counts what happened in `told`."""
    objects, segmenter = PhotoDataset(data, "train", groups=sets, minimum_area=LEAST), Segmenter()
    first = 0
    with tqdm(total=len(objects), unit="object", disable=None) as bar:
        while first < len(objects):
            photo = objects.same_photo(first)
            ids, kept = None, []
            for index in photo:
                sample = objects[index]
                ids = np.zeros(sample.mask.shape, np.uint8) if ids is None else ids
                mask = answer(segmenter, sample.image, RobotUser().clicks(sample.mask, inside=False))
                told["objects"] += 1
                if mask is None:
                    box = mask_box(sample.mask)
                    assert box is not None
                    ids[box.y0 : box.y1, box.x0 : box.x1] = VOID
                else:
                    told["kept"] += 1
                    told["agreement"] += round(1000 * iou(mask, sample.mask, sample.void))
                    kept.append((mask, sample.category))
            first = photo.stop
            bar.update(len(photo))
            if not kept or ids is None:
                continue
            told["photos"] += 1
            entry = objects.entries[photo.start]
            path = Path("masks") / f"{entry.image.stem}.png"
            for number, (mask, _) in enumerate(kept, 1):
                ids[mask] = number
            Image.fromarray(ids).save(out / path)
            yield {
                "image": os.path.relpath(entry.image, out),
                "mask": str(path),
                "set": f"{entry.group}_boxes",
                "kind": "instance",
                "objects": [
                    {"id": n, "area": int(m.sum()), "category": category, "rle": encode_rle(m)}
                    for n, (m, category) in enumerate(kept, 1)
                ],
            }


def answer(
    segmenter: Segmenter, image: npt.NDArray[np.uint8], clicks: Clicks
) -> npt.NDArray[np.bool_] | None:
    """The mask of a box if it can be trusted, (H, W)."""
    width = image.shape[1]
    (x0, y0), (x1, y1) = clicks.corners
    mirror = Clicks(((width - 1 - x1, y0), (width - 1 - x0, y1)), None)
    images = [image, np.ascontiguousarray(image[:, ::-1])]
    straight, mirrored = segmenter.segment_batch(images, [clicks, mirror])
    found = mask_box(straight.mask)
    if found is None or straight.confidence < CONFIDENT:
        return None
    if iou(straight.mask, mirrored.mask[:, ::-1]) < MIRRORED or overlap(found, clicks.box) < BOXED:
        return None
    return straight.mask


if __name__ == "__main__":
    main()
