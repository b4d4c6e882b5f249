"""Signed cursors: the values of `next_token` and `sync_token`.

A cursor holds positions in the sequence of changes, never a time stamp or an offset, so it stays exact while others
write. It is valid only for the database, the state since the last reset, and the user that it was made for. The
signature exposes every altered or foreign token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from typing import NamedTuple

_LAYOUT = struct.Struct(">BIQQQQ")
_MAC_BYTES = 12
NEXT, SYNC = 1, 2


class Cursor(NamedTuple):
    """A position in a listing (`kind` NEXT), or between two listings of changes (`kind` SYNC).

    Attributes:
        kind: NEXT or SYNC.
        issued: when the token was made, in seconds since 1970.
        start: the number of the next change when the listing began.
        since: the first change that a listing of changes covers; 0 for a full listing.
        last: the last id of the page before.
    """

    kind: int
    issued: int
    start: int
    since: int
    last: int


class BadCursor(ValueError):
    """A token that is not valid here; the message is the reason."""


def _mac(key: bytes, payload: bytes, user: str) -> bytes:
    return hashlib.blake2b(payload + user.encode(), key=key, digest_size=_MAC_BYTES).digest()


def encode(cursor: Cursor, *, key: bytes, epoch: int, user: str) -> str:
    """Return the token for a cursor: opaque text of URL-safe characters.

    Args:
        cursor: the position.
        key: the secret key of the signature.
        epoch: the number of the current state; it changes with each reset and restore.
        user: the id of the user who gets the token.
    """
    payload = _LAYOUT.pack(cursor.kind, epoch, *cursor[1:])
    return base64.urlsafe_b64encode(payload + _mac(key, payload, user)).decode()


def decode(token: str, kind: int, *, key: bytes, epoch: int, user: str) -> Cursor:
    """Return the cursor in a token; the arguments after `kind` are those of `encode`.

    Raise `BadCursor` if the token is of another kind, or was not issued to this user since the last reset.
    """
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise BadCursor("is not a token of this server") from None
    payload, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    # Base64 can encode one value in several ways; only the issued spelling is accepted.
    canonical = base64.urlsafe_b64encode(raw).decode() == token
    if len(payload) != _LAYOUT.size or not canonical or not hmac.compare_digest(mac, _mac(key, payload, user)):
        raise BadCursor("is not a token of this server for this user")
    found, made_in, *rest = _LAYOUT.unpack(payload)
    if found != kind:
        raise BadCursor("is a token for another parameter")
    if made_in != epoch:
        raise BadCursor("is a token from before the last reset")
    return Cursor(found, *rest)
