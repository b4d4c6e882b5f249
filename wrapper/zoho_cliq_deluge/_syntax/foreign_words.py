"""The part of the lexer that handles words of other languages and of Zoho Creator."""

import itertools

from .brackets import STATEMENT_STARTS
from .headers import DECLARATIONS, FUNCTION_WORDS, Headers
from .scanner import END, Word

_ELSE_IF = frozenset({"elseif", "elif", "elsif"})
_LOOP_WORDS = frozenset({"while", "until", "unless", "loop", "repeat"})
_FOREIGN_STATEMENTS = frozenset({"alert", "hide", "show", "enable", "disable", "select", "deselect", "clear", "reload"})
_IMPORT_WORDS = frozenset({"import", "include", "require", "using", "package"})


_END_WORDS = frozenset({"end", "endif", "endfor", "endwhile", "fi", "done", "next"})
_ENDED = frozenset({"if", "for", "while", "loop", "try", "do", "function", "sub"})  # words behind `end`
_HEADER_ENDS = frozenset({"then", "do", "begin"})
_CLAUSES = frozenset({"else", "elseif", "elif", "elsif", "catch", "except", "finally", "rescue"})
_REMAINDERS = {"mod": "%", "div": "/"}
_MOST_TYPE_WORDS = 20
_CONTAINERS = frozenset({"map", "list", "collection"})


