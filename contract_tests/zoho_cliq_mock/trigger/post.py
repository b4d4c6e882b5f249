"""Sends one HTTP/1.1 request to a checked address, with h11 on a plain asyncio connection.

It does not use an HTTP client, so that it is easy to verify that the connection goes to the address that was checked.
There are no redirects, proxies, retries or second name lookups to switch off.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import h11

from zoho_cliq_mock.trigger.addresses import Target

MAX_ANSWER = 1024 * 1024


class PostFailed(Exception):
    """There was no response; the message is the reason."""


class HttpAnswer(NamedTuple):
    """An HTTP response. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which the system returns them. Raise OSError if there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def send(
    target: Target,
    addresses: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str = "POST",
    most: int = MAX_ANSWER,
) -> HttpAnswer:
    """Send one request and return the response.

    The addresses are tried in order until one accepts the connection. The caller must limit the time.

    Args:
        target: the parts of the URL.
        addresses: the checked addresses of the host.
        headers: header fields; a Host field is added.
        body: the request's body.
        method: the HTTP method. Default: POST.
        most: the longest body of a response, in bytes. Default: 1 MiB.

    Raise `PostFailed` if there is no response, or its body is longer than `most`.
    """
    try:
        reader, writer = await _connect(target, addresses)
        try:
            return await _exchange(reader, writer, _head(method, target, headers, body), body, most)
        finally:
            writer.transport.abort()
    except h11.LocalProtocolError as error:
        raise PostFailed(f"the request is not valid HTTP ({error})") from None
    except h11.RemoteProtocolError as error:
        raise PostFailed(f"the response is not complete, valid HTTP ({error})") from None
    except (OSError, EOFError) as error:
        raise PostFailed(f"the connection was lost ({type(error).__name__})") from None


async def _connect(target: Target, addresses: Sequence[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context() if target.secure else None
    name = target.host.strip("[]") if target.secure else None
    failure: OSError | None = None
    for address in addresses:
        try:
            return await asyncio.open_connection(address, target.port, ssl=context, server_hostname=name)
        except ssl.SSLError as error:
            raise PostFailed(f"TLS failed ({error.reason or type(error).__name__})") from None
        except OSError as error:
            failure = error
    raise PostFailed(f"cannot connect to {target.authority} ({type(failure).__name__})")


def _head(method: str, target: Target, headers: Mapping[str, str], body: bytes) -> h11.Request:
    sent = {"Host": target.authority, **headers, "Connection": "close"}
    if body or method not in ("GET", "DELETE"):
        sent["Content-Length"] = str(len(body))
    return h11.Request(
        method=method, target=target.path, headers=[(name.encode(), value.encode()) for name, value in sent.items()]
    )


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: h11.Request, body: bytes, most: int
) -> HttpAnswer:
    connection = h11.Connection(h11.CLIENT)
    for part in (connection.send(head), connection.send(h11.Data(data=body)), connection.send(h11.EndOfMessage())):
        writer.write(part or b"")
    await writer.drain()
    status, content = 0, bytearray()
    answered: dict[str, str] = {}
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            received = await reader.read(65536)
            if not received and not status:
                raise EOFError
            connection.receive_data(received)
        elif isinstance(event, h11.Response):
            status = event.status_code
            answered = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            content += event.data
            if len(content) > most:
                raise PostFailed(f"the response is longer than {most} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return HttpAnswer(status, answered, bytes(content))
        elif isinstance(event, h11.ConnectionClosed):
            raise EOFError
