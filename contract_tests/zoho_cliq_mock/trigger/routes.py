"""The control API of the trigger side, below `/_mock/`, and the response URLs, whose only credential is their key.

GET  menu?user=&message=&message=    the actions that are offered on messages
POST trigger                         choose one: {action, user, chat, messages, text, type, attachments, location, wait}
GET  deliveries?after=ID             the deliveries, and `epoch`, which each reset and restore changes
POST deliveries                      send an event to an action: {action, event, user}
POST deliveries/{id}/again           send the event of a delivery again, or another event: {event}
GET  chats · POST chats              {members, id, title, type, owner}
GET  messages?chat= · POST messages  {chat, sender, type, text, attachments}
GET  signing-key                     the public key of X-Cliq-Signature, as PEM
GET  connections · POST · DELETE     {name: {header: value}}, for `connection:` in scripts; shown without values
GET  task-stubs · POST · DELETE      {task: what it returns}, for the tasks of other services in scripts
GET  databases · POST databases      {database, record, user}: the records of Cliq's databases
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from zoho_cliq_mock.chats import ChatError
from zoho_cliq_mock.control_requests import ControlError, answer, check_origin, check_token, read_data
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.deluge.connections import ConnectionsError, read_connections, shown_connections
from zoho_cliq_mock.trigger.post import MAX_ANSWER
from zoho_cliq_mock.trigger.service import Trigger, TriggerError, trigger_of
from zoho_cliq_mock.trigger.signing import SigningUnavailable
from zoho_cliq_mock.wire import ClientGone, read_body

Act = Callable[[Trigger, Request], Awaitable[Response]]

_TRIGGER_FIELDS = {"action", "user", "chat", "messages", "text", "type", "attachments", "location", "wait"}
_LONGEST_WAIT = 3600


def trigger_routes(state: State) -> list[Route]:
    """Return the routes of a state that has the part `trigger`."""
    table: dict[str, dict[str, Act]] = {
        "menu": {"GET": menu},
        "trigger": {"POST": trigger},
        "deliveries": {"GET": deliveries, "POST": send_event},
        "deliveries/{id:int}/again": {"POST": send_again},
        "chats": {"GET": chats, "POST": add_chat},
        "messages": {"GET": messages, "POST": add_message},
        "signing-key": {"GET": signing_key},
        "responses/{key}": {"POST": respond},
        "connections": {"GET": connections, "POST": add_connections, "DELETE": clear_connections},
        "task-stubs": {"GET": task_stubs, "POST": add_task_stubs, "DELETE": clear_task_stubs},
        "databases": {"GET": databases, "POST": add_record},
    }
    return [Route(f"/_mock/{path}", _endpoint(state, acts), methods=list(acts)) for path, acts in table.items()]


async def menu(service: Trigger, request: Request) -> Response:
    """GET menu: the actions that a user is offered on messages."""
    query = request.query_params
    return answer({"actions": service.menu(query.get("user"), query.getlist("message"))})


async def trigger(service: Trigger, request: Request) -> Response:
    """POST trigger: choose an action, and return the record of the delivery."""
    body = await _object(request, _TRIGGER_FIELDS)
    action, chosen = body.get("action"), body.get("messages", [])
    if not isinstance(action, str):
        raise TriggerError("action: must be the name or id of a message action")
    if not isinstance(chosen, list) or not all(isinstance(identifier, str) for identifier in chosen):
        raise TriggerError("messages: must be a list of ids")
    if not isinstance(body.get("location", {}), dict):
        raise TriggerError("location: must be an object")
    wait = body.get("wait", 0)
    if not isinstance(wait, (int, float)) or isinstance(wait, bool) or not 0 <= wait <= _LONGEST_WAIT:
        raise TriggerError(f"wait: must be a number of seconds from 0 to {_LONGEST_WAIT}")
    new: dict[str, Any] = {name: body[name] for name in ("text", "type", "attachments") if name in body}
    record = await service.choose(
        action,
        base_url=_base_url(request),
        user=body.get("user"),
        chat=body.get("chat"),
        messages=chosen,
        new_message=new or None,
        location=body.get("location"),
    )
    return answer(await service.with_deferred(record, wait) if wait else record)


async def deliveries(service: Trigger, request: Request) -> Response:
    """GET deliveries: all, or those with an id greater than `after`."""
    after = request.query_params.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise TriggerError("after: must be the id of a delivery")
    return answer({"deliveries": service.deliveries.records(int(after)), "epoch": service.epoch})


async def send_event(service: Trigger, request: Request) -> Response:
    """POST deliveries: send a given event to an action, without choosing a message."""
    body = await _object(request, {"action", "event", "user"})
    action, event, user = body.get("action"), body.get("event"), body.get("user")
    if not isinstance(action, str) or not isinstance(event, dict) or not isinstance(user, str | None):
        raise TriggerError("action and event: must be the name or id of a message action, and an object")
    return answer(await service.send_event(action, event, base_url=_base_url(request), user=user))


async def send_again(service: Trigger, request: Request) -> Response:
    """POST deliveries/{id}/again: send the event of a delivery again, or `event` instead."""
    body = await read_data(request) or {}
    if not isinstance(body, dict) or not body.keys() <= {"event"} or not isinstance(body.get("event", {}), dict):
        raise TriggerError("event: must be an object")
    again = service.send_again(request.path_params["id"], base_url=_base_url(request), event=body.get("event"))
    return answer(await again)


async def chats(service: Trigger, request: Request) -> Response:
    """GET chats: all chats."""
    return answer({"chats": [chat.public() for chat in service.chats.all()]})


async def add_chat(service: Trigger, request: Request) -> Response:
    """POST chats: add a chat."""
    body = await _object(request, {"id", "title", "type", "owner", "members"})
    return answer(service.chats.add(body).public())


async def messages(service: Trigger, request: Request) -> Response:
    """GET messages: those of one chat, or of all chats."""
    store, chat = service.chats, request.query_params.get("chat")
    places = [store.chat(chat)] if chat else store.all()
    return answer({"messages": [message.public() for place in places for message in store.messages(place.id)]})


async def add_message(service: Trigger, request: Request) -> Response:
    """POST messages: post a message to a chat, or to the sender's first chat."""
    body = await _object(request, {"id", "chat", "sender", "type", "text", "attachments"})
    if "chat" in body:
        return answer(service.post_message(body["chat"], body).public())
    return answer(service.post_new(body.get("sender"), None, body).public())


