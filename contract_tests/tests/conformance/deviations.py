"""Counts in how many ways a request departs from one that no server may refuse.

A departure is one aspect of the request for which a server may, or must, refuse it: the token, a header, the path, a
parameter, a field of the body, or what is there. Two in one request hide each other, since a server may look at either
first. The one departure that is always there, an organization that may be full, is left out.
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
    """Return what of a request, or of the state, the condition is about."""
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
    """Return the departures of each exchange that the client makes from now on, by its number."""
    found: dict[int, frozenset[str]] = {}
    original = client.oracle.conditions

    def conditions(exchange: Exchange, request: Request) -> tuple[Identity | None, list[Condition]]:
        identity, those = original(exchange, request)
        found[exchange.number] = frozenset(aspect(each) for each in those if each.fact != FULL)
        return identity, those

    client.oracle.conditions = conditions  # type: ignore[method-assign]
    return found
