"""The typed tree of a Deluge script.

Every node is frozen and has its place in the text (`node.span`). `==` ignores places, the spelling of literals, and
comments: two scripts that differ only in layout are equal.

Chains such as `a + b + c` and `x.f().g()` are left-associative and may have up to a thousand links: follow `left` and
`receiver` in a loop, not by recursion. The parser limits all other nesting (`parser.MAXIMUM_DEPTH`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias


class Span(NamedTuple):
    """A part of the text. Lines and columns count from 1, offsets from 0; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    offset: int
    end_offset: int


NOWHERE = Span(1, 1, 1, 1, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """The base class of all nodes."""

    span: Span = field(default=NOWHERE, kw_only=True, compare=False, repr=False)

    @property
    def line(self) -> int:
        """The line on which the node begins, counted from 1."""
        return self.span.line

    @property
    def column(self) -> int:
        """The column at which the node begins, counted from 1."""
        return self.span.column

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        waiting: list[tuple[Any, Any]] = [(self, other)]
        while waiting:
            one, two = waiting.pop()
            if type(one) is not type(two):
                return False
            if isinstance(one, Node):
                waiting.extend((getattr(one, name), getattr(two, name)) for name in _compared(type(one)))
            elif isinstance(one, tuple):
                if len(one) != len(two):
                    return False
                waiting.extend(zip(one, two, strict=True))
            elif one != two:
                return False
        return True

    def __hash__(self) -> int:
        values = [getattr(self, name) for name in _compared(type(self))]
        return hash((type(self), *(each for each in values if not isinstance(each, Node | tuple))))


# Expressions


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """A text: `"abc"`, or `'abc'` where the quotes hold no date-time. In `value` escapes are resolved."""

    value: str
    source: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """An integer: `5`; `-5` where the sign cannot be a subtraction."""

    value: int
    source: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class DecimalNumber(Node):
    """A number with a decimal point: `4.50`, `.5`, `123.`."""

    value: Decimal
    source: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Boolean(Node):
    """`true` or `false`, in any case."""

    value: bool
    source: str = field(default="", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Null(Node):
    """`null`."""

    source: str = field(default="null", kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class DateTime(Node):
    """A date, time or date-time in single quotes; `text` is what stands between them. The date may be invalid."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable, or a bare word such as `POST` as the value of a task's key."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class SystemVariable(Node):
    """A system variable, as written and with its dots: `zoho.currentdate`, `zoho.device.type`.

    `today` and `now` are ordinary names (`Name`), because a script may assign to them.
    """

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Field(Node):
    """`receiver.name` without a call."""

    receiver: "Expression"
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Pair(Node):
    """`key : value` in a map, in an argument (`Collection("a" : 1)`) or in a value of a task (`file : x`)."""

    key: "Expression"
    value: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`name(arguments)` or `receiver.name(arguments)`; `name` is as written.

    `if(condition, a, b)` and `ifnull(a, b)` as values are calls, too. A task of an integration is a call without a
    receiver whose name keeps its dots: `zoho.cliq.postToChat`.
    """

    receiver: "Expression | None"
    name: str
    arguments: "tuple[Expression | Pair, ...]"
    name_span: Span = field(default=NOWHERE, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class TypedList(Node):
    """`List:String(arguments)`: the older notation for a list whose items have one type."""

    name: str
    element_type: str
    arguments: "tuple[Expression | Pair, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """`operator` is `-`, `+` or `!`."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """`operator` is one of `* / % + - < <= > >= == != && ||`."""

    left: "Expression"
    operator: str
    right: "Expression"
    operator_span: Span = field(default=NOWHERE, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Group(Node):
    """An expression in round brackets."""

    expression: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class ListLiteral(Node):
    """`{a, b}`, or `[a, b]` if `square`. `{}` is `Empty`."""

    items: "tuple[Expression, ...]"
    square: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MapLiteral(Node):
    """`{key : value, …}`."""

    entries: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Empty(Node):
    """`{}`: a list or a map; the first use at run time decides which."""


@dataclass(frozen=True, slots=True, eq=False)
class ForeignExpression(Node):
    """An expression that exists in Zoho Creator but not in Cliq, such as `Form[criteria]` (`fetch records`)."""

    kind: str
    children: "tuple[Node, ...]"
    words: tuple[str, ...] = ()


Expression: TypeAlias = (
    Text
    | Number
    | DecimalNumber
    | Boolean
    | Null
    | DateTime
    | Name
    | SystemVariable
    | Field
    | Call
    | TypedList
    | Unary
    | Binary
    | Group
    | ListLiteral
    | MapLiteral
    | Empty
    | ForeignExpression
)

# Statements


@dataclass(frozen=True, slots=True, eq=False)
class Block(Node):
    """The statements between two braces."""

    statements: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Assign(Node):
    """`target operator value;` with the operator `= += -= *= /= %=`; `declared_type` is that of `string x = …`."""

    target: Name | Field
    operator: str
    value: Expression
    declared_type: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionStatement(Node):
    """An expression, usually a call, that is used as a statement."""

    expression: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Info(Node):
    """`info value;` writes to the log."""

    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Return(Node):
    """`return;` or `return value;`."""

    value: Expression | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Break(Node):
    """`break;`."""


@dataclass(frozen=True, slots=True, eq=False)
class Continue(Node):
    """`continue;`."""


@dataclass(frozen=True, slots=True, eq=False)
class Throw(Node):
    """`throw value;`."""

    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Branch(Node):
    """`if(condition) { … }` or `else if(condition) { … }`."""

    condition: Expression
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    """`if` with all of its `else if` branches, and the block of its `else`."""

    branches: tuple[Branch, ...]
    otherwise: Block | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ForEach(Node):
    """`for each variable in iterable { … }`; with `index`, `for each index variable in iterable { … }`."""

    variable: Name
    iterable: Expression
    body: Block
    index: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Try(Node):
    """`try { … } catch (name) { … }`."""

    body: Block
    name: Name
    handler: Block


@dataclass(frozen=True, slots=True, eq=False)
class TaskEntry(Node):
    """One line of a task: `key : value`. Words of a key such as `reply to` are separated by one space."""

    key: str
    value: Expression | Pair


@dataclass(frozen=True, slots=True, eq=False)
class Task(Node):
    """`name [ key : value … ];`, or `target = name [ … ];` if the result is kept; `name` is as written."""

    target: Name | Field | None
    name: str
    entries: tuple[TaskEntry, ...]
    name_span: Span = field(default=NOWHERE, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Foreign(Node):
    """A statement that exists in Zoho Creator but not in Cliq, such as `insert into F [ … ]` or `alert x`.

    `kind` is its first words (`insert into`, `delete from`, `alert`, `cancel submit`).
    """

    kind: str
    children: "tuple[Node, ...]" = ()


Statement: TypeAlias = (
    Assign | ExpressionStatement | Info | Return | Break | Continue | Throw | If | ForEach | Try | Task | Foreign
)

# The whole script


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """A parameter of a function; `type` is None if the script states none."""

    type: str | None
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Function(Node):
    """`type name(parameters) { … }`; `name` keeps its dots (`standalone.f`), `type` is None if none is stated."""

    type: str | None
    name: str
    parameters: tuple[Parameter, ...]
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class Comment(Node):
    """A comment as written, with its `//` or `/* */`."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Script(Node):
    """A script: its functions and statements, and its comments, in the order of the text. `==` ignores the comments."""

    items: tuple[Function | Statement, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False)


_fields: dict[type[Node], tuple[str, ...]] = {}


def _compared(kind: type[Node]) -> tuple[str, ...]:
    """Return the names of the fields that `==` compares; they include all children."""
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(each.name for each in fields(kind) if each.compare)
    return names


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below a node, in the order of the text."""
    for name in _compared(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (each for each in value if isinstance(each, Node))


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it, each before its children, in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(list(children(current))))
