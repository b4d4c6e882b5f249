"""Print the requests that a command would send, for `--dry-run`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from .naming import STAND_IN, Chosen
from .output import printable, show, tell

HIDDEN = "(hidden)"

_LONGEST = 500
"""The most characters of a body's text that are printed; images are long."""


def show_requests(
    options: argparse.Namespace, cliq: Any, call: Callable[[str], Any], action: Chosen | None = None
) -> None:
    """Print the request of a call that is not sent.

    Args:
        options: the parsed command line.
        cliq: the client.
        call: a function that makes the call for an action id.
        action: the action, if the call is about one. If it is chosen by name, the listing that would find it is
            printed first.
    """
    from .._planning import planned
    from ..message_actions.adopt import Adoption

    shown, identifier, place = [], "", ""
    if action is not None:
        identifier, place = action.id or STAND_IN, f"{{id of {action.name!r}}}"
        if action.id is None:
            shown.append(_request(cliq, cliq._calls.list_page(), ""))
    plan: Any = planned(lambda: call(identifier), cliq._engine).plan
    shown.append(_request(cliq, plan.create if isinstance(plan, Adoption) else plan, place))
    show_all(options, shown)


def show_all(options: argparse.Namespace, requests: list[dict[str, Any]]) -> None:
    """Print requests, each a mapping of `method`, `url`, `headers` and `body`, and say that nothing was sent."""
    if options.json:
        show(f"{json.dumps({'dry_run': True, 'requests': requests}, indent=2)}\n")
        return
    show("\n".join(printable(_as_text(request)) for request in requests))
    if not options.quiet:
        tell("zoho-cliq: dry run: nothing was sent")


def _request(cliq: Any, call: Any, place: str) -> dict[str, Any]:
    url = f"{cliq._engine.base_url}{call.path.replace(STAND_IN, place) if place else call.path}"
    query = urlencode(call.params, doseq=True)
    return {
        "method": call.operation.method,
        "url": f"{url}?{query}" if query else url,
        "headers": {"Authorization": f"Bearer {HIDDEN}", **call.headers},
        "body": None if call.content is None else _body(call.content),
    }


def _body(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "backslashreplace")


def _as_text(request: dict[str, Any]) -> str:
    lines = [f"{request['method']} {request['url']}"]
    lines += [f"{name}: {value}" for name, value in request["headers"].items()]
    body = request["body"]
    if isinstance(body, dict):
        body = {name: _shortened(value) for name, value in body.items()}
    if body is not None:
        lines += ["", body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)]
    return "\n".join(lines) + "\n"


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}… ({len(value)} characters)"
    return value
