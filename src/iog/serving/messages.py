"""What messages between programs and servers are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Coordinate = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Point = tuple[Coordinate, Coordinate]
Line = Annotated[list[Point], Field(min_length=1, max_length=5000)]
CorrectionMessage = tuple[Coordinate, Coordinate, bool] | tuple[Coordinate, Coordinate, bool, Line]
"""x, y, whether the pixel is on the object; of a stroke its pixels, whose middle one x and y are."""


class Message(BaseModel):
    """Base of all: unknown fields are errors, so that a misspelt one is not ignored."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
    )
