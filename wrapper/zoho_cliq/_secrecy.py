"""Keep tokens and other secrets out of answers, messages, logs, and the variables in tracebacks.

Servers repeat what they receive, plain or escaped, and error reporting tools show the local variables of every frame. A
`Blanker` removes a secret from an answer in every form in which a server is likely to repeat it. `scrub` clears the
frames of the libraries that handled a request; `hides_arguments` clears those of functions that take secrets.
"""

from __future__ import annotations

import base64
import contextlib
import inspect
import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache, wraps
from types import FrameType
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote_to_bytes

from ._types import RawResponse, Secret

P = ParamSpec("P")
R = TypeVar("R")

BLANK = "[token]"
SHORTEST = 6  # characters; a shorter secret would blank unrelated words
_ESCAPES = re.compile(rb"\\+(?:u00|x)([2-7][0-9a-fA-F])")
_ENTITIES = re.compile(rb"&#(?:x0*([2-7][0-9a-f])|0*([0-9]{2,3}));?")
# Packages whose frames may be cleared: they handle requests, so their variables hold headers and bodies.
_PACKAGES = frozenset({"zoho_cliq", "httpx", "httpcore", "h11", "anyio", "asyncio", "ssl", "socket", "redis", "json"})
# If one of these caught an exception, its own call raised it, so none of the frames is a suspended generator.
_CATCHING = frozenset({"zoho_cliq", "httpx", "httpcore", "h11", "anyio"})
_SUSPENDABLE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_QUOTED = re.compile(r"""[\s:]*(?:bytearray\(|\bb['"]).*""", re.DOTALL)


class Blanker:
    """Finds and blanks secrets in received content.

    It finds them in any letter case; escaped for JSON, URLs, HTML or Python; and in base64, alone or with text before,
    as in `Bearer TOKEN`.
    """

    __slots__ = ("_encoded", "_exact", "_plain", "_regex")

    def __init__(self, *secrets: Secret) -> None:
        self._exact = tuple(secret.reveal().encode() for secret in secrets if len(secret.reveal()) >= SHORTEST)
        self._plain = tuple(exact.lower() for exact in self._exact)
        self._encoded = tuple(form for exact in self._exact for form in _in_base64(exact))
        self._regex: re.Pattern[bytes] | None = None

    def finds(self, content: bytes) -> bool:
        """Return whether `content` holds a secret."""
        lower = content.lower()
        if any(plain in lower for plain in self._plain) or any(form in content for form in self._encoded):
            return True
        if not (b"\\" in lower or b"%" in lower or b"&#" in lower or b"\0" in lower):
            return False
        content = _unescaped(content)
        lower = content.lower()
        return any(plain in lower for plain in self._plain) or any(form in content for form in self._encoded)

    def bytes(self, content: bytes) -> bytes:
        """Return `content` with each secret replaced by a mark.

        If one is still found afterwards, return the mark alone.
        """
        if not self.finds(content):
            return content
        if self._regex is None:
            # Compiled on first use: it takes some milliseconds, and most servers never repeat a secret.
            plain = (_written(plain) for plain in self._plain)
            self._regex = re.compile(
                b"|".join((b"(?i:%s)" % b"|".join(plain), *(_written(form) for form in self._encoded)))
            )
        content = self._regex.sub(BLANK.encode(), content)
        return BLANK.encode() if self.finds(content) else content

    def text(self, content: str) -> str:
        """Return `content` without secrets, as `bytes` does."""
        raw = content.encode("utf-8", "surrogatepass")
        return self.bytes(raw).decode("utf-8", "surrogatepass") if self.finds(raw) else content

    def response(self, response: RawResponse) -> RawResponse:
        """Return `response` without secrets in headers and body."""
        headers = "\n".join(response.headers.values())
        if not self.finds(response.body) and not self.finds(headers.encode("utf-8", "surrogatepass")):
            return response
        shown = {name: self.text(value) for name, value in response.headers.items()}
        return replace(response, headers=shown, body=self.bytes(response.body))

    def success(self, response: RawResponse) -> RawResponse:
        """Return `response` without secrets that parsing its JSON would reveal.

        For an answer that is parsed and not shown. It is faster than `response`, which looks for every form.
        """
        body = response.body
        if b"\\u00" in body:
            body = _ESCAPES.sub(_unescaped_letter, body)
        return self.response(response) if any(exact in body for exact in self._exact) else response

    def shares(self, content: str, run: int = 8) -> bool:
        """Return whether `content` has `run` successive characters of a secret, or an encoded secret.

        Letter case does not matter.
        """
        raw = content.encode("utf-8", "surrogatepass")
        lower = raw.lower()
        runs = (lower[at : at + run] for at in range(len(lower) - run + 1))
        return self.finds(raw) or any(part in plain for part in runs for plain in self._plain)