async def signing_key(service: Trigger, request: Request) -> Response:
    """GET signing-key: the public key as PEM."""
    return PlainTextResponse(service.signer.public_key(), media_type="application/x-pem-file")


async def connections(service: Trigger, request: Request) -> Response:
    """GET connections: their names and the names of their headers."""
    return answer({"connections": shown_connections(service.scripts.connections)})


async def add_connections(service: Trigger, request: Request) -> Response:
    """POST connections: add connections, or replace those of the same name."""
    # Make a new dict: a running script keeps the one that it started with.
    service.scripts.connections = {**service.scripts.connections, **read_connections(await read_data(request))}
    return await connections(service, request)


async def clear_connections(service: Trigger, request: Request) -> Response:
    """DELETE connections: remove all."""
    service.scripts.connections = {}
    return await connections(service, request)


async def task_stubs(service: Trigger, request: Request) -> Response:
    """GET task-stubs: the names of the stubs."""
    return answer({"task_stubs": sorted(service.scripts.stubs)})


async def add_task_stubs(service: Trigger, request: Request) -> Response:
    """POST task-stubs: add stubs, or replace those of the same name."""
    body = await read_data(request)
    if not isinstance(body, dict):
        raise TriggerError("the body must be an object with what each task returns")
    service.scripts.stubs.update(body)
    return await task_stubs(service, request)


async def clear_task_stubs(service: Trigger, request: Request) -> Response:
    """DELETE task-stubs: remove all."""
    service.scripts.stubs.clear()
    return await task_stubs(service, request)


async def databases(service: Trigger, request: Request) -> Response:
    """GET databases: all records, by organization and database."""
    return answer({"databases": service.scripts.databases.shown()})


async def add_record(service: Trigger, request: Request) -> Response:
    """POST databases: add a record to a database of the user's organization."""
    body = await _object(request, {"database", "record", "user"})
    name, record = body.get("database"), body.get("record")
    if not isinstance(name, str) or not name or not isinstance(record, dict):
        raise TriggerError("database and record: must be the name of a database, and an object")
    return answer({"id": service.add_record(name, record, body.get("user"))})


async def respond(service: Trigger, request: Request) -> Response:
    """POST responses/{key}: accept a deferred answer."""
    body = await read_body(request.scope, request.receive, MAX_ANSWER)
    if body is None:
        raise TriggerError(f"the answer is longer than {MAX_ANSWER} bytes", 413)
    shown = service.respond(request.path_params["key"], request.headers.get("content-type"), body)
    if shown.kind == "wrong":
        return answer({"message": shown.text, "problems": list(shown.problems)}, 400)
    return answer({"status": "shown", "kind": shown.kind})


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _object(request: Request, known: set[str]) -> dict[str, Any]:
    body = await read_data(request)
    if not isinstance(body, dict):
        raise TriggerError("the body must be an object")
    unknown = sorted(body.keys() - known)
    if unknown:
        raise TriggerError(f"the body may have {', '.join(sorted(known))}, not {', '.join(unknown)}")
    return body


def _endpoint(state: State, acts: dict[str, Act]) -> Callable[[Request], Awaitable[Response]]:
    service = trigger_of(state)

    async def endpoint(request: Request) -> Response:
        act = acts["GET" if request.method == "HEAD" else request.method]
        try:
            if act is not respond:
                check_origin(request)
                check_token(state, request)
            return await act(service, request)
        except (ControlError, TriggerError) as error:
            return answer({"message": str(error)}, error.status)
        except (ChatError, ClientGone, ConnectionsError, SigningUnavailable) as error:
            return answer({"message": str(error)}, 400)

    return endpoint
