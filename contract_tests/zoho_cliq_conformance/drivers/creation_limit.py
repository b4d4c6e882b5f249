"""The opt-in driver of the creation limit: fill the organization, expect a refusal, and delete an action again."""

from __future__ import annotations

from ..result import Result, missing
from ..sending.client import CREATION_LIMIT, Client, identifier_of
from ..trace import error_of

FACT = "create.msgaction_creation_limit_exceeded"
MOST_FAILURES = 3  # creates that neither succeed nor are refused because of the limit, after which the driver gives up


def run_creation_limit(client: Client, result: Result) -> None:
    """Test the fact of the creation limit. Without `creation_limit` in the profile the driver is skipped.

    The limit is that of the owner's organization, so only actions of that organization count. If no create is refused,
    the fact fails if there are more actions than the limit allows; otherwise it is not shown.

    Args:
        client: the client of the run.
        result: where notes and skipped drivers are recorded.
    """
    limit = client.profile.creation_limit
    if limit is None:
        result.skipped["creation-limit"] = missing("creation-limit", client.profile)
        return
    client.scenario = "creation-limit"
    failures = 0
    while (here := _here(client)) <= limit and failures < MOST_FAILURES:
        answer = client.ask("create", body=client.action(scope="organization"), about=FACT)
        if error_of(answer)[0] == CREATION_LIMIT:
            _while_full(client)
            return
        failures += _here(client) == here
    if here > limit and not client.oracle.exclusive:  # with exclusive access, the oracle has recorded this violation
        client.fails(FACT, f"a refusal of creates beyond {limit} actions", "none")
    elif here <= limit:
        result.notes.append(
            f"creation-limit: not tested: {MOST_FAILURES} creates failed otherwise at {here} of {limit} actions"
        )


def _here(client: Client) -> int:
    """Return how many actions of this run the owner's organization has."""
    directory = client.oracle.directory
    own = directory.organization("owner")
    return sum(directory.organization(action.creator) == own for action in client.oracle.model.living())


def _while_full(client: Client) -> None:
    """Test that the limit holds for the organization and for no other, and that a deletion makes room.

    Do nothing if others may use the server, since they could fill or empty the organization meanwhile.
    """
    mine = client.oracle.model.living("owner")
    if not mine or not client.oracle.exclusive:
        return
    if "colleague" in client.tokens:
        client.create("colleague", scope="organization", about=FACT)
    if "outsider" in client.tokens:
        client.create("outsider", scope="organization")
    client.delete(mine[-1].id)
    answer = client.ask("create", body=client.action(scope="organization"), about=FACT)
    client.denies(FACT, not identifier_of(answer), "a create succeeds after a deletion", answer.status)
