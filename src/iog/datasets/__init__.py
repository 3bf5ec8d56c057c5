"""Photos with object masks: one file a dataset, one small interface (`ObjectDataset`).

`iog.datasets.known` opens each by its name; docs/datasets.md says what they expect.
"""

from iog.datasets.base import ObjectDataset, ObjectSample
from iog.datasets.boxes import BoxDataset, BoxSample
from iog.datasets.photos import PhotoDataset

__all__ = ["BoxDataset", "BoxSample", "ObjectDataset", "ObjectSample", "PhotoDataset"]
