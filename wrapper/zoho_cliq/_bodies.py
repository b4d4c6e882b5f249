"""Turn arguments (files, bytes, sequences) into request bodies."""

from __future__ import annotations

import base64
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._schema.validation import Schema
from .errors import ValidationError


def as_json(given: Any, properties: Mapping[str, Schema], operation: str) -> Any:
    """Return `given` as JSON can hold it.

    A field with `contentEncoding: base64` may be text, bytes or the path of a file; one with `contentMediaType`, text
    or the path of a UTF-8 file. Sequences and sets become lists. Anything but a dictionary is returned as it is. Raise
    ValidationError if a file cannot be read.
    """
    if not isinstance(given, dict):
        return given
    return {name: _plain(name, value, properties.get(name, {}), operation) for name, value in given.items()}


def _plain(name: str, value: Any, schema: Schema, operation: str) -> Any:
    encoded = schema.get("contentEncoding") == "base64"
    if isinstance(value, os.PathLike) and (encoded or "contentMediaType" in schema):
        value = _file(name, Path(value), encoded, operation)
    if encoded and isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    return list(value) if isinstance(value, (tuple, set, frozenset)) else value


def _file(name: str, path: Path, binary: bool, operation: str) -> str | bytes:
    try:
        return path.read_bytes() if binary else path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        no_text = (
            "it is not UTF-8 text"
            if isinstance(error, UnicodeDecodeError)
            else "a path cannot contain a null character"
        )
        reason = error.strerror if isinstance(error, OSError) else no_text
        raise ValidationError(f"cannot read {path}: {reason}", field=name, operation=operation) from error


def is_file(value: object) -> bool:
    """Return whether a form field is sent as a file."""
    return isinstance(value, (bytes, bytearray, os.PathLike))


def as_multipart(fields: Mapping[str, Any], operation: str) -> tuple[str, bytes]:
    """Return the media type and the bytes of a multipart form. Bytes and paths are sent as files, all else as text."""
    boundary = uuid.uuid4().hex
    parts = []
    for name, value in fields.items():
        disposition = f'form-data; name="{_quoted(name)}"'
        content: str | bytes
        if isinstance(value, os.PathLike):
            path = Path(value)
            disposition += f'; filename="{_quoted(path.name)}"'
            content = _file(name, path, True, operation)
        elif isinstance(value, (bytes, bytearray)):
            disposition += f'; filename="{_quoted(name)}"'
            content = bytes(value)
        else:
            content = value if isinstance(value, str) else json.dumps(value)
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n"
        parts.append(head.encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def _quoted(text: str) -> str:
    """Return a name escaped for a form header, as the WHATWG HTML standard says.

    Quotes and line breaks are percent-encoded.
    """
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
