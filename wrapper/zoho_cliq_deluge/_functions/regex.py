"""Java's regular expressions, translated for the package ``regex``, which supports a timeout for searches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NoReturn

import regex

from .._values.budget import text_size
from .._values.context import Context
from ..failures import Failure

__all__ = ["matches_whole", "replace"]

_LONGEST_PATTERN = 10_000
_LARGEST_PATTERN = 20_000
_DEEPEST_PATTERN = 50
_SECONDS = 0.3
_PLAIN = re.compile(r"[^\\^$.|?*+()\[\]{}]*")
_QUANTIFIER = re.compile(r"\{(\d{1,6})(,(\d{1,6})?)?\}", re.ASCII)
_GROUP_START = re.compile(r"\?(?:[:=!>]|<[=!]|<[A-Za-z][A-Za-z0-9]*>|(?P<flags>[idmsux]*(?:-[idmsux]+)?)(?P<end>[:)]))")
_CLASSES = {
    "d": "0-9",
    "w": "A-Za-z0-9_",
    "s": r"\t\n\x0b\f\r\x20",
    "h": r"\t\x20\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0b\f\r\x85\u2028\u2029",
}
_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Alnum": "A-Za-z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": r"\x20-~",
    "Blank": r"\x20\t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9A-Fa-f",
    "Space": r"\t\n\x0b\f\r\x20",
}
_SAME = frozenset("bBAGRXnrtfaD")
_PROPERTY = re.compile(r"\{\^?(?:Is|java|In)?(?:[A-Za-z_]+=)?[A-Za-z_]{1,40}\}|[A-Z]")


class _Translator:
    """Translates a Java pattern for ``regex``, and estimates its size with all repetitions expanded."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._parts: list[str] = []
        self._sizes: list[int] = [0]
        self._names: set[str] = set()
        self._last = 0

    def translate(self) -> str:
        """Return the translated pattern.

        Raises:
            Failure: if the pattern is invalid, too large, or uses syntax that Java does not have.
        """
        while self._at < len(self._pattern):
            character = self._pattern[self._at]
            if character == "\\":
                self._atom(self._escape(in_class=False))
            elif character == "[":
                self._atom(self._character_class())
            elif character == "(":
                self._open()
            elif character == ")":
                self._close()
            elif character == "{" or character in "*+?":
                self._quantifier(character)
            else:
                self._at += 1
                self._atom(character)
        return "".join(self._parts)

    def _wrong(self, why: str) -> NoReturn:
        raise Failure(f"the regular expression is wrong near position {self._at}: {why}")

    def _atom(self, translated: str) -> None:
        self._parts.append(translated)
        self._add(1)

    def _add(self, size: int) -> None:
        self._last = size
        self._sizes[-1] += size
        if self._sizes[-1] > _LARGEST_PATTERN:
            self._wrong("its repetitions are too large")

    def _open(self) -> None:
        self._at += 1
        self._parts.append("(")
        if self._pattern.startswith("?", self._at):
            start = _GROUP_START.match(self._pattern, self._at)
            if start is None:
                self._wrong("a group cannot begin like this in Java")
            self._at = start.end()
            flags = (start["flags"] or "").replace("d", "").replace("u", "")
            if start["end"] is not None:
                self._parts.append(f"?{flags.removesuffix('-')}{start['end']}" if flags.strip("-") else "?:")
                if start["end"] == ")":
                    if not flags.strip("-"):
                        self._parts.append(")")
                    return
            else:
                if start[0] in self._names:
                    self._wrong("two groups have the same name")
                if start[0][2:3].isalpha():
                    self._names.add(start[0])
                self._parts.append(start[0])
        self._sizes.append(0)
        if len(self._sizes) > _DEEPEST_PATTERN:
            self._wrong("its groups are nested too deeply")

    def _close(self) -> None:
        if len(self._sizes) == 1:
            self._wrong("a ) without its (")
        self._at += 1
        self._parts.append(")")
        size = self._sizes.pop()
        self._add(size + 1)

    def _quantifier(self, character: str) -> None:
        if character == "{":
            found = _QUANTIFIER.match(self._pattern, self._at)
            if found is None:
                self._wrong("a { must be written \\{ where it is no repetition")
            least, most = int(found[1]), int(found[3] or found[1])
            if self._last == 0:
                self._wrong("there is nothing to repeat")
            if most < least:
                self._wrong("a repetition ends before it begins")
            size = self._last * (max(most, 1) - 1)
            self._at = found.end()
            self._parts.append(found[0])
            last = self._last
            self._add(size)
            self._last = last + size
        else:
            self._at += 1
            self._parts.append(character)

    def _escape(self, in_class: bool) -> str:
        """Return the translation of an escape that begins with a backslash, and move after it."""
        if self._at + 1 >= len(self._pattern):
            self._wrong("a \\ at the end")
        letter = self._pattern[self._at + 1]
        self._at += 2
        if letter == "Q":
            end = self._pattern.find("\\E", self._at)
            quoted = self._pattern[self._at :] if end == -1 else self._pattern[self._at : end]
            self._at += len(quoted) + (2 if end != -1 else 0)
            self._add(len(quoted))
            if in_class:
                return regex.escape(quoted)
            # A quantifier that follows applies to the last character only.
            return f"(?:{regex.escape(quoted[:-1])}){regex.escape(quoted[-1:])}"
        if letter in "pP":
            return self._property(letter, in_class)
        if letter.lower() in _CLASSES:
            members = _CLASSES[letter.lower()]
            if letter.isupper():
                return f"[^{members}]"
            return members if in_class else f"[{members}]"
        if letter == "k":
            name = re.compile(r"<([A-Za-z][A-Za-z0-9]*)>").match(self._pattern, self._at)
            if name is None:
                self._wrong("\\k needs the name of a group")
            self._at = name.end()
            return f"(?P={name[1]})"
        if letter in "uxc0":
            return self._code(letter)
        if letter == "z":
            return r"\Z"
        if letter == "Z":
            return r"(?=\n?\Z)"
        if letter == "e":
            return r"\x1b"
        if letter.isalpha() and (letter not in _SAME or (in_class and letter not in "nrtfa")):
            self._wrong(f"\\{letter} means nothing in Java")
        return f"\\{letter}"

    def _code(self, letter: str) -> str:
        forms = {
            "u": r"([0-9A-Fa-f]{4})",
            "x": r"([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\}",
            "c": r"([@-_])",
            "0": r"([0-3]?[0-7]{1,2})",
        }
        found = re.compile(forms[letter]).match(self._pattern, self._at)
        if found is None:
            self._wrong(f"\\{letter} needs the code of a character")
        self._at = found.end()
        digits = next(group for group in found.groups() if group is not None)
        code = ord(digits) ^ 64 if letter == "c" else int(digits, 8 if letter == "0" else 16)
        if code > 0x10FFFF:
            self._wrong("there is no such character")
        return f"\\U{code:08x}"

    def _property(self, letter: str, in_class: bool) -> str:
        found = _PROPERTY.match(self._pattern, self._at)
        if found is None:
            self._wrong(f"\\{letter} needs the name of a property")
        self._at = found.end()
        name = found[0].strip("{}")
        members = _POSIX.get(name)
        if members is not None:
            if letter == "P":
                return f"[^{members}]"
            return members if in_class else f"[{members}]"
        for prefix in ("Is", "java"):  # "In" means a block in the package regex as well
            name = name.removeprefix(prefix)
        return f"\\{letter}{{{name}}}"

    def _character_class(self) -> str:
        """Return the translation of ``[…]`` with its nested classes, and move after it."""
        parts: list[str] = []
        depth = 0
        while True:
            if self._at >= len(self._pattern):
                self._wrong("a [ without its ]")
            character = self._pattern[self._at]
            if character == "[":
                depth += 1
                if depth > _DEEPEST_PATTERN:
                    self._wrong("its classes are nested too deeply")
                self._at += 1
                parts.append("[")
                if self._pattern.startswith("^", self._at):
                    parts.append("^")
                    self._at += 1
                if self._pattern.startswith("]", self._at):
                    parts.append(r"\]")
                    self._at += 1
            elif character == "]":
                depth -= 1
                self._at += 1
                parts.append("]")
                if depth == 0:
                    return "".join(parts)
            elif character == "\\":
                parts.append(self._escape(in_class=True))
            elif self._pattern.startswith("&&", self._at):
                self._at += 2
                parts.append("&&")
            else:
                self._at += 1
                last = parts[-1]
                # In a class, |, ~, & and -- are operators in the package regex, but not in Java.
                special = character in "|~&" or character == last == "-"
                parts.append(f"\\{character}" if special else character)


@lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool) -> regex.Pattern[str]:
    if len(pattern) > _LONGEST_PATTERN:
        raise Failure(f"the regular expression has more than {_LONGEST_PATTERN:,} characters")
    translated = _Translator(pattern).translate()
    flags = regex.V1 | (regex.IGNORECASE if ignore_case else 0)
    try:
        return regex.compile(f"(?-f){translated}" if ignore_case else translated, flags, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError, ValueError) as problem:
        why = str(problem) if isinstance(problem, regex.error) else "it is too large"
        raise Failure(f"the regular expression is wrong: {why}") from None


def _expired() -> Failure:
    return Failure("the regular expression takes too long on this text")


def matches_whole(context: Context, pattern: str, text: str) -> bool:
    """Return whether a whole text matches a Java pattern.

    Raises:
        Failure: if the pattern is invalid, or the search takes too long.
    """
    compiled = _compiled(pattern, False)
    try:
        found = compiled.fullmatch(text, timeout=context.budget.seconds_left(_SECONDS)) is not None
    except (TimeoutError, MemoryError):
        raise _expired() from None
    context.budget.look_at_clock()
    return found


def replace(context: Context, text: str, pattern: str, replacement: str, *, ignore_case: bool, all: bool) -> str:  # noqa: A002
    """Return a text in which the matches of a Java pattern are replaced.

    Args:
        context: The context of the run.
        text: The text to search.
        pattern: The pattern to search for.
        replacement: The replacement. ``$1`` and ``${name}`` are replaced by groups; ``\\`` escapes a character.
        ignore_case: Whether to ignore case.
        all: Whether to replace all matches or only the first one.

    Raises:
        Failure: if the pattern or the replacement is invalid, or the search takes too long.
    """
    if not ignore_case and _PLAIN.fullmatch(pattern) and pattern and not set(replacement) & {"$", "\\"}:
        return replace_literally(context, text, pattern, replacement, all=all)
    compiled = _compiled(pattern, ignore_case)
    template = list(_template(replacement, compiled))
    parts: list[str] = []
    end = 0
    try:
        for found in compiled.finditer(text, timeout=context.budget.seconds_left(_SECONDS)):
            parts.append(text[end : found.start()])
            written = "".join(part if isinstance(part, str) else found[part] or "" for part in template)
            context.budget.charge(text_size(len(written), written) + 60)
            parts.append(written)
            end = found.end()
            if not all:
                break
    except (TimeoutError, MemoryError):
        raise _expired() from None
    parts.append(text[end:])
    context.budget.look_at_clock()
    return "".join(parts)


