"""What each lever of training gains alone, on validation photos.

    python benchmarks/levers.py --data DATA --out RUNS [--table docs/model/experiments.md]

Short runs start from the bundled weights and differ from the first one, `plain`, in one setting each. All see
the same objects in the same order. Run again with the same --out to resume. Each is measured next to `plain`:
IoU from the box alone, with 3 and with 4 clicks, objects that fill less than a quarter of their box, corners
off by 6 % of the side, pairs of things whose boxes overlap, and how much of a mask a correction changes away
from the error that it was made for.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from skimage.measure import label
from tqdm import tqdm

from iog.clicks import Clicks
from iog.datasets import PhotoDataset
from iog.datasets.listing import spread
from iog.evaluation import ambiguity
from iog.evaluation.protocol import ObjectResult, evaluate
from iog.evaluation.quoting import check_quotable, quote
from iog.evaluation.settings import Settings
from iog.evaluation.tables import interval, markdown
from iog.files import write_json
from iog.segmenter import Segmenter
from iog.training.lite.recipe import LiteRecipe
from iog.training.loop import train

FORMER = {
    "voc_animals": 25,
    "coco": 34,
    "household": 10,
    "wild_animals": 11,
    "bsds_regions": 4,
    "davis": 5,
    "horses": 3,
    "cats": 3,
    "person_clothes": 3,
    "person_portrait": 2,
}
"""Sets of photos that were there before the data grew."""
SHARES = {
    "voc_animals": 22,
    "coco": 34,
    "voc_things": 9,
    "coco128": 3,
    "household": 9,
    "wild_animals": 9,
    "bsds_regions": 4,
    "davis": 5,
    "horses": 3,
    "cats": 3,
    "person_clothes": 4,
    "person_portrait": 3,
    "people_street": 3,
    "car_parts": 1,
    "street": 2,
    "occluded_people": 2,
    "flowers": 2,
    "food": 3,
    "bottles": 2,
    "cutlery": 1,
    "fruit_nuts": 1,
    "fire_trucks": 1,
    "room_plants": 1,
}
BOXES = {name if name in FORMER else f"{name}_boxes": share for name, share in SHARES.items()}
LEVERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "the former sets of photos": {"shares": FORMER},
    "`--rival 0.12`": {"rival": 0.12},
    "`--corner-jitter 0.05 --corner-offset 0.05`": {"corner_jitter": 0.05, "corner_offset": 0.05},
    "`--occluder 0.1`": {"occluder": 0.1},
    "`--thin-strength 1`": {"thin_strength": 1.0},
    "`--keep 1`": {"keep": 1.0},
    "all five": {
        **{"rival": 0.12, "corner_jitter": 0.05, "corner_offset": 0.05},
        **{"occluder": 0.1, "thin_strength": 1.0, "keep": 1.0},
    },
}
"""What differs from `plain`."""
OBJECTS = {"coco": 300, "voc_animals": 80}
CORNERS = 0.06
THIN = 0.25
"""Objects that fill less of their box are thin."""
SHIPPED = "bundled weights"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="folder with train.jsonl and val.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--samples", type=int, default=4000, help="objects that each run sees")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--first", type=int, help="only so many runs, `plain` first")
    parser.add_argument("--boxes", type=Path, help="folder made by `benchmarks.boxes_as_masks`: one more run")
    parser.add_argument("--table", type=Path, help="document whose figures `levers` are replaced")
    arguments = parser.parse_args()
    if arguments.table is not None:
        check_quotable(arguments.table, "levers")
    measured = {SHIPPED: measured_once(arguments.out / "shipped.json", arguments.data, None)}
    levers = dict(LEVERS)
    if arguments.boxes is not None:
        levers["new photos with masks from their boxes"] = {"data": str(arguments.boxes), "shares": BOXES}
    for number, (name, changes) in enumerate(list(levers.items())[: arguments.first]):
        folder = arguments.out / f"{number}"
        recipe = recipe_of(arguments, changes)
        train(recipe, folder, settings=asdict(recipe), checkpoint_every=50)
        measured[name] = measured_once(folder / "measured.json", arguments.data, folder / "final.pt")
    text = f"{arguments.samples} objects each at {arguments.size} pixels.\n\n{table(measured)}"
    print(text)
    if arguments.table is not None:
        quote(arguments.table, "levers", text)


def recipe_of(arguments: argparse.Namespace, changes: dict[str, Any]) -> LiteRecipe:
    """`plain`, with these changes."""
    plain: dict[str, Any] = {
        **{"data": arguments.data, "start": "lite", "shares": SHARES, "samples": arguments.samples},
        **{"sizes": (arguments.size,), "size_shares": (1.0,), "precision": "bf16", "side_loss": 0.0},
        **{"learning_rate": 5e-4, "final_rate": 0.1, "warmup": 30, "ema": 0.98, "seed": 26},
    }
    settings = {**plain, **changes}
    shares = tuple(f"{name}={share}" for name, share in settings.pop("shares").items())
    return LiteRecipe(shares=shares, **settings)


def measured_once(path: Path, data: str, model: Path | None) -> dict[str, Any]:
    """The figures of a model, from the file if they were measured before."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        segmenter = Segmenter("lite" if model is None else model, engine="torch")
        write_json(path, measure(segmenter, data))
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def measure(segmenter: Segmenter, data: str) -> dict[str, Any]:
    """Figures in percent, one an object: lists are aligned between models."""
    objects = PhotoDataset(data, "val", cached_photos=4)
    chosen, coco = [], [i for i, group in enumerate(objects.groups) if group == "coco"]
    for group, limit in OBJECTS.items():
        members = [i for i, each in enumerate(objects.groups) if each == group]
        chosen += [members[i] for i in spread(len(members), limit)]
    clean = list(evaluate(segmenter, objects, Settings(clicks=4), indices=tqdm(chosen, disable=None)))
    moved = evaluate(segmenter, objects, Settings(clicks=3, jitter=CORNERS), indices=chosen[::2])
    pairs = ambiguity.measure_pairs(segmenter, objects, ambiguity.pairs(objects, coco))
    return {
        "photos": [r.photo for r in clean],
        "groups": [r.group for r in clean],
        "thin": [fills(r) < THIN for r in clean],
        "curves": [[100 * value for value in r.curve] for r in clean],
        "moved": [100 * r.ious[0] for r in moved],
        "elsewhere": list(elsewhere(segmenter, objects, clean)),
        "pairs": [(100.0 * p.answered, 100 * p.taken) for p in pairs],
    }


