"""Judge the content of a successful answer: its schema, the fields that were sent, and the state of the action.

Each function judges one exchange, adds its verdicts to the judgement, and updates the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import unquote

from zoho_cliq_api.contract import OPERATIONS, document

from ..trace import Answer, came, encodable, may_hold_surrogates
from .document import HANDLER, LONG, SCHEMAS
from .facts import KNOWN
from .model import FIELDS, Action, Identity, canonical, in_order, normal, shown_content
from .routes import at
from .verdicts import Judgement

RESPONSES = {
    **dict.fromkeys(("create", "get", "update"), "MessageActionResponse"),
    **dict.fromkeys(("get_handler", "update_handler"), "HandlerResponse"),
    "list": "MessageActionList",
}
PROPERTIES = set(SCHEMAS["MessageAction"]["properties"])


@cache
def _validator(schema: str) -> Any:
    import jsonschema_rs  # here, since `--help` works without the extra `conformance`

    whole = document()
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{schema}", "components": whole["components"]})


def judge_shape(judgement: Judgement, answer: Answer) -> dict[str, Any] | None:
    """Judge the body of a successful answer by the document's schema.

    Return the JSON, or None if it lacks the structure that the other functions read: an object whose `data` is an
    object or, for a list, an array of objects.

    Args:
        judgement: gets the verdicts.
        answer: the answer to the judgement's request.
    """
    content_type(judgement, answer)
    if "body" in answer.unknown:
        return None
    shown, operation = answer.json(), judgement.request.operation or ""
    if not judgement.holds("protocol.body", isinstance(shown, dict), "a JSON object", came(answer)):
        return None
    seen = without_idle_nulls(shown)
    if may_hold_surrogates(answer.body):
        seen = encodable(seen)
    errors = list(islice(_validator(RESPONSES[operation]).iter_errors(seen), 3))
    for error in errors:
        fact = _shape_fact(operation, [str(part) for part in error.instance_path], error.message)
        judgement.fails(fact, "a response that matches the document", f"{error.message} at {list(error.instance_path)}")
    if not errors:
        judgement.passes(f"{operation}.shape")
        _shown_fields(judgement, shown.get("data"))
    kind = "execution_handler" if operation.endswith("_handler") else "messageaction"
    judgement.holds(f"{operation}.envelope", shown.get("type") == kind, f"type {kind}", f"type {shown.get('type')!r}")
    _url(judgement, shown)
    data = shown.get("data")
    good = (
        isinstance(data, list) and all(isinstance(i, dict) for i in data)
        if operation == "list"
        else isinstance(data, dict)
    )
    return shown if good else None


def _shown_fields(judgement: Judgement, data: Any) -> None:
    for item in data if isinstance(data, list) else [data]:
        for name in PROPERTIES & set(item if isinstance(item, dict) and "handlers" in item else ()):
            judgement.passes(f"action.{name}.shape")


def _url(judgement: Judgement, shown: dict[str, Any]) -> None:
    """Assert that `url` ends with the path of the request, or with a related one that the documents allow."""
    request, url = judgement.request, shown.get("url")
    endings: tuple[str, ...] = (OPERATIONS[LONG[request.operation or ""]].at(**request.values),)
    if request.operation in ("create", "list"):
        data = shown.get("data")
        own = data.get("id") if isinstance(data, dict) else ""
        endings += (at("get", str(own), others=request.values),)
    elif request.place == "item":
        endings = (at("create", others=request.values), *endings)
    path = unquote(url.split("?")[0]) if isinstance(url, str) else ""
    # In the document's examples `url` begins with the path of the base URL. A server may put its own host before it.
    good = any(re.fullmatch(f"(https?://[^/]+)?(/[^/]+)*{re.escape(ending)}", path) for ending in endings)
    judgement.holds(f"{request.operation}.envelope", good, f"a url that ends with {endings[-1]}", f"url {url!r}")


def judge_created(judgement: Judgement, identity: Identity, shown: dict[str, Any]) -> Action | None:
    """Judge the successful answer to a create, and add the action to the model.

    Return the action, or None if the id is missing, is no string or is not new.

    Args:
        judgement: gets the verdicts.
        identity: the creator.
        shown: the JSON of the answer.
    """
    request, data = judgement.request, shown["data"]
    body, identifier = request.body or {}, data.get("id")
    if not isinstance(identifier, str):
        return None
    known = judgement.model.actions.get(identifier)
    if known is not None:
        judgement.fails("action.id.unique", "an id that no action had before", identifier, known)
        return None
    if judgement.model.deletions:
        judgement.passes("action.id.unique")
    sent = {name: canonical(name, body[name]) for name in FIELDS if name in body and name not in request.loose}
    if "execution_type" not in request.loose:
        sent.setdefault("execution_type", "deluge")
    content = normal({**shown_content(data), **sent})
    action = judgement.model.create(identifier, identity.user, content, judgement.exchange.received)
    judgement.wrote(action)
    wrong = mismatches(normal({**content, **sent}), data)
    for name in wrong:
        fact = "create.execution_type.default" if name == "execution_type" and name not in body else "create.echo"
        judgement.fails(fact, f"{name} as sent: {content.get(name)!r}", f"{data.get(name)!r}", action)
    if not wrong:
        judgement.passes("create.echo")
        if "execution_type" not in body:
            judgement.passes("create.execution_type.default")
    _chosen_values(judgement, action, data, body)
    judge_common(judgement, action, data)
    return action


def _chosen_values(judgement: Judgement, action: Action, data: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Assert that the server's value for a field that the create left out is one of the documented values."""
    for name, schema in (("scope", "Scope"), ("message_types", "MessageType")):
        shown = data.get(name)
        if name not in body and isinstance(shown, str | list):
            values = [shown] if isinstance(shown, str) else shown
            allowed = SCHEMAS[schema]["enum"]
            bad = any(value not in allowed for value in values)
            judgement.denies(f"create.{name}.values", bad, f"{name} of {', '.join(allowed)}", shown, action)


