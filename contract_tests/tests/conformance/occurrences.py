"""For each fact, a condition that an exchange has to meet if the kit reports that it shows the fact.

The conditions are independent of the kit's oracle. They use only the bytes of the exchange and of earlier exchanges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from api_paths import action_path
from mutants.builders import operation_of
from zoho_cliq_api.contract import OPERATIONS, document
from zoho_cliq_conformance.trace import Exchange

Occurred = Callable[["Seen", Sequence["Seen"]], bool]
SCHEMAS = document()["components"]["schemas"]
FIELDS = SCHEMAS["MessageActionCreate"]["properties"]
LIMITS: dict[str, int] = {
    **{name: FIELDS[name]["maxLength"] for name in ("name", "hint", "execution_url")},
    "team_ids": FIELDS["team_ids"]["maxItems"],
}
LONGEST_SCRIPT: int = SCHEMAS["HandlerUpdate"]["properties"]["script"]["x-max-bytes"]
LISTING = OPERATIONS["list_message_actions"].path
PAGE: int = next(
    each["schema"]["x-default"] for each in document()["paths"][LISTING]["get"]["parameters"] if each["name"] == "limit"
)
TYPES: dict[str, type] = {"team_ids": list, "message_types": list, "permissions": list, "multi_selectable": bool}
ENUMS = (("scope", "Scope"), ("execution_type", "ExecutionType"), ("message_types", "MessageType"))
VALUES = {field: set(SCHEMAS[name]["enum"]) for field, name in (*ENUMS, ("permissions", "Permission"))}
PATH = re.compile("|".join({each.at(action_id="[^/]+", handler_type="[^/]+") for each in OPERATIONS.values()}))
ITEM = re.compile(action_path("([^/]+)"))
DOCUMENTED = re.compile(r"(create|update|get|delete|get_handler|update_handler)\.((msgaction|execution_handler)_\w+)")


class Seen:
    """The parts of an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        split = urlsplit(exchange.target)
        self.method, self.operation = exchange.method, operation_of(exchange.method, exchange.target)
        self.path, self.query = split.path, parse_qs(split.query)
        found = ITEM.match(split.path)
        self.id = unquote(found[1]) if found else ""
        self.header = exchange.header
        self.raw = exchange.body
        self.body = parsed(exchange.body)
        answer = exchange.answer
        self.status = answer.status if answer else 0
        self.json = parsed(answer.body) if answer else None
        self.empty = answer is not None and not answer.body
        self.kind = (answer.header("content-type") or "") if answer else ""
        self.allow = answer.header("allow") if answer else None
        data = self.json.get("data") if isinstance(self.json, dict) else None
        self.shown = [one for one in (data if isinstance(data, list) else [data]) if isinstance(one, dict)]
        error = self.json.get("error", self.json) if isinstance(self.json, dict) else {}
        self.code = error.get("code") if isinstance(error, dict) else None
        self.user = (exchange.header("authorization") or "").rpartition(" ")[2].removeprefix("1000.")

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500

    @property
    def throttled(self) -> bool:
        return self.status == 429 or self.code == "request_limit_exceeded"

    def sent(self, name: str) -> Any:
        return self.body.get(name, ...) if isinstance(self.body, dict) else ...


def parsed(content: bytes | None) -> Any:
    try:
        return json.loads((content or b"").decode())
    except (ValueError, RecursionError):
        return ...


def ids(seen: Seen) -> set[str]:
    return {seen.id, *(str(one.get("id")) for one in seen.shown)}


def is_good(operation: str) -> Occurred:
    return lambda e, before: e.operation == operation and e.good


def shows(name: str) -> Occurred:
    return lambda e, before: e.good and any(name in one for one in e.shown)


def any_before(happened: Callable[[Seen, Seen], bool]) -> Occurred:
    """Return the condition of a successful read before which there was an exchange that fits.

    `happened(read, earlier)` tells whether an earlier exchange fits.
    """
    return lambda e, before: e.method == "GET" and e.good and any(happened(e, old) for old in before)


