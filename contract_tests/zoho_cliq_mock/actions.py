"""A message action: what a checked body makes of it, the rules that no schema states, and its JSON.

Pure functions. Undocumented choices are policies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from zoho_cliq_mock.directory import Directory, User, organization_audience, team_audience, user_audience
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.policies import Policies


@dataclass(frozen=True, slots=True)
class Action:
    """The fields of an action. `collaborators` are user ids; `image` is kept and never shown."""

    name: str
    hint: str
    scope: str
    execution_type: str
    multi_selectable: bool
    message_types: list[str]
    creator_id: str
    creator_name: str
    execution_url: str | None = None
    team_ids: tuple[int, ...] = ()
    collaborators: tuple[str, ...] = ()
    image: str | None = None
    status: str = "enabled"


def new_action(body: dict[str, Any], user: User, directory: Directory, policies: Policies) -> Action:
    """The action that a valid body describes. Raises `Refusal`."""
    scope = body.get("scope", policies.default_scope)
    execution_type = body.get("execution_type", "deluge")
    checked = _checked(body, scope, execution_type, user, directory, policies)
    if "message_types" not in checked:
        checked["message_types"] = policies.default_message_types.split(",")
    return Action(
        name=body["name"],
        hint=body["hint"],
        scope=scope,
        execution_type=execution_type,
        multi_selectable=body.get("multi_selectable", False),
        creator_id=user.id,
        creator_name=user.name,
        image=body.get("image"),
        **checked,
    )


def updated_action(
    action: Action, body: dict[str, Any], user: User, directory: Directory, policies: Policies
) -> Action:
    """The action after a valid update. Raises `Refusal`."""
    plain = {key: body[key] for key in ("name", "hint", "scope", "multi_selectable", "image") if key in body}
    scope = body.get("scope", action.scope)
    checked = _checked(body, scope, action.execution_type, user, directory, policies)
    if scope != "team":
        checked["team_ids"] = ()
    return replace(action, **plain, **checked)


def render(identifier: int, action: Action) -> bytes:
    """The action as the API shows it."""
    shown: dict[str, Any] = {
        "id": str(identifier),
        "name": action.name,
        "hint": action.hint,
        "scope": action.scope,
    }
    if action.scope == "team":
        shown["team_ids"] = action.team_ids
    shown["multi_selectable"] = action.multi_selectable
    shown["message_types"] = action.message_types
    shown["handlers"] = [{"type": "execution_handler"}]
    shown["creator"] = {"name": action.creator_name, "id": action.creator_id}
    shown["execution_type"] = action.execution_type
    if action.execution_url is not None:
        shown["execution_url"] = action.execution_url
    shown["status"] = action.status
    shown["type"] = "custom"
    return orjson.dumps(shown)


def render_hidden(action: Action) -> str | None:
    """What `render` leaves out, as JSON; None where there is nothing of it."""
    if not action.collaborators and action.image is None:
        return None
    return orjson.dumps({"collaborators": action.collaborators, "image": action.image}).decode()


def read_action(rendered: bytes, hidden: str | None) -> Action:
    """The action that `render` and `render_hidden` wrote."""
    shown = orjson.loads(rendered)
    more: dict[str, Any] = orjson.loads(hidden) if hidden else {"collaborators": (), "image": None}
    return Action(
        name=shown["name"],
        hint=shown["hint"],
        scope=shown["scope"],
        execution_type=shown["execution_type"],
        multi_selectable=shown["multi_selectable"],
        message_types=shown["message_types"],
        creator_id=shown["creator"]["id"],
        creator_name=shown["creator"]["name"],
        execution_url=shown.get("execution_url"),
        team_ids=tuple(shown.get("team_ids", ())),
        collaborators=tuple(more["collaborators"]),
        image=more["image"],
        status=shown["status"],
    )


def audiences_of(action: Action, organization: str) -> tuple[str, ...]:
    """The audiences that see an action."""
    if action.scope == "organization":
        return (organization_audience(organization),)
    # Both lists may hold an entry twice (policy `repeated_items`); an audience is named once.
    people = dict.fromkeys((action.creator_id, *action.collaborators))
    teams = dict.fromkeys(action.team_ids)
    return (
        *(user_audience(person) for person in people),
        *(team_audience(organization, team) for team in teams),
    )


def _checked(
    body: dict[str, Any], scope: str, execution_type: str, user: User, directory: Directory, policies: Policies
) -> dict[str, Any]:
    """The fields of a body that need more than the schema's checks, ready to be stored."""
    checked: dict[str, Any] = {}
    if "message_types" in body:
        checked["message_types"] = _items("message_types", body["message_types"], policies)
    if "team_ids" in body:
        if scope == "team":
            # 100001.0 is an integer to JSON Schema.
            teams = tuple(int(team) for team in _items("team_ids", body["team_ids"], policies))
            _check_teams(teams, user, directory, policies)
            checked["team_ids"] = teams
        elif policies.stray_team_ids == "refuse":
            raise Refusal("invalid_inputs", f"team_ids: only for scope team, not {scope}")
    if "execution_url" in body:
        url = body["execution_url"]
        if execution_type == "webhook" or policies.stray_execution_url == "store":
            if url.split(":", 1)[0] not in policies.execution_url_schemes.split(","):
                raise Refusal("invalid_inputs", f"execution_url: must begin with {policies.execution_url_schemes}")
            checked["execution_url"] = url
        elif policies.stray_execution_url == "refuse":
            raise Refusal("invalid_inputs", f"execution_url: only for webhook actions, not {execution_type}")
    return checked


def _items(name: str, items: list[Any], policies: Policies) -> list[Any]:
    unique = list(dict.fromkeys(items))
    if len(unique) == len(items) or policies.repeated_items == "keep":
        return items
    if policies.repeated_items == "refuse":
        raise Refusal("invalid_inputs", f"{name}: has the same item twice")
    return unique


def _check_teams(teams: tuple[int, ...], user: User, directory: Directory, policies: Policies) -> None:
    known = directory.teams.get(user.organization, set())
    allowed = known if policies.team_choice == "any" else user.teams
    for team in teams:
        if team not in allowed:
            raise Refusal("invalid_inputs", f"team_ids: there is no team {team} in the organization")
