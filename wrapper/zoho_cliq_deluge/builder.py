"""Make the typed tree of what the grammar has read, and report what only the tree shows to be wrong."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from lark import Token, Transformer

from . import tree
from .problems import Problems

MAXIMUM_CHAIN = 1000
"""How many operators, or fields and calls, one chain may have."""

current_problems: ContextVar[Problems] = ContextVar("current_problems")

_LEVELS = {
    **dict.fromkeys(("*", "/", "%"), 6),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("<", "<=", ">", ">="), 4),
    **dict.fromkeys(("==", "!="), 3),
    "&&": 2,
    "||": 1,
}
_ESCAPE = re.compile(r'\\(["\'\\nrt])')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_MONTH = "(?:[0-9]{1,2}|[A-Za-z]{3,9})"
_TIME = "[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?(?: ?[AaPp][Mm])?"
_DATE_TIME = re.compile(
    rf"(?:(?:[A-Za-z]{{3,9}}, ?)?(?:[0-9]{{1,4}}[-/. ]{_MONTH}[-/. ][0-9]{{1,4}}"
    rf"|[A-Za-z]{{3,9}} [0-9]{{1,2}}, ?[0-9]{{2,4}}"
    rf"|{_MONTH}[-/.][0-9]{{1,2}}[-/.][0-9]{{2,4}})(?:[ T]{_TIME})?|{_TIME})"
)
_SYSTEM_VARIABLES = frozenset(
    "adminuser adminuserid appname appuri currentdate currenttime device.type ipaddress loginuser loginuserid "
    "loginuserrole loginuser.name organizationid"
    "".split()
)
_PRINTERS = frozenset({"print", "println", "printf", "echo", "puts"})
_PRINTING_CALLS = frozenset({("console", "log"), ("console", "error"), ("out", "println"), ("Console", "WriteLine")})
_NO_BLOCK = tree.Block(())


@dataclass(frozen=True, slots=True)
class _Clause:
    """`if`, `else if`, `else`, `try` or `catch`, before they are joined to a statement."""

    kind: str
    keyword: Token
    body: tree.Block
    condition: "tree.Expression | None" = None
    name: tree.Name | None = None

    @property
    def span(self) -> tree.Span:
        return _between(self.keyword, self.body)


@dataclass(frozen=True, slots=True)
class _TaskValue(tree.Node):
    """A task where a value stands, before it is known whether it may stand there."""

    name: Token
    entries: tuple[tree.TaskEntry, ...]


@dataclass(frozen=True, slots=True)
class _Suffix:
    kind: str
    first: Token
    last: Token
    name: Token | None = None
    arguments: "tuple[tree.Expression | tree.Pair, ...]" = ()
    value: "tree.Expression | None" = None
    words: tuple[str, ...] = ()


_Placed: TypeAlias = Token | tree.Node | _Clause


def _between(first: _Placed, last: _Placed) -> tree.Span:
    if isinstance(first, Token):
        line, column, start = first.line, first.column, first.start_pos
    else:
        line, column, start = first.span.line, first.span.column, first.span.offset
    if isinstance(last, Token):
        end_line, end_column, end = last.end_line, last.end_column, last.end_pos
    else:
        end_line, end_column, end = last.span.end_line, last.span.end_column, last.span.end_offset
    return tree.Span(line, column, end_line, end_column, start, end)  # type: ignore[arg-type]


def _of(token: Token) -> tree.Span:
    return tree.Span(token.line, token.column, token.end_line, token.end_column, token.start_pos, token.end_pos)  # type: ignore[arg-type]


def _report(code: str, message: str, hint: str, first: _Placed, last: _Placed | None = None) -> None:
    span = _between(first, last or first)
    current_problems.get().add(code, message, hint, span.offset, span.end_offset)


class Builder(Transformer[Token, Any]):
    """The callbacks of the grammar: each makes a node of the children of a rule."""

    # Literals and names

    def text(self, children: list[Any]) -> tree.Text:
        (token,) = children
        return tree.Text(_unescape(token[1:-1]), source=str(token), span=_of(token))

    def single(self, children: list[Any]) -> tree.Text | tree.DateTime:
        (token,) = children
        held = token[1:-1]
        if _DATE_TIME.fullmatch(held):
            return tree.DateTime(held, span=_of(token))
        return tree.Text(_unescape(held), source=str(token), span=_of(token))

    def number(self, children: list[Any]) -> tree.Number:
        (token,) = children
        if len(token) > 400:
            _report("bad-number", "the number has more than 400 digits", "write a shorter one", token)
            return tree.Number(0, source=str(token), span=_of(token))
        return tree.Number(int(token) if token.lstrip("-").isdecimal() else 0, source=str(token), span=_of(token))

    def decimal(self, children: list[Any]) -> tree.DecimalNumber:
        (token,) = children
        if len(token) > 400:
            _report("bad-number", "the number has more than 400 digits", "write a shorter one", token)
            return tree.DecimalNumber(Decimal(0), source=str(token), span=_of(token))
        return tree.DecimalNumber(Decimal(str(token)), source=str(token), span=_of(token))

    def boolean(self, children: list[Any]) -> tree.Boolean:
        (token,) = children
        return tree.Boolean(token.lower() == "true", source=str(token), span=_of(token))

    def null(self, children: list[Any]) -> tree.Null:
        (token,) = children
        return tree.Null(source=str(token), span=_of(token))

    def name(self, children: list[Any]) -> tree.Name:
        (token,) = children
        return tree.Name(str(token), span=_of(token))

    # Expressions

    def items(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(_value(each) for each in children[::2])

    def pair(self, children: list[Any]) -> tree.Pair:
        key, _, value = children
        return tree.Pair(_value(key), _value(value), span=_between(key, value))

    def call(self, children: list[Any]) -> tree.Call:
        name, _, arguments, closing = children
        return tree.Call(None, str(name), arguments or (), name_span=_of(name), span=_between(name, closing))

    def typed_list(self, children: list[Any]) -> tree.TypedList:
        name, _, arguments, closing = children
        word, _, element = name.partition(":")
        return tree.TypedList(word.strip(), element.strip(), arguments or (), span=_between(name, closing))

    def group(self, children: list[Any]) -> tree.Group:
        opening, value, closing = children
        return tree.Group(_value(value), span=_between(opening, closing))

    def braces(self, children: list[Any]) -> Any:
        opening, items, closing = children
        span = _between(opening, closing)
        if not items:
            return tree.Empty(span=span)
        pairs = [each for each in items if isinstance(each, tree.Pair)]
        if not pairs:
            return tree.ListLiteral(items, span=span)
        if len(pairs) < len(items):
            odd = next(each for each in items if not isinstance(each, tree.Pair))
            _report(
                "mixed-braces",
                "in a map every value has a key",
                "write `key:value`, or leave out all keys for a list",
                odd,
            )
        return tree.MapLiteral(tuple(pairs), span=span)

    def squares(self, children: list[Any]) -> tree.ListLiteral:
        opening, items, closing = children
        for each in items or ():
            if isinstance(each, tree.Pair):
                _report("pair-in-list", "a list has no keys", "write a map in braces: `{key:value}`", each)
                break
        return tree.ListLiteral(items or (), square=True, span=_between(opening, closing))

    def entry(self, children: list[Any]) -> tree.TaskEntry:
        key, value = children[0], _value(children[2])
        if len(children) == 5:
            last = _value(children[4])
            value = tree.Pair(value, last, span=_between(value, last))
        return tree.TaskEntry(" ".join(key.split()), value, span=_between(key, value))

    def task(self, children: list[Any]) -> _TaskValue:
        name, _, *entries, closing = children
        return _TaskValue(name, tuple(entries), span=_between(name, closing))

    def insert(self, children: list[Any]) -> tree.ForeignExpression:
        words, form, _, *entries, closing = children
        name = tree.Name(str(form), span=_of(form))
        return tree.ForeignExpression("insert into", (name, *entries), span=_between(words, closing))

    def field_suffix(self, children: list[Any]) -> _Suffix:
        dot, name = children
        return _Suffix("field", dot, name, name)

    def call_suffix(self, children: list[Any]) -> _Suffix:
        dot, name, _, arguments, closing = children
        return _Suffix("call", dot, closing, name, arguments or ())

    def index_suffix(self, children: list[Any]) -> _Suffix:
        opening, value, closing, words = children
        spelled = (" ".join(words.split()),) if words else ()
        return _Suffix("index", opening, words or closing, None, (), _value(value), spelled)

    def postfix(self, children: list[Any]) -> Any:
        if len(children) == 1:
            return children[0]
        node, *suffixes = children
        if len(suffixes) > MAXIMUM_CHAIN:
            _report(
                "too-deep",
                f"more than {MAXIMUM_CHAIN} calls and fields in one chain",
                "use a variable in between",
                suffixes[0].first,
            )
            return node
        if isinstance(node, tree.Name) and node.name.lower() == "zoho":
            node, suffixes = _system(node, suffixes)
        node = _value(node)
        first = node
        for suffix in suffixes:
            span = _between(first, suffix.last)
            if suffix.kind == "field":
                node = tree.Field(node, str(suffix.name), span=span)
            elif suffix.kind == "call":
                node = tree.Call(node, str(suffix.name), suffix.arguments, name_span=_of(suffix.name), span=span)  # pyright: ignore[reportArgumentType]
            elif _is_criteria(suffix.value) and isinstance(node, tree.Name | tree.Field):
                node = tree.ForeignExpression("fetch records", (node, suffix.value), suffix.words, span=span)  # pyright: ignore[reportArgumentType]
            else:
                _report(
                    "index", "an element is not read with brackets", "write `.get(index)`", suffix.first, suffix.last
                )
                node = tree.Call(node, "get", (suffix.value,), span=span)  # pyright: ignore[reportArgumentType]
        return node

    def unary(self, children: list[Any]) -> tree.Unary:
        operator, operand = children
        return tree.Unary(str(operator), _value(operand), span=_between(operator, operand))

    def expression(self, children: list[Any]) -> Any:
        if len(children) == 1:
            return children[0]
        if len(children) > 2 * MAXIMUM_CHAIN:
            _report(
                "too-deep",
                f"more than {MAXIMUM_CHAIN} operators in one chain",
                "use a variable in between",
                children[1],
            )
            return children[0]
        operands: list[Any] = [_value(children[0])]
        operators: list[Token] = []

        def fold() -> None:
            operator, right = operators.pop(), operands.pop()
            left = operands[-1]
            operands[-1] = tree.Binary(
                left, str(operator), right, operator_span=_of(operator), span=_between(left, right)
            )

        for position in range(1, len(children), 2):
            operator = children[position]
            level = _LEVELS[operator]
            while operators and _LEVELS[operators[-1]] >= level:
                fold()
            operators.append(operator)
            operands.append(_value(children[position + 1]))
        while operators:
            fold()
        return operands[0]

    def ternary(self, children: list[Any]) -> tree.Call:
        condition, mark, chosen, _, other = children
        _report("ternary", "Deluge has no `?:`", "write `if(condition,a,b)`", mark)
        arguments = (_value(condition), _value(chosen), _value(other))
        return tree.Call(None, "if", arguments, span=_between(condition, other))

    # Statements

    def expression_statement(self, children: list[Any]) -> tree.Statement:
        value, end = children
        span = _between(value, end)
        if isinstance(value, _TaskValue):
            return tree.Task(None, str(value.name), value.entries, name_span=_of(value.name), span=span)
        if isinstance(value, tree.ForeignExpression):
            return tree.Foreign(value.kind, (value,), span=span)
        if isinstance(value, tree.Call):
            owner = value.receiver
            is_printer = owner is None and value.name in _PRINTERS
            if isinstance(owner, tree.Name | tree.Field):
                is_printer = (owner.name, value.name) in _PRINTING_CALLS
            if is_printer:
                shown = f"{owner.name}.{value.name}" if isinstance(owner, tree.Name) else value.name
                _report("print", f"Deluge has no `{shown}`", "write `info value;`", value)
        if isinstance(value, tree.Binary) and value.operator == "==":
            _report("comparison-statement", "a comparison alone does nothing", "assign with `=`", value)
        return tree.ExpressionStatement(value, span=span)

    def assign(self, children: list[Any]) -> tree.Statement:
        target, operator, value, end = children
        span = _between(target, end)
        target = _target(target)
        if isinstance(value, _TaskValue) and operator == "=":
            return tree.Task(target, str(value.name), value.entries, name_span=_of(value.name), span=span)
        return tree.Assign(target, str(operator), _value(value), span=span)

    def declare(self, children: list[Any]) -> tree.Statement:
        kind, target, operator, value, end = children
        if isinstance(value, _TaskValue):
            return self.assign(children[1:])
        return tree.Assign(_target(target), str(operator), _value(value), str(kind), span=_between(kind, end))

    def step(self, children: list[Any]) -> tree.Statement:
        step = children[0] if isinstance(children[0], Token) else children[1]
        target = children[1] if isinstance(children[0], Token) else children[0]
        _report("step", f"Deluge has no `{step}`", f"write `x = x {step[0]} 1;`", step)
        return tree.Assign(_target(target), f"{step[0]}=", tree.Number(1), span=_between(target, target))

    def info(self, children: list[Any]) -> tree.Info:
        keyword, value, end = children
        return tree.Info(_value(value), span=_between(keyword, end))

    def return_(self, children: list[Any]) -> tree.Return:
        keyword, value, end = children
        return tree.Return(None if value is None else _value(value), span=_between(keyword, end))

    def throw(self, children: list[Any]) -> tree.Throw:
        keyword, value, end = children
        return tree.Throw(_value(value), span=_between(keyword, end))

    def break_(self, children: list[Any]) -> tree.Break:
        return tree.Break(span=_between(children[0], children[-1]))

    def continue_(self, children: list[Any]) -> tree.Continue:
        return tree.Continue(span=_between(children[0], children[-1]))

    def delete(self, children: list[Any]) -> tree.Foreign:
        keyword, value, end = children
        return tree.Foreign("delete from", (_value(value),), span=_between(keyword, end))

    def foreign(self, children: list[Any]) -> tree.Foreign:
        keyword, value, end = children
        return tree.Foreign(keyword.lower(), (_value(value),), span=_between(keyword, end))

    def cancel(self, children: list[Any]) -> tree.Foreign:
        keyword, end = children
        return tree.Foreign(" ".join(keyword.lower().split()), (), span=_between(keyword, end))

    def if_(self, children: list[Any]) -> _Clause:
        keyword, condition, body = children
        _check_braces(keyword, body)
        return _Clause("if", keyword, body, _condition(keyword, condition))

    def else_if(self, children: list[Any]) -> _Clause:
        keyword, condition, body = children
        _check_braces(keyword, body)
        return _Clause("else if", keyword, body, _condition(keyword, condition))

    def else_(self, children: list[Any]) -> _Clause:
        keyword, body = children
        _check_braces(keyword, body)
        return _Clause("else", keyword, body)

    def try_(self, children: list[Any]) -> _Clause:
        keyword, body = children
        _check_braces(keyword, body)
        return _Clause("try", keyword, body)

    def catch(self, children: list[Any]) -> _Clause:
        keyword, _, name, _, body = children
        _check_braces(keyword, body)
        if name is None:
            if keyword == "catch":
                _report("catch-name", "`catch` names no variable for the error", "write `catch (e)`", keyword)  # pyright: ignore[reportArgumentType]
            return _Clause("catch", keyword, body, None, tree.Name("e", span=_of(keyword)))  # pyright: ignore[reportArgumentType]
        return _Clause("catch", keyword, body, None, tree.Name(str(name), span=_of(name)))

    def for_each(self, children: list[Any]) -> tree.ForEach:
        keyword, name, _, value, body = children
        _check_braces(keyword, body)
        variable = tree.Name(str(name), span=_of(name))
        return tree.ForEach(
            variable, _value(value), body, index=keyword.type == "FOREACHINDEX", span=_between(keyword, body)
        )

    # Blocks

    def body(self, children: list[Any]) -> tree.Block:
        if len(children) == 1:
            block: tree.Block = children[0]
            return block
        mark, statement = children
        if isinstance(statement, tree.Block):
            return statement
        if mark == "":
            current_problems.get().unbraced.add(statement.span.offset)
        return tree.Block(_joined([statement]), span=_between(statement, statement))

    def block(self, children: list[Any]) -> tree.Block:
        opening, *statements, closing = children
        for each in statements:
            if isinstance(each, tree.Function):
                _report("inner-function", "a function stands in a block", "move it out of the block", each, each)
        return tree.Block(_joined(statements), span=_between(opening, closing))

    def parameter(self, children: list[Any]) -> tree.Parameter:
        first, second, equals, default = children
        if equals is not None:
            _report("parameter-default", "a parameter has no default value", "remove it", equals, default)
        span = _between(first, second or first)
        return (
            tree.Parameter(str(first), str(second), span=span)
            if second
            else tree.Parameter(None, str(first), span=span)
        )

    def parameters(self, children: list[Any]) -> tuple[tree.Parameter, ...]:
        return tuple(children[::2])

    def function(self, children: list[Any]) -> tree.Function:
        kind, name, _, parameters, _, body = children
        _check_braces(kind or name, body)
        return tree.Function(
            None if kind is None else str(kind),
            "".join(name.split()),
            parameters or (),
            body,
            span=_between(kind or name, body),
        )

    def script(self, children: list[Any]) -> tuple[Any, ...]:
        return _joined(children)


def _check_braces(keyword: Token, body: tree.Block) -> None:
    problems = current_problems.get()
    offset = body.span.offset
    if offset not in problems.unbraced:
        return
    problems.unbraced.discard(offset)
    if not problems.forget_stray_brace(keyword.column or 0, offset):
        problems.add("missing-braces", "a block stands in braces", "write `{ … }`", offset, offset + 1)
    else:
        problems.add("missing-braces", "the block does not begin with `{`", "add the missing `{`", offset, offset + 1)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def _value(node: Any) -> Any:
    """Return a node that may stand where a value is needed; a task may not."""
    if isinstance(node, _TaskValue):
        _report("task-as-value", "a task is no value", f"assign it first: `x = {node.name} [ … ];`", node.name)
        return tree.Null(span=node.span)
    return node


def _target(node: Any) -> tree.Name | tree.Field:
    if isinstance(node, tree.Name | tree.Field):
        return node
    if isinstance(node, tree.Call) and node.name == "get" and node.receiver is not None:
        hint = "write `map.put(key,value)`"
    else:
        hint = "write a variable on the left of `=`"
    if not current_problems.get().reported_between(node.span.offset, node.span.end_offset):
        _report("assignment-target", "this cannot be assigned to", hint, node)
    return tree.Name("_", span=node.span)


def _condition(keyword: Token, node: Any) -> Any:
    if isinstance(node, tree.Group):
        return node.expression
    node = _value(node)
    _report("condition-brackets", "the condition stands in round brackets", "write `if(condition)`", node)
    return node


def _is_criteria(node: Any) -> bool:
    while isinstance(node, tree.Group):
        node = node.expression
    return isinstance(node, tree.Binary) and _LEVELS[node.operator] <= 4


def _system(zoho: tree.Name, suffixes: list[_Suffix]) -> tuple[Any, list[_Suffix]]:
    """Join `zoho` with the names behind it: a variable of the system, or a task of an integration."""
    names: list[str] = []
    for count, suffix in enumerate(suffixes, 1):
        if suffix.name is None:
            break
        names.append(str(suffix.name))
        path = ".".join([zoho.name, *names])
        if suffix.kind == "call":
            span = _between(zoho, suffix.last)
            names_span = _between(zoho, suffix.name)
            return tree.Call(None, path, suffix.arguments, name_span=names_span, span=span), suffixes[count:]
        if ".".join(names).lower() in _SYSTEM_VARIABLES:
            return tree.SystemVariable(path, span=_between(zoho, suffix.last)), suffixes[count:]
    if not names:
        return zoho, suffixes
    path = ".".join([zoho.name, *names])
    return tree.SystemVariable(path, span=_between(zoho, suffixes[len(names) - 1].last)), suffixes[len(names) :]


def _joined(items: list[Any]) -> tuple[Any, ...]:
    """Join the clauses among statements: `if` with its `else if` and `else`, `try` with its `catch`."""
    joined: list[Any] = []
    position = 0
    while position < len(items):
        item = items[position]
        position += 1
        if isinstance(item, tree.Block):
            offset = item.span.offset
            problems = current_problems.get()
            if offset not in problems.forgiven and not problems.reported_between(offset, offset + 1):
                problems.add("lone-block", "a block belongs to no statement", "remove the braces", offset, offset + 1)
            continue
        if not isinstance(item, _Clause):
            joined.append(item)
            continue
        following = []
        wanted = {"if": ("else if", "else"), "try": ("catch",)}.get(item.kind, ())
        while position < len(items) and isinstance(items[position], _Clause) and items[position].kind in wanted:
            following.append(items[position])
            position += 1
            if following[-1].kind in {"else", "catch"}:
                break
        if item.kind == "if":
            joined.append(_if([item, *following]))
        elif item.kind == "try":
            joined.append(_try(item, following))
        else:
            message = {
                "catch": ("lone-catch", "`catch` has no `try` before it", "write `try { … }` before it"),
            }.get(item.kind, ("lone-else", "`else` has no `if` before it", "write `if(…) { … }` right before it"))
            _report(*message, item.keyword)
    return tuple(joined)


def _if(clauses: list[_Clause]) -> tree.If:
    otherwise = clauses.pop().body if clauses[-1].kind == "else" else None
    branches = tuple(
        tree.Branch(each.condition, each.body, span=each.span) for each in clauses if each.condition is not None
    )
    return tree.If(branches, otherwise, span=_between(clauses[0], otherwise or clauses[-1]))


def _try(clause: _Clause, catches: list[_Clause]) -> tree.Try:
    if not catches:
        _report("try-without-catch", "`try` has no `catch`", "add `catch (e) { … }` after the block", clause.keyword)
        return tree.Try(clause.body, tree.Name("e"), _NO_BLOCK, span=clause.span)
    catch = catches[0]
    assert catch.name is not None
    return tree.Try(clause.body, catch.name, catch.body, span=_between(clause, catch))
