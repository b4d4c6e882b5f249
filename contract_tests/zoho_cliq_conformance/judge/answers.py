"""Judge the answer to one request: its status, its error code, its headers and its content.

The caller has collected the conditions under which the request must or may be refused. If several hold, each may be the
reason: a server may check in any order. Each function adds its verdicts to the judgement and updates the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoho_cliq_api.contract import ERROR_CODES, OPERATIONS

from ..trace import Answer, came, error_of, is_throttle
from . import evidence, rules
from .document import LONG
from .facts import KNOWN
from .handlers import judge_handler
from .listing import Lists
from .model import Identity, Model
from .rules import Condition, Request
from .shown import content_type, judge_action, judge_created, judge_shape
from .verdicts import Judgement


def judge_answer(
    judgement: Judgement, answer: Answer, identity: Identity | None, conditions: Sequence[Condition], lists: Lists
) -> None:
    """Judge an answer and update the model.

    Args:
        judgement: gets the verdicts.
        answer: the answer to the judgement's request.
        identity: who sent the request; None without a valid token.
        conditions: all conditions under which this request must or may be refused.
        lists: the listings of the run.
    """
    exchange, request, model = judgement.exchange, judgement.request, judgement.model
    if is_throttle(answer):
        _remember_refused(request, model)
        evidence.expect_the_same(model, request, exchange, throttled=True)
        _error_body(judgement, answer, "thresholds.answer")
    elif answer.status >= 500:
        judgement.fails(judgement.about("protocol.no-crash"), expectation(conditions, request), came(answer))
        outcome_unknown(request, model)
    elif answer.status < 300:
        granted = evidence.of_grant(exchange, request, identity, model)
        _success(judgement, answer, identity, conditions, lists)
        if not judgement.violations:
            for fact in granted:
                judgement.passes(fact)
    else:
        _refused(judgement, answer, conditions)
        evidence.expect_the_same(model, request, exchange, throttled=False)


def outcome_unknown(request: Request, model: Model) -> None:
    """Record in the model that nobody knows whether the server carried out the request.

    The action's state is uncertain then, and a create may have made an action of its name.
    """
    action = model.actions.get(request.identifier)
    if request.operation in ("update", "delete", "update_handler") and action is not None:
        action.uncertain = True
        action.shows.clear()
        action.handler_shows.clear()
    if request.operation == "create" and request.body:
        model.note_unknown_create(request.body.get("name"))


# --- errors


def _refused(judgement: Judgement, answer: Answer, conditions: Sequence[Condition]) -> None:
    exchange, request = judgement.exchange, judgement.request
    code, _ = error_of(answer)
    unseen = "body" in answer.unknown
    if answer.status < 400:
        known = any(answer.status in c.statuses for c in conditions)
        judgement.holds("protocol.status", known, expectation(conditions, request), came(answer))
        return
    judgement.passes("protocol.status")
    judgement.passes("protocol.no-crash")
    if request.place is not None:  # another path may be answered by a proxy in front of the server
        _error_body(judgement, answer, "errors.body")
    if answer.status == 405 and request.place is not None:
        _allow(judgement, answer)
    _remember_refused(request, judgement.model)
    fitting = [c for c in conditions if c.fits(answer.status, code) or (unseen and answer.status in c.statuses)]
    for fact in evidence.of_refusal(fitting, request, code):
        judgement.passes(fact)
    for condition in fitting:
        if condition.fact == exchange.about == "auth.zoho-oauthtoken":
            judgement.fails(condition.fact, "the call is accepted", came(answer))
        elif condition.fact == "get_handler.unset" and judgement.model.scripted():
            judgement.passes("handler.fresh")
    if not fitting:
        fact, expected = _unexpected(judgement, answer.status, code, conditions)
        judgement.fails(fact, expected, came(answer))
    elif _is_documented(code):
        judgement.passes("errors.code.fits")


def _unexpected(
    judgement: Judgement, status: int, code: str | None, conditions: Sequence[Condition]
) -> tuple[str, str]:
    """Return the fact that an error without a fitting condition violates, and the answer that was expected instead."""
    request = judgement.request
    if musts := [c for c in conditions if c.must]:
        return judgement.chosen(musts), expectation(conditions, request)
    if status == 406:
        fact = "protocol.accept.json"
    elif _is_documented(code) and code != "invalid_inputs":
        fact = f"{request.operation}.{code}"
        fact = judgement.about(fact) if fact in KNOWN else "errors.code.fits"
    else:
        fact = judgement.about(f"{request.operation}.accepts") if request.operation else "protocol.status"
    return fact, expectation([], request)


def _is_documented(code: str | None) -> bool:
    return code is not None and code in ERROR_CODES and ERROR_CODES[code].documented


def _remember_refused(request: Request, model: Model) -> None:
    """Record the name of a refused create: no list may show an action of that name."""
    name = (request.body or {}).get("name")
    if request.operation == "create" and isinstance(name, str) and rules.kept(name):
        model.refused_names.add(name)


def _error_body(judgement: Judgement, answer: Answer, fact: str) -> None:
    """Assert that an error is JSON and that its body has a message."""
    content_type(judgement, answer)
    if "body" in answer.unknown:
        return
    _, message = error_of(answer)
    judgement.holds(fact, bool(message and message.strip()), "a JSON object with a message", came(answer))


def _allow(judgement: Judgement, answer: Answer) -> None:
    """Assert that the Allow header of a 405 names the methods of the path, and not the refused one."""
    if "headers" in answer.unknown:
        return
    given = answer.header("allow")
    methods = {part.strip().upper() for part in (given or "").split(",")}
    expected = judgement.request.methods
    good = given is not None and expected <= methods and judgement.exchange.method not in methods
    judgement.holds("protocol.allow", good, f"Allow: {', '.join(sorted(expected))}", f"Allow: {given}")


# --- good answers


def _success(
    judgement: Judgement, answer: Answer, identity: Identity | None, conditions: Sequence[Condition], lists: Lists
) -> None:
    request, model = judgement.request, judgement.model
    action = model.actions.get(request.identifier)
    musts = [c for c in conditions if c.must]
    if musts:
        judgement.fails(judgement.chosen(musts), expectation(conditions, request), came(answer), action)
    if request.operation is None:
        return
    success = OPERATIONS[LONG[request.operation]].success
    judgement.holds(f"{request.operation}.success", answer.status == success, str(success), answer.status)
    if identity is None:
        identity = Identity("nobody", "nobody's", None)
    if not musts:
        judgement.passes("protocol.accept.json")
        if request.place == "collection" or (action is not None and identity.user == action.creator):
            judgement.passes(f"{request.operation}.accepts")
    if request.operation == "delete":
        _deleted(judgement, answer)
        return
    shown = judge_shape(judgement, answer)
    if shown is None:
        outcome_unknown(request, model)
        return
    if request.operation == "list":
        lists.judge_page(judgement, identity.user, shown)
    elif request.operation.endswith("_handler"):
        judge_handler(judgement, action, shown)
        evidence.expect_of_others(model, request)
    elif request.operation == "create":
        _created(judgement, identity, shown)
    elif action is not None:
        judge_action(judgement, action, shown)
        evidence.expect_of_others(model, request)


def _deleted(judgement: Judgement, answer: Answer) -> None:
    action = judgement.model.actions.get(judgement.request.identifier)
    if "body" not in answer.unknown:
        judgement.holds("delete.empty", answer.body == b"", "an empty body", came(answer))
    if action is not None and action.alive:
        judgement.model.change(action, dict(action.content), judgement.exchange.received, alive=False)
        judgement.wrote(action)
        evidence.expect_of_others(judgement.model, judgement.request)


def _created(judgement: Judgement, identity: Identity, shown: dict[str, Any]) -> None:
    if not isinstance(shown["data"].get("id"), str):
        outcome_unknown(judgement.request, judgement.model)
    elif (action := judge_created(judgement, identity, shown)) is not None:
        judgement.model.refused_names.discard(str(action.content.get("name")))


def expectation(conditions: Sequence[Condition], request: Request) -> str:
    """Return the expected answer as text.

    Args:
        conditions: those that hold for the request. If any of them must refuse it, a success is not expected.
        request: the request.
    """
    musts = [c for c in conditions if c.must]
    if musts:
        return "; or ".join(_describe(c) for c in musts)
    if request.operation:
        return f"{OPERATIONS[LONG[request.operation]].success}, a success response to {request.operation}"
    return "a 4xx status"


def _describe(condition: Condition) -> str:
    statuses = " or ".join(map(str, sorted(condition.statuses)))
    codes = sorted(code for code in condition.codes if code)
    code = f" with code {' or '.join(codes)}" if codes and None not in condition.codes else ""
    return f"{statuses}{code}, because {condition.why}"
