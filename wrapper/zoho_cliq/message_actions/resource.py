"""The methods of `message_actions`, for threads and for tasks.

Both classes have the same names and arguments (a test compares them) and differ only in awaiting. The fields of a
method are those of the generated `zoho_cliq_api.params`, so a new field or parameter of the document needs no change
here. Only given fields are sent; None is an error, because the API does not accept null. Arguments are checked against
the composed document before anything is sent (`ValidationError`). Every method may raise `WouldWait`, `TransportError`,
`AuthError`, `ApiError` and `DecodeError`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack

from zoho_cliq_api.models import HandlerType, MessageAction

from .._engine import AsyncRunner, Runner
from .._raw import ApiResponse, RawPlan, raw, raw_async, raw_async_runner, raw_runner
from .calls import Calls, FirstPage, Handler
from .changes import AsyncChanges, Changes
from .ensure import Ensured, Ensuring
from .pager import AsyncPager, Page, Pager

if TYPE_CHECKING:  # annotations alone need them, and making them takes time
    from zoho_cliq_api.params import (
        CreateMessageActionFields,
        DeleteMessageActionFields,
        GetMessageActionFields,
        GetMessageActionHandlerFields,
        ListMessageActionsFields,
        UpdateMessageActionFields,
        UpdateMessageActionHandlerFields,
    )

_HandlerType: TypeAlias = HandlerType | Literal["execution_handler"]
_HANDLER = HandlerType.EXECUTION_HANDLER


class _Named:
    """Adds a repr that lists the methods."""

    def __repr__(self) -> str:
        names = [name for name in dir(self) if not name.startswith("_") and callable(getattr(self, name))]
        return f"<{type(self).__name__}: {', '.join(names)}>"


class MessageActions(_Named):
    """Create, list, change and delete message actions."""

    def __init__(self, run: Runner, calls: Calls) -> None:
        self._run = run
        self._calls = calls

    @property
    def with_raw_response(self) -> MessageActionsWithRawResponse:
        """The same methods, returning an `ApiResponse`: status, headers, body, and `parse()` for the result."""
        return MessageActionsWithRawResponse(self._run, self._calls)

    def create(
        self, /, *, if_exists: Literal["error", "adopt"] = "error", **fields: Unpack[CreateMessageActionFields]
    ) -> MessageAction:
        """Create an action and return it.

        Args:
            fields: `name` and `hint` are required. A webhook action needs `execution_url`, an action with the scope
                `team` needs `team_ids`. `image` is base64 text, the bytes of an image, or the path of an image file.
            if_exists: what to do if no answer comes or the name is taken. `error` raises `OutcomeUnknown` or
                `MessageActionNameExists`. `adopt` looks for an action of that name in the listing and returns it if it
                equals what was sent, whether new or old; if it differs, `adopt` raises `MessageActionNameExists` or
                `OutcomeUnknown`. Default: `error`. With either, a create that may have reached the server is never
                sent again unless the listing shows that no action has the name.

        The server does not say which action has a name. With `adopt`, `MessageActionNameExists` has `existing_id` and
        `differing` if the user can see the action. With `error` no further call is made, so they are None and empty.
        """
        return self._run(self._calls.create(fields, if_exists))

    def ensure(
        self,
        /,
        *,
        handler: UpdateMessageActionHandlerFields | None = None,
        creator: str | None = None,
        **fields: Unpack[CreateMessageActionFields],
    ) -> Ensured:
        """Make the action of this name equal to what is given, whether it exists or not. Return what was done.

        Args:
            fields: as for `create`. The action is created, or the fields that differ are updated; fields that are not
                given stay as they are. `image` is never returned and cannot be compared: it is sent with a create or
                with another update.
            handler: `{"script": …}` or `{"permissions": […]}`. None does not change the handler.
            creator: the id of the client's own user. If given, an action that another user created is never changed.
                Default: None, the server decides who may change it; the vendor does not document how.

        If the action exists and is equal, this takes one call (one page of the listing) without `handler`, and one more
        to read the handler. Each change takes another call. Raise NotYourAction, with creator and id, for an action of
        another user; ValidationError if the action exists with another `execution_type`, which cannot be changed.
        """
        return self._run(Ensuring(self._calls, fields, handler, creator))

    def list(self, /, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]) -> Pager:
        """Return the actions that the user can see, over all pages.

        Args:
            limit: the size of a page. Default: None, the largest, which needs the fewest calls.
        """
        self._calls.list_page(fields, limit=limit)
        return Pager(lambda token: self._run(self._calls.list_page(fields, limit=limit, next_token=token)))

    def changes(
        self, /, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> Changes:
        """Return the actions created or updated since an earlier listing, or all if the server refuses the token.

        Args:
            since: the `sync_token` of that listing. Default: None, list everything.
            limit: the size of a page. Default: None, the largest.
        """
        self._calls.list_page(fields, limit=limit, sync_token=since)
        return Changes(
            lambda page, token: self._run(
                self._calls.list_page(fields, limit=limit, next_token=page, sync_token=token)
            ),
            since,
        )

    def get(self, /, action_id: str, **fields: Unpack[GetMessageActionFields]) -> MessageAction:
        """Return one action. Raise MessageActionNotFound if it does not exist."""
        return self._run(self._calls.get(action_id, fields))

    def update(self, /, action_id: str, **fields: Unpack[UpdateMessageActionFields]) -> MessageAction:
        """Change the given fields, and return the action after the change. Raise ValidationError without fields."""
        return self._run(self._calls.update(action_id, fields))

    def delete(self, /, action_id: str, **fields: Unpack[DeleteMessageActionFields]) -> None:
        """Delete an action permanently. Raise MessageActionNotFound if it does not exist."""
        return self._run(self._calls.delete(action_id, fields))

    def get_handler(
        self,
        /,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[GetMessageActionHandlerFields],
    ) -> Handler:
        """Return the action's handler: a script, permissions, or neither if nothing has been set."""
        return self._run(self._calls.get_handler(action_id, handler_type, fields))

    def update_handler(
        self,
        /,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[UpdateMessageActionHandlerFields],
    ) -> Handler:
        """Set the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action.

        If the extra `deluge` is installed, possible mistakes in the script are logged by `zoho_cliq.deluge`.
        """
        return self._run(self._calls.update_handler(action_id, handler_type, fields))


