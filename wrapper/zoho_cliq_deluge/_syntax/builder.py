"""Build the typed tree from the grammar's rules, and report the mistakes that only the tree shows."""

from typing import Any

from lark import Token

from .. import tree
from .clauses import check_braces, joined
from .expressions import Expressions
from .pieces import Clause, TaskValue, between, current_problems, report, span_of, value_of

_PRINTERS = frozenset({"print", "println", "printf", "echo", "puts"})
_PRINTING_CALLS = frozenset({("console", "log"), ("console", "error"), ("out", "println"), ("Console", "WriteLine")})


class Builder(Expressions):
    """The callbacks of the grammar: each builds a node from the children of its rule."""

    # Statements

    def expression_statement(self, children: list[Any]) -> tree.Statement:
        value, end = children
        span = between(value, end)
        if isinstance(value, TaskValue):
            return tree.Task(None, str(value.name), value.entries, name_span=span_of(value.name), span=span)
        if isinstance(value, tree.ForeignExpression):
            return tree.Foreign(value.kind, (value,), span=span)
        if isinstance(value, tree.Call):
            owner = value.receiver
            is_printer = owner is None and value.name in _PRINTERS
            if isinstance(owner, tree.Name | tree.Field):
                is_printer = (owner.name, value.name) in _PRINTING_CALLS
            if is_printer:
                shown = f"{owner.name}.{value.name}" if isinstance(owner, tree.Name) else value.name
                report("print", f"Deluge has no `{shown}`", "write `info value;`", value)
        if isinstance(value, tree.Binary) and value.operator == "==":
            current_problems.get().forget("task-as-value", value.right.span.offset)
            report("comparison-statement", "a comparison alone does nothing", "assign with `=`", value)
        return tree.ExpressionStatement(value, span=span)

    def assign(self, children: list[Any]) -> tree.Statement:
        target, operator, value, end = children
        span = between(target, end)
        target = _target(target)
        if isinstance(value, TaskValue) and operator == "=":
            return tree.Task(target, str(value.name), value.entries, name_span=span_of(value.name), span=span)
        return tree.Assign(target, str(operator), value_of(value), span=span)

    def declare(self, children: list[Any]) -> tree.Statement:
        kind, target, operator, value, end = children
        if isinstance(value, TaskValue):
            return self.assign(children[1:])
        return tree.Assign(_target(target), str(operator), value_of(value), str(kind), span=between(kind, end))

    def step(self, children: list[Any]) -> tree.Statement:
        step = children[0] if isinstance(children[0], Token) else children[1]
        target = children[1] if isinstance(children[0], Token) else children[0]
        report("step", f"Deluge has no `{step}`", f"write `x = x {step[0]} 1;`", step)
        return tree.Assign(_target(target), f"{step[0]}=", tree.Number(1), span=between(target, target))

    def info(self, children: list[Any]) -> tree.Info:
        keyword, value, end = children
        return tree.Info(value_of(value), span=between(keyword, end))

    def return_(self, children: list[Any]) -> tree.Return:
        keyword, value, end = children
        return tree.Return(None if value is None else value_of(value), span=between(keyword, end))

    def throw(self, children: list[Any]) -> tree.Throw:
        keyword, value, end = children
        return tree.Throw(value_of(value), span=between(keyword, end))

    def break_(self, children: list[Any]) -> tree.Break:
        return tree.Break(span=between(children[0], children[-1]))

    def continue_(self, children: list[Any]) -> tree.Continue:
        return tree.Continue(span=between(children[0], children[-1]))

    def delete(self, children: list[Any]) -> tree.Foreign:
        keyword, value, end = children
        return tree.Foreign("delete from", (value_of(value),), span=between(keyword, end))

    def foreign(self, children: list[Any]) -> tree.Foreign:
        keyword, value, end = children
        return tree.Foreign(keyword.lower(), (value_of(value),), span=between(keyword, end))

    def cancel(self, children: list[Any]) -> tree.Foreign:
        keyword, end = children
        return tree.Foreign(" ".join(keyword.lower().split()), (), span=between(keyword, end))

    def if_(self, children: list[Any]) -> Clause:
        keyword, condition, body = children
        check_braces(keyword, body)
        return Clause("if", keyword, body, _condition(keyword, condition))

    def else_if(self, children: list[Any]) -> Clause:
        keyword, condition, body = children
        check_braces(keyword, body)
        return Clause("else if", keyword, body, _condition(keyword, condition))

    def else_(self, children: list[Any]) -> Clause:
        keyword, body = children
        check_braces(keyword, body)
        return Clause("else", keyword, body)

    def try_(self, children: list[Any]) -> Clause:
        keyword, body = children
        check_braces(keyword, body)
        return Clause("try", keyword, body)

    def catch(self, children: list[Any]) -> Clause:
        keyword, _, name, _, body = children
        check_braces(keyword, body)
        if name is None:
            if keyword == "catch":
                report("catch-name", "`catch` names no variable for the error", "write `catch (e)`", keyword)  # pyright: ignore[reportArgumentType]
            return Clause("catch", keyword, body, None, tree.Name("e", span=span_of(keyword)))  # pyright: ignore[reportArgumentType]
        return Clause("catch", keyword, body, None, tree.Name(str(name), span=span_of(name)))

    def for_each(self, children: list[Any]) -> tree.ForEach:
        keyword, name, _, value, body = children
        check_braces(keyword, body)
        variable = tree.Name(str(name), span=span_of(name))
        return tree.ForEach(
            variable, value_of(value), body, index=keyword.type == "FOREACHINDEX", span=between(keyword, body)
        )

    # Blocks

    def body(self, children: list[Any]) -> tree.Block:
        if len(children) == 1:
            block: tree.Block = children[0]
            return block
        statement = children[1]
        if isinstance(statement, tree.Block):
            return statement
        current_problems.get().unbraced.add(statement.span.offset)
        return tree.Block(joined([statement]), span=between(statement, statement))

    def block(self, children: list[Any]) -> tree.Block:
        opening, *statements, closing = children
        for each in statements:
            if isinstance(each, tree.Function):
                report("inner-function", "a function stands in a block", "move it out of the block", each, each)
        return tree.Block(joined(statements), span=between(opening, closing))

    def parameter(self, children: list[Any]) -> tree.Parameter:
        first, second, equals, default = children
        if equals is not None:
            report("parameter-default", "a parameter has no default value", "remove it", equals, default)
        span = between(first, second or first)
        return (
            tree.Parameter(str(first), str(second), span=span)
            if second
            else tree.Parameter(None, str(first), span=span)
        )

    def parameters(self, children: list[Any]) -> tuple[tree.Parameter, ...]:
        return tuple(children[::2])

    def function(self, children: list[Any]) -> tree.Function:
        kind, name, _, parameters, _, body = children
        check_braces(kind or name, body)
        return tree.Function(
            None if kind is None else str(kind),
            "".join(name.split()),
            parameters or (),
            body,
            span=between(kind or name, body),
        )

    def script(self, children: list[Any]) -> tuple[Any, ...]:
        return joined(children)


def _target(node: Any) -> tree.Name | tree.Field:
    if isinstance(node, tree.Name | tree.Field):
        return node
    if isinstance(node, tree.Call) and node.name == "get" and node.receiver is not None:
        hint = "write `map.put(key,value)`"
    else:
        hint = "write a variable on the left of `=`"
    if not current_problems.get().reported_between(node.span.offset, node.span.end_offset):
        report("assignment-target", "this cannot be assigned to", hint, node)
    return tree.Name("_", span=node.span)


def _condition(keyword: Token, node: Any) -> Any:
    if isinstance(node, tree.Group):
        return node.expression
    node = value_of(node)
    if keyword == "else":
        return node  # the condition of `else` is reported as a whole
    report("condition-brackets", "the condition stands in round brackets", "write `if(condition)`", node)
    return node
