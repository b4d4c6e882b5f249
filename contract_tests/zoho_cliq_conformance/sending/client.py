"""The client of a run. It remembers the actions that it created, and at the end deletes these and no others.

Every request goes through `Client.send`, which paces and counts it, records it in the trace, and passes it to the
oracle.
"""

from __future__ import annotations

import json
import random
import re
import string
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from zoho_cliq_api.contract import OPERATIONS

from ..judge import rules
from ..judge.document import HANDLER, LARGEST_LIMIT, LONG
from ..judge.model import Directory, Identity
from ..judge.oracle import Oracle
from ..judge.routes import at, method
from ..judge.verdicts import Violation
from ..profile import SCOPES, Profile
from ..secrets import Secrets
from ..trace import Answer, Exchange, Headers, error_of, is_throttle, variables
from . import bodies
from .pacer import Clock, Pacer
from .transport import Cancelled, Transport, TransportError, Watched

Lines = list[str]
# Values of the Accept header, used in turn. Each of them accepts JSON; None sends no header.
ACCEPTS = (
    "application/json",
    "*/*",
    "application/json, text/plain, */*",
    "application/*",
    None,
    "text/html, application/json;q=0.5",
)
UNDOCUMENTED_LOCK = max((each.threshold.lock_seconds for each in OPERATIONS.values() if each.threshold), default=300)
"""Seconds of a lock that the document does not tell: as long as any that it does."""
SHORT = 2000  # characters
ENOUGH_TO_TELL = 3  # lists and creates that are answered with a status of NOWHERE before the base URL counts as wrong
FIRST = 20  # calls; after these the base URL is no longer checked
NOWHERE = frozenset({301, 302, 307, 308, 404, 405, 502, 503, 504})
IDLE_PAGES = 5  # pages in a row without a new action, after which a listing counts as endless
MOST_PAGES = 1000  # pages of one listing, after which it counts as endless
SILENT = 20  # unanswered calls in a row, after which the run stops
LAST_ANSWER = 5.0  # seconds that a pending call may continue after a signal, and that a call of the clean-up may take
LAST_ANSWERS = 30.0  # seconds that all calls of the clean-up may take together, without the pacer's waits
GRACE = 20.0  # seconds after the deadline of a run by which its clean-up must have ended
KEPT_BYTES = 16 * 1024 * 1024  # bytes of answer bodies that the trace keeps whole; later long bodies are cut
CREATION_LIMIT = "msgaction_creation_limit_exceeded"


class Stopped(Exception):
    """The run has to stop; the message says why."""


class BudgetSpent(Stopped):
    """The rest of the budget of calls or minutes is needed for the clean-up."""


class Locked(Stopped):
    """The server refused a call because of a threshold, although the run had stayed below it.

    Nothing more may be sent for `seconds`, the duration of the lock.
    """

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Silent(Stopped):
    """A call of the clean-up was cancelled, since it took longer than `LAST_ANSWER`."""


class CannotRun(Stopped):
    """The server cannot be graded in its current state."""


class FirstFault(Stopped):
    """The run has found a fault, and was asked to stop at the first one."""


class NotGradable(CannotRun):
    """The server cannot be graded.

    It does not answer, the base URL is wrong, or it refuses a token of the profile.
    """


class Interrupted(CannotRun):
    """The user interrupted the run."""


class ControlFailed(CannotRun):
    """The reset or clock URL of the profile did not work."""


