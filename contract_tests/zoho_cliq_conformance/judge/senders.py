"""Identify the sender of a request, and the conditions under which it must or may be refused for its token."""

from __future__ import annotations

import re

from zoho_cliq_api.contract import OPERATIONS

from ..trace import Exchange
from . import rules
from .document import LONG
from .model import Directory, Identity
from .rules import Condition

SCOPE_CODES: frozenset[str | None] = frozenset({None, "oauthtoken_scope_invalid"})
ANY_CODE: frozenset[str | None] = frozenset({None})
UNAUTHORIZED = frozenset({401})


class Senders:
    """The users behind the tokens: those of the directory and, for a recording, one user for each unknown token."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._unknown: dict[str, str] = {}  # names by value of the Authorization header

    def identify(self, exchange: Exchange, operation: str | None) -> tuple[Identity | None, list[Condition]]:
        """Return who sent a request, and the conditions that follow from its token.

        The identity is None if the token is missing or invalid. In a recording, an unknown token may be valid: it gets
        an identity of its own.

        Args:
            exchange: the request.
            operation: the short name of its operation, or None.
        """
        given = [value for name, value in exchange.headers if name.lower() == "authorization"]
        if not self._directory.complete:
            self._name_unknown(given, exchange)
            if not given:
                why = "the recording has no token"
                condition = Condition("auth.missing", why, False, rules.FORBIDDEN, SCOPE_CODES)
                return Identity(self._unknown[""], "unknown", None), [condition]
        if not given or not given[0].strip():
            return None, [_must("auth.missing", "the token is missing")]
        match = re.fullmatch(r"(\S+)( +)(\S+) *", given[0])
        scheme = match[1].lower() if match else ""
        if match is None or scheme not in ("bearer", "zoho-oauthtoken"):
            return None, [_must("auth.scheme", "the Authorization header is not Bearer and a token")]
        identity = self._directory.tokens.get(match[3])
        if identity is None:
            if self._directory.complete:
                return None, [_must("auth.token", "the token is not valid")]
            condition = Condition("auth.token", "the token is unknown", False, rules.FORBIDDEN, SCOPE_CODES)
            return Identity(self._unknown[given[0]], "unknown", None), [condition]
        conditions = []
        if match[1] != "Bearer" or match[2] != " " or len(given) > 1 or given[0] != given[0].strip():
            fact = "auth.zoho-oauthtoken" if match[1] == "Zoho-oauthtoken" else "auth.spelling"
            conditions.append(
                Condition(
                    fact,
                    "the scheme of the Authorization header has an unusual spelling",
                    False,
                    UNAUTHORIZED,
                    ANY_CODE,
                )
            )
        if operation:
            conditions += _of_scope(identity, operation)
        return identity, conditions

    def _name_unknown(self, given: list[str], exchange: Exchange) -> None:
        """Name the user behind the header's values. Each request without a token counts as another user."""
        if not given:
            number = len(self._unknown) + ("" not in self._unknown)
            self._unknown[""] = f"unknown user {number}, of call {exchange.number}"
        else:
            self._unknown.setdefault(given[0], f"unknown user {len(self._unknown) + 1}")


def _must(fact: str, why: str) -> Condition:
    return Condition(fact, why, True, UNAUTHORIZED, ANY_CODE)


def _of_scope(identity: Identity, operation: str) -> list[Condition]:
    needed = OPERATIONS[LONG[operation]].scopes
    names = {scope.rpartition(".")[2].upper() for scope in needed}
    if identity.scopes is not None and names & identity.scopes:
        return []
    why = f"the token lacks the scope {' or '.join(needed)}"
    must = identity.scopes is not None
    return [Condition(f"{operation}.scope", why, must, rules.FORBIDDEN, SCOPE_CODES)]
