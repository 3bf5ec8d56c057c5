"""What the messages of the page and the server are made of: points, clicks, strokes, an object's work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    model_validator,
)

from iog.annotator.work import Area, BrushStroke, Reshape, Work
from iog.clicks import Clicks
from iog.serving.messages import CorrectionMessage, Message, Point

Number = Annotated[int, Field(ge=1, le=2**53)]
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
Seconds = Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)]


class ClicksMessage(Message):
    """`iog.Clicks`."""

    corners: tuple[Point, Point]
    inside: Point | None = None
    corrections: list[CorrectionMessage] = Field(default=[], max_length=500)

    def value(self) -> Clicks:
        """The clicks, checked; raises `ClickError`."""
        return Clicks.of(self.corners, self.inside, self.corrections)


class StrokeMessage(Message):
    """One movement of brush or eraser; `radius` in image pixels."""

    points: Annotated[list[Point], Field(min_length=1, max_length=5000)]
    radius: Annotated[float, Field(ge=0.5, le=2000, allow_inf_nan=False)]
    add: bool

    def value(self) -> BrushStroke:
        return BrushStroke(tuple(self.points), self.radius, self.add)


class ReshapeMessage(Message):
    """A stretch of the outline was moved from one path to another with the same ends."""

    before: Annotated[list[Point], Field(min_length=2, max_length=50)]
    after: Annotated[list[Point], Field(min_length=2, max_length=50)]
    tolerance: Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _ends_meet(self) -> ReshapeMessage:
        if self.before[0] != self.after[0] or self.before[-1] != self.after[-1]:
            raise ValueError("both paths must have the same ends")
        return self

    def value(self) -> Reshape:
        return Reshape(tuple(self.before), tuple(self.after), self.tolerance)


class AreaMessage(Message):
    """A polygon drawn by hand: its inside is added or taken away."""

    outline: Annotated[list[Point], Field(min_length=3, max_length=5000)]
    add: bool

    def value(self) -> Area:
        return Area(tuple(self.outline), self.add)


def _kind_of_stroke(value: object) -> str:
    names = (
        value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Message) else ()
    )
    return "reshape" if "before" in names else "area" if "outline" in names else "stroke"


AnyStroke = Annotated[
    Annotated[StrokeMessage, Tag("stroke")]
    | Annotated[AreaMessage, Tag("area")]
    | Annotated[ReshapeMessage, Tag("reshape")],
    Discriminator(_kind_of_stroke),
]


class WorkMessage(Message):
    """What a person did to an object."""

    clicks: ClicksMessage | None
    strokes: list[AnyStroke] = Field(default=[], max_length=2000)
    largest: bool = False
    fill: bool = False
    spare: bool = True

    def value(self) -> Work:
        """The work, checked; raises `ClickError`."""
        return Work(
            clicks=self.clicks.value() if self.clicks else None,
            strokes=tuple(stroke.value() for stroke in self.strokes),
            largest=self.largest,
            fill=self.fill,
            spare=self.spare,
        )

    @classmethod
    def of(cls, work: Work) -> WorkMessage:
        """As the page sees it: the imported mask stays on the server."""
        return cls.model_validate(work.done())


def _finite(value: JsonValue) -> JsonValue:
    json.dumps(value, allow_nan=False)  # raises ValueError
    return value


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
AttributeName = Annotated[str, StringConstraints(min_length=1)]
"""Of any length and with any character: other tools chose it."""


class FactsMessage(Message):
    """What is known of an object besides its label and pixels; as formats of other tools name it."""

    occluded: bool = False
    truncated: bool = False
    difficult: bool = False
    crowd: bool = False
    group: str | None = None
    """Objects of one photo with the same value belong together."""
    description: str = ""
    """A comment."""
    attributes: dict[str, JsonValue] = Field(default_factory=dict)
    """Answers to what the project asks, and what other tools keep of the object."""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> FactsMessage:
        """As the page sees it."""
        if not facts:
            return _NO_FACTS
        plain = json.loads(json.dumps(facts), parse_constant=lambda _: None)
        return cls.model_construct(**{**_NO_FACTS.model_dump(), **plain})


_NO_FACTS = FactsMessage()


class FactsChange(Message):
    """What becomes of some of an object's facts; what is left out stays as it is, whatever it is."""

    occluded: bool = False
    truncated: bool = False
    difficult: bool = False
    crowd: bool = False
    group: Label | None = None
    description: Text = ""
    attributes: dict[AttributeName, Annotated[JsonValue, AfterValidator(_finite)]] = Field(
        default_factory=dict
    )
    """Answers by name; null takes one away."""

    def value(self) -> dict[str, Any]:
        """What changes, by name."""
        return self.model_dump(exclude_unset=True)


class Attribute(Message):
    """Something that every object is asked."""

    name: Label
    choices: Annotated[list[Label], Field(default_factory=list, max_length=100)]
    """One of them is the answer; none: yes or no."""
