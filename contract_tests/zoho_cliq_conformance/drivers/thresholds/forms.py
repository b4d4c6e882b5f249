"""The calls of each operation that the thresholds driver sends for a user, in all their forms.

A threshold is that of a user, and counts requests of any form. So a burst mixes forms that have to be counted alike:
the user's other tokens, both schemes of the Authorization header, pages and changes of a listing, creates of each kind,
and different actions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from zoho_cliq_api.contract import OPERATIONS

from ...judge.document import LARGEST_LIMIT, LONG
from ...result import Result
from ...sending.bodies import UNKNOWN_ID
from ...sending.client import Client, identifier_of
from ...trace import Answer, is_throttle
from ..table.protocol import nowhere

NAMES = ("create", "list", "get", "update", "delete", "get_handler", "update_handler")
PLAIN, TOKEN, REQUEST, FAILING = "plain", "token", "request", "failing"
WEBHOOK = {"execution_type": "webhook", "execution_url": "https://hooks.example.com/thresholds"}
FAILS: dict[str, Any] = {"create": {"hint": ...}, "list": {"limit": "ten"}}
FAILS |= dict.fromkeys(("get", "update", "delete", "get_handler", "update_handler"), UNKNOWN_ID)


@dataclass(frozen=True)
class Form:
    """A way to call an operation. `kind` says what is unusual: nothing, the token, the request, or that it fails."""

    kind: str
    call: Callable[[], Answer]


@dataclass
class Material:
    """The actions and settings that a user's calls need. An id is empty if there is no such action.

    Attributes:
        user: the label of the user's token.
        own: the id of a Deluge action of the user's.
        shared: the id of an action that the user may read.
        webhook: the id of a webhook action of the user's.
        other_scheme: whether the server accepts the scheme Zoho-oauthtoken.
        failing: whether bursts contain a request that is refused for a reason other than the threshold.
        spare: the ids of actions to delete.
        refused: the ids of actions whose deletion a threshold refused.
        numbers: makes each changed value a new one.
    """

    user: str
    own: str = ""
    shared: str = ""
    webhook: str = ""
    other_scheme: bool = False
    failing: bool = False
    spare: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


def make_material(client: Client, user: str = "owner", shared: str = "") -> Material:
    """Create and return what the calls of a user need.

    Handlers are set, since a server may answer 404 for the handler of an action that never had one.

    Args:
        client: the client of the run.
        user: the label of the user's token.
        shared: the id of another user's action that this one may read; the owner's is created.
    """
    made = Material(user, client.create(user, scope="personal", execution_type="deluge"), shared)
    client.update_handler(made.own, user, script="return 0;")
    if user == "owner":
        made.shared = client.create(scope="organization")
        made.webhook = client.create(scope="personal", **WEBHOOK)
        client.update_handler(made.webhook, permissions=["chat"])
    tried = client.ask("list", user=user, query={"limit": 1}, headers=_zoho_scheme(client, user))
    made.other_scheme = tried.status == 200
    return made


def note_missing_tokens(client: Client, result: Result, material: Material) -> None:
    """Note that it cannot be tested whether a user's tokens count together, if the user has one token in one scheme."""
    if not material.other_scheme and not any(label.startswith(f"{material.user}-") for label in client.tokens):
        result.skipped["thresholds of another token"] = "needs tokens.owner_only"


def other_token(client: Client, user: str, operation: str) -> str | None:
    """Return the label of a second token of the user's that allows the operation, or None if the profile has none."""
    needed = {scope.rpartition(".")[2].lower() for scope in OPERATIONS[LONG[operation]].scopes}
    return next((f"{user}-{scope}" for scope in sorted(needed) if f"{user}-{scope}" in client.tokens), None)


def _zoho_scheme(client: Client, user: str) -> dict[str, str | None]:
    return {"Authorization": f"Zoho-oauthtoken {client.tokens[user]}"}


def send_unusual(client: Client, user: str, *, locked: bool) -> None:
    """Send requests that count for no threshold of the user: for no operation, or without a valid token.

    If the user is `locked`, also list with an Accept header that does not accept JSON.
    """
    for token in (None, f"Bearer {client.tokens[user]}x"):
        client.ask("list", user=None, headers={"Authorization": token})
    client.send("GET", nowhere(client), user=user)
    client.send("PUT", client.at("create"), user=user, body={})
    if locked:
        client.ask("list", user=user, headers={"Accept": "application/xml"})


