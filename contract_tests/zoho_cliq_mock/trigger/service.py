"""Choosing a message action: offering actions, sending the event, showing the answer, and retrying.

By default an event is sent once, and its answer may take 15 seconds. The vendor documents none of this, so
`webhook_retries`, `webhook_retry_seconds` and `webhook_timeout_ms` are policies. `scripts` runs the script of a Deluge
action; a function in `stubs` can replace the script.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from zoho_cliq_mock.chats import Chat, ChatError, Chats, Message
from zoho_cliq_mock.directory import User
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.journal import BODY_BYTES, Entry
from zoho_cliq_mock.terminal import plain
from zoho_cliq_mock.trigger.addresses import AddressRefused, Resolve, checked_addresses, parse_target
from zoho_cliq_mock.trigger.answers import Outputs, Shown
from zoho_cliq_mock.trigger.deliveries import Deliveries
from zoho_cliq_mock.trigger.deluge.event import script_event
from zoho_cliq_mock.trigger.deluge.runs import Outcome, Surroundings
from zoho_cliq_mock.trigger.deluge.scripts import Scripts
from zoho_cliq_mock.trigger.menu import not_offered
from zoho_cliq_mock.trigger.payload import LOCATION, PERMISSIONS, Selection, build
from zoho_cliq_mock.trigger.post import HttpAnswer, PostFailed, resolve, send
from zoho_cliq_mock.trigger.signing import HEADER, Signer, SigningUnavailable

if TYPE_CHECKING:
    from zoho_cliq_mock.state import State

RECENT_MESSAGES = 10
_EVERYTHING = 1_000_000
_MOST_REASON = 300
_POLL_SECONDS = 0.05
# With this header, this project's webhook receiver says why it will not send a deferred answer.
DEFERRED_REFUSED = "x-zoho-cliq-deferred-refused"
_log = logging.getLogger("zoho_cliq_mock")

Stub = Callable[[dict[str, Any]], Any]


class TriggerError(ValueError):
    """A choice or another trigger call that cannot be carried out.

    Args:
        message: the reason, for people.
        status: the HTTP status of the response. Default: 400.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Trigger:
    """The trigger side of one mock server; a part of its state.

    Args:
        state: the state that it belongs to.
        allowed_hosts: hosts, in addition to this machine, that events and scripts' requests may be sent to.
        connections: the headers of connections, by link name. Default: none.

    Attributes:
        stubs: functions that replace the scripts of Deluge actions, by action name; they take the event's data and
            return `{"output": …}`.
        scripts: runs the scripts of Deluge actions.
        resolve: looks up the addresses of a host.

    Raise `ConnectionsError` if the connections cannot be used.
    """

    def __init__(self, state: State, allowed_hosts: Collection[str] = (), connections: object = None) -> None:
        self._state = state
        self.allowed_hosts = tuple(allowed_hosts)
        self.resolve: Resolve = resolve
        self.stubs: dict[str, Stub] = {}
        self.chats = Chats(state.connection, lambda: state.directory.users)
        self.chats.seed(state.seed, state.clock.now())
        self.deliveries = Deliveries(state.connection)
        self.signer = Signer(state.connection)
        self.scripts = Scripts(state.connection, connections)
        self._retries: asyncio.Task[None] | None = None
        self._waited_for: dict[int, asyncio.Event] = {}

    @cached_property
    def _outputs(self) -> Outputs:
        return Outputs()

    def post_message(self, chat: str, fields: Mapping[str, Any]) -> Message:
        """Add a message to a chat. Raise `ChatError`."""
        return self.chats.post(chat, fields, self._state.clock.now())

    @property
    def epoch(self) -> int:
        """A number that each reset and restore changes."""
        return self._state.epoch

    def add_record(self, database: str, fields: Mapping[str, Any], user: str | None = None) -> str:
        """Add a record to a database of a user's organization, and return its id. Raise `TriggerError`."""
        return self.scripts.databases.add(self._user(user).organization, database, fields)

    # ---- a part of the state

    def reset(self, seed: Mapping[str, Any]) -> None:
        """Return to the chats of the seed, remove deliveries and stubs, and cancel running scripts."""
        self.chats.clear()
        self.chats.seed(seed, self._state.clock.now())
        self.deliveries.clear()
        self.stubs.clear()
        self.scripts.reset()

    def snapshot(self) -> Any:
        """Return the stubs, and what `scripts` keeps outside the database; the database has a snapshot of its own."""
        return dict(self.stubs), self.scripts.snapshot()

    def restore(self, saved: Any) -> None:
        """Return to a snapshot."""
        stubs, scripts = saved
        self.stubs = dict(stubs)
        self.scripts.restore(scripts)
        self.signer.forget()

    def shown(self) -> Any:
        """Return the names of stubs and connections, for the control API."""
        return {"stubs": sorted(self.stubs), **self.scripts.shown()}

    # ---- choosing

    def menu(self, user: str | None, messages: Sequence[str]) -> list[dict[str, Any]]:
        """Return the actions that a user is offered on messages, as the API shows them.

        Args:
            user: the user's key; None for the first user of the seed.
            messages: ids of messages of one chat.

        Raise `TriggerError` if there is no such user or the messages cannot be chosen.
        """
        return [action for action, reason in self.offers(user, messages) if reason is None]

    def offers(self, user: str | None, messages: Sequence[str]) -> list[tuple[dict[str, Any], str | None]]:
        """Return the actions that a user sees, each with the reason why it is not offered, or None if it is.

        The arguments and errors are those of `menu`.
        """
        person = self._user(user)
        _, chosen = self._chosen(person, messages, None)
        return [(action, not_offered(action, chosen)) for action in self._visible(person)]

    async def choose(
        self,
        action: str,
        *,
        base_url: str,
        user: str | None = None,
        chat: str | None = None,
        messages: Sequence[str] = (),
        new_message: Mapping[str, Any] | None = None,
        location: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Choose an action on messages or on a new message, and return the record of the delivery.

        Args:
            action: the action's name or id.
            base_url: the mock's own address, for the response URL.
            user: the user's key. Default: None, the first user of the seed.
            chat: the chat's id. Default: None, the chat of the messages, or the user's first chat.
            messages: ids of messages to choose the action on.
            new_message: the fields of a new message to choose the action on. Default: None.
            location: where the user is. Default: None, Berlin.

        Raise `TriggerError` if the choice cannot be made.
        """
        person = self._user(user)
        found = self._found(person, action)
        if new_message is not None:
            messages = [*messages, self.post_new(person.key, chat, new_message).id]
        place, chosen = self._chosen(person, messages, chat)
        reason = not_offered(found, chosen)
        if reason:
            raise TriggerError(f"{found['name']!r} is not offered here: {reason}", 409)
        recent = self.chats.messages(place.id, RECENT_MESSAGES)
        users = self._state.directory.users
        selection = Selection(found["name"], person, place, chosen, users, recent, location or LOCATION)
        return await self._deliver(found, selection, base_url)

    async def send_again(
        self, identifier: int, *, base_url: str, event: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Send the event of an earlier delivery as a new delivery, and return its record.

        Args:
            identifier: the id of the earlier delivery.
            base_url: the mock's own address, for the response URL.
            event: an event to send instead. Default: None, the earlier event.

        The event gets a new response URL and time stamp. Raise `TriggerError` if it cannot be sent.
        """
        before = self.deliveries.record(identifier)
        if not before:
            raise TriggerError(f"there is no delivery {identifier}", 404)
        person = self._user(before["user"])
        action = next((each for each in self._visible(person) if each["id"] == before["action"]["id"]), None)
        if action is None:
            raise TriggerError(f"{person.key} no longer sees the action {before['action']['name']!r}", 409)
        record = {
            **self._opened(base_url, before["event"] if event is None else event),
            "action": before["action"],
            "user": person.key,
            "chat": before["chat"],
            "messages": before["messages"],
            "again": identifier,
        }
        return await self._dispatch(record, action, person, base_url)

    async def send_event(
        self, action: str, event: Mapping[str, Any], *, base_url: str, user: str | None = None
    ) -> dict[str, Any]:
        """Send a given event to an action as if a user had chosen the action, and return the record of the delivery.

        The event says what was chosen. The answer is shown in the chat that the event names if the user is a member of
        it, else in the user's first chat. The event gets a new response URL and time stamp.

        Args:
            action: the action's name or id.
            event: the event.
            base_url: the mock's own address, for the response URL.
            user: the user's key. Default: None, the first user of the seed.

        Raise `TriggerError` if the event cannot be sent.
        """
        person = self._user(user)
        found = self._found(person, action)
        places = [chat.id for chat in self.chats.chats_of(person)]
        if not places:
            raise TriggerError(f"{person.key} is not a member of any chat; add one with POST /_mock/chats")
        opened = self._opened(base_url, event)
        access = event["params"].get("access")
        chat = access.get("chat_id") if isinstance(access, dict) else None
        record = {
            **opened,
            "action": _named(found),
            "user": person.key,
            "chat": chat if chat in places else places[0],
            "messages": [],
        }
        return await self._dispatch(record, found, person, base_url)

    def _found(self, person: User, action: str) -> dict[str, Any]:
        found = next((each for each in self._visible(person) if action in (each["name"], each["id"])), None)
        if found is None:
            raise TriggerError(f"{person.key} sees no message action {action!r}", 404)
        return found

    def _opened(self, base_url: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return a new record for sending this event, with a new delivery id, response URL and time stamp."""
        if not isinstance(event.get("params"), dict):
            raise TriggerError("event: must have the object params")
        now = self._state.clock.now()
        identifier, response_url = self._open(base_url, now)
        sent = {**event, "response_url": response_url, "timestamp": int(now * 1000)}
        return {"id": identifier, "event": sent, "attempts": []}

    async def _deliver(self, action: dict[str, Any], selection: Selection, base_url: str) -> dict[str, Any]:
        now = self._state.clock.now()
        identifier, response_url = self._open(base_url, now)
        webhook = action["execution_type"] == "webhook"
        permissions = self._permissions(selection.user, action["id"]) if webhook else PERMISSIONS
        event = build(selection, permissions, response_url=response_url, now=now)
        record: dict[str, Any] = {
            "id": identifier,
            "action": _named(action),
            "user": selection.user.key,
            "chat": selection.chat.id,
            "messages": [message.id for message in selection.messages],
            "event": event,
            "attempts": [],
        }
        return await self._dispatch(record, action, selection.user, base_url)

    def _open(self, base_url: str, now: float) -> tuple[int, str]:
        """Return the id and the response URL of a new delivery."""
        identifier = self.deliveries.open()
        key = self.deliveries.new_response_key(identifier, now + self._state.policies.response_url_seconds)
        return identifier, f"{base_url}/_mock/responses/{key}"

    async def _dispatch(
        self, record: dict[str, Any], action: dict[str, Any], user: User, base_url: str
    ) -> dict[str, Any]:
        """Send the event of a record to the webhook, or run the action's script with it, and return the record."""
        identifier, event = record["id"], record["event"]
        if action["execution_type"] == "webhook":
            # Stored before sending, because a deferred answer may arrive before the answer.
            self.deliveries.amend(identifier, record)
            return await self._attempt(record, orjson.dumps(event), action["execution_url"])
        stub = self.stubs.get(action["name"])
        if stub is None and self._state.policies.deluge == "run":
            self.deliveries.amend(identifier, record)
            return await self._run(record, user, base_url)
        off = Shown("not_executed", "this Deluge action was not run, since the policy deluge is off")
        self._show(record, off if stub is None else self._stubbed(stub, event))
        self.deliveries.save(identifier, record, b"", None)
        return record

    # ---- running scripts

    async def _run(self, record: dict[str, Any], user: User, base_url: str) -> dict[str, Any]:
        script = self._script(user, record["action"]["id"])
        if not script:
            return self._ran(record, Shown("not_executed", "this Deluge action has no script yet"))
        state = self._state
        surroundings = Surroundings(
            user=user,
            users=state.directory.users,
            chats=self.chats,
            databases=self.scripts.databases,
            allowed_hosts=self.allowed_hosts,
            resolve=self.resolve,
            connections=self.scripts.connections,
            stubs=dict(self.scripts.stubs),
            own_url=base_url,
            now=state.clock.now,
        )
        seconds = state.policies.deluge_timeout_ms / 1000
        outcome = await self.scripts.run(script, script_event(record["event"]), surroundings, seconds=seconds)
        shown = self._answered(outcome)
        if outcome.record is not None:
            record["deluge"] = outcome.record
        if outcome.reset:  # the delivery belongs to the state before the reset, so nothing is stored
            return {**record, "shown": self._public(record, shown, deferred=False)}
        if outcome.record is not None:
            self._note_run(record, outcome.record, failed=outcome.failed is not None)
        return self._ran(record, shown)

    def _ran(self, record: dict[str, Any], shown: Shown) -> dict[str, Any]:
        # Keep a deferred answer that arrived while the script ran.
        record.update({**(self.deliveries.record(record["id"]) or {}), **record})
        self._show(record, shown)
        self.deliveries.save(record["id"], record, b"", None)
        return record

    def _answered(self, outcome: Outcome) -> Shown:
        """Return what the user sees of a script's run."""
        policies = self._state.policies
        if outcome.missing is not None:
            return Shown("not_executed", outcome.missing)
        failed, answer = outcome.failed, outcome.answer
        if failed is None and answer is None:
            if policies.deluge_no_return == "nothing":
                return Shown("nothing", "")
            failed = "it returned nothing"
        if failed is None:
            # Many scripts return a plain text instead of an object; show it as a message.
            return self._outputs.judge({"output": {"text": answer} if isinstance(answer, str) else answer}, policies)
        reason = f"the script failed: {failed}"
        if policies.deluge_failure == "nothing":
            return Shown("nothing", "")
        if policies.deluge_failure == "banner":
            return Shown("banner", reason, {"type": "banner", "status": "failure", "text": reason})
        return Shown("unanswered", reason)

    def _note_run(self, record: dict[str, Any], ran: dict[str, Any], *, failed: bool) -> None:
        """Record a run in the journal: the script's log as the body, and 200 or 500 as the status."""
        lines = "\n".join([*ran["log"], *(error["why"] for error in ran["errors"])]).encode()
        self._state.journal.add(
            Entry(
                self._state.clock.now(),
                "RUN",
                record["action"]["name"],
                "",
                record["user"],
                "deluge",
                500 if failed else 200,
                f"{ran['errors'][0]['kind']}_error" if failed else None,
                None,
                lines[:BODY_BYTES],
            )
        )

    def _script(self, user: User, action: str) -> str:
        try:
            handler = orjson.loads(self._state.store.get_handler(user, action, "execution_handler"))
        except Refusal:  # the handler was never set, and the policy `unset_handler` makes it missing
            return ""
        return str(handler.get("script") or "")

    def _stubbed(self, stub: Stub, event: dict[str, Any]) -> Shown:
        try:
            return self._outputs.judge(orjson.loads(orjson.dumps(stub(event))), self._state.policies)
        except Exception as error:  # noqa: BLE001 - a stub is test code and may raise anything
            return Shown("unanswered", f"the stub failed with {type(error).__name__}: {error}")

    # ---- sending

    async def _attempt(self, record: dict[str, Any], body: bytes, url: str) -> dict[str, Any]:
        identifier: int = record["id"]
        policies = self._state.policies
        start = time.monotonic()
        attempt: dict[str, Any] = {"number": len(record["attempts"]) + 1, "url": url.partition("?")[0]}
        try:
            async with asyncio.timeout(policies.webhook_timeout_ms / 1000):
                answer = await self._send(url, body)
            attempt.update(status=answer.status, headers=answer.headers, body=answer.body.decode("utf-8", "replace"))
            shown, again = self._read(answer), answer.status >= 500
        except (AddressRefused, PostFailed, SigningUnavailable, TimeoutError) as error:
            reason = str(error) or f"no response within {policies.webhook_timeout_ms / 1000:g} s"
            attempt["error"] = reason
            shown, again = Shown("unanswered", reason), isinstance(error, PostFailed | TimeoutError)
        attempt["milliseconds"] = round((time.monotonic() - start) * 1000, 1)
        stored = self.deliveries.record(identifier)
        if stored is None:
            return record  # the mock was reset meanwhile
        # Keep a deferred answer that arrived while the event was sent.
        record.update(stored)
        record["attempts"].append(attempt)
        due = None
        if again and len(record["attempts"]) <= policies.webhook_retries:
            due = attempt["retry_at"] = self._state.clock.now() + policies.webhook_retry_seconds
        else:
            self._show(record, shown)
        refused = attempt.get("headers", {}).get(DEFERRED_REFUSED)
        if refused is not None and "deferred" not in record:
            self._note_refusal(record, plain(refused[:_MOST_REASON]))
        self.deliveries.save(identifier, record, body, due)
        self.resume()
        return record

    def _note_refusal(self, record: dict[str, Any], reason: str) -> None:
        _log.warning("%r will send no deferred answer: %s", record["action"]["name"], reason)
        shown = Shown("refused", reason)
        record["deferred"] = self._public(record, shown, deferred=True)

    async def _send(self, url: str, body: bytes) -> HttpAnswer:
        target = parse_target(url)
        addresses = await checked_addresses(target, self.allowed_hosts, self.resolve)
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "zoho-cliq-mock"}
        if self._state.policies.webhook_signature == "present":
            headers[HEADER] = self.signer.sign(body)
        return await send(target, addresses, headers, body)

    def _read(self, answer: HttpAnswer) -> Shown:
        if 300 <= answer.status < 400:
            return Shown("unanswered", f"the webhook returned a redirect ({answer.status}), which is not followed")
        if answer.status != 200:
            return Shown("unanswered", f"the webhook returned status {answer.status}")
        return self._outputs.read(answer.headers.get("content-type"), answer.body, self._state.policies)

    def resume(self) -> None:
        """Go on retrying the deliveries that await a retry, in the running event loop."""
        if self.deliveries.waiting() and (self._retries is None or self._retries.done()):
            self._retries = asyncio.get_running_loop().create_task(self._retry())

    async def _retry(self) -> None:
        while self.deliveries.waiting():
            due = self.deliveries.due(self._state.clock.now())
            await asyncio.gather(*(self._attempt_again(each.record, each.body) for each in due))
            # A test may move the mock's clock at any time, so poll it instead of sleeping until the next retry is due.
            await asyncio.sleep(_POLL_SECONDS)

    async def _attempt_again(self, record: dict[str, Any], body: bytes) -> None:
        try:
            user = self._user(record["user"])
            action = orjson.loads(self._state.store.get(user, record["action"]["id"]))
        except (TriggerError, Refusal):
            self._show(record, Shown("unanswered", "the action was deleted, so its event is not sent again"))
            self.deliveries.save(record["id"], record, body, None)
        else:
            await self._attempt(record, body, action["execution_url"])

    # ---- answers

    def respond(self, key: str, content_type: str | None, body: bytes) -> Shown:
        """Accept a deferred answer and return what it shows.

        Args:
            key: the last part of the response URL.
            content_type: the value of the Content-Type header, or None.
            body: the body of the answer.

        Raise `TriggerError` if the response URL is unknown, expired or already used.
        """
        found = self.deliveries.use_response_key(key, self._state.clock.now())
        if found == "unknown":
            raise TriggerError("this response URL does not exist", 404)
        if isinstance(found, str):
            raise TriggerError(f"this response URL is {found}", 410)
        record = self.deliveries.record(found)
        assert record is not None
        shown = self._outputs.read(content_type, body, self._state.policies)
        record["deferred"] = self._show_in_chat(record, shown, deferred=True)
        self.deliveries.amend(found, record)
        if found in self._waited_for:
            self._waited_for[found].set()
        return shown

    async def with_deferred(self, record: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Wait for the deferred answer of a delivery, and return the delivery's record.

        Args:
            record: the record of the delivery.
            seconds: the longest wait, in seconds of real time; the record is then returned without a deferred answer.
        """
        identifier = record["id"]
        stored = self.deliveries.record(identifier)
        if stored is None or "deferred" in stored:
            return stored or record
        came = self._waited_for[identifier] = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await came.wait()
        except TimeoutError:
            pass
        finally:
            del self._waited_for[identifier]
        return self.deliveries.record(identifier) or record

    def _show(self, record: dict[str, Any], shown: Shown) -> None:
        record["shown"] = self._show_in_chat(record, shown, deferred=False)

    def _show_in_chat(self, record: dict[str, Any], shown: Shown, *, deferred: bool) -> dict[str, Any]:
        public = self._public(record, shown, deferred=deferred)
        if shown.kind != "nothing":
            self.chats.show(record["chat"], record["action"]["name"], public, shown.text, self._state.clock.now())
        return public

    def _public(self, record: dict[str, Any], shown: Shown, *, deferred: bool) -> dict[str, Any]:
        return {
            "kind": shown.kind,
            "text": shown.text,
            "output": shown.output,
            "problems": list(shown.problems),
            "to": "everyone" if shown.kind == "message" else record["user"],
            "deferred": deferred,
        }

    # ---- looking up

    def _permissions(self, user: User, action: str) -> list[str]:
        try:
            handler = orjson.loads(self._state.store.get_handler(user, action, "execution_handler"))
        except Refusal:
            # By the policy `unset_handler`, a handler that was never set may be missing.
            return [name for name in self._state.policies.default_permissions.split(",") if name]
        return list(handler.get("permissions", []))

    def _visible(self, user: User) -> list[dict[str, Any]]:
        return [orjson.loads(item) for item in self._state.store.page(user, last=0, limit=_EVERYTHING).items]

    def _user(self, key: str | None) -> User:
        try:
            return self.chats.user(key or next(iter(self._state.directory.users), None))
        except ChatError as error:
            raise TriggerError(str(error), 404) from None

    def post_new(self, sender: str | None, chat: str | None, fields: Mapping[str, Any]) -> Message:
        """Post a message to a chat and return it.

        Args:
            sender: the user's key; None for the first user of the seed.
            chat: the chat's id; None for the user's first chat.
            fields: the other fields of the message.

        Raise `ChatError` or `TriggerError` if the message cannot be posted.
        """
        user = self._user(sender)
        places = self.chats.chats_of(user)
        if chat is None and not places:
            raise TriggerError(f"{user.key} is not a member of any chat; add one with POST /_mock/chats")
        return self.post_message(chat or places[0].id, {"sender": user.key, **fields})

    def _chosen(self, user: User, messages: Sequence[str], chat: str | None) -> tuple[Chat, list[Message]]:
        if not messages:
            raise TriggerError("no message is selected: give the id of one, or a text for a new one")
        chosen = [self.chats.message(identifier) for identifier in dict.fromkeys(messages)]
        place = self.chats.chat(chat or chosen[0].chat)
        if any(message.chat != place.id for message in chosen):
            raise TriggerError("the selected messages must be in one chat")
        if user.key not in place.members:
            raise TriggerError(f"{user.key} is not in the chat {place.id}", 403)
        return place, chosen


def _named(action: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an action that a record keeps."""
    return {name: action[name] for name in ("id", "name", "execution_type")}


def trigger_of(state: State) -> Trigger:
    """Return the trigger side of a state; the state must come from `create_app`."""
    part = state.parts["trigger"]
    assert isinstance(part, Trigger)
    return part
