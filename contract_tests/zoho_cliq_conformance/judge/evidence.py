"""Which exchanges show a fact: those that could have violated it.

No fact passes because nothing contradicted it. An exchange shows a fact, depending on what the fact says:

- that a request is refused: the request is refused, and nothing else in it could be the reason;
- that a request is accepted: such a request is answered with success;
- that something does not change: it is read and is the same, after the call that might have changed it;
- anything else: the oracle or a driver compares the answer with the fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..trace import Exchange
from . import rules
from .document import BODIES, SCHEMAS
from .model import Action, Identity, Model
from .rules import Condition, Request

CHANGE_NOTHING, NOTHING_DONE = "errors.change-nothing", "thresholds.nothing-done"
KEPT_TYPE = "update.execution_type"
# Facts that a successful GET or list shows, with the earlier call that might have changed the action.
READINGS = {
    CHANGE_NOTHING: "a refused call",
    NOTHING_DONE: "a call refused for its threshold",
    KEPT_TYPE: "an update that named another execution type",
    "delete.keeps-others": "the deletion of another action",
    "update_handler.keeps-others": "an update of another action's handler",
    "update_handler.keeps-action": "an update of its handler",
}
# Facts that a successful answer shows, with the request that it has to answer.
GRANTS = {
    "create.optional": "a create of the required fields alone",
    "create.image": "a create with an image",
    "create.name.characters": "a create whose name has no more characters than allowed, but more bytes",
    "create.hint.characters": "a create whose hint has no more characters than allowed, but more bytes",
    "create.name.other-organization": "a create of a name that another organization has",
    "create.name.free-after-rename": "a create of a name that an action gave up",
    "create.name.free-after-delete": "a create of a name that a deleted action had",
    "update.name.free-after-rename": "an update to a name that an action gave up",
    "update.name.free-after-delete": "an update to a name that a deleted action had",
    "update.name.own": "an update that names the action's own name",
    "update.scope.team": "an update to scope team, or from it",
    "update.team_ids.alone": "an update of team_ids alone",
    "protocol.content-type": "a body whose Content-Type names a charset",
    "auth.zoho-oauthtoken": "a call with the scheme Zoho-oauthtoken",
    "visibility.organization": "a colleague's reading of an action of scope organization",
    "visibility.team.member": "a team member's reading of an action of scope team",
    "visibility.team.creator": "its creator's reading of an action of scope team",
}
REFUSED_RESTS = ("required", "max", "type", "values", "min", "object", "bytes", "fit", "scope", "missing-action")
REFUSED = frozenset(
    {
        *(f"protocol.{name}" for name in ("path", "method", "accept", "malformed", "id")),
        *(f"auth.{name}" for name in ("missing", "token", "scheme")),
        *(f"visibility.{name}" for name in ("personal", "team", "other-organization")),
        "delete.gone",
    }
)


def is_of_refusal(fact: str) -> bool:
    """Return whether the fact says that a request is refused."""
    group, _, rest = fact.partition(".")
    if group in ("action", "thresholds"):
        return False
    documented = rest.startswith(("msgaction_", "execution_handler_"))
    return fact in REFUSED or documented or rest.rpartition(".")[2] in REFUSED_RESTS


def lacking(fact: str) -> str:
    """Return the reason for a fact that was not shown: what did not happen in the run."""
    if fact in READINGS:
        return f"no response showed that an action was unchanged after {READINGS[fact]}"
    if fact in GRANTS:
        return f"this request did not succeed: {GRANTS[fact]}"
    if is_of_refusal(fact):
        return "no call was refused for this reason alone"
    return "no exchange tested this"


def of_refusal(fitting: Iterable[Condition], request: Request, code: str | None) -> Iterator[str]:
    """Yield the facts that a refusal shows.

    That is the fact of the condition that had to refuse the request, if no condition of another field holds as well. If
    no condition had to, it is the fact of the condition whose documented error code the answer has.

    Args:
        fitting: the conditions that the status and code of the refusal fit.
        request: the request.
        code: the error code of the answer.
    """
    conditions = list(fitting)
    musts = {condition.fact for condition in conditions if condition.must}
    if not musts:
        musts = {condition.fact for condition in conditions if condition.fact == f"{request.operation}.{code}"}
    if len(musts) != 1:
        return
    fact = musts.pop()
    field = fact.rpartition(".")[0]
    if any(condition.fact.rpartition(".")[0] != field for condition in conditions):
        return
    yield fact
    script = (request.body or {}).get("script")
    if fact == "update_handler.script.max" and len(script or "") <= rules.SCRIPT_REFUSED_BYTES:
        yield "update_handler.script.bytes"


def of_grant(exchange: Exchange, request: Request, identity: Identity | None, model: Model) -> frozenset[str]:
    """Return the facts that a successful answer to the request shows. `model` is the state before the request."""
    action = model.actions.get(request.identifier)
    found: set[str] = set()
    if request.body is not None and "charset" in (exchange.header("content-type") or ""):
        found.add("protocol.content-type")
    if (exchange.header("authorization") or "").startswith("Zoho-oauthtoken "):
        found.add("auth.zoho-oauthtoken")
    if identity is not None and request.operation in ("create", "update"):
        found.update(_of_body(request, model, identity, action))
    if identity is not None and action is not None and request.operation in ("get", "get_handler"):
        found.update(_of_reading(model, identity, action))
    return frozenset(found)


def _of_body(request: Request, model: Model, identity: Identity, action: Action | None) -> Iterator[str]:
    body, operation = request.body or {}, request.operation
    name = body.get("name")
    if isinstance(name, str):
        own = action is not None and action.content.get("name") == name
        for how in () if own else model.freed(name, identity.organization):
            yield f"{operation}.name.free-after-{how}"
        if own:
            yield "update.name.own"
    if operation == "create":
        if body.keys() == set(SCHEMAS[BODIES["create"]].get("required", ())):
            yield "create.optional"
        if "image" in body:
            yield "create.image"
        for field in ("name", "hint"):
            value, most = body.get(field), SCHEMAS[BODIES["create"]]["properties"][field]["maxLength"]
            if isinstance(value, str) and len(value) <= most < len(value.encode("utf-8", "replace")):
                yield f"create.{field}.characters"
        if isinstance(name, str) and model.elsewhere(name, identity.organization):
            yield "create.name.other-organization"
    elif action is not None:
        before = action.content.get("scope")
        if "team" in (before, body.get("scope")) and before != body.get("scope", before):
            yield "update.scope.team"
        if body.keys() == {"team_ids"} and before == "team":
            yield "update.team_ids.alone"


def _of_reading(model: Model, identity: Identity, action: Action) -> Iterator[str]:
    scope, own = action.content.get("scope"), identity.user == action.creator
    if action.uncertain or not model.directory.knows(identity.user, action.creator):
        return
    if scope == "organization" and not own:
        yield "visibility.organization"
    if scope == "team":
        yield "visibility.team.creator" if own else "visibility.team.member"


def expect_the_same(model: Model, request: Request, exchange: Exchange, *, throttled: bool) -> None:
    """Record after a refused write which facts the next reading of the action or its handler shows if it is the same.

    Args:
        model: holds the action; its `shows` or `handler_shows` gets the facts.
        request: the refused request.
        exchange: the same request; a GET changes nothing.
        throttled: whether it was refused for its threshold.
    """
    action = model.actions.get(request.identifier)
    if action is None or not action.alive or exchange.method == "GET":
        return
    shows = action.handler_shows if request.place == "handler" else action.shows
    shows.add(NOTHING_DONE if throttled else CHANGE_NOTHING)
    if request.operation == "update" and "execution_type" in (request.body or {}):
        action.shows.add(KEPT_TYPE)


def expect_of_others(model: Model, request: Request) -> None:
    """Record after a successful write which facts the next reading of unrelated actions and handlers shows.

    The facts say that the write does not change them.
    """
    if request.operation not in ("update", "delete", "update_handler"):
        return
    written = model.actions.get(request.identifier)
    for action in model.living() if request.operation != "update" else ():
        if request.operation == "delete":
            action.shows.add("delete.keeps-others")
        elif request.operation == "update_handler" and action is not written:
            action.handler_shows.add("update_handler.keeps-others")
    if written is None:
        return
    if request.operation == "update_handler":
        written.handler_shows.clear()
        written.shows.add("update_handler.keeps-action")
    else:
        written.shows.clear()
