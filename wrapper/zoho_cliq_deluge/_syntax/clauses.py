"""Combine clauses to statements: `if` with its `else if` and `else`, `try` with its `catch`."""

from typing import Any

from lark import Token

from .. import tree
from .pieces import Clause, between, current_problems, report

_NO_BLOCK = tree.Block(())


def check_braces(keyword: Token, body: tree.Block) -> None:
    """Report a body that has no braces."""
    problems = current_problems.get()
    offset = body.span.offset
    if offset not in problems.unbraced:
        return
    problems.unbraced.discard(offset)
    if not problems.forget_stray_brace(keyword.column or 0, offset):
        problems.add("missing-braces", "a block stands in braces", "write `{ … }`", offset, offset + 1)
    else:
        problems.add("missing-braces", "the block does not begin with `{`", "add the missing `{`", offset, offset + 1)


def joined(items: list[Any]) -> tuple[Any, ...]:
    """Return the statements, with clauses combined: `if` with its `else if` and `else`, `try` with its `catch`."""
    joined: list[Any] = []
    position = 0
    while position < len(items):
        item = items[position]
        position += 1
        if isinstance(item, tree.Block):
            offset = item.span.offset
            problems = current_problems.get()
            if offset not in problems.forgiven and not problems.reported_between(offset, offset + 1):
                problems.forget_doubled_brace(offset)
                problems.add("lone-block", "a block belongs to no statement", "remove the braces", offset, offset + 1)
            continue
        if not isinstance(item, Clause):
            joined.append(item)
            continue
        following = []
        wanted = {"if": ("else if", "else"), "try": ("catch",)}.get(item.kind, ())
        while position < len(items) and isinstance(items[position], Clause) and items[position].kind in wanted:
            following.append(items[position])
            position += 1
            if following[-1].kind in {"else", "catch"}:
                break
        if item.kind == "if":
            joined.append(_if([item, *following]))
        elif item.kind == "try":
            behind = items[position] if position < len(items) else None
            joined.append(_try(item, following, isinstance(behind, Clause) and _is_finally(behind)))
        else:
            message = {
                "catch": ("lone-catch", "`catch` has no `try` before it", "write `try { … }` before it"),
            }.get(item.kind, ("lone-else", "`else` has no `if` before it", "write `if(…) { … }` right before it"))
            report(*message, item.keyword)
    return tuple(joined)


def _if(clauses: list[Clause]) -> tree.If:
    otherwise = clauses.pop().body if clauses[-1].kind == "else" else None
    branches = tuple(
        tree.Branch(each.condition, each.body, span=each.span) for each in clauses if each.condition is not None
    )
    return tree.If(branches, otherwise, span=between(clauses[0], otherwise or clauses[-1]))


def _is_finally(clause: Clause) -> bool:
    return clause.keyword.start_pos is not None and current_problems.get().has("finally", clause.keyword.start_pos)


def _try(clause: Clause, catches: list[Clause], is_reported: bool) -> tree.Try:
    if not catches and is_reported:
        return tree.Try(clause.body, tree.Name("e"), _NO_BLOCK, span=clause.span)
    if not catches:
        report("try-without-catch", "`try` has no `catch`", "add `catch (e) { … }` after the block", clause.keyword)
        return tree.Try(clause.body, tree.Name("e"), _NO_BLOCK, span=clause.span)
    catch = catches[0]
    assert catch.name is not None
    return tree.Try(clause.body, catch.name, catch.body, span=between(clause, catch))
