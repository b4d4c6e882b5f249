"""The command `zoho-cliq-mock trigger`: chooses a message action at a running mock and prints what happens.

Prints the event that was sent, the answer, and what the person would see. Exit codes: 0 the answer can be shown, 1 it
cannot or none came, 2 bad arguments, or a mock that refuses the choice or cannot be reached.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, NoReturn

from zoho_cliq_mock.control_client import ControlFailed
from zoho_cliq_mock.control_client import call as control_call
from zoho_cliq_mock.terminal import mute, plain, say

CONTROL_TOKEN = "ZOHO_CLIQ_MOCK_CONTROL"
BASE_URL = "ZOHO_CLIQ_BASE_URL"
SHOWN, NOT_SHOWN, USAGE_ERROR = 0, 1, 2
_WITH_TEXT = ("message", "banner", "form", "form_error")


def trigger(arguments: list[str]) -> int:
    """Run the command; gives its exit code."""
    options = _parser().parse_args(arguments)
    if not options.token:
        _fail(f"give the control token, which the mock prints when it starts, with --token or ${CONTROL_TOKEN}")
    if not options.text and not options.message:
        _fail("give --text for a new message, or --message with the id of one that is there")
    call: dict[str, Any] = {"action": options.action, "messages": options.message}
    for name in ("text", "type", "user", "chat"):
        if getattr(options, name):
            call[name] = getattr(options, name)
    if options.type and not options.text:
        _fail("--type goes with --text")
    record = choose(options.url, options.token, call)
    try:
        good = _report(record)
        sys.stdout.flush()
    except BrokenPipeError:
        mute(sys.stdout)
        return NOT_SHOWN
    except (LookupError, TypeError, AttributeError):
        _fail(f"what answers at {options.url} is no mock server of this version")
    return SHOWN if good else NOT_SHOWN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zoho-cliq-mock trigger", description="Choose a message action at a running mock server."
    )
    parser.add_argument("--action", required=True, help="name or id of the message action")
    parser.add_argument("--text", help="text of a new message to choose it on")
    parser.add_argument("--type", choices=["text", "link", "attachment"], help="kind of the new message (default text)")
    parser.add_argument("--message", action="append", default=[], metavar="ID", help="a message that is there already")
    parser.add_argument("--user", metavar="KEY", help="who chooses (default: the first user of the seed)")
    parser.add_argument("--chat", metavar="ID", help="where the new message is (default: the user's first chat)")
    parser.add_argument(
        "--url",
        default=os.environ.get(BASE_URL, "http://127.0.0.1:8100"),
        metavar="URL",
        help=f"the mock's address (default: ${BASE_URL}, else port 8100)",
    )
    parser.add_argument(
        "--token", default=os.environ.get(CONTROL_TOKEN), help=f"the control token (default: ${CONTROL_TOKEN})"
    )
    return parser


def choose(base_url: str, token: str, call: dict[str, Any]) -> dict[str, Any]:
    """Send `POST /_mock/trigger` to a running mock and give the record of the delivery.

    `base_url` may end in `/api/v3`. Exits with one line on the standard error where the mock refuses or is not there.
    """
    try:
        record: dict[str, Any] = control_call(base_url, token, "POST", "trigger", call)
    except ControlFailed as error:
        hint = "" if error.status else "; start one, or give its address with --url"
        _fail(f"{error}{hint}")
    return record


def _report(record: dict[str, Any]) -> bool:
    """Print what happened; gives whether the person sees an answer."""
    for attempt in record["attempts"]:
        _print(f"POST {attempt['url']}")
    _print(json.dumps(record["event"], indent=2, ensure_ascii=False))
    for attempt in record["attempts"]:
        result = attempt.get("error") or f"{attempt['status']}\n{attempt['body']}"
        _print(f"\nanswer after {attempt['milliseconds']} ms: {result}")
    _print(f"\n{plain(record['user'])} sees: {_sight(record['shown'])}")
    good = record["shown"]["kind"] in (*_WITH_TEXT, "nothing")
    deferred = record.get("deferred")
    if deferred is not None and deferred["kind"] == "refused":
        _print(f"no deferred answer: {deferred['text']}")
        return False
    return good


def _print(text: str) -> None:
    """Print what a server, a user or a script may have chosen, so that it cannot steer the terminal."""
    encoding = sys.stdout.encoding or "utf-8"
    print(plain(text, lines=True).encode(encoding, "backslashreplace").decode(encoding))


def _sight(shown: dict[str, Any]) -> str:
    kind, output = shown["kind"], shown["output"] or {}
    text = "".join(
        each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in shown["text"]
    )
    if kind == "nothing":
        return "nothing"
    if kind == "banner":
        return f"a {output['status']} banner: {text}"
    if kind in _WITH_TEXT:
        article = "an" if kind[0] in "aeiou" else "a"
        return f"{article} {kind.replace('_', ' ')}: {text}"
    return text


def _fail(message: str) -> NoReturn:
    say(f"zoho-cliq-mock trigger: {plain(message)}", sys.stderr)
    raise SystemExit(USAGE_ERROR)
