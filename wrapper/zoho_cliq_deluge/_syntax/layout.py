"""Format a script as the editor of Zoho does."""

import re
from bisect import bisect_left

from lark import Token

from .. import tree
from .parser import read

_SPACED_KEYS = frozenset({"url", "type", "from", "to", "subject", "message"})
_OPERANDS = frozenset(
    {"NAME", "TEXT", "SINGLE", "NUMBER", "DECIMAL", "BOOLEAN", "NULL", "RPAR", "RSQUARE", "RLITERAL", "SUFFIX"}
)
_SPACE_AFTER = frozenset({"INFO", "RETURN", "THROW", "IN", "TYPE", "FTYPE", "FOREIGN", "DELETE", "INSERT"})
_WORDS = {
    "FOREACH": "for each  ",
    "FOREACHINDEX": "for each index ",
    "ELSEIF": "else if",
    "TRY": "try ",
    "CATCH": "catch ",
}
_BLANK_START = re.compile(r"[^\S\n]*\n")


def format(text: str) -> str:  # noqa: A001
    """Format a script as the editor of Zoho does.

    Comments and the spelling of names and literals are kept. Formatting a second time changes nothing.

    Args:
        text: The script.

    Returns:
        The script, indented with tabs, with each statement and each brace on its own line.

    Raises:
        DelugeSyntaxError: The script does not follow the grammar.
    """
    text = text.replace("\r\n", "\n")
    script, tokens = read(text)
    result = _Writer(text, tokens, script.comments).run()
    return result if text.endswith("\n") else result.removesuffix("\n")