@lru_cache(64)
def blanker(*secrets: Secret) -> Blanker:
    """Return the blanker of these secrets. Cached."""
    return Blanker(*secrets)


def _in_base64(secret: bytes) -> list[bytes]:
    """Return the parts of the secret's base64 that do not depend on the text around it.

    There is one for each of the three possible alignments to groups of three bytes.
    """
    forms = []
    for before in range(3):
        whole = (before + len(secret)) // 3 * 3 - before  # bytes of the secret up to the last full group
        text = base64.b64encode(b"\0" * before + secret[:whole])
        forms.append(text[(0, 2, 3)[before] :])
    return [form for form in {*forms, *(form.translate(_URL_SAFE) for form in forms)} if len(form) >= SHORTEST]


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _unescaped(content: bytes) -> bytes:
    """Return `content` with escapes of JSON, Python, URLs and HTML undone, and without the null bytes of UTF-16."""
    content = content.replace(b"\0", b"").replace(b"\\/", b"/")
    for _ in range(2):  # an escape may itself be escaped
        content = _ESCAPES.sub(_unescaped_letter, content)
        content = unquote_to_bytes(content) if b"%" in content else content
        content = _ENTITIES.sub(lambda found: bytes([int(found[1], 16) if found[1] else int(found[2]) & 127]), content)
    return content


def _unescaped_letter(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])


def _written(secret: bytes) -> bytes:
    """Return a pattern that matches the secret with any of its characters escaped."""
    return b"".join(
        rb"(?:\\*%b|\\+(?:u00|x)(?i:%02x)|%%(?:25)*(?i:%02x)|&\#(?:(?i:x)0*(?i:%02x)|0*%d);?)"
        % (re.escape(bytes([letter])), letter, letter, letter, letter)
        for letter in secret
    )


def scrub(error: BaseException) -> None:
    """Remove secrets from `error` and its causes.

    Clear the frames that may hold them, and cut quoted content of requests and answers from messages of the HTTP
    libraries.
    """
    pending, seen = [(error, True)], set()
    while pending:
        at, caused = pending.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        trace = at.__traceback__
        caused = caused or (trace is not None and _package(trace.tb_frame) in _CATCHING)
        while trace is not None:
            _empty(trace.tb_frame, caused)
            trace = trace.tb_next
        if type(at).__module__.partition(".")[0] in ("httpx", "httpcore", "h11"):
            at.args = tuple(_QUOTED.sub("", part) if isinstance(part, str) else part for part in at.args)
        if at.__context__ is not None:
            # The context may be an exception that the caller was handling, whose frames may belong to a suspended
            # coroutine. It is visited after all causes, because a cause is usually a context as well.
            pending.insert(0, (at.__context__, False))
        if at.__cause__ is not None:
            pending.append((at.__cause__, caused))


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _empty(frame: FrameType, caused: bool) -> None:
    if _package(frame) in _PACKAGES and (caused or not frame.f_code.co_flags & _SUSPENDABLE):
        with contextlib.suppress(RuntimeError):  # the frame is still being executed
            frame.clear()


def hides_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that takes secrets, so that its exceptions show them in no frame."""

    @wraps(function)
    def hiding(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            scrub(error)
            raise

    return hiding


_IN_USE: ContextVar[Blanker | None] = ContextVar("zoho_cliq_secrets", default=None)


def guard_logs(*secrets: Secret) -> None:
    """Blank these secrets in the log messages of the HTTP libraries, from now on in this task or thread."""
    _IN_USE.set(blanker(*secrets))


def _blank_record(record: logging.LogRecord) -> bool:
    guard = _IN_USE.get()
    if guard is not None:
        message = record.getMessage()
        blank = guard.text(message)
        if blank is not message:
            record.msg, record.args = blank, None
    return True


for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks"):
    logging.getLogger(_name).addFilter(_blank_record)


def masked(value: Any, mask: Callable[[str], str]) -> Any:
    """Return JSON-like data with `mask` applied to every text."""
    if isinstance(value, dict):
        return {name: masked(each, mask) for name, each in value.items()}
    if isinstance(value, list):
        return [masked(each, mask) for each in value]
    return mask(value) if isinstance(value, str) else value
