"""The result of a run: its violations, what was skipped, and the exit code."""

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
# Facts that only one driver can show, by prefix. The key is the driver's name, or the name under which the driver
# reports in `Result.skipped` what it lacks for these facts.
SHOWN_BY_DRIVER = {
    "thresholds": "thresholds.",
    "thresholds of another user": "thresholds.user",
    "thresholds of another token": "thresholds.token",
    "creation-limit": "create.msgaction_creation_limit_exceeded",
}


def unmodelled() -> list[str]:
    """Return what no fact is about: operations, and `operation.field` for fields of bodies and parameters of paths.

    These come from a document that is newer than `facts.toml`. The suite does not call such an operation. Of such a
    field it checks only what the document says, and such a parameter has the profile's value in every call. They do not
    count for the verdict, but the report names them. Operations with `x-unmodelled` in the overlay are left out.
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
    """Return why the driver cannot run with this profile, as a phrase for a report, or an empty text if it can."""
    if driver == "thresholds" and not profile.pace:
        return "needs a server that enforces thresholds (pace is false)"
    return "needs creation_limit" if driver == "creation-limit" and profile.creation_limit is None else ""


@dataclass
class Result:
    """The result of a run.

    Args:
        client: the client of the run, with its trace and its oracle.
        skipped: scenarios and drivers that were skipped, with the reason.
        stopped: why the run ended early, or empty.
        locked_for: seconds for which the server is locked for a threshold; 0 for none.
        cannot: whether the server could not be graded.
        leftovers: a line for each action that the clean-up did not remove.
        notes: remarks for the report.
        recorded: whether the traffic is a recording. Then nothing is skipped for what the profile or `--only` lacks.
        calls_of_clean_up: how many calls the clean-up sent.
        unmodelled: what the document has and no fact is about (see `unmodelled`).
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
        """All violations of the run, in the order in which they were found."""
        return self.client.oracle.violations

    def faults(self, strict: bool = False) -> list[Violation]:
        """Return the violations that decide the verdict: those of stated facts, or with `strict` all."""
        return [violation for violation in self.violations if strict or KNOWN[violation.fact].stated]

    def ungraded(self, strict: bool = False) -> str:
        """Return why no fact that decides passed, so that the run has no result, or an empty text if one passed.

        Args:
            strict: whether inferred and guessed facts decide, too.
        """
        if any(count and (strict or KNOWN[fact].stated) for fact, count in self.client.oracle.passed.items()):
            return ""
        reasons = [f"{name} {reason}" for name, reason in self.skipped.items()]
        if self.client.trace or not reasons:
            reasons.append(f"none of {len(self.client.trace)} calls showed a fact that decides the verdict")
        return f"nothing could be graded: {'; '.join(reasons)}"

    def not_shown(self, strict: bool = False) -> list[str]:
        """Return the facts that decide and that calls were sent for, but that neither passed nor failed in any call."""
        oracle = self.client.oracle
        return [
            fact
            for fact in FACTS
            if oracle.asked[fact] and not oracle.passed[fact] and not oracle.failed[fact]
            if (strict or FACTS[fact].stated) and not self.lacks(fact)
        ]

    def lacks(self, fact: str) -> str:
        """Return what the profile or `--only` lacks to show the fact, as a phrase for a report, or an empty text."""
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
        """Return the exit code: 0 conforms, 1 faults, 2 cannot run, 3 locked, 4 no fault but facts were not shown.

        Args:
            strict: whether inferred and guessed facts decide, too.
        """
        return FAULTS if self.faults(strict) else self.exit_code_without_faults(strict)

    def exit_code_without_faults(self, strict: bool = False) -> int:
        """Return the exit code that the run would have without its faults: 0, 2, 3 or 4."""
        if self.locked_for:
            return LOCKED
        if self.cannot or self.ungraded(strict):
            return CANNOT_RUN
        return NOT_SHOWN if self.not_shown(strict) else CONFORMS
