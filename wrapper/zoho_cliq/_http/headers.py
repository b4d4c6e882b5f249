"""The headers of every request, and the check of headers that a user adds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._version import __version__
from ..errors import ConfigurationError

HEADERS = {
    "user-agent": f"zoho-cliq-python/{__version__}",
    "accept": "application/json",
    "accept-encoding": "gzip",
}
_RESERVED = {
    "authorization": "pass the access token as auth",
    "proxy-authorization": "put the proxy's user and password into its address",
    **dict.fromkeys(("accept-encoding", "connection", "content-length", "content-type", "expect", "host", "te"), ""),
    **dict.fromkeys(("trailer", "transfer-encoding", "upgrade"), ""),
}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[!-~]([ \t!-~]*[!-~])?|")


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the user's headers with lower-case names.

    Raise ConfigurationError, which names the header and never shows its value, if a name or a value is invalid or the
    client sets the header itself.
    """
    checked: dict[str, str] = {}
    if headers is not None and not isinstance(headers, Mapping):
        raise ConfigurationError(f"headers must be a mapping of names to values, not a {type(headers).__name__}")
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(f"headers: {name!r} is not a valid header name")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise ConfigurationError(f"headers: the value of {name} must be printable ASCII without spaces around it")
        if (reason := _RESERVED.get(name.lower())) is not None:
            raise ConfigurationError(f"headers: {name} is set by the client{f'; {reason}' if reason else ''}")
        checked[name.lower()] = value
    return checked
