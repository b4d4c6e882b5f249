"""Makes the right exception out of any answer that is no success. One table for classes, one function for shapes.

Errors come as `{message}`, `{message, code}` or `{error: {code, message}}`, as HTML, or empty. The code decides
first, the status second: the API is known to throttle with 400 and to refuse a scope with 401.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from zoho_cliq_api.contract import ERROR_CODES

from . import errors
from .exchange import RawResponse

BY_STATUS: dict[int, type[errors.ApiError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    409: errors.Conflict,
    429: errors.RateLimited,
}
_FAMILIES: tuple[type[errors.ApiError], ...] = (*BY_STATUS.values(), errors.ServerError)
BY_FAMILY = {cls.family: cls for cls in _FAMILIES}
_MESSAGE_LENGTH = 300


def class_for(status: int, code: str | None) -> type[errors.ApiError]:
    """The class of an answer. A code that is known but has no class yet gives the class of its family."""
    if code is not None and code in errors.BY_CODE:
        return errors.BY_CODE[code]
    if code is not None and code in ERROR_CODES:
        return BY_FAMILY.get(ERROR_CODES[code].family, errors.ApiError)
    if status in BY_STATUS:
        return BY_STATUS[status]
    return errors.ServerError if 500 <= status <= 599 else errors.UnexpectedStatus


def api_error(response: RawResponse) -> errors.ApiError:
    """The exception for an answer that is no success."""
    code, message = code_and_message(response)
    return class_for(response.status, code)(
        message, status=response.status, code=code, operation=response.operation, response=response
    )


def code_and_message(response: RawResponse) -> tuple[str | None, str]:
    """The error code, if there is one, and a message for people, whatever shape the answer has."""
    try:
        value: Any = json.loads(response.body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        inner = value.get("error")
        source: dict[str, Any] = inner if isinstance(inner, dict) else value
        code, message = source.get("code"), source.get("message")
        code = code if isinstance(code, str) and code else None
        if isinstance(message, str) and message:
            return code, _clipped(message)
        if code:
            return code, "the server gave no message"
    return None, _described(response)


def _described(response: RawResponse) -> str:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "unknown status"
    if not response.body:
        return f"{phrase} (empty answer)"
    if 300 <= response.status <= 399:
        return f"{phrase} (redirects are not followed)"
    title = re.search(rb"<title[^>]*>([^<]*)", response.body[:4096], re.IGNORECASE)
    if title:
        return _clipped(f"{phrase} (HTML: {title[1].decode('utf-8', 'replace').strip()})")
    return f"{phrase} ({response.headers.get('content-type', 'no content type')})"


def _clipped(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MESSAGE_LENGTH else text[: _MESSAGE_LENGTH - 1] + "…"


def retry_after(response: RawResponse) -> float | None:
    """The Retry-After header in seconds, where the server sent one in that form."""
    text = response.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() else None
