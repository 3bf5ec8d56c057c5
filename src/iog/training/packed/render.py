"""Plans to pictures: warp, colour and composites of a whole batch on the device.

B batch, S side of the training crop, C side of the stretched crops. Nothing here waits for the device: what
depends on pixels is decided there, for each example, by masks.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from iog.crop import FILL
from iog.training.composite import LEAST_COVERED, LEAST_LEFT, LEAST_OF_RIVALS
from iog.training.loop import Batch
from iog.training.packed.crops import BESIDE, OBJECT, VOID, Crops
from iog.training.packed.plan import ALONE, BACKGROUND, BOTH, DISTRACTOR, OCCLUDER, OTHER, RIVAL


class Rendered(NamedTuple):
    """What the plans of a batch look like."""

    image: Tensor  # (B, 3, S, S) float, RGB in 0..255
    mask: Tensor  # (B, S, S) bool
    void: Tensor  # (B, S, S) bool
    frame: Tensor  # (B, S, S) bool: what the box is drawn around


class _View(NamedTuple):
    """One crop of each example, warped."""

    image: Tensor  # (B, 3, S, S) float
    alpha: Tensor  # (B, S, S) float, the object's share of a pixel
    beside: Tensor  # (B, S, S) bool, the neighbour that the plan names
    void: Tensor  # (B, S, S) bool


def render(crops: Crops, batch: Batch) -> Rendered:
    """The pictures of a batch of plans (`iog.training.packed.plan`), whose tensors are on the device."""
    size = int(batch["size"])
    view = _warped(crops, batch["index"], batch["matrix"], batch["beside"], size)
    image = recoloured(view.image, batch["colour"])
    mask, rest = view.alpha >= 0.5, view.beside
    if batch["kinds"] == {ALONE}:
        return _framed(image, mask, rest, view.void, batch)
    other = _warped(crops, batch["second"], batch["other_matrix"], batch["beside"], size)
    other_image = recoloured(other.image, batch["other_colour"])
    kind = batch["kind"][:, None, None]

    # Beside, before or behind the object.
    alpha = torch.where((kind == DISTRACTOR) | (kind == OCCLUDER) | (kind == RIVAL), other.alpha, 0)
    pasted = alpha >= 0.5
    left = _share(mask & ~pasted, mask)
    under = (kind == DISTRACTOR) & (left < LEAST_LEFT) | (kind == RIVAL) & batch["behind"][
        :, None, None
    ].bool()
    alpha = torch.where(under & mask, 0, alpha)
    shown = alpha >= 0.5
    fair = (_share(mask & ~shown, mask) >= LEAST_OF_RIVALS) & (_share(shown, pasted) >= LEAST_OF_RIVALS)
    fair &= (mask & ~shown).float().mean((1, 2), keepdim=True) >= 0.01
    fair &= shown.float().mean((1, 2), keepdim=True) >= 0.01
    dropped = (kind == OCCLUDER) & (left < LEAST_COVERED) | (kind == RIVAL) & ~fair
    alpha = torch.where(dropped, 0, alpha)
    shown = alpha >= 0.5
    seen = mask & ~shown
    pasted_rival = (kind == RIVAL) & ~dropped
    rest = torch.where(pasted_rival, shown, rest)

    # In another photo.
    moved = kind == BACKGROUND
    alpha = torch.where(moved, 1 - view.alpha, alpha)
    near = F.max_pool2d(seen[:, None].float(), 3, 1, 1)[:, 0] > 0
    void = torch.where(moved, view.void & near, view.void & ~shown)
    image = torch.lerp(image, other_image, alpha[:, None])
    return _framed(image, seen, rest, void, batch)


def _framed(image: Tensor, mask: Tensor, rest: Tensor, void: Tensor, batch: Batch) -> Rendered:
    """With the thing that is meant as the mask, and what its box is drawn around."""
    there = rest.flatten(1).any(1)[:, None, None]
    meant = batch["meant"][:, None, None].bool() & there
    mask, rest = torch.where(meant, rest, mask), torch.where(meant, mask, rest)
    frame = torch.where(there, batch["frame"][:, None, None], 0)
    # Never a box in which little of the mask lies.
    within = _share(mask & box_mask(bounds(rest), mask.shape[-1]), mask)
    frame = torch.where((frame == OTHER) & (within < 0.25), BOTH, frame)
    framed = torch.where(frame == OTHER, rest, torch.where(frame == BOTH, mask | rest, mask))
    return Rendered(image, mask, void & ~mask, framed)


def _warped(crops: Crops, indices: list[int], matrix: Tensor, beside: Tensor, size: int) -> _View:
    images, labels = crops.of(torch.tensor(indices))
    bit = torch.where(beside >= 0, BESIDE << beside.clamp(min=0), 0)[:, None, None]
    planes = [(labels & OBJECT) > 0, (labels & bit) > 0, (labels & VOID) > 0, torch.ones_like(labels) > 0]
    masks = torch.stack(planes, 1).to(torch.float32)
    # Zero beyond the crop: grey in the picture, void in the masks.
    stacked = torch.cat([images.float() - FILL, masks], 1)
    side = stacked.shape[-1]
    at = torch.arange(size, device=stacked.device) + 0.5
    rows, columns = torch.meshgrid(at, at, indexing="ij")
    points = torch.stack([columns, rows, torch.ones_like(rows)], -1)  # (S, S, 3)
    grid = torch.einsum("yxk,bck->byxc", points, matrix) * (2 / side) - 1
    found = F.grid_sample(stacked, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    alpha, near, void, inside = found[:, 3:].unbind(1)
    return _View(found[:, :3] + FILL, alpha, near >= 0.5, (void >= 0.5) | (inside < 0.5))


def recoloured(image: Tensor, colour: Tensor) -> Tensor:
    """(B, 3, S, S) in 0..255 after the changes `colour` (B, 11) of the plans: see `plan`."""
    saturation, gamma, contrast, brightness = colour[:, :4, None, None, None].unbind(1)
    tint, grey = colour[:, 4:7, None, None], colour[:, 7, None, None, None]
    weights = image.new_tensor([0.299, 0.587, 0.114])[:, None, None]
    image = image.clamp(0, 255)
    lightness = (image * weights).sum(1, keepdim=True)
    image = (lightness + saturation * (image - lightness)).clamp(0, 255)
    level = (image / 255) ** gamma
    level = (level - 0.5) * contrast + 0.5 + brightness
    image = (255 * level * tint).clamp(0, 255)
    lightness = (image * weights).sum(1, keepdim=True)
    image = _blurred(torch.lerp(image, lightness.expand_as(image), grey), colour[:, 8])
    size = image.shape[-1]
    shift = (colour[:, 10] * size).long()
    # Three planes of one table of noise, each example at a place of its own.
    spread = torch.stack([rolled(size, (k + 1) * shift, 7 * shift, image.device) for k in range(3)], 1)
    normal = torch.erfinv((2 * spread - 1).clamp(-0.9999, 0.9999)) * 2**0.5
    return (image + colour[:, 9, None, None, None] * normal).clamp(0, 255)


def _blurred(image: Tensor, sigma: Tensor) -> Tensor:
    """Each example with a Gaussian of its own `sigma` (B,), in pixels; 0 leaves it as it is."""
    batch, channels, size, _ = image.shape
    offsets = torch.arange(-4, 5, device=image.device)
    kernel = torch.exp(-0.5 * (offsets / sigma.clamp(min=1e-3)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    stacked = F.pad(image.reshape(1, batch * channels, size, size), (4, 4, 4, 4), mode="reflect")
    stacked = F.conv2d(stacked, kernel[:, None, None, :], groups=batch * channels)
    stacked = F.conv2d(stacked, kernel[:, None, :, None], groups=batch * channels)
    return stacked.reshape(image.shape)


_TABLES: dict[tuple[int, torch.device], Tensor] = {}


def rolled(size: int, down: Tensor, right: Tensor, device: torch.device) -> Tensor:
    """(B, size, size) of even chance in 0..1, the same table for all, shifted by (B,) pixels.

    So that what happens to an example depends on its plan alone, whatever it shares a batch with.
    """
    if (size, device) not in _TABLES:
        table = torch.rand((size, size), generator=torch.Generator().manual_seed(size))
        _TABLES[size, device] = table.to(device)
    at = torch.arange(size, device=device)
    rows = (at[None, :, None] + down[:, None, None]) % size
    columns = (at[None, None, :] + right[:, None, None]) % size
    return _TABLES[size, device][rows, columns]


def bounds(mask: Tensor) -> Tensor:
    """Half-open boxes (B, 4) of masks (B, S, S) bool: x0, y0, x1, y1; zeros for an empty mask."""
    size = mask.shape[-1]
    ends = []
    for axis in (1, 2):
        any_ = mask.any(axis).to(torch.int64)
        first = any_.argmax(1)
        last = size - any_.flip(1).argmax(1)
        ends += [torch.where(any_.any(1), first, 0), torch.where(any_.any(1), last, 0)]
    return torch.stack([ends[0], ends[2], ends[1], ends[3]], 1)


def box_mask(boxes: Tensor, size: int) -> Tensor:
    """(B, size, size) bool: the pixels of half-open boxes (B, 4)."""
    at = torch.arange(size, device=boxes.device)
    x0, y0, x1, y1 = boxes[:, :, None].unbind(1)
    return ((at >= y0) & (at < y1))[:, :, None] & ((at >= x0) & (at < x1))[:, None, :]


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """(B, 1, 1): pixels of `part` relative to those of `whole`."""
    return part.float().sum((1, 2), keepdim=True) / whole.float().sum((1, 2), keepdim=True).clamp(min=1)
