"""Functions that several rules use to walk through the tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .. import tree

__all__ = [
    "OWNERS",
    "REQUEST_FUNCTIONS",
    "acts",
    "bare",
    "blocks",
    "expressions",
    "functions",
    "is_owned",
    "is_task",
    "own_statements",
    "statements",
]

OWNERS = frozenset({"thisapp", "standalone", "automation", "schedule", "button"})
"""Words before a dot that name the owner of a function instead of a variable."""

REQUEST_FUNCTIONS = frozenset({"geturl", "posturl", "invokeurl"})
"""Functions that send a request, in lower case."""


def functions(script: tree.Script) -> list[tree.Function]:
    """Return the functions that a script defines."""
    return [item for item in script.items if isinstance(item, tree.Function)]


def own_statements(script: tree.Script) -> list[tree.Statement]:
    """Return the statements that stand outside of functions."""
    return [item for item in script.items if not isinstance(item, tree.Function)]


def blocks(statement: tree.Statement) -> list[tree.Block]:
    """Return the blocks of a statement, in the order of the text."""
    match statement:
        case tree.If(branches, otherwise):
            return [*(branch.body for branch in branches), *([otherwise] if otherwise is not None else [])]
        case tree.ForEach():
            return [statement.body]
        case tree.Try():
            return [statement.body, statement.handler]
    return []


def expressions(statement: tree.Statement) -> list[tree.Node]:
    """Return the expressions of a statement, without those in its blocks, in the order of evaluation.

    They include the condition of each branch of an `if`, and the target of an assignment if it is a field.
    """
    match statement:
        case tree.Assign(target, operator, value):
            read = operator != "=" or isinstance(target, tree.Field)
            return [value, target] if read else [value]
        case tree.ExpressionStatement(value) | tree.Info(value) | tree.Throw(value):
            return [value]
        case tree.Return(value):
            return [] if value is None else [value]
        case tree.If(branches):
            return [branch.condition for branch in branches]
        case tree.ForEach():
            return [statement.iterable]
        case tree.Task(target, _, entries):
            values: list[tree.Node] = [entry.value for entry in entries]
            return [*values, target] if isinstance(target, tree.Field) else values
        case tree.Foreign(_, children):
            return list(children)
    return []


def statements(body: Sequence[tree.Statement]) -> Iterator[tree.Statement]:
    """Yield all statements of a body and of the blocks in it, in the order of the text."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        waiting.extend(inner for block in reversed(blocks(statement)) for inner in reversed(block.statements))


def bare(node: tree.Node) -> tree.Node:
    """Return an expression without the round brackets around it."""
    while isinstance(node, tree.Group):
        node = node.expression
    return node


def is_owned(node: tree.Call) -> bool:
    """Return whether a call names a function of another owner: `standalone.f()`, `thisapp.Folder.f()`."""
    owner = node.receiver
    while isinstance(owner, tree.Field):
        owner = owner.receiver
    return isinstance(owner, tree.Name) and owner.name in OWNERS


def is_task(node: tree.Node) -> bool:
    """Return whether an expression calls something outside the script: a task, a request, another owner's function."""
    if not isinstance(node, tree.Call):
        return False
    name = node.name.lower()
    if node.receiver is not None:
        return is_owned(node)
    return (name.startswith("zoho.") and not name.startswith("zoho.encryption.")) or name in REQUEST_FUNCTIONS


def acts(body: Sequence[tree.Statement]) -> bool:
    """Return whether statements have an effect outside the script: call tasks, send requests, change records."""
    for statement in statements(body):
        if isinstance(statement, tree.Task | tree.Foreign):
            return True
        for expression in expressions(statement):
            if any(is_task(node) or isinstance(node, tree.ForeignExpression) for node in tree.walk(expression)):
                return True
    return False
