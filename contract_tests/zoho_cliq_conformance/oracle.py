"""The one passive oracle: it watches exchanges, keeps the model, and says what may not have happened.

It sends nothing and assumes nothing about who drives: the table, the machine, the fuzzer and recorded traffic all pass
through `Oracle.observe`. For each request it gathers the conditions under which an error must or may come, then checks
status, code, headers, schema, and the content against the model. It assumes no order of a server's own checks.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs
from zoho_cliq_api.contract import ERROR_CODES, OPERATIONS, document

from . import rules
from .facts import FACTS
from .listing import Lists
from .model import FIELDS, Action, Directory, Identity, Model, canonical, normal, shown_content
from .rules import Call, Condition
from .trace import Answer, Exchange, shorten

THROTTLE_CODE = "request_limit_exceeded"
RESPONSES = {
    **dict.fromkeys(("create", "get", "update"), "MessageActionResponse"),
    **dict.fromkeys(("get_handler", "update_handler"), "HandlerResponse"),
    "list": "MessageActionList",
}
PROPERTIES = set(rules.SCHEMAS["MessageAction"]["properties"])
SCOPE_CODES: frozenset[str | None] = frozenset({None, "oauthtoken_scope_invalid"})
ANY_CODE: frozenset[str | None] = frozenset({None})


@dataclass(frozen=True, slots=True)
class Violation:
    """What may not have happened: the fact it breaks, what was expected, what came, and how it came to it."""

    fact: str
    expected: str
    got: str
    state: str
    exchange: int
    chain: tuple[int, ...]
    scenario: str = ""


@cache
def _validator(schema: str) -> Any:
    whole = document()
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{schema}", "components": whole["components"]})


def error_of(answer: Answer) -> tuple[str | None, str | None]:
    """Code and message of an error answer, in either of the shapes that are known; None for what is missing."""
    shown = answer.json()
    if isinstance(shown, dict) and isinstance(shown.get("error"), dict):
        shown = shown["error"]
    if not isinstance(shown, dict):
        return None, None
    code, message = shown.get("code"), shown.get("message")
    return (code if isinstance(code, str) else None), (message if isinstance(message, str) else None)


def is_throttle(answer: Answer | None) -> bool:
    """Whether the answer refuses a call for the threshold."""
    return answer is not None and (answer.status == 429 or error_of(answer)[0] == THROTTLE_CODE)


class Oracle:
    """The oracle. An organization may have `creation_limit` actions; `exclusive`: nobody else uses the server."""

    def __init__(self, directory: Directory, *, creation_limit: int | None = None, exclusive: bool = False) -> None:
        self.directory, self.creation_limit, self.exclusive = directory, creation_limit, exclusive
        self.violations: list[Violation] = []
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.calls: dict[str, set[int]] = defaultdict(set)
        self.matrix: dict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
        self.forget()

    def forget(self) -> None:
        """Start with an empty server again; verdicts stay."""
        self.model = Model(self.directory)
        self.lists = Lists(self.model, self)
        self._limbo: set[str] = set()
        self._refused_names: set[str] = set()
        self._strangers: dict[str, str] = {}
        self._writes: list[int] = []
        self._creators: dict[str, Any] = {}

    # --- verdicts

    def passes(self, fact: str) -> None:
        """Count an assertion of the fact that held."""
        self.passed[fact] += 1
        self.calls[fact].add(self._exchange.number)
        if self._operation:
            self.matrix[self._operation, self._status, fact.split(".")[0]][0] += 1

    def fails(self, fact: str, expected: str, got: str, action: Action | None = None) -> None:
        """Record a violation."""
        self.failed[fact] += 1
        self.calls[fact].add(self._exchange.number)
        if self._operation:
            self.matrix[self._operation, self._status, fact.split(".")[0]][1] += 1
        numbers = tuple(sorted({*self._leading_to(fact, action), *self._related, self._exchange.number}))
        state = self._state(action)
        self.violations.append(
            Violation(fact, expected, shorten(got), state, self._exchange.number, numbers, self._exchange.scenario)
        )

    def _leading_to(self, fact: str, action: Action | None) -> Sequence[int]:
        """The exchanges without which the last one would not show this: those of the action that it is about; for a
        list, or a name that is taken, all that wrote."""
        if action is None and self._call.place in ("item", "handler"):
            action = self.model.actions.get(self._call.identifier)
            if action is None:
                return ()
        if action is not None:
            return action.exchanges
        return () if self._call.operation == "create" and "name" not in fact else self._writes

    def holds(self, fact: str, good: bool, expected: str, got: object, action: Action | None = None) -> bool:
        """Assert the fact."""
        if good:
            self.passes(fact)
        else:
            self.fails(fact, expected, str(got), action)
        return good

    def _state(self, action: Action | None) -> str:
        if action is not None:
            handler = f", script {shorten(action.script, 60)!r}" if action.script is not None else ""
            handler += f", permissions {sorted(action.permissions)}" if action.permissions is not None else ""
            content = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in action.content.items()}
            there = "there" if action.alive else "deleted"
            return f"action {action.id} of {action.creator}, {there}: {content}{handler}"
        living = self.model.living()
        return f"{len(living)} actions of this run are there" + "".join(
            f"; {a.id}: {a.content.get('name')!r}, {a.content.get('scope')}, of {a.creator}" for a in living[:5]
        )

    # --- one exchange

    def observe(self, exchange: Exchange, related: Iterable[int] = ()) -> list[Violation]:
        """Judge one exchange and learn from it; gives the violations that it shows."""
        before = len(self.violations)
        self._exchange, self._related = exchange, tuple(related)
        call = self._call = rules.read(exchange)
        self._operation = call.operation or ""
        answer = exchange.answer
        self._status = answer.status if answer else 0
        if answer is None:
            self.fails("protocol.answered", "an answer", exchange.failure)
            self._doubt(call)
            return self.violations[before:]
        self.passes("protocol.answered")
        if exchange.method in ("HEAD", "OPTIONS") and answer.status < 500:
            return []
        identity, conditions = self._who(exchange, call)
        conditions = [*call.conditions, *conditions, *self._of_state(call, identity)]
        if is_throttle(answer):
            self._remember_refused(call)
            self._error_body(answer, "thresholds.answer")
        elif answer.status >= 500:
            self.fails(self._crash_fact(exchange), self._expectation(conditions, call), self._came(answer))
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
        self._exchange = exchange
        self._doubt(rules.read(exchange))

    def adopt(self, identifier: str, creator: str) -> None:
        """Learn that an action is there, of a create whose answer never came; nothing else is known of it."""
        if identifier not in self.model.actions:
            self.model.create(identifier, creator, {}, self._exchange.received).uncertain = True

    def _crash_fact(self, exchange: Exchange) -> str:
        return exchange.about or "protocol.no-crash"

    def _doubt(self, call: Call) -> None:
        """After an answer that tells nothing, either outcome may be the server's state."""
        action = self.model.actions.get(call.identifier)
        if call.operation in ("update", "delete", "update_handler") and action is not None:
            action.uncertain = True
        if call.operation == "create" and call.body:
            self._limbo.add(str(call.body.get("name")).strip().casefold())

    def _came(self, answer: Answer) -> str:
        return f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}".strip()

    def _expectation(self, conditions: list[Condition], call: Call) -> str:
        musts = [c for c in conditions if c.must]
        if musts:
            return "; or ".join(_describe(c) for c in musts)
        if call.operation:
            return f"{OPERATIONS[rules.LONG[call.operation]].success}, a good answer to {call.operation}"
        return "a 4xx answer"

    # --- who asks

    def _who(self, exchange: Exchange, call: Call) -> tuple[Identity | None, list[Condition]]:
        given = [value for name, value in exchange.headers if name.lower() == "authorization"]
        refusal = frozenset({401})
        if not self.directory.complete and (not given or given[0] not in self._strangers):
            self._strangers[given[0] if given else ""] = f"stranger {len(self._strangers) + 1}"
        if not given and not self.directory.complete:
            conditions = [
                Condition("auth.missing", "the recording shows no token", False, rules.FORBIDDEN, SCOPE_CODES)
            ]
            return Identity(self._strangers[""], "unknown", None), conditions
        if not given or not given[0].strip():
            return None, [Condition("auth.missing", "there is no token", True, refusal, ANY_CODE)]
        match = re.fullmatch(r"(\S+)( +)(\S+) *", given[0])
        scheme = match[1].lower() if match else ""
        identity = self.directory.tokens.get(match[3]) if match else None
        if scheme not in ("bearer", "zoho-oauthtoken"):
            return None, [Condition("auth.scheme", "the Authorization header holds no token", True, refusal, ANY_CODE)]
        if identity is None:
            if not self.directory.complete and match:
                identity = Identity(self._strangers[given[0]], "unknown", None)
                return identity, [Condition("auth.token", "an unknown token", False, rules.FORBIDDEN, SCOPE_CODES)]
            return None, [Condition("auth.token", "the token is not valid", True, refusal, ANY_CODE)]
        conditions = []
        if match and (match[1] != "Bearer" or match[2] != " " or len(given) > 1 or given[0] != given[0].strip()):
            fact = "auth.zoho-oauthtoken" if match[1] == "Zoho-oauthtoken" else "auth.spelling"
            conditions.append(Condition(fact, "an unusual spelling of the scheme", False, refusal, ANY_CODE))
        if call.operation:
            needed = OPERATIONS[rules.LONG[call.operation]].scopes
            names = {scope.rpartition(".")[2].upper() for scope in needed}
            if identity.scopes is None or not names & identity.scopes:
                codes = frozenset({None, "oauthtoken_scope_invalid"})
                why = f"the token lacks the scope {' or '.join(needed)}"
                must = identity.scopes is not None
                conditions.append(Condition(f"{call.operation}.scope", why, must, rules.FORBIDDEN, codes))
        return identity, conditions

    # --- what the state makes of the request

    def _of_state(self, call: Call, identity: Identity | None) -> list[Condition]:
        if identity is None or call.operation is None:
            return []
        if call.operation == "create":
            return (
                self._of_names(call, identity, None) + self._of_count(identity) + self._of_teams(call, identity, None)
            )
        if call.operation == "list":
            return self.lists.conditions(call, identity.user, self._exchange)
        action = self.model.actions.get(call.identifier)
        found = self._of_action(call, identity, action)
        if action is not None and call.operation == "update":
            found += self._of_names(call, identity, action) + self._of_teams(call, identity, action)
            if "execution_url" in (call.body or {}) and action.content.get("execution_type") != "webhook":
                call.loose.add("execution_url")
                found.append(
                    _may("update.execution_url.stray", "execution_url of a Deluge action", rules.codes_of("update"))
                )
        if action is not None and call.operation == "update_handler":
            found += self._of_fit(call, action)
        if action is not None and call.operation == "get_handler" and not action.script and not action.permissions:
            codes: frozenset[str | None] = frozenset({"execution_handler_not_found", "execution_handler_get_failed"})
            found.append(Condition("get_handler.unset", "nothing was set yet", False, rules.DOMAIN, codes))
        return found

    def _of_action(self, call: Call, identity: Identity, action: Action | None) -> list[Condition]:
        operation = call.operation or ""
        codes: frozenset[str | None] = frozenset({"msgaction_not_found"})
        fact = f"{operation}.msgaction_not_found"
        if operation.endswith("_handler"):
            own = set(OPERATIONS[rules.LONG[operation]].error_codes)
            codes, fact = frozenset({"msgaction_not_found", None, *own}), f"{operation}.missing-action"
        if action is None:
            must = self.directory.complete and not call.identifier.startswith("0")  # 0123 may be read as the number 123
            return [Condition(fact, "there is no such action", must, rules.NOT_FOUND, codes)]
        if action.uncertain:
            return [Condition(fact, "an earlier answer left its state open", False, rules.DOMAIN, codes | {None})]
        if not action.alive:
            gone = "delete.gone" if operation != "delete" else "delete.msgaction_not_found"
            return [Condition(gone, "it was deleted", True, rules.NOT_FOUND, codes)]
        sees = self.model.sees(identity.user, action)
        forbidden = frozenset({None, *codes})
        if not sees:
            fact = visibility_fact(self.model, identity.user, action)
            why = f"{identity.user} does not see it"
            return [
                Condition(fact, why, sees is False, frozenset({403}), forbidden),
                Condition(fact, why, sees is False, rules.NOT_FOUND, codes),
            ]
        if identity.user != action.creator and operation != "get":
            return [Condition("visibility.others", f"it is {action.creator}'s", False, rules.HIDDEN, forbidden)]
        return []

    def _of_names(self, call: Call, identity: Identity, action: Action | None) -> list[Condition]:
        name = (call.body or {}).get("name")
        if not isinstance(name, str):
            return []
        fact = f"{call.operation}.msgaction_name_already_exists"
        codes: frozenset[str | None] = frozenset({"msgaction_name_already_exists"})
        statuses = frozenset({400, 403, 409, 422})
        scope = (call.body or {}).get("scope", action.content.get("scope") if action else None)
        found = []
        if not self.directory.complete:
            found.append(Condition(fact, "actions that the recording does not show", False, statuses, codes))
        for other in self.model.named(name, identity.organization):
            if other is action:
                continue
            owner = action.creator if action else identity.user
            same = other.content.get("name") == name and other.creator == owner and other.content.get("scope") == scope
            must = same and not other.uncertain
            found.append(Condition(fact, f"{other.creator} has an action of that name", must, statuses, codes))
        if name.strip().casefold() in self._limbo:
            found.append(Condition(fact, "an earlier create may have made it", False, statuses, codes))
        return found

    def _of_count(self, identity: Identity) -> list[Condition]:
        here = sum(self.directory.organization(a.creator) == identity.organization for a in self.model.living())
        codes: frozenset[str | None] = frozenset({"msgaction_creation_limit_exceeded"})
        statuses = frozenset({400, 403, 409, 422})
        fact = "create.msgaction_creation_limit_exceeded"
        if self.creation_limit is None or not self.exclusive:
            return [Condition(fact, "the organization may be full", False, statuses, codes)]
        if here >= self.creation_limit:
            return [Condition(fact, f"the organization has {here} actions", True, statuses, codes)]
        return []

    def _of_teams(self, call: Call, identity: Identity, action: Action | None) -> list[Condition]:
        body, operation = call.body or {}, call.operation or ""
        codes = rules.codes_of(operation)
        found = []
        teams = body.get("team_ids")
        if isinstance(teams, list):
            known = self.directory.teams.get(identity.user)
            if known is None or not {str(team) for team in teams} <= {str(team) for team in known}:
                statuses = rules.BAD | {403, 404}
                found.append(
                    Condition(f"{operation}.team_ids.unknown", "teams not of the user", False, statuses, codes | {None})
                )
        if action is not None:
            scope = body.get("scope", action.content.get("scope"))
            if body.get("scope") == "team" and teams is None:
                must = action.content.get("scope") in ("organization", "personal") and not action.uncertain
                found.append(
                    Condition("update.team_ids.required", "scope team without team_ids", must, rules.BAD, codes)
                )
            if scope != "team" and "team_ids" in body:
                call.loose.add("team_ids")
                found.append(_may("update.team_ids.stray", "team_ids for another scope than team", codes))
        return found

    def _of_fit(self, call: Call, action: Action) -> list[Condition]:
        body = call.body or {}
        fits = {"deluge": "script", "webhook": "permissions"}.get(str(action.content.get("execution_type")))
        statuses, codes = rules.BAD | {409}, rules.codes_of("update_handler")
        return [
            Condition(
                f"update_handler.{name}.fit", f"{name} does not fit the execution type", len(body) == 1, statuses, codes
            )
            for name in body
            if fits is not None and name in ("script", "permissions") and name != fits
        ]

    # --- errors

    def _refused(self, call: Call, conditions: list[Condition], answer: Answer) -> None:
        code, _ = error_of(answer)
        if answer.status < 400:
            fitting = [c for c in conditions if answer.status in c.statuses]
            self.holds("protocol.status", bool(fitting), self._expectation(conditions, call), self._came(answer))
            return
        self.passes("protocol.status")
        if call.place is not None:  # a path that nobody documented may be answered by something before the server
            self._error_body(answer, "errors.body")
        if answer.status == 405 and call.place is not None:
            self._allow(call, answer)
        self._remember_refused(call)
        fitting = [c for c in conditions if c.fits(answer.status, code)]
        for condition in fitting:
            if condition.must:
                self.passes(condition.fact)
            elif condition.fact == self._exchange.about == "auth.zoho-oauthtoken":
                self.fails(condition.fact, "the call is let in", self._came(answer))
        if fitting:
            if code is not None and code in ERROR_CODES:
                self.passes("errors.code.fits")
            return
        musts = [c for c in conditions if c.must]
        if musts:
            self.fails(self._chosen(musts), self._expectation(conditions, call), self._came(answer))
        elif answer.status == 406:
            self.fails("protocol.accept.json", self._expectation([], call), self._came(answer))
        elif code is not None and code in ERROR_CODES and ERROR_CODES[code].documented and code != "invalid_inputs":
            fact = f"{call.operation}.{code}"
            known = self._about(fact) if fact in FACTS else "errors.code.fits"
            self.fails(known, self._expectation([], call), self._came(answer))
        else:
            fact = self._about(f"{call.operation}.accepts") if call.operation else "protocol.status"
            self.fails(fact, self._expectation([], call), self._came(answer))

    def _remember_refused(self, call: Call) -> None:
        name = (call.body or {}).get("name")
        if call.operation == "create" and isinstance(name, str) and rules.kept(name):
            self._refused_names.add(name)

    def stray(self, identifier: str, name: object) -> None:
        """Judge a listed action that no acknowledged create made: it must not bear the name of a refused one."""
        if isinstance(name, str) and name in self._refused_names and name.strip().casefold() not in self._limbo:
            self.fails("errors.change-nothing", "a refused create makes nothing", f"{identifier}, {name!r}, is listed")

    def _chosen(self, musts: list[Condition]) -> str:
        """The fact to report: what the sender wanted to learn, if it is of the same kind as one of the conditions."""
        about = self._exchange.about or ""
        kinds = {condition.fact.rpartition(".")[0] for condition in musts}
        return about if about.rpartition(".")[0] in kinds and about else musts[0].fact

    def _about(self, fact: str) -> str:
        return self._exchange.about or fact

    def about_state(self, fact: str) -> str:
        """The fact to report where a list shows an action otherwise than it is: that nothing changed, if the list was
        sent to see that."""
        return self._about(fact) if self._exchange.about in ("errors.change-nothing", "delete.keeps-others") else fact

    def _error_body(self, answer: Answer, fact: str) -> None:
        self._content_type(answer)
        _, message = error_of(answer)
        self.holds(fact, bool(message and message.strip()), "a JSON object with a message", self._came(answer))

    def _content_type(self, answer: Answer) -> None:
        kind = answer.header("content-type") or ""
        good = kind.split(";")[0].strip().lower() == "application/json"
        self.holds("protocol.json", good, "Content-Type application/json", f"Content-Type {kind!r}")

    def _allow(self, call: Call, answer: Answer) -> None:
        given = answer.header("allow")
        methods = {part.strip().upper() for part in (given or "").split(",")}
        expected = set(rules.PLACES[call.place or ""])
        good = given is not None and expected <= methods and self._exchange.method not in methods
        self.holds("protocol.allow", good, f"Allow: {', '.join(sorted(expected))}", f"Allow: {given}")

    # --- good answers

    def _success(self, call: Call, identity: Identity | None, conditions: list[Condition], answer: Answer) -> None:
        musts = [c for c in conditions if c.must]
        if musts:
            action = self.model.actions.get(call.identifier)
            self.fails(self._chosen(musts), self._expectation(conditions, call), self._came(answer), action)
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
            self.holds("delete.empty", answer.body == b"", "no body", self._came(answer))
            if action is not None and action.alive:
                self.model.change(action, dict(action.content), self._exchange.received, alive=False)
                self._wrote(action)
            return
        shown = self._shape(call, answer)
        if shown is None:
            self._doubt(call)
            return
        if call.operation == "list":
            self.lists.page(call, identity.user, shown, self._exchange)
        elif call.operation.endswith("_handler"):
            self._handler(call, action, shown)
        elif call.operation == "create":
            self._created(call, identity, shown)
        elif action is not None:
            self._shown_action(call, action, shown)

    def _wrote(self, action: Action) -> None:
        action.exchanges.append(self._exchange.number)
        self._writes.append(self._exchange.number)

    def _shape(self, call: Call, answer: Answer) -> dict[str, Any] | None:
        self._content_type(answer)
        shown = answer.json()
        operation = call.operation or ""
        if not self.holds("protocol.body", isinstance(shown, dict), "a JSON object", self._came(answer)):
            return None
        errors = list(_validator(RESPONSES[operation]).iter_errors(without_idle_nulls(shown)))
        for error in errors[:3]:
            fact = _shape_fact(operation, [str(part) for part in error.instance_path], error.message)
            self.fails(
                fact, "an answer as the document describes it", f"{error.message} at {list(error.instance_path)}"
            )
        if not errors:
            self.passes(f"{operation}.shape")
            self._shown_fields(shown.get("data"))
        kind = "execution_handler" if operation.endswith("_handler") else "messageaction"
        self.holds(f"{operation}.envelope", shown.get("type") == kind, f"type {kind}", f"type {shown.get('type')!r}")
        self._url(call, shown)
        data = shown.get("data")
        good = (
            isinstance(data, list) and all(isinstance(i, dict) for i in data)
            if operation == "list"
            else isinstance(data, dict)
        )
        return shown if good else None

    def _shown_fields(self, data: Any) -> None:
        for item in data if isinstance(data, list) else [data]:
            for name in PROPERTIES & set(item if isinstance(item, dict) and "handlers" in item else ()):
                self.passes(f"action.{name}.shape")

    def _url(self, call: Call, shown: dict[str, Any]) -> None:
        url = shown.get("url")
        collection, item = "/messageactions", f"/messageactions/{call.identifier}"
        if call.operation in ("create", "list"):
            data = shown.get("data")
            own = data.get("id") if isinstance(data, dict) else ""
            endings: tuple[str, ...] = (collection, f"{collection}/{own}")
        elif call.place == "item":
            endings = (collection, item)
        else:
            endings = (f"{item}/handlers/{call.handler}",)
        path = url.split("?")[0] if isinstance(url, str) else ""
        # The document's URLs begin with the path of the base URL; a server may put its own name before that.
        good = any(re.fullmatch(f"(https?://[^/]+)?(/[^/]+)*{re.escape(ending)}", path) for ending in endings)
        self.holds(f"{call.operation}.envelope", good, f"a url that ends in {endings[-1]}", f"url {url!r}")

    def _created(self, call: Call, identity: Identity, shown: dict[str, Any]) -> None:
        data, body = shown["data"], call.body or {}
        identifier = data.get("id")
        if not isinstance(identifier, str):
            self._doubt(call)
            return
        known = self.model.actions.get(identifier)
        if not self.holds("action.id.unique", known is None, "an id that no action ever had", identifier, known):
            return
        sent = {name: canonical(name, body[name]) for name in FIELDS if name in body and name not in call.loose}
        if "execution_type" not in call.loose:
            sent.setdefault("execution_type", "deluge")
        content = normal({**shown_content(data), **sent})
        action = self.model.create(identifier, identity.user, content, self._exchange.received)
        self._refused_names.discard(str(content.get("name")))
        self._wrote(action)
        wrong = mismatches(normal({**content, **sent}), data)
        for name in wrong:
            fact = "create.execution_type.default" if name == "execution_type" and name not in body else "create.echo"
            self.fails(fact, f"{name} as sent: {content.get(name)!r}", f"{data.get(name)!r}", action)
        if not wrong:
            self.passes("create.echo")
            if "execution_type" not in body:
                self.passes("create.execution_type.default")
        self._chosen_values(action, data, body)
        self.common(action, data)

    def _chosen_values(self, action: Action, data: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """What a server puts where a create says nothing is one of the documented values."""
        for name, schema in (("scope", "Scope"), ("message_types", "MessageType")):
            shown = data.get(name)
            if name not in body and isinstance(shown, str | list):
                values = [shown] if isinstance(shown, str) else shown
                allowed = rules.SCHEMAS[schema]["enum"]
                good = all(value in allowed for value in values)
                self.holds(f"create.{name}.values", good, f"{name} of {', '.join(allowed)}", shown, action)

    def common(self, action: Action, data: Mapping[str, Any]) -> None:
        """Checks of any shown action that need no operation: creator, handlers, status, type."""
        creator = data.get("creator")
        held = self._creators.setdefault(action.creator, creator)
        if action.shown_creator is None:
            action.shown_creator = creator
        same = creator == held == action.shown_creator
        others = [value for user, value in self._creators.items() if user != action.creator]
        self.holds("action.creator", same, f"creator {held!r}", f"creator {creator!r}", action)
        distinct = (
            not isinstance(creator, dict)
            or not self.directory.complete
            or all(not isinstance(o, dict) or o.get("id") != creator.get("id") for o in others)
        )
        self.holds("action.creator.distinct", distinct, "different users have different ids", creator, action)
        handlers = data.get("handlers")
        there = isinstance(handlers, list) and [h.get("type") for h in handlers if isinstance(h, dict)] == [
            rules.HANDLER
        ]
        self.holds("action.handlers", there, "one handler, execution_handler", handlers, action)
        self.holds("action.status", data.get("status") == "enabled", "status enabled", data.get("status"), action)
        self.holds("action.type", data.get("type") == "custom", "type custom", data.get("type"), action)
        if action.content.get("execution_type") == "deluge":
            absent = data.get("execution_url") in (None, "")
            self.holds("action.execution_url.absent", absent, "no execution_url", data.get("execution_url"), action)
        if action.content.get("scope") != "team":
            absent = not data.get("team_ids")
            self.holds("action.team_ids.absent", absent, "no team_ids", data.get("team_ids"), action)

    def _shown_action(self, call: Call, action: Action, shown: dict[str, Any]) -> None:
        data, operation = shown["data"], call.operation or ""
        same = data.get("id") == action.id
        if not self.holds(f"{operation}.id", same, f"id {action.id}", f"id {data.get('id')!r}", action):
            return
        if operation == "update":
            self._updated(call, action, data)
        elif action.uncertain:
            action.uncertain = False
            self.model.change(action, shown_content(data), self._exchange.received)
        else:
            wrong = mismatches(action.content, data)
            for name in wrong:
                fact = self._about("get.current")
                self.fails(fact, f"{name} {_show(action.content.get(name))}", f"{data.get(name)!r}", action)
            if not wrong:
                self.passes("get.current")
        self.common(action, data)

    def _updated(self, call: Call, action: Action, data: dict[str, Any]) -> None:
        body = {name: value for name, value in (call.body or {}).items() if name != "execution_type"}
        sent = {name: canonical(name, body[name]) for name in FIELDS if name in body and name not in call.loose}
        adopted = shown_content({name: data[name] for name in call.loose if name in data})
        before = dict(shown_content(data)) if action.uncertain else dict(action.content)
        if body.get("scope") == "team" and "team_ids" not in sent:
            adopted |= {name: value for name, value in shown_content(data).items() if name == "team_ids"}
        content = normal({**before, **adopted, **sent})
        wrong = mismatches(content, data)
        for name in wrong:
            fact = "update.applies" if name in body else "update.keeps"
            fact = "update.execution_type" if name == "execution_type" else fact
            self.fails(
                self._about(fact) if name in body else fact,
                f"{name} {_show(content.get(name))}",
                f"{data.get(name)!r}",
                action,
            )
        if not wrong:
            self.passes("update.keeps")
            if sent:
                self.passes("update.applies")
        action.uncertain = False
        self.model.change(action, content, self._exchange.received)
        self._wrote(action)

    def _handler(self, call: Call, action: Action | None, shown: dict[str, Any]) -> None:
        if action is None:
            return
        data, body = shown["data"], call.body or {}
        operation = call.operation or ""
        self.holds("handler.name", data.get("name") == rules.HANDLER, f"name {rules.HANDLER}", data.get("name"), action)
        same = data.get("function_id") == action.id
        self.holds("handler.function_id", same, f"function_id {action.id}", data.get("function_id"), action)
        fact = "update_handler.applies" if operation == "update_handler" else self._about("get_handler.current")
        if operation == "update_handler":
            if isinstance(body.get("script"), str) and action.content.get("execution_type") == "deluge":
                loose = "script" in call.loose or len(body) > 1
                action.script, action.script_set = (data.get("script") if loose else body["script"]), True
            if isinstance(body.get("permissions"), list) and action.content.get("execution_type") == "webhook":
                loose = "permissions" in call.loose or len(body) > 1
                action.permissions = canonical("permissions", data.get("permissions") if loose else body["permissions"])
            self.model.touch(action, self._exchange.received)
            self._wrote(action)
        if action.uncertain:
            return
        self._fitting(action, data)
        if action.script is None and (script := data.get("script")):
            others = {other.script for other in self.model.actions.values() if other.script_set}
            self.holds(
                "handler.fresh", script not in others, "no script of another action", shorten(repr(script), 80), action
            )
        if action.script is not None:
            good = data.get("script") == action.script
            self.holds(
                fact, good, f"script {shorten(action.script, 80)!r}", shorten(repr(data.get("script")), 80), action
            )
        if operation == "get_handler":
            self._learn(action, data)
        if isinstance(action.permissions, frozenset):
            got = canonical("permissions", data.get("permissions"))
            self.holds(fact, got == action.permissions, f"permissions {sorted(action.permissions)}", got, action)

    def _learn(self, action: Action, data: Mapping[str, Any]) -> None:
        """What a handler holds that was never set is adopted where it is read first, and has to stay."""
        script, permissions = data.get("script"), data.get("permissions")
        if action.script is None and isinstance(script, str) and script:
            action.script = script
        if action.permissions is None and isinstance(permissions, list):
            action.permissions = canonical("permissions", permissions)

    def _fitting(self, action: Action, data: Mapping[str, Any]) -> None:
        """A handler shows what its action's execution type has, and of that the documented values."""
        kind, script, permissions = action.content.get("execution_type"), data.get("script"), data.get("permissions")
        if kind == "deluge":
            self.holds("update_handler.permissions.fit", not permissions, "no permissions", permissions, action)
        elif kind == "webhook":
            self.holds("update_handler.script.fit", not script, "no script", shorten(repr(script), 80), action)
        allowed = rules.SCHEMAS["Permission"]["enum"]
        if action.permissions is None and isinstance(permissions, list) and kind == "webhook":
            good = all(value in allowed for value in permissions)
            fact = "update_handler.permissions.values"
            self.holds(fact, good, f"permissions of {', '.join(allowed)}", permissions, action)


def visibility_fact(model: Model, user: str, action: Action) -> str:
    """The fact that hides the action from the user."""
    if model.directory.organization(user) != model.directory.organization(action.creator):
        return "visibility.other-organization"
    return "visibility.team" if action.content.get("scope") == "team" else "visibility.personal"


def mismatches(content: Mapping[str, Any], shown: Mapping[str, Any]) -> list[str]:
    """The fields whose shown value is not the content's."""
    return [name for name, value in content.items() if name not in shown or canonical(name, shown[name]) != value]


def without_idle_nulls(shown: dict[str, Any]) -> dict[str, Any]:
    """The answer without nulls where the document has no field: for deletions that there are none of, and for what an
    action of its execution type or scope does not have."""
    idle = {name: value for name, value in shown.items() if value is not None or name != "deleted"}
    data = idle.get("data")
    if isinstance(data, list):
        idle["data"] = [_without_idle(item) if isinstance(item, dict) else item for item in data]
    elif isinstance(data, dict):
        idle["data"] = _without_idle(data)
    return idle


def _without_idle(action: dict[str, Any]) -> dict[str, Any]:
    idle = {"execution_url"} if action.get("execution_type") == "deluge" else set()
    idle |= {"team_ids"} if action.get("scope") in ("organization", "personal") else set()
    return {name: value for name, value in action.items() if value is not None or name not in idle}


def _show(value: Any) -> str:
    return repr(sorted(value) if isinstance(value, frozenset) else value)


def _may(fact: str, why: str, codes: frozenset[str | None]) -> Condition:
    return Condition(fact, why, False, rules.BAD, codes | {None})


def _describe(condition: Condition) -> str:
    statuses = " or ".join(map(str, sorted(condition.statuses)))
    codes = sorted(code for code in condition.codes if code)
    code = f" with code {' or '.join(codes)}" if codes and None not in condition.codes else ""
    return f"{statuses}{code}, because {condition.why}"


def _shape_fact(operation: str, path: list[str], message: str) -> str:
    names = [part for part in path if not part.isdigit()]
    required = re.match(r'"(\w+)" is a required property', message)
    if required:
        names.append(required[1])
    inside = names[1:] if names[:1] == ["data"] else []
    if operation.endswith("_handler"):
        return f"handler.{inside[0]}" if inside and inside[0] in ("name", "function_id") else f"{operation}.shape"
    if inside:
        return f"action.{inside[0]}.shape"
    return (
        f"list.{names[0]}"
        if operation == "list" and names[:1] in (["next_token"], ["deleted"])
        else f"{operation}.shape"
    )
