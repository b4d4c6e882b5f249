"""The one passive oracle: it watches exchanges, keeps the model, and says what may not have happened.

It sends nothing and assumes nothing about who drives: the table, the machine, the fuzzer and recorded traffic all pass
through `Oracle.observe`. For each request it gathers the conditions under which an error must or may come (`rules` and
`conditions`), then checks status, code and headers, and what a good answer shows (`shown`, `listing`). It assumes no
order of a server's own checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoho_cliq_api.contract import ERROR_CODES, OPERATIONS

from . import rules
from .conditions import Conditions
from .facts import FACTS
from .listing import Lists
from .model import Directory, Identity
from .rules import Call, Condition
from .shown import Shown, content_type
from .trace import Answer, Exchange, came, error_of, is_throttle
from .verdicts import Verdicts, Violation


class Oracle(Verdicts):
    """The oracle. An organization may have `creation_limit` actions; `exclusive`: nobody else uses the server."""

    def __init__(self, directory: Directory, *, creation_limit: int | None = None, exclusive: bool = False) -> None:
        self.creation_limit, self.exclusive = creation_limit, exclusive
        super().__init__(directory)

    def forget(self) -> None:
        """Start with an empty server again; verdicts stay."""
        super().forget()
        self._shown = Shown(self)
        self._lists = Lists(self, self._shown, self._stray)
        self._conditions = Conditions(self.model, self._lists, self.creation_limit, exclusive=self.exclusive)
        self._refused_names: set[str] = set()

    # --- one exchange

    def observe(self, exchange: Exchange, related: Sequence[int] = ()) -> list[Violation]:
        """Judge one exchange and learn from it; gives the violations that it shows."""
        before = len(self.violations)
        call, answer = self.judge(exchange, related), exchange.answer
        if answer is None:
            self.fails("protocol.answered", "an answer", exchange.failure)
            self._doubt(call)
            return self.violations[before:]
        self.passes("protocol.answered")
        if exchange.method in ("HEAD", "OPTIONS") and answer.status < 500:
            return []
        identity, conditions = self._conditions.of(exchange, call)
        if is_throttle(answer):
            self._remember_refused(call)
            self._error_body(answer, "thresholds.answer")
        elif answer.status >= 500:
            self.fails(self.about("protocol.no-crash"), expectation(conditions, call), came(answer))
            self._doubt(call)
        else:
            self.passes("protocol.no-crash")
            if answer.status < 300:
                self._success(call, identity, conditions, answer)
            else:
                self._refused(call, conditions, answer)
        new = self.violations[before:]
        if exchange.about and not any(v.fact == exchange.about for v in new) and not is_throttle(answer):
            self.passes(exchange.about)
        return new

    def doubt(self, exchange: Exchange) -> None:
        """Learn that the outcome of a request is unknown for a reason that is not the server's."""
        self.exchange = exchange
        self._doubt(rules.read(exchange))

    def lose_sight(self) -> None:
        """Learn that somebody may have written what no exchange shows."""
        for action in self.model.actions.values():
            action.uncertain = True

    def adopt(self, identifier: str, creator: str) -> None:
        """Learn that an action is there, of a create whose answer never came; nothing else is known of it."""
        if identifier not in self.model.actions:
            self.model.create(identifier, creator, {}, self.exchange.received).uncertain = True

    def _doubt(self, call: Call) -> None:
        """After an answer that tells nothing, either outcome may be the server's state."""
        action = self.model.actions.get(call.identifier)
        if call.operation in ("update", "delete", "update_handler") and action is not None:
            action.uncertain = True
        if call.operation == "create" and call.body:
            self.model.lose(call.body.get("name"))

    # --- errors

    def _refused(self, call: Call, conditions: list[Condition], answer: Answer) -> None:
        code, _ = error_of(answer)
        unseen = "body" in answer.unknown
        if answer.status < 400:
            fitting = [c for c in conditions if answer.status in c.statuses]
            self.holds("protocol.status", bool(fitting), expectation(conditions, call), came(answer))
            return
        self.passes("protocol.status")
        if call.place is not None:  # a path that nobody documented may be answered by something before the server
            self._error_body(answer, "errors.body")
        if answer.status == 405 and call.place is not None:
            self._allow(call, answer)
        self._remember_refused(call)
        fitting = [c for c in conditions if c.fits(answer.status, code) or (unseen and answer.status in c.statuses)]
        for condition in fitting:
            if condition.must:
                self.passes(condition.fact)
            elif condition.fact == self.exchange.about == "auth.zoho-oauthtoken":
                self.fails(condition.fact, "the call is let in", came(answer))
        if fitting:
            if code is not None and code in ERROR_CODES:
                self.passes("errors.code.fits")
            return
        musts = [c for c in conditions if c.must]
        if musts:
            self.fails(self.chosen(musts), expectation(conditions, call), came(answer))
        elif answer.status == 406:
            self.fails("protocol.accept.json", expectation([], call), came(answer))
        elif code is not None and code in ERROR_CODES and ERROR_CODES[code].documented and code != "invalid_inputs":
            fact = f"{call.operation}.{code}"
            known = self.about(fact) if fact in FACTS else "errors.code.fits"
            self.fails(known, expectation([], call), came(answer))
        else:
            fact = self.about(f"{call.operation}.accepts") if call.operation else "protocol.status"
            self.fails(fact, expectation([], call), came(answer))

    def _remember_refused(self, call: Call) -> None:
        name = (call.body or {}).get("name")
        if call.operation == "create" and isinstance(name, str) and rules.kept(name):
            self._refused_names.add(name)

    def _stray(self, identifier: str, name: object) -> None:
        """Judge a listed action that no acknowledged create made: it must not bear the name of a refused one."""
        if isinstance(name, str) and name in self._refused_names and not self.model.lost(name):
            self.fails("errors.change-nothing", "a refused create makes nothing", f"{identifier}, {name!r}, is listed")

    def _error_body(self, answer: Answer, fact: str) -> None:
        content_type(self, answer)
        if "body" in answer.unknown:
            return
        _, message = error_of(answer)
        self.holds(fact, bool(message and message.strip()), "a JSON object with a message", came(answer))

    def _allow(self, call: Call, answer: Answer) -> None:
        if "headers" in answer.unknown:
            return
        given = answer.header("allow")
        methods = {part.strip().upper() for part in (given or "").split(",")}
        expected = set(rules.PLACES[call.place or ""])
        good = given is not None and expected <= methods and self.exchange.method not in methods
        self.holds("protocol.allow", good, f"Allow: {', '.join(sorted(expected))}", f"Allow: {given}")

    # --- good answers

    def _success(self, call: Call, identity: Identity | None, conditions: list[Condition], answer: Answer) -> None:
        musts = [c for c in conditions if c.must]
        if musts:
            action = self.model.actions.get(call.identifier)
            self.fails(self.chosen(musts), expectation(conditions, call), came(answer), action)
        if call.operation is None:
            return
        success = OPERATIONS[rules.LONG[call.operation]].success
        self.holds(f"{call.operation}.success", answer.status == success, str(success), answer.status)
        if not musts:
            self.passes(f"{call.operation}.accepts")
            self.passes("protocol.accept.json")
        if identity is None:
            identity = Identity("nobody", "nobody's", None)
        elif identity.scopes is not None and len(identity.scopes) == 1 and not musts:
            self.passes(f"{call.operation}.scope")
        action = self.model.actions.get(call.identifier)
        if call.operation == "delete":
            if "body" not in answer.unknown:
                self.holds("delete.empty", answer.body == b"", "no body", came(answer))
            if action is not None and action.alive:
                self.model.change(action, dict(action.content), self.exchange.received, alive=False)
                self.wrote(action)
            return
        shown = self._shown.shape(call, answer)
        if shown is None:
            self._doubt(call)
            return
        if call.operation == "list":
            self._lists.page(call, identity.user, shown, self.exchange)
        elif call.operation.endswith("_handler"):
            self._shown.handler(call, action, shown)
        elif call.operation == "create":
            self._created(call, identity, shown)
        elif action is not None:
            self._shown.action(call, action, shown)

    def _created(self, call: Call, identity: Identity, shown: dict[str, Any]) -> None:
        if not isinstance(shown["data"].get("id"), str):
            self._doubt(call)
        elif (action := self._shown.created(call, identity, shown)) is not None:
            self._refused_names.discard(str(action.content.get("name")))


def expectation(conditions: list[Condition], call: Call) -> str:
    """What had to come, in words."""
    musts = [c for c in conditions if c.must]
    if musts:
        return "; or ".join(_describe(c) for c in musts)
    if call.operation:
        return f"{OPERATIONS[rules.LONG[call.operation]].success}, a good answer to {call.operation}"
    return "a 4xx answer"


def _describe(condition: Condition) -> str:
    statuses = " or ".join(map(str, sorted(condition.statuses)))
    codes = sorted(code for code in condition.codes if code)
    code = f" with code {' or '.join(codes)}" if codes and None not in condition.codes else ""
    return f"{statuses}{code}, because {condition.why}"
