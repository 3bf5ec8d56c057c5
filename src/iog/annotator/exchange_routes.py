"""Files out of the project and into it, over HTTP."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from iog.annotator import exchange, schemas
from iog.annotator.parts import Label, Number
from iog.annotator.store import Store
from iog.annotator.workbench import Workbench
from iog.errors import DataError
from iog.serving.messages import Message

ACCOUNT = "X-Left-Out"
"""The header of an export that says what it left out or changed: sentences as JSON."""

_SENTENCES = 20


class Wish(Message):
    """What of the project is exported."""

    tolerance: Annotated[float, Field(ge=0, le=50)] = 0
    """Pixels that polygons may stray."""
    drafts: bool = False
    """Also objects that nobody has accepted."""
    done: bool = False
    """Photos marked done alone."""
    label: Annotated[list[Label], Field(max_length=500)] = Field(default_factory=list)
    """These labels alone; none: all."""
    photo: Number | None = None
    """This photo alone."""
    val: Annotated[float, Field(ge=0, lt=1)] = 0
    """Share of the photos that becomes the part for validation; 0: no parts."""

    def choice(self, store: Store) -> exchange.Choice:
        """As the exporter takes it; `DataError` if there is no such photo."""
        photos = () if self.photo is None else (store.photo(self.photo).path,)
        return exchange.Choice(
            drafts=self.drafts, done=self.done, labels=tuple(self.label), photos=photos, val=self.val
        )


def add_exchange(app: FastAPI, bench: Workbench) -> None:
    """Add the routes."""

    @app.get("/api/export/{format}", response_class=Response)
    def export(format: exchange.FormatName, wish: Annotated[Wish, Query()]) -> Response:
        """The annotations as one ZIP file."""
        content, said = exchange.export_zip(
            bench.store, bench.photos, format, tolerance=wish.tolerance, choice=wish.choice(bench.store)
        )
        return Response(
            content,
            media_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="{format}.zip"',
                ACCOUNT: json.dumps(said[:_SENTENCES]),
            },
        )

    @app.get("/api/notes/{format}")
    def notes(format: exchange.FormatName, wish: Annotated[Wish, Query()]) -> list[str]:
        """What an export would leave out or change."""
        return exchange.losses(bench.store, bench.photos, format, wish.choice(bench.store))

    @app.post("/api/import")
    async def import_file(
        request: Request,
        name: Annotated[str, Query(max_length=300)] = "upload.json",
        on_duplicate: exchange.Duplicates = "skip",
    ) -> schemas.Count:
        """Add the objects and boxes of a file (the body) to photos of the same names.

        COCO's JSON, CSV, Parquet, or a ZIP file of any folder that can be imported; `name` tells which.
        """
        body = await request.body()
        account = await run_in_threadpool(
            exchange.import_upload, bench.store, bench.photos, name, body, on_duplicate=on_duplicate
        )
        if account.useless:
            raise DataError("nothing could be used: " + "; ".join(account.lines()))
        return schemas.Count(count=account.objects, notes=[] if account.is_clean else list(account.lines()))
