"""Report `&&` mixed with `||`, dates that do not exist, and literal record ids."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

from .. import tree
from .._values.budget import Budget
from .._values.context import Context
from .._values.conversion import as_moment
from ..failures import Failure
from ..policies import Policies
from .findings import Report

__all__ = ["check_literals"]

_LOGICAL = ("&&", "||")
_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{15,20}(?![0-9A-Za-z])")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{1,2}")


def check_literals(script: tree.Script, report: Report) -> None:
    """Report mixed logical operators, dates that do not exist, and literal record ids."""
    context = Context(Policies(), lambda: datetime(2026, 1, 1, tzinfo=UTC), random.Random(0), Budget(1 << 26, None))
    inner: set[int] = set()
    for node in tree.walk(script):
        match node:
            case tree.Binary(left, operator, right) if operator in _LOGICAL:
                other = [each for each in (left, right) if _is_other(each, operator)]
                if other and id(node) not in inner:
                    _mixed(node, report)
                if other or id(node) in inner:
                    inner.update(id(each) for each in (left, right) if isinstance(each, tree.Binary))
            case tree.DateTime(text):
                _date(node, text, context, report)
            case tree.Number() if len(node.source.lstrip("-")) >= 15:
                _fixed_id(node, report)
            case tree.Text(value) if _LONG_NUMBER.search(value):
                _fixed_id(node, report)


def _is_other(node: tree.Node, operator: str) -> bool:
    return isinstance(node, tree.Binary) and node.operator in _LOGICAL and node.operator != operator


def _mixed(node: tree.Binary, report: Report) -> None:
    report.add(
        "mixed-logic",
        node.operator_span,
        "`&&` and `||` are mixed without brackets; Cliq takes `&&` first and Zoho Creator `||`: write the brackets",
    )


def _fixed_id(node: tree.Node, report: Report) -> None:
    report.add(
        "fixed-id",
        node,
        "this number of 15 or more digits looks like the id of a record, which differs in every organization; read it "
        "from a database, or keep it in one place",
    )


def _date(node: tree.DateTime, text: str, context: Context, report: Report) -> None:
    if _TIME.match(text):
        report.add(
            "not-in-cliq",
            node,
            f"'{text}' is a time without a date, which Zoho Creator has, and Cliq does not; write the date, too",
        )
        return
    try:
        as_moment(context, text)
    except Failure:
        report.add("bad-date", node, f"'{text}' is no date; write one that exists, like '31-Dec-2026 23:59:59'")
