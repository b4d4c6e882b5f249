"""Report calls on the result of `get`, which is null if the key is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .. import tree
from .._functions.library import FUNCTIONS
from .findings import Report
from .walking import bare, blocks, expressions, functions, own_statements

__all__ = ["check_nulls"]

_READERS = frozenset({"get", "getjson"})
_TESTS = frozenset(
    {"isnull", "isblank", "isempty", "ifnull", "isvalidobject", "istext", "isnumber", "isdate", "isfile"}
)
_KEY_TESTS = frozenset({"containkey", "containskey"})
_SURE = frozenset(
    {
        ("user", "id"),
        ("user", "email"),
        ("chat", "id"),
        *(("info", name) for name in ("chat", "message", "messages", "user")),
    }
)
"""The keys that every event has, so that `get` does not return null."""


def check_nulls(script: tree.Script, report: Report) -> None:
    """Report calls on values that may be null and are not tested before."""
    for body in [own_statements(script), *(function.body.statements for function in functions(script))]:
        _Nulls(report).run(body)


class _Key(NamedTuple):
    """Identifies expressions that are written alike, and holds the variables in them."""

    hash: int
    names: frozenset[str]


class _Nulls:
    """Checks the statements of a script or function in the order of the text.

    A value counts as tested if it was compared anywhere before, whatever the result of the comparison was.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._tested: set[int] = set()
        self._by_name: dict[str, set[int]] = {}
        self._keys: dict[int, _Key] = {}  # for the nodes of the current expression
        self._nullable: set[str] = set()

    def run(self, body: Sequence[tree.Statement]) -> None:
        """Report the calls on untested values in the statements."""
        for statement in body:
            if isinstance(statement, tree.Try):
                self.run(statement.handler.statements)  # skip the body: `catch` handles a call that fails there
                continue
            if isinstance(statement, tree.If):
                for branch in statement.branches:
                    self._expression(branch.condition)
                    self.run(branch.body.statements)
                if statement.otherwise is not None:
                    self.run(statement.otherwise.statements)
                continue
            for expression in expressions(statement):
                self._expression(expression)
            self._assign(statement)
            for block in blocks(statement):
                self.run(block.statements)

    def _assign(self, statement: tree.Statement) -> None:
        """Record whether the assigned variable may be null from here on."""
        if isinstance(statement, tree.ForEach):
            self._forget(statement.variable.name)
        if not isinstance(statement, tree.Assign | tree.Task) or not isinstance(statement.target, tree.Name):
            return
        name = statement.target.name
        self._forget(name)
        if isinstance(statement, tree.Assign):
            value = bare(statement.value)
            if _may_be_null(value) and self._key(value).hash not in self._tested:
                self._nullable.add(name)
            self._keep_entries(self._key(statement.target), value)

    def _forget(self, name: str) -> None:
        """Discard what is known about a variable that is assigned again."""
        self._nullable.discard(name)
        self._tested -= self._by_name.pop(name, set())

    def _keep(self, key: _Key) -> None:
        """Record that an expression was tested."""
        self._tested.add(key.hash)
        for name in key.names:
            self._by_name.setdefault(name, set()).add(key.hash)

    def _keep_entries(self, owner: _Key, value: tree.Node) -> None:
        """Record the keys of a map literal, and of those within it."""
        for entry in value.entries if isinstance(value, tree.MapLiteral) else ():
            self._keep_entry(owner, entry.key, entry.value)

    def _keep_entry(self, owner: _Key, key: tree.Node, value: tree.Node) -> None:
        """Record that a map has a key, unless its value may be null."""
        value = bare(value)
        if not isinstance(value, tree.Null) and not _may_be_null(value):
            entry = _called(owner, "get", [self._key(key)])
            self._keep(entry)
            self._keep_entries(entry, value)

    def _key(self, node: tree.Node) -> _Key:
        """Return the key of an expression; expressions that are written alike have the same key."""
        node = bare(node)
        found = self._keys.get(id(node))
        if found is None:
            found = self._keys[id(node)] = self._made(node)
        return found

    def _made(self, node: tree.Node) -> _Key:
        match node:
            case tree.Call(receiver, name, arguments) if receiver is not None:
                return _called(self._key(receiver), name.lower(), [self._key(each) for each in arguments])
            case tree.Field(receiver, name):
                return _called(self._key(receiver), f".{name}", [])
            case tree.Name(name):
                return _Key(hash(("name", name)), frozenset({name}))
            case tree.Text(value) | tree.Number(value):
                return _Key(hash((type(value), value)), frozenset())
        return _Key(hash(("node", node.span.offset)), frozenset())

    def _expression(self, expression: tree.Node) -> None:
        self._keys = {}
        for node in _in_order(expression):
            if isinstance(node, tree.Call | tree.Field):
                self._key(node)  # inner nodes first, so that long chains need no recursion
            if isinstance(node, tree.Binary) and node.operator in ("==", "!="):
                self._test(node.left)
                self._test(node.right)
            elif isinstance(node, tree.Call):
                self._call(node)

    def _test(self, node: tree.Node) -> None:
        node = bare(node)
        if isinstance(node, tree.Call | tree.Field):
            self._keep(self._key(node))
        elif isinstance(node, tree.Name):
            self._nullable.discard(node.name)

    def _call(self, node: tree.Call) -> None:
        name = node.name.lower()
        operands = [each for each in (node.receiver, *node.arguments) if each is not None]
        if name in _TESTS and operands:
            self._test(operands[0])
            return
        if name in _KEY_TESTS and len(operands) == 2:
            self._keep(_called(self._key(operands[0]), "get", [self._key(operands[1])]))
            return
        if name == "put" and node.receiver is not None and len(operands) == 3:
            self._keep_entry(self._key(operands[0]), operands[1], operands[2])
        if node.receiver is None or _takes_null(name):
            return
        receiver = bare(node.receiver)
        if isinstance(receiver, tree.Name) and receiver.name in self._nullable:
            self._nullable.discard(receiver.name)
            self._add(node, f"`{receiver.name}`, which `get` gave, may be null here")
        elif (
            isinstance(receiver, tree.Call) and _may_be_null(receiver) and self._key(receiver).hash not in self._tested
        ):
            self._keep(self._key(receiver))
            self._add(node, f"`.{receiver.name}({_shown(receiver)})` may be null here")

    def _add(self, node: tree.Call, what: str) -> None:
        self._report.add(
            "unguarded-get",
            node.name_span if node.name_span is not tree.NOWHERE else node.span,
            f"{what}, and `{node.name}` on null ends the script; compare it with null before, or use `ifnull(x,y)`",
        )


