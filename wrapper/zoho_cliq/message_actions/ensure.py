"""Make an action equal to what is wanted, whether it exists or not, with the fewest calls."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from zoho_cliq_api.models import Creator, DelugeHandler, HandlerType, MessageAction, UnsetHandler, WebhookHandler

from .._engine import Call, Engine, Plan
from .._progress import Options, Waited
from .._types import Effect, Steps
from ..errors import (
    CliqError,
    Forbidden,
    HandlerNotFound,
    MessageActionNameExists,
    NotYourAction,
    ScopeInvalid,
    ValidationError,
)
from .adopt import differing_fields
from .pager import Page, UnreadableAction, Walk

Handler = DelugeHandler | WebhookHandler | UnsetHandler
_HANDLER = HandlerType.EXECUTION_HANDLER
_KIND = "execution_type"


@dataclass(frozen=True, slots=True)
class Ensured:
    """What `ensure` found and changed.

    Attributes:
        action: the action after the changes.
        created: whether it was created.
        updated: the names of the fields that were changed.
        handler_set: whether the script or the permissions were set.
    """

    action: MessageAction
    created: bool = False
    updated: tuple[str, ...] = ()
    handler_set: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return self.created or bool(self.updated) or self.handler_set

    def __str__(self) -> str:
        done = ["created"] if self.created else []
        done += [f"updated {', '.join(self.updated)}"] if self.updated else []
        done += ["set the handler"] if self.handler_set else []
        return f"{self.action.name} ({self.action.id}): {'; '.join(done) or 'unchanged'}"


class Calls(Protocol):
    """The calls that `ensure` makes."""

    def create(self, fields: Mapping[str, Any], if_exists: str) -> Plan[MessageAction]:
        """Return the plan of a create."""
        ...

    def list_page(self, *, limit: int | None = None, next_token: str | None = None) -> Call[Page]:
        """Return the call of one page."""
        ...

    def update(self, action_id: str, fields: Mapping[str, Any]) -> Call[MessageAction]:
        """Return the call that changes an action."""
        ...

    def get_handler(self, action_id: str, handler_type: str) -> Call[Any]:
        """Return the call that reads a handler."""
        ...

    def update_handler(self, action_id: str, handler_type: str, fields: Mapping[str, Any]) -> Call[Any]:
        """Return the call that changes a handler."""
        ...

    def same_handler(self, action_id: str, handler_type: str, call: Call[Any]) -> Call[Any]:
        """Return the call that sets the handler of `call` for another action."""
        ...


class Ensuring:
    """The plan of one `ensure`.

    All arguments are checked before anything is sent, because the create and the handler's change are always prepared.
    """

    name = "list_message_actions"  # its first call
    repeatable = True

    def __init__(
        self, calls: Calls, fields: Mapping[str, Any], handler: Mapping[str, Any] | None, creator: str | None
    ) -> None:
        self._calls = calls
        create: Any = calls.create(fields, "adopt")
        self._create: Plan[MessageAction] = create
        self._wanted: Mapping[str, Any] = create.body
        self._kind = str(create.body.get(_KIND, "deluge"))
        self._given = dict(fields)
        if creator is not None and (not isinstance(creator, str) or not creator):
            raise ValidationError(
                f"must be the id of a user as text, not {creator!r}", field="creator", operation="ensure"
            )
        self._creator = creator
        self._handler: Call[Any] | None = None
        self._wanted_handler: Mapping[str, Any] = {}
        if handler is not None:
            needed = "permissions" if self._kind == "webhook" else "script"
            if not isinstance(handler, Mapping) or handler.keys() != {needed}:
                takes = f"a {self._kind} action takes {needed}, as in {{{needed!r}: …}}"
                raise ValidationError(takes, field="handler", operation="ensure")
            self._handler = calls.update_handler("1", _HANDLER, handler)
            self._wanted_handler = json.loads(self._handler.content or b"{}")

    def steps(self, engine: Engine, options: Options) -> Generator[Effect, Any, Ensured]:
        """List the actions, and create or change what is missing. All calls share one `max_wait`."""
        waited = Waited()
        named = yield from self._named(engine, options, waited)
        mine = [action for action in named if self._creator in (None, _creator_id(action))]
        if not mine:
            try:
                made: MessageAction = yield from self._create.steps(engine, options)
            except MessageActionNameExists as error:
                raise (_not_yours(named[0]) if named else error) from error
            if self._creator is not None and _creator_id(made) != self._creator:
                raise _not_yours(made)  # adopted: another user created an equal action meanwhile
            if self._handler is not None:
                yield from engine.call(self._calls.same_handler(made.id, _HANDLER, self._handler), options, waited)
            return Ensured(made, created=True, handler_set=self._handler is not None)
        action = mine[0]
        try:
            return (yield from self._converged(action, engine, options, waited))
        except ScopeInvalid:
            raise
        except Forbidden as error:
            raise _not_yours(action) from error

    def _named(self, engine: Engine, options: Options, waited: Waited) -> Steps[list[MessageAction]]:
        walk, found = Walk(None), list[MessageAction]()
        while not walk.over:
            page = yield from engine.call(self._calls.list_page(next_token=walk.token), options, waited)
            readable = (action for action in page.items if not isinstance(action, UnreadableAction))
            found += [action for action in readable if action.name == self._wanted["name"]]
            walk.record(page)
        return found

    def _converged(self, action: MessageAction, engine: Engine, options: Options, waited: Waited) -> Steps[Ensured]:
        differing = differing_fields(action, self._wanted)
        kind = action.execution_type or self._kind  # an answer may lack it
        if _KIND in differing or (self._handler is not None and kind != self._kind):
            raise ValidationError(
                f"the action {action.id} of this name is {action.execution_type}, and what an action runs cannot be "
                "changed; delete it first",
                field=_KIND,
                operation="ensure",
            )
        # The handler is read first: if it belongs to another user's action, nothing has been changed yet.
        set_handler = False
        if self._handler is not None:
            set_handler = yield from self._handler_differs(action, engine, options, waited)
        if differing:
            names = set(differing)
            names |= {"scope", "team_ids"} if names & {"scope", "team_ids"} else set()
            names |= {"image"}  # never returned, so it cannot be compared; send it if an update is needed anyway
            fields = {name: value for name, value in self._given.items() if name in names}
            action = yield from engine.call(self._calls.update(action.id, fields), options, waited)
        if set_handler and self._handler is not None:
            yield from engine.call(self._calls.same_handler(action.id, _HANDLER, self._handler), options, waited)
        return Ensured(action, updated=differing, handler_set=set_handler)

    def _handler_differs(self, action: MessageAction, engine: Engine, options: Options, waited: Waited) -> Steps[bool]:
        try:
            handler = yield from engine.call(self._calls.get_handler(action.id, _HANDLER), options, waited)
        except HandlerNotFound:
            return True  # it was never set
        returned = handler.to_dict()
        return any(_plain(returned.get(name)) != _plain(value) for name, value in self._wanted_handler.items())


def _plain(value: Any) -> Any:
    """Return a value for comparison. The order of permissions does not matter."""
    return sorted(map(str, value)) if isinstance(value, list) else value


def _creator_id(action: MessageAction) -> object:
    """Return the id of the creator, or None if the answer has none."""
    return getattr(action.creator, "id", None)


def _not_yours(action: MessageAction) -> CliqError:
    creator = action.creator
    known = isinstance(creator, Creator) and creator.id
    by = f"{creator.name or 'a user'} ({creator.id})" if known else "an unknown user"
    return NotYourAction(
        f"the action {action.id} named {action.name!r} was created by {by}; it was not changed",
        action_id=action.id,
        creator=creator,
        operation="ensure",
    )
