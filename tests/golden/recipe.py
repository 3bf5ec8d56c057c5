"""Weights and an input that a formula defines, to compare networks without a checkpoint.

Fill every tensor of a state dict with `weights(key, shape)`, feed `network_input()`, and compare the logits
with the .npz files, which the published code computed (float32, evaluation mode, CPU):

`<net>_<backbone>_state_dict.json`  every key of the published layout, in its order, with its shape
`<net>_<backbone>.npz`              logits:
    iog_resnet50:             coarse_1..coarse_4 = side outputs (deepest first) at 512, every 8th pixel;
                              fine = final output at 512, every 4th pixel
    iog_refinement_resnet50:  coarse_1..4 at 128, every 2nd pixel; fine at 128, every pixel;
                              the click branch gets input channels 3:5 (the three clicks, no correction yet)
"""

import zlib

import numpy as np


def weights(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """The tensor that belongs to `key`; a function of the key's text and shape alone."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    if key.endswith("running_var"):
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if key.endswith("running_mean"):
        return (0.1 * rng.standard_normal(shape)).astype(np.float32)
    if len(shape) == 1:
        if key.endswith("weight"):
            return rng.uniform(0.5, 1.0, shape).astype(np.float32)
        return (0.1 * rng.standard_normal(shape)).astype(np.float32)
    fan_in = int(np.prod(shape[1:]))
    return (rng.standard_normal(shape) * np.sqrt(1.0 / fan_in)).astype(np.float32)


def network_input() -> np.ndarray:
    """(1, 5, 512, 512) float32 in 0..255: R, G, B, inside heatmap, outside heatmap."""
    rng = np.random.default_rng(20200614)
    small = rng.uniform(0, 255, (3, 8, 8))
    pos = np.linspace(0, 7, 512)  # bilinear, corners aligned
    lo = np.minimum(pos.astype(int), 6)
    t = pos - lo
    rows = small[:, lo] * (1 - t)[None, :, None] + small[:, lo + 1] * t[None, :, None]
    rgb = rows[:, :, lo] * (1 - t) + rows[:, :, lo + 1] * t

    def bump(x: float, y: float, width: float = 10) -> np.ndarray:
        xs, ys = np.arange(512.0), np.arange(512.0)[:, None]
        return np.exp(-4 * np.log(2) * ((xs - x) ** 2 + (ys - y) ** 2) / width**2)

    inside = 255 * bump(250, 262)
    outside = 255 * np.maximum.reduce([bump(20, 22), bump(20, 490), bump(491, 22), bump(491, 490)])
    return np.concatenate([rgb, inside[None], outside[None]]).astype(np.float32)[None]
