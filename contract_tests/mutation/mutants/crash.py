"""Faults of servers that answer certain requests with 500."""

from __future__ import annotations

import json
from typing import Any

from api_paths import CREATING, handler_path
from reference_server import Action, Handle, Headers, Reference, Refusal, Reply

from .builders import add, crashes, mutant


def text(body: bytes) -> str:
    """Return the body as text, with the escapes of JSON resolved if it is JSON."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""


add(
    "crash-on-null-byte",
    "crash",
    "protocol.no-crash protocol.malformed",
    crashes(lambda m, t, b: b"\\u0000" in b or b"\x00" in b),
)
add("crash-on-lone-surrogate", "crash", "protocol.no-crash", crashes(lambda m, t, b: b"\\ud800" in b.lower()))
add(
    "crash-on-deep-nesting",
    "crash",
    "protocol.malformed protocol.no-crash",
    crashes(lambda m, t, b: b[:50] == b"[" * 50 or b.count(b'{"a":') > 50),
)
add(
    "crash-on-broken-json",
    "crash",
    "protocol.malformed",
    crashes(lambda m, t, b: b.endswith((b'"hint"', b"cut"))),
)
add(
    "crash-on-broken-json-of-updates",
    "crash",
    "protocol.malformed",
    crashes(lambda m, t, b: m == "PATCH" and b.endswith(b"cut")),
)
add(
    "crash-on-no-body",
    "crash",
    "protocol.malformed",
    crashes(lambda m, t, b: m == "POST" and t == CREATING and not b),
)
add(
    "crash-on-array-body",
    "crash",
    "create.object update.object",
    crashes(lambda m, t, b: b[:1] == b"[" and b[:2] != b"[["),
)
add("crash-on-bad-utf-8", "crash", "protocol.malformed", crashes(lambda m, t, b: b"\xff" in b))
add("crash-on-huge-number", "crash", "create.team_ids.type", crashes(lambda m, t, b: b"1e999" in b))
add("crash-on-big-integer", "crash", "protocol.no-crash", crashes(lambda m, t, b: b"0" * 300 in b))
add("crash-on-unknown-key", "crash", "protocol.no-crash", crashes(lambda m, t, b: b'"colour"' in b))
add(
    "crash-on-repeated-key",
    "crash",
    "protocol.no-crash",
    crashes(lambda m, t, b: b.count(b'"hint"') > 1 and m == "POST"),
)
add("crash-on-wrong-type", "crash", "create.name.type update.name.type", crashes(lambda m, t, b: b'"name": 5' in b))
add("crash-on-bad-sync-token", "crash", "protocol.no-crash", crashes(lambda m, t, b: "sync_token=bm90" in t))
add("crash-on-bad-next-token", "crash", "protocol.no-crash", crashes(lambda m, t, b: "next_token=bm90" in t))
add("crash-on-limit-of-letters", "crash", "list.limit.type", crashes(lambda m, t, b: "limit=ten" in t))
add("crash-on-limit-zero", "crash", "protocol.no-crash", crashes(lambda m, t, b: "limit=0" in t))
add("crash-on-text-id", "crash", "protocol.id", crashes(lambda m, t, b: t.endswith("x") and len(t) > 20))
add("crash-on-huge-id", "crash", "protocol.id", crashes(lambda m, t, b: "9" * 24 in t))
add(
    "crash-on-emoji",
    "crash",
    "protocol.no-crash",
    crashes(lambda m, t, b: "\U0001f4ce" in text(b)),
)
add("crash-on-null-name", "crash", "create.name.required", crashes(lambda m, t, b: b'"name": null' in b))
add("crash-on-form-body", "crash", "protocol.malformed", crashes(lambda m, t, b: b.startswith(b"name=")))
add(
    "crash-on-handler-of-unknown-action",
    "crash",
    "get_handler.missing-action update_handler.missing-action delete.gone",
    crashes(lambda m, t, b: t == handler_path("987000000654321")),
)


@mutant("crash-on-second-delete", "crash", "delete.msgaction_not_found")
def _(server: Reference) -> None:
    original = server.find_to_change

    def find(user: str, identifier: str) -> Action:
        if identifier in server.actions and not server.actions[identifier].alive:
            raise Refusal(500, None, "crash")
        return original(user, identifier)

    server.find_to_change = find  # type: ignore[method-assign]


add(
    "crash-on-null-in-updates",
    "crash",
    "protocol.no-crash",
    crashes(lambda m, t, b: b'"hint": null' in b and m == "PATCH"),
)
add("crash-on-null-script", "crash", "protocol.no-crash", crashes(lambda m, t, b: b'"script": null' in b))
add("crash-on-what-is-no-image", "crash", "protocol.no-crash", crashes(lambda m, t, b: b"no base64" in b))
add("crash-on-quotes-in-ids", "crash", "protocol.id", crashes(lambda m, t, b: "'" in t))
add("crash-on-the-id-zero", "crash", "protocol.id", crashes(lambda m, t, b: t.endswith("/0")))
add("crash-on-leading-space", "crash", "protocol.no-crash", crashes(lambda m, t, b: b[:1].isspace()))


@mutant("crash-without-content-type", "crash", "protocol.no-crash")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        if body and not any(name == "Content-Type" for name, _ in headers):
            return 500, [("Content-Type", "application/json")], b'{"message": "Internal error."}'
        return server(method, target, headers, body)

    return handle


@mutant("crash-on-deleting-what-has-permissions", "crash", "protocol.no-crash")
def _(server: Reference) -> None:
    original = server.delete

    def delete(user: str, identifier: str, *rest: Any) -> Any:
        if identifier in server.actions and server.actions[identifier].permissions:
            raise Refusal(500, None, "Internal error.")
        return original(user, identifier, *rest)

    server.delete = delete  # type: ignore[method-assign]
