"""Masks: COCO run lengths, polygons, components, holes.

Convention
----------
A mask is (H, W) bool. Run lengths are COCO's: column by column, background first. Polygons run along the
edges between pixels in continuous coordinates, so pixel (0, 0) alone is the square (0,0) (1,0) (1,1) (0,1).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from iog.clicks import Box

BoolArray = npt.NDArray[np.bool_]
Ring = list[list[float]]

_FURTHEST = 100_000  # pixels; COCO's filler spends memory in proportion to the length of an outline


class RLE(TypedDict):
    """COCO's compressed run lengths."""

    size: list[int]
    counts: str


class Polygon(TypedDict):
    """One part of an object: its outline, and the holes in it."""

    outer: Ring
    holes: list[Ring]


def encode_rle(mask: BoolArray) -> RLE:
    """Run lengths of a mask, ready for `json.dump`."""
    columns = np.ascontiguousarray(mask, np.uint8)
    if mask.size:  # by blocks, ten times as fast as NumPy's copy into the other order
        columns = np.asarray(cv2.transpose(columns), np.uint8)
    encoded = coco.encode(columns.reshape(mask.shape[::-1]).T)
    return {"size": [int(n) for n in encoded["size"]], "counts": encoded["counts"].decode("ascii")}


def encode_rle_within(window: BoolArray, x: int, y: int, width: int, height: int) -> RLE:
    """The run lengths of a mask of which only a window has pixels, in the time of the window alone.

    Parameters
    ----------
    window
        (h, w) bool, wholly within the image.
    x, y
        Its first pixel.
    width, height
        Of the image.
    """
    rows, columns = window.shape
    padded = np.zeros((columns, rows + 2), np.int8)
    if window.size:  # by blocks, ten times as fast as NumPy's copy into the other order
        padded[:, 1:-1] = cv2.transpose(np.ascontiguousarray(window, np.uint8)).reshape(columns, rows)
    # Where a run begins or ends, column by column.
    column, row = np.divmod(np.flatnonzero(padded[:, 1:] != padded[:, :-1]), rows + 1)
    edges = (column + x) * height + row + y
    # A run that goes on at the top of the next column ends and begins at one place: neither is one.
    twice = np.diff(edges, prepend=-1, append=-1) == 0
    places = edges[~(twice[1:] | twice[:-1])]
    counts = np.diff(places, prepend=0, append=width * height).tolist()
    if len(counts) % 2 == 1 and counts[-1] == 0:
        counts.pop()
    encoded = coco.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": encoded["counts"].decode("ascii")}


def decode_rle(rle: RLE) -> BoolArray:
    """The mask of run lengths.

    Raises
    ------
    ValueError
        If they do not cover exactly the size that they name.
    """
    height, width = rle["size"]
    encoded = {"size": [height, width], "counts": rle["counts"].encode("ascii")}
    # pycocotools writes past its buffer when the runs are longer than the picture: count them first.
    if sum(_runs(rle["counts"])) != height * width:
        raise ValueError(f"the run lengths do not cover {width} x {height} pixels")
    decoded: npt.NDArray[np.uint8] = coco.decode(encoded)
    return decoded.astype(bool)


def _runs(counts: str) -> list[int]:
    """COCO's compressed string as run lengths: 5 bits a character, deltas from two runs before."""
    runs: list[int] = []
    value = shift = 0
    for character in counts.encode("ascii"):
        bits = character - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value |= -1 << shift
        if len(runs) > 2:
            value += runs[-2]
        if value < 0:
            raise ValueError("a run length is negative")
        runs.append(value)
        value = shift = 0
    return runs


