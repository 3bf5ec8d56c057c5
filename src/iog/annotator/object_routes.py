"""What the page does with single objects, over HTTP."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import FastAPI, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from iog.annotator import schemas
from iog.annotator.photos import DISPLAY_SIDE
from iog.annotator.previews import OnMask
from iog.annotator.workbench import Workbench
from iog.clicks import Box
from iog.errors import ConflictError, IogError
from iog.masks import BoolArray, polygons

_LOG = logging.getLogger("uvicorn.error")
_LONGEST_WAIT = 0.1  # seconds, for a page that has gone
ObjectNumber = Annotated[int, Path(ge=1, le=2**53)]


class _Lines(StreamingResponse):
    """An answer in lines of JSON."""

    media_type = "application/x-ndjson"


def add_objects(app: FastAPI, bench: Workbench) -> None:
    """Add the routes."""
    store = bench.store

    @app.get("/api/objects/{number}")
    def prepare(number: ObjectNumber) -> schemas.ObjectMessage:
        """An object that a person opens."""
        return schemas.ObjectMessage.of(bench.prepare(number))

    @app.put("/api/objects/{number}")
    def change(number: ObjectNumber, wish: schemas.Change) -> schemas.ObjectMessage:
        """A click, a stroke, a label, an acceptance: saved when this answers."""
        return _changed(bench, number, wish)

    @app.put("/api/objects/{number}/staged", response_class=_Lines, responses={200: {"model": schemas.Stage}})
    async def change_staged(number: ObjectNumber, wish: schemas.Change) -> Response:
        """The same in lines of JSON: the mask as the screen shows it, then the object when it is saved.

        What fails after the first line is told in a line of its own.
        """
        loop = asyncio.get_running_loop()
        known: asyncio.Future[bytes] = loop.create_future()
        sent = threading.Event()

        def tell(window: Box, mask: BoolArray) -> None:
            loop.call_soon_threadsafe(known.set_result, schemas.Stage.of_mask(window, mask).line())
            # Making the mask ready for the disk would keep the interpreter from those who send the line.
            sent.wait(_LONGEST_WAIT)

        saving = asyncio.ensure_future(run_in_threadpool(_changed, bench, number, wish, tell))
        await asyncio.wait((known, saving), return_when=asyncio.FIRST_COMPLETED)
        if saving.done():  # there was no mask to compute, or a failure: an answer like any other
            return _Lines(iter([schemas.Stage(object=saving.result()).line()]))

        async def lines() -> AsyncIterator[bytes]:
            yield known.result()
            sent.set()
            try:
                stage = schemas.Stage(object=await saving)
            except ConflictError as error:
                stage = schemas.Stage(failure=conflict(bench, number, error))
            except IogError as error:
                stage = schemas.Stage(failure=schemas.Failure.of(error))
            except Exception as error:  # a defect: a stream that broke off would look like a lost connection
                _LOG.exception("object %d could not be changed", number)
                stage = schemas.Stage(failure=schemas.Failure.of(error, "the server failed; see its log"))
            yield stage.line()

        return _Lines(lines())

    @app.post("/api/objects/{number}/restore")
    def restore(number: ObjectNumber, pause: schemas.Pause) -> schemas.ObjectMessage:
        """Bring a deleted object back."""
        return schemas.ObjectMessage.of(store.restore(number, pause.seconds))

    @app.post("/api/objects/{number}/preview")
    def preview(number: ObjectNumber, hover: schemas.Hover) -> schemas.HoverAnswer:
        """The mask that an inside click here would give; nothing is changed."""
        found = bench.preview(number, (hover.x, hover.y), hover.tab, hover.sequence)
        return schemas.HoverAnswer.of(hover.sequence, found)

    @app.get("/api/objects/{number}/mask")
    def mask(number: ObjectNumber) -> schemas.MaskMessage | None:
        """The mask with all pixels that a screen can show, for a person who looks closely."""
        patch = store.one(number).mask
        return None if patch is None else schemas.MaskMessage.of(patch.box, patch.mask, DISPLAY_SIDE)

    @app.get("/api/objects/{number}/outline")
    def outline(number: ObjectNumber, tolerance: Annotated[float, Query(ge=0, le=50)] = 0) -> schemas.Outline:
        """The mask as polygons that stray at most `tolerance` pixels."""
        patch = store.one(number).mask
        rings = []
        if patch is not None and patch.area:
            x, y = patch.box.x0, patch.box.y0
            for part in polygons(patch.mask, tolerance):
                outer, *holes = [
                    [(px + x, py + y) for px, py in ring] for ring in (part["outer"], *part["holes"])
                ]
                rings.append(schemas.Ring(outer=outer, holes=holes))
        count = sum(len(ring) for part in rings for ring in (part.outer, *part.holes))
        return schemas.Outline(polygons=rings, vertices=count)


def _changed(
    bench: Workbench, number: int, wish: schemas.Change, on_mask: OnMask | None = None
) -> schemas.ObjectMessage:
    row = bench.change(
        number,
        wish.version,
        wish.work.value(),
        label=wish.label,
        state=wish.state,
        seconds=wish.seconds,
        kind=wish.kind,
        facts=None if wish.facts is None else wish.facts.value(),
        on_mask=on_mask,
    )
    return schemas.ObjectMessage.of(row)


def conflict(bench: Workbench, number: int, error: ConflictError) -> schemas.Failure:
    """What a conflict is told as: the newest object."""
    return schemas.Failure(error=str(error), object=schemas.ObjectMessage.of(bench.store.one(number)))
