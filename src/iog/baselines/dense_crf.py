"""Dense CRF with colour models: DenseCut (Cheng et al., CGF 2015).

Every pixel is tied to every other by a Gaussian of place and colour; mean field (Kraehenbuehl & Koltun,
NIPS 2011) needs only Gaussian filtering, which is done on a grid over (x, y, r, g, b). No maintained package
has wheels, so it is here: the filter is splat, blur, slice, with 2^5 corners a pixel, as sparse matrix
products. After each round the colour models are fitted anew to the mask, as DenseCut does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from iog.baselines.colour import object_likelihood
from iog.baselines.task import BACKGROUND, OBJECT, UNKNOWN, Answer, Task

WEIGHT = 1.0
"""Of the ties between pixels, against -log likelihoods."""
PLACE, COLOUR = 40.0, 20.0
"""Standard deviations in crop pixels and grey levels."""
STEPS = 5
"""Mean-field updates a round."""
ROUNDS = 2
"""How often the colour models are fitted: to the seeds first, then to the mask."""


def dense_crf(task: Task) -> Answer:
    """The mean field's probability of the object; seeds keep their label.

    Raises
    ------
    UnanswerableError
        If there are not seeds of both kinds.
    """
    tie = _Filter(task.image)
    seeded = task
    probability: npt.NDArray[np.floating] = np.zeros(task.seeds.shape)
    for _ in range(ROUNDS):
        likelihood = np.clip(object_likelihood(seeded), 1e-4, 1 - 1e-4)
        unary = np.log(likelihood) - np.log1p(-likelihood)
        probability = likelihood
        for _ in range(STEPS):
            probability = np.where(
                task.seeds == OBJECT, 1, np.where(task.seeds == BACKGROUND, 0, probability)
            )
            votes = tie(2 * probability - 1)
            probability = 1 / (1 + np.exp(-np.clip(unary + WEIGHT * votes, -30, 30)))
        found = np.where(probability >= 0.5, OBJECT, BACKGROUND).astype(np.uint8)
        seeded = replace(task, seeds=np.where(task.seeds == UNKNOWN, found, task.seeds).astype(np.uint8))
        if len(np.unique(seeded.seeds)) < 2:
            break
    labelled = np.where(task.seeds == OBJECT, 1, np.where(task.seeds == BACKGROUND, 0, probability))
    return labelled.astype(np.float32)


class _Filter:
    """Gaussian average over place and colour, normalised; call it with (h, w) values."""

    def __init__(self, image: npt.NDArray[np.uint8]) -> None:
        from scipy.sparse import csr_matrix

        height, width = image.shape[:2]
        rows, columns = np.mgrid[:height, :width]
        # The blur below has a variance of half a cell's square; splat and slice add a sixth each.
        cell = np.sqrt(0.5 + 2 / 6)
        features = np.column_stack(
            [columns.ravel() / PLACE, rows.ravel() / PLACE, image.reshape(-1, 3) / COLOUR]
        ) * cell  # fmt: skip
        low = np.floor(features).astype(np.intp)
        part = features - low
        self._shape = tuple(low.max(0) + 2)
        entries, cells = [], []
        for corner in range(32):
            bits = [(corner >> axis) & 1 for axis in range(5)]
            entries.append(
                np.prod([part[:, a] if bit else 1 - part[:, a] for a, bit in enumerate(bits)], axis=0)
            )
            cells.append(np.ravel_multi_index(tuple((low + bits).T), self._shape))
        count = height * width
        pixels = np.tile(np.arange(count), 32)
        self._slice = csr_matrix(
            (np.concatenate(entries), (pixels, np.concatenate(cells))), (count, int(np.prod(self._shape)))
        )
        self._splat = self._slice.T.tocsr()
        self._norm = np.maximum(self._blurred(np.ones(count)), 1e-9)

    def __call__(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        found = self._blurred(values.ravel().astype(np.float64)) / self._norm
        return found.reshape(values.shape)

    def _blurred(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        grid = (self._splat @ values).reshape(self._shape)
        for axis in range(5):
            padded = np.pad(grid, [(1, 1) if a == axis else (0, 0) for a in range(5)])
            before, after = (
                np.take(padded, range(start, start + grid.shape[axis]), axis) for start in (0, 2)
            )
            grid = 0.5 * grid + 0.25 * (before + after)
        sliced: npt.NDArray[np.float64] = self._slice @ grid.ravel()
        return sliced