def polygons(mask: BoolArray, tolerance: float = 0.0) -> list[Polygon]:
    """Outlines of the mask's parts, largest first.

    Parameters
    ----------
    mask
        (H, W) bool.
    tolerance
        Greatest distance of a simplified outline, in pixels; 0 keeps every corner.
    """
    height, width = mask.shape
    # On a grid of corners and centres each pixel is a 3 x 3 block; blocks of neighbours share their border,
    # so a contour of the grid runs through corners of pixels, at even positions.
    grid = np.zeros((2 * height + 1, 2 * width + 1), np.uint8)
    grid[1::2, 1::2] = mask
    grid = np.asarray(cv2.dilate(grid, np.ones((3, 3), np.uint8)), np.uint8)
    contours, hierarchy = cv2.findContours(grid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: dict[int, Polygon] = {}
    holes: list[tuple[int, Ring]] = []
    for index, contour in enumerate(contours):
        if tolerance > 0:
            contour = cv2.approxPolyDP(contour, 2 * tolerance, closed=True)
        ring: Ring = (contour[:, 0] / 2).tolist()
        if len(ring) < 3:
            continue
        parent = int(hierarchy[0][index][3])
        if parent < 0:
            found[index] = {"outer": ring, "holes": []}
        else:
            holes.append((parent, ring))
    for parent, ring in holes:
        if parent in found:
            found[parent]["holes"].append(ring)
    return sorted(found.values(), key=lambda p: -_area(p["outer"]))


def _area(ring: Ring) -> float:
    x, y = np.array(ring).T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def rasterize(rings: Iterable[Ring], width: int, height: int) -> BoolArray:
    """The pixels whose centres lie within an odd number of the rings: the inverse of `polygons`.

    Rings are in continuous image coordinates and may leave the image.
    """
    inside: BoolArray = winding(rings, width, height) % 2 == 1
    return inside


def fill(rings: Iterable[Ring], width: int, height: int) -> BoolArray:
    """What the rings cover together, (height, width), filled as COCO's own tools do.

    Of a ring along the edges of pixels these are the pixels that `rasterize` gives; of others, pixels at the
    edge may differ. Rings of fewer than three points cover nothing.

    Raises
    ------
    ValueError
        For coordinates that are not finite or absurdly far away.
    """
    flat = [np.array(ring, np.float64).ravel() for ring in rings if len(ring) >= 3]
    if not all((np.abs(ring) <= _FURTHEST).all() for ring in flat):  # also catches NaN
        raise ValueError("its outline has coordinates that are not numbers within reach of the picture")
    if not flat:
        return np.zeros((height, width), bool)
    runs = coco.frPyObjects([ring.tolist() for ring in flat], height, width)
    filled: npt.NDArray[np.uint8] = coco.decode(coco.merge(runs))
    return filled.astype(bool)


def winding(rings: Iterable[Ring], width: int, height: int) -> npt.NDArray[np.int32]:
    """(height, width): how often the rings go around each pixel's centre.

    An outline of `polygons` counts 1 and a hole in it -1, so that their sum is the mask.
    """
    crossings = np.zeros((height, width + 1), np.int32)
    for ring in rings:
        points = np.array(ring, np.float64).reshape(-1, 2)
        following = np.roll(points, -1, axis=0)
        # Each edge from its upper end down, so that an edge walked both ways crosses at the same place.
        flip = (points[:, 1] > following[:, 1]) | (
            (points[:, 1] == following[:, 1]) & (points[:, 0] > following[:, 0])
        )
        upper = np.where(flip[:, None], following, points)
        lower = np.where(flip[:, None], points, following)
        first = np.clip(np.ceil(upper[:, 1] - 0.5), 0, height).astype(np.int64)
        last = np.clip(np.ceil(lower[:, 1] - 0.5), 0, height).astype(np.int64)
        edges = np.repeat(np.arange(len(points)), last - first)
        rows = np.arange(len(edges)) - np.repeat(np.cumsum(last - first) - last, last - first)
        (x0, y0), (x1, y1) = upper[edges].T, lower[edges].T
        x = x0 + (rows + 0.5 - y0) / (y1 - y0) * (x1 - x0)
        columns = np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
        np.add.at(crossings, (rows, columns), np.where(flip, -1, 1)[edges])
    return np.cumsum(crossings, axis=1, dtype=np.int32)[:, :width]


def expected_iou(probability: npt.NDArray[np.float32], mask: BoolArray) -> float:
    """The IoU of a mask to be expected if its pixels' probabilities were true, 0..1; 0 for an empty mask.

    sum(p over the mask) / (pixels of the mask + sum(p outside it)); both (H, W).
    """
    union = np.count_nonzero(mask) + float(probability[~mask].sum())
    return float(probability[mask].sum()) / union if mask.any() else 0.0


def mask_box(mask: BoolArray) -> Box | None:
    """The half-open box of the True pixels; None for an empty mask."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if columns.size == 0:
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def keep_largest(mask: BoolArray) -> BoolArray:
    """Only the largest 8-connected part."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask.copy()
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    result: BoolArray = labels == largest
    return result


def fill_holes(mask: BoolArray) -> BoolArray:
    """Without background that the object encloses (4-connected)."""
    padded = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    _, labels = cv2.connectedComponents(padded, connectivity=4)
    outside: Any = labels[1:-1, 1:-1] == labels[0, 0]
    result: BoolArray = ~outside
    return result


def outline_points(mask: BoolArray, count: int) -> npt.NDArray[np.float64]:
    """Points at equal distances on the outline of the largest part of a mask, not empty: (count, 2).

    They are centres of pixels, (x, y) in continuous coordinates, and go round clockwise in the picture.
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max(found, key=cv2.contourArea)[:, 0].astype(np.float64) + 0.5
    if len(longest) < 2:
        return np.repeat(longest[:1], count, axis=0)
    x, y = longest.T
    if (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() < 0:
        longest = longest[::-1]
    closed = np.vstack([longest, longest[:1]])
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    places = np.arange(count) * lengths[-1] / count
    return np.stack([np.interp(places, lengths, axis) for axis in closed.T], 1)
