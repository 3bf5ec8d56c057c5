"""Photos with object masks: one file a data set, one small interface (`ObjectDataset`)."""

from iog.datasets.base import ObjectDataset, ObjectSample
from iog.datasets.photos import PhotoDataset

__all__ = ["ObjectDataset", "ObjectSample", "PhotoDataset"]
