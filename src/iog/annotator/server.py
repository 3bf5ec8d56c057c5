"""The web server of the annotator: typed routes over the workbench, and the page itself."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from importlib import resources
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse

from iog._version import __version__
from iog.annotator import exchange, schemas
from iog.annotator.bulk_routes import add_bulk
from iog.annotator.exchange_routes import add_exchange
from iog.annotator.label_routes import add_labels
from iog.annotator.object_routes import add_objects, conflict
from iog.annotator.photos import DISPLAY_SIDE
from iog.annotator.store import RESCUED, PhotoFilter
from iog.annotator.workbench import Workbench
from iog.errors import ConflictError, ImageError, IogError, LostProjectError
from iog.serving.guard import App, Guard
from iog.serving.reference import reference

_PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


_BOXES = 8  # that get their masks with one question, so that a person sees how far it is
PhotoNumber = Annotated[int, Path(ge=1, le=2**53)]
_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.Failure} for status in (403, 409, 422)
}


def make_app(
    bench: Workbench, token: str | None = None, more: Iterable[Callable[[FastAPI], None]] = ()
) -> App:
    """The whole application.

    Parameters
    ----------
    bench
        Closed when the server stops.
    token
        Asked of every request; None when only this machine can connect.
    more
        What adds routes of other rooms.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        bench.close()

    # The interactive documentation of FastAPI would load scripts from another site; ours is at /api.
    app = FastAPI(
        title="iog annotator",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=_FAILURES,
    )
    _add_page(app)
    _add_failures(app, bench)
    _add_project(app, bench)
    _add_photos(app, bench)
    add_objects(app, bench)
    add_bulk(app, bench)
    add_exchange(app, bench)
    add_labels(app, bench.store)
    for add in more:
        add(app)
    return Guard(app, token)


def _add_page(app: FastAPI) -> None:
    def serve(path: str) -> None:
        name, kind = _PAGE[path]

        @app.get(path, include_in_schema=False)
        def page() -> Response:
            content = resources.files("iog.annotator").joinpath("page", name).read_bytes()
            return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})

    for path in _PAGE:
        serve(path)

    @app.get("/api", include_in_schema=False)
    def describe() -> HTMLResponse:
        return HTMLResponse(reference(app.openapi()))


def _add_failures(app: FastAPI, bench: Workbench) -> None:
    @app.exception_handler(ConflictError)
    def conflicting(request: Request, error: ConflictError) -> Response:
        failure = conflict(bench, int(request.path_params["number"]), error)
        return JSONResponse(failure.model_dump(), status_code=409)

    @app.exception_handler(LostProjectError)
    def lost(_: Request, error: LostProjectError) -> Response:
        return JSONResponse(schemas.Failure.of(error).model_dump(), status_code=503)

    @app.exception_handler(IogError)
    def mistake(_: Request, error: IogError) -> Response:
        return JSONResponse(schemas.Failure.of(error).model_dump(), status_code=422)

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = f"the server does not understand what the page sent ({place}: {first['msg']}); reload the page"
        failure = schemas.Failure.of(error, said)
        return JSONResponse(failure.model_dump(), status_code=422)


def _add_project(app: FastAPI, bench: Workbench) -> None:
    store = bench.store

    @app.get("/api/health")
    def health() -> schemas.Health:
        """The server runs."""
        return schemas.Health(status="ok", version=__version__)

    @app.get("/api/project")
    def project() -> schemas.Project:
        first = store.first_unfinished()
        return schemas.Project(
            name=bench.photos.folder.name or str(bench.photos.folder),
            file=store.path.name,
            lost=store.lost,
            first=schemas.PhotoMessage.of(first) if first else None,
            counts=store.counts(),
            labels=store.labels,
            colours=store.colours,
            attributes=schemas.Attributes.of(store.attributes).attributes,
            formats=exchange.FORMATS,
        )

    @app.get("/api/rescue", response_class=Response)
    def rescue() -> Response:
        """The whole project as a file, also when its own was deleted, moved or replaced."""
        headers = {"Content-Disposition": f'attachment; filename="{RESCUED}"'}
        return Response(store.rescued(), media_type="application/octet-stream", headers=headers)

    @app.get("/api/statistics")
    def measure(since: Annotated[float, Query(ge=0, le=1e11)] = 0) -> schemas.Statistics:
        """What objects cost; with `since` (seconds since 1970) only the work from then on."""
        efforts = store.efforts(since)
        return schemas.Statistics(
            objects=len(efforts),
            seconds=sum(e.seconds for e in efforts),
            clicks=sum(e.clicks for e in efforts),
            median_seconds=statistics.median(e.seconds for e in efforts) if efforts else 0,
            median_clicks=statistics.median(e.clicks for e in efforts) if efforts else 0,
        )


