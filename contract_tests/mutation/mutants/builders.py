"""What a mutant is, and builders of changes to a server."""

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
    """A fault: its name and class, the facts that may be reported for it, and how a server gets it."""

    name: str
    kind: str
    facts: tuple[str, ...]
    prepare: Prepare


MUTANTS: dict[str, Mutant] = {}


def mutant(name: str, kind: str, *facts: str) -> Callable[[Prepare], Prepare]:
    """Register a mutant."""

    def register(prepare: Prepare) -> Prepare:
        assert name not in MUTANTS, name
        assert kind in CLASSES, kind
        MUTANTS[name] = Mutant(name, kind, facts, prepare)
        return prepare

    return register


def add(name: str, kind: str, facts: str, prepare: Prepare) -> None:
    """Register a mutant that fits on a line; `facts` separated by spaces."""
    mutant(name, kind, *facts.split())(prepare)


def _known(facts: str) -> str:
    """Return those of the facts that exist: a loop over operations names more than every operation has."""
    return " ".join(fact for fact in facts.split() if fact in FACTS)


def void(*_: object) -> None:
    """Return None, after its arguments were evaluated: lambdas are expressions."""


def replace(method: str, make: Callable[[Any], Callable[..., Any]]) -> Prepare:
    """Replace a method by `make(original)`."""

    def prepare(server: Reference) -> None:
        setattr(server, method, make(getattr(server, method)))

    return prepare


def around(method: str, change: Callable[..., Any]) -> Prepare:
    """Replace a method by `change(original, *arguments)`."""
    return replace(method, lambda original: lambda *arguments: change(original, *arguments))


def attribute(path: str, value: Any) -> Prepare:
    """Set an attribute, or with a dot an entry of a dict attribute."""

    def prepare(server: Reference) -> None:
        name, _, key = path.partition(".")
        if key:
            getattr(server, name)[key] = value
        else:
            setattr(server, name, value)

    return prepare


def wrap(change: Callable[[str, str, Headers, bytes | None, Reply], Reply]) -> Prepare:
    """Change replies: `change(method, path below the base, headers, body, reply)`."""

    def prepare(server: Reference) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            reply = server(method, target, headers, body)
            if target.startswith("/_mock"):
                return reply
            return change(method, target.removeprefix(BASE), headers, body, reply)

        return handle

    return prepare


def reply_json(edit: Callable[[str, str, dict[str, Any]], None], operations: str = "all") -> Prepare:
    """Edit the JSON of good replies, of the operations named."""

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
    """Edit error replies: `edit(operation, status, shown)`."""

    def change(method: str, target: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
        if reply[0] < 400:
            return reply
        edited = edit(operation_of(method, target), reply[0], json.loads(reply[2]))
        return reply if edited is None else (edited[0], reply[1], json.dumps(edited[1]).encode())

    return wrap(change)


def recode(code: str, new: str | None, operation: str = "") -> Prepare:
    """Let errors with `code` carry another code, or none."""

    def edit(name: str, status: int, shown: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        if shown.get("code") != code or (operation and name != operation):
            return None
        kept = {key: value for key, value in shown.items() if key != "code"}
        return status, (kept if new is None else {**kept, "code": new})

    return error(edit)


def with_field(name: str, value: Callable[[Any], Any], *operations: str) -> Prepare:
    """Change a field of what is sent by `value` before it is checked."""

    def make(original: Any) -> Any:
        def check(operation: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
            if operation in operations and name in given:
                given[name] = value(given[name])
            original(operation, given, known)

        return check

    return replace("check", make)


def lets_pass(field: str, operation: str, when: Callable[[Any], bool] = lambda value: True) -> Prepare:
    """Skip the check of the field in the operation's bodies where `when` holds."""

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
    """Refuse a valid body of the operation where `when` holds."""

    def make(original: Any) -> Any:
        def check(name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
            if name == operation and when(given):
                raise Refusal(400, "invalid_inputs", "no")
            original(name, given, known)

        return check

    return replace("check", make)


def crashes(when: Callable[[str, str, bytes], bool]) -> Prepare:
    """Answer with 500 where `when(method, target, body)` holds."""

    def change(method: str, target: str, _h: Headers, body: bytes | None, reply: Reply) -> Reply:
        if when(method, target, body or b""):
            return 500, [("Content-Type", "application/json")], b'{"message": "Internal error."}'
        return reply

    return wrap(change)


def limit_of(name: str, change: int, operation: str) -> Prepare:
    """Shift the limit of a field by `change` in one operation."""

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
