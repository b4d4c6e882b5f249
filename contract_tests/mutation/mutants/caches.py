"""Faults of caches: answers that are cached for too long, or returned to other users."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from reference_server import Reference, Refusal

from .builders import Prepare, add, mutant


def _cached(method: str, key: Callable[[str], str], forgets: str, *, refusals: bool = False) -> Prepare:
    """Return a change that caches the answers of a method.

    Args:
        method: the method.
        key: returns a part of the cache key from the user; the other part is the id of the action.
        forgets: the methods whose calls remove the cached answers about an action, separated by spaces.
        refusals: whether refusals are cached, too.
    """

    def prepare(server: Reference) -> None:
        original = getattr(server, method)
        kept: dict[tuple[str, str], Any] = {}

        def cached(user: str, identifier: str, handler: str, *rest: Any) -> Any:
            place = (identifier, key(user))
            if handler not in ("", "execution_handler"):
                return original(user, identifier, handler, *rest)
            if place not in kept:
                try:
                    kept[place] = copy.deepcopy(original(user, identifier, handler, *rest))
                except Refusal as refusal:
                    if not refusals:
                        raise
                    kept[place] = refusal
            if isinstance(kept[place], Refusal):
                raise kept[place]
            return kept[place]

        def forgetting(act: Any) -> Any:
            def acting(user: str, identifier: str, *rest: Any) -> Any:
                result = act(user, identifier, *rest)
                for place in [place for place in kept if place[0] == identifier]:
                    del kept[place]
                return result

            return acting

        setattr(server, method, cached)
        for name in forgets.split():
            setattr(server, name, forgetting(getattr(server, name)))

    return prepare


add("gets-are-cached-for-everybody", "state", "visibility.personal", _cached("get", lambda u: "", "update delete"))
add("gets-are-cached-beyond-deletion", "state", "delete.gone", _cached("get", lambda u: u, "update"))
add(
    "handlers-are-cached-for-everybody",
    "state",
    "visibility.personal",
    _cached("get_handler", lambda u: "", "update delete update_handler"),
)
add(
    "handlers-are-cached-beyond-deletion", "state", "delete.gone", _cached("get_handler", lambda u: u, "update_handler")
)
add(
    "refused-gets-are-cached",
    "state",
    "visibility.organization get.current",
    _cached("get", lambda u: u, "delete", refusals=True),
)


@mutant("lists-are-cached-beyond-deletion", "state", "delete.keeps-others", "list.deleted")
def _(server: Reference) -> None:
    original, kept = server.list, dict[Any, Any]()

    def listing(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        place = (user, server.sequence - sum(not action.alive for action in server.actions.values()), *query.items())
        if place not in kept:
            kept[place] = copy.deepcopy(original(user, identifier, handler, given, query))
        return kept[place]

    server.list = listing  # type: ignore[method-assign]
