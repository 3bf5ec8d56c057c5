"""What learning while one labels saves: clicks per object at the start of a session and at its end.

    python benchmarks/learning.py --data DATA --out runs/learning

A robot user with the jitter of a hand labels objects of one kind after the other in a project of the
annotator, photo by photo, with corrections until the IoU is 90 % (given up after 20 clicks; the mask is then
accepted as it is). It does so twice, with the same jitter: without learning, and with it as
`iog annotate --learn` does it, where the robot user waits after each object until nothing is being learned.
What is learned are the accepted masks of the session, not the truth; the models are for the session alone.

What is done lies in the folder --out: the same command goes on where it stopped, and prints the table of all
that is there (--table writes it into a document). How the settings were chosen: docs/learning.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import iog
from iog.annotator.work import Work
from iog.annotator.workbench import Kind, Workbench
from iog.clicks import Box, Clicks
from iog.datasets import PhotoDataset
from iog.errors import ClickError
from iog.evaluation.metrics import iou, mean_interval
from iog.evaluation.quoting import check_quotable, quote
from iog.evaluation.tables import markdown
from iog.learning.compare import PROMPT, TARGET
from iog.learning.learner import Learner
from iog.robot import RobotUser
from iog.segmenter import Segmenter

KINDS = {
    "plants": "test",
    "nuclei": "test",
    "sstem_mitochondria": "test",
    "mandarins": "train",
    "pallets": "train",
    "mushrooms": "train",
    "household": "train",
    "wild_animals": "train",
}
"""Set of photos -> its split. The model has learned from those of the split train."""
PATIENCE = 20
"""Clicks after which the robot user gives up."""
TURN = 4
"""Objects of a photo before the next photo comes; those that are left come in further rounds."""
SEED = 2020
ARMS = ("off", "on")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="folder with train.jsonl, test.jsonl")
    parser.add_argument("--out", required=True, type=Path, help="folder for projects and results")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--objects", type=int, default=40, help="of each kind")
    parser.add_argument("--every", type=int, default=5, help="as `iog annotate --learn-every`")
    parser.add_argument("--print", action="store_true", help="only print the table of what is there")
    parser.add_argument("--table", type=Path, help="document whose figures `learning` are replaced")
    arguments = parser.parse_args()
    if arguments.table is not None:
        check_quotable(arguments.table, "learning")
    cv2.setNumThreads(1)
    if not arguments.print:
        for kind in arguments.kinds:
            for arm in ARMS:
                label_kind(arguments, kind, arm)
    text = table(arguments)
    print(text)
    if arguments.table is not None:
        quote(arguments.table, "learning", text)


# ---- a session


def label_kind(arguments: argparse.Namespace, kind: str, arm: str) -> None:
    """The rest of a session."""
    objects = PhotoDataset(arguments.data, KINDS[kind], groups=[kind], cached_photos=4)
    chosen = order(objects)[: arguments.objects]
    folder = arguments.out / kind / arm
    photos = folder / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    for index in chosen:
        source = objects.entries[index].image
        if not (photos / source.name).exists():
            shutil.copyfile(source, photos / source.name)
    lines = folder / "objects.jsonl"
    done = {line["object"] for line in read(lines)}
    bench = Workbench(photos, folder / "session.iog", Segmenter(threads=1).engine)
    try:
        learner = Learner(bench, every=arguments.every) if arm == "on" else None
        if learner is not None:
            learner.switch(True)
        for number, index in enumerate(chosen):
            if index in done:
                continue
            line = {"object": index, "number": number, **label_object(bench, objects, index, kind)}
            if learner is not None and index != chosen[-1]:
                line |= wait(learner)
            with lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            print(kind, arm, line, file=sys.stderr, flush=True)
    finally:
        bench.close()


def order(objects: PhotoDataset) -> list[int]:
    """Photo by photo in random order, `TURN` objects of each, then the next ones of each."""
    random = np.random.default_rng(SEED)
    photos: dict[Path, list[int]] = {}
    for index, entry in enumerate(objects.entries):
        photos.setdefault(entry.image, []).append(index)
    names = sorted(photos)
    mixed = [list(random.permutation(photos[names[place]])) for place in random.permutation(len(names))]
    rounds = max(map(len, mixed))
    return [int(i) for start in range(0, rounds, TURN) for each in mixed for i in each[start : start + TURN]]


def label_object(bench: Workbench, objects: PhotoDataset, index: int, kind: str) -> dict[str, Any]:
    """Click until it is good, and accept it; what it cost."""
    sample = objects[index]
    user = RobotUser(corner_jitter=0.02, inside_depth=0.5, correction_depth=0.5, seed=(SEED, index))
    row = bench.store.photo_at(objects.entries[index].image.name)
    assert row is not None
    model = bench.segmenter(kind).model
    clicks = user.clicks(sample.mask)
    found = bench.start(row.id, Work(Clicks(clicks.corners), spare=False), kind, 0)
    curve: list[float] = []
    step: Kind = "inside"
    while True:
        work = Work(clicks, spare=False)
        found = bench.change(found.id, found.version, work, label=kind, state="draft", seconds=0, kind=step)
        mask = np.zeros_like(sample.mask)
        if found.mask is not None:
            mask = found.mask.within(Box(0, 0, mask.shape[1], mask.shape[0]))
        curve.append(iou(mask, sample.mask, sample.void))
        if curve[-1] >= TARGET or len(curve) > PATIENCE - PROMPT:
            break
        correction = user.correction(mask, sample.mask, sample.void, clicks.corrections)
        if correction is None:
            break
        clicks, step = clicks.with_correction(*correction), "correction"
    with suppress(ClickError):  # without a pixel there is nothing to accept
        bench.change(found.id, found.version, work, label=kind, state="accepted", seconds=0, kind="accept")
    return {"clicks": PROMPT + len(curve) - 1, "iou3": curve[0], "iou": curve[-1], "model": model}


def wait(learner: Learner) -> dict[str, Any]:
    """Until nothing is being learned; what came of it, and the processor's seconds that it took."""
    before, attempts = seconds_of_children(), learner.attempts()
    learner.person_works()
    while not learner.idle:
        time.sleep(0.2)
    if learner.attempts() == attempts:
        return {}
    attempt = learner.attempts()[-1]
    return {
        "learned": attempt.number,
        "from": attempt.objects,
        "verdict": None if attempt.verdict is None else attempt.verdict.to_json(),
        "problem": attempt.problem,
        "seconds": seconds_of_children() - before,
    }


