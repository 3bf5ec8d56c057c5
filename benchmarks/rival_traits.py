"""What makes each method itself, looked for in trained weights, on validation objects.

    python -m benchmarks.rival_traits RUNS/rivals --data DATA [--limit 40]

Of Curve-GCN: are polygons simple? Of FCA-Net: which click moves the answer? Of latent diversity: do the masks
differ, and is the best one chosen? Of BRS, f-BRS and the itis that they refine: do clicked pixels get their
labels? Of RIS-Net: how much of the photo do regions change, and how much there?
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from benchmarks.rival_pictures import files

from iog.clicks import PointClicks
from iog.datasets import ObjectSample, PhotoDataset
from iog.datasets.listing import spread
from iog.engines.torch import TorchEngine
from iog.evaluation.measure import measure
from iog.evaluation.metrics import iou
from iog.evaluation.subjects import CurveAttempt, subject_of
from iog.evaluation.tables import markdown
from iog.networks import checkpoints
from iog.robot import RobotUser
from iog.segmenter import Segmenter

CLICKS = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=40, help="objects")
    arguments = parser.parse_args()
    objects = PhotoDataset(arguments.data, "val")
    samples = [objects[i] for i in spread(len(objects), arguments.limit)]
    samples = [sample for sample in samples if sample.mask.any()]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        found = files(arguments.runs, Path(folder))
        for name, looked in TRAITS.items():
            if name in found:
                segmenter = Segmenter(found[name])
                rows += [[name, what, value] for what, value in looked(segmenter, samples)]
        budgets = sorted({budget(path) for name, path in found.items() if not name.endswith("brs")})
    rows.append(["all", "trained on", "; ".join(budgets)])
    print(markdown(["method", f"on {len(samples)} objects", "found"], rows))


def budget(path: Path) -> str:
    """What a checkpoint says of its training."""
    settings = checkpoints.read(path)["settings"]
    sides = ", ".join(map(str, settings["sizes"]))
    return f"{settings['samples']} objects at {sides} pixels, batches of {settings['batch']}"


Found = Iterable[tuple[str, str]]


def curves(segmenter: Segmenter, samples: Sequence[ObjectSample]) -> Found:
    """Curve-GCN: closed and simple?"""
    simple, gaps = 0, []
    for sample in samples:
        attempt = subject_of(segmenter).begin(sample.image, sample.mask, RobotUser())
        assert isinstance(attempt, CurveAttempt)
        attempt.step()
        points = attempt.points
        simple += crossings(points) == 0
        steps = np.hypot(*(np.roll(points, -1, 0) - points).T)
        gaps.append(float(steps[-1] / np.median(steps)))
    yield "polygons that do not cross themselves", percent(simple / len(samples))
    yield "step from the last point to the first, of the median step", f"{np.median(gaps):.2f}"


def first_and_fifth(segmenter: Segmenter, samples: Sequence[ObjectSample]) -> Found:
    """FCA-Net: which click moves the answer?"""
    moved: dict[int, list[float]] = {0: [], CLICKS - 1: []}
    for sample in samples:
        clicks = clicks_of(segmenter, sample)
        if len(clicks.corrections) < CLICKS:
            continue
        whole = segmenter.segment(sample.image, clicks).probability
        for number, values in moved.items():
            left = tuple(c for i, c in enumerate(clicks.corrections) if i != number)
            other = segmenter.segment(sample.image, PointClicks(clicks.size, left)).probability
            values.append(float(np.abs(whole - other).mean()))
    more = np.mean([a > b for a, b in zip(*moved.values(), strict=True)])
    yield (
        "mean change of the probability without the first click, without the fifth",
        ", ".join(f"{np.mean(values):.4f}" for values in moved.values()),
    )
    yield "objects where the first click moves it more", percent(more)


def diverse(segmenter: Segmenter, samples: Sequence[ObjectSample]) -> Found:
    """Latent diversity: do masks differ, and is the best one chosen?"""
    network: Any = network_of(segmenter)
    alike, chosen, best = [], [], []
    for sample in samples:
        clicks = first_click(sample)
        crop = segmenter.crop(clicks)
        features = segmenter.encode([segmenter.encoder_input(sample.image, clicks, crop)])
        maps = segmenter.prompting.decoder_input([clicks], [crop], [None])
        with torch.no_grad():
            masks, scores = network.proposals(tuple(map(torch.from_numpy, features)), torch.from_numpy(maps))
        answers = masks[0].numpy() > 0
        truth = crop.extract(sample.mask.astype(np.uint8) * 255, 0) > 127
        nothing = np.zeros_like(truth)
        quality = [iou(answer, truth, nothing) for answer in answers]
        alike += [iou(a, b, nothing) for a, b in combinations(answers, 2)]
        chosen.append(quality[int(scores[0].argmax())])
        best.append(max(quality))
    yield "mean IoU between two of the six masks after one click", percent(np.mean(alike))
    yield (
        "mean IoU of the chosen mask, of the best of the six",
        f"{percent(np.mean(chosen))}, {percent(np.mean(best))}",
    )


def obedient(segmenter: Segmenter, samples: Sequence[ObjectSample]) -> Found:
    """BRS: do clicked pixels get their labels?"""
    kept = total = 0
    for sample in samples:
        attempt = subject_of(segmenter).begin(sample.image, sample.mask, RobotUser())
        mask, made = np.zeros_like(sample.mask), ()
        for _ in range(CLICKS):
            click = RobotUser().correction(mask, sample.mask, sample.void, made)
            if click is None:
                break
            made += (click,)  # type: ignore[assignment]
            prediction = attempt.step(click)
            mask = prediction.mask
            crop = prediction.crop
            for x, y, foreground in made:
                ((u, v),) = crop.to_crop([(x + 0.5, y + 0.5)])
                kept += bool((prediction.crop_probability[int(v), int(u)] >= 0.5) == foreground)
                total += 1
    yield f"clicked pixels with their label, after each of {CLICKS} clicks", percent(kept / max(1, total))


def local(segmenter: Segmenter, samples: Sequence[ObjectSample]) -> Found:
    """RIS-Net: where do regions change the global answer?"""
    network: Any = network_of(segmenter)
    changed = []
    for sample in samples:
        clicks = clicks_of(segmenter, sample)
        crop = segmenter.crop(clicks)
        features = segmenter.encode([segmenter.encoder_input(sample.image, clicks, crop)])
        maps = segmenter.prompting.decoder_input([clicks], [crop], [None])
        with torch.no_grad():
            merged, sides = network.decode_to_train(
                tuple(map(torch.from_numpy, features)), torch.from_numpy(maps)
            )
        difference = (merged.sigmoid() - sides[0].sigmoid()).abs()[0, 0].numpy()
        if (difference > 0).any():
            changed.append((float((difference > 0).mean()), float(difference[difference > 0].mean())))
    share, amount = np.mean(changed, axis=0) if changed else (0.0, 0.0)
    yield (
        f"objects with regions between clicks after {CLICKS} clicks",
        percent(len(changed) / len(samples)),
    )
    yield "share of the photo in regions, mean change there", f"{percent(share)}, {amount:.4f}"


TRAITS: dict[str, Callable[[Segmenter, Sequence[ObjectSample]], Found]] = {
    "curve-gcn": curves,
    "fca-net": first_and_fifth,
    "latent-diversity": diverse,
    "itis": obedient,
    "brs": obedient,
    "f-brs": obedient,
    "ris-net": local,
}


def clicks_of(segmenter: Segmenter, sample: ObjectSample) -> PointClicks:
    """The clicks that the robot makes, up to five."""
    clicks = measure(subject_of(segmenter), sample, RobotUser(), CLICKS, boundary_ratio=None).clicks
    assert isinstance(clicks, PointClicks)
    return clicks


def first_click(sample: ObjectSample) -> PointClicks:
    """One click on the deepest pixel."""
    click = RobotUser().correction(np.zeros_like(sample.mask), sample.mask, sample.void)
    height, width = sample.mask.shape
    return PointClicks((width, height), () if click is None else (click,))


def network_of(segmenter: Segmenter) -> torch.nn.Module:
    """The PyTorch network."""
    assert isinstance(segmenter.engine, TorchEngine)
    return segmenter.engine.network


def crossings(polygon: npt.NDArray[np.float64]) -> int:
    """How often edges of a closed polygon (N, 2) that are no neighbours cross."""
    ends = np.roll(polygon, -1, 0)

    def side(a: Any, b: Any, c: Any) -> Any:
        (ax, ay), (bx, by), (cx, cy) = (np.moveaxis(p, -1, 0) for p in (a, b, c))
        return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)

    a, b, c, d = polygon[:, None], ends[:, None], polygon[None], ends[None]
    crossed = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    return int(np.triu(crossed, 2).sum())


def percent(share: float) -> str:
    """With one decimal."""
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    main()