def wrong_type(name: str, value: Any) -> bool:
    if not isinstance(value, TYPES.get(name, str)):
        return True
    return name == "team_ids" and any(type(item) is not int for item in value)


def other_value(name: str, value: Any) -> bool:
    return bool({str(item) for item in (value if isinstance(value, list) else [value])} - VALUES[name])


def deleted(e: Seen, old: Seen) -> bool:
    return old.operation == "delete" and old.good


def handled(e: Seen, old: Seen) -> bool:
    return old.operation == "update_handler" and old.good


def named_before(e: Seen, before: Sequence[Seen]) -> bool:
    name = e.sent("name")
    return e.good and any(old.good and old.sent("name") == name for old in before)


def creator(e: Seen, before: Sequence[Seen]) -> str:
    """Return the first five letters of the user who created the action, or an empty string if that is unknown."""
    return next((old.user[:5] for old in before if old.operation == "create" and e.id in ids(old)), "")


def page(e: Seen) -> dict[str, Any]:
    return e.json if e.operation == "list" and e.good and isinstance(e.json, dict) else {}


def exhausted(e: Seen, before: Sequence[Seen]) -> bool:
    return any(old.throttled for old in [*before, e])


CONDITIONS: dict[str, Occurred] = {
    "protocol.answered": lambda e, b: e.status > 0,
    "protocol.no-crash": lambda e, b: e.refused,
    "protocol.status": lambda e, b: e.refused,
    "protocol.json": lambda e, b: "json" in e.kind,
    "protocol.body": lambda e, b: e.good and isinstance(e.json, dict),
    "protocol.path": lambda e, b: e.status == 404 and not PATH.fullmatch(e.path),
    "protocol.method": lambda e, b: e.status == 405 and bool(PATH.fullmatch(e.path)) and not e.operation,
    "protocol.allow": lambda e, b: e.status == 405 and bool(e.allow),
    "protocol.accept": lambda e, b: e.status == 406 and "json" not in str(e.header("accept")),
    "protocol.accept.json": lambda e, b: e.good and e.header("accept") != "application/xml",
    "protocol.malformed": lambda e, b: e.refused and e.body is ...,
    "protocol.content-type": lambda e, b: e.good and "charset" in str(e.header("content-type")),
    "protocol.id": lambda e, b: e.refused and not (e.id.isdecimal() and 0 < int(e.id) < 2**63),
    "errors.body": lambda e, b: e.refused and "message" in json.dumps(e.json),
    "errors.code.fits": lambda e, b: (
        e.refused and re.match("msgaction|execution_h|invalid_inputs", e.code or "") is not None
    ),
    "errors.change-nothing": any_before(
        lambda e, old: old.refused and not old.throttled and old.method != "GET" and old.id in ids(e)
    ),
    "auth.missing": lambda e, b: e.status == 401 and not e.header("authorization"),
    "auth.token": lambda e, b: e.status == 401 and (e.header("authorization") or "").startswith("Bearer "),
    "auth.scheme": lambda e, b: e.status == 401 and not (e.header("authorization") or "Bearer").startswith("Bearer"),
    "auth.zoho-oauthtoken": lambda e, b: e.good and (e.header("authorization") or "").startswith("Zoho-oauthtoken "),
    "delete.empty": lambda e, b: e.operation == "delete" and e.status == 204 and e.empty,
    "action.id.unique": lambda e, b: e.operation == "create" and e.good and any(deleted(e, old) for old in b),
    "action.creator": lambda e, b: e.good and any(ids(e) & ids(old) for old in b if old.good),
    "action.creator.distinct": lambda e, b: (
        e.good and len({old.user.partition("-")[0] for old in [*b, e] if old.good}) > 1
    ),
    "action.handlers": shows("handlers"),
    "action.status": shows("status"),
    "action.type": shows("type"),
    "action.execution_url.absent": lambda e, b: any(one.get("execution_type") == "deluge" for one in e.shown),
    "action.team_ids.absent": lambda e, b: any(one.get("scope") not in ("team", None) for one in e.shown),
    "create.execution_type.default": lambda e, b: (
        e.good and e.sent("execution_type") is ... and e.operation == "create"
    ),
    "create.optional": lambda e, b: e.good and isinstance(e.body, dict) and e.body.keys() == {"name", "hint"},
    "create.image": lambda e, b: e.good and e.operation == "create" and isinstance(e.sent("image"), str),
    "create.echo": lambda e, b: e.good and e.operation == "create" and bool(e.shown),
    "create.name.other-organization": lambda e, b: named_before(e, [old for old in b if old.user[:3] != e.user[:3]]),
    "update.name.own": lambda e, b: named_before(e, [old for old in b if e.id in ids(old)]),
    "update.applies": is_good("update"),
    "update.keeps": is_good("update"),
    "update.id": is_good("update"),
    "update.execution_type": lambda e, b: any(
        old.operation == "update" and isinstance(old.sent("execution_type"), str) and old.id in ids(e)
        for old in [*b, e]
    ),
    "update.scope.team": lambda e, b: e.good and e.operation == "update" and isinstance(e.sent("scope"), str),
    "update.team_ids.alone": lambda e, b: e.good and isinstance(e.body, dict) and e.body.keys() == {"team_ids"},
    "get.id": is_good("get"),
    "get.current": is_good("get"),
    "delete.gone": lambda e, b: e.refused and any(deleted(e, old) and old.id == e.id for old in b),
    "delete.keeps-others": any_before(lambda e, old: deleted(e, old) and old.id != e.id),
    "handler.name": shows("name"),
    "handler.function_id": shows("function_id"),
    "handler.fresh": lambda e, b: (
        e.operation == "get_handler"
        and any(handled(e, old) for old in b)
        and not any(handled(e, old) and old.id == e.id for old in b)
    ),
    "get_handler.current": any_before(lambda e, old: handled(e, old) and old.path == e.path),
    "update_handler.applies": is_good("update_handler"),
    "update_handler.keeps-others": any_before(lambda e, old: handled(e, old) and old.path != e.path),
    "update_handler.keeps-action": any_before(lambda e, old: handled(e, old) and old.id in ids(e)),
    "update_handler.script.bytes": lambda e, b: (
        e.refused and len(e.sent("script")) <= LONGEST_SCRIPT < len(e.sent("script").encode())
    ),
    "visibility.organization": lambda e, b: e.good and e.method == "GET" and creator(e, b) not in ("", e.user[:5]),
    "visibility.personal": lambda e, b: e.status in (403, 404) and e.user == "colleague",
    "visibility.team": lambda e, b: e.status in (403, 404) and e.user == "colleague",
    "visibility.team.member": lambda e, b: e.good and e.method == "GET" and e.user == "colleague",
    "visibility.team.creator": lambda e, b: e.good and e.method == "GET" and e.user.startswith("owner"),
    "visibility.other-organization": lambda e, b: e.status in (403, 404) and e.user == "outsider",
    "list.limit": lambda e, b: "next_token" in page(e) and len(e.shown) == int(e.query["limit"][0]),
    "list.limit.default": lambda e, b: "next_token" in page(e) and len(e.shown) == PAGE and "limit" not in e.query,
    "list.limit.type": lambda e, b: e.refused and not e.query["limit"][0].lstrip("-").isdigit(),
    "list.next_token": lambda e, b: "next_token" in e.query and bool(page(e)) and "next_token" not in page(e),
    "list.next_token.last": lambda e, b: "next_token" in e.query and bool(e.shown),
    "list.complete": lambda e, b: bool(page(e)) and "next_token" not in page(e),
    "list.unique": lambda e, b: bool(page(e)) and bool(e.shown),
    "list.current": lambda e, b: bool(page(e)) and bool(e.shown),
    "list.deleted": lambda e, b: bool(page(e)) and any(deleted(e, old) and old.id not in ids(e) for old in b),
    "sync.token": lambda e, b: isinstance(page(e).get("sync_token"), str),
    **dict.fromkeys(
        ("sync.changes", "sync.only-changes", "sync.visibility"),
        lambda e, b: bool(page(e)) and bool({"sync_token", "next_token"} & e.query.keys()),
    ),
    **dict.fromkeys(("sync.deleted", "sync.deleted.true"), lambda e, b: bool(page(e).get("deleted"))),
    "thresholds.answer": lambda e, b: e.throttled and "message" in json.dumps(e.json),
    "thresholds.status": lambda e, b: e.throttled,
    "thresholds.token": lambda e, b: e.throttled and ("-" in e.user or "Zoho" in str(e.header("authorization"))),
    "thresholds.user": lambda e, b: exhausted(e, b) and len({old.user.partition("-")[0] for old in [*b, e]}) > 1,
    "thresholds.lock": lambda e, b: e.throttled and any(old.throttled and old.operation == e.operation for old in b),
    "thresholds.lock.end": lambda e, b: (
        not e.throttled and any(old.throttled and old.operation == e.operation for old in b)
    ),
    "thresholds.nothing-done": any_before(lambda e, old: old.throttled and old.method != "GET" and old.id in ids(e)),
    **dict.fromkeys(("thresholds.window", "thresholds.requests", "thresholds.operation"), exhausted),
}