class _Writer:
    def __init__(self, text: str, tokens: list[Token], comments: tuple[tree.Comment, ...]) -> None:
        self.text = text
        self.tokens = tokens
        self.comments = comments
        self.lines: list[str] = []
        self.parts: list[str] = []  # of the current line
        self.depth = 0
        self.written = 0  # comments written so far
        self.offsets = [each.span.offset for each in comments]
        self.opening = _opening_comments(text, tokens, comments)
        self.flat: list[bool] = []  # for each open block: whether its statements are not indented

    def run(self) -> str:
        tokens = self.tokens
        at = 0
        if _BLANK_START.match(self.text):
            self.lines.append("")
        while tokens[at].type != "$END":
            at = self._statement(at)
        self._comments_before(tokens[at].start_pos or 0)
        return "".join(f"{line}\n" for line in self.lines)

    # Lines

    def _end_line(self) -> None:
        if self.parts:
            self.lines.append("\t" * self.depth + "".join(self.parts))
            self.parts = []

    def _line(self, text: str) -> None:
        self._end_line()
        self.lines.append("\t" * self.depth + text)

    def _comments_before(self, offset: int) -> None:
        while self.written < len(self.comments) and self.offsets[self.written] < offset:
            self._line(self.comments[self.written].text)
            self.written += 1
            if self.written == self.opening:
                self.lines.append("")

    # Statements

    def _statement(self, at: int) -> int:
        """Write the statement or brace that begins at a token's index; return the index after it."""
        tokens = self.tokens
        token = tokens[at]
        self._comments_before(token.start_pos or 0)
        if token.type == "LBLOCK":
            flat = self._is_flat(at)
            self._line("{")
            self.flat.append(flat)
            self.depth += not flat
            return at + 1
        if token.type == "RBLOCK":
            self._end_line()
            self.depth -= not self.flat.pop()
            self._line("}")
            return at + 1
        end = self._end(at)
        task = next((each for each in range(at, end) if tokens[each].type == "LTASK"), None)
        self._comments_before(tokens[end - 1 if task is None else task].start_pos or 0)
        if task is None:
            self._inline(at, end)
        else:
            self._inline(at, task)
            self._task(task, end)
        self._end_line()
        return end

    def _end(self, at: int) -> int:
        """Return the index after the last token of a statement, or of a block's header."""
        tokens = self.tokens
        while tokens[at].type not in {"SEMI", "LBLOCK", "RBLOCK", "$END"}:
            at += 1
        return at + 1 if tokens[at].type == "SEMI" else at

    def _is_flat(self, at: int) -> bool:
        """Return whether this is a function's block whose statements are not indented in the source, as in Zoho CRM."""
        if self.flat or at == 0:
            return False
        position = at - 1
        while position > 0 and self.tokens[position].type not in {
            "FNAME",
            "SEMI",
            "RBLOCK",
            "IF",
            "ELSEIF",
            "FOREACH",
            "TRY",
        }:
            position -= 1
        if self.tokens[position].type != "FNAME":
            return False
        following = self.tokens[at + 1]
        first = bisect_left(self.offsets, self.tokens[at].end_pos or 0)
        column, line = following.column, following.line
        if first < len(self.comments) and self.comments[first].span.offset < (following.start_pos or 0):
            column, line = self.comments[first].column, self.comments[first].line
        return following.type != "RBLOCK" and column == 1 and (line or 0) > (self.tokens[at].line or 0)

    def _task(self, at: int, end: int) -> None:
        """Write the brackets of a task, with each entry on its own line."""
        tokens = self.tokens
        self._line("[")
        self.depth += 1
        depth, start = 0, at + 1
        position = start
        while True:
            kind = tokens[position].type
            if depth == 0 and (kind == "RSQUARE" or (kind == "KEY" and position > start)):
                if position > start:
                    self._comments_before(tokens[position - 1].start_pos or 0)
                    self._inline(start, position)
                    self._end_line()
                start = position
                if kind == "RSQUARE":
                    break
            depth += kind in {"LPAR", "LLITERAL", "LLIST", "LINDEX"}
            depth -= kind in {"RPAR", "RLITERAL", "RSQUARE"}
            position += 1
        self._comments_before(tokens[position].start_pos or 0)
        self.depth -= 1
        self.parts = ["]"]
        self._inline(position + 1, end)

    def _inline(self, start: int, end: int) -> None:
        """Write tokens on the current line."""
        tokens, parts = self.tokens, self.parts
        previous = ""
        header = tokens[start].type in {"FTYPE", "FNAME"}
        for position in range(start, end):
            token = tokens[position]
            kind = token.type
            if kind in {"OPERATOR", "AUGMENTED"} or (kind == "SIGN" and previous in _OPERANDS):
                parts.append(f" {token} ")
            elif kind == "ASSIGN":
                is_field = previous == "KEY" or (position > start + 1 and tokens[position - 2].type == "DOT")
                parts.append("=" if is_field else " = ")
            elif kind == "COMMA" and header and tokens[position + 1].start_pos != token.end_pos:
                parts.append(", ")
            elif kind == "KEYCOLON":
                parts.append(" :" if str(tokens[position - 1]) in _SPACED_KEYS else ":")
            elif kind in _WORDS:
                parts.append(_WORDS[kind])
            elif kind == "IN":
                parts.append(" in ")
            elif kind == "SUFFIX" or (kind == "NAME" and previous == "NAME"):
                parts.append(f" {_one_line(token)}")
            elif kind == "SEMI" and previous in _SPACE_AFTER:
                parts[-1] = parts[-1].rstrip()
                parts.append(";")
            elif kind in {"KEY", "CANCEL"} or (kind in _SPACE_AFTER and kind != "IN"):
                parts.append(_one_line(token) + (" " if kind in _SPACE_AFTER else ""))
            elif kind == "FNAME":
                parts.append("".join(token.split()))
            else:
                glued = (previous == "SIGN" and token[0] in "+-" and parts[-1] == token[0]) or (
                    kind == "DOT" and previous == "DECIMAL" and tokens[position - 1].endswith(".")
                )
                parts.append(f" {token}" if glued else token)
            previous = kind


def _one_line(token: str) -> str:
    return " ".join(token.split())


def _opening_comments(text: str, tokens: list[Token], comments: tuple[tree.Comment, ...]) -> int:
    """Return how many comments precede the script and are separated from it by an empty line; 0 if they are not."""
    start = tokens[0].start_pos or 0
    count = 0
    while count < len(comments) and comments[count].span.offset < start:
        count += 1
    if count == 0 or tokens[0].type == "$END":
        return 0
    last = comments[count - 1].span
    return count if (tokens[0].line or 0) - last.end_line > 1 else 0
