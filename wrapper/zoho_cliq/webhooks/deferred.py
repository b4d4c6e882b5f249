"""Send deferred answers: one POST to the event's `response_url`.

A forged event may contain any address, so answers are sent only to Cliq's hosts and those that the developer allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cache
from urllib.parse import urlsplit

from zoho_cliq_api import contract

from .._types import Request
from ..errors import ConfigurationError, TransportError
from .errors import DeferredAnswerFailed, ResponseUrlRefused

# Stricter than any parser of URLs, so that no two parsers can disagree on the host: no user, no backslash, no space.
_PLAIN_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?:[/?][!-\[\]-~]*)?")


@cache
def cliq_hosts() -> frozenset[str]:
    """Return the hosts of Cliq in all data centers."""
    return frozenset(str(urlsplit(server.base_url).hostname) for server in contract.SERVERS.values())


def checked_response_url(url: str | None, response_hosts: Collection[str]) -> str:
    """Return the URL if an answer may be sent to it.

    Cliq's hosts need https and the default port. `response_hosts` are further hosts, as `host` (any port) or
    `host:port`, with http or https. Raise `ResponseUrlRefused`, whose message does not show the URL.
    """
    if not url:
        raise ResponseUrlRefused("the event has no response_url, so it can only be answered at once")
    match = _PLAIN_URL.fullmatch(url)
    if match is None:
        raise ResponseUrlRefused("the event's response_url is not a plain http or https URL")
    scheme, host, port = match[1], match[2].lower(), match[3]
    number = int(port) if port else {"http": 80, "https": 443}[scheme]
    if host in cliq_hosts() and scheme == "https" and number == 443:
        return url
    allowed = {entry.lower() for entry in response_hosts}
    if host in allowed or f"{host}:{number}" in allowed:
        return url
    raise ResponseUrlRefused(
        f"the host {host!r} of the event's response_url is neither Cliq's nor in response_hosts; "
        f'to allow it: Receiver(response_hosts=["{host}"])'
    )


INBOXES: dict[str, Callable[[bytes], None]] = {}
"""Functions that take the answers to events made by tests, by response URL."""


def post(url: str, body: bytes) -> None:
    """Send a deferred answer once.

    A `response_url` accepts one answer, so a retry could not help. Raise `DeferredAnswerFailed`.
    """
    if url in INBOXES:
        INBOXES[url](body)
        return
    from .._http.threads import Transport  # loads the HTTP client, which only deferred answers need

    transport = Transport()
    try:
        _check_status(transport.send(_request(url, body)).status)
    except (TransportError, ConfigurationError) as error:
        raise _unanswered(error) from None
    finally:
        transport.close()


async def post_async(url: str, body: bytes) -> None:
    """As `post`, in this task."""
    if url in INBOXES:
        INBOXES[url](body)
        return
    from .._http.tasks import AsyncTransport

    transport = AsyncTransport()
    try:
        _check_status((await transport.send(_request(url, body))).status)
    except (TransportError, ConfigurationError) as error:
        raise _unanswered(error) from None
    finally:
        await transport.aclose()


def _request(url: str, body: bytes) -> Request:
    return Request("respond", "POST", url, headers={"Content-Type": "application/json"}, content=body)


def _check_status(status: int) -> None:
    if not 200 <= status < 300:
        raise DeferredAnswerFailed(f"the deferred answer was refused with status {status}", status=status)


def _unanswered(error: TransportError | ConfigurationError) -> DeferredAnswerFailed:
    if isinstance(error, ConfigurationError):  # a variable of the environment, such as the proxy's, is wrong
        return DeferredAnswerFailed(f"the deferred answer was not sent: {error}", sent=False)
    outcome = "it may have been shown" if error.sent else "it was not sent"
    return DeferredAnswerFailed(f"no reply to the deferred answer; {outcome}", sent=error.sent)
