"""The methods of `message_actions`, for threads and for tasks.

Both classes have the same names and arguments (a test compares them) and differ in the awaiting alone. The fields of a
method are those of the generated `zoho_cliq_api.params`, so a new field or parameter of the document needs no hand.
Only fields that are given are sent; None is an error, because the API knows no null. Arguments are checked against the
composed document before anything is sent (`ValidationError`), and every method may raise `WouldWait`, `TransportError`,
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
    """A repr that names the methods."""

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
        """The same methods, which return an `ApiResponse`: status, headers, body, and by `parse()` what they return."""
        return MessageActionsWithRawResponse(self._run, self._calls)

    def create(
        self, *, if_exists: Literal["error", "adopt"] = "error", **fields: Unpack[CreateMessageActionFields]
    ) -> MessageAction:
        """Create an action and return it as the server made it.

        Args:
            fields: `name` and `hint` are required; a webhook action needs `execution_url`, an action of the scope
                `team` needs `team_ids`. `image` is base64 text, the bytes of an image, or the path of one.
            if_exists: what to do where no answer comes or the name is taken. `error` raises `OutcomeUnknown` or
                `MessageActionNameExists`; `adopt` looks at the listing: an action of that name that equals what was
                sent is returned, be it new or old; one that differs is `MessageActionNameExists` or stays
                `OutcomeUnknown`. Default: `error`. Either way, a create that may have reached the server is never
                sent again blindly.

        The server does not say which action has a name. So `MessageActionNameExists` has `existing_id` and `differing`
        with `adopt` only, which looks, and names the action if the user can see it; `error` makes no further call.
        """
        return self._run(self._calls.create(fields, if_exists))

    def ensure(
        self,
        *,
        handler: UpdateMessageActionHandlerFields | None = None,
        creator: str | None = None,
        **fields: Unpack[CreateMessageActionFields],
    ) -> Ensured:
        """Make the action of this name equal to what is given, whatever is there, and return what was done.

        Args:
            fields: as of `create`. The action is created, or the fields that differ are updated; what is not given is
                left as it is. `image` is never returned and so cannot be compared: it is sent with a create or another
                change.
            handler: `{"script": …}` or `{"permissions": […]}`; None leaves the handler alone.
            creator: the id of the client's own user. Where it is given, an action that somebody else created is never
                changed. Otherwise the server decides who may change it; which people it lets is not documented.

        It takes one call, a page of the listing, where the action is there, equal and without `handler`, and one more
        for each thing to read or change.
        Raise NotYourAction, which names creator and id, for an action of somebody else's; ValidationError where the
        action exists with another `execution_type`, which cannot be changed.
        """
        return self._run(Ensuring(self._calls, fields, handler, creator))

    def list(self, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]) -> Pager:
        """Return the actions that the user can see, over all pages.

        Args:
            limit: the size of a page; None is the largest, which needs the fewest calls.
        """
        self._calls.list_page(fields, limit=limit)
        return Pager(lambda token: self._run(self._calls.list_page(fields, limit=limit, next_token=token)))

    def changes(
        self, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> Changes:
        """Return what was created or updated since an earlier listing; everything where the server refuses the token.

        Args:
            since: the `sync_token` of that listing; None lists everything.
            limit: the size of a page; None is the largest.
        """
        self._calls.list_page(fields, limit=limit, sync_token=since)
        return Changes(
            lambda page, token: self._run(
                self._calls.list_page(fields, limit=limit, next_token=page, sync_token=token)
            ),
            since,
        )

    def get(self, action_id: str, **fields: Unpack[GetMessageActionFields]) -> MessageAction:
        """Return one action. Raise MessageActionNotFound."""
        return self._run(self._calls.get(action_id, fields))

    def update(self, action_id: str, **fields: Unpack[UpdateMessageActionFields]) -> MessageAction:
        """Change the fields that are given, and return the action as it is then."""
        return self._run(self._calls.update(action_id, fields))

    def delete(self, action_id: str, **fields: Unpack[DeleteMessageActionFields]) -> None:
        """Delete an action for good. Raise MessageActionNotFound."""
        return self._run(self._calls.delete(action_id, fields))

    def get_handler(
        self,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[GetMessageActionHandlerFields],
    ) -> Handler:
        """Return the action's handler: a script, permissions, or neither where nothing has been set yet."""
        return self._run(self._calls.get_handler(action_id, handler_type, fields))

    def update_handler(
        self,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[UpdateMessageActionHandlerFields],
    ) -> Handler:
        """Set the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action.

        Where the extra `deluge` is installed, what may be wrong with the script is logged by `zoho_cliq.deluge`.
        """
        return self._run(self._calls.update_handler(action_id, handler_type, fields))


