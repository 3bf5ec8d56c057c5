"""Closed curves of Curve-GCN: a spline through points, and a mask from corners with gradients for them.

Shapes: B batch, N points, M corners. Points are (x, y) in 0..1 of a square.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_COARSE = 4  # the mask is rendered at a quarter of the crop's side
_SAMPLES = 4  # points of a spline between two control points


def spline(points: Tensor) -> Tensor:
    """A closed Catmull-Rom spline through points (B, N, 2): (B, N * 4, 2)."""
    before, after, far = (torch.roll(points, shift, 1) for shift in (1, -1, -2))
    parts = []
    for i in range(_SAMPLES):
        t = i / _SAMPLES
        weights = (
            (-t + 2 * t**2 - t**3) / 2,
            (2 - 5 * t**2 + 3 * t**3) / 2,
            (t + 4 * t**2 - 3 * t**3) / 2,
            (-(t**2) + t**3) / 2,
        )
        terms = zip(weights, (before, points, after, far), strict=True)
        parts.append(sum((w * p for w, p in terms), start=torch.zeros_like(points)))
    return torch.stack(parts, 2).flatten(1, 2)


def rendered(polygon: Tensor, side: int) -> Tensor:
    """Logits (B, 1, side, side) of a closed polygon (B, M, 2): the distance to it, positive inside, in
    pixels.

    Differentiable in the corners: they get a gradient from the distances around them.
    """
    cells = side // _COARSE
    centres = (torch.arange(cells, device=polygon.device) + 0.5) / cells
    y, x = (axis.reshape(1, -1, 1) for axis in torch.meshgrid(centres, centres, indexing="ij"))
    start, end = polygon[:, None], torch.roll(polygon, -1, 1)[:, None]
    (ax, ay), (bx, by) = start.unbind(-1), end.unbind(-1)
    dx, dy = bx - ax, by - ay
    along = (((x - ax) * dx + (y - ay) * dy) / (dx**2 + dy**2).clamp(min=1e-9)).clamp(0, 1)
    squares = (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2
    distance = (squares.amin(2) + 1e-9).sqrt()
    rise = torch.where(dy == 0, torch.ones_like(dy), dy)
    crosses = ((ay > y) != (by > y)) & (x < ax + (y - ay) * dx / rise)
    inside = crosses.to(polygon).sum(2) % 2
    logits = 2 * (2 * inside - 1) * distance * cells
    small = logits.reshape(-1, 1, cells, cells)
    return F.interpolate(small, scale_factor=float(_COARSE), mode="bilinear", align_corners=False)