def judge_common(judgement: Judgement, action: Action, data: Mapping[str, Any]) -> None:
    """Judge what holds for an action in any answer: creator, handlers, status, type, and fields that do not apply."""
    creator = data.get("creator")
    held = judgement.model.creators.setdefault(action.creator, creator)
    again = action.shown_creator is not None
    if not again:
        action.shown_creator = creator
    same = creator == held == action.shown_creator
    others = [value for user, value in judgement.model.creators.items() if user != action.creator]
    if again or not same:
        judgement.holds("action.creator", same, f"creator {held!r}", f"creator {creator!r}", action)
    distinct = (
        not isinstance(creator, dict)
        or not judgement.model.directory.complete
        or all(not isinstance(o, dict) or o.get("id") != creator.get("id") for o in others)
    )
    if others or not distinct:
        judgement.holds("action.creator.distinct", distinct, "different users have different ids", creator, action)
    handlers = data.get("handlers")
    there = isinstance(handlers, list) and [h.get("type") for h in handlers if isinstance(h, dict)] == [HANDLER]
    judgement.holds("action.handlers", there, "one handler, execution_handler", handlers, action)
    judgement.holds("action.status", data.get("status") == "enabled", "status enabled", data.get("status"), action)
    judgement.holds("action.type", data.get("type") == "custom", "type custom", data.get("type"), action)
    if action.content.get("execution_type") == "deluge":
        absent = data.get("execution_url") in (None, "")
        judgement.holds("action.execution_url.absent", absent, "no execution_url", data.get("execution_url"), action)
    if action.content.get("scope") != "team":
        absent = not data.get("team_ids")
        judgement.holds("action.team_ids.absent", absent, "no team_ids", data.get("team_ids"), action)


