"""Pictures of docs/rivals.md: what each trained method is given and answers, on one photo.

    python benchmarks/rival_pictures.py RUNS/rivals [NAME ...] [--table docs/rivals.md]

For each RUNS/rivals/NAME/final.pt a picture docs/images/rivals/NAME.jpg: the mask after two clicks and after
the third (a box counts two, extreme points four), with the clicks. BRS and f-BRS refine the itis of the same
folder. The robot user clicks by the mask that the bundled model gives of the photo's stored clicks. The
document's figures `pictures` become a list of all pictures that are there.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from iog import Segmenter
from iog.bench.subjects import opened
from iog.datasets import ObjectSample
from iog.errors import IogError
from iog.evaluation.measure import measure
from iog.evaluation.quoting import quote
from iog.evaluation.subjects import CurveAttempt, Subject
from iog.images import read_image
from iog.networks import checkpoints
from iog.networks.families import build
from iog.overlay import draw_overlay, mark_click
from iog.rivals import RIVALS
from iog.robot import Drag, RobotUser
from iog.samples import samples

OUT = Path(__file__).parents[1] / "docs" / "images" / "rivals"
OBJECT = "cat"
HEIGHT = 220
REFINED = ("brs", "f-brs")

Picture = npt.NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path)
    parser.add_argument("names", nargs="*", help="all that are there, if none is named")
    parser.add_argument("--table", type=Path, help="document whose figures `pictures` are replaced")
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    object_ = sample()
    with tempfile.TemporaryDirectory() as folder:
        for name, file in files(arguments.runs, Path(folder)).items():
            if arguments.names and name not in arguments.names:
                continue
            strokes = name.endswith("-strokes")
            with opened([], [(name, f"strokes:{file}" if strokes else str(file))]) as (one,):
                user = RobotUser(strokes="axis" if strokes else None)
                pair = [answered(one.subject, object_, user, clicks) for clicks in (2, 3)]
            save(OUT / f"{name}.jpg", pair)
            print(OUT / f"{name}.jpg")
    if arguments.table is not None:
        quote(arguments.table, "pictures", listed(arguments.table))


def listed(document: Path) -> str:
    """The pictures as Markdown, in the order of the recipes."""
    names = sorted(OUT.glob("*.jpg"), key=lambda path: (order(path.stem), path.stem))
    lines = [
        f"![The cat after two clicks and after three, by {path.stem}]"
        f"({path.relative_to(document.resolve().parent).as_posix()})\n*{path.stem}*"
        for path in names
    ]
    return "\n\n".join(lines)


def order(name: str) -> int:
    """Controls first, then as `iog.rivals` lists them."""
    known = ["lite", "dextr-lite", *RIVALS]
    return known.index(name) if name in known else len(known)


def files(runs: Path, folder: Path) -> dict[str, Path]:
    """Checkpoints by name; those that refine another are made of it."""
    found = {path.parent.name: path for path in sorted(runs.glob("*/final.pt"))}
    if "itis" in found:
        network, record = checkpoints.load_with_record(found["itis"])
        for kind in REFINED:
            if kind not in found:
                config = {"backbone": network.config.backbone, "widths": network.config.widths}
                refined = build(kind, config)
                refined.base.load_state_dict(network.state_dict())  # type: ignore[union-attr]
                found[kind] = folder / f"{kind}.pt"
                checkpoints.save(found[kind], refined, settings=record["settings"])
    if not found:
        raise SystemExit(f"{runs} holds no NAME/final.pt: make rivals trains them")
    return found


def sample() -> ObjectSample:
    """The photo and what counts as its object."""
    chosen = next(s for s in samples() if s.object == OBJECT)
    photo = read_image(chosen.photo)
    mask = Segmenter().segment(photo, chosen.clicks).mask
    return ObjectSample("photo#1", "samples", OBJECT, photo, mask, np.zeros_like(mask))


def answered(subject: Subject, object_: ObjectSample, user: RobotUser, clicks: int) -> Picture:
    """The photo with the mask after so many clicks, or after the first prompt if that takes more."""
    attempt = subject.begin(object_.image, object_.mask, user)
    if isinstance(attempt, CurveAttempt):
        prediction = attempt.step()
        for _ in range(clicks - subject.first):
            drag = attempt.ask(user, object_.mask)
            prediction = prediction if drag is None else attempt.drag(drag)
        return with_curve(draw_overlay(object_.image, prediction), attempt)
    curve = measure(subject, object_, user, clicks, boundary_ratio=None)
    if curve.prompted is None:
        raise IogError(f"no mask: {curve.failures}")
    return draw_overlay(object_.image, curve.prompted)


def with_curve(picture: Picture, attempt: CurveAttempt) -> Picture:
    """The control points, and a sign where one was dragged to."""
    for x, y in attempt.points:
        cv2.circle(picture, (int(x), int(y)), 3, (255, 200, 0), -1, cv2.LINE_AA)
    for drag in attempt.drags:
        assert isinstance(drag, Drag)
        mark_click(picture, drag.x, drag.y, 2, foreground=True)
    return picture


def save(path: Path, pictures: list[Picture]) -> None:
    """Side by side, at one height."""
    gap = np.full((HEIGHT, 8, 3), 255, np.uint8)
    tiles = []
    for picture in pictures:
        width = round(picture.shape[1] * HEIGHT / picture.shape[0])
        tiles += [cv2.resize(picture, (width, HEIGHT), interpolation=cv2.INTER_AREA), gap]
    cv2.imwrite(str(path), np.hstack(tiles[:-1])[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
