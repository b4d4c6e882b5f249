"""Unusual requests, each with one unusual aspect: a server may refuse the request for it, but may not crash."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from ..judge.routes import method
from .bodies import PAPERCLIP, RARE, program
from .client import Client

Write = tuple[str, str, str, dict[str, Any]]  # operation, method, path, a valid body
FORM = "application/x-www-form-urlencoded"
MEDIA_TYPES = ("application/json; charset=utf-8", None, FORM)


def writes(client: Client, own: str) -> list[Write]:
    """Return the three operations that take a body, each with a valid body.

    `own` is the id of an action of the owner's with the execution type `deluge`.
    """
    return [
        (operation, method(operation), client.at(operation, own), body)
        for operation, body in (
            ("create", client.action()),
            ("update", {"hint": "another hint"}),
            ("update_handler", {"script": "return 2;"}),
        )
    ]


def utf8(body: dict[str, Any]) -> bytes:
    """Return the body as JSON in UTF-8, without escapes of non-ASCII characters."""
    return json.dumps(body, ensure_ascii=False).encode()


def broken(body: dict[str, Any], operation: str) -> list[tuple[bytes, str | None]]:
    """Return variants of a valid body that are not JSON or not an object, each with the fact that it tests.

    The fact is None where no fact covers the variant.
    """
    text, malformed = utf8(body), "protocol.malformed"
    return [
        (text.replace(b'"}', b'\xff"}'), malformed),
        (text + b" x", malformed),
        (b"[" * 100_000, malformed),
        (b"[" + text + b"]", f"{operation}.object"),
        (b"", None if operation == "update" else malformed),
    ]


def twice(body: dict[str, Any], key: str) -> bytes:
    """Return the body as JSON in which `key` appears twice, with the same value."""
    return f"{utf8(body).decode()[:-1]}, {json.dumps(key)}: {json.dumps(body[key])}}}".encode()


def send_one(client: Client, random: Random, own: str) -> None:
    """Send one unusual request, chosen at random. `own` is the id of a Deluge action of the owner's."""
    operation, method, path, body = random.choice(writes(client, own))
    key = "script" if operation == "update_handler" else "hint"
    kind = random.choice(["text", "text", "text", "media type", "key", "broken"])
    if kind == "text":
        text = random.choice([PAPERCLIP, *RARE])
        field = key if key == "script" else random.choice(["name", "hint"])
        value = {"name": client.name(text=text), "hint": f"a {text}", "script": program(text)}[field]
        changed = {**(body if operation == "create" else {}), field: value}
        if text == PAPERCLIP and random.random() < 0.5:
            client.send(method, path, raw=utf8(changed))
        else:
            client.send(method, path, body=changed)
    elif kind == "media type":
        client.send(method, path, body=body, headers={"Content-Type": random.choice(MEDIA_TYPES)})
    elif kind == "broken":
        client.send(method, path, raw=random.choice(broken(body, operation))[0])
    else:
        name = random.choice(["name", "hint"]) if key == "hint" else key
        null = {**(body if operation == "create" else {}), name: None}
        raw = [utf8({**body, "colour": "red"}), twice(body, key), utf8(null)]
        client.send(method, path, raw=random.choice([*raw, *([utf8({})] if operation != "create" else [])]))
