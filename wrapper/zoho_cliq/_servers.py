"""Normalize the URL of a server, so that clients with different spellings of it share their counts."""

from __future__ import annotations

import ipaddress
import re
import string
from contextlib import suppress
from urllib.parse import urlsplit

from zoho_cliq_api.contract import SERVERS

_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


def server_named(url: str) -> str:
    """Return `url`, an http or https URL, in normal form (RFC 3986, section 6).

    The scheme and the host are lower case, without a final dot of the host and without the default port. An IP address
    is in its shortest form, a name in ASCII. The path has no empty segments, no dot segments and no final slash. Only
    characters that need it are percent-encoded, in upper case.
    """
    parts = urlsplit(url)
    host = _host(parts.hostname or "")
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    segments: list[str] = []
    for segment in re.sub("%([0-9A-Fa-f]{2})", _encoded, parts.path).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "/".join([f"{parts.scheme}://{host}{port}", *segments])


def data_center_of_api(base_url: str) -> str | None:
    """Return the data center whose API is at `base_url`, an http or https URL, or None for any other URL."""
    here = server_named(base_url)
    return next((each.data_center for each in SERVERS.values() if server_named(each.base_url) == here), None)


def _host(name: str) -> str:
    with suppress(ValueError):
        address = ipaddress.ip_address(name)
        return f"[{address}]" if address.version == 6 else str(address)
    name = name.removesuffix(".")
    if name.isascii():
        return name  # the idna codec would load the Unicode tables
    with suppress(UnicodeError):
        return name.encode("idna").decode().lower()
    return name


def _encoded(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()
