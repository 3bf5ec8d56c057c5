"""Opening a set of masks for a command, with a word on what is left out of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from iog.datasets import ObjectDataset


def open_objects(name: str, path: Path, split: str | None) -> ObjectDataset:
    """As `iog.datasets.known.open_objects`; what is left out of a file of labels goes to standard error."""
    from iog.datasets import known
    from iog.datasets.labels import LabelledPhotos

    objects = known.open_objects(name, path, split)
    if isinstance(objects, LabelledPhotos) and not objects.account.is_clean:
        for line in objects.account.lines():
            click.echo(line, err=True)
    return objects
