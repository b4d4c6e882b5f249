"""The type of a mutant, functions that register one, and functions that return changes of a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reference_server import BASE, Handle, Headers, Reference, Refusal, Reply
from zoho_cliq_conformance.judge.facts import FACTS

Prepare = Callable[[Reference], Any]
CLASSES = (
    "protocol", "shape", "validation", "crash", "errors", "auth", "state", "paging", "sync", "thresholds",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A faulty server.

    Attributes:
        name: the name of the fault.
        kind: the class of the fault: one of `CLASSES`.
        facts: the ids of the facts that it may break; one of them has to be reported.
        prepare: puts the fault into a server; may return another function that handles the requests.
    """

    name: str
    kind: str
    facts: tuple[str, ...]
    prepare: Prepare


MUTANTS: dict[str, Mutant] = {}


def mutant(name: str, kind: str, *facts: str) -> Callable[[Prepare], Prepare]:
    """Return a decorator that registers a function as the `prepare` of a mutant; see `Mutant`."""

    def register(prepare: Prepare) -> Prepare:
        assert name not in MUTANTS, name
        assert kind in CLASSES, kind
        MUTANTS[name] = Mutant(name, kind, facts, prepare)
        return prepare

    return register


def add(name: str, kind: str, facts: str, prepare: Prepare) -> None:
    """Register a mutant; see `Mutant`. `facts` are separated by spaces."""
    mutant(name, kind, *facts.split())(prepare)


def _known(facts: str) -> str:
    """Return those of the facts that exist, separated by spaces: not every operation has every kind of fact."""
    return " ".join(fact for fact in facts.split() if fact in FACTS)


def void(*_: object) -> None:
    """Return None. A lambda uses this to evaluate several expressions, which are the arguments."""


def replace(method: str, make: Callable[[Any], Callable[..., Any]]) -> Prepare:
    """Return a change that replaces a method by `make(original)`."""

    def prepare(server: Reference) -> None:
        setattr(server, method, make(getattr(server, method)))

    return prepare


def around(method: str, change: Callable[..., Any]) -> Prepare:
    """Return a change that replaces a method by one that calls `change(original, *arguments)`."""
    return replace(method, lambda original: lambda *arguments: change(original, *arguments))


def attribute(path: str, value: Any) -> Prepare:
    """Return a change that sets an attribute, or an entry of a dict attribute if `path` is of the form `name.key`."""

    def prepare(server: Reference) -> None:
        name, _, key = path.partition(".")
        if key:
            getattr(server, name)[key] = value
        else:
            setattr(server, name, value)

    return prepare


def wrap(change: Callable[[str, str, Headers, bytes | None, Reply], Reply]) -> Prepare:
    """Return a change that replaces each reply by `change(method, path below the base URL, headers, body, reply)`."""

    def prepare(server: Reference) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            reply = server(method, target, headers, body)
            if target.startswith("/_mock"):
                return reply
            return change(method, target.removeprefix(BASE), headers, body, reply)

        return handle

    return prepare


