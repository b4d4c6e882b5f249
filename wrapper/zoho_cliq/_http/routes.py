"""Find where a request goes: the origin of its URL, and the proxy that the environment sets for it."""

from __future__ import annotations

import base64
import ipaddress
import os
import socket
import sys
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import SplitResult, quote, unquote, urlsplit

from .._types import Secret
from ..errors import ConfigurationError, TransportError

_PORTS = {"http": 80, "https": 443}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy. `str()` returns host and port, without user and password."""

    host: str
    port: int
    tls: bool
    authorization: Secret | None = None

    def __str__(self) -> str:
        return _authority(self.host, self.port)


@dataclass(frozen=True)
class Route:
    """An origin, and the proxy to reach it through, if any. `str()` returns host and port of the origin."""

    scheme: str
    host: str
    port: int
    proxy: Proxy | None = field(default=None)

    def __str__(self) -> str:
        return _authority(self.host, self.port)

    @property
    def tls(self) -> bool:
        """Whether the connection to the origin uses TLS."""
        return self.scheme == "https"

    @property
    def dial(self) -> tuple[str, int]:
        """The host and port to connect to: those of the proxy, if there is one."""
        return (self.proxy.host, self.proxy.port) if self.proxy else (self.host, self.port)

    @cached_property
    def authority(self) -> bytes:
        """The value of the Host header: without the port if it is the default of the scheme."""
        text = _authority(self.host, self.port)
        return (text.removesuffix(f":{self.port}") if self.port == _PORTS[self.scheme] else text).encode()

    @property
    def target_prefix(self) -> str:
        """The start of the request target: the origin if a proxy forwards the request, else nothing."""
        return f"{self.scheme}://{self.authority.decode()}" if self.proxy and not self.tls else ""


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def proxies() -> dict[str, str]:
    """Return the proxies of the environment by scheme; the key `no` has the hosts that need none.

    On macOS and Windows, the system's settings count as well.
    """
    if sys.platform not in ("darwin", "win32") and not any(name[-6:].lower() == "_proxy" for name in os.environ):
        return {}
    from urllib.request import getproxies  # here, as it loads http.client and email, which no client needs

    return getproxies()


class Router:
    """Finds the route of a URL. Reads the proxies of the environment once, when it is created."""

    def __init__(self) -> None:
        self._proxies = proxies()
        self._exempt = [entry.strip() for entry in self._proxies.get("no", "").split(",") if entry.strip()]
        self._routes: dict[tuple[str, str], Route] = {}

    def find(self, url: str) -> tuple[Route, str]:
        """Return the route and the request target (path and query) of `url`.

        Raise TransportError if it is not an http or https URL, ConfigurationError if the proxy's address is invalid.
        """
        try:
            parts = urlsplit(url)
            route = self._routes.get((parts.scheme, parts.netloc)) or self._made(parts)
        except (ValueError, KeyError):
            raise TransportError("the request's URL is not an http or https URL", sent=False) from None
        path = parts.path or "/"
        return route, f"{path}?{parts.query}" if parts.query else path

    def _made(self, parts: SplitResult) -> Route:
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna" if not (parts.hostname or "").isascii() else "ascii").decode()
        if not host or not port:
            raise ValueError
        proxy = None
        kind = parts.scheme if self._proxies.get(parts.scheme) else "all"
        if self._proxies.get(kind) and not is_loopback(host) and not is_exempt(self._exempt, host, port):
            proxy = parsed_proxy(_variable(kind), self._proxies[kind])
        route = self._routes[parts.scheme, parts.netloc] = Route(parts.scheme, host, port, proxy)
        return route


def percent_encoded(target: str) -> str:
    """Return `target` with characters percent-encoded that a request line cannot hold. Existing escapes are kept."""
    return quote(target, safe="/%?&=:@!$'()*+,;~-._")


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine, which is never reached through a proxy."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address is not None and (address.is_loopback or address.is_unspecified)


def is_exempt(entries: list[str], host: str, port: int) -> bool:
    """Return whether an entry of NO_PROXY matches the host.

    An entry is a domain (it matches subdomains as well), an address, a network, or `*`. If it has a port, the port must
    match too. An entry that cannot be parsed matches nothing.
    """
    return any(entry == "*" or _names(entry.lower(), host.lower(), port) for entry in entries)


def _names(entry: str, host: str, port: int) -> bool:
    entry = entry.partition("://")[2] or entry
    address = _address(host)
    try:
        if address is not None:
            return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    name, colon, number = entry.rpartition(":")
    if colon and number.isascii() and number.isdigit() and (name.endswith("]") or ":" not in name):
        if int(number) != port:
            return False
        entry = name
    if address is not None:
        return _address(entry.strip("[]")) == address
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001
    except (OSError, ValueError):
        return None


def _variable(kind: str) -> str:
    """Return the name of the environment variable that sets the proxy."""
    name = f"{kind}_proxy"
    return name if os.environ.get(name) else name.upper()


def parsed_proxy(variable: str, text: str) -> Proxy:
    """Return the proxy that `text`, the value of `variable`, describes.

    Raise ConfigurationError if it is invalid. The message names the variable only, because the value may hold a
    password.
    """
    parts = urlsplit("")
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port, host = parts.port, parts.hostname
    except ValueError:
        port = host = None
    else:
        if parts.scheme.startswith("socks"):
            raise ConfigurationError(
                f"{variable} names a SOCKS proxy; name an HTTP proxy, or in Python give "
                "http_client=httpx.Client(proxy=…), which needs httpx[socks]"
            )
    if (
        not host
        or port == 0
        or parts.scheme not in _PORTS
        or not all(33 <= ord(character) <= 126 for character in text)
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise ConfigurationError(f"{variable} must be the address of a proxy, such as http://host:3128")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = Secret(f"Basic {base64.b64encode(pair.encode()).decode()}")
    return Proxy(host, port or _PORTS[parts.scheme], parts.scheme == "https", authorization)
