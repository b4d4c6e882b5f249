"""The page of HTTP operations, made from the composed document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.schema_changes import resolve

__all__ = ["page"]

_LIMITS = (
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "pattern",
    "x-max-bytes",
    "x-default",
)


def page(document: Json) -> str:
    """Return the Markdown of the page of operations, with the facts of each."""
    lines = [
        "# HTTP operations",
        "",
        "The operations of the API, with what its document states about each.",
        "",
        "Thresholds count the calls of one user; after more, the user is refused for the lock period.",
        "",
        "| operation | threshold | lock | scope |",
        "|---|---|---|---|",
    ]
    found = sorted(operations(document), key=lambda entry: str(entry[2]["operationId"]))
    for _, _, operation in found:
        threshold = operation.get("x-threshold")
        cells = [
            f"[{operation['operationId']}](#{_anchor(operation)})",
            f"{threshold['limit']} in {threshold['window_seconds']} s" if threshold else "not stated",
            f"{threshold['lock_seconds']} s" if threshold else "",
            ", ".join(f"`{scope}`" for scope in _scopes(document, operation)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    for path, method, operation in found:
        lines += ["", *_operation(document, path, method, operation)]
    return "\n".join(lines) + "\n"


def _anchor(operation: Json) -> str:
    """Return the anchor of an operation's heading."""
    return re.sub(r"[^a-z0-9]+", "-", str(operation.get("summary", operation["operationId"])).lower()).strip("-")


def _operation(document: Json, path: str, method: str, operation: Json) -> Iterator[str]:
    yield from (f"## {escape(str(operation.get('summary', operation['operationId'])), quote=False)}", "")
    yield from (f"`{operation['operationId']}`, `{method.upper()} {path}`", "")
    if operation.get("description"):
        yield from (escape(str(operation["description"]), quote=False), "")
    for parameter in operation.get("parameters", []):
        yield _value(document, f"{parameter['name']} ({parameter['in']})", parameter["schema"], parameter["required"])
    for media, entry in operation.get("requestBody", {}).get("content", {}).items():
        schema = resolve(entry["schema"], document)
        yield from ("", f"Request body (`{media}`):", "")
        for name, inner in schema.get("properties", {}).items():
            yield _value(document, name, inner, name in schema.get("required", []))
    yield from ("", f"Statuses: {', '.join(f'`{status}`' for status in operation['responses'])}.", "")
    catalogue = document.get("x-error-catalogue", {})
    for code in operation.get("x-error-codes", []):
        yield f"- error code [`{code}`](errors.md#{code})" if code in catalogue else f"- error code `{code}`"


def _value(document: Json, name: str, schema: Json, required: bool) -> str:
    """Return a line for one parameter or property: name, type, whether it is required, limits."""
    target = resolve(schema, document)
    items = resolve(target["items"], document) if "items" in target else {}
    kind = target.get("type", "value")
    facts = [
        f"{kind}{' of ' + str(items.get('type', 'values')) if items else ''}",
        "required" if required else "optional",
    ]
    values = target.get("enum") or items.get("enum")
    if values:
        facts.append("one of " + ", ".join(f"`{value}`" for value in values))
    facts += [f"{key.removeprefix('x-')} `{target[key]}`" for key in _LIMITS if key in target]
    return f"- `{name}`: {'; '.join(facts)}"


def _scopes(document: Json, operation: Json) -> list[str]:
    requirements = operation.get("security", document.get("security", []))
    return [scope for requirement in requirements for scopes in requirement.values() for scope in scopes]
