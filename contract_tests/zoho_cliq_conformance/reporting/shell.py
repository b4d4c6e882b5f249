"""Shell lines that repeat exchanges with curl, to be pasted into `sh` or `bash`.

Most of their content was chosen by a server or a recording, and so may be hostile. Each line contains printable
characters only, and everything that is not plain is quoted. So the shell runs nothing but `curl`, `printf`, `jq`,
`yes`, `head` and `tr`, and curl reads no file but its standard input.

Values that the server chose (ids, and tokens of listings) are captured into variables with jq, so that the lines work
on a server that chooses other values.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from ..secrets import SCHEMES, Secrets, Variable, is_secret
from ..trace import Exchange, shorten

LONGEST_INLINE = 2000  # characters of a body that is an argument of curl; a longer one goes through standard input
LONGEST_PART = 100_000
_PLAIN = re.compile(r"[A-Za-z0-9_./:~%?=&,@+ -]*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110; curl would take a header that begins with @ for a file
_LEFT_OUT = frozenset({"host", "content-length", "connection", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class Shell:
    """A piece of a word that the shell expands; it is put into double quotes."""

    text: str


Piece = str | Shell


def chain(exchanges: Iterable[Exchange], base_url: str, secrets: Secrets) -> list[str]:
    """Return the shell lines that repeat the exchanges: one for each, and one for each value that is captured.

    Args:
        exchanges: the exchanges, in order.
        base_url: the base URL of the server.
        secrets: the secrets to replace by variables.
    """
    lines: list[str] = []
    known: dict[str, str] = {}
    for exchange in exchanges:
        captured, before = _server_values(exchange, known), dict(known)
        known.update({value: variable for value, variable, _ in captured})
        line = _curl(exchange, base_url, secrets, before, show_head=not captured)
        if captured:
            lines.append(f"answer=$({line})")
            lines += [f"{variable}=$(printf %s \"$answer\" | jq -r '{path}')" for _, variable, path in captured]
        else:
            lines.append(line)
    return lines


def _server_values(exchange: Exchange, known: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return the values that the server chose, each with its variable and its path for jq.

    `known` maps the values of earlier exchanges to their variables.
    """
    shown = exchange.answer.json() if exchange.answer and exchange.answer.status < 300 else None
    if not isinstance(shown, dict):
        return []
    found: dict[str, tuple[str, str]] = {}
    data = shown.get("data")
    if exchange.method == "POST" and isinstance(data, dict) and isinstance(data.get("id"), str) and data["id"]:
        ids = sum(variable.startswith("ID") for variable in known.values())
        found[data["id"]] = (known.get(data["id"], f"ID{ids + 1}"), ".data.id")
    for key in ("next_token", "sync_token"):
        value = shown.get(key)
        if isinstance(value, str) and value and value not in known and value not in found:
            found[value] = (f"{key.split('_')[0].upper()}{len(known) + len(found) + 1}", f".{key}")
    return [(value, variable, path) for value, (variable, path) in found.items()]


def _curl(exchange: Exchange, base_url: str, secrets: Secrets, known: dict[str, str], *, show_head: bool) -> str:
    url = [base_url, *_target(exchange.target, secrets, known)]
    words = ["curl -sS"]
    if show_head:
        words.append("-i")
    literal = "".join(piece for piece in url if isinstance(piece, str))
    if any(isinstance(piece, Shell) for piece in url) or set(literal) & set("[]{}"):
        words.append("-g")
    if "/." in literal.partition("?")[0]:
        words.append("--path-as-is")
    words.append("--head" if exchange.method == "HEAD" else f"-X {quote(exchange.method)}")
    words.append(word(url))
    for name, value in exchange.headers:
        if _TOKEN.fullmatch(name) and name.lower() not in _LEFT_OUT:
            words.append(f"-H {word([f'{name}: ', *_value(name, value, secrets)])}")
    if exchange.body is None:
        return " ".join(words)
    if exchange.header("content-type") is None:
        words.append("-H Content-Type:")
    text = exchange.body.decode("utf-8", "surrogateescape")
    pieces = _pieces(text, secrets)
    if len(text) <= LONGEST_INLINE and text.isprintable():
        words.append(f"--data-raw {word(pieces)}")
        return " ".join(words)
    words.append("--data-binary @-")
    printed = [*_printed(pieces)]
    source = printed[0] if len(printed) == 1 and " | " not in printed[0] else f"{{ {'; '.join(printed)}; }}"
    return f"{source} | {' '.join(words)}"


