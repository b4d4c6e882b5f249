"""The pages of the examples: a folder's README, and every Python file that it links to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_LINK = re.compile(r"\]\((?P<file>[\w.-]+\.py)\)")


def files(readme: str, root: Path) -> Iterator[str]:
    """Yield the Python files next to a README that it links to, as paths in the repository, without duplicates."""
    text = (root / readme).read_text("utf-8")
    for name in dict.fromkeys(match["file"] for match in _LINK.finditer(text)):
        yield str(PurePosixPath(readme).parent / name)


def places(readme: str, page: str, root: Path) -> dict[str, str]:
    """Return the place of each of these files in the site: a heading on the README's page."""
    return {file: f"{page}#{_anchor(file)}" for file in files(readme, root)}


def sections(readme: str, root: Path) -> str:
    """Return these files as Markdown, each below its own heading."""
    shown = [
        (PurePosixPath(file).name, _anchor(file), (root / file).read_text("utf-8")) for file in files(readme, root)
    ]
    return "".join(f"\n## `{name}` {{ #{anchor} }}\n\n```python\n{text}```\n" for name, anchor, text in shown)


def _anchor(file: str) -> str:
    return PurePosixPath(file).name.replace(".", "-").replace("_", "-")
