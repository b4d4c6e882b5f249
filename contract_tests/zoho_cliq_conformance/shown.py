"""What a good answer has to show: the document's shape, what was sent, and the action or handler as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any

from zoho_cliq_api.contract import document

from . import rules
from .model import FIELDS, Action, Identity, canonical, in_order, normal, shown_content
from .rules import Call
from .trace import Answer, came, encodable, may_hold_surrogates, shorten
from .verdicts import Verdicts

RESPONSES = {
    **dict.fromkeys(("create", "get", "update"), "MessageActionResponse"),
    **dict.fromkeys(("get_handler", "update_handler"), "HandlerResponse"),
    "list": "MessageActionList",
}
PROPERTIES = set(rules.SCHEMAS["MessageAction"]["properties"])


@cache
def _validator(schema: str) -> Any:
    import jsonschema_rs  # of the extra `conformance`; the command's help is there without it

    whole = document()
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{schema}", "components": whole["components"]})


class Shown:
    """Judges what good answers show, and teaches the model what they tell."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._verdicts, self._model = verdicts, verdicts.model
        self._holds, self._fails, self._passes = verdicts.holds, verdicts.fails, verdicts.passes
        self._creators: dict[str, Any] = {}

    def shape(self, call: Call, answer: Answer) -> dict[str, Any] | None:
        """Judge an answer by the document; gives what it shows, or None where that is too odd to look at."""
        content_type(self._verdicts, answer)
        if "body" in answer.unknown:
            return None
        shown = answer.json()
        operation = call.operation or ""
        if not self._holds("protocol.body", isinstance(shown, dict), "a JSON object", came(answer)):
            return None
        seen = without_idle_nulls(shown)
        if may_hold_surrogates(answer.body):
            seen = encodable(seen)
        errors = list(islice(_validator(RESPONSES[operation]).iter_errors(seen), 3))
        for error in errors:
            fact = _shape_fact(operation, [str(part) for part in error.instance_path], error.message)
            self._fails(
                fact, "an answer as the document describes it", f"{error.message} at {list(error.instance_path)}"
            )
        if not errors:
            self._passes(f"{operation}.shape")
            self._shown_fields(shown.get("data"))
        kind = "execution_handler" if operation.endswith("_handler") else "messageaction"
        self._holds(f"{operation}.envelope", shown.get("type") == kind, f"type {kind}", f"type {shown.get('type')!r}")
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
                self._passes(f"action.{name}.shape")

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
        self._holds(f"{call.operation}.envelope", good, f"a url that ends in {endings[-1]}", f"url {url!r}")

    def created(self, call: Call, identity: Identity, shown: dict[str, Any]) -> Action | None:
        """Judge the answer to a create; gives the new action, or None where its id is none or not new."""
        data, body = shown["data"], call.body or {}
        identifier = data.get("id")
        if not isinstance(identifier, str):
            return None
        known = self._model.actions.get(identifier)
        if not self._holds("action.id.unique", known is None, "an id that no action ever had", identifier, known):
            return None
        sent = {name: canonical(name, body[name]) for name in FIELDS if name in body and name not in call.loose}
        if "execution_type" not in call.loose:
            sent.setdefault("execution_type", "deluge")
        content = normal({**shown_content(data), **sent})
        action = self._model.create(identifier, identity.user, content, self._verdicts.exchange.received)
        self._verdicts.wrote(action)
        wrong = mismatches(normal({**content, **sent}), data)
        for name in wrong:
            fact = "create.execution_type.default" if name == "execution_type" and name not in body else "create.echo"
            self._fails(fact, f"{name} as sent: {content.get(name)!r}", f"{data.get(name)!r}", action)
        if not wrong:
            self._passes("create.echo")
            if "execution_type" not in body:
                self._passes("create.execution_type.default")
        self._chosen_values(action, data, body)
        self.common(action, data)
        return action

    def _chosen_values(self, action: Action, data: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """What a server puts where a create says nothing is one of the documented values."""
        for name, schema in (("scope", "Scope"), ("message_types", "MessageType")):
            shown = data.get(name)
            if name not in body and isinstance(shown, str | list):
                values = [shown] if isinstance(shown, str) else shown
                allowed = rules.SCHEMAS[schema]["enum"]
                good = all(value in allowed for value in values)
                self._holds(f"create.{name}.values", good, f"{name} of {', '.join(allowed)}", shown, action)

    def common(self, action: Action, data: Mapping[str, Any]) -> None:
        """Checks of any shown action that need no operation: creator, handlers, status, type."""
        creator = data.get("creator")
        held = self._creators.setdefault(action.creator, creator)
        if action.shown_creator is None:
            action.shown_creator = creator
        same = creator == held == action.shown_creator
        others = [value for user, value in self._creators.items() if user != action.creator]
        self._holds("action.creator", same, f"creator {held!r}", f"creator {creator!r}", action)
        distinct = (
            not isinstance(creator, dict)
            or not self._model.directory.complete
            or all(not isinstance(o, dict) or o.get("id") != creator.get("id") for o in others)
        )
        self._holds("action.creator.distinct", distinct, "different users have different ids", creator, action)
        handlers = data.get("handlers")
        there = isinstance(handlers, list) and [h.get("type") for h in handlers if isinstance(h, dict)] == [
            rules.HANDLER
        ]
        self._holds("action.handlers", there, "one handler, execution_handler", handlers, action)
        self._holds("action.status", data.get("status") == "enabled", "status enabled", data.get("status"), action)
        self._holds("action.type", data.get("type") == "custom", "type custom", data.get("type"), action)
        if action.content.get("execution_type") == "deluge":
            absent = data.get("execution_url") in (None, "")
            self._holds("action.execution_url.absent", absent, "no execution_url", data.get("execution_url"), action)
        if action.content.get("scope") != "team":
            absent = not data.get("team_ids")
            self._holds("action.team_ids.absent", absent, "no team_ids", data.get("team_ids"), action)

    def action(self, call: Call, action: Action, shown: dict[str, Any]) -> None:
        """Judge an action that an update or a get shows."""
        data, operation = shown["data"], call.operation or ""
        same = data.get("id") == action.id
        if not self._holds(f"{operation}.id", same, f"id {action.id}", f"id {data.get('id')!r}", action):
            return
        if operation == "update":
            self._updated(call, action, data)
        elif action.uncertain:
            action.uncertain = False
            self._model.change(action, shown_content(data), self._verdicts.exchange.received)
        else:
            wrong = mismatches(action.content, data)
            for name in wrong:
                fact = self._verdicts.about("get.current")
                self._fails(fact, f"{name} {_show(action.content.get(name))}", f"{data.get(name)!r}", action)
            if not wrong:
                self._passes("get.current")
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
            self._fails(
                self._verdicts.about(fact) if name in body else fact,
                f"{name} {_show(content.get(name))}",
                f"{data.get(name)!r}",
                action,
            )
        if not wrong:
            self._passes("update.keeps")
            if sent:
                self._passes("update.applies")
        action.uncertain = False
        self._model.change(action, content, self._verdicts.exchange.received)
        self._verdicts.wrote(action)

    def handler(self, call: Call, action: Action | None, shown: dict[str, Any]) -> None:
        """Judge a handler, of an action of this run."""
        if action is None:
            return
        data, body = shown["data"], call.body or {}
        operation = call.operation or ""
        self._holds(
            "handler.name", data.get("name") == rules.HANDLER, f"name {rules.HANDLER}", data.get("name"), action
        )
        same = data.get("function_id") == action.id
        self._holds("handler.function_id", same, f"function_id {action.id}", data.get("function_id"), action)
        fact = (
            "update_handler.applies" if operation == "update_handler" else self._verdicts.about("get_handler.current")
        )
        if operation == "update_handler":
            if isinstance(body.get("script"), str) and action.content.get("execution_type") == "deluge":
                loose = "script" in call.loose or len(body) > 1
                action.script, action.script_set = (data.get("script") if loose else body["script"]), True
            if isinstance(body.get("permissions"), list) and action.content.get("execution_type") == "webhook":
                loose = "permissions" in call.loose or len(body) > 1
                action.permissions = canonical("permissions", data.get("permissions") if loose else body["permissions"])
            self._model.touch(action, self._verdicts.exchange.received)
            self._verdicts.wrote(action)
        if action.uncertain:
            return
        self._fitting(action, data)
        if action.script is None and (script := data.get("script")):
            others = [other.script for other in self._model.actions.values() if other.script_set]
            self._holds(
                "handler.fresh", script not in others, "no script of another action", shorten(repr(script), 80), action
            )
        if action.script is not None:
            good = data.get("script") == action.script
            self._holds(
                fact, good, f"script {shorten(action.script, 80)!r}", shorten(repr(data.get("script")), 80), action
            )
        if operation == "get_handler":
            self._learn(action, data)
        if isinstance(action.permissions, frozenset):
            got = canonical("permissions", data.get("permissions"))
            self._holds(fact, got == action.permissions, f"permissions {in_order(action.permissions)}", got, action)

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
            self._holds("update_handler.permissions.fit", not permissions, "no permissions", permissions, action)
        elif kind == "webhook":
            self._holds("update_handler.script.fit", not script, "no script", shorten(repr(script), 80), action)
        allowed = rules.SCHEMAS["Permission"]["enum"]
        if action.permissions is None and isinstance(permissions, list) and kind == "webhook":
            good = all(value in allowed for value in permissions)
            fact = "update_handler.permissions.values"
            self._holds(fact, good, f"permissions of {', '.join(allowed)}", permissions, action)


def content_type(verdicts: Verdicts, answer: Answer) -> None:
    """Assert that the answer says that it is JSON."""
    if "headers" in answer.unknown:
        return
    kind = answer.header("content-type") or ""
    good = kind.split(";")[0].strip().lower() == "application/json"
    verdicts.holds("protocol.json", good, "Content-Type application/json", f"Content-Type {kind!r}")


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
    return repr(in_order(value))


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
