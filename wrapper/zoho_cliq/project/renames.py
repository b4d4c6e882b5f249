"""Order renames, since a name may be free only after another action has been renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .matching import temporary_name


class Mover(NamedTuple):
    """An action that gets another name."""

    id: str
    old: str
    new: str


class Names:
    """The holder of each name.

    The vendor does not document whether the server compares names without regard to case.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        """Note the names of actions, by id."""
        self._names = names
        self._exact = {name: identifier for identifier, name in names.items()}
        self._folded = {name.casefold(): identifier for identifier, name in names.items()}

    def holder(self, name: str) -> str | None:
        """Return the id of the action with this name, else of one whose name differs in case only, else None."""
        return self._exact.get(name) or self._folded.get(name.casefold())

    def has(self, identifier: str, name: str) -> bool:
        """Return whether an action has exactly that name."""
        return self._names.get(identifier) == name


def ordered(
    movers: Sequence[Mover], names: Names, going: frozenset[str]
) -> tuple[list[list[tuple[str, str]]], dict[str, str]]:
    """Return groups of renames as (id, new name), and for each blocked mover the id of the action in its way.

    In a group, each rename frees the name that the next one takes, so they should follow each other at once. A cycle
    begins with a temporary name. A name that differs in case only is waited for if it becomes free; if it does not, the
    rename is sent, and the server may refuse it.

    Args:
        movers: actions with their old and new names; no two have the same new name.
        names: the current names.
        going: actions that will be deleted.
    """
    by_id = {mover.id: mover for mover in movers}
    stuck: dict[str, str] = {}
    waits_for: dict[str, str] = {}
    for mover in movers:
        holder = names.holder(mover.new)
        if holder is None or holder == mover.id or holder in going:
            continue
        exact = names.has(holder, mover.new)
        if holder in by_id and (exact or by_id[holder].new.casefold() != mover.new.casefold()):
            waits_for[mover.id] = holder
        elif exact:
            stuck[mover.id] = holder
    _spread(stuck, waits_for)
    groups: list[list[tuple[str, str]]] = []
    done: set[str] = set(stuck)
    for mover in movers:
        if mover.id in done:
            continue
        chain = [mover.id]
        while (following := waits_for.get(chain[-1])) is not None and following not in chain and following not in done:
            chain.append(following)
        circle = chain[chain.index(following) :] if following in chain else []
        tail = chain[: len(chain) - len(circle)]
        moves = _circle(circle, by_id) if circle else []
        moves += [(identifier, by_id[identifier].new) for identifier in reversed(tail)]
        done.update(chain)
        earlier = next(
            (group for group in groups if following is not None and any(following == m[0] for m in group)), None
        )
        if earlier is not None:
            earlier += moves
        else:
            groups.append(moves)
    return groups, stuck


def _circle(circle: Sequence[str], by_id: Mapping[str, Mover]) -> list[tuple[str, str]]:
    """Return the renames of a cycle: each action takes the name of the next, the last that of the first."""
    first = circle[0]
    rest = [(identifier, by_id[identifier].new) for identifier in reversed(circle[1:])]
    return [(first, temporary_name("renaming", first)), *rest, (first, by_id[first].new)]


def _spread(stuck: dict[str, str], waits_for: Mapping[str, str]) -> None:
    """Add the movers that wait for a blocked one."""
    found = True
    while found:
        more = {mover: holder for mover, holder in waits_for.items() if holder in stuck and mover not in stuck}
        stuck |= more
        found = bool(more)
