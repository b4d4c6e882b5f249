"""Converts the values of a script to JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from zoho_cliq_deluge import Collection, File, text

from zoho_cliq_mock.trigger.deluge.databases import to_json


def plain(value: Any, hide: Callable[[str], str]) -> Any:
    """Return a value of a script as JSON types; decimals stay `Decimal`.

    A date-time becomes the text that Deluge prints, a collection becomes a list or an object, and a file becomes an
    object of its name, type and size.

    Args:
        value: the value.
        hide: applied to every text, to remove secrets.
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
        return str(value)  # most JSON parsers cannot read such a large exponent as a number
    return value


def as_json(value: Any, hide: Callable[[str], str]) -> bytes:
    """Return a value of a script as JSON bytes; `hide` is applied to every text."""
    return to_json(plain(value, hide))


def kept(value: Any, hide: Callable[[str], str], most: int) -> Any:
    """Return a value of a script as a record keeps it: its start and `…` if it is too long.

    Args:
        value: the value.
        hide: applied to every text, to remove secrets.
        most: the limit: characters of a text, bytes of the JSON of any other value.
    """
    if isinstance(value, str):
        found = plain(value, hide)
        return found if len(found) <= most else f"{found[:most]}…"
    content = as_json(value, hide)
    return orjson.loads(content) if len(content) <= most else content[:most].decode("utf-8", "ignore") + "…"
