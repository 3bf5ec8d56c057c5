"""Errors that a user can mend: each says what was wrong and what to do.

The command line prints them as one line and exits with status 2; anything else is a defect of ours.
"""


class IogError(Exception):
    """Base of every error that iog raises on purpose."""


class ClickError(IogError, ValueError):
    """Clicks that break a rule; the message names the click and the rule."""


class ImageError(IogError, ValueError):
    """A picture that cannot be read or is not a picture."""


class ModelError(IogError, ValueError):
    """A model that is missing, truncated, foreign or unknown."""


class TrainingError(IogError, ValueError):
    """Settings with which no network can be trained, or a training whose numbers left the finite ones."""


class DataError(IogError, ValueError):
    """A dataset or an input file that is missing or does not have its published layout."""


class ConflictError(IogError):
    """Work that was changed elsewhere in the meantime: read it again, then repeat."""


class UnsavedError(DataError):
    """The disk did not take what was to be kept: it is full, locked or gone."""


class LostProjectError(UnsavedError):
    """The project file is no longer where it was opened: nothing can be saved into it."""
