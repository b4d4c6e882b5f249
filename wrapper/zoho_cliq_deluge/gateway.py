"""The object through which a caller of `run` decides what the tasks of a script do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cliq_memory import CliqInMemory
from .tasks import Cliq, Sender, TaskError, refuse

__all__ = ["Gateway"]


@dataclass(slots=True)
class Gateway:
    """Runs the tasks that scripts call: requests, Cliq's tasks, and stubs for all others.

    Attributes:
        sender: Sends the requests of ``invokeurl``, ``invokeapi``, ``getUrl`` and ``postUrl``. Default: refuse them.
        connections: The headers of each connection, by the connection's link name. Default: none.
        cliq: Chats and databases. Default: a new `CliqInMemory`.
        stubs: The results of other tasks, by the task's name (``zoho.crm.getRecordById``, ``sendmail``,
            ``thisapp.f``): a value, or a function that is called with the task's arguments. Default: none.
        base_urls: The base URL of each service of ``invokeapi``. Default: ``https://cliq.zoho.com/`` for ``ZohoCliq``.
    """

    sender: Sender = refuse
    connections: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    cliq: Cliq = field(default_factory=CliqInMemory)
    stubs: Mapping[str, Any] = field(default_factory=dict)
    base_urls: Mapping[str, str] = field(default_factory=lambda: {"ZohoCliq": "https://cliq.zoho.com/"})

    def connection_headers(self, name: str) -> Mapping[str, str]:
        """Return the headers of a connection.

        Raises:
            TaskError: if no such connection is registered.
        """
        headers = self.connections.get(name)
        if headers is None:
            raise TaskError(
                f'there is no connection "{name}"; give its headers to the gateway: connections={{"{name}": …}}'
            )
        return headers

    def stub(self, name: str) -> Any:
        """Return the stub of a task by its name; case is ignored.

        Raises:
            TaskError: if there is none.
        """
        for key, value in self.stubs.items():
            if key.lower() == name.lower():
                return value
        raise TaskError(f'the task {name} has no stub; give one to the gateway: stubs={{"{name}": …}}')
