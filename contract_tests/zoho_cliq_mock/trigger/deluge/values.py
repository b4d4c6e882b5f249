"""The values of a script as JSON has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from zoho_cliq_deluge import Collection, File, text

from zoho_cliq_mock.trigger.deluge.databases import to_json


def plain(value: Any, hide: Callable[[str], str]) -> Any:
    """Return a value of a script in types of JSON, but with its decimals.

    A date-time becomes the text that Deluge prints, a collection a list or an object, a file its name, type and size.
    `hide` is applied to every text.
    """
    if isinstance(value, str):
        return hide(value.encode("utf-8", "replace").decode())
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, Collection):
        return plain({} if value.content is None else value.content, hide)
    if isinstance(value, File):
        return {"name": plain(value.name, hide), "type": plain(value.type, hide), "size": len(value.content)}
    if isinstance(value, dict):
        return {plain(str(key), hide): plain(item, hide) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, hide) for item in value]
    if isinstance(value, Decimal) and abs(value.adjusted()) > 300:
        return str(value)  # beyond what most readers of JSON take for a number
    return value


def as_json(value: Any, hide: Callable[[str], str]) -> bytes:
    """Return a value of a script as JSON."""
    return to_json(plain(value, hide))


def kept(value: Any, hide: Callable[[str], str], most: int) -> Any:
    """Return a value of a script for a record: as JSON has it. Of a text that is longer than `most` characters, and of
    the JSON of what else is longer, only the start."""
    if isinstance(value, str):
        found = plain(value, hide)
        return found if len(found) <= most else f"{found[:most]}…"
    content = as_json(value, hide)
    return orjson.loads(content) if len(content) <= most else content[:most].decode("utf-8", "ignore") + "…"