class AsyncMessageActions(_Named):
    """Create, list, change and delete message actions, in tasks. `MessageActions` describes each method."""

    def __init__(self, run: AsyncRunner, calls: Calls) -> None:
        self._run = run
        self._calls = calls

    @property
    def with_raw_response(self) -> AsyncMessageActionsWithRawResponse:
        """The same methods, returning an `ApiResponse`: status, headers, body, and `parse()` for the result."""
        return AsyncMessageActionsWithRawResponse(self._run, self._calls)

    async def create(
        self, /, *, if_exists: Literal["error", "adopt"] = "error", **fields: Unpack[CreateMessageActionFields]
    ) -> MessageAction:
        """Create an action and return it."""
        return await self._run(self._calls.create(fields, if_exists))

    async def ensure(
        self,
        /,
        *,
        handler: UpdateMessageActionHandlerFields | None = None,
        creator: str | None = None,
        **fields: Unpack[CreateMessageActionFields],
    ) -> Ensured:
        """Make the action of this name equal to what is given, whether it exists or not. Return what was done."""
        return await self._run(Ensuring(self._calls, fields, handler, creator))

    def list(self, /, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]) -> AsyncPager:
        """Return the actions that the user can see, over all pages."""
        self._calls.list_page(fields, limit=limit)
        return AsyncPager(lambda token: self._run(self._calls.list_page(fields, limit=limit, next_token=token)))

    def changes(
        self, /, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> AsyncChanges:
        """Return the actions created or updated since an earlier listing, or all if the server refuses the token."""
        self._calls.list_page(fields, limit=limit, sync_token=since)
        return AsyncChanges(
            lambda page, token: self._run(
                self._calls.list_page(fields, limit=limit, next_token=page, sync_token=token)
            ),
            since,
        )

    async def get(self, /, action_id: str, **fields: Unpack[GetMessageActionFields]) -> MessageAction:
        """Return one action. Raise MessageActionNotFound if it does not exist."""
        return await self._run(self._calls.get(action_id, fields))

    async def update(self, /, action_id: str, **fields: Unpack[UpdateMessageActionFields]) -> MessageAction:
        """Change the given fields, and return the action after the change. Raise ValidationError without fields."""
        return await self._run(self._calls.update(action_id, fields))

    async def delete(self, /, action_id: str, **fields: Unpack[DeleteMessageActionFields]) -> None:
        """Delete an action permanently. Raise MessageActionNotFound if it does not exist."""
        return await self._run(self._calls.delete(action_id, fields))

    async def get_handler(
        self,
        /,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[GetMessageActionHandlerFields],
    ) -> Handler:
        """Return the action's handler: a script, permissions, or neither if nothing has been set."""
        return await self._run(self._calls.get_handler(action_id, handler_type, fields))

    async def update_handler(
        self,
        /,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[UpdateMessageActionHandlerFields],
    ) -> Handler:
        """Set the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action."""
        return await self._run(self._calls.update_handler(action_id, handler_type, fields))


class MessageActionsWithRawResponse(_Named):
    """The methods of `MessageActions`, returning an `ApiResponse`.

    `list` and `changes` fetch the first page at once. The result of `parse()` begins with it and fetches the others.
    """

    def __init__(self, run: Runner, calls: Calls) -> None:
        self._run = run
        self._calls = calls
        actions = MessageActions(raw_runner(run), calls)
        self.create = raw(actions.create)
        self.ensure = raw(actions.ensure)
        self.get = raw(actions.get)
        self.update = raw(actions.update)
        self.delete = raw(actions.delete)
        self.get_handler = raw(actions.get_handler)
        self.update_handler = raw(actions.update_handler)

    def list(self, /, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]) -> ApiResponse[Pager]:
        """Return the first page of the actions that the user can see. See `MessageActions.list`."""
        return self._first(fields, limit, None).then(lambda first: Pager(self._after(first[0], fields, limit)))

    def changes(
        self, /, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> ApiResponse[Changes]:
        """Return the first page of what was created or updated. See `MessageActions.changes`."""
        return self._first(fields, limit, since).then(
            lambda first: Changes(self._after(first[0], fields, limit), first[1])
        )

    def _first(self, fields: Mapping[str, Any], limit: int | None, since: str | None) -> ApiResponse[FirstPage]:
        return self._run(RawPlan(self._calls.first_page(fields, limit, since)))

    def _after(self, first: Callable[[], Page], fields: Mapping[str, Any], limit: int | None) -> Callable[..., Page]:
        def fetch(page: str | None, since: str | None = None) -> Page:
            if page is None:
                return first()
            return self._run(self._calls.list_page(fields, limit=limit, next_token=page, sync_token=since))

        return fetch


class AsyncMessageActionsWithRawResponse(_Named):
    """The methods of `AsyncMessageActions`, returning an `ApiResponse`. See `MessageActionsWithRawResponse`."""

    def __init__(self, run: AsyncRunner, calls: Calls) -> None:
        self._run = run
        self._calls = calls
        actions = AsyncMessageActions(raw_async_runner(run), calls)
        self.create = raw_async(actions.create)
        self.ensure = raw_async(actions.ensure)
        self.get = raw_async(actions.get)
        self.update = raw_async(actions.update)
        self.delete = raw_async(actions.delete)
        self.get_handler = raw_async(actions.get_handler)
        self.update_handler = raw_async(actions.update_handler)

    async def list(
        self, /, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> ApiResponse[AsyncPager]:
        """Return the first page of the actions that the user can see. See `MessageActions.list`."""
        return (await self._first(fields, limit, None)).then(
            lambda first: AsyncPager(self._after(first[0], fields, limit))
        )

    async def changes(
        self, /, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> ApiResponse[AsyncChanges]:
        """Return the first page of what was created or updated. See `MessageActions.changes`."""
        first = await self._first(fields, limit, since)
        return first.then(lambda first: AsyncChanges(self._after(first[0], fields, limit), first[1]))

    async def _first(self, fields: Mapping[str, Any], limit: int | None, since: str | None) -> ApiResponse[FirstPage]:
        return await self._run(RawPlan(self._calls.first_page(fields, limit, since)))

    def _after(
        self, first: Callable[[], Page], fields: Mapping[str, Any], limit: int | None
    ) -> Callable[..., Awaitable[Page]]:
        async def fetch(page: str | None, since: str | None = None) -> Page:
            if page is None:
                return first()
            return await self._run(self._calls.list_page(fields, limit=limit, next_token=page, sync_token=since))

        return fetch
