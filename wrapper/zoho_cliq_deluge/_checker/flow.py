"""Report `break` outside loops, unreachable statements, and paths that end without a `return`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from .. import tree
from .findings import Report
from .handlers import HANDLERS, Handler
from .variables import all_assigned, all_read
from .walking import acts, functions, own_statements, statements

__all__ = ["check_flow"]

_OF_OTHERS = frozenset(
    name for handler in HANDLERS.values() for name in handler.variables - HANDLERS["scheduler"].variables
)


class _End(Enum):
    """How the execution of a block ends."""

    GOES_ON = 1
    LEAVES_LOOP = 2
    ENDS = 3


def check_flow(script: tree.Script, report: Report, handler: Handler, *, kind_is_known: bool) -> None:
    """Report `break` and `continue` outside loops, unreachable statements, and paths without a `return`."""
    for function in functions(script):
        ending = _block(function.body.statements, report, in_loop=False)
        has_value = function.type is not None and function.type.lower() != "void"
        if has_value and ending is not _End.ENDS:
            report.add(
                "no-return",
                function,
                f"the function `{function.name}` has to return a value of the type {function.type}, and can end "
                "without; write `return …;` at its end",
            )
    body = own_statements(script)
    ending = _block(body, report, in_loop=False)
    if not handler.answers or (not body and functions(script)):
        return
    if not any(isinstance(each, tree.Return) and each.value is not None for each in statements(body)):
        if not (body and isinstance(body[-1], tree.Throw)):
            _report_no_return(script, body, report, kind_is_known=kind_is_known)
    elif ending is not _End.ENDS:
        last = body[-1]
        report.add(
            "no-return",
            last,
            "the script answers on some ways, and can end behind this statement without; write `return Map();` there",
        )


def _report_no_return(
    script: tree.Script, body: Sequence[tree.Statement], report: Report, *, kind_is_known: bool
) -> None:
    may_be_scheduler = not kind_is_known and _looks_like_scheduler(body)
    place = body[-1] if body else script
    if may_be_scheduler:
        message = "the script never answers; write `return Map();` at its end, or check it as a scheduler's"
    else:
        message = "the script never answers; write `return Map();` at its end, or return a message"
    report.add("no-return", place, message, severity="warning" if may_be_scheduler else "error")


def _looks_like_scheduler(body: Sequence[tree.Statement]) -> bool:
    """Return whether statements have an effect, and use only variables that schedulers have."""
    return acts(body) and not (all_read(body) - all_assigned(body)) & _OF_OTHERS


def _block(body: Sequence[tree.Statement], report: Report, *, in_loop: bool) -> _End:
    ending = _End.GOES_ON
    reported = False
    for number, statement in enumerate(body):
        is_last_return = number == len(body) - 1 > 0 and isinstance(statement, tree.Return)
        if is_last_return and isinstance(body[number - 1], tree.If | tree.Try | tree.Throw):
            pass  # Zoho's editor requires a `return` at the end, even where it is unreachable
        elif ending is not _End.GOES_ON and not reported:
            report.add(
                "unreachable-code",
                statement,
                "this statement can never run; remove it, or move it before what ends the block",
            )
            reported = True
        found = _statement(statement, report, in_loop=in_loop)
        if ending is _End.GOES_ON:
            ending = found
    return ending


def _statement(statement: tree.Statement, report: Report, *, in_loop: bool) -> _End:
    match statement:
        case tree.Return() | tree.Throw():
            return _End.ENDS
        case tree.Break() | tree.Continue():
            if in_loop:
                return _End.LEAVES_LOOP
            word = "break" if isinstance(statement, tree.Break) else "continue"
            report.add(
                "outside-loop",
                statement,
                f"`{word}` stands outside a loop; move it into `for each`, or write `return` to end the script",
            )
            return _End.GOES_ON
        case tree.If(branches, otherwise):
            ways = [_block(branch.body.statements, report, in_loop=in_loop) for branch in branches]
            ways.append(_End.GOES_ON if otherwise is None else _block(otherwise.statements, report, in_loop=in_loop))
            return min(ways, key=lambda way: way.value)
        case tree.ForEach():
            _block(statement.body.statements, report, in_loop=True)
            return _End.GOES_ON
        case tree.Try():
            tried = _block(statement.body.statements, report, in_loop=in_loop)
            caught = _block(statement.handler.statements, report, in_loop=in_loop)
            return min(tried, caught, key=lambda way: way.value)
    return _End.GOES_ON