def _of_field(operation: str, field: str, rule: str) -> Occurred | None:
    def refused(wrong: Callable[[Any], bool]) -> Occurred:
        return lambda e, b: e.refused and e.operation == operation and wrong(e.sent(field))

    size = lambda v: len(v.encode("utf-8", "replace")) if field == "script" else len(v)  # noqa: E731
    most = LIMITS.get(field, LONGEST_SCRIPT)
    rules: dict[str, Occurred] = {
        "required": refused(lambda v: v is ... or v is None),
        "max": refused(lambda v: size(v) > most),
        "type": refused(lambda v: v is not ... and wrong_type(field, v)),
        "values": refused(lambda v: v is not ... and other_value(field, v)),
        "min": refused(lambda v: v == []),
        "fit": lambda e, b: e.refused and e.body.keys() == {field},
        "characters": lambda e, b: e.good and len(e.sent(field)) <= most < len(e.sent(field).encode()),
        "free-after-rename": lambda e, b: e.operation == operation and named_before(e, b),
        "free-after-delete": lambda e, b: (
            e.operation == operation and named_before(e, b) and any(deleted(e, old) for old in b)
        ),
    }
    return rules.get(rule)


def condition(fact: str) -> Occurred:
    """Return the condition of a fact. Raise KeyError if there is none."""
    if fact in CONDITIONS:
        return CONDITIONS[fact]
    if coded := DOCUMENTED.fullmatch(fact):
        operation, code = coded[1], coded[2]
        return lambda e, b: e.refused and e.operation == operation and e.code == code
    group, *rest = fact.split(".")
    if group == "action" and rest[1:] == ["shape"]:
        return shows(rest[0])
    if group == "thresholds":
        return lambda e, b: any(old.throttled and old.operation == rest[0] for old in [*b, e])
    if rest == ["scope"]:
        return lambda e, b: e.status in (401, 403) and e.operation == group and "-" in e.user
    if rest in (["success"], ["accepts"], ["shape"], ["envelope"]):
        return is_good(group)
    if rest == ["object"]:
        return lambda e, b: e.refused and e.operation == group and not isinstance(e.body, dict)
    if rest == ["missing-action"]:
        return lambda e, b: e.refused and e.operation == group
    found = _of_field(group, rest[0], rest[1]) if len(rest) == 2 else None
    if found is None:
        raise KeyError(fact)
    return found
