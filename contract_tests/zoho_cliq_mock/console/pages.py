"""What the console sends to a browser: its files, with header fields that let nothing else in."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.responses import Response

HEADERS = {
    "Cache-Control": "no-store",
    # Scripts, styles and requests of this origin only; pictures also as `data:`. No text can become markup or a script
    # by way of the DOM (Trusted Types), no form leaves the page, and no other page can frame it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}

_CLOSED = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>zoho-cliq-mock</title><link rel="icon" href="data:,"></head>
<body>
<h1>zoho-cliq-mock</h1>
<p>{message}</p>
</body>
</html>
"""


@cache
def file_names() -> frozenset[str]:
    """Return the names of the console's files."""
    return frozenset(each.name for each in (files("zoho_cliq_mock.console") / "static").iterdir() if each.is_file())


def page(name: str) -> Response:
    """Return one of the console's files as an answer."""
    content = (files("zoho_cliq_mock.console") / "static" / name).read_bytes()
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]])


def closed(message: str, status: int) -> Response:
    """Return a page without the console, with one line that says why. The line must be text of this program."""
    return Response(_CLOSED.format(message=message), status, media_type="text/html")
