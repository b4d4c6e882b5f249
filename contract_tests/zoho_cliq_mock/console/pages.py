"""The files of the console, and the security headers of every console response."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.responses import Response

HEADERS = {
    "Cache-Control": "no-store",
    # Allow scripts, styles and requests of this origin only, and images also as `data:`. Trusted Types keep the DOM
    # from turning text into markup or scripts. Forms cannot be submitted, and no other page can frame this one.
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
    """Return the names of the console's static files."""
    return frozenset(each.name for each in (files("zoho_cliq_mock.console") / "static").iterdir() if each.is_file())


def page(name: str) -> Response:
    """Return a static file of the console as a response."""
    content = (files("zoho_cliq_mock.console") / "static" / name).read_bytes()
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]])


def closed(message: str, status: int) -> Response:
    """Return a page with one line that says why the console is not shown.

    Args:
        message: the line. It becomes HTML unescaped, so it must be a text of this program.
        status: the HTTP status.
    """
    return Response(_CLOSED.format(message=message), status, media_type="text/html")
