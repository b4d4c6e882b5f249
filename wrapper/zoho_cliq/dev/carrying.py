"""Apply a folder to the mock after each change. If the folder has mistakes, the mock keeps the last valid state."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..client import Cliq
from ..errors import CliqError
from ..project import (
    AccountChanged,
    Incomplete,
    Lock,
    Mistake,
    Plan,
    Project,
    ProjectError,
    apply,
    check,
    plan,
    read_checked,
)
from ..project.configuration import read_configuration
from ..project.lock_file import read_locks
from .mock import Mock

_NAMED = 3
"""How many changes a line names."""
_ATTEMPTS = 3
"""How often a plan is made anew, where somebody in the page changed an action meanwhile."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it. `text` is one line; `changes` has what was done, or is None where nothing was carried over."""

    text: str
    mistakes: tuple[Mistake, ...] = ()
    changes: tuple[str, ...] | None = None


class NoWaits:
    """The machine's clock with waits that return at once: the mock counts no calls, so there is nothing to wait for."""

    jumps = True

    def __init__(self) -> None:
        self._ahead = 0.0

    def monotonic(self) -> float:
        """Return seconds on a clock that never steps back."""
        return time.monotonic() + self._ahead

    def time(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._ahead += seconds

    async def async_sleep(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self.sleep(seconds)


class Carrier:
    """Carries one folder to one mock.

    Args:
        root: the folder.
        environment: its name in `cliq.toml`; None is the default one. Its credentials are not looked at.
        variables: values that take the place of those in `cliq.toml`.
        environ: where secret variables come from.
        notes: an empty folder for the lock file of the mock; the project's own stays as it is.
        timeout: seconds for one attempt of a call.
    """

    def __init__(
        self,
        root: Path,
        environment: str | None,
        mock: Mock,
        *,
        variables: Mapping[str, Any],
        environ: Mapping[str, str],
        notes: Path,
        timeout: float,
    ) -> None:
        self._root = root
        self._environment = environment
        self._mock = mock
        self._variables = variables
        self._environ = environ
        self._notes = notes
        self._timeout = timeout
        self._clock = NoWaits()
        self.mask: Callable[[str], str] = str
        """Puts the names of secret variables in place of their values; of the folder as it was read last."""

    @property
    def title(self) -> str:
        """The name of the folder and the environment that the mock represents."""
        return f"{self._root.name} ({self._environment or 'default environment'})"

    def carry(self) -> Carried:
        """Make the mock equal to the folder."""
        try:
            project, warnings = self._read()
        except ProjectError as error:
            return _wrong(error.mistakes)
        try:
            return self._apply(project, warnings)
        except Incomplete as error:
            return _wrong([*(Mistake("", 0, line) for line in error.blocked), *warnings])
        except CliqError as error:
            return _wrong([Mistake("", 0, self.mask(str(error))), *warnings])

    def _read(self) -> tuple[Project, list[Mistake]]:
        """Return the folder and warnings. Raise ProjectError for anything that the checks call an error."""
        try:
            configuration = read_configuration(self._root, self._environ, self._variables)
        except ProjectError:  # the mistakes of the other files are told with those of cliq.toml
            raise ProjectError(check(self._root, self._environment, self._environ)) from None
        environment = configuration.environment(self._environment)
        self._environment = environment.name
        self.mask = environment.masked
        variables, found = dict(self._variables), []
        for name, source in configuration.unset[environment.name].items():
            # Nobody should need the secrets of an account to try a folder without it.
            variables[name] = f"unset-{source}"
            message = f"variables.{name}: {source} is not set; its value here is {variables[name]}"
            line = configuration.table.line("environments", environment.name, "variables", name)
            found.append(Mistake(configuration.table.name, line, message, "warning"))
        try:
            project, warnings = read_checked(self._root, environment.name, self._environ, variables=variables)
        except ProjectError as error:
            raise ProjectError(sorted([*found, *error.mistakes])) from None
        return project, sorted([*found, *warnings])

    def _apply(self, project: Project, warnings: Sequence[Mistake]) -> Carried:
        self._make_teams(project)
        with Cliq(
            self._mock.new_token(),
            account="zoho-cliq dev",
            base_url=self._mock.base_url,
            timeout=self._timeout,
            clock=self._clock,
            max_wait=math.inf,
            path_parameters=project.environment.path_parameters,
        ) as cliq:
            made = self._applied(cliq, project)
        changes = tuple(f"{change.kind} {change.name}" for change in made.changes)
        named = ", ".join(changes[:_NAMED]) or "nothing to change"
        more = f" and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
        return Carried(f"Applied: {named}{more}.", tuple(warnings), changes)

    def _applied(self, cliq: Cliq, project: Project, attempts: int = _ATTEMPTS) -> Plan:
        lock = read_locks(self._notes).get(project.environment.name, Lock())
        made = plan(cliq, replace(project, lock=lock), prune=True, replace=True)
        try:
            apply(cliq, self._notes, made, recheck=False)
        except AccountChanged:
            if attempts == 1:
                raise
            return self._applied(cliq, project, attempts - 1)
        return made

    def _make_teams(self, project: Project) -> None:
        """Create the teams that the actions need, because the mock does not have the account's teams."""
        wanted = {team for action in project.actions for team in action.fields.get("team_ids", ())}
        if not wanted:
            return
        user = self._mock.call("GET", "state")["users"][0]
        if not wanted <= set(user["teams"]):
            teams = sorted(wanted | set(user["teams"]))
            self._mock.call("POST", "teams", {"user": user["key"], "teams": teams, "create": True})


def _wrong(mistakes: Sequence[Mistake]) -> Carried:
    count = sum(mistake.severity == "error" for mistake in mistakes)
    text = f"Not applied: {count} mistake{'' if count == 1 else 's'}; the mock keeps the last correct version."
    return Carried(text, tuple(mistakes))
