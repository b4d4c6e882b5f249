"""Where the mock may send events and the requests of scripts: the guard against SSRF.

A host is resolved once and all its addresses are checked. The connection then goes to a checked address and never to
the name, so a host name that changes its address in between is harmless. Only loopback addresses and hosts named with
`--allow-webhook-host` are allowed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]

# Stricter than any URL parser (no user, backslash or space), so that no parser can read another host than this one.
_URL = re.compile(r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?([/?][!-~]*)?")
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


class AddressRefused(Exception):
    """A URL that nothing is sent to. The message says why, and what to do."""


class Target(NamedTuple):
    """Where a request goes: the parts of a URL.

    `host` is used for the Host header and TLS, never for connecting. `name` is how error messages refer to the URL.
    """

    secure: bool
    host: str
    port: int
    path: str
    name: str = "execution_url"

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        default = 443 if self.secure else 80
        return self.host if self.port == default else f"{self.host}:{self.port}"


def parse_target(url: str, name: str = "execution_url") -> Target:
    """Return the parts of a URL without its fragment.

    Args:
        url: the URL.
        name: how error messages refer to it. Default: `execution_url`.

    Raise `AddressRefused` if it is not a plain http or https URL.
    """
    match = _URL.fullmatch(url.partition("#")[0])
    if match is None:
        raise AddressRefused(f"{name} is not a plain http or https URL")
    secure = match[1] == "https"
    port = int(match[3]) if match[3] else 443 if secure else 80
    if not 0 < port < 65536:
        raise AddressRefused(f"{name} has the port {port}; a port is from 1 to 65535")
    path = match[4] or "/"
    return Target(secure, match[2], port, path if path[0] == "/" else f"/{path}", name)


async def checked_addresses(target: Target, allowed: Collection[str], resolve: Resolve) -> list[str]:
    """Resolve a target once and return its addresses, each of which may be connected to.

    Args:
        target: the parts of the URL.
        allowed: hosts, in addition to this machine, that may be called.
        resolve: looks up the addresses of a host.

    Raise `AddressRefused` if the host has no address, or any of its addresses may not be called.
    """
    host = target.host.strip("[]").lower()
    try:
        found = list(dict.fromkeys(await resolve(host, target.port)))
    except (OSError, UnicodeError):
        raise AddressRefused(f"the host {host} of {target.name} cannot be resolved") from None
    if not found:
        raise AddressRefused(f"the host {host} of {target.name} cannot be resolved")
    trusted = host in {name.strip("[]").lower() for name in allowed}
    for text in found:
        reason = refusal(text, trusted=trusted)
        if reason:
            reason = f"{target.name} resolves to {reason}"
            raise AddressRefused(reason if trusted else f"{reason}; allow it with --allow-webhook-host {host}")
    return found


def refusal(text: str, *, trusted: bool) -> str | None:
    """Return the address with the reason why it may not be called, or None if it may.

    Args:
        text: the address.
        trusted: whether its host is allowed by name.
    """
    try:
        address = unmapped(ipaddress.ip_address(text))
    except ValueError:
        return f"{text!r}, which is not an IP address"
    if "%" in text:
        return f"{text}, but requests are not sent to addresses with a zone"
    inner = embedded(address)
    if address.is_loopback and inner is None:
        return None
    if not trusted:
        return f"{text}, but requests are sent only to this machine"
    if any(each is not None and _never_called(each) for each in (address, inner)):
        return f"{text}, to which requests are never sent"
    return None


def _never_called(address: Address) -> bool:
    """Return whether no host name may lead to this address.

    It is link-local (as cloud metadata services), multicast, unspecified, or reserved IPv4.
    """
    reserved = address.version == 4 and address.is_reserved
    return address.is_link_local or address.is_multicast or address.is_unspecified or reserved


def unmapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv4-mapped IPv6 address; return any other address unchanged."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def embedded(address: Address) -> Address | None:
    """Return the IPv4 address inside a 6to4, NAT64, Teredo or IPv4-compatible address; None for other addresses."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if int(address) >> 32 == 0 and int(address) > 1:
        return ipaddress.IPv4Address(int(address))
    return None
