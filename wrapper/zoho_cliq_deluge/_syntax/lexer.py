"""Turn the words of a script into the terminals of `grammar.lark`.

The meaning of some words and brackets (`info`, `if`, `{`, `[`) depends on their context; the lexer decides it. It also
reports common mistakes, and emits corrected terminals, so that the parser can continue as if there were no mistake. The
brackets that it emits are always balanced.
"""

from lark import Token

from .brackets import KEYWORDS, STATEMENT_STARTS, TASKS, Bracket
from .foreign_words import ForeignWords
from .scanner import END, Word, scan

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
_FOREIGN_SIGNS = {
    "===": ("OPERATOR", "==", "triple-equals", "Deluge has no `===`", "compare with `==`"),
    "!==": ("OPERATOR", "!=", "triple-equals", "Deluge has no `!==`", "compare with `!=`"),
    "<>": ("OPERATOR", "!=", "foreign-operator", "Deluge has no `<>`", "compare with `!=`"),
    "=<": ("OPERATOR", "<=", "foreign-operator", "Deluge has no `=<`", "compare with `<=`"),
    ":=": ("ASSIGN", "=", "foreign-operator", "Deluge has no `:=`", "assign with `=`"),
    "**": ("OPERATOR", "*", "foreign-operator", "Deluge has no `**`", "write `x.power(n)`"),
    "?:": ("OPERATOR", "||", "ternary", "Deluge has no `?:`", "write `ifnull(x,y)`"),
    "??": ("OPERATOR", "||", "foreign-operator", "Deluge has no `??`", "write `ifnull(x,y)`"),
    "?.": ("DOT", ".", "foreign-operator", "Deluge has no `?.`", "test for null first: `if(x != null)`"),
    "->": ("DOT", ".", "foreign-operator", "Deluge has no `->`", "write `.`"),
    "&": ("OPERATOR", "&&", "single-logical", "Deluge has no single `&`", "write `&&`"),
    "|": ("OPERATOR", "||", "single-logical", "Deluge has no single `|`", "write `||`"),
}
_NULL_WORDS = frozenset({"None", "nil", "undefined", "NaN"})


