"""The methods of `message_actions`, for threads and for tasks.

Both classes have the same names and arguments (a test compares them) and differ in the awaiting alone. The fields of a
method are those of the generated `zoho_cliq_api.params`, so a new field of the document needs no hand. Only fields that
are given are sent; None is an error, because the API knows no null. Arguments are checked against the composed document
before anything is sent (`ValidationError`), and every method may raise `WouldWait`, `TransportError`, `AuthError`,
`ApiError` and `DecodeError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias, Unpack

from zoho_cliq_api.models import (
    DelugeHandler,
    HandlerType,
    MessageAction,
    UnsetHandler,
    WebhookHandler,
)
from zoho_cliq_api.params import CreateMessageActionBody, UpdateMessageActionBody, UpdateMessageActionHandlerBody

from .._engine import Call, Plan
from .._operations import Operations
from .._types import RawResponse, T
from ..errors import ValidationError
from .adopt import Adoption
from .changes import AsyncChanges, Changes
from .pager import AsyncPager, Page, Pager, largest_page, page_of

Handler: TypeAlias = DelugeHandler | WebhookHandler | UnsetHandler
_HandlerType: TypeAlias = HandlerType | Literal["execution_handler"]
_HANDLER = HandlerType.EXECUTION_HANDLER


class Runner(Protocol):
    """Carries out a plan in this thread."""

    def __call__(self, plan: Plan[T], /) -> T: ...


class AsyncRunner(Protocol):
    """Carries out a plan in this task."""

    async def __call__(self, plan: Plan[T], /) -> T: ...


class Calls:
    """The calls of the resource, made from its arguments."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self.largest_page = largest_page(operations)

    def _call(self, name: str, fields: Mapping[str, Any]) -> Call[Any]:
        """Return a call that returns the `data` of its answer."""
        return self._operations.call(name, fields, pick=_data)

    def create(self, fields: Mapping[str, Any], if_exists: str) -> Plan[MessageAction]:
        """Return the plan of a create."""
        if if_exists not in ("error", "adopt"):
            raise ValidationError(
                f"must be 'error' or 'adopt', not {if_exists!r}", field="if_exists", operation="create_message_action"
            )
        call = self._call("create_message_action", fields)
        return Adoption(call, self.list_page) if if_exists == "adopt" else call

    def list_page(
        self, *, limit: int | None = None, next_token: str | None = None, sync_token: str | None = None
    ) -> Call[Page]:
        """Return the call of one page. limit: the most actions on it; None is the largest page."""
        query = {"limit": self.largest_page if limit is None else limit, "next_token": next_token}
        query["sync_token"] = sync_token
        given = {name: value for name, value in query.items() if value is not None}
        return self._operations.call("list_message_actions", given, pick=page_of)

    def get(self, action_id: str) -> Call[MessageAction]:
        """Return the call that reads an action."""
        return self._call("get_message_action", {"message_action_id": action_id})

    def update(self, action_id: str, fields: Mapping[str, Any]) -> Call[MessageAction]:
        """Return the call that changes an action."""
        if not fields:
            raise ValidationError("at least one field must be given", field="fields", operation="update_message_action")
        return self._call("update_message_action", {**fields, "message_action_id": action_id})

    def delete(self, action_id: str) -> Call[None]:
        """Return the call that deletes an action."""
        return self._operations.call("delete_message_action", {"message_action_id": action_id})

    def get_handler(self, action_id: str, handler_type: str) -> Call[Handler]:
        """Return the call that reads a handler."""
        return self._call("get_message_action_handler", {"message_action_id": action_id, "handler_type": handler_type})

    def update_handler(self, action_id: str, handler_type: str, fields: Mapping[str, Any]) -> Call[Handler]:
        """Return the call that changes a handler."""
        path = {"message_action_id": action_id, "handler_type": handler_type}
        return self._call("update_message_action_handler", {**fields, **path})


def _data(answer: Any, response: RawResponse) -> Any:
    return None if answer is None else answer.data


