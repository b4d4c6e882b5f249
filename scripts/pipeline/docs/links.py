"""Links: convert those of the repository's READMEs to pages of the site, and check those of a built site."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.errors import PipelineError

_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def led(text: str, source: str, page: str, pages: Mapping[str, str], root: Path) -> str:
    """Return Markdown with its links converted for its place in the site.

    A link to a file or folder that the site does not contain becomes its text, as code.

    Args:
        text: the Markdown of a file of the repository.
        source: the path of that file in the repository, such as ``wrapper/README.md``.
        page: the place of the text in the site, such as ``guides/client.md``.
        pages: the place in the site of each file that it contains, by path in the repository.
        root: the root of the repository.

    Raise PipelineError if a link leads to nothing in the repository.
    """

    def place(match: re.Match[str]) -> str:
        target = match["target"]
        if urlsplit(target).scheme or target.startswith("#"):
            return match[0]
        file, _, fragment = target.partition("#")
        path = os.path.normpath(PurePosixPath(source).parent / unquote(file))
        if not (root / path).exists():
            raise PipelineError(f"{source} links to {target}, which does not exist")
        shown = pages.get(path) or pages.get(f"{path}/README.md")
        if shown is None:
            return f"{match['text']} (`{path}`)"
        there = os.path.relpath(shown, PurePosixPath(page).parent)
        return f"{match['image']}[{match['text']}]({there}{'#' + fragment if fragment else ''})"

    return _LINK.sub(place, text)


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
    """Yield ``page → link`` for every link in a folder's HTML pages that leads to no file or anchor in it."""
    pages: dict[Path, _Page] = {}
    for path in sorted(folder.rglob("*.html")):
        pages[path.resolve()] = _Page()
        pages[path.resolve()].feed(path.read_text("utf-8"))
    for path, found in pages.items():
        if path.name == "404.html":  # its links are relative to the root of whatever server shows it
            continue
        for link in found.links:
            parts: Any = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file() or (
                parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors
            ):
                yield f"{path.relative_to(folder.resolve())} → {link}"