def judge_action(judgement: Judgement, action: Action, shown: dict[str, Any]) -> None:
    """Judge the action in a successful answer to an update or a get. Adopt its content if its state was uncertain."""
    data, operation = shown["data"], judgement.request.operation or ""
    same = data.get("id") == action.id
    if not judgement.holds(f"{operation}.id", same, f"id {action.id}", f"id {data.get('id')!r}", action):
        return
    if operation == "update":
        _updated(judgement, action, data)
    elif action.uncertain:
        action.uncertain = False
        judgement.model.change(action, shown_content(data), judgement.exchange.received)
    else:
        wrong = mismatches(action.content, data)
        for name in wrong:
            fact = judgement.about("get.current")
            judgement.fails(fact, f"{name} {_show(action.content.get(name))}", f"{data.get(name)!r}", action)
        if not wrong:
            judgement.passes("get.current")
            count_reading(judgement, action)
    judge_common(judgement, action, data)


def count_reading(judgement: Judgement, action: Action) -> None:
    """Pass the facts in `action.shows` after a reading that is right: the calls before it did not change the action."""
    for fact in action.shows:
        judgement.passes(fact)
    action.shows.clear()


def _updated(judgement: Judgement, action: Action, data: dict[str, Any]) -> None:
    """Judge the action in the answer to an update: sent fields have the sent values, others are the same as before."""
    request = judgement.request
    body = {name: value for name, value in (request.body or {}).items() if name != "execution_type"}
    sent = {name: canonical(name, body[name]) for name in FIELDS if name in body and name not in request.loose}
    adopted = shown_content({name: data[name] for name in request.loose if name in data})
    before = dict(shown_content(data)) if action.uncertain else dict(action.content)
    if body.get("scope") == "team" and "team_ids" not in sent:
        adopted |= {name: value for name, value in shown_content(data).items() if name == "team_ids"}
    content = normal({**before, **adopted, **sent})
    wrong = mismatches(content, data)
    for name in wrong:
        fact = "update.applies" if name in body else "update.keeps"
        fact = "update.execution_type" if name == "execution_type" else fact
        judgement.fails(
            judgement.about(fact) if name in body else fact,
            f"{name} {_show(content.get(name))}",
            f"{data.get(name)!r}",
            action,
        )
    if not wrong and not action.uncertain:
        judgement.passes("update.keeps")
        if any(before.get(name) != value for name, value in sent.items()):
            judgement.passes("update.applies")
        if (request.body or {}).get("execution_type") not in (None, before.get("execution_type")):
            judgement.passes("update.execution_type")
    action.uncertain = False
    judgement.model.change(action, content, judgement.exchange.received)
    judgement.wrote(action)


def content_type(judgement: Judgement, answer: Answer) -> None:
    """Assert that the Content-Type of the answer is application/json."""
    if "headers" in answer.unknown:
        return
    kind = answer.header("content-type") or ""
    good = kind.split(";")[0].strip().lower() == "application/json"
    judgement.holds("protocol.json", good, "Content-Type application/json", f"Content-Type {kind!r}")


def mismatches(content: Mapping[str, Any], shown: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that are missing in `shown` or have another value there than in `content`."""
    return [name for name, value in content.items() if name not in shown or canonical(name, shown[name]) != value]


def without_idle_nulls(shown: dict[str, Any]) -> dict[str, Any]:
    """Return the answer without nulls that stand for a missing field, which the schema does not allow.

    These are `deleted`, `execution_url` of a Deluge action, and `team_ids` of an action of another scope than team.
    """
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
    return repr(in_order(value))


def _shape_fact(operation: str, path: list[str], message: str) -> str:
    """Return the fact that an error of the schema violates, by its path in the answer and its message."""
    names = [part for part in path if not part.isdigit()]
    required = re.match(r'"(\w+)" is a required property', message)
    if required:
        names.append(required[1])
    inside = names[1:] if names[:1] == ["data"] else []
    if operation.endswith("_handler"):
        return f"handler.{inside[0]}" if inside and inside[0] in ("name", "function_id") else f"{operation}.shape"
    if inside and f"action.{inside[0]}.shape" in KNOWN:
        return f"action.{inside[0]}.shape"
    return (
        f"list.{names[0]}"
        if operation == "list" and names[:1] in (["next_token"], ["deleted"])
        else f"{operation}.shape"
    )
