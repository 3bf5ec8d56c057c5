"""What the page and the server say to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from iog.annotator.exchange import FormatName
from iog.annotator.parts import (
    AnyStroke,
    Attribute,
    FactsChange,
    FactsMessage,
    Label,
    Number,
    Seconds,
    WorkMessage,
)
from iog.annotator.previews import SCREEN_SIDE, Preview
from iog.annotator.store import Moved, ObjectRow, PhotoFilter, PhotoRow, State
from iog.annotator.work import Work
from iog.annotator.workbench import Kind
from iog.clicks import Box, Clicks
from iog.errors import IogError, LostProjectError, UnsavedError
from iog.masks import BoolArray
from iog.patch import mask_runs
from iog.serving.messages import Coordinate, Message, Point


class MaskMessage(Message):
    """A mask over a window of the photo."""

    box: tuple[int, int, int, int]
    """Half-open, in image pixels; for a preview it may leave the image."""
    size: tuple[int, int]
    """Width and height of the mask, which is stretched over the box."""
    runs: list[int]
    """Lengths of its runs row by row, background first; one may go on in the next row."""

    @classmethod
    def of(cls, box: Box, mask: BoolArray, side: int) -> MaskMessage | None:
        """At most `side` pixels a side; None for an empty mask."""
        if not mask.any():
            return None
        size, runs = mask_runs(mask, side)
        return cls(box=(box.x0, box.y0, box.x1, box.y1), size=size, runs=runs)


class PhotoMessage(Message):
    """A photo in the list."""

    id: int
    path: str
    sha256: str | None
    """Of the file, once it was opened."""
    width: int | None
    height: int | None
    done: bool
    problem: str | None
    objects: int
    drafts: int = 0
    """Of a photo that was marked done just now: how many of its objects nobody has accepted."""

    @classmethod
    def of(cls, row: PhotoRow, drafts: int = 0) -> PhotoMessage:
        return cls(
            id=row.id,
            path=row.path,
            sha256=row.sha256,
            width=row.width,
            height=row.height,
            done=row.done,
            problem=row.problem,
            objects=row.objects,
            drafts=drafts,
        )


class ObjectMessage(Message):
    """An object with its mask."""

    id: int
    photo: int
    version: int
    label: str
    state: State
    work: WorkMessage
    mask: MaskMessage | None
    computed: bool
    """False while there is only a box."""
    area: int
    """Pixels of the mask."""
    confidence: float | None
    touched: float
    facts: FactsMessage

    @classmethod
    def of(cls, row: ObjectRow) -> ObjectMessage:
        return cls(
            id=row.id,
            photo=row.photo,
            version=row.version,
            label=row.label,
            state=row.state,
            work=WorkMessage.of(row.work),
            mask=MaskMessage.of(row.mask.box, row.mask.mask, SCREEN_SIDE) if row.mask else None,
            computed=row.mask is not None,
            area=row.mask.area if row.mask else 0,
            confidence=row.confidence,
            touched=row.touched,
            facts=FactsMessage.of(row.facts),
        )


class Failure(Message):
    """What was wrong and what to do, in one sentence."""

    error: str
    object: ObjectMessage | None = None
    """The newest state, after a conflict."""
    lost: bool = False
    """The project's file is gone: nothing can be saved any more."""
    unsaved: bool = False
    """What a person did is not kept, though no rule forbids it; what was refused is no loss."""

    @classmethod
    def of(cls, error: Exception, message: str | None = None) -> Failure:
        """As an error says; `message` instead of its own sentence."""
        lost, refused = isinstance(error, LostProjectError), isinstance(error, IogError)
        unsaved = not refused or isinstance(error, UnsavedError)
        return cls(error=message or str(error), lost=lost, unsaved=unsaved)


class Stage(Message):
    """One line of the answer to a change: first `mask`, then `object` once it is saved, or `failure`."""

    mask: MaskMessage | None = None
    object: ObjectMessage | None = None
    failure: Failure | None = None

    @classmethod
    def of_mask(cls, window: Box, mask: BoolArray) -> Stage:
        return cls(mask=MaskMessage.of(window, mask, SCREEN_SIDE))

    def line(self) -> bytes:
        return self.model_dump_json().encode() + b"\n"


class PhotoDetail(Message):
    """A photo that is open, with its objects."""

    photo: PhotoMessage
    scale: float
    """Pixels of the displayed picture per photo pixel."""
    objects: list[ObjectMessage]
    can_undo: bool
    can_redo: bool


class PhotoPage(Message):
    """A page of the list."""

    total: int
    photos: list[PhotoMessage]


