"""State: what is created stays, what is updated changes and nothing else does, what is deleted is gone."""

from __future__ import annotations

from typing import Any

from ..client import Client
from .bodies import HOOK, IMAGE
from .scenario import Scenario, living, scenario

SCENARIOS: list[Scenario] = []
NOBODY = "987000000654321"


@scenario(SCENARIOS)
def unknown_actions(t: Client) -> None:
    """An id that no action has is not found, and a handler of another name neither."""
    own = living(t, execution_type="deluge", scope="personal")
    t.get(NOBODY, about="get.msgaction_not_found")
    t.update(NOBODY, hint="a hint", about="update.msgaction_not_found")
    t.delete(NOBODY, about="delete.msgaction_not_found")
    t.get_handler(NOBODY, about="get_handler.missing-action")
    t.update_handler(NOBODY, script="return 1;", about="update_handler.missing-action")
    t.get_handler(own, kind="welcome_handler", about="get_handler.execution_handler_not_found")
    t.update_handler(
        own, kind="welcome_handler", script="return 3;", about="update_handler.execution_handler_not_found"
    )
    t.get_handler(own, about="errors.change-nothing")


@scenario(SCENARIOS)
def names(t: Client) -> None:
    """A name is unique; it is free again after a rename and after a deletion; one's own name is no conflict."""
    first, second, third = t.name(), t.name().title(), t.name()
    one = t.create(name=first, scope="organization")
    two = t.create(name=second, scope="organization")
    t.create(name=first, hint="not kept", scope="organization", about="create.msgaction_name_already_exists")
    t.update(two, name=first, hint="not kept", about="update.msgaction_name_already_exists")
    t.get(two, about="errors.change-nothing")
    t.update(one, name=first, hint="the same name", about="update.name.own")
    t.update(one, name=first.upper(), about="update.name.own")
    t.update(one, name=third, about="update.applies")
    t.create(name=first, scope="organization", about="create.name.free-after-rename")
    t.delete(two)
    t.create(name=second, scope="organization", about="create.name.free-after-delete")
    t.create(name=third, scope="organization", about="create.msgaction_name_already_exists")


@scenario(SCENARIOS)
def one_field_at_a_time(t: Client) -> None:
    """An update changes the field that it names and leaves the others, for each kind of action."""
    deluge = living(t, scope="personal", execution_type="deluge")
    hook = living(t, scope="organization", execution_type="webhook")
    changes: list[tuple[str, dict[str, Any]]] = [
        (deluge, {"hint": "another hint"}),
        (deluge, {"multi_selectable": True, "name": t.name(), "message_types": ["link"]}),
        (deluge, {"message_types": ["attachment"]}),
        (deluge, {"scope": "organization"}),
        (deluge, {"image": IMAGE}),
        (hook, {"name": t.name()}),
        (hook, {"multi_selectable": True}),
        (hook, {"execution_url": HOOK + "/moved"}),
        (hook, {"scope": "personal"}),
        (hook, {"hint": "a hook", "message_types": ["link", "text"]}),
    ]
    for identifier, change in changes:
        t.update(identifier, **change, about="update.applies")
    t.update(deluge)
    for identifier in (deluge, hook):
        t.get(identifier)
        t.get_handler(identifier, about="update.keeps")
    t.update(hook, execution_type="deluge")
    t.get(hook, about="update.execution_type")


@scenario(SCENARIOS, "teams.owner", facts=("update.scope.team",))
def scopes_change(t: Client) -> None:
    """To scope team and back, with fields kept."""
    teams = list(t.profile.teams["owner"])
    own = t.create(scope="organization", message_types=["link"])
    t.update(own, scope="team", team_ids=teams[:2], about="update.scope.team")
    t.get(own, about="update.scope.team")
    t.update(own, hint="kept teams", about="update.keeps")
    t.update(own, scope="personal", about="update.scope.team")
    t.get(own, about="update.scope.team")


@scenario(SCENARIOS)
def deletion(t: Client) -> None:
    """A deleted action answers to nothing; its handler is gone with it; others stay."""
    gone = t.create(scope="personal", execution_type="deluge")
    stays = t.create(scope="personal", execution_type="deluge")
    t.update_handler(stays, script="return 9;")
    t.update_handler(gone, script="return 4;")
    t.get_handler(stays, about="update_handler.keeps-others")
    t.delete(gone, about="delete.success")
    t.get(gone, about="delete.gone")
    t.update(gone, hint="still there?", about="delete.gone")
    t.get_handler(gone, about="delete.gone")
    t.update_handler(gone, script="return 5;", about="delete.gone")
    t.delete(gone, about="delete.msgaction_not_found")
    t.get(stays, about="delete.keeps-others")
    again = t.create(scope="personal", about="action.id.unique")
    t.get_handler(again, about="handler.fresh")