def replace_literally(context: Context, text: str, search: str, replacement: str, *, all: bool) -> str:  # noqa: A002
    """Return a text in which the literal text ``search`` is replaced: all occurrences, or only the first."""
    count = text.count(search) if all else 1
    context.budget.charge(text_size(len(text) + max(0, count * (len(replacement) - len(search))), text, replacement))
    return text.replace(search, replacement, -1 if all else 1)


def _template(replacement: str, compiled: regex.Pattern[str]) -> Iterator[str | int]:
    position = 0
    while position < len(replacement):
        character = replacement[position]
        position += 1
        if character == "\\" and position < len(replacement):
            yield replacement[position]
            position += 1
        elif character == "$" and replacement[position : position + 1].isdecimal():
            number = int(replacement[position])
            position += 1
            if number > compiled.groups:
                raise Failure(f"the regular expression has no group {number}")
            while replacement[position : position + 1].isdecimal():
                longer = number * 10 + int(replacement[position])
                if longer > compiled.groups:
                    break
                number = longer
                position += 1
            yield number
        elif character == "$" and replacement.startswith("{", position) and "}" in replacement[position:]:
            end = replacement.index("}", position)
            name = replacement[position + 1 : end]
            if name not in compiled.groupindex:
                raise Failure(f'the regular expression has no group "{name[:40]}"')
            yield compiled.groupindex[name]
            position = end + 1
        else:
            yield character
