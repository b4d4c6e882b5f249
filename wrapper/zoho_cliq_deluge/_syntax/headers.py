"""The part of the lexer that reads the headers of blocks."""

from .brackets import TYPES, Brackets
from .scanner import END, Word

DECLARATIONS = frozenset({"let", "var", "const", "final", "dim"})
FUNCTION_WORDS = frozenset({"function", "def", "func", "fn", "sub"})
_BEFORE_LIST = frozenset({"in", "of", ":"})
_LONGEST_CONDITION = 30  # words that are looked at, so that a hostile script takes no quadratic time
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_VALUES = frozenset({"name", "text", "single", "number", "decimal"})
_WORD_OPERATORS = frozenset({"and", "or", "is", "not", "in", "mod", "div"})
_VALUE_END = frozenset({";", ",", ")", "]", "}"})
_BODY_WORDS = frozenset({"info", "return", "break", "continue", "throw", "if", "for", "try"})


class Headers(Brackets):
    """Read the headers of blocks: `if`, `for each`, `catch`, and those of functions."""

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
        return not self._operand and not self.header and self._value_if(word)

    def _value_if(self, word: Word) -> bool:
        """Report `if(a) b else c` in the place of a value, and skip it. Return whether this is one."""
        ahead, depth = 0, 0
        if self._next().text == "(":
            while ahead < _LONGEST_CONDITION and (ahead == 0 or depth):
                depth += (self._next(ahead).text == "(") - (self._next(ahead).text == ")")
                ahead += 1
        following = self._next(ahead)
        is_value = following.kind in _VALUES and following.text.lower() not in _WORD_OPERATORS
        if depth or following.first or not (is_value or following.text == "{"):
            return False
        self._report(
            "ternary", "the condition of a value stands within the brackets", "write `if(condition,a,b)`", word
        )
        while self._next().kind != END and not self._next().first and self._next().text not in _VALUE_END:
            if self._next().text in {"(", "[", "{"}:
                self._skip_brackets()
            else:
                self.at += 1
        self._emit("NULL", word, "null")
        return True

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
        elif following.text == "(" or self._is_condition_ahead():
            self._report("else-condition", "`else` takes no condition", "write `else if(…)`", word)
            self._else_if(word)
        else:
            follows_braceless = self.closed == len(self.tokens)
            self._emit("ELSE", word)
            if follows_braceless and following.text not in {"{", ":"}:
                self._open_braceless(word)
        return True

    def _is_condition_ahead(self) -> bool:
        """Return whether the line goes on with a comparison, and a block follows."""
        ahead, compares = 0, False
        while ahead < _LONGEST_CONDITION and not self._next(ahead).first and self._next(ahead).text not in {"{", ";"}:
            compares = compares or self._next(ahead).text in _COMPARISONS
            ahead += 1
        return compares and self._next(ahead).text == "{"

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
        """Close the block before this `else` or `catch` if the indentation shows that its brace is missing."""
        if self.previous in {"RBLOCK", "LBLOCK"} or not word.first or not self.stack or self.stack[-1].role != role:
            return
        opening = self.stack[-1].word
        if word.column <= self.indents[opening.line]:
            self._close_missing(self.stack[-1])

    def _catch_header(self) -> None:
        name = self._next()
        if name.kind == "name" and self._next(1).text == "{":
            self._report("catch-brackets", "the name of the error stands in round brackets", "write `catch (e)`", name)
            self.at += 1
            self._emit_here("LCATCH", "(")
            self._emit("NAME", name)
            self._emit_here("RPAR", ")")
            self.previous = "RCONDITION"
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

    def _comprehension(self, word: Word) -> bool:
        """Skip `for …` after a value within brackets (a comprehension). Return whether this is one."""
        self._report("comprehension", "Deluge has no `for` within brackets", "write a loop: `for each x in list`", word)
        depth = 0
        while self._next().kind != END and (depth or self._next().text not in {")", "]", "}", ";"}):
            depth += (self._next().text in {"(", "[", "{"}) - (self._next().text in {")", "]", "}"})
            self.at += 1
        return True

    def _for(self, word: Word) -> bool:
        if self._inside() in {"list", "literal", "("} and self._operand:
            return self._comprehension(word)
        if self._inside() != "block" or self._next().text in {"=", ".", ";"}:
            return False
        following = self._next()
        if following.text.lower() == "each":
            if following.text != "each" and not self.problems.reported_between(word.start, word.start + 1):
                hint = f"write `each` instead of `{following.text}`"
                self._report("keyword-case", "the keyword is written `each`", hint, following)
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
        is_typed = reported and self._next().kind == self._next(1).kind == "name" and self._next(2).text in _BEFORE_LIST
        if (is_typed or self._next().text in DECLARATIONS) and self._next(1).text not in {"in", "of"}:
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

    def _foreach(self, word: Word) -> bool:
        if not self._starts_statement(word) or self._next().text in {"=", "."}:
            return False
        self._report("foreach", f"a loop begins with `for each`, not `{word.text}`", "write `for each x in list`", word)
        self._emit("FOREACH", word)
        self._loop_header(reported=True)
        return True

    def _begins_body(self, word: Word) -> bool:
        """Return whether a block without braces begins here."""
        if self.previous in {"ELSE", "TRY", "CATCH"}:
            return word.text != "if"
        if self.previous == "RCONDITION":
            return word.text not in {"and", "or", "then"}
        return self._operand and (word.first or word.text in _BODY_WORDS) and not self.awaits_in

    def _function(self, word: Word) -> bool:
        """Read the header of a function: a type, a name, and parameters before a brace. Return whether this is one."""
        if self._next().text == "(":
            name, ahead = word, 0
            has_type = False
        elif self._next().kind == "name" and not self._next().first:
            if self._next().text in FUNCTION_WORDS and self._next(1).kind == "name":
                self._report("foreign-word", f"Deluge has no `{self._next().text}`", "leave it out", self._next())
                self.at += 1
            name, ahead = self._next(), 1
            has_type = True
            while self._next(ahead).text == "." and self._next(ahead + 1).kind == "name":
                ahead += 2
        else:
            return False
        if self._next(ahead).text != "(":
            return False
        end = ahead + 1
        while self._next(end).kind in {"name", "text", "number"} or self._next(end).text in {",", ":", "="}:
            end += 1
        is_open = has_type and self._next(end).text == "{"  # the `)` is missing
        if not is_open and (self._next(end).text != ")" or self._next(end + 1).text != "{"):
            return False
        if has_type:
            self._emit("FTYPE", word)
            self.at += ahead
        self._function_header(name)
        return True

    def _function_header(self, name: Word) -> None:
        self._emit_words("FNAME", name)
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

    def _skip_brackets(self) -> None:
        """Skip the bracket that opens next, with its content."""
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
        """Read a loop of another language as an `if`, so that its body is parsed."""
        for kind, value in (("IF", "if"), ("LPAR", "("), ("BOOLEAN", "true"), ("RPAR", ")")):
            self._emit(kind, word, value)
        self.previous = "RCONDITION"

    def _pretend_block(self, word: Word) -> None:
        self._pretend_if(word)
        self._emit("LBLOCK", word, "{")
        self._emit("RBLOCK", word, "}")
