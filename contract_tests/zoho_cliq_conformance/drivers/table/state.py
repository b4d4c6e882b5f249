"""Scenarios of state: creates persist, updates change the given fields only, and deleted actions are gone."""

from __future__ import annotations

import re
from typing import Any

from ...judge.document import LARGEST_LIMIT
from ...sending.bodies import IMAGE, ODD_HINTS, ODD_URL, UNKNOWN_ID, URL, type_set
from ...sending.client import Client
from .bodies import HOOK
from .scenario import Scenario, content, living, scenario

SCENARIOS: list[Scenario] = []
NUMBER = "[0-9]{1,40}"


def neighbour(t: Client, identifier: str) -> str:
    """Return the id next to that of an action, which presumably no action has.

    A server that stores ids as floating-point numbers cannot tell the two ids apart.
    """
    if not (t.oracle.exclusive and re.fullmatch(NUMBER, identifier)):
        return UNKNOWN_ID
    known = {int(action) for action in t.oracle.model.actions if re.fullmatch(NUMBER, action)}
    near = {number + step for number in known for step in (-2, -1, 1, 2)} - known
    same = [number for number in sorted(near) if any(float(number) == float(other) for other in known)]
    return str(same[0] if same else int(identifier) + 1)


@scenario(SCENARIOS)
def unknown_actions(t: Client) -> None:
    """An unknown action and an unknown handler are not found."""
    own = living(t, execution_type="deluge", scope="personal")
    t.get(neighbour(t, own), about="get.msgaction_not_found")
    t.update(UNKNOWN_ID, hint="a hint", about="update.msgaction_not_found")
    t.delete(UNKNOWN_ID, about="delete.msgaction_not_found")
    t.get_handler(UNKNOWN_ID, about="get_handler.missing-action")
    t.update_handler(UNKNOWN_ID, script="return 1;", about="update_handler.missing-action")
    t.get_handler(own, kind="welcome_handler", about="get_handler.execution_handler_not_found")
    t.update_handler(
        own, kind="execution_handler2", script="return 3;", about="update_handler.execution_handler_not_found"
    )


@scenario(SCENARIOS)
def names(t: Client) -> None:
    """A name is unique. It is free again after a rename or a deletion, and an action does not conflict with itself."""
    hook: dict[str, Any] = {"scope": "organization", "execution_type": "webhook", "execution_url": HOOK}
    first, second, third, fourth = t.name(), t.name().title(), t.name(), t.name()
    one = t.create(name=first, scope="organization")
    two = t.create(name=second, **hook)
    exists = "create.msgaction_name_already_exists"
    t.create(name=first, hint="not kept", **hook, about=exists)
    t.create(name=second, hint="not kept", scope="organization", about=exists)
    for identifier, taken in ((two, first), (one, second)):
        t.update(identifier, name=taken, hint="not kept", about="update.msgaction_name_already_exists")
    t.listing(limit=LARGEST_LIMIT, about="errors.change-nothing")
    t.update(one, name=third, about="update.applies")
    t.update(one, hint=ODD_HINTS[2], about="update.applies")
    t.update(one, name=third, hint="the same name", about="update.name.own")
    t.create(name=first, scope="organization", about="create.name.free-after-rename")
    t.update(two, name=fourth, about="update.applies")
    t.update(two, execution_url=ODD_URL, about="update.applies")
    t.delete(two)
    t.update(one, name=fourth, message_types=type_set(-3), about="update.name.free-after-delete")
    t.update(one, name=third, about="update.name.free-after-rename")
    t.create(name=second, scope="organization", about="create.name.free-after-rename")
    t.create(name=third, scope="organization", about=exists)


@scenario(SCENARIOS)
def one_field_at_a_time(t: Client) -> None:
    """An update of any kind of action changes the fields that it names, and no others."""
    deluge = living(t, scope="personal", execution_type="deluge")
    hook = living(t, scope="organization", execution_type="webhook")
    changes: list[tuple[str, dict[str, Any]]] = [
        (deluge, {"multi_selectable": True, "name": t.name(), "message_types": ["link"]}),
        (deluge, {"scope": "organization"}),
        (deluge, {"image": IMAGE}),
        (deluge, {"multi_selectable": False}),
        (hook, {"multi_selectable": True}),
        (hook, {"name": t.name()}),
        (hook, {"execution_url": HOOK + "/moved"}),
        (hook, {"scope": "personal"}),
        (
            hook,
            {
                "name": t.name(),
                "hint": "0",
                "message_types": type_set(3),
                "execution_url": URL,
                "multi_selectable": False,
                "image": IMAGE,
            },
        ),
    ]
    for identifier, change in changes:
        t.update(identifier, **change, about="update.applies")
    t.get(deluge)
    for identifier in (deluge, hook):
        t.get_handler(identifier, about="update.keeps")
    t.update(hook, execution_type="deluge", about="update.execution_type")
    t.get(hook)


@scenario(SCENARIOS, "teams.owner")
def scopes_change(t: Client) -> None:
    """A change to the scope team and back keeps the other fields."""
    teams = list(t.profile.teams["owner"])
    own = t.create(scope="organization", message_types=type_set(0))
    t.update(own, scope="team", team_ids=teams[:2], hint="for two teams", about="update.scope.team")
    t.update(own, name=t.name(), hint="for them still", message_types=type_set(-1), about="update.keeps")
    t.update(own, scope="personal", about="update.scope.team")
    t.get(own, about="update.scope.team")
    t.update(own, scope="team", team_ids=teams[-1:], about="update.scope.team")


@scenario(SCENARIOS)
def deletion(t: Client) -> None:
    """A deleted action and its handler are not found, even by users who have read it; other actions stay."""
    gone = t.create(scope="personal", execution_type="deluge")
    stays = t.create(scope="personal", execution_type="deluge")
    name = content(t, gone, "name")
    hook = living(t, scope="team" if t.profile.has("teams.owner") else "personal", execution_type="webhook")
    t.update_handler(stays, script="return 9;")
    t.update_handler(gone, script="return 4;")
    t.update_handler(hook, permissions=["attachments"])
    for identifier in (stays, gone):
        t.get_handler(identifier, about="update_handler.keeps-others")
    t.listing(limit=LARGEST_LIMIT)
    t.delete(hook)
    t.get_handler(hook, about="delete.gone")
    t.get(gone)
    t.delete(gone, about="delete.success")
    t.get(gone, about="delete.gone")
    t.update(gone, hint="still there", about="delete.gone")
    t.get_handler(gone, about="delete.gone")
    t.update_handler(gone, script="return 5;", about="delete.gone")
    t.delete(gone, about="delete.msgaction_not_found")
    t.listing(limit=LARGEST_LIMIT, about="delete.keeps-others")
    again = t.create(name=name, scope="personal", execution_type="deluge", about="action.id.unique")
    t.get_handler(again, about="handler.fresh")
