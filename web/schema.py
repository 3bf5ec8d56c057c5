"""Write what the server says as TypeScript: `python web/schema.py` makes web/src/schema.ts.

It is made of the server's OpenAPI description. With --check: fails unless the committed file is this.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "src" / "schema.ts"
HEADER = "// Made by web/schema.py from the server's /api/openapi.json; do not edit."
_LEFT_OUT = ("HTTPValidationError", "ValidationError")
_PLAIN = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


def main() -> None:
    """Write the file, or compare it."""
    text = typescript(_description())
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit("web/src/schema.ts is not what the server says; run: make web")


def _description() -> Mapping[str, Any]:
    from fastapi.testclient import TestClient

    from iog.annotator.server import make_app
    from iog.annotator.workbench import Workbench
    from iog.learning.learner import Learner
    from iog.learning.routes import add_learning

    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Path(folder), Path(folder) / "project.iog")
        learner = Learner(bench)
        app = make_app(bench, more=[lambda app: add_learning(app, learner)])
        with TestClient(app, base_url="http://127.0.0.1") as client:
            described: Mapping[str, Any] = client.get("/api/openapi.json").json()
        bench.close()
    return described


def typescript(description: Mapping[str, Any]) -> str:
    """One interface for each schema; of those that differ by direction, what the server sends."""
    schemas = description["components"]["schemas"]
    names = [
        name
        for name in sorted(schemas)
        if name not in _LEFT_OUT and not (name.endswith("-Input") and _sent(name) in schemas)
    ]
    return "\n".join([HEADER, *(line for name in names for line in _interface(name, schemas[name]))]) + "\n"


def _sent(name: str) -> str:
    return name.removesuffix("-Input") + "-Output"


def _interface(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield from _comment(schema, "")
    if "properties" not in schema:
        yield f"export type {_name(name)} = {_type(schema)};"
        return
    yield f"export interface {_name(name)} {{"
    for field, value in schema["properties"].items():
        yield from _comment(value, "  ")
        mark = "" if field in schema.get("required", ()) else "?"
        yield f"  {field}{mark}: {_type(value)};"
    yield "}"


def _comment(schema: Mapping[str, Any], indent: str) -> Iterator[str]:
    if text := schema.get("description"):
        yield f"{indent}/** {text.split(chr(10) * 2)[0].replace(chr(10), ' ').replace('`', '')} */"


def _name(name: str) -> str:
    return name.removesuffix("-Output").removesuffix("-Input").replace("_", "")


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"].rpartition("/")[2])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[several]))
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
        inner = _type(schema.get("items", {}))
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if schema.get("type") == "object":
        names = schema.get("propertyNames", {})
        key = _type(names) if {"$ref", "enum", "const"} & set(names) else "string"
        return f"Record<{key}, {_type(schema.get('additionalProperties') or {})}>"
    return _PLAIN.get(str(schema.get("type")), "unknown")


if __name__ == "__main__":
    main()
