"""Static analysis of a loop's statements: counts, assigned variables, and bounds of integers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from .. import tree

__all__ = [
    "GROWING", "LEAVING", "MOST_ITERATIONS", "SMALL", "Bounds", "assigned_by", "bounds_of", "inline_count", "limits_of",
    "of_binary", "surely_assigned",
]  # fmt: skip

Bounds = tuple[int, int]
"""The minimum and the maximum value of an integer variable or expression."""

SMALL: Bounds = (-(2**31), 2**31 - 1)
GROWING: Bounds = (-(2**62), 2**62)
"""The initial bounds of a variable to which each iteration adds a small number, so that its sums fit in 64 bits."""
MOST_ITERATIONS = 2**21
_MOST_GROWTH = 2**40
_GROWN: Bounds = (GROWING[0] - MOST_ITERATIONS * _MOST_GROWTH, GROWING[1] + MOST_ITERATIONS * _MOST_GROWTH)

LEAVING = (tree.Break, tree.Continue, tree.Return)
"""The statements that skip the rest of their block."""


def inline_count(statements: Sequence[tree.Statement]) -> int:
    """Return the maximum number of statements that one pass executes, without those in inner loops and `try`."""
    count = 0
    for statement in statements:
        count += 1
        if isinstance(statement, tree.If):
            bodies = [branch.body for branch in statement.branches]
            if statement.otherwise is not None:
                bodies.append(statement.otherwise)
            count += max(inline_count(body.statements) for body in bodies)
    return count


def assigned_by(nodes: Sequence[tree.Node]) -> set[str]:
    """Return the variables that statements may assign."""
    return {name for node in nodes for each in tree.walk(node) for name in _targets(each)}


def _targets(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.Assign | tree.Task) and isinstance(node.target, tree.Name):
        yield node.target.name
    elif isinstance(node, tree.ForEach):
        yield node.variable.name
    elif isinstance(node, tree.Try):
        yield node.name.name


def surely_assigned(statements: Sequence[tree.Statement]) -> set[str]:
    """Return the variables that certainly have a value after the statements were executed to their end."""
    sure: set[str] = set()
    for node in statements:
        if isinstance(node, tree.Assign | tree.Task):
            sure.update(_targets(node))
        elif isinstance(node, tree.Try):
            sure |= surely_assigned(node.body.statements) & surely_assigned(node.handler.statements)
        elif isinstance(node, tree.If) and node.otherwise is not None:
            bodies = [branch.body for branch in node.branches] + [node.otherwise]
            sure |= set.intersection(*(surely_assigned(body.statements) for body in bodies))
    return sure


def of_binary(operator: str, left: Bounds | None, right: Bounds | None) -> Bounds | None:
    """Return the bounds of an operation's result on integers; None if they are unknown or exceed 64 bits."""
    if left is None or right is None:
        return None
    if operator == "+":
        found = left[0] + right[0], left[1] + right[1]
    elif operator == "-":
        found = left[0] - right[1], left[1] - right[0]
    elif operator == "*":
        corners = [a * b for a in left for b in right]
        found = min(corners), max(corners)
    elif operator == "%" and left[0] >= 0 and right[0] > 0:
        found = 0, right[1] - 1
    else:
        return None
    return found if found[0] >= -(2**63) and found[1] < 2**63 else None


def bounds_of(node: tree.ForEach, begin: Mapping[str, Bounds], needed: Collection[str]) -> dict[str, Bounds]:
    """Return the variables that are integers wherever the loop's body reads them, with their bounds.

    Args:
        node: The loop. It must have at most `MOST_ITERATIONS` iterations.
        begin: The integer variables when the loop begins, with their bounds. The bounds of the loop variable must
            include all of its values.
        needed: The variables that may be read before they are assigned.
    """
    assigned: dict[str, list[tree.Assign]] = {}
    unknown = set(_assignments(node.body.statements, assigned))
    known = {name: bounds for name, bounds in begin.items() if name not in assigned and name not in unknown}
    waiting = {name: nodes for name, nodes in assigned.items() if name not in unknown and name != node.variable.name}
    while True:
        found = {
            name: bounds
            for name, nodes in waiting.items()
            if (bounds := _assigned_bounds(name, nodes, known, begin, name in needed)) is not None
        }
        if not found:
            return known
        known |= found
        waiting = {name: nodes for name, nodes in waiting.items() if name not in found}


