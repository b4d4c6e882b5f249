"""The input and the outcome of one run of a script."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from zoho_cliq_mock.chats import Chats
from zoho_cliq_mock.directory import User
from zoho_cliq_mock.trigger.addresses import Resolve
from zoho_cliq_mock.trigger.deluge.connections import Headers
from zoho_cliq_mock.trigger.deluge.databases import Databases

_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC).timestamp(), datetime(9999, 12, 30, tzinfo=UTC).timestamp()


class Outcome(NamedTuple):
    """The outcome of a run.

    Attributes:
        answer: what the script returned, as JSON types; None if it returned nothing or failed.
        failed: why there is no answer, in one line; None if the script ended normally.
        missing: which packages are missing, in one line. If it is set, no script was run.
        reset: whether the mock was reset during the run; if so, nothing of the run may be stored.
        record: for the record of the delivery: `log`, `tasks`, `errors`, `statements`, `milliseconds`; None if no
            script was run.
    """

    answer: Any = None
    failed: str | None = None
    missing: str | None = None
    reset: bool = False
    record: dict[str, Any] | None = None


class Surroundings(NamedTuple):
    """What a run may use.

    The user who chose, the mock's chats and databases, requests, connections, stubs, and the time.
    """

    user: User
    users: Mapping[str, User]
    chats: Chats
    databases: Databases
    allowed_hosts: Collection[str]
    resolve: Resolve
    connections: Headers
    stubs: Mapping[str, Any]
    own_url: str
    now: Callable[[], float]

    def moment(self) -> datetime:
        """Return the mock's time as a datetime, limited to the range that a datetime can hold."""
        return datetime.fromtimestamp(min(max(self.now(), _FIRST), _LAST), UTC)
