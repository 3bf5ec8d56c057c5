"""The robot user: a seeded simulation of a person that places clicks from a ground-truth mask.

Training, evaluation and benchmarks share this one. Without jitter it is deterministic and follows the
published protocols: the inside click at the maximum of the distance transform (IOG, section 4), symmetric
corners at the tight box, corrections at the deepest error (RITM).

`VERSION` changes whenever the clicks for a given mask and seed change; figures name it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import MINIMUM_SIDE, Box, Clicks, Correction, Pixel, Stroke, widened
from iog.masks import mask_box, outline_points

VERSION = 1

BoolArray = npt.NDArray[np.bool_]

ExtremePixels: TypeAlias = tuple[Pixel, Pixel, Pixel, Pixel]
"""Leftmost, topmost, rightmost and bottommost pixel of an object."""

StrokeKind = Literal["axis", "wavy", "boundary"]
STROKES: tuple[StrokeKind, ...] = get_args(StrokeKind)
"""How the robot draws in a region: along its medial axis, a random wavy line, along its boundary."""


class Drag(NamedTuple):
    """A control point of a curve that is dragged to a pixel; it counts as one click."""

    point: int
    x: int
    y: int


@dataclass(slots=True)
class RobotUser:
    """A person, simulated.

    Parameters
    ----------
    corner_jitter
        Standard deviation of each corner coordinate, as a share of the box side (0.03 = 3 %).
    corner_offset
        How far out the sides of the box lie on average, as a share of the box side; less than 0 for within.
    inside_depth
        The inside click is drawn uniformly from pixels whose distance to the object's edge is at least this
        share of the greatest one. 1 (the default) is the deepest pixel itself; 0.5 the inner half.
    correction_depth
        The same for corrections within the deepest error region; 1 is RITM's evaluation.
    seed
        Starts the random numbers; unused without jitter and strokes.
    strokes
        Draws a stroke of this kind for each correction; None clicks.
    """

    corner_jitter: float = 0.0
    corner_offset: float = 0.0
    inside_depth: float = 1.0
    correction_depth: float = 1.0
    seed: int | tuple[int, ...] = 0
    strokes: StrokeKind | None = None
    _random: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)

    def clicks(self, mask: BoolArray, *, inside: bool = True, frame: BoolArray | None = None) -> Clicks:
        """The first three clicks (two without `inside`) on the object `mask`, (H, W) bool.

        The box is that of `frame`, (H, W) bool, where a person drew it around something else than the object
        alone. Raises ValueError if there is nothing to box. A box thinner than `Clicks` allows is widened.
        """
        box = mask_box(mask if frame is None else frame)
        if box is None:
            raise ValueError("an empty mask has no box to click")
        box = self._jittered(widened(box), mask.shape)
        clicks = Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))
        if not inside:
            return clicks
        # A jittered box may cut the object: a person then clicks on what lies within.
        within = np.zeros_like(mask)
        seen = (slice(max(box.y0, 0), max(box.y1, 0)), slice(max(box.x0, 0), max(box.x1, 0)))
        within[seen] = mask[seen]
        if not within.any():
            return clicks
        return clicks.with_inside(*self._deep_pixel(depth(within), self.inside_depth))

    def extreme_points(self, mask: BoolArray) -> ExtremePixels:
        """Leftmost, topmost, rightmost and bottommost pixel of `mask`, (H, W) bool, not empty (DEXTR).

        Where a side touches the box with several pixels, the one in their middle. `corner_jitter` moves
        them as it moves corners.
        """
        rows, columns = np.nonzero(mask)
        if rows.size == 0:
            raise ValueError("an empty mask has no extreme points to click")

        def middle(chosen: npt.NDArray[np.bool_]) -> Pixel:
            points = sorted(zip(columns[chosen].tolist(), rows[chosen].tolist(), strict=True))
            return Pixel(*points[len(points) // 2])

        points = (
            middle(columns == columns.min()),
            middle(rows == rows.min()),
            middle(columns == columns.max()),
            middle(rows == rows.max()),
        )
        if self.corner_jitter == 0:
            return points
        sides = (np.ptp(columns) + 1, np.ptp(rows) + 1)
        moved = np.round(points + self._random.normal(0, self.corner_jitter, (4, 2)) * sides).astype(int)
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = np.clip(moved, 0, np.array(mask.shape[::-1]) - 1).tolist()
        return Pixel(ax, ay), Pixel(bx, by), Pixel(cx, cy), Pixel(dx, dy)

    def correction(
        self,
        prediction: BoolArray,
        mask: BoolArray,
        void: BoolArray | None = None,
        clicked: tuple[Correction, ...] = (),
    ) -> Correction | None:
        """The next click: where the error is deepest; None when nothing is wrong.

        Void pixels are never wrong, pixels clicked before are not clicked again, and a tie between missing
        and surplus area removes (as in RITM). All arrays (H, W) bool.
        """
        wrong_missing, wrong_surplus = mask & ~prediction, prediction & ~mask
        if void is not None:
            wrong_missing, wrong_surplus = wrong_missing & ~void, wrong_surplus & ~void
        missing, surplus = depth(wrong_missing), depth(wrong_surplus)
        for click in clicked:
            missing[click.y, click.x] = surplus[click.y, click.x] = 0
        foreground = bool(missing.max() > surplus.max())
        depths = missing if foreground else surplus
        if depths.max() <= 0:
            return None
        if self.strokes is not None:
            return self.stroke(depths, foreground, self.strokes)
        return Correction(*self._deep_pixel(depths, self.correction_depth), foreground)

    def stroke(self, depths: npt.NDArray[np.float32], foreground: bool, kind: StrokeKind) -> Correction:
        """A stroke in the deepest part of a region, whose `depth` (H, W) is above 0 somewhere.

        It stays in the region. Along the boundary means at 0.4 of the greatest depth, for a part of the way
        round that chance decides.
        """
        start = self._deep_pixel(depths, 1.0)
        if kind == "axis":
            path = _axis(depths, start)
        elif kind == "wavy":
            path = _wavy(depths, self._deep_pixel(depths, 0.3), self._random)
        else:
            path = _along_boundary(depths, start, self._random)
        return Stroke.of(path, foreground)

    def drag(self, points: npt.NDArray[Any], mask: BoolArray) -> Drag | None:
        """The control point farthest from the object's outline, and its place there.

        Places are as many points of the outline at equal distances, begun where they fit the control points
        best (Curve-GCN). None when no point is further than a pixel from the outline.

        Parameters
        ----------
        points
            Control points of a closed curve, (N, 2), continuous (x, y), clockwise.
        mask
            The object, (H, W) bool, not empty. Of several parts the largest counts.
        """
        away = np.linalg.norm(points[:, None] - outline_points(mask, 1000), axis=2).min(1)
        worst = int(away.argmax())
        if away[worst] <= 1:
            return None
        places = outline_points(mask, len(points))
        turned = [np.roll(places, shift, axis=0) for shift in range(len(points))]
        best = min(turned, key=lambda there: float(np.abs(points - there).sum()))
        x, y = np.clip(best[worst], 0, np.array(mask.shape[::-1]) - 0.5)
        return Drag(worst, int(x), int(y))

    def _jittered(self, box: Box, shape: tuple[int, ...]) -> Box:
        if self.corner_jitter == 0 and self.corner_offset == 0:
            return box
        sides = np.array([box.width, box.height, box.width, box.height])
        outward = self.corner_offset * np.array([-1, -1, 1, 1])
        moves = self._random.normal(0, self.corner_jitter, 4) + outward
        moved = np.round(np.array(box) + moves * sides).astype(int)
        # People stay within the picture, and no jitter turns a box inside out.
        x0, x1 = np.clip(np.sort(moved[[0, 2]]), 0, shape[1])
        y0, y1 = np.clip(np.sort(moved[[1, 3]]), 0, shape[0])
        jittered = Box(int(x0), int(y0), int(x1), int(y1))
        return jittered if min(jittered.width, jittered.height) >= MINIMUM_SIDE else box

    def _deep_pixel(self, depths: npt.NDArray[np.float32], share: float) -> Pixel:
        if share >= 1:
            row, column = np.unravel_index(int(depths.argmax()), depths.shape)  # first in raster order
        else:
            rows, columns = np.nonzero(depths >= max(share * float(depths.max()), 1e-6))
            pick = int(self._random.integers(len(rows)))
            row, column = rows[pick], columns[pick]
        return Pixel(int(column), int(row))


def depth(mask: BoolArray) -> npt.NDArray[np.float32]:
    """Euclidean distance of each pixel of `mask` to the nearest pixel outside; the image border counts."""
    padded = np.pad(mask.astype(np.uint8), 1)
    distances: Any = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV's distances differ in their last bit from call to call, which would decide between equally deep
    # pixels. Their squares are whole numbers: rounded they are exact to a depth of 1365 pixels, or of 1194
    # in 32 bits.
    exact = np.float32 if min(mask.shape) < 2 * 1194 else np.float64
    squares = np.square(distances[1:-1, 1:-1], dtype=exact)
    np.rint(squares, out=squares)
    return np.asarray(np.sqrt(squares, out=squares), np.float32)


def _axis(depths: npt.NDArray[np.float32], start: Pixel) -> list[tuple[int, int]]:
    """The deepest pixel of each column or row of a part, in the direction in which it is longer.

    From `start` it goes both ways as long as the next one lies within reach: within the depth here.
    """
    _, labels = cv2.connectedComponents((depths > 0).astype(np.uint8), connectivity=8)
    part = labels == labels[start.y, start.x]
    box = mask_box(part)
    assert box is not None
    across = box.width >= box.height
    inside = np.where(part, depths, 0)[box.y0 : box.y1, box.x0 : box.x1]
    lanes = inside.T if across else inside  # a lane is a column of the picture, or a row
    deepest, depth_there = lanes.argmax(axis=1), lanes.max(axis=1)
    here = start.x - box.x0 if across else start.y - box.y0
    middle = max(1.0, 0.35 * float(depths[start.y, start.x]))
    ends = []
    for step in (-1, 1):
        end = here
        while 0 <= end + step < len(lanes) and depth_there[end + step] >= middle:
            if abs(int(deepest[end + step]) - int(deepest[end])) > max(2, depth_there[end]):
                break
            end += step
        ends.append(end)
    found = [(i, int(deepest[i])) for i in range(ends[0], ends[1] + 1)]
    return [(box.x0 + a, box.y0 + b) if across else (box.x0 + b, box.y0 + a) for a, b in found]


def _wavy(
    depths: npt.NDArray[np.float32], start: Pixel, random: np.random.Generator
) -> list[tuple[int, int]]:
    """A line that wanders from `start` in small steps and turns where it would leave the region."""
    height, width = depths.shape
    step = max(1.0, 0.5 * float(depths[start.y, start.x]))
    x, y = start.x + 0.5, start.y + 0.5
    heading = float(random.uniform(0, 2 * np.pi))
    path = [(start.x, start.y)]
    for _ in range(int(random.integers(4, 20))):
        for turn in random.normal(0, (0.4, 0.8, 1.6, 3.0)):
            ahead = heading + float(turn)
            way = [(x + t * step * np.cos(ahead), y + t * step * np.sin(ahead)) for t in (0.25, 0.5, 0.75, 1)]
            if all(0 <= u < width and 0 <= v < height and depths[int(v), int(u)] > 0 for u, v in way):
                (x, y), heading = way[-1], ahead
                path.append((int(x), int(y)))
                break
        else:
            break
    return path


def _along_boundary(
    depths: npt.NDArray[np.float32], start: Pixel, random: np.random.Generator
) -> list[tuple[int, int]]:
    """A part of the outline of what lies at least 0.4 as deep as `start`, around it."""
    inner = (depths >= max(0.4 * float(depths[start.y, start.x]), 1e-6)).astype(np.uint8)
    _, labels = cv2.connectedComponents(inner, connectivity=8)
    own = (labels == labels[start.y, start.x]).astype(np.uint8)
    outlines, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = np.roll(outlines[0][:, 0], -int(random.integers(len(outlines[0]))), axis=0)
    count = max(1, round(len(outline) * float(random.uniform(0.2, 0.6))))
    return [(int(x), int(y)) for x, y in outline[:count]]
