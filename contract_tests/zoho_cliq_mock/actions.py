"""A message action: building it from a valid body, the rules that no schema states, and its JSON.

Pure functions. Choices that the vendor does not document are policies. A field of the document that this module does
not know is stored as it was sent, and shown if the document's responses have it. A field that the document's responses
no longer have is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from zoho_cliq_api.contract import sample

from zoho_cliq_mock.directory import Directory, User, organization_audience, team_audience, user_audience
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.policies import Policies
from zoho_cliq_mock.schemas import SCHEMAS, properties_of, required_properties

_SHOWN = properties_of("MessageAction")
"""What answers may hold, as the document says."""
_MODELLED = frozenset(
    "name hint scope execution_type execution_url team_ids multi_selectable message_types image".split()
)
"""The fields of a body that have a meaning here."""


@dataclass(frozen=True, slots=True)
class Action:
    """The fields of an action.

    `collaborators` are user ids. `image` is stored and never shown. `more` holds the document's fields that have no
    meaning in the mock.
    """

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
    more: Mapping[str, Any] = field(default_factory=dict)


def new_action(body: dict[str, Any], user: User, directory: Directory, policies: Policies) -> Action:
    """Return the action for the body of a create request that passed the schema.

    Raise `Refusal` if the body breaks a rule that the schema does not state.
    """
    scope = body.get("scope", policies.default_scope)
    execution_type = body.get("execution_type", "deluge")
    checked = _checked(body, scope, execution_type, user, directory, policies)
    if "message_types" not in checked:
        checked["message_types"] = policies.default_message_types.split(",")
    return Action(
        name=body.get("name", ""),  # a document may make either optional
        hint=body.get("hint", ""),
        scope=scope,
        execution_type=execution_type,
        multi_selectable=body.get("multi_selectable", False),
        creator_id=user.id,
        creator_name=user.name,
        image=body.get("image"),
        more=_unmodelled(body),
        **checked,
    )


def updated_action(
    action: Action, body: dict[str, Any], user: User, directory: Directory, policies: Policies
) -> Action:
    """Return the action after an update request whose body passed the schema.

    Raise `Refusal` if the body breaks a rule that the schema does not state.
    """
    plain = {key: body[key] for key in ("name", "hint", "scope", "multi_selectable", "image") if key in body}
    scope = body.get("scope", action.scope)
    checked = _checked(body, scope, action.execution_type, user, directory, policies)
    if scope != "team":
        checked["team_ids"] = ()
    return replace(action, **plain, **checked, more={**action.more, **_unmodelled(body)})


def render(identifier: int, action: Action) -> bytes:
    """Return the action's JSON as the API shows it."""
    full = _full(identifier, action)
    if not _SHOWN.issuperset(full):
        full = {name: value for name, value in full.items() if name in _SHOWN}
    return orjson.dumps(full)


def render_hidden(action: Action) -> str | None:
    """Return the fields that `render` leaves out, as JSON, or None if there are none."""
    hidden: dict[str, Any] = {}
    if action.collaborators or action.image is not None:
        hidden = {"collaborators": action.collaborators, "image": action.image}
    if unshown := {name: value for name, value in _full(0, action).items() if name not in _SHOWN}:
        hidden["unshown"] = unshown
    return orjson.dumps(hidden).decode() if hidden else None


def read_action(rendered: bytes, hidden: str | None) -> Action:
    """Return the action from what `render` and `render_hidden` returned for it."""
    more: dict[str, Any] = orjson.loads(hidden) if hidden else {}
    full = {**orjson.loads(rendered), **more.get("unshown", {})}
    return Action(
        name=full["name"],
        hint=full["hint"],
        scope=full["scope"],
        execution_type=full["execution_type"],
        multi_selectable=full["multi_selectable"],
        message_types=full["message_types"],
        creator_id=full["creator"]["id"],
        creator_name=full["creator"]["name"],
        execution_url=full.get("execution_url"),
        team_ids=tuple(full.get("team_ids", ())),
        collaborators=tuple(more.get("collaborators", ())),
        image=more.get("image"),
        status=full["status"],
        more={name: full[name] for name in full.keys() - _RENDERED},
    )


def _full(identifier: int, action: Action) -> dict[str, Any]:
    """Return all fields of an action except its image, including those that the API does not show."""
    full: dict[str, Any] = {
        "id": str(identifier),
        "name": action.name,
        "hint": action.hint,
        "scope": action.scope,
    }
    if action.scope == "team":
        full["team_ids"] = action.team_ids
    full["multi_selectable"] = action.multi_selectable
    full["message_types"] = action.message_types
    full["handlers"] = [{"type": "execution_handler"}]
    full["creator"] = {"name": action.creator_name, "id": action.creator_id}
    full["execution_type"] = action.execution_type
    if action.execution_url is not None:
        full["execution_url"] = action.execution_url
    full["status"] = action.status
    full["type"] = "custom"
    return {**full, **_DEMANDED, **action.more} if action.more or _DEMANDED else full


_RENDERED = _MODELLED - {"image"} | {"id", "handlers", "creator", "status", "type"}
"""The fields that `_full` knows by name."""
_DEMANDED = {
    name: sample(schema, SCHEMAS)
    for name, schema in required_properties("MessageAction").items()
    if name not in _RENDERED
}
"""A value for each field that the document's answers must have and that has no meaning here."""


def audiences_of(action: Action, organization: str) -> tuple[str, ...]:
    """Return the audiences that see an action of this organization."""
    if action.scope == "organization":
        return (organization_audience(organization),)
    # Both lists may repeat an entry (policy `repeated_items`); each audience must be returned once.
    people = dict.fromkeys((action.creator_id, *action.collaborators))
    teams = dict.fromkeys(action.team_ids)
    return (
        *(user_audience(person) for person in people),
        *(team_audience(organization, team) for team in teams),
    )


def _unmodelled(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a body that have no meaning in the mock."""
    return {name: body[name] for name in body.keys() - _MODELLED}


def _checked(
    body: dict[str, Any], scope: str, execution_type: str, user: User, directory: Directory, policies: Policies
) -> dict[str, Any]:
    """Return the fields of a body whose rules the schema cannot state, checked and ready to be stored."""
    checked: dict[str, Any] = {}
    if "message_types" in body:
        checked["message_types"] = _items("message_types", body["message_types"], policies)
    if "team_ids" in body:
        if scope == "team":
            # JSON Schema accepts 100001.0 as an integer.
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
