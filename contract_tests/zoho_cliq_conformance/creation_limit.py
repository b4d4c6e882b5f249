"""The creation limit, opt-in: fills the organization to its maximum, sees the refusal, and makes room again."""

from __future__ import annotations

from .client import CREATION_LIMIT, Client, identifier_of
from .run import Result, missing
from .trace import error_of

FACT = "create.msgaction_creation_limit_exceeded"


def run_creation_limit(client: Client, result: Result) -> None:
    """Assert the fact of the creation limit; needs `creation_limit` in the profile."""
    limit = client.profile.creation_limit
    if limit is None:
        result.skipped["creation-limit"] = missing("creation-limit", client.profile)
        return
    client.scenario = "creation-limit"
    refused = False
    here = len(client.oracle.model.living())
    for _ in range(limit - here + 1):
        answer = client.send("POST", "/messageactions", body=client.action(scope="organization"), about=FACT)
        refused = error_of(answer)[0] == CREATION_LIMIT
        if refused:
            break
    if not client.oracle.exclusive:
        client.oracle.holds(FACT, refused, f"a refusal when there are more than {limit} actions", "none")
    mine = client.oracle.model.living("owner")
    if refused and mine:
        client.delete(mine[-1].id)
        answer = client.send("POST", "/messageactions", body=client.action(scope="organization"), about=FACT)
        client.oracle.holds(FACT, bool(identifier_of(answer)), "after a deletion there is room again", answer.status)
