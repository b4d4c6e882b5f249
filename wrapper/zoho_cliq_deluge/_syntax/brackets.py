"""The part of the lexer that tracks brackets. It inserts missing ones, so that the parser gets balanced brackets."""

from lark import Token

from .. import tree
from .problems import Problems
from .scanner import Word

MAXIMUM_DEPTH = 100
"""How deeply brackets, blocks and leading signs may be nested."""
TASKS = frozenset(
    {"invokeurl", "invokeapi", "sendmail", "sendsms", "pushnotification", "sftp", "ftp", "webhook", "soap"}
)
_OPERANDS = frozenset(
    {"NAME", "TEXT", "SINGLE", "NUMBER", "DECIMAL", "BOOLEAN", "NULL", "RPAR", "RSQUARE", "RLITERAL", "SUFFIX"}
)
STATEMENT_STARTS = frozenset({"", "SEMI", "LBLOCK", "RBLOCK", "ELSE", "TRY", "FINALLY", "BODY", "RCONDITION"})
_LITERAL_BEFORE = frozenset(
    "KEYCOLON ASSIGN AUGMENTED OPERATOR SIGN NOT LPAR COMMA COLON LLIST LINDEX LLITERAL RETURN "
    "INFO THROW IN QUESTION".split()
)
_KEY_BEFORE = frozenset({"LLITERAL", "COMMA", "LPAR"})
TYPES = frozenset(
    "void bool boolean collection date datetime decimal file float int integer key-value list long map number string "
    "text time timestamp".split()
)
KEYWORDS = {
    "info": "INFO",
    "return": "RETURN",
    "break": "BREAK",
    "continue": "CONTINUE",
    "throw": "THROW",
    "try": "TRY",
    "else": "ELSE",
    "if": "IF",
    "for": "FOR",
    "catch": "CATCH",
}
_HEADERS = frozenset({"IF", "ELSEIF", "ELSE", "FOREACH", "FOREACHINDEX", "TRY", "CATCH"})
_HEADERS_END = frozenset({"LBLOCK", "SEMI", "BODY"})
_TASK_KEYS = frozenset({"url", "type", "headers", "parameters", "body", "files", "connection", "detailed", "response"})
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_ALONE = frozenset({"BREAK", "CONTINUE", "RETURN"})
_PREFIXES = frozenset({"SIGN", "NOT"})
_CONTAINERS = frozenset({"map", "list", "collection"})


class Bracket:
    __slots__ = ("column", "depth", "first", "has_keys", "kind", "role", "stands_alone", "word")

    def __init__(self, kind: str, role: str, word: Word, depth: int, first: int = 0) -> None:
        self.kind = kind  # "(", "task", "index", "list", "literal" or "block"
        self.role = role  # "condition", "call", "catch", "dropped", … for round brackets
        self.word = word
        self.depth = depth
        self.first = first  # the index of the word after the bracket
        self.has_keys: bool | None = None  # whether its content has keys; None until it is needed
        self.stands_alone = False  # for a task whose result is not kept: it needs no `;`
        self.column = -1  # for a block without braces: where its header begins; 0 if its statements are not indented


class TooDeep(Exception):
    """Raised when brackets are nested more than `MAXIMUM_DEPTH` deep, too deep for recursion over the tree."""


