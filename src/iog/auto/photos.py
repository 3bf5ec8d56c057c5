"""Photos of a run: what is wrong with one for good, and what only keeps it from being read now.

A photo that cannot be used is noted in its shard, for good. So the note must be the same whoever reads it and
wherever it lies, and trouble of the machine or the network must not become one.
"""

from __future__ import annotations

import errno
import io

import numpy as np
import numpy.typing as npt

from iog.errors import DataError, ImageError, IogError
from iog.images import decode_image
from iog.places import Folder, Place

_OWN_FAULTS = {
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EACCES,
    errno.EPERM,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.EINVAL,
}
"""Errors in a folder that tell of the one file. Behind a URL most of them may mean an expired key."""


def read_photo(photos: Place, name: str) -> npt.NDArray[np.uint8]:
    """A photo as (H, W, 3) RGB.

    Raises
    ------
    ImageError
        If something is wrong with the photo itself; the message calls it `name`.
    DataError, MemoryError
        If it cannot be read now: no connection, no memory, too many open files.
    """
    content = _content(photos, name)
    try:
        return decode_image(io.BytesIO(content), name)
    except ImageError as error:
        if isinstance(error.__cause__, MemoryError):
            raise error.__cause__ from None
        raise


def _content(photos: Place, name: str) -> bytes:
    own = _OWN_FAULTS if isinstance(photos, Folder) else set()
    try:
        with photos.reading(name) as file:
            return file.read()
    except (IogError, MemoryError):
        raise
    except FileNotFoundError:  # those of stores have no number
        raise ImageError(f"{name} does not exist") from None
    except OSError as error:
        if error.errno in own:
            raise ImageError(f"{name} cannot be read: {error.strerror}") from None
        raise _not_now(photos, name, error) from error
    except ValueError as error:  # a name that no file can have
        raise ImageError(f"{name} cannot be read: {error}") from None
    except Exception as error:  # stores raise what the libraries below them do
        raise _not_now(photos, name, error) from error


def _not_now(photos: Place, name: str, error: Exception) -> DataError:
    reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
    return DataError(f"{photos}/{name} cannot be read now ({reason}); repeat the command to resume")
