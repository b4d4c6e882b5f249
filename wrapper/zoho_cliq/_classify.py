"""Choose the exception for an answer that is not a success.

Errors come as `{message}`, `{message, code}` or `{error: {code, message}}`, as HTML, or empty. The code decides first,
the status second: the API is known to throttle with status 400 and to reject a scope with 401.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from zoho_cliq_api.contract import ERROR_CODES

from . import errors
from ._types import RawResponse

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
    """Return the exception class for an answer. A documented code without a class of its own has that of its family."""
    if code is not None and code in errors.BY_CODE:
        return errors.BY_CODE[code]
    if code is not None and code in ERROR_CODES:
        return BY_FAMILY.get(ERROR_CODES[code].family, errors.ApiError)
    if status in BY_STATUS:
        return BY_STATUS[status]
    return errors.ServerError if 500 <= status <= 599 else errors.UnexpectedStatus


def api_error(response: RawResponse, shown: Callable[[str], str] = str) -> errors.ApiError:
    """Return the exception for an answer that is not a success. `shown` removes secrets from code and message."""
    code, message = code_and_message(response)
    code = code and shown(code)
    return class_for(response.status, code)(
        shown(message), status=response.status, code=code, operation=response.operation, response=response
    )


def code_and_message(response: RawResponse) -> tuple[str | None, str]:
    """Return the error code, or None, and a readable message, whatever the format of the answer."""
    try:
        value: Any = json.loads(response.body, parse_int=float)  # int() raises ValueError for thousands of digits
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        inner = value.get("error")
        source: dict[str, Any] = inner if isinstance(inner, dict) else value
        code, message = source.get("code"), source.get("message")
        code = _clipped(code) if isinstance(code, str) and code.strip() else None
        if isinstance(message, str) and message:
            return code, _clipped(message)
        if code:
            return code, "the server sent no message"
    return None, _described(response)


def _described(response: RawResponse) -> str:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "unknown status"
    if 300 <= response.status <= 399:
        return f"{phrase} (redirects are not followed)"
    if not response.body:
        return f"{phrase} (empty answer)"
    title = re.search(rb"<title[^>]*>([^<]*)", response.body[:4096], re.IGNORECASE)
    if title:
        return _clipped(f"{phrase} (HTML: {title[1].decode('utf-8', 'replace').strip()})")
    return f"{phrase} ({response.headers.get('content-type', 'no content type')[:80]})"


def _clipped(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MESSAGE_LENGTH else text[: _MESSAGE_LENGTH - 1] + "…"


def retry_after(response: RawResponse, now: float, most: float) -> float | None:
    """Return the seconds that the Retry-After header asks to wait, at least 1 and at most `most`.

    The header holds seconds or a date. A date is compared with the answer's own date or, without one, with `now`
    (seconds since 1970). Return None if the header is missing, invalid or not in the future.
    """
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        seconds = float(text)
    else:
        until, sent = _time(text), _time(response.headers.get("date", ""))
        seconds = 0.0 if until is None else until - (now if sent is None else sent)
    return min(max(seconds, 1.0), most) if seconds > 0 else None


def _time(text: str) -> float | None:
    """Return an HTTP date in seconds since 1970, or None if it is not one."""
    from email.utils import parsedate_to_datetime  # here, as few answers have one to be read

    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
