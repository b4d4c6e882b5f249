"""The control API of the trigger side, below `/_mock/`, and the response URLs, which need no token but their key.

GET  menu?user=&message=&message=    the actions that are offered
POST trigger                         choose one: {action, user, chat, messages, text, type, attachments, location}
GET  deliveries                      what was sent and what came back
GET  chats · POST chats              {members, id, title, type, owner}
GET  messages?chat= · POST messages  {chat, sender, type, text, attachments}
GET  signing-key                     the public key of X-Cliq-Signature, as PEM
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from zoho_cliq_mock.control import ControlError, answer, check_origin, check_token, read_data
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.chats import ChatError
from zoho_cliq_mock.trigger.post import MAX_ANSWER
from zoho_cliq_mock.trigger.service import Trigger, TriggerError, trigger_of
from zoho_cliq_mock.trigger.signing import SigningUnavailable
from zoho_cliq_mock.wire import ClientGone, read_body

Act = Callable[[Trigger, Request], Awaitable[Response]]

_TRIGGER_FIELDS = {"action", "user", "chat", "messages", "text", "type", "attachments", "location"}


def trigger_routes(state: State) -> list[Route]:
    """The routes over a state that has the part `trigger`."""
    table: dict[str, dict[str, Act]] = {
        "menu": {"GET": menu},
        "trigger": {"POST": trigger},
        "deliveries": {"GET": deliveries},
        "chats": {"GET": chats, "POST": add_chat},
        "messages": {"GET": messages, "POST": add_message},
        "signing-key": {"GET": signing_key},
        "responses/{key}": {"POST": respond},
    }
    return [Route(f"/_mock/{path}", _endpoint(state, acts), methods=list(acts)) for path, acts in table.items()]


async def menu(service: Trigger, request: Request) -> Response:
    """GET menu"""
    query = request.query_params
    return answer({"actions": service.menu(query.get("user"), query.getlist("message"))})


async def trigger(service: Trigger, request: Request) -> Response:
    """POST trigger"""
    body = await _object(request, _TRIGGER_FIELDS)
    action, chosen = body.get("action"), body.get("messages", [])
    if not isinstance(action, str):
        raise TriggerError("action: the name or id of a message action is needed")
    if not isinstance(chosen, list) or not all(isinstance(identifier, str) for identifier in chosen):
        raise TriggerError("messages: must be a list of ids")
    if not isinstance(body.get("location", {}), dict):
        raise TriggerError("location: must be an object")
    new: dict[str, Any] = {name: body[name] for name in ("text", "type", "attachments") if name in body}
    record = await service.choose(
        action,
        base_url=str(request.base_url).rstrip("/"),
        user=body.get("user"),
        chat=body.get("chat"),
        messages=chosen,
        new_message=new or None,
        location=body.get("location"),
    )
    return answer(record)


async def deliveries(service: Trigger, request: Request) -> Response:
    """GET deliveries"""
    return answer({"deliveries": service.deliveries.records()})


async def chats(service: Trigger, request: Request) -> Response:
    """GET chats"""
    return answer({"chats": [chat.public() for chat in service.chats.all()]})


async def add_chat(service: Trigger, request: Request) -> Response:
    """POST chats"""
    body = await _object(request, {"id", "title", "type", "owner", "members"})
    return answer(service.chats.add(body).public())


async def messages(service: Trigger, request: Request) -> Response:
    """GET messages: of one chat, or of all"""
    store, chat = service.chats, request.query_params.get("chat")
    places = [store.chat(chat)] if chat else store.all()
    return answer({"messages": [message.public() for place in places for message in store.messages(place.id)]})


async def add_message(service: Trigger, request: Request) -> Response:
    """POST messages"""
    body = await _object(request, {"id", "chat", "sender", "type", "text", "attachments"})
    return answer(service.post_message(body.get("chat", ""), body).public())


async def signing_key(service: Trigger, request: Request) -> Response:
    """GET signing-key"""
    return PlainTextResponse(service.signer.public_key(), media_type="application/x-pem-file")


async def respond(service: Trigger, request: Request) -> Response:
    """POST responses/{key}: a deferred answer"""
    body = await read_body(request.scope, request.receive, MAX_ANSWER)
    if body is None:
        raise TriggerError(f"the answer is longer than {MAX_ANSWER} bytes", 413)
    shown = service.respond(request.path_params["key"], request.headers.get("content-type"), body)
    if shown.kind == "wrong":
        return answer({"message": shown.text, "problems": list(shown.problems)}, 400)
    return answer({"status": "shown", "kind": shown.kind})


async def _object(request: Request, known: set[str]) -> dict[str, Any]:
    body = await read_data(request)
    if not isinstance(body, dict):
        raise TriggerError("the body must be an object")
    unknown = sorted(body.keys() - known)
    if unknown:
        raise TriggerError(f"the body takes {', '.join(sorted(known))}, not {', '.join(unknown)}")
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
        except (ChatError, ClientGone, SigningUnavailable) as error:
            return answer({"message": str(error)}, 400)

    return endpoint
