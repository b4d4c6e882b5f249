"""The resource `message_actions`: every operation as a method, for threads and for tasks.

Both classes have the same names and arguments (a test compares them). Only arguments that are given are sent; an
explicit None is an error, because the API knows no null. Arguments are checked against the composed document before
anything is sent (`ValidationError`), and every method may raise `WouldWait`, `TransportError`, `AuthError`,
`ApiError` and `DecodeError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from zoho_cliq_api.models import (
    DelugeHandler,
    ExecutionType,
    HandlerType,
    MessageAction,
    MessageType,
    Permission,
    Scope,
    UnsetHandler,
    WebhookHandler,
)
from zoho_cliq_api.types import UNSET, Unset

from .adoption import Adoption
from .calls import PAGE_SIZE, Calls, given, plain
from .changes import AsyncChanges, Changes
from .engine import Plan
from .errors import ValidationError
from .exchange import T
from .paging import AsyncPager, Pager

Handler: TypeAlias = DelugeHandler | WebhookHandler | UnsetHandler
_HANDLER = HandlerType.EXECUTION_HANDLER


class Runner(Protocol):
    """Carries out a plan in this thread."""

    def __call__(self, plan: Plan[T], /) -> T: ...


class AsyncRunner(Protocol):
    """Carries out a plan in this task."""

    async def __call__(self, plan: Plan[T], /) -> T: ...


def _creation(calls: Calls, fields: dict[str, Any], if_exists: str) -> Plan[MessageAction]:
    if if_exists not in ("error", "adopt"):
        raise ValidationError(
            f"must be 'error' or 'adopt', not {if_exists!r}", field="if_exists", operation="create_message_action"
        )
    body = plain(fields, "create_message_action")
    create = calls.create(body)
    return Adoption(create, body, calls) if if_exists == "adopt" else create


class MessageActions:
    """Create, list, change and delete message actions."""

    def __init__(self, run: Runner, calls: Calls) -> None:
        self._run = run
        self._calls = calls

    def create(
        self,
        *,
        name: str,
        hint: str,
        execution_type: ExecutionType | str | Unset = UNSET,
        execution_url: str | Unset = UNSET,
        message_types: Sequence[MessageType | str] | Unset = UNSET,
        multi_selectable: bool | Unset = UNSET,
        scope: Scope | str | Unset = UNSET,
        team_ids: Sequence[int] | Unset = UNSET,
        image: str | bytes | Path | Unset = UNSET,
        if_exists: Literal["error", "adopt"] = "error",
    ) -> MessageAction:
        """Creates an action and returns it as the server made it.

        A webhook action needs `execution_url`, an action of the scope `team` needs `team_ids`. `image` is base64
        text, the bytes of an image, or the path of one. Never sent twice blindly: when no answer comes,
        `OutcomeUnknown` is raised. With `if_exists="adopt"` the listing decides instead: an action of that name that
        equals what was sent is returned, be it new or old; one that differs is MessageActionNameExists or stays
        `OutcomeUnknown`.
        """
        fields = given(
            name=name,
            hint=hint,
            execution_type=execution_type,
            execution_url=execution_url,
            message_types=message_types,
            multi_selectable=multi_selectable,
            scope=scope,
            team_ids=team_ids,
            image=image,
        )
        return self._run(_creation(self._calls, fields, if_exists))

    def list(self, *, limit: int = PAGE_SIZE) -> Pager:
        """The actions that the user can see, over all pages. `limit` is the size of a page, at most 100; the largest
        needs the fewest calls."""
        self._calls.list_page(limit=limit)
        return Pager(lambda token: self._run(self._calls.list_page(limit=limit, next_token=token)))

    def sync(self, token: str | None = None, *, limit: int = PAGE_SIZE) -> Changes:
        """What was created or updated since the listing that gave `token`; everything where it is None or refused."""
        self._calls.list_page(limit=limit, sync_token=token)
        return Changes(
            lambda page, since: self._run(self._calls.list_page(limit=limit, next_token=page, sync_token=since)), token
        )

    def get(self, action_id: str) -> MessageAction:
        """One action. Raises MessageActionNotFound."""
        return self._run(self._calls.get(action_id))

    def update(
        self,
        action_id: str,
        *,
        name: str | Unset = UNSET,
        hint: str | Unset = UNSET,
        execution_url: str | Unset = UNSET,
        message_types: Sequence[MessageType | str] | Unset = UNSET,
        multi_selectable: bool | Unset = UNSET,
        scope: Scope | str | Unset = UNSET,
        team_ids: Sequence[int] | Unset = UNSET,
        image: str | bytes | Path | Unset = UNSET,
    ) -> MessageAction:
        """Changes what is given and returns the action as it is then."""
        fields = given(
            name=name,
            hint=hint,
            execution_url=execution_url,
            message_types=message_types,
            multi_selectable=multi_selectable,
            scope=scope,
            team_ids=team_ids,
            image=image,
        )
        return self._run(self._calls.update(action_id, fields))

    def delete(self, action_id: str) -> None:
        """Deletes an action for good. Raises MessageActionNotFound."""
        self._run(self._calls.delete(action_id))

    def get_handler(self, action_id: str, *, handler_type: HandlerType | str = _HANDLER) -> Handler:
        """The action's handler: a script, permissions, or neither where nothing has been set yet."""
        return self._run(self._calls.get_handler(action_id, handler_type))

    def update_handler(
        self,
        action_id: str,
        *,
        script: str | Path | Unset = UNSET,
        permissions: Sequence[Permission | str] | Unset = UNSET,
        handler_type: HandlerType | str = _HANDLER,
    ) -> Handler:
        """Sets the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action."""
        fields = given(script=script, permissions=permissions)
        return self._run(self._calls.update_handler(action_id, handler_type, fields))