class MessageActions:
    """Create, list, change and delete message actions."""

    def __init__(self, run: Runner, calls: Calls) -> None:
        self._run = run
        self._calls = calls

    def create(
        self, *, if_exists: Literal["error", "adopt"] = "error", **fields: Unpack[CreateMessageActionBody]
    ) -> MessageAction:
        """Create an action and return it as the server made it.

        fields: `name` and `hint` are required; a webhook action needs `execution_url`, an action of the scope `team`
            needs `team_ids`. `image` is base64 text, the bytes of an image, or the path of one.
        if_exists: what to do where no answer comes or the name is taken. `error` raises `OutcomeUnknown` or
            `MessageActionNameExists`; `adopt` looks at the listing: an action of that name that equals what was sent is
            returned, be it new or old; one that differs is `MessageActionNameExists` or stays `OutcomeUnknown`. Either
            way, a create that may have reached the server is never sent again blindly.
        """
        return self._run(self._calls.create(fields, if_exists))

    def list(self, *, limit: int | None = None) -> Pager:
        """Return the actions that the user can see, over all pages.

        limit: the size of a page; None is the largest, which needs the fewest calls.
        """
        self._calls.list_page(limit=limit)
        return Pager(lambda token: self._run(self._calls.list_page(limit=limit, next_token=token)))

    def changes(self, since: str | None = None, *, limit: int | None = None) -> Changes:
        """Return what was created or updated since an earlier listing; everything where the server refuses the token.

        since: the `sync_token` of that listing; None lists everything.
        limit: the size of a page; None is the largest.
        """
        self._calls.list_page(limit=limit, sync_token=since)
        return Changes(
            lambda page, token: self._run(self._calls.list_page(limit=limit, next_token=page, sync_token=token)), since
        )

    def get(self, action_id: str) -> MessageAction:
        """Return one action. Raise MessageActionNotFound."""
        return self._run(self._calls.get(action_id))

    def update(self, action_id: str, **fields: Unpack[UpdateMessageActionBody]) -> MessageAction:
        """Change the fields that are given, and return the action as it is then."""
        return self._run(self._calls.update(action_id, fields))

    def delete(self, action_id: str) -> None:
        """Delete an action for good. Raise MessageActionNotFound."""
        self._run(self._calls.delete(action_id))

    def get_handler(self, action_id: str, *, handler_type: _HandlerType = _HANDLER) -> Handler:
        """Return the action's handler: a script, permissions, or neither where nothing has been set yet."""
        return self._run(self._calls.get_handler(action_id, handler_type))

    def update_handler(
        self,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[UpdateMessageActionHandlerBody],
    ) -> Handler:
        """Set the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action."""
        return self._run(self._calls.update_handler(action_id, handler_type, fields))


class AsyncMessageActions:
    """Create, list, change and delete message actions, in tasks. Each method is described at `MessageActions`."""

    def __init__(self, run: AsyncRunner, calls: Calls) -> None:
        self._run = run
        self._calls = calls

    async def create(
        self, *, if_exists: Literal["error", "adopt"] = "error", **fields: Unpack[CreateMessageActionBody]
    ) -> MessageAction:
        """Create an action and return it as the server made it."""
        return await self._run(self._calls.create(fields, if_exists))

    def list(self, *, limit: int | None = None) -> AsyncPager:
        """Return the actions that the user can see, over all pages."""
        self._calls.list_page(limit=limit)
        return AsyncPager(lambda token: self._run(self._calls.list_page(limit=limit, next_token=token)))

    def changes(self, since: str | None = None, *, limit: int | None = None) -> AsyncChanges:
        """Return what was created or updated since an earlier listing; everything where the server refuses the
        token."""
        self._calls.list_page(limit=limit, sync_token=since)
        return AsyncChanges(
            lambda page, token: self._run(self._calls.list_page(limit=limit, next_token=page, sync_token=token)), since
        )

    async def get(self, action_id: str) -> MessageAction:
        """Return one action. Raise MessageActionNotFound."""
        return await self._run(self._calls.get(action_id))

    async def update(self, action_id: str, **fields: Unpack[UpdateMessageActionBody]) -> MessageAction:
        """Change the fields that are given, and return the action as it is then."""
        return await self._run(self._calls.update(action_id, fields))

    async def delete(self, action_id: str) -> None:
        """Delete an action for good. Raise MessageActionNotFound."""
        await self._run(self._calls.delete(action_id))

    async def get_handler(self, action_id: str, *, handler_type: _HandlerType = _HANDLER) -> Handler:
        """Return the action's handler: a script, permissions, or neither where nothing has been set yet."""
        return await self._run(self._calls.get_handler(action_id, handler_type))

    async def update_handler(
        self,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[UpdateMessageActionHandlerBody],
    ) -> Handler:
        """Set the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action."""
        return await self._run(self._calls.update_handler(action_id, handler_type, fields))