class AsyncMessageActions(_Named):
    """Create, list, change and delete message actions, in tasks. Each method is described at `MessageActions`."""

    def __init__(self, run: AsyncRunner, calls: Calls) -> None:
        self._run = run
        self._calls = calls

    @property
    def with_raw_response(self) -> AsyncMessageActionsWithRawResponse:
        """The same methods, which return an `ApiResponse`: status, headers, body, and by `parse()` what they return."""
        return AsyncMessageActionsWithRawResponse(self._run, self._calls)

    async def create(
        self, *, if_exists: Literal["error", "adopt"] = "error", **fields: Unpack[CreateMessageActionFields]
    ) -> MessageAction:
        """Create an action and return it as the server made it."""
        return await self._run(self._calls.create(fields, if_exists))

    async def ensure(
        self,
        *,
        handler: UpdateMessageActionHandlerFields | None = None,
        creator: str | None = None,
        **fields: Unpack[CreateMessageActionFields],
    ) -> Ensured:
        """Make the action of this name equal to what is given, whatever is there, and return what was done."""
        return await self._run(Ensuring(self._calls, fields, handler, creator))

    def list(self, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]) -> AsyncPager:
        """Return the actions that the user can see, over all pages."""
        self._calls.list_page(fields, limit=limit)
        return AsyncPager(lambda token: self._run(self._calls.list_page(fields, limit=limit, next_token=token)))

    def changes(
        self, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> AsyncChanges:
        """Return what was created or updated since an earlier listing; everything where the server refuses the
        token."""
        self._calls.list_page(fields, limit=limit, sync_token=since)
        return AsyncChanges(
            lambda page, token: self._run(
                self._calls.list_page(fields, limit=limit, next_token=page, sync_token=token)
            ),
            since,
        )

    async def get(self, action_id: str, **fields: Unpack[GetMessageActionFields]) -> MessageAction:
        """Return one action. Raise MessageActionNotFound."""
        return await self._run(self._calls.get(action_id, fields))

    async def update(self, action_id: str, **fields: Unpack[UpdateMessageActionFields]) -> MessageAction:
        """Change the fields that are given, and return the action as it is then."""
        return await self._run(self._calls.update(action_id, fields))

    async def delete(self, action_id: str, **fields: Unpack[DeleteMessageActionFields]) -> None:
        """Delete an action for good. Raise MessageActionNotFound."""
        return await self._run(self._calls.delete(action_id, fields))

    async def get_handler(
        self,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[GetMessageActionHandlerFields],
    ) -> Handler:
        """Return the action's handler: a script, permissions, or neither where nothing has been set yet."""
        return await self._run(self._calls.get_handler(action_id, handler_type, fields))

    async def update_handler(
        self,
        action_id: str,
        *,
        handler_type: _HandlerType = _HANDLER,
        **fields: Unpack[UpdateMessageActionHandlerFields],
    ) -> Handler:
        """Set the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action."""
        return await self._run(self._calls.update_handler(action_id, handler_type, fields))


class MessageActionsWithRawResponse(_Named):
    """The methods of `MessageActions`, which return an `ApiResponse`.

    `list` and `changes` fetch the first page at once. What `parse()` gives begins with it and fetches the others.
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

    def list(self, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]) -> ApiResponse[Pager]:
        """Return the first page of the actions that the user can see. See `MessageActions.list`."""
        return self._first(fields, limit, None).then(lambda first: Pager(self._after(first[0], fields, limit)))

    def changes(
        self, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
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
    """The methods of `AsyncMessageActions`, which return an `ApiResponse`. See `MessageActionsWithRawResponse`."""

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
        self, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
    ) -> ApiResponse[AsyncPager]:
        """Return the first page of the actions that the user can see. See `MessageActions.list`."""
        return (await self._first(fields, limit, None)).then(
            lambda first: AsyncPager(self._after(first[0], fields, limit))
        )

    async def changes(
        self, since: str | None = None, *, limit: int | None = None, **fields: Unpack[ListMessageActionsFields]
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