def seconds_of_children() -> float:
    """Processor time of processes that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a session so far; a killed run may have left half of the last one."""
    found = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
    return found


# ---- what came of it


@dataclass(frozen=True)
class Session:
    """Both arms of a kind, as far as both have come."""

    kind: str
    off: list[dict[str, Any]]
    on: list[dict[str, Any]]

    @classmethod
    def of(cls, folder: Path, kind: str) -> Session | None:
        """What lies in the folder; None if that is less than four objects."""
        arms = [
            {line["number"]: line for line in read(folder / kind / arm / "objects.jsonl")} for arm in ARMS
        ]
        both = sorted(arms[0].keys() & arms[1].keys())
        return cls(kind, *([arm[n] for n in both] for arm in arms)) if len(both) >= 4 else None

    def row(self) -> list[str]:
        """Its line of the table."""
        count = len(self.off)
        quarter = count // 4
        first, last = slice(0, quarter), slice(count - quarter, count)
        off, on = self.clicks(self.off, last), self.clicks(self.on, last)
        attempts = [line for line in self.on if "seconds" in line]
        return [
            f"{self.kind}{' (seen in training)' if KINDS[self.kind] == 'train' else ''}",
            f"{count}",
            *(cell(self.clicks(arm, first)) for arm in (self.off, self.on)),
            *(cell(clicks) for clicks in (off, on)),
            "{:+.1f} ({:.1f} to {:.1f})".format(
                np.mean(np.subtract(on, off)), *mean_interval(np.subtract(on, off))
            ),
            f"{100 * (np.mean(on) / np.mean(off) - 1):+.0f} %",
            " to ".join(
                f"{100 * np.mean([line['iou3'] for line in arm[last]]):.1f}" for arm in (self.off, self.on)
            ),
            f"{sum(line['learned'] is not None for line in attempts)} of {len(attempts)}",
            f"{np.mean([line['seconds'] for line in attempts]):.0f}" if attempts else "",
        ]

    def clicks(self, arm: Sequence[dict[str, Any]], which: slice) -> list[int]:
        """Of some of its objects."""
        return [line["clicks"] for line in arm[which]]


def cell(clicks: Sequence[int]) -> str:
    return "{:.1f} ({:.1f} to {:.1f})".format(np.mean(clicks), *mean_interval(clicks))


def table(arguments: argparse.Namespace) -> str:
    """A row for each kind of which both arms are there."""
    info = Segmenter().engine.info
    sessions = [Session.of(arguments.out, kind) for kind in arguments.kinds]
    header = [
        *("photos", "objects", "first quarter, off", "first quarter, on", "last quarter, off"),
        *("last quarter, on", "difference", "change", f"its IoU at {PROMPT} clicks, off to on"),
        *("models used, of attempts", "CPU seconds an attempt"),
    ]
    headline = (
        f"iog {iog.__version__}, model {info.name}, weights {info.weights_sha256[:12]}, seed {SEED}, "
        f"{platform.machine()}; clicks per object to IoU {TARGET:.2f}, at most {PATIENCE}, "
        f"{PROMPT} at least (95 % interval)"
    )
    return "\n\n".join([headline, markdown(header, [each.row() for each in sessions if each is not None])])


if __name__ == "__main__":
    main()