class Client:
    """Sends requests for the drivers.

    `created` maps the id of each action that was created and not yet deleted to its creator. `in_paths` are the
    profile's path parameters, percent-encoded. When `interrupted` is set, for example by a signal handler, the run ends
    before its next call or during a wait, and then cleans up.

    Args:
        profile: the profile of the server.
        transport: the transport to the base URL.
        control: the transport to the reset and clock URLs; default: `transport`.
        seed: the seed of all random choices; default: a random one.
        budget: the maximum number of calls, the clean-up included; default: unlimited.
        deadline: when the run has to end, in seconds of `time.monotonic`; default: never.
        clock: the clock of the run; default: real time, or the profile's clock URL.
        on_exchange: called after each exchange, with the violations found in it.
        on_wait: called during a wait, with the remaining seconds and the reason.
        paced: whether calls wait for the thresholds, unless the profile says `pace = false`.
    """

    def __init__(
        self,
        profile: Profile,
        transport: Transport,
        *,
        control: Transport | None = None,
        seed: int | None = None,
        budget: int | None = None,
        deadline: float | None = None,
        clock: Clock | None = None,
        on_exchange: Callable[[Exchange, list[Violation]], None] | None = None,
        on_wait: Callable[[float, str], None] | None = None,
        paced: bool = True,
    ) -> None:
        self.profile, self.transport = profile, transport
        self._control = control or transport
        self.seed = random.SystemRandom().randrange(2**32) if seed is None else seed
        self.random = random.Random(self.seed)
        self.tokens = profile.labelled_tokens()
        self.secrets = Secrets({**variables(self.tokens), **_control(profile)})
        self.oracle = Oracle(
            directory(profile), creation_limit=profile.creation_limit, exclusive=profile.reset_url is not None
        )
        advance = self.advance if profile.clock_url else None
        self.clock = clock or Clock(advance=advance, on_wait=on_wait, check=self.check_stop)
        self.pacer = Pacer(self.clock, active=paced and profile.pace)
        self.budget, self.deadline = budget, deadline
        self.trace: list[Exchange] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self.sequence: list[tuple[str, str]] = []
        self.created: dict[str, str] = {}
        self.scenario = ""
        self.expect_throttle = False
        self.unknown_creates = 0
        self.interrupted = False
        self.prefix = "zc" + "".join(self.random.choices(string.ascii_lowercase + string.digits, k=6))
        self._names = 0
        self._accepted: set[str] = set()
        self._rejected: Counter[str] = Counter()
        self.enough: Callable[[Violation], bool] = lambda violation: False  # whether a violation ends the run
        self._judged = 0  # the number of violations that were passed to `enough`
        self._on_exchange = on_exchange
        self.in_paths = {name: quote(value, safe="") for name, value in profile.path_parameters.items()}
        self._base_path = urlsplit(profile.base_url).path.rstrip("/")
        self._cleaning = False
        self._began = 0.0  # when the pending call began
        self._signalled: float | None = None  # when a signal was first seen
        self._answers_of_clean_up = 0.0  # seconds
        self._silent = 0  # unanswered calls in a row
        self._kept = 0  # bytes of answers in the trace
        for each in (transport, self._control):
            if isinstance(each, Watched):
                each.watch = self._watch

    # --- requests

    def send(
        self,
        method: str,
        path: str,
        *,
        user: str | None = "owner",
        query: Mapping[str, object] | str | None = None,
        body: Any = None,
        raw: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        about: str | None = None,
    ) -> Answer:
        """Send one request, let the oracle judge it, and return the answer, which has the status 0 if none came.

        Args:
            method: the HTTP method.
            path: the path below the base URL.
            user: the label of the token to send; None sends no token.
            query: parameters, of which those that are None are omitted; or the query string itself.
            body: a value to send as JSON; None sends no body.
            raw: bytes to send as the body, instead of `body`.
            headers: headers to add or replace; None as a value removes the header.
            about: the fact that the request is sent for, if there is one.

        Raises:
            Stopped: the run cannot continue; the subclass says why.
        """
        target = path + self._query(query)
        sent: dict[str, str | None] = {"Accept": ACCEPTS[len(self.trace) % len(ACCEPTS)]}
        if user is not None:
            sent["Authorization"] = f"Bearer {self.tokens[user]}"
        content = raw if raw is not None else None if body is None else encode(body, len(self.trace))
        if content is not None:
            sent["Content-Type"] = "application/json"
        merged: dict[str, str | None] = {**sent, **(headers or {})}
        given: Headers = tuple((name, value) for name, value in merged.items() if value is not None)
        return self.deliver(method, target, given, content, about)

    def ask(self, operation: str, identifier: str = "", kind: str = HANDLER, **options: Any) -> Answer:
        """Call an operation, by its short name. See `send`.

        Args:
            operation: the short name of the operation, such as `get_handler`.
            identifier: the id of the action, if the operation's path contains one.
            kind: the kind of the handler, if the operation's path contains one.
            options: other arguments of `send`.
        """
        return self.send(method(operation), self.at(operation, _path(identifier), _path(kind)), **options)

    def at(self, operation: str, identifier: str = "", kind: str = HANDLER) -> str:
        """Return the path of an operation below the base URL, with the profile's values of other path parameters.

        Args:
            operation: the short name of the operation.
            identifier: the id of the action, percent-encoded.
            kind: the kind of the handler, percent-encoded.
        """
        return at(operation, identifier, kind, self.in_paths)

    @staticmethod
    def _query(query: Mapping[str, object] | str | None) -> str:
        if not query:
            return ""
        if isinstance(query, str):
            return f"?{query}"
        given = {name: value for name, value in query.items() if value is not None}
        return f"?{urlencode(given, errors='surrogatepass')}"

    def deliver(
        self, method: str, target: str, headers: Headers, content: bytes | None, about: str | None = None
    ) -> Answer:
        """Send exactly this request: no header is added, and `content` is the body. See `send`."""
        self.check_stop()
        user, operation = self.whose(method, target, headers)
        self._check_budget(user, operation)
        if user and operation:
            self.pacer.before(user, operation)
        sent, self._began = self.clock.now(), time.monotonic()
        number, answer, failure = len(self.trace) + 1, None, ""
        try:
            try:
                answer = self.transport(method, self._base_path + target, headers, content)
            except TransportError as error:
                failure = str(error)
            received = self.clock.now()
            if user and operation:
                self.pacer.after(user, operation, refused=self.expect_throttle and is_throttle(answer))
                self.sequence.append((user, operation))
            self.counts[user or "nobody", operation or "other"] += 1
            exchange = Exchange(
                number, method, target, headers, content, answer, sent, received, about, self.scenario, failure
            )
            self.trace.append(exchange)
            new = self.oracle.observe(exchange)
            self._remember(user, exchange)
            self._shorten(exchange)
        except (Cancelled, KeyboardInterrupt) as cut:
            self._outcome_unknown(
                user,
                Exchange(
                    number, method, target, headers, content, answer, sent, sent, about, self.scenario, "cancelled"
                ),
            )
            if isinstance(cut, Cancelled):
                raise self._why_cancelled() from None
            raise
        finally:
            if self._cleaning:
                self._answers_of_clean_up += time.monotonic() - self._began
        if self._on_exchange is not None:
            self._on_exchange(exchange, new)
        self._check_answers(user, headers, answer, failure)
        if answer is None:
            return Answer(0, (), b"")
        if is_throttle(answer) and not self.expect_throttle:
            self._locked(user, operation)
        if error_of(answer)[0] == CREATION_LIMIT and not (self.oracle.creation_limit or new):
            here = len(self.oracle.model.living())
            raise CannotRun(
                f"the organization is full: the server refused a create with {CREATION_LIMIT} at {here} actions "
                "of this run; delete other actions, or set creation_limit in the profile"
            )
        return answer

    def _outcome_unknown(self, user: str | None, cut: Exchange) -> None:
        """Record a call that the run cancelled, so that the oracle accepts either outcome."""
        self.trace[cut.number - 1 :] = [cut]
        self.oracle.outcome_unknown(cut)
        known = set(self.created)
        self._remember(user, cut)
        for identifier in self.created.keys() - known:
            self.oracle.adopt(identifier, self.created[identifier], cut.received)

    def _shorten(self, exchange: Exchange) -> None:
        """Limit the memory that the trace takes, whatever a server sends.

        Once the kept bodies of answers exceed `KEPT_BYTES`, keep the first `SHORT` bytes of a longer body. Secrets are
        learned from the complete answer first. Shell lines in reports need only the ids and tokens of an answer.
        """
        if (answer := exchange.answer) is None:
            return
        self._kept += len(answer.body)
        if self._kept > KEPT_BYTES and len(answer.body) > SHORT:
            self.secrets.learn(exchange)
            self._kept -= len(answer.body) - SHORT
            self.trace[-1] = replace(exchange, answer=replace(answer, body=answer.body[:SHORT]))

    def check_stop(self) -> None:
        """Return if the run may continue.

        Raises:
            Interrupted: `interrupted` is set.
            FirstFault: a violation ends the run.
            BudgetSpent: the clean-up takes too long.
        """
        if self.interrupted:
            raise Interrupted("interrupted")
        if not self._cleaning:
            self._stop_at_a_fault()
        if self._cleaning and self.deadline is not None and time.monotonic() > self.deadline + GRACE:
            raise BudgetSpent(f"the time limit of the run (--max-minutes) was exceeded by {GRACE:.0f} s")
        if self._cleaning and self._answers_of_clean_up > LAST_ANSWERS:
            raise BudgetSpent(f"the responses took more than {LAST_ANSWERS:.0f} s in all")

    def _stop_at_a_fault(self) -> None:
        """Raise `FirstFault` if a violation that was found since the last call ends the run."""
        violations = self.oracle.violations
        if len(violations) == self._judged:
            return
        self._judged = len(violations)
        first = next(filter(self.enough, violations), None)
        if first is not None:
            raise FirstFault(f"at the first fault, {first.fact}")

    def _watch(self) -> None:
        """Raise `Cancelled` if the pending call has taken too long. Transports call this while they wait."""
        now = time.monotonic()
        if self.interrupted and self._signalled is None:
            self._signalled = now
        if self._signalled is not None and now > self._signalled + LAST_ANSWER:
            raise Cancelled
        if now > self._began + LAST_ANSWER and self._cleaning:
            raise Cancelled
        if self.deadline is not None and now > self.deadline + GRACE * self._cleaning:
            raise Cancelled

    def _why_cancelled(self) -> Stopped:
        if self.interrupted:
            return Interrupted("interrupted")
        if self._cleaning:
            return Silent("the server does not respond")
        return BudgetSpent("the time limit of the run (--max-minutes) is reached")

    def whose(self, method: str, target: str, headers: Headers) -> tuple[str | None, str | None]:
        """Return the user and the operation whose threshold a request counts toward; each may be None."""
        short = rules.operation_of(method, target)
        given = next((value for name, value in headers if name.lower() == "authorization"), "")
        identity = self.oracle.directory.tokens.get(given.rpartition(" ")[2])
        operation = LONG[short] if short else None
        return (identity.user if identity else None), operation

    def _check_budget(self, user: str | None, operation: str | None) -> None:
        if self._cleaning:
            return
        reserve = 1 if self.profile.reset_url else len(self.created) + 1
        if self.budget is not None and len(self.trace) + reserve >= self.budget:
            raise BudgetSpent(f"the budget of {self.budget} calls is used up; {reserve} are reserved for the clean-up")
        if self.deadline is None:
            return
        delay = self.pacer.delay(user, operation) if user and operation and not self.clock.jumps else 0.0
        if time.monotonic() + delay + self._time_to_clean_up() > self.deadline:
            kept = "; the rest is reserved for the clean-up" if self._time_to_clean_up() else ""
            raise BudgetSpent(f"the time limit of the run (--max-minutes) is reached{kept}")

    def _time_to_clean_up(self) -> float:
        """Return how many seconds a clean-up that began now would wait because of the thresholds."""
        if self.profile.reset_url or self.clock.jumps:
            return 0.0
        owners = Counter(self.created.values())
        return sum(self.pacer.time_for(user, "delete_message_action", count) for user, count in owners.items())

    def _check_answers(self, user: str | None, headers: Headers, answer: Answer | None, failure: str) -> None:
        """Raise an error if nothing can be learned from the server.

        Raises:
            CannotRun: none of the last `SILENT` calls was answered.
            NotGradable: none of the first three calls was answered, the base URL is wrong, or a token was never
                accepted.
        """
        if self._cleaning:
            return
        self._silent = 0 if answer is not None else self._silent + 1
        if answer is None:
            if self._silent == SILENT:
                raise CannotRun(f"{self.profile.base_url} did not respond to the last {SILENT} calls: {failure}")
            if len(self.trace) == 3 and all(exchange.answer is None for exchange in self.trace):
                raise NotGradable(f"{self.profile.base_url} does not respond: {failure}")
            return
        if len(self.trace) <= FIRST:
            self._check_base_url(answer)
        if user is None or ("Authorization", f"Bearer {self.tokens[user]}") not in headers:
            return
        if answer.status != 401:
            self._accepted.add(user)
        elif user not in self._accepted:
            self._rejected[user] += 1
            if self._rejected[user] == 3:
                # A server may answer 401 to hide that an id exists. A list has no id, so its 401 is about the token.
                self.ask("list", user=user)
            if self._rejected[user] > 3:
                raise NotGradable(
                    f"the server refuses the profile's tokens.{user} with 401; check that it has not expired"
                )

    def _check_base_url(self, answer: Answer) -> None:
        """Raise `NotGradable` if the first lists and creates were not found, since the base URL must be wrong then."""
        lists = {self.at("list"), self.at("create")}
        came = [e.answer.status for e in self.trace if e.answer and e.target.partition("?")[0] in lists]
        if len(came) == ENOUGH_TO_TELL and NOWHERE.issuperset(came) and answer.status in NOWHERE:
            more = " and path_parameters" if self.in_paths else ""
            raise NotGradable(
                f"the first {ENOUGH_TO_TELL} lists and creates all got status {answer.status}; check "
                f"base_url {self.profile.base_url} (the vendor's ends with /api/v3){more}"
            )

    def _locked(self, user: str | None, operation: str | None) -> None:
        threshold = OPERATIONS[operation].threshold if operation else None
        seconds = float(threshold.lock_seconds if threshold else UNDOCUMENTED_LOCK)
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        kept = "although the run stayed below it" if self.pacer.active else "and the profile has pace = false"
        raise Locked(
            f"the server refused {operation} of {user} because of its threshold, {kept}; "
            f"try again after {until:%H:%M:%S} UTC; calls in the minute before a run count too",
            seconds,
        )

    def _remember(self, user: str | None, exchange: Exchange) -> None:
        answer = exchange.answer
        target = exchange.target.split("?")[0]
        if rules.operation_of(exchange.method, target.rstrip("/")) == "create":
            shown = answer.json() if answer is not None and answer.status < 300 else None
            data = shown.get("data") if isinstance(shown, dict) else None
            identifier = data.get("id") if isinstance(data, dict) else None
            if isinstance(identifier, str | int) and user and re.fullmatch("[0-9]{1,40}", str(identifier)):
                self.created.setdefault(str(identifier), user)
            elif answer is None or answer.status >= 500 or answer.status < 300:
                self.unknown_creates += 1
        elif (
            rules.operation_of(exchange.method, target) == "delete"
            and answer is not None
            and answer.status in (200, 202, 204)
        ):
            self.created.pop(rules.action_of(target), None)

    # --- verdicts of drivers, about the latest exchange

    def passes(self, fact: str) -> None:
        """Record that the latest exchange shows that the fact holds."""
        self.holds(fact, True, "", "")

    def fails(self, fact: str, expected: str, got: str) -> None:
        """Record that the latest exchange breaks the fact."""
        self.holds(fact, False, expected, got)

    def denies(self, fact: str, bad: bool, expected: str, got: object) -> None:
        """Record that the latest exchange breaks the fact if `bad` is true.

        Otherwise record nothing: that the fact holds is shown by other exchanges.
        """
        if bad:
            self.holds(fact, False, expected, got)

    def holds(self, fact: str, good: bool, expected: str, got: object) -> bool:
        """Record whether the latest exchange shows or breaks the fact, and return `good`.

        Args:
            fact: the id of the fact.
            good: whether the fact holds.
            expected: what had to come, in words.
            got: what came.
        """
        judgement = self.oracle.judgement(self.trace[-1])
        judgement.holds(fact, good, expected, got)
        self.oracle.count(judgement.exchange, judgement.verdicts)
        return good

    # --- shortcuts for scenarios

    def name(self, length: int | None = None, text: str = "") -> str:
        """Return a new name that begins with the prefix of the run.

        Args:
            length: the exact number of characters; default: any.
            text: the end of the name if `length` is not given; default: one of `bodies.NAME_ENDS`.
        """
        self._names += 1
        name = f"{self.prefix} {self._names}"
        if length is not None:
            return name + "x" * (length - len(name))
        return f"{name} {text}" if text else name + bodies.NAME_ENDS[self._names % len(bodies.NAME_ENDS)]

    def action(self, /, **changes: Any) -> dict[str, Any]:
        """Return the valid body of a create, a different one each time. `changes` replace fields; `...` omits one."""
        body: dict[str, Any] = {"name": self.name(), "scope": "personal"}
        body["hint"] = bodies.HINTS[self._names % len(bodies.HINTS)]
        body["message_types"] = bodies.type_set(self._names)
        body["multi_selectable"] = (..., True, False)[self._names % 3]
        whole = {**bodies.NEEDED, **body, **changes}
        return {name: value for name, value in whole.items() if value is not ... and name not in bodies.GONE["create"]}

    def create(self, /, user: str = "owner", about: str | None = None, **changes: Any) -> str:
        """Create an action. Return its id, or an empty string if the answer has none."""
        return identifier_of(self.ask("create", user=user, body=self.action(**changes), about=about))

    def get(self, identifier: str, user: str = "owner", about: str | None = None) -> Answer:
        return self.ask("get", identifier, user=user, about=about)

    def update(self, /, identifier: str, user: str = "owner", about: str | None = None, **changes: Any) -> Answer:
        body = {name: value for name, value in changes.items() if name not in bodies.GONE["update"]}
        return self.ask("update", identifier, user=user, body=body, about=about)

    def delete(self, identifier: str, user: str = "owner", about: str | None = None) -> Answer:
        return self.ask("delete", identifier, user=user, about=about)

    def get_handler(
        self, identifier: str, user: str = "owner", kind: str = HANDLER, about: str | None = None
    ) -> Answer:
        return self.ask("get_handler", identifier, kind, user=user, about=about)

    def update_handler(
        self, /, identifier: str, user: str = "owner", kind: str = HANDLER, about: str | None = None, **body: Any
    ) -> Answer:
        return self.ask("update_handler", identifier, kind, user=user, body=body, about=about)

    def list(self, /, user: str = "owner", about: str | None = None, **query: Any) -> dict[str, Any]:
        """Return one page of a listing, or an empty dict if the answer is not a page."""
        shown = self.ask("list", user=user, query=query, about=about).json()
        return shown if isinstance(shown, dict) and isinstance(shown.get("data"), list) else {}

    def pages(self, /, user: str = "owner", about: str | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield all pages of a listing. Stop and record a violation of `list.next_token` if the listing does not end.

        A listing does not end if a `next_token` repeats, if `IDLE_PAGES` pages in a row contain no new action, or if it
        has more than `MOST_PAGES` pages. Of `query`, only `limit` is sent again for later pages.
        """
        page = self.list(user, about, **query)
        yield page
        kept: dict[str, Any] = {name: value for name, value in query.items() if name == "limit"}
        tokens, seen, idle = set[str](), identifiers(page), 0
        while isinstance(token := page.get("next_token"), str) and token:
            if token in tokens or idle >= IDLE_PAGES or len(tokens) >= MOST_PAGES:
                self.fails("list.next_token", "a listing that ends", "it does not end")
                return
            tokens.add(token)
            page = self.list(user, about, next_token=token, **kept)
            here = identifiers(page)
            idle = 0 if here - seen else idle + 1
            seen |= here
            yield page

    def listing(self, /, user: str = "owner", about: str | None = None, **query: Any) -> str:
        """Read all pages of a listing. Return the last sync token, or an empty string if there was none."""
        token = ""
        for page in self.pages(user, about, **query):
            given = page.get("sync_token")
            token = given if isinstance(given, str) else token
        return token

    # --- control and clean-up

    def pause(self, seconds: float, why: str) -> None:
        """Wait for `seconds`, for the reason `why`. Raise `BudgetSpent` if the deadline would pass before the end."""
        over = self.deadline is not None and time.monotonic() + seconds > self.deadline
        if over and not self.clock.jumps and not self._cleaning:
            raise BudgetSpent("the time limit of the run (--max-minutes) is reached")
        self.clock.pause(seconds, why)

    def advance(self, seconds: float) -> None:
        """Advance the server's clock through the profile's clock URL."""
        self._post(self.profile.clock_url or "", {"advance": seconds}, "clock_url")

    def reset(self) -> None:
        """Empty the server through the profile's reset URL, if there is one. Raise `ControlFailed` if that fails."""
        if self.profile.reset_url:
            self._post(self.profile.reset_url, None, "reset_url")
            self.oracle.forget()
            self.pacer.forget()
            self.created.clear()
            self.unknown_creates = 0

    def _post(self, url: str, body: Any, key: str) -> None:
        self.check_stop()
        headers: list[tuple[str, str]] = []
        if self.profile.control_token:
            headers.append(("Authorization", f"Bearer {self.profile.control_token}"))
        content = b"" if body is None else encode(body)
        if content:
            headers.append(("Content-Type", "application/json"))
        self._began = time.monotonic()
        try:
            answer = self._control("POST", urlsplit(url).path, tuple(headers), content)
        except TransportError as error:
            raise ControlFailed(f"{key} {url} does not respond: {error}") from None
        except Cancelled:
            raise self._why_cancelled() from None
        if answer.status >= 300:
            raise ControlFailed(f"{key} {url} returned status {answer.status}; check control_token")

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()
        self._control.close()

    def clean_up(self) -> Lines:
        """Delete everything that this run created. Return a line for each action that may be left.

        The waits for the thresholds may be long; the time for answers is limited. If two calls in a row time out,
        nothing more is sent.
        """
        self._cleaning, self.scenario, self.expect_throttle, self.interrupted = True, "clean-up", False, False
        self._signalled = None
        left: Lines = []
        try:
            if self.profile.reset_url:
                try:
                    self.reset()
                    return []
                except BudgetSpent:
                    raise
                except Stopped:
                    pass  # the reset failed: delete each action instead
            if self.unknown_creates:
                left += self._find_unknown()
            self._delete_all()
        except (Locked, Silent, BudgetSpent) as error:
            left.append(f"clean-up stopped: {error}")
        left += [f"action {identifier} of {user} is still on the server" for identifier, user in self.created.items()]
        return left

    def _delete_all(self) -> None:
        unanswered = 0
        for identifier, user in list(self.created.items()):
            try:
                answer = self.delete(identifier, user)
            except Silent:
                unanswered += 1
                if unanswered == 2:
                    raise
                continue
            unanswered = 0 if answer.status else unanswered + 1
            if answer.status in (200, 202, 204, 404, 410) or error_of(answer)[0] == "msgaction_not_found":
                self.created.pop(identifier, None)

    def _find_unknown(self) -> Lines:
        """Find the actions of creates whose answer did not arrive or had no id, and add them to `created`.

        They are the listed actions whose names begin with the prefix of the run, at most as many as there were such
        creates. Return a line of advice if a list is not answered, otherwise nothing.
        """
        advice = f"creates and lists got no response: look for actions whose names start with {self.prefix}"
        missing = self.unknown_creates
        for user in ("owner", "colleague", "outsider"):
            if user not in self.tokens:
                continue
            try:
                for page in self.pages(user, limit=LARGEST_LIMIT):
                    for item in page.get("data", []):
                        ours = isinstance(item, dict) and str(item.get("name", "")).casefold().startswith(self.prefix)
                        if ours and str(item.get("id")) not in self.created and missing > 0:
                            missing -= 1
                            self.created[str(item.get("id"))] = user
                            self.oracle.adopt(str(item.get("id")), user, self.trace[-1].received)
            except Silent:
                return [advice]
            if self.trace[-1].answer is None:
                return [advice]
        return []


def _control(profile: Profile) -> dict[str, str]:
    return {profile.control_token: "CONTROL_TOKEN"} if profile.control_token else {}


def _path(segment: str) -> str:
    return quote(segment, safe="~", errors="surrogatepass") if segment else "0"


def encode(body: Any, variation: int = 0) -> bytes:
    """Return the body as JSON in UTF-8, or in ASCII if it contains a lone surrogate, which UTF-8 cannot encode.

    With an odd `variation`, write a short object differently: in ASCII, on several lines, with its fields in reverse
    order.
    """
    text = json.dumps(body, ensure_ascii=False)
    if variation % 2 and isinstance(body, dict) and len(text) < SHORT:
        return b"\n " + json.dumps(dict(reversed(body.items())), indent=1).encode()
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(body).encode()


def identifiers(page: Mapping[str, Any]) -> set[str]:
    """Return the ids of the actions on a page."""
    return {str(item.get("id")) for item in page.get("data", ()) if isinstance(item, dict)}


def identifier_of(answer: Answer) -> str:
    """Return the id in the answer to a create, or an empty string if there is none."""
    shown = answer.json() if answer.status < 300 else None
    data = shown.get("data") if isinstance(shown, dict) else None
    identifier = data.get("id") if isinstance(data, dict) else None
    return identifier if isinstance(identifier, str) else ""


def directory(profile: Profile) -> Directory:
    """Return the directory of the profile: the user, organization and scopes of each token, and each user's teams."""
    everything = frozenset(SCOPES)
    here, there = "the organization", "another organization"
    tokens = {
        token: Identity(user, there if user == "outsider" else here, everything)
        for user, token in profile.tokens.items()
    }
    tokens |= {token: Identity("owner", here, frozenset({scope})) for scope, token in profile.owner_only.items()}
    teams = {user: frozenset(numbers) for user, numbers in profile.teams.items()}
    return Directory(tokens, teams)