def reply_json(edit: Callable[[str, str, dict[str, Any]], None], operations: str = "all") -> Prepare:
    """Return a change that edits the JSON of replies with the status 200.

    Args:
        edit: called with the operation, the path and the JSON, which it changes in place.
        operations: the operations concerned, separated by spaces; default: all.
    """

    def change(method: str, target: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
        status, headers, content = reply
        name = operation_of(method, target)
        if status != 200 or not content or (operations != "all" and name not in operations.split()):
            return reply
        shown = json.loads(content)
        edit(name, target, shown)
        return status, headers, json.dumps(shown).encode()

    return wrap(change)


def operation_of(method: str, target: str) -> str:
    parts = target.split("?")[0].strip("/").split("/")
    names = {1: {"GET": "list", "POST": "create"}, 2: {"GET": "get", "PATCH": "update", "DELETE": "delete"}}
    names[4] = {"GET": "get_handler", "PATCH": "update_handler"}
    return names.get(len(parts), {}).get(method, "")


def actions_of(shown: dict[str, Any]) -> list[dict[str, Any]]:
    data = shown.get("data", [])
    return [item for item in (data if isinstance(data, list) else [data]) if "handlers" in item]


def status_of(operation: str, old: int, new: int) -> Prepare:
    return wrap(lambda m, t, h, b, r: (new, r[1], r[2]) if operation_of(m, t) == operation and r[0] == old else r)


def error(edit: Callable[[str, int, dict[str, Any]], tuple[int, dict[str, Any]] | None]) -> Prepare:
    """Return a change that edits error replies.

    `edit(operation, status, shown)` returns the new status and JSON, or None to leave the reply unchanged.
    """

    def change(method: str, target: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
        if reply[0] < 400:
            return reply
        edited = edit(operation_of(method, target), reply[0], json.loads(reply[2]))
        return reply if edited is None else (edited[0], reply[1], json.dumps(edited[1]).encode())

    return wrap(change)


def recode(code: str, new: str | None, operation: str = "") -> Prepare:
    """Return a change that replaces an error code by `new`, or removes it if `new` is None.

    `operation` restricts this to one operation; default: all.
    """

    def edit(name: str, status: int, shown: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        if shown.get("code") != code or (operation and name != operation):
            return None
        kept = {key: value for key, value in shown.items() if key != "code"}
        return status, (kept if new is None else {**kept, "code": new})

    return error(edit)


def with_field(name: str, value: Callable[[Any], Any], *operations: str) -> Prepare:
    """Return a change that replaces a field in request bodies of `operations` by `value(field)` before the checks."""

    def make(original: Any) -> Any:
        def check(operation: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
            if operation in operations and name in given:
                given[name] = value(given[name])
            original(operation, given, known)

        return check

    return replace("check", make)


def lets_pass(field: str, operation: str, when: Callable[[Any], bool] = lambda value: True) -> Prepare:
    """Return a change that skips the check of a field in bodies of the operation if `when(value)` is true."""

    def make(original: Any) -> Any:
        def check(name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
            if name == operation and field in given and when(given[field]):
                given = {**given, field: HARMLESS[field]}
            original(name, given, known)

        return check

    return replace("check", make)


HARMLESS: dict[str, Any] = {
    **dict.fromkeys(("name", "hint", "script"), "harmless"),
    "execution_url": "https://a.example.com",
    "image": "aGk=",
    "scope": "personal",
    "execution_type": "deluge",
    "team_ids": [100001],
    "message_types": ["text"],
    "permissions": ["chat"],
    "multi_selectable": True,
}


def refuses(operation: str, when: Callable[[dict[str, Any]], bool]) -> Prepare:
    """Return a change that refuses valid bodies of the operation for which `when(body)` is true."""

    def make(original: Any) -> Any:
        def check(name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
            if name == operation and when(given):
                raise Refusal(400, "invalid_inputs", "no")
            original(name, given, known)

        return check

    return replace("check", make)


def crashes(when: Callable[[str, str, bytes], bool]) -> Prepare:
    """Return a change that answers 500 if `when(method, target, body)` is true."""

    def change(method: str, target: str, _h: Headers, body: bytes | None, reply: Reply) -> Reply:
        if when(method, target, body or b""):
            return 500, [("Content-Type", "application/json")], b'{"message": "Internal error."}'
        return reply

    return wrap(change)


def limit_of(name: str, change: int, operation: str) -> Prepare:
    """Return a change that adds `change` to the limit of a field in one operation."""

    def make(original: Any) -> Any:
        def check_value(in_operation: str, field: str, value: Any) -> None:
            server = original.__self__
            if in_operation == operation and field == name:
                kept = dict(server.limits)
                server.limits[name] += change
                try:
                    original(in_operation, field, value)
                finally:
                    server.limits = kept
            else:
                original(in_operation, field, value)

        return check_value

    return replace("check_value", make)


def without(names: str) -> Callable[[str, str, dict[str, Any]], None]:
    def edit(_o: str, _t: str, shown: dict[str, Any]) -> None:
        for action in actions_of(shown):
            for name in names.split():
                action.pop(name, None)

    return edit


def with_value(name: str, value: Any) -> Callable[[str, str, dict[str, Any]], None]:
    def edit(_o: str, _t: str, shown: dict[str, Any]) -> None:
        for action in actions_of(shown):
            if name in action:
                action[name] = value(action[name]) if callable(value) else value

    return edit
