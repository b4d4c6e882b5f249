"""Turn the words of a script into the terminals of `grammar.lark`.

Deluge decides by their surroundings what words and brackets mean (`info`, `if`, `{`, `[`), which is settled here. Common
mistakes are reported here, too, and mended in passing, so that the parser reads on as if they had not been made;
brackets always leave here balanced.
"""

from lark import Token

from . import tree
from .problems import Problems
from .scanner import END, Word, scan

MAXIMUM_DEPTH = 100
"""How deep brackets, blocks and leading signs may be nested."""

TASKS = frozenset(
    {"invokeurl", "invokeapi", "sendmail", "sendsms", "pushnotification", "sftp", "ftp", "webhook", "soap"}
)
TYPES = frozenset(
    "void bool boolean collection date datetime decimal file float int integer key-value list long map number string text "
    "time timestamp".split()
)

_OPERANDS = frozenset(
    {"NAME", "TEXT", "SINGLE", "NUMBER", "DECIMAL", "BOOLEAN", "NULL", "RPAR", "RSQUARE", "RLITERAL", "SUFFIX"}
)
_STATEMENT_STARTS = frozenset({"", "SEMI", "LBLOCK", "RBLOCK", "ELSE", "TRY", "FINALLY", "BODY", "RCONDITION"})
_LITERAL_BEFORE = frozenset(
    "KEYCOLON ASSIGN AUGMENTED OPERATOR SIGN NOT LPAR COMMA COLON LLIST LINDEX LLITERAL RETURN INFO THROW IN QUESTION".split()
)
_SIGNS = {
    "+": "SIGN",
    "-": "SIGN",
    "*": "OPERATOR",
    "/": "OPERATOR",
    "%": "OPERATOR",
    "<": "OPERATOR",
    ">": "OPERATOR",
    "<=": "OPERATOR",
    ">=": "OPERATOR",
    "==": "OPERATOR",
    "!=": "OPERATOR",
    "&&": "OPERATOR",
    "||": "OPERATOR",
    "!": "NOT",
    "=": "ASSIGN",
    "+=": "AUGMENTED",
    "-=": "AUGMENTED",
    "*=": "AUGMENTED",
    "/=": "AUGMENTED",
    "%=": "AUGMENTED",
    ",": "COMMA",
    ":": "COLON",
    "?": "QUESTION",
}
# Signs of other languages: what they are read as, and what to write.
_FOREIGN_SIGNS = {
    "===": ("OPERATOR", "==", "triple-equals", "Deluge has no `===`", "compare with `==`"),
    "!==": ("OPERATOR", "!=", "triple-equals", "Deluge has no `!==`", "compare with `!=`"),
    "<>": ("OPERATOR", "!=", "foreign-operator", "Deluge has no `<>`", "compare with `!=`"),
    "=<": ("OPERATOR", "<=", "foreign-operator", "Deluge has no `=<`", "compare with `<=`"),
    ":=": ("ASSIGN", "=", "foreign-operator", "Deluge has no `:=`", "assign with `=`"),
    "**": ("OPERATOR", "*", "foreign-operator", "Deluge has no `**`", "write `x.power(n)`"),
    "??": ("OPERATOR", "||", "foreign-operator", "Deluge has no `??`", "write `ifnull(x,y)`"),
    "?.": ("DOT", ".", "foreign-operator", "Deluge has no `?.`", "test for null first: `if(x != null)`"),
    "->": ("DOT", ".", "foreign-operator", "Deluge has no `->`", "write `.`"),
    "&": ("OPERATOR", "&&", "single-logical", "Deluge has no single `&`", "write `&&`"),
    "|": ("OPERATOR", "||", "single-logical", "Deluge has no single `|`", "write `||`"),
}
_ELSE_IF = frozenset({"elseif", "elif", "elsif"})
_DECLARATIONS = frozenset({"let", "var", "const", "final", "dim"})
_FUNCTION_WORDS = frozenset({"function", "def", "func", "fn", "sub"})
_LOOP_WORDS = frozenset({"while", "until", "unless", "loop", "repeat"})
_NULL_WORDS = frozenset({"None", "nil", "undefined", "NaN"})
_FOREIGN_STATEMENTS = frozenset({"alert", "hide", "show", "enable", "disable", "select", "deselect", "clear", "reload"})
_KEYWORDS = {
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
_BODY_WORDS = frozenset({"info", "return", "break", "continue", "throw", "if", "for", "try"})
_HEADERS = frozenset({"IF", "ELSEIF", "ELSE", "FOREACH", "FOREACHINDEX", "TRY", "CATCH"})
_HEADERS_END = frozenset({"LBLOCK", "SEMI", "BODY"})
_CLOSERS = {"(": ")", "[": "]", "{": "}"}


class _Bracket:
    __slots__ = ("depth", "kind", "role", "stands_alone", "word")

    def __init__(self, kind: str, role: str, word: Word, depth: int) -> None:
        self.kind = kind  # "(", "task", "index", "list", "literal" or "block"
        self.role = role  # "condition", "call", "catch", "dropped", … for round brackets
        self.word = word
        self.depth = depth
        self.stands_alone = False  # a task whose result is not kept; it needs no `;`


class TooDeep(Exception):
    """Raised when brackets are nested deeper than any reader of the tree can follow."""


class Lexer:
    """The terminals of one script, made in one pass."""

    def __init__(self, text: str, problems: Problems) -> None:
        self.text = text
        self.problems = problems
        self.comments: list[tree.Comment] = []
        self.tokens: list[Token] = []
        self.words: list[Word] = []
        self.at = 0
        self.stack: list[_Bracket] = []
        self.previous = ""  # the type of the last token; RCONDITION for the bracket that ends a condition
        self.signs = 0  # signs and `!` in a row before an operand
        self.awaits_in = False
        self.loop_reported = False
        self.block_role = ""  # "if" or "try" where the next block belongs to one
        self.header = False  # within the header of `if`, `for each` …, before its block
        self.role = ""  # what the next round bracket is for
        self.suspect: Word | None = None  # a block whose closing brace stands too far left
        self.indents: dict[int, int] = {}

    def run(self) -> list[Token]:
        """Return all tokens; the last one is `$END`."""
        self.words, self.comments = scan(self.text, self.problems)
        for word in self.words:
            if word.first:
                self.indents[word.line] = word.column
        words, handlers = self.words, _HANDLERS
        while True:
            word = words[self.at]
            if word.kind == END:
                break
            self.at += 1
            handlers[word.kind](self, word)
        self._close_all(words[-1])
        self._emit("$END", words[-1])
        return self.tokens

    # What is around

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
        return self.previous in _STATEMENT_STARTS or (word.first and self._operand)

    # Giving out tokens

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
        elif kind in _HEADERS_END:
            self.header = False
        if kind in _PREFIXES:
            self.signs += 1
            if (self.stack[-1].depth if self.stack else 0) + self.signs > MAXIMUM_DEPTH:
                self._too_deep(word)
        else:
            self.signs = 0

    def _emit_here(self, kind: str, value: str) -> None:
        """Emit a token that the script lacks, right behind the last one."""
        if self.tokens:
            last = self.tokens[-1]
            place = (last.end_pos, last.end_line, last.end_column, last.end_line, last.end_column, last.end_pos)
        else:
            place = (0, 1, 1, 1, 1, 0)
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

    # Literals and signs

    def _literal(self, word: Word) -> None:
        if self.previous == "TEXT" and self._touches(word):
            self._quote_within_text(word)
            return
        self._emit(word.kind.upper(), word)

    def _touches(self, word: Word) -> bool:
        return self.tokens[-1].end_pos == word.start

    def _quote_within_text(self, word: Word) -> None:
        """Pass over what follows a text that a quote of its own has ended: `"he said "hi" to me"`."""
        self._report("quote-in-text", "a quote within a text ends it", 'write `\\"` for the quote', word)
        while self._next().kind not in {END, "text"} and not self._next().first:
            self.at += 1
        while self._next().kind == "text" and not self._next().first:
            self.at += 1

    def _sign(self, word: Word) -> None:
        text = word.text
        special = _SPECIAL_SIGNS.get(text)
        if special is not None:
            special(self, word)
            return
        kind = _SIGNS.get(text)
        if kind is not None:
            self._emit(kind, word)
            return
        kind, value, code, message, hint = _FOREIGN_SIGNS[text]
        self._report(code, message, hint, word)
        self._emit(kind, word, value)

    def _minus(self, word: Word) -> None:
        following = self._next()
        if not self._operand and following.kind in {"number", "decimal"}:
            self.at += 1
            end = following.start + len(following.text)
            self._emit(following.kind.upper(), word._replace(text=self.text[word.start : end]), "-" + following.text)
        else:
            self._emit("SIGN", word)

    def _assign(self, word: Word) -> None:
        inside = self._inside()
        if inside == "(":
            if self.stack[-1].role == "parameters":
                self._emit("ASSIGN", word)
                return
            if any(each.role == "condition" for each in self.stack[-4:]):
                self._report("assignment-in-condition", "`=` assigns, it does not compare", "compare with `==`", word)
            else:
                self._report(
                    "assignment-in-brackets",
                    "`=` cannot stand within brackets",
                    "compare with `==`, or assign before",
                    word,
                )
            self._emit("OPERATOR", word, "==")
        elif inside == "index":
            self._report("assignment-in-condition", "`=` assigns, it does not compare", "compare with `==`", word)
            self._emit("OPERATOR", word, "==")
        elif inside in {"literal", "list"}:
            self._report("equals-in-map", "a key and its value are separated by `:`", "write `:` instead of `=`", word)
            self._emit("COLON", word, ":")
        else:
            self._emit("ASSIGN", word)

    def _arrow(self, word: Word) -> None:
        inside = self._inside()
        if inside in {"literal", "list"}:
            self._report("arrow", "Deluge has no `=>`", "separate key and value by `:`", word)
            self._emit("COLON", word, ":")
        elif inside == "(" and self.stack[-1].role == "condition":
            self._report("arrow", "Deluge has no `=>`", "compare with `>=`", word)
            self._emit("OPERATOR", word, ">=")
        else:
            self._no_function_values(word)
            self._emit("OPERATOR", word, ">=")
            if self._next().text == "{":
                self._skip_brackets()
                self._emit("NULL", word, "null")

    def _double(self, word: Word) -> None:
        following = self._next()
        if self._operand:
            is_step = following.text in {";", ")", "}"} or following.first
        else:
            is_step = self._starts_statement(word) and following.kind == "name"
        if is_step:
            self._emit("STEP", word)
        else:
            self._emit("SIGN", word._replace(text=word.text[0]))
            self._emit("SIGN", word._replace(text=word.text[1], start=word.start + 1, column=word.column + 1))

    def _colon(self, word: Word) -> None:
        if self._inside() == "block" and (self._next().first or self._next().text == "{"):
            self._report("colon-before-block", "a block does not begin with `:`", "put it into `{ }`", word)
            if self._next().text != "{":
                self._emit("BODY", word)
            return
        if (
            self._inside() == "block"
            and self.previous == "NAME"
            and self._next().kind == "name"
            and self._next(1).text == "="
        ):
            self._report("declaration", "a variable has no type", "assign to the name alone", word, self._next())
            self.at += 1
            return
        if self.stack and self.stack[-1].role == "condition" and (self._next().first or self._next().text == "{"):
            self._unwind("block")
            return
        self._emit("COLON", word)

    def _dot(self, word: Word) -> None:
        if self._operand and self._next().kind in {"text", "number", "decimal"}:
            self._report("foreign-operator", "texts are not joined by `.`", "join texts with `+`", word)
            self._emit("OPERATOR", word, "+")
        else:
            self._emit("DOT", word)

    def _comma(self, word: Word) -> None:
        if self._inside() == "task":
            self._report("comma-in-task", "the lines of a task are not separated by commas", "remove the comma", word)
            return
        following = self._next().text
        if following in {")", "]", "}"} and self.stack:
            self._report("extra-comma", "nothing follows the comma", "remove it, or add what is missing", word)
            return
        self._emit("COMMA", word)

    # Brackets

    def _open(self, kind: str, terminal: str, word: Word, role: str = "") -> None:
        depth = (self.stack[-1].depth if self.stack else 0) + 1 + self.signs
        if terminal:
            self._emit(terminal, word)
        if depth > MAXIMUM_DEPTH:
            self._too_deep(word)
        self.stack.append(_Bracket(kind, role, word, depth))

    def _open_round(self, word: Word) -> None:
        role, self.role = self.role or "call", ""
        self._open("(", {"dropped": "", "catch": "LCATCH"}.get(role, "LPAR"), word, role)

    def _open_square(self, word: Word) -> None:
        if not self._operand:
            self._open("list", "LLIST", word)
            return
        if self.previous == "NAME" and self._is_task_ahead():
            before = [each.type for each in self.tokens[-3:-1]]
            inserts = before[-1:] == ["INSERT"]
            if inserts:
                before = before[:-1]
            stands_alone = not before or before[-1] in _STATEMENT_STARTS
            self._open("task", "LTASK", word, "insert" if inserts else "task")
            self.stack[-1].stands_alone = stands_alone
        else:
            self._open("index", "LINDEX", word)

    def _is_task_ahead(self) -> bool:
        following = self._next()
        if following.text == "]":
            return self.tokens[-1].lower() in TASKS
        if following.kind != "name":
            return False
        return self._key_ahead(0) > 0 or self._next(1).text == "=" or self.tokens[-1].lower() in TASKS

    def _key_ahead(self, offset: int) -> int:
        """Return how many words from `offset` on make a key before its `:`, 0 if there is none."""
        count = 1
        while count < 6:
            text = self._next(offset + count).text
            if text == ":":
                return count
            if text == "-" and self._next(offset + count + 1).kind == "name":
                count += 2
            elif self._next(offset + count).kind == "name":
                count += 1
            else:
                return 0
        return 0

    def _open_curly(self, word: Word) -> None:
        self._close_by_line(word)
        inside = self._inside()
        if self.previous in _LITERAL_BEFORE:
            literal = not (self.previous == "IN" and word.first and self._next().first)
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

    def _close(self, word: Word) -> None:
        wanted = {")": ("(",), "]": ("task", "index", "list"), "}": ("literal", "block")}[word.text]
        target = None
        for each in reversed(self.stack):
            if each.kind in wanted:
                target = each
                break
            if each.kind == "block":
                break
        if target is None:
            if word.line not in self.problems.broken_lines:
                self._report(
                    "stray-bracket", f"`{word.text}` closes nothing", "remove it, or open the bracket before", word
                )
            return
        while self.stack[-1] is not target:
            self._close_missing(self.stack[-1])
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

    def _close_missing(self, bracket: _Bracket) -> None:
        """Close a bracket that the script leaves open, and report it."""
        self.stack.pop()
        text = bracket.word.text
        if bracket.word.line not in self.problems.broken_lines:
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
        """Close what is open within the innermost bracket of a kind."""
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
            if bracket.kind == "block" and suspect is not None and bracket is blocks[-1]:
                # The braces pair up differently from the indentation: the first block that was closed too far left
                # is more likely to be the one without its brace.
                bracket = _Bracket("block", "", suspect, bracket.depth)
                suspect = None
            if bracket.kind != "block" and self.tokens:
                self._close_missing(bracket)
                if self._inside() == "block" and self.previous not in _STATEMENT_STARTS:
                    self._emit_here("SEMI", "")
                continue
            self._close_missing(bracket)

    def _close_by_line(self, word: Word) -> None:
        """Close round and other brackets that a new statement at the beginning of a line shows to be left open."""
        if not word.first or not self.stack or self._inside() == "block" or not self._operand:
            return
        if word.kind != "name":
            return
        following = self._next()
        inside = self._inside()
        if inside == "task":
            return
        is_statement = (
            (word.text in _KEYWORDS and following.text not in {",", ")", ":"})
            or (following.text == "=" and inside == "(")
            or (following.text == "=" and inside != "(" and self.previous != "COMMA")
            or following.text == "."
        )
        if is_statement and self._unwind("block"):
            self._emit_here("SEMI", "")

    def _semicolon(self, word: Word) -> None:
        if self._inside() == "task" and self._next().kind == "name" and self._key_ahead(0):
            self._report("semicolon-in-task", "the lines of a task do not end with `;`", "remove the semicolon", word)
            return
        if self._inside() == "task" and self._next().text == "]":
            self._report("semicolon-in-task", "the lines of a task do not end with `;`", "remove the semicolon", word)
            return
        following = self._next()
        if self._inside() == "(" and not following.first and self._next(1).text in {")", ","}:
            if following.kind in {"text", "single", "number", "decimal", "name"}:
                self._report("semicolon-in-call", "the values of a call are separated by commas", "write `,`", word)
                self._emit("COMMA", word, ",")
                return
        self._unwind("block")
        self.awaits_in = False
        self.block_role = ""
        if self.previous in _STATEMENT_STARTS and self.previous != "RCONDITION":
            message = "a block does not end with `;`" if self.previous == "RBLOCK" else "`;` ends no statement"
            self._report("extra-semicolon", message, "remove it", word)
            return
        self._emit("SEMI", word)

    # Words

    def _name(self, word: Word) -> None:
        if self.previous == "DOT":
            self._emit("NAME", word)
            return
        inside = self._inside()
        if inside == "task" and (self._operand or self.previous == "LTASK") and self._key(word):
            return
        if inside != "block":
            self._close_by_line(word)
            inside = self._inside()
        text = word.text
        if self.header and inside == "block" and self._begins_body(word):
            self._emit_here("BODY", "")
        kind = _WORDS.get(text)
        if self._next().text == ":" and text in {"List", "list"} and self._next(2).text == "(":
            element = self._next(1)
            if element.text.lower() in TYPES:
                self.at += 2
                self._emit("TYPEDLIST", word._replace(text=self.text[word.start : element.start + len(element.text)]))
                return
        if kind is not None and kind(self, word):
            return
        if self.previous == "RCONDITION" and text in {"and", "or"} and self._word_operator(word):
            return
        if inside == "block" and self._starts_statement(word):
            if self._statement_word(word):
                return
        elif self._operand and self._word_operator(word):
            return
        elif text.lower() in TASKS and inside == "block" and self._next().kind == "name" and self._key_ahead(0):
            self._emit("NAME", word)
            self._report("missing-bracket", f"`[` is missing behind `{text}`", "add it before the first key", word)
            self._emit_here("LTASK", "[")
            self.stack.append(_Bracket("task", "task", word._replace(text="["), len(self.stack) + 1))
            return
        elif self.previous == "TEXT" and self._touches(word):
            self._quote_within_text(word)
            return
        self._emit("NAME", word)

    def _begins_body(self, word: Word) -> bool:
        """Say whether a block without braces begins here."""
        if self.previous in {"ELSE", "TRY", "CATCH"}:
            return word.text != "if"
        if self.previous == "RCONDITION":
            return word.text not in {"and", "or", "then"}
        return self._operand and (word.first or word.text in _BODY_WORDS) and not self.awaits_in

    def _key(self, word: Word) -> bool:
        count = self._key_ahead(-1)
        text = word.text
        if count == 0:
            following = self._next()
            if following.text == "=":
                self._emit("KEY", word)
                if self.stack[-1].role != "insert":
                    self._report(
                        "equals-in-task",
                        "a key and its value are separated by `:`",
                        "write `:` instead of `=`",
                        following,
                    )
                    self.at += 1
                    self._emit("KEYCOLON", following, ":")
                return True
            if word.first and not following.first and following.kind in {"text", "single", "number", "name"}:
                self._report("missing-colon", f"`:` is missing behind the key `{text}`", f"write `{text}:`", word)
                self._emit("KEY", word)
                self._emit_here("KEYCOLON", ":")
                return True
            return False
        last = self._next(count - 2)
        end = last.start + len(last.text)
        if count > 1:
            self.at += count - 1
            self._emit("KEY", word._replace(text=self.text[word.start : end]))
        else:
            self._emit("KEY", word)
        colon = self._next()
        self.at += 1
        self._emit("KEYCOLON", colon)
        return True

    def _constant(self, word: Word) -> bool:
        self._emit("NULL" if word.text.lower() == "null" else "BOOLEAN", word)
        return True

    def _in(self, word: Word) -> bool:
        if self.awaits_in:
            self.awaits_in = False
            self._emit("IN", word)
            return True
        if self._operand and self._inside() in {"index", "("}:
            if self._inside() == "(":
                self._report("in-operator", "Deluge has no operator `in`", "write `list.contains(x)`", word)
            self._emit("OPERATOR", word, "==")
            return True
        return False

    def _keyword(self, word: Word) -> bool:
        following = self._next()
        if following.text in {"=", ".", ":", "+="} or self._inside() != "block":
            return False
        if word.text == "info" and not (self._starts_statement(word) or self._operand):
            return False
        self._emit(_KEYWORDS[word.text], word)
        if word.text == "try":
            self.block_role = "try"
        return True

    def _if(self, word: Word) -> bool:
        if (
            self._operand
            and not word.first
            and self.previous != "RCONDITION"
            and self._inside() == "block"
            and not self.header
        ):
            self._report("ternary", "a condition does not stand behind its value", "write `if(condition,a,b)`", word)
            while self._next().kind != END and not self._next().first and self._next().text not in {";", "{", "}"}:
                self.at += 1
            return True
        if self._starts_statement(word) or (self._operand and self._inside() == "block"):
            self._emit("IF", word)
            self._condition_ahead(word)
            return True
        return False

    def _condition_ahead(self, word: Word) -> None:
        self.block_role = "if"
        if self._next().text == "{":
            self._report("missing-condition", f"`{word.text}` has no condition", "write `if(condition)`", word)
            for kind, value in (("LPAR", "("), ("BOOLEAN", "true"), ("RPAR", ")")):
                self._emit_here(kind, value)
            self.previous = "RCONDITION"
        elif self._next().text == "(":
            self.role = "condition"

    def _else(self, word: Word) -> bool:
        if self._inside() != "block":
            return False
        self._close_block_before(word, "if")
        following = self._next()
        if following.text == "if":
            self.at += 1
            self._else_if(word._replace(text=self.text[word.start : following.start + 2]))
        elif following.text == "(":
            self._report("else-condition", "`else` takes no condition", "write `else if(…)`", word)
            self._else_if(word)
        else:
            self._emit("ELSE", word)
        return True

    def _else_if(self, word: Word) -> None:
        self._emit("ELSEIF", word)
        self._condition_ahead(word)

    def _catch(self, word: Word) -> bool:
        if self._inside() != "block" or not (self.previous == "RBLOCK" or self._next().text == "("):
            return False
        self._close_block_before(word, "try")
        self._emit("CATCH", word)
        self._catch_header()
        return True

    def _close_block_before(self, word: Word, role: str) -> None:
        """Close the block that must have ended before this `else` or `catch`, judging by the indentation."""
        if self.previous == "RBLOCK" or not word.first or not self.stack or self.stack[-1].role != role:
            return
        opening = self.stack[-1].word
        if word.column <= self.indents[opening.line]:
            self._close_missing(self.stack[-1])

    def _catch_header(self) -> None:
        if self._next().text == "(":
            self.role = "catch"
            if self._next(1).kind == self._next(2).kind == "name":
                self._report(
                    "typed-catch",
                    "`catch` takes a name without a type",
                    "write `catch (e)`",
                    self._next(1),
                    self._next(2),
                )
                bracket = self._next()
                self.at += 2
                self._open_round(bracket)

    def _for(self, word: Word) -> bool:
        if self._inside() != "block" or self._next().text in {"=", ".", ";"}:
            return False
        following = self._next()
        if following.text == "each":
            self.at += 1
            end = following.start + len(following.text)
            if self._next().text == "index" and self._next(1).kind == "name" and self._next(1).text != "in":
                end = self._next().start + len("index")
                self.at += 1
                self._emit("FOREACHINDEX", word, self.text[word.start : end])
            else:
                self._emit("FOREACH", word, self.text[word.start : end])
            self._loop_header(reported=False)
        elif following.text == "(" and self._is_counting_loop():
            self._report(
                "counting-loop",
                "Deluge has no counting loop",
                'write `for each i in "".leftpad(n - 1).toList("")`',
                word,
            )
            self._skip_brackets()
            self._pretend_if(word)
        else:
            self._report("for-without-each", "a loop begins with `for each`", "write `for each x in list`", word)
            self._emit("FOREACH", word)
            self._loop_header(reported=True)
        return True

    def _loop_header(self, *, reported: bool) -> None:
        self.awaits_in = True
        self.loop_reported = reported
        opening = self._next()
        if opening.text == "(":
            if not reported:
                self._report("loop-brackets", "`for each` takes no brackets", "write `for each x in list`", opening)
            self.at += 1
            self.role = "dropped"
            self._open_round(opening)
            self.previous = "FOREACH"
        if self._next().text in _DECLARATIONS and self._next(1).text not in {"in", "of"}:
            self.at += 1

    def _is_counting_loop(self) -> bool:
        depth = 0
        for ahead in range(200):
            word = self._next(ahead)
            if word.text == "(":
                depth += 1
            elif word.text == ")":
                depth -= 1
            elif word.text == ";" and depth == 1:
                return True
            if depth == 0 or word.text in {"{", "}"} or word.kind == END:
                return False
        return False

    def _skip_brackets(self) -> None:
        """Pass over a bracket that opens next, with all that it holds."""
        depth = 0
        while self._next().kind != END:
            text = self._next().text
            if text in {"(", "[", "{"}:
                depth += 1
            elif text in {")", "]", "}"}:
                depth -= 1
            self.at += 1
            if depth <= 0:
                return

    def _pretend_if(self, word: Word) -> None:
        """Read the loop of another language as a condition, so that its body is read."""
        for kind, value in (("IF", "if"), ("LPAR", "("), ("BOOLEAN", "true"), ("RPAR", ")")):
            self._emit(kind, word, value)
        self.previous = "RCONDITION"

    def _foreach(self, word: Word) -> bool:
        if not self._starts_statement(word) or self._next().text in {"=", "."}:
            return False
        self._report("foreach", f"a loop begins with `for each`, not `{word.text}`", "write `for each x in list`", word)
        self._emit("FOREACH", word)
        self._loop_header(reported=True)
        return True

    def _word_operator(self, word: Word) -> bool:
        """Report `and`, `or`, `is` … between two operands."""
        lowered = word.text.lower()
        following = self._next()
        if following.kind == "sign" and following.text not in {"(", "!", "-", "{", "["}:
            return False
        if lowered in {"and", "or"}:
            sign = "&&" if lowered == "and" else "||"
            self._report("word-operator", f"Deluge has no `{word.text}`", f"write `{sign}`", word)
            self._emit("OPERATOR", word, sign)
            return True
        if lowered == "is" and self._inside() in {"(", "index"}:
            sign, last = "==", word
            if following.text == "not":
                sign, last = "!=", following
                self.at += 1
            if self._inside() == "(":
                self._report("word-operator", f"Deluge has no `{word.text}`", f"compare with `{sign}`", word, last)
            self._emit("OPERATOR", word, sign)
            return True
        if lowered == "of" and self.awaits_in:
            if not self.loop_reported:
                self._report("loop-of", "a loop goes through a list with `in`", "write `for each x in list`", word)
            self.awaits_in = False
            self._emit("IN", word)
            return True
        return False

    def _not(self, word: Word) -> bool:
        following = self._next()
        if self._operand or (following.kind == "sign" and following.text != "("):
            return False
        if following.text == "(" and self._inside() == "block" and self.previous in _STATEMENT_STARTS:
            return False
        self._report("word-operator", f"Deluge has no `{word.text}`", "write `!`", word)
        self._emit("NOT", word, "!")
        return True

    def _null_word(self, word: Word) -> bool:
        if self._next().text in {"=", ".", "(", ":"}:
            return False
        self._report("foreign-null", f"Deluge has no `{word.text}`", "write `null`", word)
        self._emit("NULL", word, "null")
        return True

    def _new(self, word: Word) -> bool:
        if self._operand or self._next().kind != "name":
            return False
        self._report("foreign-word", f"Deluge has no `{word.text}`", "leave it out", word)
        return True

    def _function_value(self, word: Word) -> bool:
        following = self._next()
        is_lambda = word.text == "lambda" and following.kind == "name"
        if self._starts_statement(word) or self._operand or not (is_lambda or following.text == "("):
            return False
        self._no_function_values(word)
        if is_lambda:
            while self._next().kind != END and not self._next().first and self._next().text not in {";", ")", "}"}:
                self.at += 1
        else:
            self._skip_brackets()
            if self._next().text == "{":
                self._skip_brackets()
        self._emit("NULL", word, "null")
        return True

    def _no_function_values(self, word: Word) -> None:
        self._report("function-value", "Deluge has no functions as values", "write a loop: `for each x in list`", word)

    def _text_prefix(self, word: Word) -> bool:
        following = self._next()
        if following.kind in {"text", "single"} and following.start == word.start + len(word.text):
            self._report("text-prefix", f"a text has no prefix `{word.text}`", 'write `"text " + value`', word)
            return True
        return False

    def _statement_word(self, word: Word) -> bool:
        """Recognise a word that begins a statement, and is no keyword of Deluge."""
        text, following = word.text, self._next()
        lowered = text.lower()
        if following.text in {"=", ".", "+=", "-="}:
            return False
        if lowered == "then" and self.previous == "RCONDITION":
            self._report("then", "Deluge has no `then`", "put the statements into `{ }`", word)
            if following.text != "{":
                self._emit("BODY", word)
            return True
        if lowered in _ELSE_IF:
            self._report("else-if", f"Deluge has no `{text}`", "write `else if`", word)
            self._else_if(word)
            return True
        if text in _DECLARATIONS and following.kind == "name":
            self._report("declaration", f"variables are not declared with `{text}`", "assign to the name alone", word)
            return True
        if text in _FUNCTION_WORDS and following.kind == "name" and self._next(1).text == "(":
            self._report(
                "function-word",
                f"a function does not begin with `{text}`",
                "write its type: `void name(string x)`",
                word,
            )
            self.at += 1
            self._function_header(following, [following])
            return True
        if lowered in _LOOP_WORDS and (following.text == "(" or following.kind in {"name", "single"}):
            return self._loop_word(word)
        if lowered == "do" and following.text == "{":
            self._report("loop-word", f"Deluge has no `{text}`", "go through a list: `for each x in list`", word)
            self._pretend_if(word)
            return True
        if lowered == "switch" and following.text == "(":
            self._report("switch", "Deluge has no `switch`", "write `if(…)` and `else if(…)`", word)
            self._skip_brackets()
            if self._next().text == "{":
                self._skip_brackets()
            self._pretend_block(word)
            return True
        if lowered == "class" and following.kind == "name":
            self._report("class", "Deluge has no classes", "keep values in a map", word)
            while self._next().kind != END and self._next().text not in {"{", ";"}:
                self.at += 1
            self._skip_brackets()
            self._pretend_block(word)
            return True
        if lowered == "finally" and following.text == "{":
            self._report("finally", "Deluge has no `finally`", "put the statements behind the `catch` block", word)
            self._pretend_if(word)
            return True
        if text in {"except", "rescue"}:
            self._report("except", f"Deluge has no `{text}`", "write `catch (e)`", word)
            self._emit("CATCH", word)
            self._catch_header()
            return True
        if text in {"import", "include", "require", "using", "package"} and following.kind in {
            "name",
            "text",
            "single",
        }:
            self._report("import", "Deluge imports nothing", "remove the line", word)
            while self._next().kind != END and not self._next().first and self._next().text != ";":
                self.at += 1
            if self._next().text == ";":
                self.at += 1
            return True
        if self._wrong_case(word, lowered):
            return True
        return self._creator_word(word, lowered) or self._function(word) or self._declaration(word, lowered)

    def _pretend_block(self, word: Word) -> None:
        self._pretend_if(word)
        self._emit("LBLOCK", word, "{")
        self._emit("RBLOCK", word, "}")

    def _loop_word(self, word: Word) -> bool:
        hint = "write `if(!condition)`" if word.text == "unless" else "go through a list: `for each x in list`"
        self._report("loop-word", f"Deluge has no `{word.text}`", hint, word)
        if self._next().text == "(":
            behind_block = self.previous == "RBLOCK"
            self._skip_brackets()
            if self._next().text == ";" and behind_block:
                self.at += 1
                self.problems.forget("loop-word", word.start)
                return True
        else:
            while self._next().kind != END and not self._next().first and self._next().text not in {"{", ":"}:
                self.at += 1
        self._pretend_if(word)
        return True

    def _wrong_case(self, word: Word, lowered: str) -> bool:
        if lowered == word.text or lowered not in _KEYWORDS or self._next().text in {";", "["}:
            return False
        self._report(
            "keyword-case", f"the keyword is written `{lowered}`", f"write `{lowered}` instead of `{word.text}`", word
        )
        return _WORDS[lowered](self, word._replace(text=lowered))

    def _creator_word(self, word: Word, lowered: str) -> bool:
        following = self._next()
        if lowered == "cancel" and following.text in {"submit", "delete"}:
            self.at += 1
            self._emit("CANCEL", word._replace(text=self.text[word.start : following.start + len(following.text)]))
            return True
        if lowered == "delete" and following.text == "from":
            self.at += 1
            self._emit("DELETE", word._replace(text=self.text[word.start : following.start + 4]))
            return True
        if lowered in _FOREIGN_STATEMENTS and following.kind in {"name", "text"} and not following.first:
            self._emit("FOREIGN", word)
            return True
        return False

    def _insert(self, word: Word) -> bool:
        into = self._next()
        if into.text != "into" or self._operand:
            return False
        self.at += 1
        self._emit("INSERT", word._replace(text=self.text[word.start : into.start + 4]))
        return True

    def _suffix(self) -> None:
        """Take `sort by …` and `range from …` behind the criteria of a Creator form as one token."""
        word = self._next()
        if (word.text, self._next(1).text) not in {("sort", "by"), ("range", "from"), ("group", "by")}:
            return
        end = word
        while self._next().kind not in {END, "text"} and self._next().text not in {";", ")", "{", "}", "."}:
            if self._next().first:
                break
            end = self._next()
            self.at += 1
        self._emit("SUFFIX", word._replace(text=self.text[word.start : end.start + len(end.text)]))

    def _function(self, word: Word) -> bool:
        """Recognise the header of a function: a type, a name, and parameters before a brace."""
        if self._next().text == "(":
            names = [word]
            ahead = 0
            has_type = False
        elif self._next().kind == "name" and not self._next().first:
            if self._next().text in _FUNCTION_WORDS and self._next(1).kind == "name":
                self._report("foreign-word", f"Deluge has no `{self._next().text}`", "leave it out", self._next())
                self.at += 1
            names = [self._next()]
            ahead = 1
            has_type = True
            while self._next(ahead).text == "." and self._next(ahead + 1).kind == "name":
                names.append(self._next(ahead + 1))
                ahead += 2
        else:
            return False
        if self._next(ahead).text != "(":
            return False
        end = ahead + 1
        while self._next(end).kind in {"name", "text", "number"} or self._next(end).text in {",", ":", "="}:
            end += 1
        if self._next(end).text != ")" or self._next(end + 1).text != "{":
            return False
        if has_type:
            self._emit("FTYPE", word)
            self.at += ahead
        self._function_header(names[0], names)
        return True

    def _function_header(self, word: Word, names: list[Word]) -> None:
        end = names[-1].start + len(names[-1].text)
        self._emit("FNAME", word._replace(text=self.text[word.start : end]))
        self.role = "parameters"

    def _declaration(self, word: Word, lowered: str) -> bool:
        following = self._next()
        if lowered in TYPES and following.kind == "name" and not following.first and self._next(1).text == "=":
            self._emit("TYPE", word)
            return True
        if lowered in TYPES and following.kind == "name" and not following.first and self._next(1).text == ";":
            self._report(
                "declaration",
                "a variable comes into being with its first value",
                f"write `{following.text} = …;`",
                word,
            )
            return True
        return False


_PREFIXES = frozenset({"SIGN", "NOT"})
_HANDLERS = {
    "name": Lexer._name,
    "text": Lexer._literal,
    "single": Lexer._literal,
    "number": Lexer._literal,
    "decimal": Lexer._literal,
    "sign": Lexer._sign,
}
_SPECIAL_SIGNS = {
    "-": Lexer._minus,
    "=": Lexer._assign,
    "=>": Lexer._arrow,
    "++": Lexer._double,
    "--": Lexer._double,
    ".": Lexer._dot,
    ":": Lexer._colon,
    ",": Lexer._comma,
    ";": Lexer._semicolon,
    "(": Lexer._open_round,
    "[": Lexer._open_square,
    "{": Lexer._open_curly,
    ")": Lexer._close,
    "]": Lexer._close,
    "}": Lexer._close,
}
_WORDS = {
    **dict.fromkeys(("true", "false", "True", "False", "TRUE", "FALSE", "null", "Null", "NULL"), Lexer._constant),
    **dict.fromkeys(("info", "return", "break", "continue", "throw", "try"), Lexer._keyword),
    **dict.fromkeys(("foreach", "forEach", "Foreach", "ForEach"), Lexer._foreach),
    **dict.fromkeys(_NULL_WORDS, Lexer._null_word),
    **dict.fromkeys(("new", "await", "async"), Lexer._new),
    **dict.fromkeys(("f", "r", "b"), Lexer._text_prefix),
    **dict.fromkeys(("lambda", "function"), Lexer._function_value),
    "if": Lexer._if,
    "else": Lexer._else,
    "catch": Lexer._catch,
    "for": Lexer._for,
    "in": Lexer._in,
    "not": Lexer._not,
    "insert": Lexer._insert,
}
