"""Choose the next step: the first that can be done now, so that no operation's threshold delays another operation."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

from zoho_cliq_api.contract import OPERATIONS, Threshold

from ..state import Budget
from .steps import Step


class Schedule:
    """The steps still to be done, in an order that respects their dependencies.

    It has no clock: it is given the budgets, and returns a step or how long to wait.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._open = list(steps)
        self._done: set[int] = set()
        self._begun: set[int] = set()
        self._sizes = {
            group: Counter(operation for step in steps if step.group == group for operation in step.operations)
            for group in {step.group for step in steps if step.group is not None}
        }

    @property
    def open(self) -> int:
        """How many steps are still to be done."""
        return len(self._open)

    @property
    def over(self) -> bool:
        """Whether everything is done."""
        return not self._open

    @property
    def operations(self) -> list[str]:
        """The operations that are still to be called."""
        return sorted({operation for step in self._open for operation in step.operations})

    def left(self, budgets: Mapping[str, Budget]) -> float:
        """Return the least number of seconds until everything is done."""
        counts = Counter(operation for step in self._open for operation in step.operations)
        return max((until(count, name, budgets[name]) for name, count in counts.items()), default=0.0)

    def next(self, budgets: Mapping[str, Budget]) -> Step | tuple[str, float]:
        """Return the step to do now, or the operation to wait for and for how many seconds."""
        waits: list[tuple[float, str]] = []
        ready = [step for step in self._open if self._done.issuperset(step.after)]
        # Finish groups that have begun first: until then, an action may have a temporary name.
        for step in sorted(ready, key=lambda step: step.group not in self._begun):
            seconds, operation = max((_wait(budgets[name], count), name) for name, count in self._needed(step).items())
            if seconds <= 0:
                return step
            waits.append((seconds, operation))
        seconds, operation = min(waits)
        return operation, seconds

    def done(self, step: Step) -> None:
        """Note that a step is done."""
        self._open.remove(step)
        self._done.add(step.number)
        if step.group is not None:
            self._begun.add(step.group)

    def _needed(self, step: Step) -> Counter[str]:
        if step.group is None or step.group in self._begun:
            return Counter(step.operations)
        return self._sizes[step.group]


def _threshold(operation: str) -> Threshold:
    """Return the threshold of an operation of message actions; the document gives each of them one."""
    threshold = OPERATIONS[operation].threshold
    assert threshold is not None
    return threshold


def _wait(budget: Budget, count: int) -> float:
    """Return the seconds until `count` calls, or at most the threshold's limit, can be made at once."""
    if budget.locked_for > 0:
        return budget.locked_for
    wanted = min(count, budget.limit)
    # `resets_in` frees one more call; then the budgets are read again.
    return 0.0 if budget.remaining >= wanted else max(budget.resets_in, 0.001)


def until(count: int, operation: str, budget: Budget) -> float:
    """Return the least number of seconds until `count` calls have been made."""
    if count <= budget.remaining and budget.locked_for <= 0:
        return 0.0
    window = _threshold(operation).window_seconds
    rounds, place = divmod(max(0, count - budget.remaining - 1), budget.limit)
    # The slots that are in use come first; those that are free now are free again a window later.
    first = budget.resets_in if place < budget.limit - budget.remaining else window
    return max(budget.locked_for, first) + rounds * window


class Simulated:
    """Thresholds on a simulated clock, on which calls take no time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._calls: dict[str, deque[float]] = {}

    def budgets(self, operations: Sequence[str]) -> dict[str, Budget]:
        """Return what is left of each operation's threshold."""
        return {operation: self._budget(operation) for operation in operations}

    def made(self, operation: str) -> None:
        """Note a call."""
        self._calls.setdefault(operation, deque()).append(self.now)

    def _budget(self, operation: str) -> Budget:
        threshold = _threshold(operation)
        calls = self._calls.setdefault(operation, deque())
        while calls and calls[0] <= self.now - threshold.window_seconds:
            calls.popleft()
        resets_in = calls[0] + threshold.window_seconds - self.now if calls else 0.0
        return Budget(threshold.limit, threshold.limit - len(calls), resets_in, 0.0)


def least_seconds(steps: Sequence[Step]) -> float:
    """Return the time that the steps take if nothing else uses the thresholds and calls take no time."""
    schedule, world = Schedule(steps), Simulated()
    while not schedule.over:
        found = schedule.next(world.budgets(schedule.operations))
        if isinstance(found, Step):
            for operation in found.operations:
                world.made(operation)
            schedule.done(found)
        else:
            world.now += found[1]
    return world.now
