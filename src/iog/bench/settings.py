"""Settings of an accuracy run; every field is an option of the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """What decides the figures of an accuracy run, apart from methods and photos."""

    dataset: str = "photos"
    """Layout of the data, a name from `iog data list`."""
    splits: tuple[str, ...] = ("val", "test")
    """Parts of the dataset."""
    sets: tuple[str, ...] = ()
    """Only these sets (groups of the dataset); empty for all."""
    limit: int = 0
    """Objects of each set, spread over it; 0 for all."""
    clicks: int = 20
    """Clicks up to which networks are corrected."""
    classical_clicks: int = 6
    """The same for classical methods, whose clicks are slow."""
    jitter: tuple[float, ...] = (0.03, 0.1)
    """Corner errors (standard deviation / box side) at which the first mask is measured too."""
    jitter_every: int = 2
    """Measure them on every so many objects; 0 for none."""
    seconds: float = 20.0
    """Processor time that a classical method may take for one answer."""
    megabytes: int = 2000
    """Memory that it may take for one answer."""
    seed: int = 0
    """Of the robot user."""
