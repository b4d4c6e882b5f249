"""The grammar's callbacks for expressions."""

from typing import Any

from lark import Token

from .. import tree
from .literals import Literals
from .pieces import LEVELS, MAXIMUM_CHAIN, Suffix, TaskValue, between, report, span_of, value_of

_SYSTEM_VARIABLES = frozenset(
    "adminuser adminuserid appname appuri currentdate currenttime device.type ipaddress loginuser loginuserid "
    "loginuserrole loginuser.name organizationid"
    "".split()
)


class Expressions(Literals):
    """Build the nodes of expressions."""

    def items(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(value_of(each) for each in children[::2])

    def pair(self, children: list[Any]) -> tree.Pair:
        key, _, value = children
        return tree.Pair(value_of(key), value_of(value), span=between(key, value))

    def call(self, children: list[Any]) -> tree.Call:
        name, _, arguments, closing = children
        return tree.Call(None, str(name), arguments or (), name_span=span_of(name), span=between(name, closing))

    def typed_list(self, children: list[Any]) -> tree.TypedList:
        name, _, arguments, closing = children
        word, _, element = name.partition(":")
        return tree.TypedList(word.strip(), element.strip(), arguments or (), span=between(name, closing))

    def group(self, children: list[Any]) -> tree.Group:
        opening, value, closing = children
        return tree.Group(value_of(value), span=between(opening, closing))

    def braces(self, children: list[Any]) -> Any:
        opening, items, closing = children
        span = between(opening, closing)
        if not items:
            return tree.Empty(span=span)
        pairs = [each for each in items if isinstance(each, tree.Pair)]
        if not pairs:
            return tree.ListLiteral(items, span=span)
        if len(pairs) < len(items):
            odd = next(each for each in items if not isinstance(each, tree.Pair))
            report(
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
                report("pair-in-list", "a list has no keys", "write a map in braces: `{key:value}`", each)
                break
        return tree.ListLiteral(items or (), square=True, span=between(opening, closing))

    def entry(self, children: list[Any]) -> tree.TaskEntry:
        key, value = children[0], value_of(children[2])
        if len(children) == 5:
            last = value_of(children[4])
            value = tree.Pair(value, last, span=between(value, last))
        return tree.TaskEntry(" ".join(key.split()), value, span=between(key, value))

    def task(self, children: list[Any]) -> TaskValue:
        name, _, *entries, closing = children
        return TaskValue(name, tuple(entries), span=between(name, closing))

    def insert(self, children: list[Any]) -> tree.ForeignExpression:
        words, form, _, *entries, closing = children
        name = tree.Name(str(form), span=span_of(form))
        return tree.ForeignExpression("insert into", (name, *entries), span=between(words, closing))

    def field_suffix(self, children: list[Any]) -> Suffix:
        dot, name = children
        return Suffix("field", dot, name, name)

    def call_suffix(self, children: list[Any]) -> Suffix:
        dot, name, _, arguments, closing = children
        return Suffix("call", dot, closing, name, arguments or ())

    def index_suffix(self, children: list[Any]) -> Suffix:
        opening, value, closing, words = children
        spelled = (" ".join(words.split()),) if words else ()
        return Suffix("index", opening, words or closing, None, (), value_of(value), spelled)

    def postfix(self, children: list[Any]) -> Any:
        if len(children) == 1:
            return children[0]
        node, *suffixes = children
        if len(suffixes) > MAXIMUM_CHAIN:
            report(
                "too-deep",
                f"more than {MAXIMUM_CHAIN} calls and fields in one chain",
                "use a variable in between",
                suffixes[0].first,
            )
            return node
        if isinstance(node, tree.Name) and node.name.lower() == "zoho":
            node, suffixes = _system(node, suffixes)
        node = value_of(node)
        first = node
        for suffix in suffixes:
            span = between(first, suffix.last)
            if suffix.kind == "field":
                node = tree.Field(node, str(suffix.name), span=span)
            elif suffix.kind == "call":
                node = tree.Call(node, str(suffix.name), suffix.arguments, name_span=span_of(suffix.name), span=span)  # pyright: ignore[reportArgumentType]
            elif _is_criteria(suffix.value) and isinstance(node, tree.Name | tree.Field):
                node = tree.ForeignExpression("fetch records", (node, suffix.value), suffix.words, span=span)  # pyright: ignore[reportArgumentType]
            else:
                report(
                    "index", "an element is not read with brackets", "write `.get(index)`", suffix.first, suffix.last
                )
                node = tree.Call(node, "get", (suffix.value,), span=span)  # pyright: ignore[reportArgumentType]
        return node

    def unary(self, children: list[Any]) -> tree.Unary:
        operator, operand = children
        return tree.Unary(str(operator), value_of(operand), span=between(operator, operand))

    def expression(self, children: list[Any]) -> Any:
        if len(children) == 1:
            return children[0]
        if len(children) > 2 * MAXIMUM_CHAIN:
            report(
                "too-deep",
                f"more than {MAXIMUM_CHAIN} operators in one chain",
                "use a variable in between",
                children[1],
            )
            return children[0]
        operands: list[Any] = [value_of(children[0])]
        operators: list[Token] = []

        def fold() -> None:
            operator, right = operators.pop(), operands.pop()
            left = operands[-1]
            operands[-1] = tree.Binary(
                left, str(operator), right, operator_span=span_of(operator), span=between(left, right)
            )

        for position in range(1, len(children), 2):
            operator = children[position]
            level = LEVELS[operator]
            while operators and LEVELS[operators[-1]] >= level:
                fold()
            operators.append(operator)
            operands.append(value_of(children[position + 1]))
        while operators:
            fold()
        return operands[0]

    def ternary(self, children: list[Any]) -> tree.Call:
        condition, mark, chosen, _, other = children
        report("ternary", "Deluge has no `?:`", "write `if(condition,a,b)`", mark)
        arguments = (value_of(condition), value_of(chosen), value_of(other))
        return tree.Call(None, "if", arguments, span=between(condition, other))


def _is_criteria(node: Any) -> bool:
    while isinstance(node, tree.Group):
        node = node.expression
    return isinstance(node, tree.Binary) and LEVELS[node.operator] <= 4


def _system(zoho: tree.Name, suffixes: list[Suffix]) -> tuple[Any, list[Suffix]]:
    """Join `zoho` and the names after it to a system variable or a task; return it and the remaining suffixes."""
    names: list[str] = []
    for count, suffix in enumerate(suffixes, 1):
        if suffix.name is None:
            break
        names.append(str(suffix.name))
        path = ".".join([zoho.name, *names])
        if suffix.kind == "call":
            span = between(zoho, suffix.last)
            names_span = between(zoho, suffix.name)
            return tree.Call(None, path, suffix.arguments, name_span=names_span, span=span), suffixes[count:]
        if ".".join(names).lower() in _SYSTEM_VARIABLES:
            return tree.SystemVariable(path, span=between(zoho, suffix.last)), suffixes[count:]
    if not names:
        return zoho, suffixes
    path = ".".join([zoho.name, *names])
    return tree.SystemVariable(path, span=between(zoho, suffixes[len(names) - 1].last)), suffixes[len(names) :]