class Brackets:
    """The lexer's state: its position in the script, the tokens made so far, and the open brackets."""

    def __init__(self, text: str, problems: Problems) -> None:
        self.text = text
        self.problems = problems
        self.comments: list[tree.Comment] = []
        self.tokens: list[Token] = []
        self.words: list[Word] = []
        self.at = 0
        self.stack: list[Bracket] = []
        self.previous = ""  # type of the last token; RCONDITION for the bracket that ends a condition
        self.signs = 0  # consecutive signs and `!` before an operand
        self.awaits_in = False
        self.loop_reported = False
        self.block_role = ""  # "if" or "try" if the next block belongs to one
        self.header = False  # inside the header of `if`, `for each` …, before its block
        self.in_condition = False  # inside the header of `if` or `else if`
        self.role = ""  # what the next round bracket is for
        self.suspect: Word | None = None  # the `{` of a block whose `}` is indented too little
        self.indents: dict[int, int] = {}
        self.braceless = 0  # open blocks without braces
        self.closed = -1  # how many tokens there were when the last one was closed

    @property
    def _operand(self) -> bool:
        return self.previous in _OPERANDS or self.previous == "RCONDITION"

    def _next(self, ahead: int = 0) -> Word:
        return self.words[min(self.at + ahead, len(self.words) - 1)]

    def _inside(self) -> str:
        return self.stack[-1].kind if self.stack else "block"

    def _starts_statement(self, word: Word) -> bool:
        if self._inside() != "block":
            return False
        return self.previous in STATEMENT_STARTS or (word.first and self._operand)

    def _emit(self, kind: str, word: Word, value: str | None = None) -> None:
        text = word.text
        end = word.start + len(text)
        if "\n" in text:
            end_line, end_column = self.problems.place(end)
        else:
            end_line, end_column = word.line, word.column + len(text)
        self.tokens.append(
            Token(kind, text if value is None else value, word.start, word.line, word.column, end_line, end_column, end)
        )
        self.previous = kind
        if kind in _HEADERS:
            self.header = True
            self.in_condition = kind in {"IF", "ELSEIF"}
        elif kind in _HEADERS_END:
            self.header = False
        if kind in _PREFIXES:
            self.signs += 1
            if (self.stack[-1].depth if self.stack else 0) + self.signs > MAXIMUM_DEPTH:
                self._too_deep(word)
        else:
            self.signs = 0

    def _emit_words(self, kind: str, first: Word) -> None:
        """Emit the words from `first` up to the next one as a single token. Its value has no comments between them."""
        start = self.at - 1
        while self.words[start].start > first.start:
            start -= 1
        parts: list[str] = []
        end = first.start
        for word in self.words[start : self.at]:
            parts.append(word.text if word.start == end else f" {word.text}")
            end = word.start + len(word.text)
        self._emit(kind, first._replace(text=self.text[first.start : end]), "".join(parts))

    def _emit_here(self, kind: str, value: str) -> None:
        """Emit a token that is missing in the script, directly after the last one."""
        last = self.tokens[-1]
        place = (last.end_pos, last.end_line, last.end_column, last.end_line, last.end_column, last.end_pos)
        self.tokens.append(Token(kind, value, *place))
        self.previous = kind
        if kind in _HEADERS_END:
            self.header = False

    def _report(self, code: str, message: str, hint: str, word: Word, last: Word | None = None) -> None:
        last = last or word
        self.problems.add(code, message, hint, word.start, last.start + len(last.text))

    def _too_deep(self, word: Word) -> None:
        self._report(
            "too-deep",
            f"brackets and blocks are nested deeper than {MAXIMUM_DEPTH} levels",
            "split the statement, or move a part into a variable",
            word,
        )
        raise TooDeep

    def _open(self, kind: str, terminal: str, word: Word, role: str = "") -> None:
        depth = (self.stack[-1].depth if self.stack else 0) + 1 + self.signs
        if terminal:
            self._emit(terminal, word)
        if depth > MAXIMUM_DEPTH:
            self._too_deep(word)
        self.stack.append(Bracket(kind, role, word, depth, self.at))

    def _open_round(self, word: Word) -> None:
        if self._opens_task(word):
            return
        role, self.role = self.role or "call", ""
        self._open("(", {"dropped": "", "catch": "LCATCH"}.get(role, "LPAR"), word, role)

    def _open_square(self, word: Word) -> None:
        if not self._operand:
            self._open("list", "LLIST", word)
            return
        if self._next().text == "]" and self.previous == "NAME" and not self._is_task_ahead():
            self._empty_square(word)
            return
        if self.previous == "NAME" and self._is_task_ahead():
            before = [each.type for each in self.tokens[-3:-1]]
            inserts = before[-1:] == ["INSERT"]
            if inserts:
                before = before[:-1]
            stands_alone = not before or before[-1] in STATEMENT_STARTS or self._lacks_semicolon_before()
            self._open("task", "LTASK", word, "insert" if inserts else "task")
            self.stack[-1].stands_alone = stands_alone
        else:
            self._open("index", "LINDEX", word)

    def _empty_square(self, word: Word) -> None:
        """Report the brackets in `String[] x` and in `Map[]`, and skip them; skip the type before a variable."""
        closing = self._next()
        self.at += 1
        if self._next().kind == "name" and not self._next().first:
            self._report("declaration", "a variable has no type", "assign to the name alone", word, closing)
            self.tokens.pop()
            self.previous = self.tokens[-1].type if self.tokens else ""
            return
        self._report("index", "an element is not read with brackets", "write `.get(index)`", word, closing)

    def _lacks_semicolon_before(self) -> bool:
        """Return whether the last token begins a line, and the previous line ends like a statement without its `;`."""
        before, token = self.tokens[-2:]
        return before.type in _OPERANDS and (token.line or 0) > (before.end_line or 0)

    def _is_key_here(self) -> bool:
        """Return whether a name before `:` is a key here: whether the enclosing brackets hold `key : value` entries."""
        if not self.stack or self.previous not in _KEY_BEFORE:
            return False
        bracket = self.stack[-1]
        if bracket.has_keys is None:
            bracket.has_keys = self._has_keys(bracket)
        return bracket.has_keys

    def _has_keys(self, bracket: Bracket) -> bool:
        depth = 0
        for at in range(bracket.first, len(self.words)):
            word = self.words[at]
            if word.kind != "sign":
                continue
            if word.text in _CLOSERS:
                depth += 1
            elif word.text in _CLOSERS.values():
                depth -= 1
            elif depth == 0 and word.text == ":" and not self._is_typed_list(at - 1):
                return True
            if depth < 0 or word.text == ";":
                return False
        return False

    def _is_typed_list(self, at: int) -> bool:
        """Return whether a typed list such as `List:String(` begins at a word's index."""
        name, colon, element, opening = (self.words[min(at + ahead, len(self.words) - 1)] for ahead in range(4))
        return (
            name.text in {"List", "list"}
            and colon.text == ":"
            and element.text.lower() in TYPES
            and opening.text == "("
        )

    def _is_task_ahead(self) -> bool:
        following = self._next()
        if following.text == "]":
            return self.tokens[-1].lower() in TASKS
        if following.kind != "name":
            return False
        return self._key_ahead(0) > 0 or self._next(1).text == "=" or self.tokens[-1].lower() in TASKS

    def _key_ahead(self, offset: int) -> int:
        """Return how many words, from `offset` on, form a key that is followed by `:`; 0 if there is no key."""
        count = 1
        while count < 6:
            text = self._next(offset + count).text
            if text == ":":
                return count
            if self._next(offset + count).first:
                return 0
            if text == "-" and self._next(offset + count + 1).kind == "name":
                count += 2
            elif self._next(offset + count).kind == "name":
                count += 1
            else:
                return 0
        return 0

    def _opens_task(self, word: Word) -> bool:
        """Open a task that is written in the wrong kind of brackets, and report that. Return whether this is one."""
        is_task = self.previous == "NAME" and self.tokens[-1].lower() in TASKS
        if not is_task or self._next().kind != "name" or not self._key_ahead(0):
            return False
        self._report("task-brackets", "the lines of a task stand in square brackets", "write `[ … ]`", word)
        self._open("task", "LTASK", word, "task")
        return True

    def _open_curly(self, word: Word) -> None:
        if self._opens_task(word):
            return
        inside = self._inside()
        name = self.tokens[-1] if self.previous == "NAME" and not self.header else None
        if name is not None and name.end_pos == word.start and name.lower() in _CONTAINERS:
            self._report("wrong-brackets", f"`{name}` takes round brackets", f"write `{name}()`", word)
            self.tokens.pop()
            self._open("literal", "LLITERAL", word)
            return
        if self.previous in _LITERAL_BEFORE:
            breaks = word.first or self._next().first
            literal = not (self.previous == "IN" and breaks and self._begins_statement_ahead())
        elif inside == "(":
            following = self._next().text
            literal = self.stack[-1].role == "call" and (following == "}" or self._next(1).text == ":")
        else:
            literal = inside in {"literal", "list"} and self._operand
        if literal:
            self._open("literal", "LLITERAL", word)
            return
        self._unwind("block")
        self.awaits_in = False
        role, self.block_role = self.block_role, ""
        self._open("block", "LBLOCK", word, role)

    def _begins_statement_ahead(self) -> bool:
        word, following = self._next(), self._next(1).text
        is_keyword = word.text in KEYWORDS and word.text != "if" and following not in {".", ",", "}"}
        return word.kind == "name" and (is_keyword or following == "=")

    def _close(self, word: Word) -> None:
        wanted = {")": ("(",), "]": ("task", "index", "list"), "}": ("literal", "block")}[word.text]
        target = None
        while word.text == "}" and self._inside() == "block" and self.stack and self.stack[-1].column >= 0:
            self._close_braceless()
        for each in reversed(self.stack):
            if each.kind in wanted if each.kind != "task" else _CLOSERS[each.word.text] == word.text:
                target = each
                break
            if each.kind == "block":
                break
        if self._closes_wrongly(word, target):
            word = word._replace(text=_CLOSERS[self.stack[-1].word.text])
            target = self.stack[-1]
        if target is None:
            if word.line not in self.problems.broken_lines:
                self._report(
                    "stray-bracket", f"`{word.text}` closes nothing", "remove it, or open the bracket before", word
                )
            return
        while self.stack[-1] is not target:
            self._close_missing(self.stack[-1])
            if self.stack[-1] is target and target.kind == "block":
                self._finish_statement()
        self.stack.pop()
        if target.kind == "(":
            if target.role == "dropped":
                return
            self._emit("RPAR", word)
            if target.role in {"condition", "catch", "parameters"}:
                self.previous = "RCONDITION"
        elif target.kind == "literal":
            self._emit("RLITERAL", word)
        elif target.kind == "block":
            if word.first and self.suspect is None and self.indents.get(target.word.line, 0) > word.column:
                self.suspect = target.word
            self._emit("RBLOCK", word)
        else:
            self._emit("RSQUARE", word)
            if target.kind == "index":
                self._suffix()
            elif target.stands_alone and self._next().text != ";":
                self._emit_here("SEMI", "")

    def _is_task_closed_ahead(self) -> bool:
        """Return whether the bracket of this task is closed before the next `;`."""
        depth = 0
        for word in self.words[self.at :]:
            if word.kind == "sign":
                depth += (word.text in {"(", "[", "{"}) - (word.text in {")", "]", "}"})
                if depth < 0:
                    return word.text == "]"
                if word.text == ";" and not depth:
                    break
        return False

    def _closes_wrongly(self, word: Word, target: Bracket | None) -> bool:
        """Report a bracket of the wrong kind, as in `{1,2]`. Return whether it stands for the right one.

        Args:
            word: The closing bracket.
            target: The open bracket of the same kind, if there is one: it may be the block or task around.
        """
        last = self.stack[-1] if self.stack else None
        if last is None or last is target or last.kind == "block":
            return False
        if target is not None and target.kind == "block":
            is_value = last.kind == "task" or last.word.line == word.line > target.word.line
            is_wrong = is_value and self._next().text == ";"
        else:
            is_wrong = target is None or (target.kind == "task" and self._is_task_closed_ahead())
        opening = last.word.text
        if not is_wrong or self._next().text == _CLOSERS[opening]:
            return False
        message = f"`{opening}` is closed by `{word.text}`"
        self._report("wrong-bracket", message, f"write `{_CLOSERS[opening]}`", word)
        return True

    def _is_line_reported(self, word: Word) -> bool:
        """Return whether a mistake before this word on its line was reported."""
        return self.problems.reported_between(word.start - word.column + 1, word.start)

    def _is_complete_header(self, word: Word) -> bool:
        """Return whether nothing else is wrong with the header before this word, such as missing brackets.

        A header of another language is one mistake, with the sign or word at its end.
        """
        has_brackets = self.previous == "RCONDITION" or not (self.header and self.in_condition)
        return has_brackets and not self._is_line_reported(word)

    def _open_braceless(self, word: Word) -> None:
        """Open a block that begins with `:`, `then` or `do`, as in other languages."""
        following = self._next()
        column = self.indents[word.line]
        self._open("block", "LBLOCK", word._replace(text="{"), self.block_role)
        self.block_role = ""
        self.stack[-1].column = 0 if following.first and following.column <= column else column
        self.braceless += 1

    def _close_braceless(self) -> None:
        """Close the innermost block, which has no braces."""
        self.stack.pop()
        self.braceless -= 1
        if self.previous in _OPERANDS or self.previous in _ALONE:
            behind = self.tokens[-1].end_pos or 0
            self.problems.add(
                "missing-semicolon", "`;` is missing at the end of the statement", "add it", behind, behind
            )
            self._emit_here("SEMI", ";")
        self._emit_here("RBLOCK", "}")
        self.closed = len(self.tokens)

    def _finish_statement(self) -> None:
        """Complete a statement after its unclosed bracket was reported."""
        if self.previous == "RCONDITION":
            self._emit_here("LBLOCK", "{")
            self._emit_here("RBLOCK", "}")
        else:
            self._emit_here("SEMI", "")

    def _close_missing(self, bracket: Bracket) -> None:
        """Close a bracket that the script leaves open, and report it."""
        if bracket.column >= 0:
            self._close_braceless()
            return
        self.stack.pop()
        text = bracket.word.text
        if bracket.word.line not in self.problems.broken_lines and not self.problems.has_unclosed_comment:
            self._report(
                "unclosed-bracket", f"`{text}` is not closed", f"add the missing `{_CLOSERS[text]}`", bracket.word
            )
        if bracket.role == "dropped":
            return
        terminal = {"(": "RPAR", "literal": "RLITERAL", "block": "RBLOCK"}.get(bracket.kind, "RSQUARE")
        self._emit_here(terminal, _CLOSERS[text])
        if bracket.role in {"condition", "catch", "parameters"}:
            self.previous = "RCONDITION"

    def _unwind(self, kind: str) -> bool:
        """Close all brackets within the innermost bracket of a kind. Return whether there were any."""
        closed = False
        while self.stack and self.stack[-1].kind != kind:
            self._close_missing(self.stack[-1])
            closed = True
        return closed

    def _close_all(self, end: Word) -> None:
        blocks = [each for each in self.stack if each.kind == "block"]
        suspect = self.suspect
        while self.stack:
            bracket = self.stack[-1]
            if bracket.kind == "block" and bracket.column < 0 and suspect is not None and bracket is blocks[-1]:
                # The pairs of braces contradict the indentation. Report the first block whose `}` is indented too
                # little: it is the most likely one to lack its brace.
                bracket = Bracket("block", "", suspect, bracket.depth)
                suspect = None
            if bracket.kind != "block":
                self._close_missing(bracket)
                if self._inside() == "block" and self.previous not in STATEMENT_STARTS:
                    self._emit_here("SEMI", "")
                continue
            self._close_missing(bracket)

    def _close_by_line(self, word: Word) -> None:
        """Close open brackets if a new statement begins on this line: the script left them unclosed."""
        if not word.first or not self.stack or self._inside() == "block" or not self._operand:
            return
        following = self._next()
        inside = self._inside()
        if inside == "task":
            return
        around = (each.kind for each in reversed(self.stack) if each.kind not in {"literal", "list", "("})
        if next(around, "") == "task" and word.text in _TASK_KEYS and following.text in {":", "-"}:
            self._unwind("task")
            return
        is_statement = (
            (word.text in KEYWORDS and following.text not in {",", ")", ":"})
            or (following.text == "=" and inside == "(")
            or (following.text == "=" and inside != "(" and self.previous != "COMMA")
            or following.text == "."
        )
        if is_statement and self._unwind("block"):
            self._emit_here("SEMI", "")

    def _suffix(self) -> None:
        """Read `sort by …`, `range from …` or `group by …` after the criteria of a Zoho Creator form as one token."""
        word = self._next()
        if (word.text, self._next(1).text) not in {("sort", "by"), ("range", "from"), ("group", "by")}:
            return
        self.at += 2
        in_statement = self._inside() == "block"
        while self._next().kind in {"name", "number"} or (in_statement and self._next().text == ","):
            if self._next().first and self._next(-1).text not in {"by", "from", ","}:
                break
            self.at += 1
        self._emit_words("SUFFIX", word)
