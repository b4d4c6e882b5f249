"""A sender of requests that reaches only loopback addresses and the hosts that the caller allows."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from .tasks import HttpRequest, HttpResponse, TaskError

__all__ = ["HttpSender"]

_CONNECT_SECONDS = 10.0
_PIECE = 65_536
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class HttpSender:
    """Sends requests over HTTP and HTTPS, without following redirects.

    Loopback addresses are always allowed. Any other host must be listed in ``hosts``. A host that is listed by name is
    reached at public addresses only; one that is listed by its IP address is reached at that address, even if it is not
    public. A name is resolved once, all of its addresses are checked, and the connection uses a checked address.

    Args:
        hosts: The names or IP addresses of further hosts that scripts may reach. Default: none.
        context: The TLS settings. Default: `ssl.create_default_context()`.
    """

    def __init__(self, hosts: Iterable[str] = (), context: ssl.SSLContext | None = None) -> None:
        self._hosts = frozenset(host.lower().rstrip(".").strip("[]") for host in hosts)
        self._context = context

    def __repr__(self) -> str:
        """Return the allowed hosts; loopback addresses are not listed."""
        return f"<{type(self).__name__}: loopback addresses, {', '.join(sorted(self._hosts)) or 'no other host'}>"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Send a request, and return the response.

        Raises:
            TaskError: if the host is not allowed, cannot be reached or takes too long, or if the response is too large.
        """
        parts, host, port = _target(request.url)
        end = time.monotonic() + request.timeout
        address = self._checked_address(host, port)
        sock = self._connected(parts.scheme, host, address, port, min(_CONNECT_SECONDS, request.timeout))
        # A socket's timeout limits each read; the timer also ends a response that arrives slowly in many small parts.
        watch = threading.Timer(max(0.0, end - time.monotonic()), _shut, (sock,))
        watch.daemon = True
        watch.start()
        try:
            sock.settimeout(max(0.001, end - time.monotonic()))
            response = _exchange(sock, parts, host, port, request)
            if time.monotonic() >= end:  # the timer has cut off the response
                raise TimeoutError
            return response
        except TimeoutError:
            raise TaskError("socket timeout error") from None
        except (OSError, http.client.HTTPException, ValueError) as problem:
            if time.monotonic() >= end:
                raise TaskError("socket timeout error") from None
            raise TaskError(f"the request to {host} failed: {type(problem).__name__}") from None
        finally:
            watch.cancel()
            sock.close()

    def how_to_allow(self, host: str) -> str:
        """Return how to allow a host, for the error that refuses it. A subclass may override this."""
        return f'name it: HttpSender(hosts=["{host}"])'

    def _checked_address(self, host: str, port: int) -> str:
        named = host in self._hosts
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise TaskError(f'the host "{host}" cannot be resolved') from None
        addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
        for text in addresses:
            address = ipaddress.ip_address(text)
            real = embedded(address)
            mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
            if (mapped or address).is_loopback:
                continue
            if not named:
                raise TaskError(f'the host "{host}" is not allowed; {self.how_to_allow(host)}')
            if not real.is_global and text != host:
                raise TaskError(f'the host "{host}" has the inner address {text}; name the address itself to allow it')
        if not addresses:
            raise TaskError(f'the host "{host}" cannot be resolved')
        return addresses[0]

    def _connected(self, scheme: str, host: str, address: str, port: int, seconds: float) -> socket.socket:
        try:
            sock = socket.create_connection((address, port), timeout=seconds)
        except TimeoutError:
            raise TaskError("socket timeout error") from None
        except OSError as problem:
            raise TaskError(f"the host {host} cannot be reached: {type(problem).__name__}") from None
        if scheme == "http":
            return sock
        try:
            return (self._context or ssl.create_default_context()).wrap_socket(sock, server_hostname=host)
        except (OSError, ValueError) as problem:
            sock.close()
            raise TaskError(f"no TLS connection to {host}: {type(problem).__name__}") from None


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _target(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise TaskError("the url is not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TaskError("the url must begin with http:// or https:// and name a host")
    if parts.username is not None:
        raise TaskError("the url must not hold a user name")
    return parts, parts.hostname.rstrip("."), port


def _exchange(sock: socket.socket, parts: SplitResult, host: str, port: int, request: HttpRequest) -> HttpResponse:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port)
    connection.sock = sock
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    own = {**request.secrets, "Connection": "close", "Accept-Encoding": "identity"}
    taken = {"host", "content-length", "transfer-encoding", *(name.lower() for name in own)}
    headers = {name: value for name, value in request.headers.items() if name.lower() not in taken} | own
    body = request.body or (None if request.method in ("GET", "DELETE") else b"")
    connection.request(request.method, path, body, headers)
    response = connection.getresponse()
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(min(_PIECE, request.limit + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > request.limit:
            raise TaskError(f"the answer has more than {request.limit:,} bytes")
    return HttpResponse(response.status, b"".join(pieces), dict(response.getheaders()))
