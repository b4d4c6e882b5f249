"""Find the reasons for which a server may or must refuse a request: its departures from a valid request.

A departure is an aspect of the request, or of the state: the token, a header, the path, a parameter, a field of the
body, or whether the action exists. Two departures in one request hide each other, since a server may check either one
first. That the organization may be full applies to every create, and is not counted.
"""

from __future__ import annotations

from zoho_cliq_conformance.judge.model import Identity
from zoho_cliq_conformance.judge.rules import Condition, Request
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.trace import Exchange

FULL = "create.msgaction_creation_limit_exceeded"
FIELDS = frozenset(
    "name hint scope team_ids multi_selectable image message_types execution_type execution_url script permissions"
    " limit".split()
)


def aspect(condition: Condition) -> str:
    """Return the aspect of the request, or of the state, that a condition is about."""
    group, _, rest = condition.fact.partition(".")
    first = rest.partition(".")[0]
    if group in ("auth", "visibility"):
        return group
    if group in ("protocol", "list"):
        return rest.partition(".")[0]
    if first == "scope" and condition.fact == f"{group}.scope":
        return "scope of the token"
    return f"field {first}" if first in FIELDS else rest


def watch(client: Client) -> dict[int, frozenset[str]]:
    """Return a dict to which the departures of each later exchange of the client are added, by its number."""
    found: dict[int, frozenset[str]] = {}
    original = client.oracle.conditions

    def conditions(exchange: Exchange, request: Request) -> tuple[Identity | None, list[Condition]]:
        identity, those = original(exchange, request)
        found[exchange.number] = frozenset(aspect(each) for each in those if each.fact != FULL)
        return identity, those

    client.oracle.conditions = conditions  # type: ignore[method-assign]
    return found