class Lexer(ForeignWords):
    """Turns the words of one script into terminals, in one pass."""

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
            if self.braceless and self._ends_braceless(word):
                continue
            handlers[word.kind](self, word)
        self._close_all(words[-1])
        self._emit("$END", words[-1])
        return self.tokens

    def _literal(self, word: Word) -> None:
        if self.previous == "TEXT" and self._touches(word) and self._text_follows():
            self._quote_within_text(word)
            return
        self._emit(word.kind.upper(), word)

    def _touches(self, word: Word) -> bool:
        return self.tokens[-1].end_pos == word.start

    def _sign(self, word: Word) -> None:
        text = word.text
        following = self._next()
        if text in _SPLIT and following.text == "=" and not following.first:
            self._report("split-operator", f"`{text} =` is one operator", f"write `{text}=`", word, following)
            self.at += 1
            self._emit("OPERATOR", word, f"{text}=")
            return
        special = _SPECIAL_SIGNS.get(text)
        if special is not None:
            special(self, word)
            return
        kind = _SIGNS.get(text)
        if kind is not None:
            self._emit(kind, word)
            return
        if text == "->" and self.previous == "RCONDITION" and self._is_line_reported(word):
            self.at += 1  # the type of a function's result, in a header of another language
            return
        if text == "<>" and following.text == "(" and self._is_line_reported(word):
            return  # `new ArrayList<>()` is one mistake
        kind, value, code, message, hint = _FOREIGN_SIGNS[text]
        if text == "&" and (self.previous == "TEXT" or following.kind == "text"):
            value, hint = "+", "join texts with `+`"
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
        if word.first and word.text == "--" and self._starts_statement(word) and self._next(1).text not in {";", "."}:
            self._report("hash-comment", "`--` begins no comment", "begin it with `//`", word)
            while self._next().kind != END and not self._next().first:
                self.at += 1
            return
        if self._operand:
            is_step = following.text in {";", ")", "}"} or following.first
        else:
            is_step = self._starts_statement(word) and following.kind == "name"
        if is_step:
            self._emit("STEP", word)
        else:
            self._emit("SIGN", word._replace(text=word.text[0]))
            second = word._replace(text=word.text[1], start=word.start + 1, column=word.column + 1)
            if second.text == "-":
                self._minus(second)
            else:
                self._emit("SIGN", second)

    def _colon(self, word: Word) -> None:
        following = self._next()
        is_header = self.header and not self.awaits_in
        if self._inside() == "block" and (is_header or following.first or following.text == "{"):
            if self._is_complete_header(word):
                self._report("colon-before-block", "a block does not begin with `:`", "put it into `{ }`", word)
            if following.text != "{":
                self._open_braceless(word)
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
        if self.awaits_in:
            self._in_for(word)
            return
        if self.stack and self.stack[-1].role == "parameters" and following.kind == "name":
            self.at += 1
            if not self._is_line_reported(word):
                self._report("parameter-type", "the type of a parameter stands before it", "write `string name`", word)
            return
        self._emit("COLON", word)

    def _dot(self, word: Word) -> None:
        if self._operand and self._next().kind in {"text", "number", "decimal"}:
            self._report("foreign-operator", "texts are not joined by `.`", "join texts with `+`", word)
            self._emit("OPERATOR", word, "+")
        else:
            self._emit("DOT", word)

    def _comma(self, word: Word) -> None:
        if self.stack and self.stack[-1].role == "catch":
            self._report("catch-name", "`catch` takes one name", "write `catch (e)`", word)
            while self._next().kind == "name":
                self.at += 1
            return
        if self._inside() == "task":
            self._report("comma-in-task", "the lines of a task are not separated by commas", "remove the comma", word)
            return
        following = self._next().text
        if following in {")", "]", "}"} and self.stack:
            self._report("extra-comma", "nothing follows the comma", "remove it, or add what is missing", word)
            return
        self._emit("COMMA", word)

    def _semicolon(self, word: Word) -> None:
        if self._inside() == "task" and self._next().kind == "name" and self._key_ahead(0):
            self._report("semicolon-in-task", "the lines of a task do not end with `;`", "remove the semicolon", word)
            return
        if self._inside() == "task" and self._next().text == "]":
            self._report("semicolon-in-task", "the lines of a task do not end with `;`", "remove the semicolon", word)
            return
        following = self._next()
        closes = {"literal": "}", "list": "]", "(": ")"}.get(self._inside(), "")
        if closes and following.text == closes and (closes != "}" or self._closes_literal(following)):
            is_behind = self._next(1).text == ";"
            hint = "remove it" if is_behind else f"put it behind the `{closes}`"
            self._report("semicolon-in-braces", "no `;` stands within brackets", hint, word)
            self.at += 1
            self._close(following)
            if not is_behind and self._inside() == "block":
                self._emit_here("SEMI", "")
            return
        is_value = following.kind in {"text", "single", "number", "decimal", "name"} and not following.first
        if self._inside() in {"literal", "list"} and is_value and self._next(1).text in {":", ",", "}", "]"}:
            self._report("semicolon-in-braces", "values are separated by commas", "write `,`", word)
            self._emit("COMMA", word, ",")
            return
        if self._inside() == "(" and is_value and self._next(1).text in {")", ","}:
            self._report("semicolon-in-call", "the values of a call are separated by commas", "write `,`", word)
            self._emit("COMMA", word, ",")
            return
        self._unwind("block")
        self.awaits_in = False
        self.block_role = ""
        if self.previous in STATEMENT_STARTS and self.previous != "RCONDITION":
            message = "a block does not end with `;`" if self.previous == "RBLOCK" else "`;` ends no statement"
            self._report("extra-semicolon", message, "remove it", word)
            return
        self._emit("SEMI", word)

    def _closes_literal(self, closing: Word) -> bool:
        """Return whether a `}` closes the literal that is open, not the block around it."""
        if self._next(1).text in {";", ")", ","}:
            return True
        line = self.stack[-1].word.line
        return closing.line == line and all(each.kind != "block" or each.word.line < line for each in self.stack)

    def _name(self, word: Word) -> None:
        if self.previous == "DOT":
            self._emit("NAME", word)
            return
        inside = self._inside()
        if (
            inside == "task"
            and self.previous == "KEYCOLON"
            and word.first
            and word.text != "file"
            and self._key_ahead(-1)
            and not self._is_typed_list(self.at - 1)
        ):
            self._report("missing-value", f"a value is missing before `{word.text}`", "add it", word)
            self._emit_here("NULL", "null")
        if inside == "task" and (self._operand or self.previous == "LTASK") and self._key(word):
            return
        inside = self._inside()
        if inside != "block":
            self._close_by_line(word)
            inside = self._inside()
            if inside == "task" and self._operand and word.first and self._key(word):
                return
        text = word.text
        if self.header and inside == "block" and self._header_end(word):
            return
        if self.header and inside == "block" and self._begins_body(word):
            self._emit_here("BODY", "")
        between_texts = self.previous == "TEXT" and self._touches(word) and self._next().start == word.start + len(text)
        if between_texts and self._text_follows():
            self._quote_within_text(word)
            return
        if self._type_parameters(word):
            return
        kind = _WORDS.get(text)
        if self._is_typed_list(self.at - 1) and not self._is_key_here():
            self.at += 2
            self._emit_words("TYPEDLIST", word)
            return
        if kind is not None and kind(self, word):
            return
        if self.previous == "RCONDITION" and text in {"and", "or"} and self._word_operator(word):
            return
        if inside == "block" and self._starts_statement(word):
            if self._statement_word(word) or self._wrong_case(word, text.lower()):
                return
            if self._creator_word(word, text.lower()) or self._function(word) or self._declaration(word, text.lower()):
                return
        elif self._operand and self._word_operator(word):
            return
        elif text.lower() in TASKS and inside == "block" and self._next().kind == "name" and self._key_ahead(0):
            self._emit("NAME", word)
            self._report("missing-bracket", f"`[` is missing behind `{text}`", "add it before the first key", word)
            self._emit_here("LTASK", "[")
            self.stack.append(Bracket("task", "task", word._replace(text="["), len(self.stack) + 1))
            return
        elif self.previous == "TEXT" and self._touches(word) and self._text_follows():
            self._quote_within_text(word)
            return
        self._emit("NAME", word)

    def _key(self, word: Word) -> bool:
        count = self._key_ahead(-1)
        text = word.text
        if count == 0:
            following = self._next()
            if following.text == "=" and self._last_key_has_colon() and not self._is_task_closed_ahead():
                self._unwind("block")
                self._emit_here("SEMI", "")
                return False
            if following.text in {"=", "=>"}:
                self._emit("KEY", word)
                if self.stack[-1].role != "insert" or following.text == "=>":
                    self._report(
                        "equals-in-task",
                        "a key and its value are separated by `:`",
                        f"write `:` instead of `{following.text}`",
                        following,
                    )
                    self.at += 1
                    self._emit("KEYCOLON", following)
                return True
            if word.first and not following.first and following.kind in {"text", "single", "number", "name"}:
                self._report("missing-colon", f"`:` is missing behind the key `{text}`", f"write `{text}:`", word)
                self._emit("KEY", word)
                self._emit_here("KEYCOLON", ":")
                return True
            return False
        self.at += count - 1
        self._emit_words("KEY", word)
        colon = self._next()
        self.at += 1
        self._emit("KEYCOLON", colon)
        return True

    def _last_key_has_colon(self) -> bool:
        """Return whether the last key of this task has a colon. If so, a name before `=` begins the next statement."""
        for token in reversed(self.tokens[-40:]):
            if token.type in {"KEYCOLON", "LTASK"}:
                return token == ":" and self.stack[-1].role != "insert"
        return False

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
        is_key = following.text in {"=", ".", "+="} or (following.text == ":" and not self._next(1).first)
        if is_key or self._inside() != "block":
            return False
        if word.text == "info" and not (self._starts_statement(word) or self._operand):
            return False
        self._emit(KEYWORDS[word.text], word)
        if word.text == "try":
            self.block_role = "try"
        return True

    def _wrong_case(self, word: Word, lowered: str) -> bool:
        if lowered == word.text or lowered not in KEYWORDS or self._next().text in {";", "["}:
            return False
        self._report(
            "keyword-case", f"the keyword is written `{lowered}`", f"write `{lowered}` instead of `{word.text}`", word
        )
        return _WORDS[lowered](self, word._replace(text=lowered))

    def _insert(self, word: Word) -> bool:
        into = self._next()
        if into.text != "into" or self._operand:
            return False
        self.at += 1
        self._emit_words("INSERT", word)
        return True


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
_SPLIT = frozenset({"!", "=", "<", ">"})
_WORDS = {
    **dict.fromkeys(("true", "false", "True", "False", "TRUE", "FALSE", "null", "Null", "NULL"), Lexer._constant),
    **dict.fromkeys(("info", "return", "break", "continue", "throw", "try"), Lexer._keyword),
    **dict.fromkeys(("foreach", "forEach", "Foreach", "ForEach"), Lexer._foreach),
    **dict.fromkeys(_NULL_WORDS, Lexer._null_word),
    **dict.fromkeys(("new", "await", "async", "public", "private", "static"), Lexer._new),
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
