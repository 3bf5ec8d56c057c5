"""Annotations out of a project and into it: `iog.formats` on one side, the store on the other."""

from __future__ import annotations

from iog.annotator.exchange.exporting import (
    FORMATS,
    Choice,
    FormatName,
    export,
    export_zip,
    losses,
    pictures_of,
)
from iog.annotator.exchange.importing import IMPORTS, Duplicates, ImportName, import_path, import_upload

__all__ = [
    "FORMATS",
    "IMPORTS",
    "Choice",
    "Duplicates",
    "FormatName",
    "ImportName",
    "export",
    "export_zip",
    "import_path",
    "import_upload",
    "losses",
    "pictures_of",
]
