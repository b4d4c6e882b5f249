"""What a run found: what was skipped, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoho_cliq_api.contract import OPERATIONS, document

from .judge.document import BODIES, LONG, SHORT
from .judge.facts import FACTS, KNOWN, new_fields
from .judge.routes import unmodelled_parameters
from .judge.verdicts import Violation
from .profile import SCOPES, Profile
from .sending.client import Client

CONFORMS, FAULTS, CANNOT_RUN, LOCKED, NOT_SHOWN = range(5)
# What only a driver shows, by its name, or by the name under which it says what it lacks.
SHOWN_BY_DRIVER = {
    "thresholds": "thresholds.",
    "thresholds of another user": "thresholds.user",
    "thresholds of another token": "thresholds.token",
    "creation-limit": "create.msgaction_creation_limit_exceeded",
}


def unmodelled() -> list[str]:
    """Return what the document has and no fact is about: operations that nobody waived with `x-unmodelled` in the
    overlay, and fields of bodies and parameters of paths as `operation.field`.

    A new operation of the vendor's is not called until somebody states its facts. Of a new field, no more is checked
    than what the document says of it; a new parameter of a path has a sample in every call. The verdict is about all
    else, and the report names them.
    """
    known = {fact.partition(".")[0] for fact in FACTS}
    found = [name for name in OPERATIONS if SHORT.get(name) not in known]
    found += [f"{LONG[short]}.{field}" for short in BODIES for field in new_fields(short)]
    found += unmodelled_parameters()
    if not found:
        return []
    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    waived = {operation["operationId"] for operation in operations if operation.get("x-unmodelled")}
    return [name for name in found if name not in waived]


def missing(driver: str, profile: Profile) -> str:
    """Return what the profile lacks for the whole of this driver; empty where it can run."""
    if driver == "thresholds" and not profile.pace:
        return "needs a server that enforces thresholds (pace is false)"
    return "needs creation_limit" if driver == "creation-limit" and profile.creation_limit is None else ""


@dataclass
class Result:
    """What a run found. `skipped` holds names of scenarios and drivers with the reason.

    `recorded`: the traffic is a recording, which no profile and no choice of drivers would have made another.
    """

    client: Client
    skipped: dict[str, str] = field(default_factory=dict)
    stopped: str = ""
    locked_for: float = 0.0
    cannot: bool = False
    leftovers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recorded: bool = False
    calls_of_clean_up: int = 0
    unmodelled: list[str] = field(default_factory=unmodelled)

    @property
    def violations(self) -> list[Violation]:
        return self.client.oracle.violations

    def faults(self, strict: bool = False) -> list[Violation]:
        """Return the violations that decide: of stated facts, with `strict` of all."""
        return [violation for violation in self.violations if strict or KNOWN[violation.fact].stated]

    def ungraded(self, strict: bool = False) -> str:
        """Return why the run says nothing about the server: no fact that decides was seen to hold. Empty where one
        was."""
        if any(count and (strict or KNOWN[fact].stated) for fact, count in self.client.oracle.passed.items()):
            return ""
        reasons = [f"{name} {reason}" for name, reason in self.skipped.items()]
        if self.client.trace or not reasons:
            reasons.append(f"{len(self.client.trace)} calls showed no fact that decides")
        return f"nothing could be graded: {'; '.join(reasons)}"

    def not_shown(self, strict: bool = False) -> list[str]:
        """Return the facts that decide, that calls of the run were about, and that no exchange showed, nor broke."""
        oracle = self.client.oracle
        return [
            fact
            for fact in FACTS
            if oracle.asked[fact] and not oracle.passed[fact] and not oracle.failed[fact]
            if (strict or FACTS[fact].stated) and not self.lacks(fact)
        ]

    def lacks(self, fact: str) -> str:
        """Return what the profile or the choice of drivers lacks to show the fact; empty where it lacks nothing
        known."""
        for name, reason in self.skipped.items():
            if fact.startswith(SHOWN_BY_DRIVER.get(name, "no fact")):
                return reason
        if self.recorded or self.client.oracle.asked[fact]:
            return ""
        profile = self.client.profile
        if fact.endswith(".scope"):
            missing = [f"tokens.owner_only.{scope}" for scope in SCOPES]
            return profile.lacks(missing if profile.owner_only else ["tokens.owner_only"])
        return profile.lacks(KNOWN[fact].needs)

    def exit_code(self, strict: bool = False) -> int:
        """Return 0 conforms, 1 faults, 2 cannot run, 3 locked, 4 no fault, but not all that was asked for was shown."""
        return FAULTS if self.faults(strict) else self.exit_code_but_for_faults(strict)

    def exit_code_but_for_faults(self, strict: bool = False) -> int:
        """Return the exit code of the same run if it had found no fault."""
        if self.locked_for:
            return LOCKED
        if self.cannot or self.ungraded(strict):
            return CANNOT_RUN
        return NOT_SHOWN if self.not_shown(strict) else CONFORMS
