"""The HTML reference: pdoc over the packages, and a page of every operation with its facts from the composed document.

All or nothing: a warning of pdoc's or a link that leads nowhere leaves the old reference as it was.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pdoc
import pdoc.doc
import pdoc.render

from pipeline.compose import operations
from pipeline.documents import Json, load
from pipeline.errors import PipelineError
from pipeline.install import scratch, swap
from pipeline.schema_changes import resolve
from pipeline.tree import ROOT, Tree

PACKAGES = (
    "zoho_cliq",
    "zoho_cliq.webhooks",
    "zoho_cliq_api.contract",
    "zoho_cliq_api.models",
    "zoho_cliq_mock",
    "zoho_cliq_conformance.grading",
)
OPERATIONS = "operations"
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

_INDEX = """{% extends "default/index.html.jinja2" %}
{% block title %}zoho-cliq{% endblock %}
{% block logo %}<h1 style="padding-right: 2rem">zoho-cliq</h1>{% endblock %}
{% block content %}
{{ super() }}
<main class="pdoc"><section class="module-info"><div class="docstring"><dl>
{% for name, line in guide %}<dt><a href="{{ name.replace(".", "/") }}.html">{{ name }}</a></dt><dd>{{ line }}</dd>
{% endfor %}</dl></div></section></main>
{% endblock %}
"""
"""The first page: what there is, a line each, below the search."""


def build(tree: Tree) -> Path:
    """Writes the reference and gives its folder; PipelineError on a warning, a dead link or a module that fails."""
    target = tree.root / "build" / "docs"
    with scratch(tree.root) as name:
        pages, modules = Path(name) / "docs", Path(name) / "modules"
        modules.mkdir()
        (modules / f"{OPERATIONS}.py").write_text(page(load(tree.composed)), "utf-8")
        (modules / "index.html.jinja2").write_text(_INDEX, "utf-8")
        _pdoc(pages, modules, tree.version)
        dead = list(dead_links(pages))
        if dead:
            raise PipelineError(f"the reference has {len(dead)} dead links, the first: {dead[0]}")
        swap(pages, target, Path(name) / "old")
    return target


def _pdoc(pages: Path, modules: Path, version: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # In a class with a method called `list`, pdoc takes `list[…]` for it, and shows the source's words instead.
        warnings.filterwarnings("ignore", r".*'function' object is not subscriptable", UserWarning)
        sys.path.insert(0, str(modules))
        pdoc.doc.Class._taken_from = _taken_from_public  # type: ignore[method-assign]
        try:
            for name in (*PACKAGES, OPERATIONS):
                _load(name)
            pdoc.render.configure(
                docformat="markdown",
                footer_text=f"zoho-cliq {version}",
                show_source=False,
                template_directory=modules,
            )
            pdoc.render.env.globals["guide"] = [(name, _first_line(name)) for name in (OPERATIONS, *PACKAGES)]
            pdoc.pdoc(*PACKAGES, OPERATIONS, output_directory=pages)
        except Exception as error:
            raise PipelineError(f"pdoc: {type(error).__name__}: {error}") from error
        finally:
            sys.path.remove(str(modules))
            sys.modules.pop(OPERATIONS, None)


def _first_line(name: str) -> str:
    """The first paragraph of a module's docstring."""
    return " ".join((sys.modules[name].__doc__ or "").split("\n\n")[0].split())


def _load(name: str) -> None:
    """Imports a module and everything that it would only load on first use; pdoc sees no more than what is there."""
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        module.__dict__.setdefault(public, getattr(module, public))


_taken_from = pdoc.doc.Class._taken_from


def _taken_from_public(self: pdoc.doc.Class, member_name: str, obj: Any) -> tuple[str, str]:
    """What a public class has from a private base is its own: the base has no page to show it on."""
    module, name = _taken_from(self, member_name, obj)
    owner = name.split(".")[0]
    if owner.startswith("_") and module.partition(".")[0] == self.modulename.partition(".")[0]:
        return self.modulename, f"{self.qualname}.{member_name}"
    return module, name


# --- the page of operations -------------------------------------------------------------------------------------------


def page(document: Json) -> str:
    """The source of a module whose docstring tells every operation's facts."""
    lines = [
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
    return f"{json.dumps(chr(10).join(lines) + chr(10), ensure_ascii=False)}\n"


def _anchor(operation: Json) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^a-z0-9]+", "-", str(operation.get("summary", operation["operationId"])).lower()).strip("-")


def _operation(document: Json, path: str, method: str, operation: Json) -> Iterator[str]:
    yield from (f"## {operation.get('summary', operation['operationId'])}", "")
    yield from (f"`{operation['operationId']}`, `{method.upper()} {path}`", "")
    if operation.get("description"):
        yield from (str(operation["description"]), "")
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
        yield f"- error code `{code}`: `{catalogue[code]['class']}`" if code in catalogue else f"- error code `{code}`"


def _value(document: Json, name: str, schema: Json, required: bool) -> str:
    """One parameter or property: name, type, need and limits."""
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


# --- links ------------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key in ("id", "name") and value:
                self.anchors.add(value)
            elif key in ("href", "src") and value:
                self.links.append(value)


def dead_links(folder: Path) -> Iterator[str]:
    """Every link of the pages below a folder that leads to no page or no anchor of theirs."""
    pages: dict[Path, _Page] = {}
    for path in sorted(folder.rglob("*.html")):
        pages[path.resolve()] = _Page()
        pages[path.resolve()].feed(path.read_text("utf-8"))
    for path, found in pages.items():
        for link in found.links:
            parts: Any = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (
                parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors
            ):
                yield f"{path.relative_to(folder.resolve())} → {link}"


def main(tree: Tree | None = None) -> int:
    """The command: 0 built, 2 refused."""
    try:
        target = build(tree or Tree(ROOT))
    except (PipelineError, OSError) as error:
        print(f"docs: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(f"docs: {sum(1 for _ in target.rglob('*.html'))} pages in {target}; start at {target / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