class FormFactory:
    """The forms of all operations for one user."""

    def __init__(self, client: Client, material: Material) -> None:
        self._client, self._material = client, material
        self._next: str | None = None
        self._sync: str | None = None

    def forms(self, operation: str) -> list[Form]:
        """Return the forms of an operation's request.

        The plain one, those with other tokens, those with other requests, and one that fails, if the material says so.
        """
        plain = getattr(self, f"_{operation}")
        found = [Form(PLAIN, plain)]
        found += [Form(TOKEN, partial(plain, **options)) for options in self._senders(operation)]
        found += [Form(REQUEST, call) for call in getattr(self, f"_more_{operation}", tuple)()]
        if self._material.failing:
            found.append(Form(FAILING, partial(plain, FAILS[operation])))
        return found

    def stock(self, operation: str, number: int) -> bool:
        """Create actions until there are `number` ones to delete. Return whether any were created.

        Do nothing if the operation is not `delete`.
        """
        before = len(self._material.spare)
        while operation == "delete" and len(self._material.spare) < number and identifier_of(self._create()):
            continue
        return len(self._material.spare) > before

    def _senders(self, operation: str) -> Iterator[dict[str, Any]]:
        user = self._material.user
        if (label := other_token(self._client, user, operation)) is not None:
            yield {"user": label}
        if self._material.other_scheme:
            yield {"headers": _zoho_scheme(self._client, user)}

    def _send(self, operation: str, identifier: str = "", **options: Any) -> Answer:
        return self._client.ask(operation, identifier, **{"user": self._material.user, **options})

    def _create(self, changes: dict[str, Any] | None = None, **options: Any) -> Answer:
        answer = self._send("create", body=self._client.action(**(changes or {})), **options)
        if identifier := identifier_of(answer):
            self._material.spare.append(identifier)
        return answer

    def _more_create(self) -> Iterator[Callable[[], Answer]]:
        teams = self._client.profile.teams.get(self._material.user, ())
        yield partial(self._create, WEBHOOK)
        yield partial(self._create, {"scope": "organization"})
        if teams:
            yield partial(self._create, {"scope": "team", "team_ids": list(teams[:1])})

    def _list(self, query: dict[str, Any] | None = None, **options: Any) -> Answer:
        answer = self._send("list", query={"limit": 1} if query is None else query, **options)
        shown = answer.json()
        if isinstance(shown, dict) and "data" in shown:
            self._next, sync = shown.get("next_token"), shown.get("sync_token")
            self._sync = sync if isinstance(sync, str) else self._sync
        return answer

    def _more_list(self) -> Iterator[Callable[[], Answer]]:
        yield partial(self._list, {"limit": LARGEST_LIMIT})
        yield lambda: self._list({"limit": 1, "sync_token": self._sync} if self._sync else {"limit": 2})
        yield self._list
        yield lambda: self._list({"limit": 1, "next_token": self._next} if self._next else {"limit": 2})
        yield partial(self._list, {})

    def _get(self, identifier: str = "", **options: Any) -> Answer:
        return self._send("get", identifier or self._material.own, **options)

    def _more_get(self) -> Iterator[Callable[[], Answer]]:
        for identifier in filter(None, (self._material.shared, self._material.webhook)):
            yield partial(self._get, identifier)

    def _update(self, identifier: str = "", **options: Any) -> Answer:
        hint = f"hint {next(self._material.numbers)}"
        return self._send("update", identifier or self._material.own, body={"hint": hint}, **options)

    def _more_update(self) -> Iterator[Callable[[], Answer]]:
        if self._material.webhook:
            yield partial(self._update, self._material.webhook)

    def _delete(self, identifier: str = "", **options: Any) -> Answer:
        identifier = identifier or (self._material.spare.pop() if self._material.spare else UNKNOWN_ID)
        answer = self._send("delete", identifier, **options)
        if is_throttle(answer):
            self._material.refused.append(identifier)
        return answer

    def _get_handler(self, identifier: str = "", **options: Any) -> Answer:
        return self._send("get_handler", identifier or self._material.own, **options)

    def _more_get_handler(self) -> Iterator[Callable[[], Answer]]:
        if self._material.webhook:
            yield partial(self._get_handler, self._material.webhook)

    def _update_handler(self, identifier: str = "", body: dict[str, Any] | None = None, **options: Any) -> Answer:
        script = {"script": f"return {next(self._material.numbers)};"}
        return self._send("update_handler", identifier or self._material.own, body=body or script, **options)

    def _more_update_handler(self) -> Iterator[Callable[[], Answer]]:
        if self._material.webhook:
            yield partial(self._update_handler, self._material.webhook, {"permissions": ["chat", "message"]})
