"""GET /docs: the API's reference as one plain page, made from the OpenAPI document.

FastAPI's own docs pages load their scripts from another site; this one loads nothing and runs nothing.
"""

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from fastapi import FastAPI, Request, Response

_STYLE: Final = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{padding:.75rem;overflow:auto;border:1px solid #8886;border-radius:.25rem}
section{border-top:1px solid #8886;margin-top:2rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8883}
"""
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def install(app: FastAPI) -> None:
    """Serve the page and its style sheet."""

    async def page(_request: Request) -> Response:
        return Response(render(app.openapi()), media_type="text/html; charset=utf-8")

    async def style(_request: Request) -> Response:
        return Response(_STYLE, media_type="text/css; charset=utf-8")

    app.router.add_route("/docs", page, methods=["GET"])
    app.router.add_route("/docs.css", style, methods=["GET"])


def render(document: Mapping[str, Any]) -> str:
    """Return the OpenAPI document as HTML. Everything in it is escaped."""
    info = document["info"]
    operations = [
        _operation(method.upper(), path, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    schemas = [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "\n".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs.css">',
            f"<title>{escape(info['title'])} API</title><main>",
            f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>",
            '<p>For machines: <a href="/openapi.json">OpenAPI 3.1</a>,',
            '<a href="/schemas/asyncapi.yaml">AsyncAPI 3.0</a>.</p>',
            *operations,
            "<section><h2>Schemas</h2>",
            *schemas,
            "</section></main></html>",
        )
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [f"<section><h2><code>{method} {escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}</p>"]
    if parameters := operation.get("parameters"):
        rows = ((p["name"], p["in"], _type(p.get("schema", {})), p.get("description", "")) for p in parameters)
        parts.append(_table(("Parameter", "In", "Type", ""), rows))
    if body := operation.get("requestBody"):
        parts.append(f"<h3>Body</h3><p>{escape(body.get('description', ''))}</p>")
        for kind, content in body["content"].items():
            parts.append(f"<p><code>{escape(kind)}</code>: {_type(content['schema'])}</p>")
            if "example" in content:
                parts.append(f"<pre>{escape(json.dumps(content['example'], indent=2, ensure_ascii=False))}</pre>")
    answers = (
        (status, ", ".join(answer.get("content", {})), answer.get("description", ""))
        for status, answer in sorted(operation["responses"].items())
    )
    return "\n".join((*parts, "<h3>Answers</h3>", _table(("Status", "Type", ""), answers), "</section>"))


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = (
        (field, _type(value), "required" if field in required else "", value.get("description", ""))
        for field, value in schema.get("properties", {}).items()
    )
    head = f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{escape(schema.get("description", ""))}</p>'
    return head + _table(("Field", "Type", "", ""), rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{_cell(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class _Html(str):
    """Text that is escaped already."""

    __slots__ = ()


def _cell(text: str) -> str:
    return text if isinstance(text, _Html) else escape(text)


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type in words; a reference as a link."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return _Html(f'<a href="#{name}">{name}</a>')
    if choices := schema.get("anyOf"):
        return _Html(" or ".join(_cell(_type(choice)) for choice in choices))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return _Html("list of " + _cell(_type(schema.get("items", {}))))
    return str(schema.get("const", schema.get("type", "any")))
