"""The grammar's callbacks for literals and names."""

import re
from decimal import Decimal
from typing import Any

from lark import Token, Transformer

from .. import tree
from .pieces import report, span_of

_ESCAPE = re.compile(r'\\(["\'\\nrt])')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_MONTH = "(?:[0-9]{1,2}|[A-Za-z]{3,9})"
_TIME = "[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?(?: ?[AaPp][Mm])?"
_DATE_TIME = re.compile(
    rf"(?:(?:[A-Za-z]{{3,9}}, ?)?(?:[0-9]{{1,4}}[-/. ]{_MONTH}[-/. ][0-9]{{1,4}}"
    rf"|[A-Za-z]{{3,9}} [0-9]{{1,2}}, ?[0-9]{{2,4}}"
    rf"|{_MONTH}[-/.][0-9]{{1,2}}[-/.][0-9]{{2,4}})(?:[ T]{_TIME})?|{_TIME})"
)


class Literals(Transformer[Token, Any]):
    """Build the nodes of literals and names."""

    def text(self, children: list[Any]) -> tree.Text:
        (token,) = children
        return tree.Text(_unescape(token[1:-1]), source=str(token), span=span_of(token))

    def single(self, children: list[Any]) -> tree.Text | tree.DateTime:
        (token,) = children
        held = token[1:-1]
        if _DATE_TIME.fullmatch(held):
            return tree.DateTime(held, span=span_of(token))
        return tree.Text(_unescape(held), source=str(token), span=span_of(token))

    def number(self, children: list[Any]) -> tree.Number:
        (token,) = children
        if len(token) > 400:
            report("bad-number", "the number has more than 400 digits", "write a shorter one", token)
            return tree.Number(0, source=str(token), span=span_of(token))
        return tree.Number(int(token) if token.lstrip("-").isdecimal() else 0, source=str(token), span=span_of(token))

    def decimal(self, children: list[Any]) -> tree.DecimalNumber:
        (token,) = children
        if len(token) > 400:
            report("bad-number", "the number has more than 400 digits", "write a shorter one", token)
            return tree.DecimalNumber(Decimal(0), source=str(token), span=span_of(token))
        return tree.DecimalNumber(Decimal(str(token)), source=str(token), span=span_of(token))

    def boolean(self, children: list[Any]) -> tree.Boolean:
        (token,) = children
        return tree.Boolean(token.lower() == "true", source=str(token), span=span_of(token))

    def null(self, children: list[Any]) -> tree.Null:
        (token,) = children
        return tree.Null(source=str(token), span=span_of(token))

    def name(self, children: list[Any]) -> tree.Name:
        (token,) = children
        return tree.Name(str(token), span=span_of(token))


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)
