"""A message action: what a checked body makes of it, the rules that no schema states, and its JSON.

Pure functions. Undocumented choices are policies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from zoho_cliq_mock.directory import Directory, User
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.policies import Policies


@dataclass(frozen=True, slots=True)
class Action:
    """The fields of an action, as stored. Lists are lists, so that they go through JSON unchanged."""

    name: str
    hint: str
    scope: str
    execution_type: str
    multi_selectable: bool
    message_types: list[str]
    creator_id: str
    creator_name: str
    execution_url: str | None
    team_ids: list[int]
    collaborators: list[str]
    image: str | None
    status: str = "enabled"


def new_action(body: dict[str, Any], user: User, directory: Directory, policies: Policies) -> Action:
    """The action that a valid body describes. Raises `Refusal`."""
    action = Action(
        name=body["name"],
        hint=body["hint"],
        scope=body.get("scope", policies.default_scope),
        execution_type=body.get("execution_type", "deluge"),
        multi_selectable=body.get("multi_selectable", False),
        message_types=policies.default_message_types.split(","),
        creator_id=user.id,
        creator_name=user.name,
        execution_url=None,
        team_ids=[],
        collaborators=[],
        image=body.get("image"),
    )
    return _with_lists(action, body, user, directory, policies)


def updated_action(
    action: Action, body: dict[str, Any], user: User, directory: Directory, policies: Policies
) -> Action:
    """The action after a valid update. Raises `Refusal`."""
    plain = {key: body[key] for key in ("name", "hint", "scope", "multi_selectable", "image") if key in body}
    changed = replace(action, **plain)
    return _with_lists(changed, body, user, directory, policies)


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


def _with_lists(action: Action, body: dict[str, Any], user: User, directory: Directory, policies: Policies) -> Action:
    if "message_types" in body:
        action = replace(action, message_types=_items("message_types", body["message_types"], policies))
    if "team_ids" in body:
        if action.scope == "team":
            # 100001.0 is an integer to JSON Schema.
            teams = [int(team) for team in _items("team_ids", body["team_ids"], policies)]
            _check_teams(teams, user, directory, policies)
            action = replace(action, team_ids=teams)
        elif policies.stray_team_ids == "refuse":
            raise Refusal("invalid_inputs", f"team_ids: only for scope team, not {action.scope}")
    if action.scope != "team":
        action = replace(action, team_ids=[])
    if "execution_url" in body:
        url = body["execution_url"]
        if action.execution_type == "webhook" or policies.stray_execution_url == "store":
            if url.split(":", 1)[0] not in policies.execution_url_schemes.split(","):
                raise Refusal("invalid_inputs", f"execution_url: must begin with {policies.execution_url_schemes}")
            action = replace(action, execution_url=url)
        elif policies.stray_execution_url == "refuse":
            raise Refusal("invalid_inputs", f"execution_url: only for webhook actions, not {action.execution_type}")
    return action


def _items(name: str, items: list[Any], policies: Policies) -> list[Any]:
    unique = list(dict.fromkeys(items))
    if len(unique) == len(items) or policies.repeated_items == "keep":
        return items
    if policies.repeated_items == "refuse":
        raise Refusal("invalid_inputs", f"{name}: has the same item twice")
    return unique


def _check_teams(teams: list[int], user: User, directory: Directory, policies: Policies) -> None:
    known = directory.teams.get(user.organization, set())
    allowed = known if policies.team_choice == "any" else user.teams
    for team in teams:
        if team not in allowed:
            raise Refusal("invalid_inputs", f"team_ids: there is no team {team} in the organization")
