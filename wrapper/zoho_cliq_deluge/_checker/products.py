"""Report what exists in Zoho Creator and other services but not in Cliq."""

from __future__ import annotations

from .. import tree
from .._functions.library import FUNCTIONS
from .findings import Report
from .walking import functions, own_statements

__all__ = ["check_products"]

_INSTEAD = {
    "insert into": "keep records with `zoho.cliq.createRecord`",
    "delete from": "remove records with `zoho.cliq.deleteRecord`",
    "fetch records": "read records with `zoho.cliq.getRecords`",
    "alert": "return a banner",
}
_WORDS = frozenset({"input", "thisapp"})


def check_products(script: tree.Script, report: Report) -> None:
    """Report what does not exist in Cliq."""
    assigned = {
        node.target.name
        for node in tree.walk(script)
        if isinstance(node, tree.Assign | tree.Task) and isinstance(node.target, tree.Name)
    } | {parameter.name for function in functions(script) for parameter in function.parameters}
    told: set[int] = set()
    for node in tree.walk(script):
        match node:
            case tree.Foreign(kind, children):
                told.update(id(child) for child in children if isinstance(child, tree.ForeignExpression))
                _report(node, f"`{kind}`", _INSTEAD.get(kind, "remove it"), report)
            case tree.ForeignExpression(kind) if id(node) not in told:
                shown = "`Form[criteria]`" if kind == "fetch records" else f"`{kind}`"
                _report(node, shown, _INSTEAD.get(kind, "remove it"), report)
            case tree.Name(name) if name in _WORDS and name not in assigned:
                hint = (
                    "use the handler's variables" if name == "input" else "put the statements here, or call an address"
                )
                _report(node, f"`{name}`", hint, report)
            case tree.Call(None, name) if name.lower() == "openurl" and name.lower() not in FUNCTIONS:
                _report(node, f"`{name}`", "return a button whose action is `open.url`", report)
    for function in functions(script):
        if function.type is None:
            report.add(
                "function-in-handler",
                function,
                f"the function `{function.name}` has no type, and a handler has no functions; write its statements "
                "alone",
            )
        elif own_statements(script):
            report.add(
                "function-in-handler",
                function,
                f"`{function.name}` is a function beside a handler's statements, which Cliq does not have; write its "
                "statements where they are needed",
            )


def _report(node: tree.Node, shown: str, hint: str, report: Report) -> None:
    report.add("not-in-cliq", node, f"{shown} is part of Zoho Creator, and Cliq does not have it; {hint}")