def _add_photos(app: FastAPI, bench: Workbench) -> None:
    store = bench.store

    @app.get("/api/photos")
    def photos(
        offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        filter: PhotoFilter = "all",
        search: Annotated[str, Query(max_length=200)] = "",
    ) -> schemas.PhotoPage:
        bench.photos.refresh()
        total, rows = store.photos(offset, limit, filter, search)
        return schemas.PhotoPage(total=total, photos=[schemas.PhotoMessage.of(row) for row in rows])

    @app.post("/api/photos")
    async def add_photo(request: Request, name: Annotated[str, Query(max_length=300)]) -> schemas.Count:
        """Put a new photo (the body) into the folder; none that is there is replaced."""
        await run_in_threadpool(bench.photos.add, name, await request.body())
        return schemas.Count(count=1)

    @app.get("/api/photos/{number}")
    def photo(number: PhotoNumber) -> schemas.PhotoDetail:
        """A photo with its objects; `photo.problem` says why it cannot be shown, if so."""
        store.photo(number)
        scale = 1.0
        with suppress(ImageError):  # kept with the photo
            scale = min(scale, DISPLAY_SIDE / max(bench.photos.pixels(number).shape))
        can_undo, can_redo = store.can_walk(number)
        return schemas.PhotoDetail(
            can_undo=can_undo,
            can_redo=can_redo,
            photo=schemas.PhotoMessage.of(store.photo(number)),
            scale=scale,
            objects=[schemas.ObjectMessage.of(row) for row in store.objects(number)],
        )

    @app.get("/api/photos/{number}/image", response_class=Response)
    def image(number: PhotoNumber, request: Request) -> Response:
        """An upright 8-bit JPEG."""
        return _picture(request, bench.photos.mark(number), lambda: bench.photos.display(number))

    @app.get("/api/photos/{number}/thumbnail", response_class=Response)
    def thumbnail(number: PhotoNumber, request: Request) -> Response:
        """A small JPEG."""
        return _picture(request, bench.photos.mark(number), lambda: bench.photos.thumbnail(number))

    @app.get("/api/photos/{number}/neighbour")
    def neighbour(
        number: PhotoNumber,
        direction: Literal["next", "previous"],
        filter: PhotoFilter = "all",
        search: Annotated[str, Query(max_length=200)] = "",
    ) -> schemas.Neighbour:
        row = store.neighbour(number, 1 if direction == "next" else -1, filter, search)
        place = store.place((row or store.photo(number)).id, filter, search)
        return schemas.Neighbour(photo=schemas.PhotoMessage.of(row) if row else None, place=place)

    @app.patch("/api/photos/{number}")
    def set_done(number: PhotoNumber, change: schemas.Done) -> schemas.PhotoMessage:
        """Finish a photo; `drafts` says how many of its objects nobody has accepted."""
        store.photo(number)
        store.set_done(number, change.done)
        drafts = sum(row.state == "draft" for row in store.objects(number)) if change.done else 0
        return schemas.PhotoMessage.of(store.photo(number), drafts)

    @app.post("/api/photos/{number}/objects")
    def start(number: PhotoNumber, new: schemas.NewObject) -> schemas.ObjectMessage:
        """Two corners: a new object, whose features are computed from now on."""
        return schemas.ObjectMessage.of(bench.start(number, new.value(), new.label, new.seconds))

    @app.post("/api/photos/{number}/undo")
    def undo(number: PhotoNumber, pause: schemas.Pause) -> schemas.PhotoHistory:
        """Take back what was done last on the photo, whatever object it concerned; a bulk step as one."""
        store.photo(number)
        return schemas.PhotoHistory.of(store.undo_photo(number, pause.seconds))

    @app.post("/api/photos/{number}/redo")
    def redo(number: PhotoNumber, pause: schemas.Pause) -> schemas.PhotoHistory:
        """Do again what was taken back last."""
        store.photo(number)
        return schemas.PhotoHistory.of(store.redo_photo(number, pause.seconds))

    @app.get("/api/photos/{number}/deleted")
    def deleted(number: PhotoNumber) -> list[schemas.ObjectMessage]:
        """Objects that can be brought back, the newest first."""
        return [schemas.ObjectMessage.of(row) for row in store.deleted(number)]

    @app.post("/api/photos/{number}/masks")
    def masks(number: PhotoNumber, wish: schemas.MasksWish) -> schemas.MasksMade:
        """Masks for some objects that have only a box; several questions can be one step for undo."""
        made = bench.masks_for_boxes(number, wish.step, _BOXES)
        can_undo, can_redo = store.can_walk(number)
        return schemas.MasksMade(
            objects=[schemas.ObjectMessage.of(row) for row in made.objects],
            left=made.left,
            step=made.step,
            can_undo=can_undo,
            can_redo=can_redo,
        )


def _picture(request: Request, mark: str, make: Callable[[], bytes]) -> Response:
    """What the browser has it keeps, but asks each time: the next project has a photo of this number too."""
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{mark}"'}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type="image/jpeg", headers=headers)
