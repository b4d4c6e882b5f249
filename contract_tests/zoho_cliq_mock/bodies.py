"""Parses request bodies, and refuses hostile ones before they reach the schemas."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from zoho_cliq_mock.errors import Refusal

# Enough for a script of 250 KB in which every character is escaped (`\\u0020`: six bytes for one).
MAX_BYTES = 2 * 1024 * 1024
_NULL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # `\u0000` after an escaped backslash is text


class _Duplicate(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Duplicate(next(key for key in keys if keys.count(key) > 1))
    return found


def is_json(content_type: bytes | None) -> bool:
    """Return whether a Content-Type header value means JSON in UTF-8; False if it is None."""
    if content_type == b"application/json":
        return True
    if content_type is None:
        return False
    kind, *parameters = content_type.decode("latin-1").lower().split(";")
    charsets = [text.strip() for text in parameters if text.strip().startswith("charset=")]
    return kind.strip() == "application/json" and all(
        text.removeprefix("charset=").strip('"') in ("utf-8", "utf8") for text in charsets
    )


def read_json(content_type: bytes | None, raw: bytes) -> Any:
    """Return the data of a JSON body.

    Args:
        content_type: the value of the Content-Type header, or None.
        raw: the body.

    Raise `Refusal` if the body or its type is not acceptable.
    """
    if not is_json(content_type):
        raise Refusal("invalid_inputs", "the Content-Type must be application/json")
    if not raw:
        raise Refusal("invalid_inputs", "the body is missing")
    try:
        # orjson refuses NaN, lone surrogates, other encodings and deep nesting. json then parses what passed, only
        # to detect duplicate keys.
        orjson.loads(raw)
        data = json.loads(raw, object_pairs_hook=_unique)
    except _Duplicate as error:
        raise Refusal("invalid_inputs", f"the body has the key {str(error)[:40]!r} twice") from None
    except (ValueError, RecursionError):
        raise Refusal("invalid_inputs", "the body is not valid JSON, or is nested too deeply") from None
    if b"\\u0000" in raw and _NULL.search(raw):
        raise Refusal("invalid_inputs", "the body has a null character in a string")
    return data
