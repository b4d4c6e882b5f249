"""Run the phases of schemathesis: examples, coverage and fuzzing on the document, stateful on a derived document."""

from __future__ import annotations

import copy
from contextvars import ContextVar
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import Interrupted
from zoho_cliq_api.contract import document

from ...judge.document import SHORT
from ...judge.facts import KNOWN
from ...result import Result
from ...sending.client import Client
from .gateway import SPECIFICATION, Gateway

CHECK = "oracle_agrees"
_gateway: ContextVar[Gateway] = ContextVar("gateway")


def _check(context: Any, response: Any, case: Any) -> bool | None:
    """Raise AssertionError if the oracle found a fault in the exchanges of this case."""
    gateway = _gateway.get(None)
    decided = [v for v in gateway.last if KNOWN[v.fact].stated] if gateway is not None else []
    if decided:
        raise AssertionError(f"{decided[0].fact}: expected {decided[0].expected}, got {decided[0].got}")
    return None


def _register() -> None:
    from schemathesis.checks import CHECKS

    if CHECK not in CHECKS.get_all_names():
        _check.__name__ = CHECK
        schemathesis.check(_check)


def fuzzed_document(stateful: bool) -> dict[str, Any]:
    """Return the composed document for schemathesis, without the operations that the suite does not model.

    Tokens are described as HTTP bearer tokens, since schemathesis ignores OAuth. For the stateful phase `team_ids` are
    removed: schemathesis takes them for references to a resource that no operation creates, and then never creates an
    action.
    """
    found = copy.deepcopy(document())
    found["servers"] = [{"url": "/api/v3"}]
    found["components"]["securitySchemes"] = {"Cliq_Auth": {"type": "http", "scheme": "bearer"}}
    found.pop("webhooks", None)
    for path in found["paths"].values():
        for method, operation in list(path.items()):
            if operation["operationId"] in SHORT:
                operation["security"] = [{"Cliq_Auth": []}]
            else:  # the suite does not model the operation
                del path[method]
    if stateful:
        for name in ("MessageActionCreate", "MessageActionUpdate"):
            schema = found["components"]["schemas"][name]
            schema["properties"].pop("team_ids")
            schema["allOf"] = [rule for rule in schema["allOf"] if "team_ids" not in str(rule)]
        found["components"]["schemas"]["Scope"]["enum"].remove("team")
    return found


def _config(seed: int, examples: int, phases: tuple[str, ...]) -> SchemathesisConfig:
    every = ("examples", "coverage", "fuzzing", "stateful")
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "checks": {"enabled": False, CHECK: {"enabled": True}},
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "phases": {phase: {"enabled": phase in phases} for phase in every},
            "analysis": {"constants": {"enabled": False}},
        }
    )


def run_fuzz(client: Client, result: Result, *, examples: int = 30, until_fault: bool = False) -> None:
    """Fuzz the server. The oracle keeps the violations; a note says how many transitions between operations were tried.

    Args:
        client: the client of the run.
        result: where notes are recorded.
        examples: the number of examples that schemathesis generates for each operation.
        until_fault: whether to stop at the first violation.

    Raises:
        Stopped: the run cannot continue; the subclass says why.
    """
    _register()
    client.scenario = "fuzz"
    for phases, stateful in ((("examples", "coverage", "fuzzing"), False), (("stateful",), True)):
        gateway = Gateway(client, fuzzed_document(stateful))
        token = _gateway.set(gateway)
        try:
            schema = schemathesis.openapi.from_wsgi(
                SPECIFICATION, gateway, config=_config(client.seed, examples, phases)
            )
            followed = _execute(schema, gateway, client, until_fault)
        finally:
            _gateway.reset(token)
        if gateway.stopped is not None:
            raise gateway.stopped
        if stateful:
            links = sum(
                len(r.get("links", {}))
                for p in document()["paths"].values()
                for o in p.values()
                for r in o["responses"].values()
            )
            result.notes.append(
                f"fuzz: {len(followed)} transitions followed in the stateful phase, those included that schemathesis "
                f"infers; the document has {links} links"
            )


def _execute(schema: Any, gateway: Gateway, client: Client, until_fault: bool) -> set[str]:
    followed: set[str] = set()
    stream = from_schema(schema).execute()
    for event in stream:
        if isinstance(event, Interrupted):
            raise KeyboardInterrupt
        recorder = getattr(event, "recorder", None)
        for node in getattr(recorder, "cases", {}).values():
            transition = getattr(node, "transition", None)
            if transition is not None:
                followed.add(str(getattr(transition, "id", transition)))
        if gateway.stopped is not None or (until_fault and client.oracle.violations):
            stream.stop()
    return followed
