"""Sends the requests of a script. The same hosts are allowed as for events, and the same guard checks them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from urllib.parse import quote

from zoho_cliq_deluge import HttpRequest, HttpResponse, TaskError

from zoho_cliq_mock.trigger.addresses import AddressRefused, Resolve, checked_addresses, parse_target
from zoho_cliq_mock.trigger.deluge.session import Session
from zoho_cliq_mock.trigger.post import HttpAnswer, PostFailed, send

_NAME = "the url"
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def sender(session: Session, allowed: Collection[str], resolve: Resolve) -> Callable[[HttpRequest], HttpResponse]:
    """Return the function that sends the requests of one run. It does not follow redirects.

    Args:
        session: the run.
        allowed: hosts, in addition to this machine, that requests may be sent to.
        resolve: looks up the addresses of a host.
    """

    async def exchange(request: HttpRequest) -> HttpAnswer:
        # Escape non-ASCII characters as browsers do. A host name with such characters is then refused.
        target = parse_target(quote(request.url, safe=_PRINTABLE, errors="replace"), _NAME)
        async with asyncio.timeout(request.timeout):
            addresses = await checked_addresses(target, allowed, resolve)
            return await send(
                target, addresses, _headers(request), request.body, method=request.method, most=request.limit
            )

    def sending(request: HttpRequest) -> HttpResponse:
        try:
            answer = session.wait_for(lambda: exchange(request))
        except (AddressRefused, PostFailed) as error:
            raise TaskError(str(error)) from None
        except TimeoutError:
            session.check()
            raise TaskError("socket timeout error") from None
        return HttpResponse(answer.status, answer.body, answer.headers)

    return sending


def _headers(request: HttpRequest) -> dict[str, str]:
    """Return the headers to send. Header names are compared without case, so each is sent once; the last value wins."""
    found = {"user-agent": ("User-Agent", "zoho-cliq-mock")}
    for name, value in (*request.headers.items(), *request.secrets.items()):
        if name.lower() not in _OWN_HEADERS:
            found[name.lower()] = (name, value)
    return {**dict(found.values()), "Accept-Encoding": "identity"}
