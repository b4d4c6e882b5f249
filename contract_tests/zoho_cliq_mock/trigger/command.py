"""The command `zoho-cliq-mock trigger`: choose a message action at a running mock and print what happens.

It prints the event that was sent, the answer or what the script did, and what the user would see. Exit codes:

- 0: the answer can be shown.
- 1: the answer cannot be shown, there was none, or the script failed; with --wait, there was no deferred answer; or
  standard output cannot be written.
- 2: bad arguments, or the mock refuses the choice or cannot be reached.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, NoReturn

from zoho_cliq_mock.control_client import TIMEOUT, ControlFailed
from zoho_cliq_mock.control_client import call as control_call
from zoho_cliq_mock.results import VISIBLE, Delivery, Shown, read_delivery
from zoho_cliq_mock.terminal import plain, say, unwritten
from zoho_cliq_mock.trigger.deluge.lines import script_lines

CONTROL_TOKEN = "ZOHO_CLIQ_MOCK_CONTROL"
BASE_URL = "ZOHO_CLIQ_BASE_URL"
SHOWN, NOT_SHOWN, USAGE_ERROR = 0, 1, 2


def trigger(arguments: list[str]) -> int:
    """Run the command with these arguments and return its exit code."""
    options = parser().parse_args(arguments)
    if not options.token:
        _fail(f"give the control token, which the mock prints when it starts, with --token or ${CONTROL_TOKEN}")
    if not options.text and not options.message:
        _fail("give --text for a new message, or --message with the id of an existing one")
    call: dict[str, Any] = {"action": options.action, "messages": options.message}
    for name in ("text", "type", "user", "chat"):
        if getattr(options, name):
            call[name] = getattr(options, name)
    if options.type and not options.text:
        _fail("--type needs --text")
    if options.wait:
        call["wait"] = options.wait
    record = choose(options.url, options.token, call)
    try:
        good = _report(read_delivery(record), waited=options.wait)
        sys.stdout.flush()
    except OSError as error:
        unwritten("zoho-cliq-mock trigger", error)
        return NOT_SHOWN
    except (LookupError, TypeError, AttributeError):
        _fail(f"the server at {options.url} is not a mock server of this version")
    return SHOWN if good else NOT_SHOWN


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zoho-cliq-mock trigger", description="Run a message action on a running mock server."
    )
    parser.add_argument("--action", required=True, help="name or id of the message action")
    parser.add_argument("--text", help="text of a new message to run it on")
    parser.add_argument(
        "--type", choices=["text", "link", "attachment"], help="kind of the new message (default: text)"
    )
    parser.add_argument(
        "--message",
        action="append",
        default=[],
        metavar="ID",
        help="id of an existing message to run it on; may be repeated",
    )
    parser.add_argument("--user", metavar="KEY", help="user who runs it (default: the first user of the seed)")
    parser.add_argument(
        "--wait", type=float, default=0.0, metavar="SECONDS", help="how long to wait for a deferred answer (default: 0)"
    )
    parser.add_argument("--chat", metavar="ID", help="chat of the new message (default: the user's first chat)")
    parser.add_argument(
        "--url",
        default=os.environ.get(BASE_URL, "http://127.0.0.1:8100"),
        metavar="URL",
        help=f"the mock's address (default: ${BASE_URL}, or else port 8100)",
    )
    parser.add_argument(
        "--token", default=os.environ.get(CONTROL_TOKEN), help=f"the control token (default: ${CONTROL_TOKEN})"
    )
    return parser


def choose(base_url: str, token: str, call: dict[str, Any]) -> dict[str, Any]:
    """Send `POST /_mock/trigger` to a running mock and return the record of the delivery.

    Args:
        base_url: the mock's address, with or without `/api/v3` at its end.
        token: the control token.
        call: the body of the call.

    Exit with one line on standard error if the mock refuses the call or cannot be reached.
    """
    try:
        record: dict[str, Any] = control_call(
            base_url, token, "POST", "trigger", call, timeout=TIMEOUT + call.get("wait", 0)
        )
    except ControlFailed as error:
        hint = "" if error.status else "; start one, or give its address with --url"
        _fail(f"{error}{hint}")
    return record


def _report(delivery: Delivery, *, waited: float) -> bool:
    """Print what happened. Return whether the user sees every expected answer."""
    for attempt in delivery.attempts:
        _print(f"POST {attempt.url}")
    _print(json.dumps(delivery.event, indent=2, ensure_ascii=False))
    for attempt in delivery.attempts:
        result = attempt.error or f"{attempt.status}\n{attempt.body}"
        _print(f"\nanswer after {attempt.milliseconds} ms: {result}")
    if delivery.deluge is not None:
        _print("\n" + "\n".join(script_lines(delivery.deluge)))
    shown, deferred = delivery.shown, delivery.deferred
    seen = _description(shown) if shown else "nothing yet; the event will be sent again"
    _print(f"\n{plain(delivery.user)} sees: {seen}")
    if deferred is not None and deferred.kind == "refused":
        _print(f"no deferred answer: {deferred.text}")
    elif deferred is not None:
        _print(f"later: {_description(deferred)}")
    elif waited:
        _print(f"no deferred answer within {waited:g} s")
        return False
    return delivery.ok


def _print(text: str) -> None:
    """Print text that a server, a user or a script may have chosen, with control characters escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    print(plain(text, lines=True).encode(encoding, "backslashreplace").decode(encoding))


def _description(shown: Shown) -> str:
    kind, output = shown.kind, shown.output or {}
    text = "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in shown.text)
    if kind == "nothing":
        return "nothing"
    if kind == "banner":
        return f"a {output['status']} banner: {text}"
    if kind in VISIBLE:
        article = "an" if kind[0] in "aeiou" else "a"
        return f"{article} {kind.replace('_', ' ')}: {text}"
    return text


def _fail(message: str) -> NoReturn:
    say(f"zoho-cliq-mock trigger: {plain(message)}", sys.stderr)
    raise SystemExit(USAGE_ERROR)
