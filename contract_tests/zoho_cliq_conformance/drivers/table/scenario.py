"""The type of a scenario, the decorator that registers one, and helpers of scenarios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...judge.model import canonical
from ...sending.client import Client


@dataclass(frozen=True)
class Scenario:
    """A named sequence of requests; `needs` are the keys that the profile has to give."""

    name: str
    run: Callable[[Client], None]
    needs: tuple[str, ...] = ()


def scenario(into: list[Scenario], *needs: str) -> Callable[[Callable[[Client], None]], Callable[[Client], None]]:
    """Return a decorator that adds a function to the list `into` as a scenario with the function's name."""

    def register(run: Callable[[Client], None]) -> Callable[[Client], None]:
        into.append(Scenario(run.__name__, run, needs))
        return run

    return register


def living(client: Client, creator: str = "owner", *, but: Sequence[str] = (), **content: Any) -> str:
    """Return the id of an existing action of the run, and create one if there is none that fits.

    Args:
        client: the client of the run.
        creator: the label of the creator's token.
        but: ids of actions not to return.
        content: the values that fields of the action have to have.
    """
    wanted = {name: canonical(name, value) for name, value in content.items()}
    for action in client.oracle.model.living(creator):
        fits = all(action.content.get(name) == value for name, value in wanted.items())
        if fits and not action.uncertain and action.id not in but:
            return action.id
    if content.get("execution_type") == "webhook":
        content.setdefault("execution_url", "https://hooks.example.com/cliq")
    return client.create(creator, **content) or "999999999999"


def content(client: Client, identifier: str, name: str) -> Any:
    """Return the value of a field of an action of the run, or a new name if there is no such action."""
    action = client.oracle.model.actions.get(identifier)
    return client.name() if action is None else action.content.get(name)


def freed(client: Client) -> str:
    """Return the name of a deleted action of the run, or a new name if no action was deleted."""
    dead = [action for action in client.oracle.model.actions.values() if not action.alive]
    taken = [action.content.get("name") for action in client.oracle.model.living()]  # a server may show any JSON
    names = [str(name) for action in dead if (name := action.content.get("name")) not in taken]
    return names[-1] if names else client.name()


def teams_of(client: Client) -> tuple[list[int], list[int]]:
    """Return the owner's teams in two lists: those that the colleague is a member of, and the others."""
    owner, colleague = (set(client.profile.teams.get(user, ())) for user in ("owner", "colleague"))
    return sorted(owner & colleague), sorted(owner - colleague)


def wait_for_new_timestamp(client: Client) -> None:
    """Wait until later changes get a different time stamp, even if time stamps have a resolution of a second."""
    since = client.clock.now() - client.oracle.model.changed_at
    client.clock.pause(1.5 - since, "so that changes get different time stamps")
