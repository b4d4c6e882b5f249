"""Faults in the uniqueness of names: a server refuses a free name, or accepts one that another action has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_server import ORGANIZATION_OF, Action, Reference, Refusal

from .builders import Prepare, add, mutant


def _named(taken: Callable[[Reference, str, str, Action | None], bool]) -> Prepare:
    """Return a change that replaces the check whether a name is in use by `taken(server, user, name, but)`.

    `but` is the action that is being updated, or None for a create.
    """

    def prepare(server: Reference) -> None:
        server.taken = lambda user, name, but=None: taken(server, user, name, but)  # type: ignore[method-assign]

    return prepare


def _others(server: Reference, user: str, but: Action | None) -> list[Action]:
    return [
        action
        for action in server.actions.values()
        if action.alive and action is not but and ORGANIZATION_OF[action.creator] == ORGANIZATION_OF[user]
    ]


add(
    "webhooks-do-not-take-names",
    "state",
    "create.msgaction_name_already_exists update.msgaction_name_already_exists",
    _named(
        lambda s, u, n, b: any(
            a.fields["name"] == n for a in _others(s, u, b) if a.fields["execution_type"] == "deluge"
        )
    ),
)
for _op in ("create", "update"):
    add(
        f"{_op}-compares-with-the-newest-names",
        "state",
        f"{_op}.msgaction_name_already_exists",
        _named(
            lambda s, u, n, b, op=_op: any(
                a.fields["name"] == n for a in _others(s, u, b)[-5 if (b is None) == (op == "create") else 0 :]
            )
        ),
    )
add(
    "names-are-compared-by-their-beginning",
    "state",
    "create.name.characters create.accepts",
    _named(lambda s, u, n, b: any(a.fields["name"][:25] == n[:25] for a in _others(s, u, b))),
)


@mutant(
    "former-names-stay-taken-for-updates", "state", "update.name.free-after-rename", "update.name.free-after-delete"
)
def _(server: Reference) -> None:
    original, ever, keep = server.taken, dict[str, str](), server.set

    def set_fields(action: Action, given: dict[str, Any]) -> None:
        keep(action, given)
        ever.setdefault(action.fields["name"], action.id)

    def taken(user: str, name: str, but: Action | None = None) -> bool:
        formerly = but is not None and but.fields["name"] != name and name in ever
        return original(user, name, but) or formerly

    server.set, server.taken = set_fields, taken  # type: ignore[method-assign]


@mutant("an-action-cannot-take-a-name-back", "state", "update.name.free-after-rename")
def _(server: Reference) -> None:
    original, ever, keep = server.taken, set[tuple[str, str]](), server.set

    def set_fields(action: Action, given: dict[str, Any]) -> None:
        keep(action, given)
        ever.add((action.id, action.fields["name"]))

    def taken(user: str, name: str, but: Action | None = None) -> bool:
        back = but is not None and but.fields["name"] != name and (but.id, name) in ever
        return original(user, name, but) or back

    server.set, server.taken = set_fields, taken  # type: ignore[method-assign]


@mutant("refused-creates-take-names", "state", "create.hint.characters", "create.accepts")
def _(server: Reference) -> None:
    original, refused, taken = server.create, set[str](), server.taken

    def create(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        try:
            return original(user, identifier, handler, given, query)
        except Refusal:
            refused.add(str(given.get("name")))
            raise

    server.create = create  # type: ignore[method-assign]
    server.taken = lambda user, name, but=None: name in refused or taken(user, name, but)  # type: ignore[method-assign]
