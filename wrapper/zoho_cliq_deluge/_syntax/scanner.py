"""Split a script into words (names, literals, signs) and comments, with their places."""

import itertools
import re
from typing import NamedTuple

from .. import tree
from .problems import Problems

_WORDS = re.compile(
    r"""
      (?P<newline>\n)
    | (?P<blank>[^\S\n]+|\ufeff)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<triple>\"\"\"(?:[^"\\]|\\.|\"(?!\"\"))*+\"\"\")
    | (?P<text>\"(?:[^"\\\n]|\\[^\n])*+\")
    | (?P<dotted>[0-9]+\.[0-9]+(?:\.[0-9]+)+)
    | (?P<exponent>[0-9]+\.[0-9]+[A-Za-z_][A-Za-z0-9_]*(?:(?<=[eE])[-+][0-9]+)?|[0-9]+[eE][-+][0-9]+(?![A-Za-z0-9_]))
    | (?P<decimal>[0-9]+\.[0-9]+(?![A-Za-z0-9_])|\.[0-9]+(?![A-Za-z0-9_])|[0-9]+\.(?![A-Za-z0-9_.]))
    | (?P<number>[0-9]+(?![A-Za-z0-9_]))
    | (?P<comment>//[^\n]*)
    | (?P<block>/\*)
    | (?P<single>'(?:[^'\\\n]|\\[^\n])*+')
    | (?P<markup><!--[^\n]*)
    | (?P<sign>===|!==|\?\?|\?\.|\?:|\*\*|=>|->|<>|=<|:=|==|!=|<=|>=|&&|\|\||\+\+|--|\+=|-=|\*=|/=|%=
          |[-+*/%<>=!&|?:;,.()\[\]{}])
    | (?P<badnumber>[0-9][A-Za-z0-9_]*(?:\.[0-9]+)*)
    | (?P<escaped>\\\"(?:[^"\\\n]|\\[^"\n])*+\\\")
    | (?P<curly>[\u00ab\u00bb](?:[^\u00ab\u00bb\n]*[\u00ab\u00bb])?
          |[\u201c\u201d\u201e\u201f](?:[^\u201c\u201d\u201e\u201f"\n]*[\u201c\u201d\u201e\u201f"])?
          |[\u2018\u2019\u201a\u201b](?:[^\u2018\u2019\u201a\u201b'\n]*[\u2018\u2019\u201a\u201b'])?)
    | (?P<backtick>`[^`]*`)
    | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
# A text over several lines: its first line does not end like code, and code follows its closing quote.
_OVER_LINES = re.compile(r'("[^"\n]*+(?<![;,(){}\[\]\s])[^\S\n]*\n[^"]*+")[^\S\n]*(?:[;,)+}\]]|$)', re.MULTILINE)

_CURLY = re.compile("[\u2018-\u201f]")
_CURLY_SINGLE = "\u2018\u2019\u201a\u201b"
# Characters that look like signs, or mean the same in print. Pasted text and some keyboards have them.
_LOOKALIKES = {
    **dict(
        zip("\uff1b\uff0c\uff1a\uff08\uff09\uff5b\uff5d\uff3b\uff3d\uff1d\uff0b\uff01", ";,:(){}[]=+!", strict=True)
    ),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    "\u00d7": "*",
    "\u00f7": "/",
    "\u2260": "!=",
    "\u2264": "<=",
    "\u2265": ">=",
}


class Word(NamedTuple):
    """A word of the script; `first` is true for the first word of a line."""

    kind: str
    text: str
    start: int
    line: int
    column: int
    first: bool


END = "end"


def scan(text: str, problems: Problems) -> tuple[list[Word], list[tree.Comment]]:
    """Return the words and the comments of a script; the last word has the kind `end`."""
    return _Scanner(text, problems).run()


class _Scanner:
    def __init__(self, text: str, problems: Problems) -> None:
        self.text = text
        self.problems = problems
        self.words: list[Word] = []
        self.comments: list[tree.Comment] = []
        self.line = 1
        self.line_start = 0
        self.first = True

    def run(self) -> tuple[list[Word], list[tree.Comment]]:
        text, words, match = self.text, self.words, _WORDS.match
        position, end = 0, len(self.text)
        while position < end:
            found = match(text, position)
            assert found is not None
            kind = found.lastgroup
            start, position = position, found.end()
            if kind == "blank":
                continue
            if kind == "newline":
                self.line += 1
                self.line_start = position
                self.first = True
            elif kind in _PLAIN:
                words.append(Word(kind, found.group(), start, self.line, start - self.line_start + 1, self.first))
                self.first = False
            else:
                position = getattr(self, f"_{kind}")(start, position)
        words.append(Word(END, "", end, self.line, end - self.line_start + 1, True))
        return words, self.comments

    def _add(self, kind: str, start: int, end: int) -> None:
        self.words.append(Word(kind, self.text[start:end], start, self.line, start - self.line_start + 1, self.first))
        self.first = False
        self._pass_lines(start, end)

    def _pass_lines(self, start: int, end: int) -> None:
        lines = self.text.count("\n", start, end)
        if lines:
            self.line += lines
            self.line_start = self.text.rindex("\n", start, end) + 1

    def _report(self, code: str, message: str, hint: str, start: int, end: int) -> None:
        self.problems.add(code, message, hint, start, end)

    def _comment(self, start: int, end: int) -> int:
        end = start + len(self.text[start:end].rstrip("\r"))
        column = start - self.line_start + 1
        span = tree.Span(self.line, column, self.line, column + end - start, start, end)
        self.comments.append(tree.Comment(self.text[start:end], span=span))
        return end

    def _block(self, start: int, end: int) -> int:
        closed = self.text.find("*/", end)
        if closed < 0:
            self.problems.has_unclosed_comment = True
            self._report("unclosed-comment", "the comment is not closed", "end it with `*/`", start, end)
            end = len(self.text)
        else:
            end = closed + 2
        line, column = self.line, start - self.line_start + 1
        self._pass_lines(start, end)
        span = tree.Span(line, column, self.line, end - self.line_start + 1, start, end)
        self.comments.append(tree.Comment(self.text[start:end], span=span))
        return end

    def _triple(self, start: int, end: int) -> int:
        self._report("triple-quotes", "a text has one quote on each side", 'write `"…"`', start, start + 3)
        self._add("text", start, end)
        return end

    def _curly(self, start: int, end: int) -> int:
        plain = "'" if self.text[start] in _CURLY_SINGLE else '"'
        self._report("curly-quotes", "the text stands in curly quotes", f"use {plain} on both sides", start, end)
        if end == start + 1:
            return self._unclosed(start, report=False)
        self._add("text", start, end)
        return end

    def _backtick(self, start: int, end: int) -> int:
        self._report("backticks", "Deluge has no text in backticks", 'write `"text " + value`', start, start + 1)
        self._add("text", start, end)
        return end

    def _escaped(self, start: int, end: int) -> int:
        self._report("escaped-quotes", "the quotes around a text have no `\\`", 'write `"…"`', start, end)
        self._add("text", start, end)
        return end

    def _markup(self, start: int, end: int) -> int:
        self._report("hash-comment", "`<!--` begins no comment", "begin it with `//`", start, start + 4)
        return end

    def _badnumber(self, start: int, end: int) -> int:
        self._report(
            "bad-number",
            f"`{_short(self.text[start:end])}` is no number",
            "write digits with at most one point",
            start,
            end,
        )
        self._add("number", start, end)
        return end

    _dotted = _exponent = _badnumber

    def _other(self, start: int, end: int) -> int:
        character = self.text[start]
        if character in "\"'":
            return self._unclosed(start)
        if character == "`":
            self._report("backticks", "Deluge has no text in backticks", 'write `"text " + value`', start, end)
            return self._unclosed(start, report=False)
        if character == "#" and (self.first or self.words[-1].text in {";", "{", "}"}):
            line_end = self.text.find("\n", start)
            line_end = len(self.text) if line_end < 0 else line_end
            self._report("hash-comment", "`#` begins no comment", "begin it with `//`", start, end)
            return line_end
        end = start + 1
        if character == "@" and self.first and self.text[end : end + 1].isalpha():
            while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
                end += 1
            self._report("annotation", "Deluge has no annotations", "remove it", start, end)
            return end
        if character.isalpha():
            while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
                end += 1
            self._report(
                "bad-name",
                f"the name contains `{character}`",
                "use only the letters A to Z, digits and `_`",
                start,
                end,
            )
            if not self._joins_name(start):
                self._add("name", start, end)
            return end
        if character in _LOOKALIKES:
            sign = _LOOKALIKES[character]
            self._report("bad-character", f"`{character}` is no sign of Deluge", f"write `{sign}`", start, end)
            self.words.append(Word("sign", sign, start, self.line, start - self.line_start + 1, self.first))
            self.first = False
            return end
        while end < len(self.text) and self.text[end] == character:
            end += 1
        shown = character if character.isprintable() else f"U+{ord(character):04X}"
        self._report("bad-character", f"`{shown}` has no meaning here", "remove it, or put it into a text", start, end)
        return end

    def _joins_name(self, start: int) -> bool:
        if not self.words:
            return False
        last = self.words[-1]
        return last.kind == "name" and last.start + len(last.text) == start

    def _unclosed(self, start: int, *, report: bool = True) -> int:
        line_end = self.text.find("\n", start)
        line_end = len(self.text) if line_end < 0 else line_end
        over_lines = _OVER_LINES.match(self.text, start) if report and self.text[start] == '"' else None
        if over_lines:
            end = over_lines.end(1)
            self._report(
                "text-over-lines", "the text goes on over several lines", "write `\\n` for a new line", start, line_end
            )
            self._add("text", start, end)
            return end
        if report and self._ends_quoted_text(start):
            self.problems.broken_lines.add(self.line)
            return start + 1
        if report and self._lacks_quote(start):
            self.problems.broken_lines.add(self.line)
            return self._text_end(start + 1, line_end)
        curly = _CURLY.search(self.text, start, line_end) if report else None
        if curly:
            self._report(
                "curly-quotes",
                "the text ends with a curly quote",
                f"end it with {self.text[start]}",
                curly.start(),
                curly.end(),
            )
            self._add("single" if self.text[start] == "'" else "text", start, curly.end())
            return curly.end()
        end = self._text_end(start + 1, line_end)
        if report:
            quote = self.text[start]
            self._report("unclosed-text", "the text is not closed on its line", f"end it with `{quote}`", start, end)
        self.problems.broken_lines.add(self.line)
        self._add("single" if self.text[start] == "'" else "text", start, end)
        return end

    def _text_end(self, start: int, line_end: int) -> int:
        """Return where a text ends whose quote is missing: before `);`, `};` or `;`, which most likely follow it."""
        rest = self.text[start:line_end].rstrip()
        return start + len(rest.removesuffix(";").rstrip(")]}"))

    def _ends_quoted_text(self, start: int) -> bool:
        """Report a quote within a text, or a missing one before it, as in `"5" tall"`. Return whether there is one.

        The quote at `start` has no second one. It ends a text if two values before it have no sign between them.
        """
        kind = "text" if self.text[start] == '"' else "single"
        behind = self._statement_start()
        for at, (word, following) in enumerate(itertools.pairwise(self.words[behind:]), behind):
            if word.kind == kind and following.kind in _VALUES and following.text not in _BETWEEN_VALUES:
                shown, hint = following, 'write `\\"` for the quote'
                if kind == "single":
                    hint = "put the text into double quotes"
                self._report(
                    "quote-in-text", "a quote within a text ends it", hint, shown.start, shown.start + len(shown.text)
                )
                del self.words[at + 1 :]
                return True
            if following.kind == kind and self._lacks_quote(following.start, at):
                del self.words[at + 1 :]
                return True
        return False

    def _statement_start(self) -> int:
        """Return the index of the first word of this statement on this line."""
        start = len(self.words)
        while start and self.words[start - 1].line == self.line and self.words[start - 1].text != ";":
            start -= 1
        return start

    def _lacks_quote(self, quote: int, at: int = -1) -> bool:
        """Report a missing quote before a word that ends where a quote stands. Return whether the word does."""
        word = self.words[at] if self.words else None
        if word is None or word.start + len(word.text) != quote or word.kind not in {"name", "number"}:
            return False
        first = self._statement_start()
        if word.text in _PREFIXES or at == first or len(self.words) - first < 2:
            return False  # `f"…"`, and a keyword before a text, as in `return"a"`
        message = f"`{_short(word.text)}` stands right before a quote"
        self._report("missing-quote", message, "add the quote that is missing before it", word.start, quote)
        return True


_PLAIN = frozenset({"name", "text", "single", "number", "decimal", "sign"})
_VALUES = frozenset({"name", "text", "single", "number", "decimal"})
_BETWEEN_VALUES = frozenset({"in", "and", "or", "is", "not"})
_PREFIXES = frozenset({"f", "r", "b"})


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"
