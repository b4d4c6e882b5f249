"""Parse scripts, and recover from syntax errors in order to report several of them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from lark import Lark, Token
from lark.lexer import Lexer as LarkLexer
from lark.parsers.lalr_analysis import Shift

from .. import tree
from .brackets import MAXIMUM_DEPTH, TooDeep
from .builder import Builder
from .lexer import Lexer
from .pieces import MAXIMUM_CHAIN, current_problems
from .problems import Problems, TooManyProblems
from .repair import without_consequences
from .syntax_errors import DelugeSyntaxError

__all__ = ["MAXIMUM_CHAIN", "MAXIMUM_DEPTH", "parse", "read"]

_LOOKAHEAD = 5
_STATEMENT_WORDS = frozenset(
    {"INFO", "RETURN", "THROW", "BREAK", "CONTINUE", "IF", "FOREACH", "FOREACHINDEX", "TRY", "TYPE", "FNAME", "FTYPE"}
)


def parse(text: str) -> tree.Script:
    """Parse a script.

    Args:
        text: A script, or a function with its header, as the editor shows it.

    Returns:
        The typed tree, with the comments.

    Raises:
        DelugeSyntaxError: The script does not follow the grammar; `.errors` holds one problem for each mistake.
    """
    return read(text)[0]


def read(text: str) -> tuple[tree.Script, list[Token]]:
    """Parse a script as `parse` does, and return its tree and its terminals."""
    problems = Problems(text)
    made = _attempt(problems)
    if made is None:
        raise DelugeSyntaxError([each.problem for each in without_consequences(problems, _attempt).found()])
    return made


def _attempt(problems: Problems) -> tuple[tree.Script, list[Token]] | None:
    """Return the tree and the terminals of a script, or None after adding its mistakes to the problems."""
    token = current_problems.set(problems)
    items: tuple[Any, ...] | None = None
    lexer = Lexer(problems.text, problems)
    tokens: list[Token] = []
    try:
        tokens = lexer.run()
        items = _Reader(tokens, problems).run()
    except (TooDeep, TooManyProblems):
        pass
    finally:
        current_problems.reset(token)
    if problems or items is None:
        return None
    last = tokens[-1]
    span = tree.Span(1, 1, last.end_line or 1, last.end_column or 1, 0, len(problems.text))
    return tree.Script(items, tuple(lexer.comments), span=span), tokens


class _NoLexer(LarkLexer):
    """A placeholder for lark's lexer, which is not used: the parser gets the terminals of `Lexer`."""

    def __init__(self, configuration: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        return iter(())


_Reduction: TypeAlias = tuple[Callable[[list[Any]], Any], int, str]


class _Table(NamedTuple):
    """The LALR tables that lark computes from the grammar, in a form that is fast to look up.

    `actions` maps state and terminal to the next state (a shift) or to a reduction: its callback, the number of values
    that it takes, and the name of its rule. `gotos` maps state and rule to the next state.
    """

    start: int
    end: int
    actions: dict[int, dict[str, int | _Reduction]]
    gotos: dict[int, dict[str, int]]


@cache
def _table() -> _Table:
    source = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    lark = Lark(source, parser="lalr", lexer=_NoLexer, start="script", maybe_placeholders=True, transformer=Builder())
    made = lark.parse_interactive().parser_state.parse_conf
    actions: dict[int, dict[str, int | _Reduction]] = {}
    gotos: dict[int, dict[str, int]] = {}
    for state, entries in made.states.items():
        actions[state], gotos[state] = {}, {}
        for symbol, (action, argument) in entries.items():
            if action is not Shift:
                actions[state][symbol] = (made.callbacks[argument], len(argument.expansion), argument.origin.name)
            elif symbol.isupper() or symbol == "$END":
                actions[state][symbol] = argument
            else:
                gotos[state][symbol] = argument
    return _Table(made.start_state, made.end_state, actions, gotos)


class _Reader:
    """Parses the terminals. Where the grammar refuses one, inserts or skips terminals in order to continue."""

    def __init__(self, tokens: list[Token], problems: Problems) -> None:
        self.tokens = tokens
        self.problems = problems
        self.table = _table()
        self.states = [self.table.start]
        self.values: list[Any] = []
        self.flagged = -1  # the index of the last terminal before which one was missing, or which could not stand
        self.begun: set[int] = set()  # terminals that begin a statement after an inserted `;` or a skipped statement

    def run(self) -> tuple[Any, ...] | None:
        """Return the items of the script, or None if it cannot be parsed to its end."""
        tokens = self.tokens
        at, refused, last = 0, -1, len(tokens) - 1
        while at < last:
            at = self._feed(tokens, at, last)
            if at < last:
                # Skip a terminal that is refused again after the recovery; otherwise the loop might not end.
                at, refused = (at + 1 if at == refused else self._recover(at)), at
        for _ in range(2):
            if self._feed(tokens, last, last + 1) > last:
                result: tuple[Any, ...] = self.values[-1]
                return result
            self._recover(last)
        return None

    def _feed(self, tokens: Sequence[Token], at: int, end: int) -> int:
        """Parse the terminals from `at` to before `end`; return the index of the first refused one, or `end`."""
        actions, gotos, accepted = self.table.actions, self.table.gotos, self.table.end
        states, values = self.states, self.values
        while at < end:
            token = tokens[at]
            kind = token.type
            action = actions[states[-1]].get(kind)
            while action.__class__ is tuple:
                callback, size, origin = action  # pyright: ignore[reportGeneralTypeIssues]
                if size:
                    made = values[-size:]
                    del values[-size:], states[-size:]
                else:
                    made = []
                values.append(callback(made))
                state = gotos[states[-1]][origin]
                states.append(state)
                if state == accepted and kind == "$END":
                    return end
                action = actions[state].get(kind)
            if action is None:
                return at
            states.append(action)  # type: ignore[arg-type]
            values.append(token)
            at += 1
        return end

    def _accepted(self, types: Sequence[str]) -> int:
        """Return how many of these terminals the parser would accept in its current state."""
        actions, gotos = self.table.actions, self.table.gotos
        states = list(self.states)
        for count, kind in enumerate(types):
            action = actions[states[-1]].get(kind)
            while isinstance(action, tuple):
                _, size, origin = action
                if size:
                    del states[-size:]
                states.append(gotos[states[-1]][origin])
                if kind == "$END" and states[-1] == self.table.end:
                    return count + 1
                action = actions[states[-1]].get(kind)
            if action is None:
                return count
            states.append(action)
        return len(types)

    def _recover(self, at: int) -> int:
        """Report the refused terminal, insert or skip terminals, and return the index at which to continue."""
        tokens = self.tokens
        token = tokens[at]
        following = [each.type for each in tokens[at : at + _LOOKAHEAD]]
        new_line = at == 0 or (token.line or 0) > (tokens[at - 1].end_line or 0) or token.type in {"RBLOCK", "$END"}
        if self._is_unknown_statement(at, new_line=new_line):
            before = tokens[at - 1]
            self.problems.add(
                "unknown-statement",
                f"no statement begins with {_shown(before)}",
                "write an assignment, a call, `info` or `return`",
                before.start_pos or 0,
                before.end_pos or 0,
            )
            return self._skip(at)
        if token.type == "$END" and self._is_reported_near_end() and not self._accepted(["SEMI"]):
            return self._skip(at)
        if new_line and token.type in _STATEMENT_WORDS and self._accepted(["SEMI", token.type]) > 1:
            self._insert(("SEMI",), at)
            return at
        best, chosen = 0, _NOTHING
        for inserted in _INSERTIONS_ON_NEW_LINE if new_line else _INSERTIONS:
            gain = self._accepted([*inserted, *following]) - len(inserted)
            if gain > best:
                best, chosen = gain, inserted
        dropped = self._accepted(following[1:]) if len(following) > 1 else 0
        if best and best >= min(dropped, 2):
            self._insert(chosen, at)
            return at
        if dropped > 1 and token.type not in {"LBLOCK", "RBLOCK"}:
            self._report_stray(at)
            return at + 1
        self._report_stray(at)
        return self._skip(at)

    def _is_unknown_statement(self, at: int, *, new_line: bool) -> bool:
        """Return whether the refused terminal is the second of two words that begin a statement on one line."""
        tokens = self.tokens
        if new_line or at == 0 or tokens[at].type not in {"NAME", "TEXT", "NUMBER"} or tokens[at - 1].type != "NAME":
            return False
        return at == 1 or tokens[at - 2].type in {"SEMI", "LBLOCK", "RBLOCK"} or at - 1 in self.begun

    def _insert(self, types: tuple[str, ...], at: int) -> None:
        token = self.tokens[at]
        before = self.tokens[at - 1] if at else token
        if types[0] not in {"OPERATOR", "COMMA", "NAME"} or not self._follows_mistake(at):
            self._report_missing(types, before, token)
        place = (before.end_pos, before.end_line, before.end_column, before.end_line, before.end_column, before.end_pos)
        if types[-1] == "SEMI":
            self.begun.add(at)
        inserted = [Token(kind, _INSERTED_TEXT[kind], *place) for kind in types]
        self._feed(inserted, 0, len(inserted))

    def _report_missing(self, types: tuple[str, ...], before: Token, token: Token) -> None:
        start, end = token.start_pos or 0, token.end_pos or 0
        if (start == end and token.type != "$END") or (
            types[0] == "SEMI"
            and (
                before.line in self.problems.broken_lines
                or (token.type == "$END" and self.problems.has_unclosed_comment)
            )
        ):
            return  # the lexer has already reported this mistake
        if types == ("COLON", "NAME"):
            return  # the incomplete `a ? b` is reported as a whole
        shown = _shown(token)
        match types[0]:
            case "SEMI":
                behind = before.end_pos or 0
                self.problems.add(
                    "missing-semicolon", "`;` is missing at the end of the statement", "add it", behind, behind
                )
            case "NAME":
                self.problems.add("missing-value", f"a value is missing before {shown}", "add it", start, end)
            case "IN":
                self.problems.add(
                    "missing-in", f"`in` is missing before {shown}", "write `for each x in list`", start, end
                )
            case "COLON":
                self.problems.add("missing-colon", f"`:` is missing before {shown}", "write `key:value`", start, end)
            case "COMMA":
                self.problems.add(
                    "missing-comma",
                    f"`,` is missing before {shown}",
                    "separate values by `,`, or join them by an operator",
                    start,
                    end,
                )
            case _:
                hint = "join texts with `+`"
                if before.type == "TEXT":
                    hint = 'join texts with `+`; a quote within a text is `\\"`'
                self.problems.add("missing-operator", f"an operator is missing before {shown}", hint, start, end)

    def _follows_mistake(self, at: int) -> bool:
        """Return whether the terminal before this one, or what stands between them, was reported already.

        In `5 as text` and `a$b` the second report would be about the same mistake.
        """
        flagged, self.flagged = self.flagged, at
        before, token = self.tokens[max(at - 1, 0)], self.tokens[at]
        return (flagged == at - 1 >= 0 and before.end_line == token.line) or self.problems.reported_between(
            before.end_pos or 0, token.start_pos or 0
        )

    def _report_stray(self, at: int) -> None:
        token = self.tokens[at]
        start, end = token.start_pos or 0, token.end_pos or 0
        if token.type == "COMMA" and self._follows_mistake(at):
            return
        if start == end and token.type != "$END":
            return  # the lexer has already reported this mistake
        if token.type == "$END":
            self.problems.add("unfinished", "the script ends within a statement", "complete the statement", start, end)
        elif token.type == "ASSIGN":
            self.problems.add(
                "stray-assignment",
                "`=` cannot stand here",
                "assign in a statement of its own, or compare with `==`",
                start,
                end,
            )
        elif token.type == "STEP":
            self.problems.add("step", f"Deluge has no {_shown(token)}", f"write `x {token[0]} 1`", start, end)
        elif token.type == "COMMA":
            self.problems.add("stray-comma", "only one value can stand here", "join texts with `+`", start, end)
        else:
            self.problems.add(
                "unexpected",
                f"{_shown(token)} cannot stand here",
                "remove it, or complete what stands before it",
                start,
                end,
            )

    def _is_reported_near_end(self) -> bool:
        """Return whether a mistake was found in the last statement."""
        behind = 0
        for token in reversed(self.tokens[:-1]):
            if token.type in {"SEMI", "RBLOCK"} and token.start_pos != token.end_pos:
                behind = token.end_pos or 0
                break
        return self.problems.reported_between(behind, len(self.problems.text) + 1)

    def _skip(self, at: int) -> int:
        """Skip the current statement: discard its parsed part and its remaining terminals. Return where to continue."""
        while not self._takes_statements(self.states[-1]):
            self.states.pop()
            self.values.pop()
        start, depth = at, self._open_brackets(at)
        while True:
            token = self.tokens[at]
            if token.type == "SEMI":
                return at + 1
            if token.type in {"$END", "RBLOCK"}:
                return at
            if token.type == "LBLOCK":
                self.problems.forgiven.add(token.start_pos or 0)
                return at
            before = self.tokens[at - 1]
            if at > start and (token.line or 0) > (before.end_line or 0):
                if token.type in _STATEMENT_WORDS:
                    return at
                if token.type == "NAME" and not depth and before.type in _VALUE_ENDS:
                    self.begun.add(at)
                    return at
            depth += _DEPTHS.get(token.type, 0)
            at += 1

    def _open_brackets(self, at: int) -> int:
        """Return how many brackets of the current statement are open before a terminal."""
        depth = 0
        while at and self.tokens[at - 1].type not in {"SEMI", "LBLOCK", "RBLOCK"} and at not in self.begun:
            at -= 1
            depth += _DEPTHS.get(self.tokens[at].type, 0)
        return depth

    def _takes_statements(self, state: int) -> bool:
        """Return whether a list of statements may continue or end in this state."""
        actions = self.table.actions[state]
        return "statement" in self.table.gotos[state] and ("RBLOCK" in actions or "$END" in actions)


_INSERTIONS: tuple[tuple[str, ...], ...] = (
    ("COMMA",),
    ("OPERATOR",),
    ("COLON",),
    ("IN",),
    ("NAME",),
    ("SEMI",),
    ("NAME", "SEMI"),
    ("NAME", "IN"),
    ("COLON", "NAME"),
)
_INSERTIONS_ON_NEW_LINE: tuple[tuple[str, ...], ...] = (
    ("SEMI",),
    ("COMMA",),
    ("NAME", "SEMI"),
    ("NAME",),
    ("COLON",),
    ("IN",),
    ("OPERATOR",),
    ("NAME", "IN"),
)
_NOTHING: tuple[str, ...] = ()
_DEPTHS = {
    **dict.fromkeys(("LPAR", "LLITERAL", "LLIST", "LTASK", "LINDEX"), 1),
    **dict.fromkeys(("RPAR", "RLITERAL", "RSQUARE"), -1),
}
_VALUE_ENDS = frozenset(
    {"NAME", "TEXT", "SINGLE", "NUMBER", "DECIMAL", "BOOLEAN", "NULL", "RPAR", "RLITERAL", "RSQUARE", "STEP"}
)
_INSERTED_TEXT = {"OPERATOR": "+", "COMMA": ",", "COLON": ":", "IN": "in", "NAME": "_", "SEMI": ";"}


def _shown(token: Token) -> str:
    if token.type == "$END":
        return "the end of the script"
    text = token if len(token) <= 24 else f"{token[:23]}…"
    return f"`{text}`"
