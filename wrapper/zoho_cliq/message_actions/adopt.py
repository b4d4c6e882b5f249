"""Create with `if_exists="adopt"`: exactly one action, even if the answer to the create was lost.

Names are unique at the server, so the listing decides after an unclear create. An action of that name whose returned
fields equal what was sent is taken to be the created one (`image` is never returned and cannot be compared). If there
is no action of that name, the create may be sent again: the server refuses it if the first one still arrives. In all
other cases the outcome stays `OutcomeUnknown`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from zoho_cliq_api.models import MessageAction

from .._engine import Call, Engine
from .._progress import Options, Waited
from .._types import Steps
from ..errors import CliqError, DecodeError, MessageActionNameExists, OutcomeUnknown, ServerError
from .pager import Page, UnreadableAction, Walk


class Adoption:
    """The plan of one such create.

    Args:
        create: the call that creates.
        list_page: returns the call of one page of the listing, for a `next_token`.
    """

    def __init__(self, create: Call[MessageAction], list_page: Callable[..., Call[Page]]) -> None:
        self.create = create
        self.body: Mapping[str, Any] = json.loads(create.content or b"{}")
        self._list_page = list_page

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.create.name

    def steps(self, engine: Engine, options: Options) -> Steps[MessageAction]:
        """Create. If the outcome is unclear or the name is taken, list the actions."""
        waited, attempt = Waited(), 0
        failure: CliqError | None = None
        while True:
            attempt += 1
            try:
                return (yield from engine.call(self.create, options, waited))
            except (OutcomeUnknown, ServerError, DecodeError, MessageActionNameExists) as error:
                failure = error
            except CliqError as error:
                if failure is None:
                    raise
                raise OutcomeUnknown(
                    f"{failure.args[0]}; it was sent again because no such action was listed: {error.args[0]}",
                    operation=self.create.operation.name,
                ) from error
            named = yield from self._named(engine, options, waited, failure)
            readable = [action for action in named if not isinstance(action, UnreadableAction)]
            alike = [action for action in readable if agrees(action, self.body)]
            if len(alike) == 1:
                return alike[0]
            if isinstance(failure, MessageActionNameExists) and attempt == 1:
                if readable:
                    _name_existing(failure, readable[0], self.body)
                raise failure  # not unclear: another action, different or not visible, had the name before
            if named or attempt > options.max_retries:
                break
        raise OutcomeUnknown(
            f"an action named {self.body['name']!r} "
            + ("exists, but it may not be the one that was sent" if named else "may still be created"),
            operation=self.create.operation.name,
        ) from failure

    def _named(
        self, engine: Engine, options: Options, waited: Waited, failure: CliqError
    ) -> Steps[list[MessageAction]]:
        walk, found = Walk(None), []
        try:
            while not walk.over:
                page = yield from engine.call(self._list_page(next_token=walk.token), options, waited)
                found += [action for action in page.items if action.name == self.body["name"]]
                walk.record(page)
        except CliqError as error:
            if isinstance(failure, MessageActionNameExists):
                raise
            raise OutcomeUnknown(
                f"{failure.args[0]}; and the actions could not be listed: {error.args[0]}",
                operation=self.create.operation.name,
            ) from error
        return found


def _name_existing(error: MessageActionNameExists, action: MessageAction, sent: Mapping[str, Any]) -> None:
    """Add to `error` which action has the name, and in which fields it differs from what was sent."""
    error.existing_id, error.differing = action.id, differing_fields(action, sent)
    fields = f" and differs in {', '.join(error.differing)}" if error.differing else ""
    error.args = (f"{error.args[0]}; the action {action.id} has this name{fields}",)


def agrees(action: MessageAction, sent: Mapping[str, Any]) -> bool:
    """Return whether the returned fields equal those that were sent. The order of lists does not matter."""
    return not differing_fields(action, sent)


def differing_fields(action: MessageAction, sent: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the sent fields whose returned values differ.

    Fields that are not returned are not compared.
    """
    returned = action.to_dict()
    return tuple(name for name, value in sent.items() if name in returned and not _same(returned[name], value))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    return bool(one == other)
