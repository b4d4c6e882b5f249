"""Report wrong keys of bracket tasks, JSON text in `parameters:`, and requests in loops."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from .. import tree
from .findings import Report
from .walking import REQUEST_FUNCTIONS, bare, blocks, expressions, functions, own_statements, statements

__all__ = ["check_requests_in_loops", "check_tasks"]

_REQUEST = frozenset(
    "type headers parameters body files connection content-type detailed response-format response-decoding".split()
)
_KEYS: dict[str, frozenset[str]] = {
    "invokeurl": _REQUEST | {"url"},
    "invokeapi": _REQUEST | {"service", "path"},
    "sendmail": frozenset({"from", "to", "cc", "bcc", "reply to", "subject", "message", "content type", "attachments"}),
}
_NEEDED: dict[str, tuple[str, ...]] = {
    "invokeurl": ("url",),
    "invokeapi": ("service", "path"),
    "sendmail": ("from", "to"),
}
_INSTEAD = {"method": "type", "params": "parameters", "data": "body", "payload": "body", "header": "headers"}
_REQUESTS = frozenset({"invokeurl", "invokeapi"})
_KNOWN_TASKS = frozenset({*_KEYS, "sendsms", "pushnotification", "sftp", "ftp", "webhook", "soap"})


def check_tasks(script: tree.Script, report: Report) -> None:
    """Report unknown and missing keys of tasks, and JSON text in `parameters:`."""
    for body in [own_statements(script), *(function.body.statements for function in functions(script))]:
        values = _values(body)
        for statement in statements(body):
            if isinstance(statement, tree.Task):
                _check_task(statement, values, report)


def _check_task(task: tree.Task, values: dict[str, list[tree.Node]], report: Report) -> None:
    name = task.name.lower()
    if name not in _KNOWN_TASKS:
        close = difflib.get_close_matches(name, sorted(_KNOWN_TASKS), n=1)
        hint = f"did you mean `{close[0]}`?" if close else "there are invokeurl, invokeapi and sendmail"
        report.add("unknown-task", task.name_span, f"there is no task `{task.name}`; {hint}")
        return
    if name not in _KEYS:
        return
    known = _KEYS[name]
    given = {entry.key.lower() for entry in task.entries}
    for entry in task.entries:
        key = entry.key.lower()
        if key not in known:
            close = (
                [_INSTEAD[key]] if _INSTEAD.get(key) in known else difflib.get_close_matches(key, sorted(known), n=1)
            )
            hint = f"write `{close[0]}`" if close else f"it has {', '.join(sorted(known))}"
            report.add("unknown-task-key", entry, f"`{task.name}` has no key `{entry.key}`; {hint}")
        elif key == "parameters" and name in _REQUESTS:
            _check_parameters(entry, task, values, report)
    for key in _NEEDED[name]:
        if key not in given:
            report.add("missing-task-key", task.name_span, f"`{task.name}` has no `{key}`; add it")


def _check_parameters(
    entry: tree.TaskEntry, task: tree.Task, values: dict[str, list[tree.Node]], report: Report
) -> None:
    method = next((each.value for each in task.entries if each.key.lower() == "type"), None)
    if method is None or (isinstance(method, tree.Name | tree.Text) and _word(method) == "GET"):
        return
    if any(each.key.lower() == "files" for each in task.entries):
        return
    if _is_json(entry.value, values):
        report.add(
            "json-in-parameters",
            entry,
            "`parameters` has JSON text, and is sent as a form; send JSON with `body:` and "
            '`content-type:"application/json"`, or give the map itself',
        )


def _word(node: tree.Name | tree.Text) -> str:
    return (node.name if isinstance(node, tree.Name) else node.value).upper()


def _values(body: Sequence[tree.Statement]) -> dict[str, list[tree.Node]]:
    """Return the values that a body assigns to each variable."""
    found: dict[str, list[tree.Node]] = {}
    for statement in statements(body):
        if isinstance(statement, tree.Assign) and isinstance(statement.target, tree.Name):
            found.setdefault(statement.target.name, []).append(statement.value)
        elif isinstance(statement, tree.Task) and isinstance(statement.target, tree.Name):
            found.setdefault(statement.target.name, []).append(statement)
        elif isinstance(statement, tree.ForEach):
            found.setdefault(statement.variable.name, []).append(statement.variable)
    return found


def _is_json(node: tree.Node, values: dict[str, list[tree.Node]], seen: frozenset[str] = frozenset()) -> bool:
    """Return whether an expression is certainly JSON text."""
    node = bare(node)
    while isinstance(node, tree.Binary) and node.operator == "+":
        node = bare(node.left)  # the first operand of a concatenation decides
    if isinstance(node, tree.Text):
        return node.value.lstrip()[:1] in ("{", "[")
    if isinstance(node, tree.Name) and node.name not in seen:
        given = values.get(node.name, [])
        return bool(given) and all(_is_json(each, values, seen | {node.name}) for each in given)
    if isinstance(node, tree.Call) and node.name.lower() in ("tostring", "totext"):
        arguments = [*([node.receiver] if node.receiver is not None else []), *node.arguments]
        return len(arguments) == 1 and _is_map(arguments[0], values)
    return False


def _is_map(node: tree.Node, values: dict[str, list[tree.Node]], seen: frozenset[str] = frozenset()) -> bool:
    node = bare(node)
    if isinstance(node, tree.MapLiteral):
        return True
    if isinstance(node, tree.Call):
        return node.receiver is None and node.name.lower() == "map"
    if isinstance(node, tree.Name) and node.name not in seen:
        given = values.get(node.name, [])
        return bool(given) and all(_is_map(each, values, seen | {node.name}) for each in given)
    return False


def check_requests_in_loops(script: tree.Script, report: Report) -> None:
    """Report requests that a loop sends in each iteration."""
    for body in [own_statements(script), *(function.body.statements for function in functions(script))]:
        for place in _requests(body):
            report.add(
                "request-in-loop",
                place,
                "this request is sent once for each round of the loop; ask once for all, outside the loop",
            )


def _requests(body: Sequence[tree.Statement]) -> Iterator[tree.Span]:
    """Yield the spans of the requests within loops."""
    waiting = [(statement, False) for statement in reversed(body)]
    while waiting:
        statement, in_loop = waiting.pop()
        if in_loop:
            if isinstance(statement, tree.Task) and statement.name.lower() in _REQUESTS:
                yield statement.name_span
            for expression in expressions(statement):
                for node in tree.walk(expression):
                    if isinstance(node, tree.Call) and node.receiver is None and node.name.lower() in REQUEST_FUNCTIONS:
                        yield node.name_span
        inner = in_loop or isinstance(statement, tree.ForEach)
        waiting.extend((each, inner) for block in reversed(blocks(statement)) for each in reversed(block.statements))
