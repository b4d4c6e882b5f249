"""Under which conditions a request must or may be refused, as far as that follows from who asks and from the state.

What follows from the request alone is in `rules`.
"""

from __future__ import annotations

import re

from zoho_cliq_api.contract import OPERATIONS

from . import rules
from .listing import Lists
from .model import Action, Identity, Model, visibility_fact
from .rules import Call, Condition
from .trace import Exchange

SCOPE_CODES: frozenset[str | None] = frozenset({None, "oauthtoken_scope_invalid"})
ANY_CODE: frozenset[str | None] = frozenset({None})


class Conditions:
    """Conditions of a server's requests. `creation_limit` is an organization's; `exclusive`: nobody else uses it."""

    def __init__(self, model: Model, lists: Lists, creation_limit: int | None, *, exclusive: bool) -> None:
        self._model, self._directory, self._lists = model, model.directory, lists
        self._creation_limit, self._exclusive = creation_limit, exclusive
        self._strangers: dict[str, str] = {}

    def of(self, exchange: Exchange, call: Call) -> tuple[Identity | None, list[Condition]]:
        """Who asks, and all conditions that hold."""
        identity, found = self._who(exchange, call)
        return identity, [*call.conditions, *found, *self._of_state(call, identity, exchange)]

    def _who(self, exchange: Exchange, call: Call) -> tuple[Identity | None, list[Condition]]:
        given = [value for name, value in exchange.headers if name.lower() == "authorization"]
        refusal = frozenset({401})
        if not self._directory.complete and (not given or given[0] not in self._strangers):
            self._strangers[given[0] if given else ""] = f"stranger {len(self._strangers) + 1}"
        if not given and not self._directory.complete:
            self._strangers[""] = f"stranger {len(self._strangers)}, of call {exchange.number}"
            conditions = [
                Condition("auth.missing", "the recording shows no token", False, rules.FORBIDDEN, SCOPE_CODES)
            ]
            return Identity(self._strangers[""], "unknown", None), conditions
        if not given or not given[0].strip():
            return None, [Condition("auth.missing", "there is no token", True, refusal, ANY_CODE)]
        match = re.fullmatch(r"(\S+)( +)(\S+) *", given[0])
        scheme = match[1].lower() if match else ""
        identity = self._directory.tokens.get(match[3]) if match else None
        if scheme not in ("bearer", "zoho-oauthtoken"):
            return None, [Condition("auth.scheme", "the Authorization header holds no token", True, refusal, ANY_CODE)]
        if identity is None:
            if not self._directory.complete and match:
                identity = Identity(self._strangers[given[0]], "unknown", None)
                return identity, [Condition("auth.token", "an unknown token", False, rules.FORBIDDEN, SCOPE_CODES)]
            return None, [Condition("auth.token", "the token is not valid", True, refusal, ANY_CODE)]
        conditions = []
        if match and (match[1] != "Bearer" or match[2] != " " or len(given) > 1 or given[0] != given[0].strip()):
            fact = "auth.zoho-oauthtoken" if match[1] == "Zoho-oauthtoken" else "auth.spelling"
            conditions.append(Condition(fact, "an unusual spelling of the scheme", False, refusal, ANY_CODE))
        if call.operation:
            needed = OPERATIONS[rules.LONG[call.operation]].scopes
            names = {scope.rpartition(".")[2].upper() for scope in needed}
            if identity.scopes is None or not names & identity.scopes:
                codes = frozenset({None, "oauthtoken_scope_invalid"})
                why = f"the token lacks the scope {' or '.join(needed)}"
                must = identity.scopes is not None
                conditions.append(Condition(f"{call.operation}.scope", why, must, rules.FORBIDDEN, codes))
        return identity, conditions

    def _of_state(self, call: Call, identity: Identity | None, exchange: Exchange) -> list[Condition]:
        if identity is None or call.operation is None:
            return []
        if call.operation == "create":
            return (
                self._of_names(call, identity, None) + self._of_count(identity) + self._of_teams(call, identity, None)
            )
        if call.operation == "list":
            return self._lists.conditions(call, identity.user, exchange)
        action = self._model.actions.get(call.identifier)
        found = self._of_action(call, identity, action)
        if action is not None and call.operation == "update":
            found += self._of_names(call, identity, action) + self._of_teams(call, identity, action)
            if "execution_url" in (call.body or {}) and action.content.get("execution_type") != "webhook":
                call.loose.add("execution_url")
                found.append(
                    _may("update.execution_url.stray", "execution_url of a Deluge action", rules.codes_of("update"))
                )
        if action is not None and call.operation == "update_handler":
            found += self._of_fit(call, action)
        if action is not None and call.operation == "get_handler" and not action.script and not action.permissions:
            codes: frozenset[str | None] = frozenset({"execution_handler_not_found", "execution_handler_get_failed"})
            found.append(Condition("get_handler.unset", "nothing was set yet", False, rules.DOMAIN, codes))
        return found

    def _of_action(self, call: Call, identity: Identity, action: Action | None) -> list[Condition]:
        operation = call.operation or ""
        codes: frozenset[str | None] = frozenset({"msgaction_not_found"})
        fact = f"{operation}.msgaction_not_found"
        if operation.endswith("_handler"):
            own = set(OPERATIONS[rules.LONG[operation]].error_codes)
            codes, fact = frozenset({"msgaction_not_found", None, *own}), f"{operation}.missing-action"
        if action is None:
            must = self._directory.complete and not call.identifier.startswith(
                "0"
            )  # 0123 may be read as the number 123
            return [Condition(fact, "there is no such action", must, rules.NOT_FOUND, codes)]
        if action.uncertain:
            return [Condition(fact, "an earlier answer left its state open", False, rules.DOMAIN, codes | {None})]
        if not action.alive:
            gone = "delete.gone" if operation != "delete" else "delete.msgaction_not_found"
            return [Condition(gone, "it was deleted", True, rules.NOT_FOUND, codes)]
        sees = self._model.sees(identity.user, action)
        forbidden = frozenset({None, *codes})
        if not sees:
            fact = visibility_fact(self._model, identity.user, action)
            why = f"{identity.user} does not see it"
            return [
                Condition(fact, why, sees is False, frozenset({403}), forbidden),
                Condition(fact, why, sees is False, rules.NOT_FOUND, codes),
            ]
        if identity.user != action.creator and operation != "get":
            return [Condition("visibility.others", f"it is {action.creator}'s", False, rules.HIDDEN, forbidden)]
        return []

    def _of_names(self, call: Call, identity: Identity, action: Action | None) -> list[Condition]:
        name = (call.body or {}).get("name")
        if not isinstance(name, str):
            return []
        fact = f"{call.operation}.msgaction_name_already_exists"
        codes: frozenset[str | None] = frozenset({"msgaction_name_already_exists"})
        statuses = frozenset({400, 403, 409, 422})
        scope = (call.body or {}).get("scope", action.content.get("scope") if action else None)
        found = []
        if not self._directory.complete:
            found.append(Condition(fact, "actions that the recording does not show", False, statuses, codes))
        for other in self._model.named(name, identity.organization):
            if other is action:
                continue
            owner = action.creator if action else identity.user
            same = other.content.get("name") == name and other.creator == owner and other.content.get("scope") == scope
            must = same and not other.uncertain
            found.append(Condition(fact, f"{other.creator} has an action of that name", must, statuses, codes))
        if self._model.lost(name):
            found.append(Condition(fact, "an earlier create may have made it", False, statuses, codes))
        return found

    def _of_count(self, identity: Identity) -> list[Condition]:
        here = sum(self._directory.organization(a.creator) == identity.organization for a in self._model.living())
        codes: frozenset[str | None] = frozenset({"msgaction_creation_limit_exceeded"})
        statuses = frozenset({400, 403, 409, 422})
        fact = "create.msgaction_creation_limit_exceeded"
        if self._creation_limit is None or not self._exclusive:
            return [Condition(fact, "the organization may be full", False, statuses, codes)]
        if here >= self._creation_limit:
            return [Condition(fact, f"the organization has {here} actions", True, statuses, codes)]
        return []

    def _of_teams(self, call: Call, identity: Identity, action: Action | None) -> list[Condition]:
        body, operation = call.body or {}, call.operation or ""
        codes = rules.codes_of(operation)
        found = []
        teams = body.get("team_ids")
        if isinstance(teams, list):
            known = self._directory.teams.get(identity.user)
            if known is None or not {str(team) for team in teams} <= {str(team) for team in known}:
                statuses = rules.BAD | {403, 404}
                found.append(
                    Condition(f"{operation}.team_ids.unknown", "teams not of the user", False, statuses, codes | {None})
                )
        if action is not None:
            scope = body.get("scope", action.content.get("scope"))
            if body.get("scope") == "team" and teams is None:
                must = action.content.get("scope") in ("organization", "personal") and not action.uncertain
                found.append(
                    Condition("update.team_ids.required", "scope team without team_ids", must, rules.BAD, codes)
                )
            if scope != "team" and "team_ids" in body:
                call.loose.add("team_ids")
                found.append(_may("update.team_ids.stray", "team_ids for another scope than team", codes))
        return found

    def _of_fit(self, call: Call, action: Action) -> list[Condition]:
        body = call.body or {}
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