class Project(Message):
    """What the page needs first."""

    name: str
    file: str
    lost: str | None = None
    """Why nothing can be saved any more."""
    first: PhotoMessage | None
    counts: dict[PhotoFilter, int]
    labels: list[str]
    colours: dict[str, str] = Field(default_factory=dict)
    """Of labels that have one of their own, as #rrggbb."""
    attributes: list[Attribute] = Field(default_factory=list)
    """What objects are asked besides occluded, truncated and so on."""
    formats: dict[FormatName, str]
    """Names of formats for `/api/export`, and what a person calls them."""


class Neighbour(Message):
    """The next or previous photo; `place` counts those before it in the filtered list."""

    photo: PhotoMessage | None
    place: int


class NewObject(Message):
    """The second corner was clicked, or the object was drawn by hand."""

    corners: tuple[Point, Point] | None
    strokes: list[AnyStroke] = Field(default_factory=list, max_length=2000)
    label: Label
    spare: bool = True
    seconds: Seconds = 0

    def value(self) -> Work:
        """The work so far, checked; raises `ClickError`."""
        clicks = Clicks.of(self.corners) if self.corners else None
        return Work(clicks, tuple(stroke.value() for stroke in self.strokes), spare=self.spare)


class Change(Message):
    """What an object shall be from now on, seen at `version`."""

    version: int
    kind: Kind
    work: WorkMessage
    label: Label
    state: State
    facts: FactsChange | None = None
    """Null: as they are."""
    seconds: Seconds = 0


class Pause(Message):
    """`seconds` since the person's step before."""

    seconds: Seconds = 0


class PhotoHistory(Message):
    """What undo or redo of a photo did."""

    objects: list[ObjectMessage]
    """Those that changed, as they are now; the state "deleted" takes one off the list."""
    can_undo: bool
    can_redo: bool

    @classmethod
    def of(cls, moved: Moved) -> PhotoHistory:
        objects = [ObjectMessage.of(row) for row in moved.objects]
        return cls(objects=objects, can_undo=moved.can_undo, can_redo=moved.can_redo)


class MasksWish(Message):
    """Masks for boxes; `step`: of the answer before, whose masks they belong to."""

    step: Number | None = None


class MasksMade(PhotoHistory):
    """Masks for boxes; `left`: how many boxes wait yet."""

    left: int
    step: int | None


class Hover(Message):
    """The cursor is at (x, y). `sequence` grows with each question of one `tab`."""

    x: Coordinate
    y: Coordinate
    tab: Annotated[str, Field(min_length=1, max_length=64)]
    sequence: Annotated[int, Field(ge=0, le=2**53)]


class HoverAnswer(Message):
    """`stale` when the same tab asked again before this was answered; then there is no mask."""

    sequence: int
    stale: bool
    mask: MaskMessage | None = None
    confidence: float = 0

    @classmethod
    def of(cls, sequence: int, preview: Preview | None) -> HoverAnswer:
        if preview is None:
            return cls(sequence=sequence, stale=True)
        return cls(
            sequence=sequence,
            stale=False,
            mask=MaskMessage.of(preview.window, preview.mask, SCREEN_SIDE),
            confidence=preview.confidence,
        )


class Labels(Message):
    """Names for objects, in the order of their keys."""

    labels: Annotated[list[Label], Field(min_length=1, max_length=500)]
    colours: dict[str, str] = Field(default_factory=dict)
    """Of labels that have one of their own, as #rrggbb; not read from the page."""


class Attributes(Message):
    """What objects are asked, in order."""

    attributes: Annotated[list[Attribute], Field(max_length=100)]

    @classmethod
    def of(cls, asked: Mapping[str, Sequence[str]]) -> Attributes:
        return cls(
            attributes=[Attribute(name=name, choices=list(choices)) for name, choices in asked.items()]
        )


class Renaming(Message):
    """Another name for a label."""

    old: Label
    new: Label


class Done(Message):
    """Whether a person is finished with a photo."""

    done: bool


class Ring(Message):
    """One part of an object's outline, in continuous image coordinates."""

    outer: list[Point]
    holes: list[list[Point]]


class Outline(Message):
    """The outline as polygons."""

    polygons: list[Ring]
    vertices: int


class Count(Message):
    """How many objects something was done to, and what to know about it."""

    count: int
    notes: list[str] = Field(default_factory=list)


class Health(Message):
    """The server runs."""

    status: Literal["ok"]
    version: str


class Statistics(Message):
    """What the accepted and draft objects of the project cost."""

    objects: int
    seconds: float
    clicks: int
    median_seconds: float
    median_clicks: float
