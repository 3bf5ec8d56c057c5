"""Three clicks to an object mask: Inside-Outside Guidance.

    >>> import iog
    >>> p = iog.segment("photo.jpg", corners=((40, 30), (310, 280)), inside=(170, 160))
    >>> p.mask.shape, round(p.confidence, 2)          # doctest: +SKIP

`Segmenter` keeps a model loaded; `Segmenter.session` answers an annotator's clicks one by one.
"""

from iog import networks  # imports no PyTorch before a network is made
from iog._version import __version__
from iog.clicks import Box, Clicks, Correction, Pixel, Stroke
from iog.errors import ClickError, DataError, ImageError, IogError, ModelError, TrainingError
from iog.prediction import Prediction
from iog.segmenter import Segmenter, Session, segment

__all__ = [
    "Box",
    "ClickError",
    "Clicks",
    "Correction",
    "DataError",
    "ImageError",
    "IogError",
    "ModelError",
    "Pixel",
    "Prediction",
    "Segmenter",
    "Session",
    "Stroke",
    "TrainingError",
    "__version__",
    "networks",
    "segment",
]
