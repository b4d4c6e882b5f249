"""Faults in visibility and permissions, by operation and scope, and after changes of scope and teams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_server import ORGANIZATION_OF, Action, Reference, Refusal

from .builders import Prepare, add


def _sees_in(method: str, who: str, scope: str, *, done: bool = False) -> Prepare:
    """Return a change with which the user `who` sees the actions of others with that scope in one method.

    If `done` is true, the user may change them, too.
    """

    def prepare(server: Reference) -> None:
        original, sees, may = getattr(server, method), server.sees, server.may_change

        def wider(user: str, creator: str, in_scope: str, teams: frozenset[int]) -> bool:
            return sees(user, creator, in_scope, teams) or (user == who != creator and in_scope == scope)

        def act(user: str, *rest: Any) -> Any:
            server.sees = wider  # type: ignore[method-assign]
            if done:
                server.may_change = lambda user, action: user == who or may(user, action)  # type: ignore[method-assign]
            try:
                return original(user, *rest)
            finally:
                server.sees, server.may_change = sees, may  # type: ignore[method-assign]

        setattr(server, method, act)

    return prepare


for _who, _scope in (
    ("colleague", "personal"),
    ("colleague", "team"),
    ("outsider", "personal"),
    ("outsider", "team"),
    ("outsider", "organization"),
    ("owner", "personal"),
):
    _fact = "visibility.other-organization" if _who == "outsider" else f"visibility.{_scope}"
    for _op in ("get", "get_handler", "update", "update_handler", "delete"):
        if _who != "owner" or _op in ("get", "get_handler", "delete"):
            add(
                f"{_who}-reaches-{_scope}-with-{_op.replace('_', '-')}",
                "auth",
                _fact,
                _sees_in(_op, _who, _scope, done=_op not in ("get", "get_handler")),
            )


def _first_scope(methods: str, facts: Callable[[Action], Any]) -> Prepare:
    """Return a change with which these methods decide visibility by the scope and teams that an action had at first.

    Args:
        methods: the methods, separated by spaces.
        facts: returns the scope and the teams to keep of a new action; a scope of None means the current one.
    """

    def prepare(server: Reference) -> None:
        first = dict[str, Any]()
        visible, keep, methods_before = (
            server.visible,
            server.set,
            {name: getattr(server, name) for name in methods.split()},
        )
        looking = []

        def set_fields(action: Action, given: dict[str, Any]) -> None:
            keep(action, given)
            first.setdefault(action.id, facts(action))

        def seen(user: str, action: Action) -> bool:
            if not looking or not action.alive:
                return visible(user, action)
            scope, teams = first[action.id][0] or action.fields["scope"], first[action.id][1]
            return server.sees(user, action.creator, scope, teams)

        def act(name: str, *arguments: Any) -> Any:
            looking.append(name)
            try:
                return methods_before[name](*arguments)
            finally:
                looking.pop()

        server.set, server.visible = set_fields, seen  # type: ignore[method-assign]
        for name in methods_before:
            setattr(server, name, lambda *arguments, name=name: act(name, *arguments))

    return prepare


for _op in ("get", "get_handler", "list"):
    add(
        f"{_op}-sees-by-the-first-scope".replace("_", "-"),
        "auth",
        "visibility.personal visibility.organization sync.visibility list.complete get.current",
        _first_scope(_op, lambda a: (a.fields["scope"], frozenset(a.fields.get("team_ids", ())))),
    )
    if _op != "get_handler":
        add(
            f"{_op}-sees-by-the-first-teams",
            "auth",
            "visibility.team sync.visibility list.complete",
            _first_scope(_op, lambda a: (None, frozenset(a.fields.get("team_ids", ())))),
        )


def _foreign_tokens(kind: str) -> Prepare:
    """Return a change with which a listing with another user's token shows what that user sees."""

    def prepare(server: Reference) -> None:
        original, read = server.list, server.read_token

        def listing(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
            for other in ORGANIZATION_OF:
                try:
                    if read(kind, other, query.get(f"{kind}_token")):
                        return original(other, identifier, handler, given, query)
                except Refusal:
                    continue
            return original(user, identifier, handler, given, query)

        server.list = listing  # type: ignore[method-assign]

    return prepare


for _kind in ("next", "sync"):
    add(
        f"foreign-{_kind}-tokens-are-followed",
        "auth",
        "visibility.other-organization visibility.personal",
        _foreign_tokens(_kind),
    )
