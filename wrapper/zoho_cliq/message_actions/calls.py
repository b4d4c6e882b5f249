"""The calls of the resource `message_actions`, made from the arguments of its methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from zoho_cliq_api.models import DelugeHandler, MessageAction, UnsetHandler, WebhookHandler

from .._engine import Call, Engine, Plan
from .._operations import EMPTY, Operations
from .._progress import Options, Waited
from .._raw import unread
from .._types import RawResponse, Steps
from ..errors import CliqError, ValidationError
from .adopt import Adoption
from .changes import Pass
from .pager import Page, largest_page, page_of

Handler: TypeAlias = DelugeHandler | WebhookHandler | UnsetHandler
FirstPage: TypeAlias = tuple[Callable[[], Page], str | None]
"""A function that reads the first page of a listing, and the sync token of the request."""


def _data(answer: Any, response: RawResponse) -> Any:
    return None if answer is None else answer.data


class Calls:
    """Builds the calls of the resource."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self.largest_page = largest_page(operations)

    def _call(
        self,
        name: str,
        own: Mapping[str, Any],
        fields: Mapping[str, Any],
        pick: Callable[[Any, RawResponse], Any] | None = _data,
    ) -> Call[Any]:
        """Return a call.

        Args:
            name: the operation's id.
            own: the values of the method's named arguments. A field of the same name is a ValidationError.
            fields: all other arguments.
            pick: see `Operations.call`.
        """
        if fields and own:
            for field in own.keys() & fields.keys():
                raise ValidationError("is already set by an argument of the method", field=field, operation=name)
            own = {**fields, **own}
        return self._operations.call(name, own or fields, pick=pick)

    def create(self, fields: Mapping[str, Any], if_exists: str) -> Plan[MessageAction]:
        """Return the plan of a create. Raise ValidationError if `if_exists` is neither `error` nor `adopt`."""
        if if_exists not in ("error", "adopt"):
            raise ValidationError(
                f"must be 'error' or 'adopt', not {if_exists!r}", field="if_exists", operation="create_message_action"
            )
        call = self._call("create_message_action", {}, fields)
        return Adoption(call, self.list_page) if if_exists == "adopt" else call

    def list_page(
        self,
        fields: Mapping[str, Any] = EMPTY,
        *,
        limit: int | None = None,
        next_token: str | None = None,
        sync_token: str | None = None,
    ) -> Call[Page]:
        """Return the call of one page. `limit` is the most actions on it; None is the largest page."""
        query = {"limit": self.largest_page if limit is None else limit, "next_token": next_token}
        query["sync_token"] = sync_token
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("list_message_actions", given, fields, page_of)

    def first_page(self, fields: Mapping[str, Any], limit: int | None, since: str | None) -> Plan[FirstPage]:
        """Return the plan that fetches the first page of changes, or of everything if `since` is None."""
        return _First(partial(self.list_page, fields), limit, since)

    def get(self, action_id: str, fields: Mapping[str, Any] = EMPTY) -> Call[MessageAction]:
        """Return the call that reads an action."""
        return self._call("get_message_action", {"action_id": action_id}, fields)

    def update(self, action_id: str, fields: Mapping[str, Any]) -> Call[MessageAction]:
        """Return the call that changes an action."""
        if not fields:
            raise ValidationError("at least one field must be given", field="fields", operation="update_message_action")
        return self._call("update_message_action", {"action_id": action_id}, fields)

    def delete(self, action_id: str, fields: Mapping[str, Any] = EMPTY) -> Call[None]:
        """Return the call that deletes an action."""
        return self._call("delete_message_action", {"action_id": action_id}, fields, None)

    def get_handler(self, action_id: str, handler_type: str, fields: Mapping[str, Any] = EMPTY) -> Call[Handler]:
        """Return the call that reads a handler."""
        path = {"action_id": action_id, "handler_type": handler_type}
        return self._call("get_message_action_handler", path, fields)

    def update_handler(self, action_id: str, handler_type: str, fields: Mapping[str, Any]) -> Call[Handler]:
        """Return the call that changes a handler."""
        path = {"action_id": action_id, "handler_type": handler_type}
        return self._call("update_message_action_handler", path, fields)

    def same_handler(self, action_id: str, handler_type: str, call: Call[Handler]) -> Call[Handler]:
        """Return the call that sets the handler of `call` for another action.

        Its body is not checked again, so that findings in a script are logged once.
        """
        path = {"action_id": action_id, "handler_type": handler_type}
        return self._operations.call("update_message_action_handler", path, call.content, _data)


@dataclass(frozen=True, slots=True)
class _First:
    list_page: Callable[..., Call[Page]]
    limit: int | None
    since: str | None

    @property
    def name(self) -> str:
        return "list_message_actions"

    def steps(self, engine: Engine, options: Options) -> Steps[FirstPage]:
        """Fetch the page. If the server refuses the token, fetch the first page of everything."""
        state, waited = Pass(self.since), Waited()
        while True:
            call = self.list_page(limit=self.limit, sync_token=state.sync_token)
            try:
                return (yield from engine.call(unread(call), options, waited)), state.sync_token
            except CliqError as error:
                if not state.falls_back(error):
                    raise
