"""What fine-tuning gains on photos unlike those the model learned from.

    python benchmarks/finetune.py --data DATA

Each set's photos are split in two halves by a fixed seed. A copy of the bundled model is fine-tuned on 5, 20
or all objects of the first half and measured on the second, before and after. Why these may be test sets, and
how the settings are fixed: docs/decisions/0010-fine-tuning-on-test-domains.md.

--rehearse shows, on training sets, what other learning rates would have given.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

import iog
from iog.datasets import PhotoDataset
from iog.datasets.listing import ChosenObjects, spread
from iog.evaluation.metrics import mean_interval
from iog.evaluation.protocol import ObjectResult, evaluate
from iog.evaluation.quoting import check_quotable, quote
from iog.evaluation.settings import Settings
from iog.evaluation.tables import interval, markdown
from iog.segmenter import Segmenter
from iog.training.finetune import FinetuneRecipe
from iog.training.loop import train

SETS = ("sstem_mitochondria", "nuclei", "plants")
"""Of the split test."""
REHEARSAL = ("food", "mandarins", "mushrooms", "pallets")
"""Of the split train."""
COUNTS = (5, 20, None)
"""Objects to tune on; None for all of the half."""
SETTINGS = {"batch": 8, "warmup": 10, "learning_rate": 3e-4, "workers": 0}
"""All that differs from the defaults of `iog train finetune`."""
RATES = (1e-4, 3e-4, 1e-3)
"""Learning rates of the rehearsal."""
SEED = 2020


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning(FinetuneRecipe):
    """`iog train finetune` on some objects of a list."""

    part: str = "test"
    indices: tuple[int, ...] = ()

    def open_objects(self) -> ChosenObjects:
        """The objects to tune on."""
        return ChosenObjects(PhotoDataset(self.data, self.part, cached_photos=100), self.indices)


@dataclass(frozen=True, slots=True)
class Halves:
    """One set of photos, split."""

    objects: PhotoDataset
    first: list[int]
    """Objects to tune on, in random order."""
    second: list[int]
    """Objects to measure."""
    photos: tuple[int, int]

    @classmethod
    def of(cls, data: str, split: str, name: str, measured: int) -> Halves:
        """Split the photos of the set `name` by the seed; so many of the second half's objects, spread."""
        objects = PhotoDataset(data, split, cached_photos=100)
        members = [i for i, group in enumerate(objects.groups) if group == name]
        photos = sorted({objects.entries[i].image for i in members})
        random = np.random.default_rng(SEED)
        chosen = {photos[i] for i in random.permutation(len(photos))[: len(photos) // 2]}
        first = [i for i in members if objects.entries[i].image in chosen]
        second = [i for i in members if objects.entries[i].image not in chosen]
        shown = spread(len(second), measured)
        return cls(
            objects,
            [first[i] for i in random.permutation(len(first))],
            [second[i] for i in shown],
            (len(chosen), len(photos) - len(chosen)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="folder with train.jsonl, val.jsonl, test.jsonl")
    parser.add_argument("--rehearse", action="store_true", help="try learning rates on training sets")
    parser.add_argument("--sets", nargs="+", help="only these sets")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--lengths", type=int, nargs="+", default=[320, 960], help="objects shown, with repetition"
    )
    parser.add_argument("--measured", type=int, default=150, help="objects of the second half to measure")
    parser.add_argument("--elsewhere", type=int, default=60, help="validation objects to measure")
    parser.add_argument("--table", type=Path, help="document whose figures `finetune` are replaced")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    if arguments.table is not None:
        check_quotable(arguments.table, "finetune")
    if arguments.rehearse:
        print(rehearsal(arguments))
        return
    text = "\n\n".join([headline(arguments), table(arguments)])
    print(text)
    if arguments.table is not None:
        quote(arguments.table, "finetune", text)


def rehearsal(arguments: argparse.Namespace) -> str:
    """Mean IoU after 3 clicks, before and after tuning on 20 objects, by learning rate."""
    data, rows = arguments.data, []
    for name in arguments.sets or REHEARSAL:
        halves = Halves.of(data, "train", name, arguments.measured)
        row = [name, str(len(halves.second)), percent(measure(Segmenter(), halves.objects, halves.second))]
        for rate in RATES:
            tuned, _ = tune(data, "train", halves.first[:20], arguments.lengths[0], rate)
            row.append(percent(measure(tuned, halves.objects, halves.second)))
        rows.append(row)
        print(markdown(["set"], [row]).splitlines()[-1], flush=True)
    return markdown(["set", "measured", "before", *(f"rate {rate:g}" for rate in RATES)], rows)


def table(arguments: argparse.Namespace) -> str:
    """A row for each set, number of objects and length."""
    data = arguments.data
    validation = PhotoDataset(data, "val", cached_photos=100)
    elsewhere = spread(len(validation), arguments.elsewhere)
    known_before = measure(Segmenter(), validation, elsewhere)
    rows = []
    for name in arguments.sets or SETS:
        halves = Halves.of(data, "test", name, arguments.measured)
        before = measure(Segmenter(), halves.objects, halves.second)
        told = f"{name} ({halves.photos[0]} / {halves.photos[1]} photos)"
        for length in arguments.lengths:
            for count in COUNTS:
                chosen = halves.first[:count]
                tuned, seconds = tune(data, "test", chosen, length, SETTINGS["learning_rate"])
                after = measure(tuned, halves.objects, halves.second)
                gains = [100 * (b.ious[0] - a.ious[0]) for a, b in zip(before, after, strict=True)]
                rows.append(
                    [
                        told,
                        f"{len(chosen)}",
                        f"{seconds / 60:.1f}",
                        f"{len(after)}",
                        *(change(before, after, k) for k in (2, 3, 4)),
                        f"{np.mean(gains):+.1f} ({interval(gains, [r.photo for r in after])})",
                        change(known_before, measure(tuned, validation, elsewhere), 3),
                    ]
                )
                print("| " + " | ".join(rows[-1]) + " |", flush=True)
    header = [
        *("set (tuned / measured)", "objects", "minutes", "measured", "box only", "3 clicks", "4 clicks"),
        *("gain at 3 (95 % interval)", "validation photos at 3"),
    ]
    return markdown(header, rows)


def tune(data: str, split: str, indices: Sequence[int], samples: int, rate: float) -> tuple[Segmenter, float]:
    """The bundled model, fine-tuned, and the seconds that took."""
    recipe = Tuning(
        data=data,
        part=split,
        indices=tuple(indices),
        samples=samples,
        **{**SETTINGS, "learning_rate": rate},
    )
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        train(recipe, Path(folder), settings=asdict(recipe), checkpoint_every=10**9)
        seconds = time.monotonic() - started
        return Segmenter(Path(folder) / "final.pt"), seconds


def measure(segmenter: Segmenter, objects: PhotoDataset, indices: Sequence[int]) -> list[ObjectResult]:
    return list(evaluate(segmenter, objects, Settings(clicks=4), indices=indices))


def change(before: Sequence[ObjectResult], after: Sequence[ObjectResult], clicks: int) -> str:
    """Mean IoU in percent after so many clicks, before and after tuning."""
    values = [100 * float(np.mean([r.curve[clicks - 2] for r in results])) for results in (before, after)]
    return "{:.1f} to {:.1f}".format(*values)


def percent(results: Sequence[ObjectResult]) -> str:
    values = [100 * r.ious[0] for r in results]
    low, high = mean_interval(values, [r.photo for r in results])
    return f"{np.mean(values):.2f} ({low:.1f} to {high:.1f})"


def headline(arguments: argparse.Namespace) -> str:
    info = Segmenter().engine.info
    settings = ", ".join(f"{k} {v:g}" for k, v in SETTINGS.items() if k != "workers")
    return (
        f"iog {iog.__version__}, model {info.name}, weights {info.weights_sha256[:12]}, {settings}, "
        f"{' and '.join(map(str, arguments.lengths))} objects shown, seed {SEED}, "
        f"PyTorch {torch.__version__}, {platform.machine()}, threads {arguments.threads}"
    )


if __name__ == "__main__":
    main()