def _may_be_null(node: tree.Node) -> bool:
    """Return whether an expression reads a key that may be missing."""
    if not isinstance(node, tree.Call) or node.receiver is None or node.name.lower() not in _READERS:
        return False
    if len(node.arguments) != 1 or isinstance(bare(node.arguments[0]), tree.Number):
        return False
    key, owner = bare(node.arguments[0]), bare(node.receiver)
    if isinstance(owner, tree.Name) and isinstance(key, tree.Text):
        return (owner.name, key.value) not in _SURE
    return isinstance(key, tree.Text)


def _takes_null(name: str) -> bool:
    entry = FUNCTIONS.get(name)
    return entry is None or type(None) in entry.by_type


def _called(receiver: _Key, name: str, arguments: list[_Key]) -> _Key:
    parts = tuple(argument.hash for argument in arguments)
    names = receiver.names.union(*(argument.names for argument in arguments)) if arguments else receiver.names
    return _Key(hash((receiver.hash, "get" if name in _READERS else name, parts)), names)


def _shown(node: tree.Call) -> str:
    key = bare(node.arguments[0])
    return f'"{key.value[:30]}"' if isinstance(key, tree.Text) else "…"


def _in_order(expression: tree.Node) -> Iterator[tree.Node]:
    """Yield the nodes of an expression in the order of evaluation: operands before their operation."""
    waiting: list[tuple[tree.Node, bool]] = [(expression, False)]
    while waiting:
        node, seen = waiting.pop()
        if seen:
            yield node
            continue
        waiting.append((node, True))
        waiting.extend((child, False) for child in reversed(list(tree.children(node))))