def limits_of(node: tree.ForEach, needed: Collection[str]) -> dict[str, Bounds]:
    """Return the variables whose initial bounds matter for the loop, and the bounds that they must begin within."""
    begin = dict.fromkeys((*needed, node.variable.name), SMALL)
    sums = [each for each in tree.walk(node.body) if isinstance(each, tree.Binary | tree.Assign)]
    counted = {
        each.name
        for whole in sums
        if isinstance(whole, tree.Binary) or whole.operator != "="
        for each in tree.walk(whole)
        if isinstance(each, tree.Name)
    }
    found = bounds_of(node, begin, needed)
    return {name: GROWING if found[name] == _GROWN else SMALL for name in begin if name in found and name in counted}


def _assignments(statements: Sequence[tree.Statement], assigned: dict[str, list[tree.Assign]]) -> Iterator[str]:
    """Add to ``assigned`` what an iteration assigns at most once; yield the variables that are assigned otherwise."""
    for node in statements:
        if isinstance(node, tree.Assign) and isinstance(node.target, tree.Name):
            assigned.setdefault(node.target.name, []).append(node)
        elif isinstance(node, tree.If):
            for branch in node.branches:
                yield from _assignments(branch.body.statements, assigned)
            if node.otherwise is not None:
                yield from _assignments(node.otherwise.statements, assigned)
        else:
            yield from assigned_by([node])


def _assigned_bounds(
    name: str, nodes: Sequence[tree.Assign], known: Mapping[str, Bounds], begin: Mapping[str, Bounds], needed: bool
) -> Bounds | None:
    """Return the bounds of a variable from all its assignments; None if one of them has no known bounds."""
    first = [begin[name]] if name in begin else []
    if needed and not first:
        return None
    steps = [step for node in nodes if (step := _step(name, node, known)) is not None]
    if needed and len(steps) == len(nodes) and sum(steps) <= _MOST_GROWTH:
        return _GROWN
    found = [_bounds(node.value, known) for node in nodes if node.operator == "="]
    values = first + [each for each in found if each is not None]
    if len(values) < len(first) + len(nodes) or GROWING in first:
        return None
    return min(low for low, _ in values), max(high for _, high in values)


def _step(name: str, node: tree.Assign, known: Mapping[str, Bounds]) -> int | None:
    """Return the most by which `x = x + …` or `x -= …` changes a variable; None if this is no such statement."""
    if node.operator in ("+=", "-="):
        return _greatest(_bounds(node.value, known))
    value, total = node.value, 0
    while isinstance(value, tree.Binary) and value.operator in ("+", "-"):
        size = _greatest(_bounds(value.right, known))
        if size is None:
            return None
        total += size
        value = value.left
    is_itself = node.operator == "=" and isinstance(value, tree.Name) and value.name == name
    return total if is_itself else None


def _greatest(bounds: Bounds | None) -> int | None:
    return None if bounds is None else max(abs(bounds[0]), abs(bounds[1]))


def _bounds(node: tree.Node, known: Mapping[str, Bounds]) -> Bounds | None:
    links: list[tree.Binary] = []
    while isinstance(node, tree.Binary | tree.Group):
        if isinstance(node, tree.Binary):
            links.append(node)
            node = node.left
        else:
            if links:
                break
            node = node.expression
    found = _bounds(node, known) if isinstance(node, tree.Group) else _bounds_of_operand(node, known)
    for link in reversed(links):
        found = of_binary(link.operator, found, _bounds(link.right, known)) if found else None
    return found


def _bounds_of_operand(node: tree.Node, known: Mapping[str, Bounds]) -> Bounds | None:
    if isinstance(node, tree.Number) and abs(node.value) < 2**63:
        return node.value, node.value
    return known.get(node.name) if isinstance(node, tree.Name) else None
