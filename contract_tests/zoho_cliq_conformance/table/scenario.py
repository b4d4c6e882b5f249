"""What a scenario is, and the decorator that makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..client import Client


@dataclass(frozen=True)
class Scenario:
    """A named sequence of requests.

    `needs` is what the profile must give; `facts` are prefixes of facts that only this scenario asserts.
    """

    name: str
    run: Callable[[Client], None]
    needs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def scenario(
    into: list[Scenario], *needs: str, facts: tuple[str, ...] = ()
) -> Callable[[Callable[[Client], None]], Callable[[Client], None]]:
    """Register the function as a scenario of its own name."""

    def register(run: Callable[[Client], None]) -> Callable[[Client], None]:
        into.append(Scenario(run.__name__, run, needs, facts))
        return run

    return register


def living(client: Client, creator: str = "owner", **content: Any) -> str:
    """The id of an action of the run that is there, with that content; a new one where there is none."""
    for action in client.oracle.model.living(creator):
        if not action.uncertain and all(action.content.get(name) == value for name, value in content.items()):
            return action.id
    if content.get("execution_type") == "webhook":
        content.setdefault("execution_url", "https://hooks.example.com/cliq")
    return client.create(creator, **content) or "999999999999"


def settle(client: Client) -> None:
    """Let so much time pass that a server with coarse time stamps can tell what follows from what was."""
    since = client.clock.now() - client.oracle.model.changed_at
    client.clock.pause(1.5 - since, "so that changes get different time stamps")
