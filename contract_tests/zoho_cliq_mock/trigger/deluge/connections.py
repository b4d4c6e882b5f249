"""The headers that the parameter `connection:` of a request adds. Their values are secrets."""

from __future__ import annotations

import string
from collections.abc import Mapping

_IN_NAMES = frozenset("!#$%&'*+-.^_`|~" + string.ascii_letters + string.digits)
_SHORTEST_SECRET = 6

Headers = dict[str, dict[str, str]]


class ConnectionsError(ValueError):
    """Connections that cannot be used. The message names the connection and the reason, but no header value."""


def read_connections(given: object) -> Headers:
    """Return the headers of each connection, by link name. Raise `ConnectionsError` if they cannot be used."""
    if not isinstance(given, Mapping):
        raise ConnectionsError('connections must be a JSON object such as {"desk": {"Authorization": "Bearer …"}}')
    found: Headers = {}
    for name, headers in given.items():
        if not isinstance(name, str) or not name:
            raise ConnectionsError("the name of a connection must be a string")
        if not isinstance(headers, Mapping) or not headers:
            raise ConnectionsError(f"connection {name!r}: must be an object with headers and their values")
        for header, value in headers.items():
            if not isinstance(header, str) or not header or not _IN_NAMES.issuperset(header):
                raise ConnectionsError(f"connection {name!r}: {header!r} is not a valid header name")
            if not isinstance(value, str) or not _is_line(value):
                raise ConnectionsError(f"connection {name!r}: the value of {header} must be a string of one line")
        found[name] = dict(headers)
    return found


def _is_line(value: str) -> bool:
    return value != "" and all(each == "\t" or (each >= " " and each != "\x7f") for each in value)


def shown_connections(connections: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Return the names of each connection's headers."""
    return {name: list(headers) for name, headers in connections.items()}


class Hider:
    """Replaces the secrets of connections in a text by `***`.

    A header value is replaced as a whole, and also without a scheme such as `Bearer`. Secrets shorter than six
    characters are not replaced, since they occur in ordinary words.
    """

    def __init__(self, connections: Mapping[str, Mapping[str, str]]) -> None:
        values = {value.strip() for headers in connections.values() for value in headers.values()}
        values |= {value.partition(" ")[2].strip() for value in values}
        self._secrets = sorted((each for each in values if len(each) >= _SHORTEST_SECRET), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return the text with the secrets replaced."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text
