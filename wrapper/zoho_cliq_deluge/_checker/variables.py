"""Report variables that are read before they can have a value, and variables that are never read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence

from .. import tree
from .findings import Report
from .handlers import HANDLERS, Handler
from .walking import OWNERS, acts, bare, expressions, functions, is_task, own_statements, statements

__all__ = ["all_assigned", "all_read", "check_system_variables", "check_unused", "check_variables"]

_SYSTEM = frozenset(
    "adminuser adminuserid appname appuri currentdate currenttime device.type ipaddress loginuser loginuserid "
    "loginuserrole loginuser.name organizationid".split()
)
_ALWAYS = frozenset({"today", "now"})
_CREATOR = frozenset({"input", "thisapp"})
_WORD_KEYS = frozenset(
    {"type", "service", "response-format", "response-decoding", "content-type", "content type", "method"}
)
"""Keys of tasks whose value may be a bare word."""
_MUTATORS = frozenset(
    "put putall add addall insert insertall remove removeall removeelement clear update delete deleteall deletekey "
    "deletekeys sort sortkey".split()
)
_OF_CLIQ = re.compile(r"(?i)zoho\.(?:cliq|encryption)\.")
_EMPTY_MAKERS = frozenset({"map", "list", "collection"})


def check_variables(
    script: tree.Script, report: Report, handler: Handler, *, known: frozenset[str], kind_is_known: bool
) -> bool:
    """Report variables that cannot have a value at the place where they are read.

    Args:
        script: The script.
        report: Collects the findings.
        handler: The kind of handler.
        known: Further variables that have a value when the script starts.
        kind_is_known: Whether the caller stated the kind. If so, variables of other kinds are errors.

    Returns:
        Whether the script reads a variable that only handlers of another kind have.
    """
    body = own_statements(script)
    may_be_function = not kind_is_known and _looks_like_function(body, handler)
    flow = _Flow(report, handler, kind_is_known=kind_is_known, may_be_function=may_be_function)
    for function in functions(script):
        flow.run(function.body.statements, {parameter.name for parameter in function.parameters}, of_handler=False)
    flow.run(body, handler.variables | known, of_handler=True)
    return flow.reads_other_handlers


def _names_read(expression: tree.Node, *, also_foreign: bool = False) -> Iterator[tree.Name]:
    """Yield the variables that an expression reads, in the order of the text.

    Args:
        expression: The expression.
        also_foreign: Whether to include names in expressions of Zoho Creator, which may be fields of a form. Default:
            false.
    """
    waiting: list[tree.Node] = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Name):
            yield node
        elif isinstance(node, tree.ForeignExpression) and not also_foreign:
            continue
        elif isinstance(node, tree.Call) and isinstance(node.receiver, tree.Name) and node.receiver.name in OWNERS:
            waiting.extend(reversed(node.arguments))
        else:
            waiting.extend(reversed(list(tree.children(node))))


def _task_names(task: tree.Task, *, also_foreign: bool = False) -> Iterator[tree.Name]:
    for entry in task.entries:
        value = entry.value.value if isinstance(entry.value, tree.Pair) else entry.value
        if not (isinstance(value, tree.Name) and entry.key.lower() in _WORD_KEYS):
            yield from _names_read(value, also_foreign=also_foreign)
    if isinstance(task.target, tree.Field):
        yield from _names_read(task.target)


def _names_of(statement: tree.Statement, *, also_foreign: bool = False) -> Iterator[tree.Name]:
    """Yield the variables that a statement reads, without those in its blocks."""
    if isinstance(statement, tree.Task):
        yield from _task_names(statement, also_foreign=also_foreign)
    elif also_foreign or not isinstance(statement, tree.Foreign):
        for expression in expressions(statement):
            yield from _names_read(expression, also_foreign=also_foreign)


def _assigned(statement: tree.Statement) -> Iterator[tree.Name]:
    """Yield the variables that a statement assigns, without those in its blocks."""
    match statement:
        case tree.Assign(target) | tree.Task(target):
            if isinstance(target, tree.Name):
                yield target
        case tree.ForEach(variable):
            yield variable
        case tree.Try():
            yield statement.name


def _looks_like_function(body: Sequence[tree.Statement], handler: Handler) -> bool:
    """Return whether statements may be the body of another service's function, given without its header.

    Such statements have an effect and use none of the handler's variables. In addition, they call another service or
    return no value.
    """
    if not acts(body) or (all_read(body) - all_assigned(body)) & handler.variables:
        return False
    if not any(isinstance(each, tree.Return) and each.value is not None for each in statements(body)):
        return True
    return any(
        isinstance(node, tree.Call) and node.name.lower().startswith("zoho.") and not _OF_CLIQ.match(node.name)
        for statement in statements(body)
        for expression in expressions(statement)
        for node in tree.walk(expression)
    )


def all_read(body: Sequence[tree.Statement]) -> set[str]:
    """Return the names of the variables that statements read."""
    return {name.name for statement in statements(body) for name in _names_of(statement)}


def all_assigned(body: Sequence[tree.Statement]) -> set[str]:
    """Return the names of the variables that statements assign."""
    return {name.name for statement in statements(body) for name in _assigned(statement)}


class _Flow:
    """Follows all paths through a script, and tracks which variables may have a value."""

    def __init__(self, report: Report, handler: Handler, *, kind_is_known: bool, may_be_function: bool) -> None:
        """`may_be_function`: the statements may be the body of a function without its header."""
        self._may_be_function = may_be_function
        self._report = report
        self._handler = handler
        self._kind_is_known = kind_is_known
        self._of_handler = True
        self._reported: set[str] = set()
        self._later: set[str] = set()
        self.reads_other_handlers = False

    def run(self, body: Sequence[tree.Statement], known: Collection[str], *, of_handler: bool) -> None:
        """Report variables that a script or function reads too early."""
        self._of_handler = of_handler
        self._reported = set()
        self._later = all_assigned(body)
        self._block(body, set(known))

    def _block(self, body: Sequence[tree.Statement], known: set[str]) -> set[str] | None:
        """Return the names that may have a value after a block; None if nothing after it is executed.

        The set `known` is modified.
        """
        ended = False
        for statement in body:
            after = self._statement(statement, known)
            if after is None:
                ended = True  # the rest is reported as unreachable instead
            else:
                known = after
        return None if ended else known

    def _statement(self, statement: tree.Statement, known: set[str]) -> set[str] | None:
        for name in _names_of(statement):
            self._read(name, known)
        match statement:
            case tree.Return() | tree.Throw() | tree.Break() | tree.Continue():
                return None
            case tree.If(branches, otherwise):
                ways = [self._block(branch.body.statements, set(known)) for branch in branches]
                ways.append(known if otherwise is None else self._block(otherwise.statements, set(known)))
                return _joined(ways)
            case tree.ForEach(variable):
                inside = known | {variable.name} | all_assigned(statement.body.statements)
                self._block(statement.body.statements, set(inside))
                return inside
            case tree.Try():
                inside = known | {statement.name.name} | all_assigned(statement.body.statements)
                ways = [self._block(statement.body.statements, set(known))]
                ways.append(self._block(statement.handler.statements, inside))
                return _joined(ways)
        known.update(name.name for name in _assigned(statement))
        return known

    def _read(self, node: tree.Name, known: set[str]) -> None:
        name = node.name
        if name in known or name in self._reported or name in _ALWAYS or name in _CREATOR:
            return
        self._reported.add(name)
        others = [kind for kind, handler in HANDLERS.items() if name in handler.variables]
        if others and self._of_handler and not self._kind_is_known:
            self.reads_other_handlers = True
            self._report.add(
                "other-handler",
                node,
                f"`{name}` is there in handlers of another kind ({', '.join(others)}), not in a message action's; "
                "say of which kind the script is, or use what a message action gets",
            )
        elif self._may_be_function and self._of_handler and name not in self._later:
            message = f"`{name}` is not defined; assign to it before this line, or name it if it is a parameter"
            self._report.add("undefined-variable", node, message, severity="warning")
        else:
            self._report.add("undefined-variable", node, self._message(name, known, others))

    def _message(self, name: str, known: set[str], others: list[str]) -> str:
        if name in self._later:
            return f"`{name}` is read before anything is assigned to it; assign to it before this line"
        if others and not self._of_handler:
            return f"a function does not see the handler's variable `{name}`; hand it over as a parameter"
        if others:
            return f"`{name}` is there in handlers of another kind ({', '.join(others)}); use what this one gets"
        close = _close(name, known)
        return f"`{name}` is not defined; " + (f"did you mean {close}?" if close else "assign to it before this line")


def _joined(ways: list[set[str] | None]) -> set[str] | None:
    reaching = [way for way in ways if way is not None]
    return set().union(*reaching) if reaching else None


def _close(name: str, known: set[str]) -> str:
    """Return the closest known name in backquotes; empty if none is close."""
    same = sorted(each for each in known if each.lower() == name.lower())
    found = same or difflib.get_close_matches(name, sorted(known), n=1)
    return f"`{found[0]}`" if found else ""


def check_system_variables(script: tree.Script, report: Report) -> None:
    """Report system variables that do not exist."""
    for node in tree.walk(script):
        if not isinstance(node, tree.SystemVariable):
            continue
        name = node.name.lower().removeprefix("zoho.")
        if name in _SYSTEM or name.startswith("appvariable."):
            continue
        close = difflib.get_close_matches(name, sorted(_SYSTEM), n=1)
        hint = (
            f"did you mean `zoho.{close[0]}`?" if close else "known are zoho.currentdate, zoho.currenttime and others"
        )
        report.add("undefined-variable", node, f"the system has no variable `{node.name}`; {hint}")


def check_unused(script: tree.Script, report: Report) -> None:
    """Report variables that are assigned but never read. The results of tasks are exempt."""
    for body in [own_statements(script), *(function.body.statements for function in functions(script))]:
        _check_unused_in(body, report)


def _check_unused_in(body: Sequence[tree.Statement], report: Report) -> None:
    read: set[str] = set()
    changed: set[str] = set()
    first: dict[str, tree.Name] = {}
    others: set[str] = set()  # variables whose value other variables may share
    for statement in statements(body):
        receiver = _changed_only(statement)
        for name in _names_of(statement, also_foreign=True):
            if name is receiver:
                changed.add(name.name)
            else:
                read.add(name.name)
        match statement:
            case tree.Assign(tree.Name() as target, _, value):
                first.setdefault(target.name, target)
                if any(is_task(node) for node in tree.walk(value)):
                    read.add(target.name)
                elif not _is_fresh(value):
                    others.add(target.name)
            case tree.Task(tree.Name() as target) | tree.ForEach(tree.Name() as target):
                read.add(target.name)
    for variable, node in first.items():
        if variable not in read and not (variable in changed and variable in others):
            what = "is filled and never read" if variable in changed else "is assigned and never read"
            hint = "remove it, or check the spelling where it is needed"
            report.add("unused-variable", node, f"`{variable}` {what}; {hint}")


def _changed_only(statement: tree.Statement) -> tree.Name | None:
    """Return the variable that a statement such as `x.put(…);` changes without using it."""
    if not isinstance(statement, tree.ExpressionStatement):
        return None
    call = statement.expression
    if isinstance(call, tree.Call) and isinstance(call.receiver, tree.Name) and call.name.lower() in _MUTATORS:
        return call.receiver
    return None


def _is_fresh(value: tree.Node) -> bool:
    """Return whether an expression creates a list or map that nothing else refers to."""
    value = bare(value)
    if isinstance(value, tree.Empty | tree.ListLiteral | tree.MapLiteral | tree.TypedList):
        return True
    return isinstance(value, tree.Call) and value.receiver is None and value.name.lower() in _EMPTY_MAKERS
