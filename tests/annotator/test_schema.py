"""The page's types are the server's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")
SCRIPT = Path(__file__).parents[2] / "web" / "schema.py"


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("schema", SCRIPT)
    assert spec is not None and spec.loader is not None
    schema = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(schema)
    return schema


def test_the_pages_types_are_what_the_server_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # Older releases describe less: which fields an answer always has, and the keys of dictionaries.
    pytest.importorskip("fastapi", minversion="0.119")
    pytest.importorskip("pydantic", minversion="2.11")
    schema = _script()
    monkeypatch.setattr("sys.argv", ["schema.py", "--check"])
    schema.main()  # exits with a sentence where they differ


def test_optional_fields_and_alternatives() -> None:
    schema = _script()
    fields = {
        "at": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}]},
        "kind": {"enum": ["a", "b"], "description": "Which."},
        "more": {"type": "array", "items": {"anyOf": [{"$ref": "#/x/Thing"}, {"type": "null"}]}},
    }
    described = {"components": {"schemas": {"Thing": {"properties": fields, "required": ["at", "kind"]}}}}
    assert schema.typescript(described).splitlines()[1:] == [
        "",
        "export interface Thing {",
        "  at: [number, number];",
        "  /** Which. */",
        '  kind: "a" | "b";',
        "  more?: (Thing | null)[];",
        "}",
    ]