class ForeignWords(Headers):
    """Report words of other languages and say what to write instead; read the statements of Zoho Creator."""

    def _word_operator(self, word: Word) -> bool:
        """Report `and`, `or`, `is` … between two operands, and read it as an operator."""
        lowered = word.text.lower()
        following = self._next()
        if following.kind == "sign" and following.text not in {"(", "!", "-", "{", "["}:
            return False
        if lowered in {"and", "or"}:
            sign = "&&" if lowered == "and" else "||"
            self._report("word-operator", f"Deluge has no `{word.text}`", f"write `{sign}`", word)
            self._emit("OPERATOR", word, sign)
            return True
        if lowered == "not" and following.text == "in":
            self._report("in-operator", "Deluge has no `not in`", "write `!list.contains(x)`", word, following)
            self.at += 1
            self._emit("OPERATOR", word, "!=")
            return True
        if lowered == "is" and (self._inside() in {"(", "index"} or self.header):
            sign, last = "==", word
            if following.text.lower() == "not":
                sign, last = "!=", following
                self.at += 1
            if self._inside() != "index":
                self._report("word-operator", f"Deluge has no `{word.text}`", f"compare with `{sign}`", word, last)
            self._emit("OPERATOR", word, sign)
            return True
        if lowered in _REMAINDERS:
            sign = _REMAINDERS[lowered]
            self._report("word-operator", f"Deluge has no `{word.text}`", f"write `{sign}`", word)
            self._emit("OPERATOR", word, sign)
            return True
        if lowered == "of" and self.awaits_in:
            self._in_for(word)
            return True
        return False

    def _header_end(self, word: Word) -> bool:
        """Handle `then`, `do` or `begin` behind the header of a block. Return whether this is one."""
        following, text = self._next(), word.text.lower()
        if text not in _HEADER_ENDS or not (following.first or following.text == "{" or text == "then"):
            return False
        if self._is_complete_header(word):
            hint = "remove it" if following.text == "{" else "put the statements into `{ }`"
            self._report(text, f"Deluge has no `{word.text}`", hint, word)
        if following.text != "{":
            self._open_braceless(word)
        return True

    def _in_for(self, word: Word) -> None:
        """Report `of` or `:` in the header of a loop, and read it as `in`."""
        if not self.loop_reported:
            self._report("loop-of", "a loop goes through a list with `in`", "write `for each x in list`", word)
        self.awaits_in = False
        self._emit("IN", word)

    def _type_parameters(self, word: Word) -> bool:
        """Report the types in `Map<String,String>()`, and skip them. Return whether there are any."""
        if word.text.lower() not in _CONTAINERS or self._next().text != "<":
            return False
        end = 1
        while end < _MOST_TYPE_WORDS and (self._next(end).kind == "name" or self._next(end).text in {",", "<"}):
            end += 1
        behind = self._next(end + 1)
        declares = behind.kind == "name" and self._next(end + 2).text in {"=", ";"}
        if self._next(end).text != ">" or not (behind.text == "(" or declares):
            return False
        hint = f"write `{behind.text} = …`" if declares else f"write `{word.text}()`"
        self._report("type-parameters", "Deluge has no types in `<…>`", hint, self._next(), self._next(end))
        self.at += end + 1
        if not declares:
            self._emit("NAME", word)
        return True

    def _not(self, word: Word) -> bool:
        following = self._next()
        if self._operand or (following.kind == "sign" and following.text != "("):
            return False
        if following.text == "(" and self._inside() == "block" and self.previous in STATEMENT_STARTS:
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
        """Handle a word that begins a statement but is not a keyword of Deluge. Return whether this is one."""
        text, following = word.text, self._next()
        lowered = text.lower()
        if following.text in {"=", ".", "+=", "-="}:
            return False
        if (lowered == "case" and self._next(1).text == ":") or (lowered == "default" and following.text == ":"):
            self._report("switch", f"Deluge has no `{text}`", "write `if(…)` and `else if(…)`", word)
            self.at += 2 if lowered == "case" else 1
            return True
        if lowered in _ELSE_IF:
            self._report("else-if", f"Deluge has no `{text}`", "write `else if`", word)
            self._else_if(word)
            return True
        if text in DECLARATIONS and following.kind == "name":
            self._report("declaration", f"variables are not declared with `{text}`", "assign to the name alone", word)
            return True
        if text in DECLARATIONS and following.text in {"{", "["}:
            self._report("declaration", f"variables are not declared with `{text}`", "assign to one name alone", word)
            self._skip_brackets()
            self._emit("NAME", word)
            return True
        if text in FUNCTION_WORDS and following.kind == "name" and self._next(1).text == "(":
            self._report(
                "function-word",
                f"a function does not begin with `{text}`",
                "write its type: `void name(string x)`",
                word,
            )
            self.at += 1
            self._function_header(following)
            return True
        return self._foreign_block(word, lowered) or self._foreign_ending(word, lowered)

    def _foreign_block(self, word: Word, lowered: str) -> bool:
        """Handle a word that begins a block which Deluge does not have. Return whether this is one."""
        text, following = word.text, self._next()
        if lowered in _LOOP_WORDS and (following.text in {"(", "{"} or following.kind in {"name", "single"}):
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
        return False

    def _foreign_ending(self, word: Word, lowered: str) -> bool:
        """Handle `finally`, `except` and import statements. Return whether this is one."""
        text, following = word.text, self._next()
        if lowered == "finally" and following.text == "{":
            self._report("finally", "Deluge has no `finally`", "put the statements behind the `catch` block", word)
            self._pretend_if(word)
            return True
        if text in {"except", "rescue"}:
            self._report("except", f"Deluge has no `{text}`", "write `catch (e)`", word)
            self._emit("CATCH", word)
            self._except_header()
            return True
        if text in _IMPORT_WORDS and following.kind in {"name", "text", "single"}:
            self._report("import", "Deluge imports nothing", "remove the line", word)
            while self._next().kind != END and not self._next().first and self._next().text != ";":
                self.at += 1
            if self._next().text == ";":
                self.at += 1
            return True
        return False

    def _except_header(self) -> None:
        """Read `ValueError as e` behind `except`: only the last name is kept."""
        if self._next().text == "(":
            self._catch_header()
            return
        name = None
        while self._next().text not in {"{", ":", ";"} and not self._next().first:
            name = self._next() if self._next().kind == "name" else name
            self.at += 1
        if name is not None:
            self._emit_here("LCATCH", "(")
            self._emit("NAME", name)
            self._emit_here("RPAR", ")")
            self.previous = "RCONDITION"

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

    def _ends_braceless(self, word: Word) -> bool:
        """Close blocks without braces that end before this word. Return whether it only ends one, as `end if` does."""
        lowered = word.text.lower()
        if lowered in _END_WORDS and self._inside_braceless() and self._is_end():
            self._close_braceless()
            if self._next().kind == "name" and not self._next().first:
                self.at += 1
            if self._next().text == ";":
                self.at += 1
            return True
        while self._inside_braceless() and word.first and word.column <= self.stack[-1].column:
            self._close_braceless()
        if lowered in _CLAUSES and self._inside_braceless() and not (word.first and self.stack[-1].column):
            self._close_braceless()
        return False

    def _inside_braceless(self) -> bool:
        return bool(self.stack) and self.stack[-1].column >= 0

    def _is_end(self) -> bool:
        following = self._next()
        return following.first or following.text == ";" or following.text in _ENDED

    def _creator_word(self, word: Word, lowered: str) -> bool:
        following = self._next()
        if lowered == "cancel" and following.text in {"submit", "delete"}:
            self.at += 1
            self._emit_words("CANCEL", word)
            return True
        if lowered == "delete" and following.text == "from":
            self.at += 1
            self._emit_words("DELETE", word)
            return True
        if lowered in _FOREIGN_STATEMENTS and following.kind in {"name", "text"} and not following.first:
            self._emit("FOREIGN", word)
            return True
        return False

    def _text_follows(self) -> bool:
        """Return whether another text follows in this statement on this line: a misplaced quote has a second one."""
        ahead = itertools.takewhile(lambda word: word.kind != END and not word.first, self.words[self.at :])
        return any(word.kind == "text" for word in itertools.takewhile(lambda word: word.text != ";", ahead))

    def _quote_within_text(self, word: Word) -> None:
        """Report an unescaped quote within a text, as in `"say "yes" or "no" now"`, and skip the rest of the text."""
        self._report("quote-in-text", "a quote within a text ends it", 'write `\\"` for the quote', word)
        touches = True
        while touches:
            while self._next().kind not in {END, "text"} and not self._next().first:
                self.at += 1
            while self._next().kind == "text" and not self._next().first:
                self.at += 1
            last, following = self.words[self.at - 1], self._next()
            touches = following.start == last.start + len(last.text) and following.kind in {"name", "number", "decimal"}
