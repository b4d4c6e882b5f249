"""Report functions and tasks that do not exist, and calls with too few or too many arguments."""

from __future__ import annotations

import difflib

from .. import tree
from .._functions.library import CONSTRUCTORS, FUNCTIONS, arity
from .findings import Report
from .walking import functions, is_owned

__all__ = ["CLIQ_TASKS", "FOREIGN_NAMES", "check_calls"]

CLIQ_TASKS: dict[str, tuple[int, int]] = {
    "postToChat": (2, 3),
    "postToChannel": (2, 3),
    "postToBot": (2, 3),
    "postToUser": (2, 3),
    "postToChatAsAdmin": (2, 3),
    "postToChannelAsAdmin": (2, 3),
    "postToBotAsAdmin": (2, 3),
    "postToUserAsAdmin": (2, 3),
    "postToChatAsBot": (3, 4),
    "postToChannelAsBot": (3, 4),
    "editMessage": (3, 4),
    "createRecord": (2, 3),
    "getRecords": (1, 3),
    "getRecordById": (2, 3),
    "updateRecord": (3, 4),
    "deleteRecord": (2, 3),
    "deleteRecords": (2, 3),
    "extension.setProperties": (1, 2),
    "extension.getProperties": (1, 2),
    "extension.deleteProperty": (1, 2),
    "getVariable": (1, 2),
}
"""The tasks of Cliq without ``zoho.cliq.``, with their minimum and maximum number of arguments."""

SERVICES = frozenset(
    "ai analytics appointments assist backstage bigin billing bookings books calendar campaigns catalyst checkout cliq "
    "commerce connect contacts creator crm currency desk directory docs encryption expense extension files flow forms "
    "fsm hr inventory invoice invoices lens learn mail map marketing marketinghub meeting notebook notes one payroll "
    "people projects pulse qntrl recruit reports salesiq sdp sheet shifts show showtime sign sites social sprints "
    "subscriptions support survey tables tasks todo translate vault voice webinar wiki workdrive workerly workplace "
    "writer zia".split()
)
"""The services whose tasks are called ``zoho.SERVICE.TASK``. The names of their tasks are not known."""

_WITHOUT_SERVICE = frozenset({"pushnotification", "sendsms", "translate", "currentuser"})

FOREIGN_NAMES = {
    "append": "add",
    "push": "add",
    "substr": "subString",
    "slice": "subString(start,end) or subList(start,end)",
    "split": "toList(separator)",
    "join": "toString(separator)",
    "replace": "replaceAll(find,with,true)",
    "tolower": "toLowerCase",
    "lowercase": "toLowerCase",
    "toupper": "toUpperCase",
    "uppercase": "toUpperCase",
    "parseint": "toLong",
    "toint": "toLong",
    "int": "toLong",
    "str": "toString",
    "float": "toDecimal",
    "parsefloat": "toDecimal",
    "tofloat": "toDecimal",
    "tojson": "toString",
    "stringify": "toString",
    "parse": "toMap",
    "fromjson": "toMap",
    "parsejson": "toMap",
    "haskey": "containsKey",
    "has": "containsKey",
    "includes": "contains",
    "count": "size",
    "set": "put",
    "pop": "remove",
    "strip": "trim",
    "charat": "subString(n,n + 1)",
    "foreach": "for each x in list { … }",
    "getid": 'get("id")',
    "gettext": 'get("text")',
}
"""Function names of other languages, in lower case, and what Deluge has instead."""


def check_calls(script: tree.Script, report: Report) -> None:
    """Report unknown functions and tasks, and wrong numbers of arguments."""
    own = {function.name: len(function.parameters) for function in functions(script)}
    for node in tree.walk(script):
        if not isinstance(node, tree.Call):
            continue
        if node.receiver is None:
            _free(node, own, report)
        elif not is_owned(node):
            _member(node, report)
        elif isinstance(node.receiver, tree.Name) and (name := f"{node.receiver.name}.{node.name}") in own:
            _count(node, name, len(node.arguments), own[name], own[name], report)


def _free(node: tree.Call, own: dict[str, int], report: Report) -> None:
    name, given = node.name, len(node.arguments)
    if name in own:
        _count(node, name, given, own[name], own[name], report)
    elif (counts := arity(name)) is not None:
        _count(node, name, given, *counts, report)
    elif name.lower().startswith("zoho."):
        _task(node, report)
    elif name.lower() != "openurl":  # `check_products` reports it
        _unknown_function(node, sorted({*own, *(_spelled(key) for key in (*FUNCTIONS, *CONSTRUCTORS))}), report)


def _member(node: tree.Call, report: Report) -> None:
    entry = FUNCTIONS.get(node.name.lower())
    if entry is None:
        _unknown_function(node, sorted(_spelled(key) for key in FUNCTIONS if "." not in key), report)
    else:
        _count(node, node.name, len(node.arguments), *entry.arity(), report)


def _count(node: tree.Call, name: str, given: int, least: int, most: int | None, report: Report) -> None:
    if given >= least and (most is None or given <= most):
        return
    wanted = (
        ("no" if most == 0 else f"{least}")
        if least == most
        else f"{least} to {most}"
        if most is not None
        else f"at least {least}"
    )
    unit = "value" if wanted == "1" else "values"
    report.add(
        "wrong-argument-count",
        _name_span(node),
        f"`{name}` takes {wanted} {unit}, not {given}; {'add what is missing' if given < least else 'remove the rest'}",
    )


def _task(node: tree.Call, report: Report) -> None:
    _, service, *rest = node.name.split(".")
    task = ".".join(rest)
    if service.lower() == "cliq":
        known = {key.lower(): (key, counts) for key, counts in CLIQ_TASKS.items()}
        if task.lower() in known:
            _count(node, node.name, len(node.arguments), *known[task.lower()][1], report)
            return
        close = difflib.get_close_matches(task.lower(), list(known), n=1)
        hint = f"did you mean `zoho.cliq.{known[close[0]][0]}`?" if close else f"Cliq has {', '.join(CLIQ_TASKS)}"
        report.add("unknown-task", _name_span(node), f"there is no task `{node.name}`; {hint}")
    elif service.lower() == "encryption":
        names = sorted(entry.name for key, entry in FUNCTIONS.items() if key.startswith("zoho.encryption."))
        close = difflib.get_close_matches(node.name, names, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(names)}"
        report.add("unknown-function", _name_span(node), f"there is no function `{node.name}`; {hint}")
    elif service.lower() not in (SERVICES if rest else _WITHOUT_SERVICE):
        close = difflib.get_close_matches(service.lower(), sorted(SERVICES), n=1)
        hint = f"did you mean `zoho.{close[0]}`?" if close else "write `zoho.`, the service, and its task"
        report.add("unknown-task", _name_span(node), f"there is no task `{node.name}`; {hint}")


def _unknown_function(node: tree.Call, known: list[str], report: Report) -> None:
    name = node.name
    instead = FOREIGN_NAMES.get(name.lower())
    if instead is None:
        spelled = {each.lower(): each for each in known}
        close = difflib.get_close_matches(name.lower(), list(spelled), n=1, cutoff=0.7)
        hint = f"did you mean `{spelled[close[0]]}`?" if close else "use a built-in function"
    else:
        hint = f"Deluge has `{instead}`"
    report.add("unknown-function", _name_span(node), f"there is no function `{name}`; {hint}")


def _spelled(key: str) -> str:
    return FUNCTIONS[key].name if key in FUNCTIONS else key.capitalize()


def _name_span(node: tree.Call) -> tree.Span:
    return node.name_span if node.name_span is not tree.NOWHERE else node.span
