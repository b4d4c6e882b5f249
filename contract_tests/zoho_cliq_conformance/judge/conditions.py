"""The conditions under which the state of the server makes it refuse a request: it must, or it may.

Conditions that follow from the request alone are in `rules`, those that follow from its token in `senders`.
"""

from __future__ import annotations

from zoho_cliq_api.contract import OPERATIONS

from ..trace import Exchange
from . import rules
from .document import LONG
from .listing import Lists
from .model import Action, Identity, Model, visibility_fact
from .rules import Condition, Request


def of_state(
    exchange: Exchange, request: Request, identity: Identity, model: Model, lists: Lists, creation_limit: int | None
) -> list[Condition]:
    """Return the conditions that follow from the state of the server.

    Add to `request.loose` the fields of the body that a server may ignore because of the action's state.

    Args:
        exchange: the request with its times.
        request: the same request as `rules.read` returns it.
        identity: who sent it.
        model: the state of the server before the request.
        lists: the listings of the run.
        creation_limit: how many actions the organization may have; None if that is unknown, or if others create, too.
    """
    if request.operation == "create":
        found = _of_names(request, identity, None, model)
        return found + _of_count(identity, model, creation_limit) + _of_teams(request, identity, None, model)
    if request.operation == "list":
        return lists.conditions(exchange, request, identity.user)
    action = model.actions.get(request.identifier)
    found = _of_action(request, identity, action, model)
    if action is not None and request.operation == "update":
        found += _of_names(request, identity, action, model) + _of_teams(request, identity, action, model)
        if "execution_url" in (request.body or {}) and action.content.get("execution_type") != "webhook":
            request.loose.add("execution_url")
            found.append(
                _may(
                    "update.execution_url.stray", "execution_url is given for a Deluge action", rules.codes_of("update")
                )
            )
    if action is not None and request.operation == "update_handler":
        found += _of_fit(request, action)
    if action is not None and request.operation == "get_handler" and not action.script and not action.permissions:
        codes: frozenset[str | None] = frozenset({"execution_handler_not_found", "execution_handler_get_failed"})
        found.append(Condition("get_handler.unset", "the handler has not been set", False, rules.DOMAIN, codes))
    return found


def _of_action(request: Request, identity: Identity, action: Action | None, model: Model) -> list[Condition]:
    operation = request.operation or ""
    codes: frozenset[str | None] = frozenset({"msgaction_not_found"})
    fact = f"{operation}.msgaction_not_found"
    if operation.endswith("_handler"):
        own = set(OPERATIONS[LONG[operation]].error_codes)
        codes, fact = frozenset({"msgaction_not_found", None, *own}), f"{operation}.missing-action"
    if action is None:
        if not rules.is_id(request.identifier):
            return []  # `rules` has a condition for that
        # A server may read the id 0123 as the number 123.
        must = model.directory.complete and not request.identifier.startswith("0")
        return [Condition(fact, "the action does not exist", must, rules.NOT_FOUND, codes)]
    if action.uncertain:
        return [
            Condition(
                fact, "an earlier response left the state of the action unknown", False, rules.DOMAIN, codes | {None}
            )
        ]
    if not action.alive:
        gone = "delete.gone" if operation != "delete" else "delete.msgaction_not_found"
        return [Condition(gone, "the action was deleted", True, rules.NOT_FOUND, codes)]
    sees = model.sees(identity.user, action)
    forbidden = frozenset({None, *codes})
    if not sees:
        fact = visibility_fact(model, identity.user, action)
        why = f"{identity.user} may not see the action"
        return [
            Condition(fact, why, sees is False, frozenset({403}), forbidden),
            Condition(fact, why, sees is False, rules.NOT_FOUND, codes),
        ]
    if identity.user != action.creator and operation != "get":
        return [
            Condition("visibility.others", f"the action belongs to {action.creator}", False, rules.HIDDEN, forbidden)
        ]
    return []


def _of_names(request: Request, identity: Identity, action: Action | None, model: Model) -> list[Condition]:
    name = (request.body or {}).get("name")
    if not isinstance(name, str):
        return []
    fact = f"{request.operation}.msgaction_name_already_exists"
    codes: frozenset[str | None] = frozenset({"msgaction_name_already_exists"})
    statuses = frozenset({400, 403, 409, 422})
    scope = (request.body or {}).get("scope", action.content.get("scope") if action else None)
    found = []
    if not model.directory.complete:
        found.append(
            Condition(fact, "an action that the recording does not show may have that name", False, statuses, codes)
        )
    for other in model.named(name, identity.organization):
        if other is action:
            continue
        owner = action.creator if action else identity.user
        same = other.content.get("name") == name and other.creator == owner and other.content.get("scope") == scope
        must = same and not other.uncertain
        found.append(Condition(fact, f"{other.creator} has an action of that name", must, statuses, codes))
    if model.may_have(name):
        found.append(Condition(fact, "an earlier create may have made an action of that name", False, statuses, codes))
    return found


def _of_count(identity: Identity, model: Model, creation_limit: int | None) -> list[Condition]:
    here = sum(model.directory.organization(a.creator) == identity.organization for a in model.living())
    codes: frozenset[str | None] = frozenset({"msgaction_creation_limit_exceeded"})
    statuses = frozenset({400, 403, 409, 422})
    fact = "create.msgaction_creation_limit_exceeded"
    if creation_limit is None:
        return [Condition(fact, "the organization may have reached its limit of actions", False, statuses, codes)]
    if here >= creation_limit:
        return [Condition(fact, f"the organization has {here} actions", True, statuses, codes)]
    return []


def _of_teams(request: Request, identity: Identity, action: Action | None, model: Model) -> list[Condition]:
    body, operation = request.body or {}, request.operation or ""
    codes = rules.codes_of(operation)
    found = []
    teams = body.get("team_ids")
    if isinstance(teams, list):
        known = model.directory.teams.get(identity.user)
        if known is None or not {str(team) for team in teams} <= {str(team) for team in known}:
            statuses = rules.BAD | {403, 404}
            found.append(
                Condition(
                    f"{operation}.team_ids.unknown",
                    "team_ids names a team of which the user may not be a member",
                    False,
                    statuses,
                    codes | {None},
                )
            )
    if action is not None:
        scope = body.get("scope", action.content.get("scope"))
        if body.get("scope") == "team" and teams is None:
            must = action.content.get("scope") in ("organization", "personal") and not action.uncertain
            found.append(
                Condition("update.team_ids.required", "scope is team, but team_ids is missing", must, rules.BAD, codes)
            )
        if scope != "team" and "team_ids" in body:
            request.loose.add("team_ids")
            found.append(_may("update.team_ids.stray", "team_ids is given, but scope is not team", codes))
    return found


def _of_fit(request: Request, action: Action) -> list[Condition]:
    body = request.body or {}
    fits = {"deluge": "script", "webhook": "permissions"}.get(str(action.content.get("execution_type")))
    statuses, codes = rules.BAD | {409}, rules.codes_of("update_handler")
    return [
        Condition(
            f"update_handler.{name}.fit", f"{name} does not fit the execution type", len(body) == 1, statuses, codes
        )
        for name in body
        if fits is not None and name in ("script", "permissions") and name != fits
    ]


def _may(fact: str, why: str, codes: frozenset[str | None]) -> Condition:
    return Condition(fact, why, False, rules.BAD, codes | {None})
