"""The state of one run, and the protocols of the compilers that share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .. import tree
from .._values.context import Context
from .._values.types import DateOnly, Value
from ..failures import DelugeLimitError, DelugeRuntimeError, LimitReached
from ..gateway import Gateway

__all__ = [
    "Evaluate", "Execute", "Expressions", "Frame", "Machine", "ScriptFunction", "Statements", "TaskCall",
]  # fmt: skip

Frame = dict[str, Value]
"""The variables of the script, or of one call of a function."""

Evaluate = Callable[[Frame], Value]
"""A compiled expression: returns its value."""

Execute = Callable[[Frame], object]
"""A compiled statement: returns None, or the signal of break, continue or return."""

_STATEMENTS_BETWEEN_LOOKS = 1000


@dataclass(frozen=True, slots=True)
class TaskCall:
    """A task that a script called.

    Attributes:
        name: The task, as written.
        arguments: The keys of a bracket task, or the arguments in order.
        line: The line of the script.
        result: What the task returned; None if it failed.
        error: Why the task failed; empty if it did not.
        status: The status code of the response to its request; 0 if it sent no request or got no response.
    """

    name: str
    arguments: dict[str, Any] | list[Any]
    line: int
    result: Any = None
    error: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class ScriptFunction:
    """A function that the script itself defines."""

    name: str
    parameters: tuple[str, ...]
    body: list[Execute]


@dataclass(slots=True)
class Machine:
    """The state that the statements and expressions of one run share.

    Attributes:
        context: The context of the built-in functions.
        gateway: Runs the tasks.
        system: The values of ``zoho.…`` variables, by name in lower case, without ``zoho.``.
        log: The texts that ``info`` wrote.
        tasks: The tasks that were called.
        functions: The functions that the script defines, by name.
        frames: The variables of the script, and those of each function call that has not ended.
        loops: The values that the running loops iterate over.
        answer: The value of the last ``return``.
        calls: The number of calls of the script's functions.
        secrets: Texts that must not appear in the log, in tasks and in errors.
    """

    context: Context
    gateway: Gateway
    system: Mapping[str, Value]
    log: list[str] = field(default_factory=list)
    tasks: list[TaskCall] = field(default_factory=list)
    functions: dict[str, ScriptFunction] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    loops: list[Value] = field(default_factory=list)
    answer: Value = None
    calls: int = 0
    secrets: set[str] = field(default_factory=set, repr=False)

    def look(self, line: int) -> None:
        """Check the limits between two statements, and set ``budget.pause`` for the next check.

        Args:
            line: The line of the next statement, for errors.

        Raises:
            DelugeLimitError: if the script exceeds a limit.
            DelugeRuntimeError: if it exceeds the statement limit, and the policy ``limit_can_be_caught`` is set.
        """
        budget = self.context.budget
        limit = self.context.policies.statement_limit
        if limit and budget.executed > limit:
            kind = DelugeRuntimeError if self.context.policies.limit_can_be_caught else DelugeLimitError
            raise kind(f"the script executes more than {limit:,} statements", line=line)
        try:
            budget.look_at_clock()
            budget.measure(self._roots())
        except LimitReached as reached:
            raise DelugeLimitError(reached.why, line=line) from None
        pause = budget.executed + _STATEMENTS_BETWEEN_LOOKS
        budget.pause = min(pause, limit) if limit else pause

    def _roots(self) -> Iterator[Value]:
        for frame in self.frames:
            yield from frame.values()
        yield from self.loops
        yield from self.log
        yield self.answer
        for task in self.tasks:
            yield task.arguments
            yield task.result

    def without_secrets(self, text: str) -> str:
        """Return a text in which the header values of connections are replaced by ``***``."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def cleaned(self, value: Any) -> Any:
        """Return a Python value in whose texts the header values of connections are replaced by ``***``."""
        if not self.secrets:
            return value
        if isinstance(value, str):
            return self.without_secrets(value)
        if isinstance(value, list):
            return [self.cleaned(item) for item in value]
        if isinstance(value, dict):
            return {self.without_secrets(key): self.cleaned(item) for key, item in value.items()}
        return value

    def variable(self, name: str) -> Value:
        """Return the value of a system variable, such as ``today`` or ``zoho.loginuserid``.

        Raises:
            KeyError: if there is no such variable.
        """
        word = name.lower().removeprefix("zoho.")
        if word in ("currenttime", "now"):
            return self.context.now()
        if word in ("currentdate", "today"):
            return DateOnly.of(self.context.now())
        return self.system[word]


class Expressions(Protocol):
    """The interface of the expression compiler, for modules that it imports itself."""

    def compile(self, node: tree.Node) -> Evaluate:
        """Return a closure that evaluates an expression."""
        ...

    def condition(self, node: tree.Node) -> Callable[[Frame], bool]:
        """Return a closure that evaluates a condition."""
        ...

    def guarded(self, operator: str, line: int, name: str) -> Callable[[Value, Value], Value]:
        """Return the function of an operator. Its errors state the line and the operator's name."""
        ...


class Statements(Protocol):
    """The interface of the statement compiler, for modules that it imports itself."""

    @property
    def machine(self) -> Machine:
        """Return the state of the run."""
        ...

    @property
    def expressions(self) -> Expressions:
        """Return the compiler of expressions."""
        ...

    @property
    def keeps_references(self) -> bool:
        """Return whether an assignment shares a list or map instead of copying it."""
        ...

    def block(self, statements: Sequence[tree.Statement]) -> Execute:
        """Return a closure that executes statements."""
        ...

    def statement(self, node: tree.Statement) -> Execute:
        """Return a closure that executes a statement."""
        ...
