"""The few changes to the generator's templates, as checked replacements in its own text.

Each change names the SHA-256 of the template it was written for; another version of the generator is refused until
somebody has looked at it.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import PipelineError


class Change(NamedTuple):
    """Replacements in one template, and why."""

    template: str
    sha256: str
    reason: str
    replacements: tuple[tuple[str, str], ...]


CHANGES = (
    Change(
        "package_init.py.jinja",
        "ac15907e32dc39bd9b83ea6f2002fb87514f2182b97f88231b5a9c47321f6210",
        "`contract` must load without httpx, so the package loads its client on first use",
        (
            (
                "from .client import AuthenticatedClient, Client\n",
                "from __future__ import annotations\n\n"
                "from typing import TYPE_CHECKING, Any\n\n"
                "if TYPE_CHECKING:\n    from .client import AuthenticatedClient, Client\n",
            ),
            (
                '    "Client",\n)\n',
                '    "Client",\n)\n\n\n'
                "def __getattr__(name: str) -> Any:\n"
                "    if name in __all__:\n"
                "        from . import client\n\n"
                "        return getattr(client, name)\n"
                '    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")\n',
            ),
        ),
    ),
    Change(
        "client.py.jinja",
        "4eac65762f21014a7fbf59e730f1be6d28c9c85ddc1c40b458b6ff5f67a64c9e",
        "repr() of a client printed its token, also out of the headers, and a client had no timeout",
        (
            (
                '"token": namespace(type="str", default="",',
                '"token": namespace(type="str", default="field(repr=False)",',
            ),
            ('kw_only=True, alias="cookies")', 'kw_only=True, alias="cookies", repr=False)'),
            ('kw_only=True, alias="headers")', 'kw_only=True, alias="headers", repr=False)'),
            ('kw_only=True, alias="httpx_args")', 'kw_only=True, alias="httpx_args", repr=False)'),
            (
                'field(default=None, kw_only=True, alias="timeout")',
                'field(factory=lambda: httpx.Timeout(30.0), kw_only=True, alias="timeout")',
            ),
        ),
    ),
    Change(
        "endpoint_module.py.jinja",
        "c1b2628053eb4875ba59566baa5ae907666f9cbfafa308d93f970a4404b7cd52",
        "with bodies of several media types the code named `Unset` without importing it (where unused, ruff drops it); "
        "an answer that may be anything was thrown away",
        (
            ("from ...types import Response, UNSET\n", "from ...types import Response, UNSET, Unset\n"),
            (
                '{% set parsed_responses = (endpoint.responses | length > 0) and return_string != PythonCode("Any") %}',
                "{% set parsed_responses = endpoint.responses | length > 0 %}",
            ),
        ),
    ),
)


def write(into: Path) -> None:
    """Writes every changed template into a folder that the generator takes as its custom templates."""
    source = files("openapi_python_client").joinpath("templates")
    for change in CHANGES:
        text = source.joinpath(change.template).read_text("utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest != change.sha256:
            raise PipelineError(
                f"template {change.template} is not the one that the change in scripts/pipeline/templates.py was "
                f"written for (sha256 {digest}); look at it and renew the hash"
            )
        for old, new in change.replacements:
            if text.count(old) != 1:
                raise PipelineError(
                    f"template {change.template}: {old!r} stands there {text.count(old)} times, not once"
                )
            text = text.replace(old, new)
        (into / change.template).write_text(text, "utf-8")
