"""The creation limit, opt-in: fills the organization to its maximum, sees the refusal, and makes room again."""

from __future__ import annotations

from ..result import Result, missing
from ..sending.client import CREATION_LIMIT, Client, identifier_of
from ..trace import error_of

FACT = "create.msgaction_creation_limit_exceeded"
IN_VAIN = 3  # creates that neither succeed nor are refused for the limit, after which no refusal is to come


def run_creation_limit(client: Client, result: Result) -> None:
    """Assert the fact of the creation limit; needs `creation_limit` in the profile.

    The limit is of the owner's organization, so only its actions count. Where no refusal is reached the fact is failed
    if there are more actions than the limit allows, and not shown otherwise.
    """
    limit = client.profile.creation_limit
    if limit is None:
        result.skipped["creation-limit"] = missing("creation-limit", client.profile)
        return
    client.scenario = "creation-limit"
    in_vain = 0
    while (here := _here(client)) <= limit and in_vain < IN_VAIN:
        answer = client.ask("create", body=client.action(scope="organization"), about=FACT)
        if error_of(answer)[0] == CREATION_LIMIT:
            _while_full(client)
            return
        in_vain += _here(client) == here
    if here > limit and not client.oracle.exclusive:  # else the oracle has said so
        client.fails(FACT, f"a refusal when there are more than {limit} actions", "none")
    elif here <= limit:
        result.notes.append(f"creation-limit: {IN_VAIN} creates in vain with {here} of {limit} actions there")


def _here(client: Client) -> int:
    """Return how many actions of this run the owner's organization has."""
    directory = client.oracle.directory
    own = directory.organization("owner")
    return sum(directory.organization(action.creator) == own for action in client.oracle.model.living())


def _while_full(client: Client) -> None:
    """See that the limit is the organization's own, and that a deletion makes room, unless others may change that."""
    mine = client.oracle.model.living("owner")
    if not mine or not client.oracle.exclusive:
        return
    if "colleague" in client.tokens:
        client.create("colleague", scope="organization", about=FACT)
    if "outsider" in client.tokens:
        client.create("outsider", scope="organization")
    client.delete(mine[-1].id)
    answer = client.ask("create", body=client.action(scope="organization"), about=FACT)
    client.denies(FACT, not identifier_of(answer), "after a deletion there is room again", answer.status)