def fills(result: ObjectResult) -> float:
    """Share of its box that an object fills."""
    assert isinstance(result.clicks, Clicks)
    box = result.clicks.box
    return result.area / (box.width * box.height)


def elsewhere(
    segmenter: Segmenter, objects: PhotoDataset, results: Sequence[ObjectResult]
) -> Iterator[float]:
    """Pixels that the first correction changed outside the error that it lies in, in percent of the mask."""
    for result in results:
        if not isinstance(result.clicks, Clicks) or not result.clicks.corrections:
            continue
        sample, (click, *_) = objects[result.index], result.clicks.corrections
        first = Clicks(result.clicks.corners, result.clicks.inside)
        before, after = (
            segmenter.segment(sample.image, clicks).mask for clicks in (first, first.with_correction(*click))
        )
        parts = label((before != sample.mask) & ~sample.void, connectivity=1)
        other = (before != after) & (parts != parts[click.y, click.x])
        yield 100 * float(np.count_nonzero(other) / max(1, np.count_nonzero(before)))


def table(measured: dict[str, dict[str, Any]]) -> str:
    """A row a run; in brackets the 95 % interval of the difference from `plain`, drawn by photo."""
    plain = measured["plain"]
    header = ["run", "coco: box only / 3 / 4 clicks", "gain over plain at 3 clicks", "voc_animals"]
    header += ["thin, 3 clicks", f"corners off by {CORNERS * 100:g} %", "clicked object answered"]
    header += ["share of the other taken in", "changed elsewhere"]
    rows = []
    for name, figures in measured.items():
        curves = np.array(figures["curves"])
        of = {group: np.array(figures["groups"]) == group for group in OBJECTS}
        gains = (curves - np.array(plain["curves"]))[of["coco"], 1]
        photos = [photo for photo, chosen in zip(figures["photos"], of["coco"], strict=True) if chosen]
        thin = curves[np.array(figures["thin"])]
        moved = np.mean(np.array(figures["moved"]) - curves[::2, 1])
        answered, taken = np.mean(figures["pairs"], axis=0)
        rows.append(
            [
                name,
                percents(curves[of["coco"]]),
                "" if figures is plain else f"{gains.mean():+.1f} ({interval(gains.tolist(), photos)})",
                percents(curves[of["voc_animals"]]),
                f"{thin[:, 1].mean():.1f}",
                f"{moved:+.1f}",
                f"{answered:.1f}",
                f"{taken:.1f}",
                f"{np.mean(figures['elsewhere']):.2f}",
            ]
        )
    return markdown(header, rows)


def percents(curves: np.ndarray) -> str:
    """Mean of each column."""
    return " / ".join(f"{value:.1f}" for value in curves.mean(axis=0))


if __name__ == "__main__":
    main()
