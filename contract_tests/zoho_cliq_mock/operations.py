"""The seven operations: each turns a checked request into the body of the response.

`ACTS` has one function for each operation id of the document. An operation that is new in the document and has no
function here is answered with 501 and logged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import orjson
from zoho_cliq_api.contract import Operation

from zoho_cliq_mock.cursors import NEXT, SYNC, BadCursor, Cursor, decode, encode
from zoho_cliq_mock.directory import User
from zoho_cliq_mock.document import BASE_PATH
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.path_parameters import ACTION_ID, HANDLER_TYPE
from zoho_cliq_mock.state import State


class ApiRequest(NamedTuple):
    """A call that passed all guards.

    Attributes:
        user: the caller.
        operation: the operation that is called.
        parameters: the values of the path parameters, by argument name.
        query: the raw query string.
        body: the checked JSON body; None if the operation takes none.
    """

    user: User
    operation: Operation
    parameters: dict[str, str]
    query: bytes
    body: Any

    @property
    def id(self) -> str:
        """The id of the action in the path, as text."""
        return self.parameters[ACTION_ID]

    @property
    def handler(self) -> str:
        """The kind of handler in the path."""
        return self.parameters[HANDLER_TYPE]


def create_action(state: State, call: ApiRequest) -> bytes:
    """Create an action."""
    return _envelope(_path(call), state.store.create(call.user, call.body))


def list_actions(state: State, call: ApiRequest) -> bytes:
    """Return a page of the listing: of all actions, or with `sync_token` of those that changed."""
    query = parse_query(call.query) if call.query else {}
    limit = _limit(state, query.get("limit"))
    listing = _listing(state, call.user, query)
    if listing.since:
        page = state.store.changes(call.user, since=listing.since - 1, last=listing.last, limit=limit)
    else:
        page = state.store.page(call.user, last=listing.last, limit=limit)
    parts = [b'{"url":"', _path(call), b'","type":"messageaction","data":[', b",".join(page.items), b"]"]
    if page.more:
        parts += (b',"next_token":"', _token(state, call.user, listing._replace(last=page.last)), b'"')
    elif listing.since and state.policies.deleted_key == "present":
        gone = state.store.audiences.gone(call.user, listing.since - 1)
        parts += (b',"deleted":[', b",".join(b'"%d"' % each for each in gone), b"]")
    if not page.more or state.policies.sync_token_on == "every":
        token = _token(state, call.user, Cursor(SYNC, listing.issued, listing.start, 0, 0))
        parts += (b',"sync_token":"', token, b'"')
    if state.policies.total_count == "present":
        parts.append(b',"total_count":%d' % state.store.audiences.count(call.user))
    parts.append(b"}")
    return b"".join(parts)


def get_action(state: State, call: ApiRequest) -> bytes:
    """Return an action."""
    return _envelope(_path(call), state.store.get(call.user, call.id))


def update_action(state: State, call: ApiRequest) -> bytes:
    """Change an action."""
    return _envelope(_path(call), state.store.update(call.user, call.id, call.body))


def delete_action(state: State, call: ApiRequest) -> bytes:
    """Delete an action."""
    state.store.delete(call.user, call.id)
    return b""


def get_handler(state: State, call: ApiRequest) -> bytes:
    """Return the handler of an action."""
    data = state.store.get_handler(call.user, call.id, call.handler)
    return _envelope(_path(call), data, b"execution_handler")


def update_handler(state: State, call: ApiRequest) -> bytes:
    """Change the handler of an action."""
    data = state.store.update_handler(call.user, call.id, call.handler, call.body)
    return _envelope(_path(call), data, b"execution_handler")


ACTS: dict[str, Callable[[State, ApiRequest], bytes]] = {
    "create_message_action": create_action,
    "list_message_actions": list_actions,
    "get_message_action": get_action,
    "update_message_action": update_action,
    "delete_message_action": delete_action,
    "get_message_action_handler": get_handler,
    "update_message_action_handler": update_handler,
}

_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def parse_query(query: bytes) -> dict[str, str]:
    """Return the parameters of a query string. Raise `Refusal` for a parameter that is given twice."""
    found: dict[str, str] = {}
    for pair in query.decode("latin-1").split("&"):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        if name in found:
            raise Refusal("invalid_inputs", f"{name[:40]}: is given twice")
        if name:
            found[name] = unquote_plus(value)
    return found


def _limit(state: State, text: str | None) -> int:
    least, most, default = state.validators.list_limit
    if text is None:
        return default
    if not _NUMBER.fullmatch(text):
        raise Refusal("invalid_inputs", "limit: must be a whole number")
    limit = int(text)
    if least <= limit <= most:
        return limit
    if state.policies.list_limit == "clamp":
        return min(max(limit, least), most)
    raise Refusal("invalid_inputs", f"limit: must be from {least} to {most}")


def _listing(state: State, user: User, query: dict[str, str]) -> Cursor:
    """Return the cursor of the requested page: from `next_token`, or a new one at the start of a listing."""
    now = int(state.clock.now())
    since = 0
    sync = _decoded(state, user, SYNC, "sync_token", query.get("sync_token"))
    if sync:
        # A cursor's `since` of 0 means a full listing, so change numbers are stored increased by one.
        since = sync.start
    following = _decoded(state, user, NEXT, "next_token", query.get("next_token"))
    if following is None:
        return Cursor(NEXT, now, state.store.audiences.change + 1, since, 0)
    if since and since != following.since:
        raise Refusal("invalid_inputs", "next_token: belongs to a different listing than sync_token")
    return following


def _decoded(state: State, user: User, kind: int, name: str, token: str | None) -> Cursor | None:
    if not token or (token == "null" and state.policies.null_token == "absent"):
        return None
    try:
        cursor = decode(token, kind, key=state.cursor_key, epoch=state.epoch, user=user.id)
    except BadCursor as error:
        raise Refusal("invalid_inputs", f"{name}: {error}") from None
    lifetime = state.policies.token_lifetime
    if lifetime and state.clock.now() - cursor.issued > lifetime:
        raise Refusal("invalid_inputs", f"{name}: is older than {lifetime} s")
    return cursor


def _token(state: State, user: User, cursor: Cursor) -> bytes:
    return encode(cursor, key=state.cursor_key, epoch=state.epoch, user=user.id).encode()


def _path(call: ApiRequest) -> bytes:
    """Return the request's path as a JSON string without the quotes."""
    return orjson.dumps(f"{BASE_PATH}{call.operation.at(**call.parameters)}")[1:-1]


def _envelope(path: bytes, data: bytes, kind: bytes = b"messageaction") -> bytes:
    return b'{"url":"%s","type":"%s","data":%s}' % (path, kind, data)
