"""The page that describes the API: FastAPI's own would load scripts from another site."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any


def reference(description: Mapping[str, Any]) -> str:
    """An OpenAPI description as HTML, without scripts and styles."""
    title = escape(f"{description['info']['title']} {description['info']['version']}")
    schemas = {**description.get("components", {}).get("schemas", {}), **_inlined(description)}
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">',
            f'<head><meta charset="utf-8"><title>{title}</title></head>\n<body>',
            f"<h1>{title}</h1>",
            '<p>The same for machines: <a href="/api/openapi.json">openapi.json</a>. '
            "A refusal is one sentence: <code>error</code>.</p>",
            *(
                line
                for path, methods in description["paths"].items()
                for method, route in methods.items()
                for line in _route(path, method, route)
            ),
            "<h1>What is sent</h1>",
            *(line for name in sorted(schemas) for line in _schema(name, schemas[name])),
            "</body>\n</html>\n",
        ]
    )


def _route(path: str, method: str, route: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
    yield f"<p>{escape(route.get('description') or route['summary'])}</p>\n<ul>"
    for parameter in route.get("parameters", ()):
        name, kind = escape(parameter["name"]), _type(parameter["schema"])
        yield f"<li><code>{name}</code> ({escape(parameter['in'])}): {kind}</li>"
    for content in route.get("requestBody", {}).get("content", {}).values():
        yield f"<li>Body: {_type(content['schema'])}</li>"
    for status, answer in route["responses"].items():
        if status.startswith("2"):
            for content in answer.get("content", {}).values():
                yield f"<li>Answer ({status}): {_type(content.get('schema', {}))}</li>"
    yield "</ul>"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h2 id="{escape(name)}">{escape(name)}</h2>'
    yield f"<p>{escape(schema.get('description', ''))}</p>"
    required = schema.get("required", ())
    rows = [
        f"<li><code>{escape(field)}</code>: {_type(value)}{'' if field in required else ', may be left out'}"
        f"{_told(value)}</li>"
        for field, value in schema.get("properties", {}).items()
    ]
    yield "\n".join(["<ul>", *rows, "</ul>"])


def _inlined(description: Mapping[str, Any]) -> dict[str, Any]:
    """Schemas of bodies that stand in their route, by their titles."""
    bodies = (
        content["schema"]
        for methods in description["paths"].values()
        for route in methods.values()
        for content in route.get("requestBody", {}).get("content", {}).values()
    )
    return {schema["title"]: schema for schema in bodies if _is_message(schema)}


def _is_message(schema: Mapping[str, Any]) -> bool:
    return "title" in schema and "properties" in schema


def _told(schema: Mapping[str, Any]) -> str:
    """What a field is, as its description says."""
    return f". {escape(schema['description'])}" if "description" in schema else ""


def _type(schema: Mapping[str, Any]) -> str:
    """What a value may be, with links to the schemas it names."""
    if "$ref" in schema or _is_message(schema):
        name = escape(schema["$ref"].rpartition("/")[2] if "$ref" in schema else schema["title"])
        return f'<a href="#{name}">{name}</a>'
    if "enum" in schema:
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[several]))
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))