class AsyncMessageActions:
    """Create, list, change and delete message actions, in tasks."""

    def __init__(self, run: AsyncRunner, calls: Calls) -> None:
        self._run = run
        self._calls = calls

    async def create(
        self,
        *,
        name: str,
        hint: str,
        execution_type: ExecutionType | str | Unset = UNSET,
        execution_url: str | Unset = UNSET,
        message_types: Sequence[MessageType | str] | Unset = UNSET,
        multi_selectable: bool | Unset = UNSET,
        scope: Scope | str | Unset = UNSET,
        team_ids: Sequence[int] | Unset = UNSET,
        image: str | bytes | Path | Unset = UNSET,
        if_exists: Literal["error", "adopt"] = "error",
    ) -> MessageAction:
        """Creates an action and returns it as the server made it.

        A webhook action needs `execution_url`, an action of the scope `team` needs `team_ids`. `image` is base64
        text, the bytes of an image, or the path of one. Never sent twice blindly: when no answer comes,
        `OutcomeUnknown` is raised. With `if_exists="adopt"` the listing decides instead: an action of that name that
        equals what was sent is returned, be it new or old; one that differs is MessageActionNameExists or stays
        `OutcomeUnknown`.
        """
        fields = given(
            name=name,
            hint=hint,
            execution_type=execution_type,
            execution_url=execution_url,
            message_types=message_types,
            multi_selectable=multi_selectable,
            scope=scope,
            team_ids=team_ids,
            image=image,
        )
        return await self._run(_creation(self._calls, fields, if_exists))

    def list(self, *, limit: int = PAGE_SIZE) -> AsyncPager:
        """The actions that the user can see, over all pages. `limit` is the size of a page, at most 100; the largest
        needs the fewest calls."""
        self._calls.list_page(limit=limit)
        return AsyncPager(lambda token: self._run(self._calls.list_page(limit=limit, next_token=token)))

    def sync(self, token: str | None = None, *, limit: int = PAGE_SIZE) -> AsyncChanges:
        """What was created or updated since the listing that gave `token`; everything where it is None or refused."""
        self._calls.list_page(limit=limit, sync_token=token)
        return AsyncChanges(
            lambda page, since: self._run(self._calls.list_page(limit=limit, next_token=page, sync_token=since)), token
        )

    async def get(self, action_id: str) -> MessageAction:
        """One action. Raises MessageActionNotFound."""
        return await self._run(self._calls.get(action_id))

    async def update(
        self,
        action_id: str,
        *,
        name: str | Unset = UNSET,
        hint: str | Unset = UNSET,
        execution_url: str | Unset = UNSET,
        message_types: Sequence[MessageType | str] | Unset = UNSET,
        multi_selectable: bool | Unset = UNSET,
        scope: Scope | str | Unset = UNSET,
        team_ids: Sequence[int] | Unset = UNSET,
        image: str | bytes | Path | Unset = UNSET,
    ) -> MessageAction:
        """Changes what is given and returns the action as it is then."""
        fields = given(
            name=name,
            hint=hint,
            execution_url=execution_url,
            message_types=message_types,
            multi_selectable=multi_selectable,
            scope=scope,
            team_ids=team_ids,
            image=image,
        )
        return await self._run(self._calls.update(action_id, fields))

    async def delete(self, action_id: str) -> None:
        """Deletes an action for good. Raises MessageActionNotFound."""
        await self._run(self._calls.delete(action_id))

    async def get_handler(self, action_id: str, *, handler_type: HandlerType | str = _HANDLER) -> Handler:
        """The action's handler: a script, permissions, or neither where nothing has been set yet."""
        return await self._run(self._calls.get_handler(action_id, handler_type))

    async def update_handler(
        self,
        action_id: str,
        *,
        script: str | Path | Unset = UNSET,
        permissions: Sequence[Permission | str] | Unset = UNSET,
        handler_type: HandlerType | str = _HANDLER,
    ) -> Handler:
        """Sets the script of a Deluge action, as text or the path of a file, or the permissions of a webhook action."""
        fields = given(script=script, permissions=permissions)
        return await self._run(self._calls.update_handler(action_id, handler_type, fields))
