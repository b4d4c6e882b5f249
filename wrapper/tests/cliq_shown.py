"""Find a secret in an exception, in every form in which a server may repeat it."""

from __future__ import annotations

import base64
import html
import io
import json
import pickle
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from urllib.parse import unquote

LIBRARIES = ("zoho_cliq", "httpx", "httpcore", "h11", "anyio", "asyncio", "ssl", "socket", "json", "redis")


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception, its causes and contexts."""
    pending, seen = [error], set()
    while pending:
        at = pending.pop()
        if id(at) not in seen:
            seen.add(id(at))
            yield at
            pending += [other for other in (at.__cause__, at.__context__) if other is not None]


def local_variables(error: BaseException) -> str:
    """Return the variables of every frame of the libraries, as tools that report errors show them."""
    shown = []
    for at in chain(error):
        for frame, _ in traceback.walk_tb(at.__traceback__):
            if str(frame.f_globals.get("__name__")).partition(".")[0] in LIBRARIES:
                shown += [f"{name} = {_repr(value)}" for name, value in frame.f_locals.items()]
    return "\n".join(shown)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer of too many digits
        return type(value).__name__


def texts(error: BaseException) -> str:
    """Return what the exception, its causes and contexts say."""
    return "\n".join(f"{at!r} {at} {at.args!r} {vars(at)}" for at in chain(error))


def rendered(error: BaseException, tool: str) -> str:
    """Return the exception as tools show it, without the frames of the test itself, which may hold anything."""
    for at in chain(error):
        at.__traceback__ = _of_libraries(at.__traceback__)
    if tool == "rich":
        return _by_rich(error)
    stack = traceback.TracebackException.from_exception(error, capture_locals=True)
    pickled = pickle.dumps(error).decode("latin-1")
    return "\n".join(("".join(stack.format()), local_variables(error), texts(error), pickled))


def _by_rich(error: BaseException) -> str:
    from rich.console import Console
    from rich.traceback import Traceback

    drawn = io.StringIO()
    shown = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=5000, locals_max_length=500
    )
    Console(file=drawn, width=4000, color_system=None).print(shown)
    return drawn.getvalue()


def _of_libraries(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and "/tests/" in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    return trace


FORMS = {
    "as it is": lambda text: text,
    "upper case": str.upper,
    "lower case": str.lower,
    "escaped for JSON": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "escaped in capitals": lambda text: "".join(f"\\u{ord(letter):04X}" for letter in text),
    "escaped here and there": lambda text: "".join(
        f"\\u{ord(letter):04x}" if at % 3 == 1 else letter for at, letter in enumerate(text)
    ),
    "escaped twice": lambda text: "".join(f"\\\\u{ord(letter):04x}" for letter in text),
    "percent": lambda text: "".join(f"%{ord(letter):02X}" for letter in text),
    "percent twice": lambda text: "".join(f"%25{ord(letter):02x}" for letter in text),
    "HTML": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "HTML in hexadecimal": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of the header": lambda text: base64.b64encode(f"Bearer {text}".encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(f"x{text}yz".encode()).decode(),
    "base64 escaped": lambda text: base64.b64encode(f"xy{text}".encode()).decode().replace("/", "\\/"),
}


def reveals(content: str | bytes, secret: str) -> bool:
    """Return whether a careful reader finds the secret in the content."""
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    # Of base64, the letters that the first and last bytes take part in depend on what is beside the secret.
    encoded = [base64.b64encode(b"x" * before + secret.encode())[4:-4].decode() for before in range(3)]
    for _ in range(3):
        found = text.replace("\0", "")
        plain = found.replace("\\/", "/").replace("-", "+").replace("_", "/")
        if secret.lower() in found.lower() or any(form in plain for form in encoded):
            return True
        text = html.unescape(unquote(re.sub(r"\\+u00([0-9a-fA-F]{2})", lambda at: chr(int(at[1], 16)), text)))
    return False


def places(content: str, secret: str) -> list[str]:
    """Return the lines in which a careful reader finds the secret."""
    if not reveals(content, secret):
        return []
    return [line[:300] for line in content.splitlines() if reveals(line, secret)] or ["across lines"]


def as_json(**fields: str) -> bytes:
    """Return an object whose values are written as they are given, so that they may hold escapes."""
    return ("{" + ", ".join(f'{json.dumps(name)}: "{value}"' for name, value in fields.items()) + "}").encode()
