"""A client of the control API, used by the command line and by a `MockServer` in a forked child.

It uses `http.client`, which ignores proxies and follows no redirects, so the control token is sent to the given address
and nowhere else. It needs only the standard library.
"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

MOST_ANSWER = 64 * 1024 * 1024
TIMEOUT = 120.0


class ControlFailed(Exception):
    """A control call that was refused, or got no response.

    `status` is the HTTP status of the refusal, or None if there was no response.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def call(
    base_url: str, token: str, method: str, path: str, body: object = None, *, timeout: float | None = TIMEOUT
) -> Any:
    """Send one control call and return the data of the response.

    Args:
        base_url: the mock's address, with or without `/api/v3` at its end.
        token: the control token.
        method: the HTTP method.
        path: the path below `/_mock/`, with its query.
        body: the data of the JSON body. Default: None, no body.
        timeout: seconds. Default: 120; None waits without limit.

    Raise `ControlFailed` if the mock refuses the call, cannot be reached, or does not return a JSON object.
    """
    url = _url(base_url, path)
    data = _json(_answered(url, token, method, body, timeout))
    if not isinstance(data, dict):
        raise ControlFailed(f"no mock server at {url} (the response is not a JSON object)")
    return data


def text_of(base_url: str, token: str, method: str, path: str, *, timeout: float | None = TIMEOUT) -> str:
    """Send one control call without a body and return the text of the response.

    The arguments and errors are those of `call`.
    """
    return _answered(_url(base_url, path), token, method, None, timeout).decode("utf-8", "replace")


def _url(base_url: str, path: str) -> str:
    return f"{base_url.rstrip('/').removesuffix('/api/v3')}/_mock/{path}"


def _answered(url: str, token: str, method: str, body: object, timeout: float | None) -> bytes:
    """Return the body of a response with status 200. Raise `ControlFailed` for any other outcome."""
    try:
        status, content = _exchange(url, token, method, body, timeout)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ControlFailed(f"no mock server at {url} ({error or type(error).__name__})") from None
    if status != 200:
        data = _json(content)
        message = data.get("message") if isinstance(data, dict) else None
        raise ControlFailed(str(message or f"the mock returned status {status}"), status)
    return content


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _exchange(url: str, token: str, method: str, body: object, timeout: float | None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the address must begin with http:// or https://")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read(MOST_ANSWER + 1)
        if len(content) > MOST_ANSWER:
            raise ValueError(f"the response is longer than {MOST_ANSWER} bytes")
        if answer.length:
            raise ValueError("the response is incomplete")
        return answer.status, content
    finally:
        connection.close()