def _target(target: str, secrets: Secrets, known: dict[str, str]) -> Iterator[Piece]:
    path, mark, query = target.partition("?")
    for number, segment in enumerate(path.split("/")):
        yield "/" if number else ""
        variable = known.get(unquote(segment))
        yield from [Shell(f"${variable}")] if variable else _pieces(segment, secrets)
    yield mark
    for number, part in enumerate(query.split("&") if query else ()):
        name, equals, value = part.partition("=")
        variable = known.get(unquote_plus(value)) if equals else None
        yield "&" if number else ""
        if variable:
            yield from (*_pieces(name, secrets), "=", Shell(f"$(jq -rn --arg t \"${variable}\" '$t|@uri')"))
        else:
            yield from _pieces(part, secrets)


def _value(name: str, value: str, secrets: Secrets) -> Iterator[Piece]:
    if not is_secret(name):
        yield from _pieces(value, secrets)
        return
    scheme, space, rest = value.partition(" ")
    if space and scheme.lower() in SCHEMES:
        yield f"{scheme} "
        value = rest
    pieces = secrets.split(value)
    whole = pieces[0] if len(pieces) == 1 else None
    fallback = "TOKEN" if "authorization" in name.lower() else "COOKIE" if "cookie" in name.lower() else "SECRET"
    if value:
        yield Shell(f"${whole.name if isinstance(whole, Variable) else fallback}")


def _pieces(text: str, secrets: Secrets) -> list[Piece]:
    return [piece if isinstance(piece, str) else Shell(f"${piece.name}") for piece in secrets.split(text)]


def word(pieces: Iterable[Piece]) -> str:
    """Return the pieces as one word of shell. Texts are quoted; pieces of type `Shell` are expanded by the shell."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    if not any(isinstance(piece, Shell) for piece in joined):
        return quote("".join(piece for piece in joined if isinstance(piece, str)))
    if all(isinstance(piece, Shell) or _PLAIN.fullmatch(piece) for piece in joined):
        return f'"{"".join(_inside(joined))}"'
    return "".join(f'"{piece.text}"' if isinstance(piece, Shell) else quote(piece) for piece in joined)


def _inside(pieces: Sequence[Piece]) -> Iterator[str]:
    """Yield the pieces as they are written within double quotes, with braces around a variable if a letter follows."""
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if isinstance(piece, str):
            yield piece
        elif isinstance(following, str) and re.match(r"\w", following) and piece.text[1:].isidentifier():
            yield f"${{{piece.text[1:]}}}"
        else:
            yield piece.text


def quote(text: str) -> str:
    """Return the text as one word of shell, on one line. A NUL, which an argument cannot contain, becomes U+FFFD."""
    whole = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace("\0", "\ufffd")
    return shlex.quote(whole) if whole.isprintable() else f'"$(printf {_format(whole)})"'


def _format(text: str) -> str:
    """Return a format with which the `printf` of any shell prints the text.

    It contains no exclamation mark, which the history expansion of a shell would replace.
    """
    parts = []
    for char in text:
        if char == "\n":
            parts.append("\\n")
        elif char in "%\\":
            parts.append(char * 2)
        elif char.isprintable() and char not in "'!" and not (char == "-" and not parts):
            parts.append(char)
        else:
            parts += [f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape")]
    return f"'{''.join(parts)}'"


def _printed(pieces: Iterable[Piece]) -> Iterator[str]:
    """Yield the commands that print the pieces."""
    for piece in pieces:
        if isinstance(piece, Shell):
            yield f'printf %s "{piece.text}"'
        else:
            yield from _printed_text(piece)


def _printed_text(text: str) -> Iterator[str]:
    rest = 0
    for run in re.finditer(r"(.{1,8}?)\1{199,}", text, re.DOTALL):
        unit = run[1]
        if not unit.isprintable() or unit.startswith("-"):
            continue
        if run.start() > rest:
            yield f"printf {_format(text[rest : run.start()])}"
        yield f"yes {shlex.quote(unit)} | head -n {len(run[0]) // len(unit)} | tr -d '\\n'"
        rest = run.end()
    if rest < len(text):
        yield f"printf {_format(shorten(text[rest:], LONGEST_PART))}"
