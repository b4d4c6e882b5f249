"""Scenarios of bodies: each documented limit exactly and one beyond, required fields, values, types, invalid bodies."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ...judge.document import LARGEST_LIMIT, SCHEMAS
from ...judge.facts import new_fields
from ...judge.rules import SCRIPT_REFUSED_BYTES, SCRIPT_SURE_BYTES
from ...sending.bodies import (
    ANOTHER_EXECUTION_TYPE,
    GONE,
    IMAGE,
    LIKE_A_TYPE,
    NEEDED,
    NOT_A_SCOPE,
    NOT_A_TYPE,
    ODD_HINTS,
    ODD_URL,
    PAPERCLIP,
    PERMISSIONS,
    RARE,
    SCRIPT,
    TYPES,
    long_script,
    program,
    type_set,
)
from ...sending.bodies import URL as RICH_URL
from ...sending.client import Client
from ...sending.rare import FORM, MEDIA_TYPES, broken, twice, utf8, writes
from .scenario import Scenario, living, scenario

SCENARIOS: list[Scenario] = []
HOOK = "https://hooks.example.com/cliq"

_create = SCHEMAS["MessageActionCreate"]["properties"]
NAME, HINT = _create["name"]["maxLength"], _create["hint"]["maxLength"]
URL, TEAMS = _create["execution_url"]["maxLength"], _create["team_ids"]["maxItems"]


def url(length: int) -> str:
    """Return a plain URL of exactly `length` characters, with a deep path and a query."""
    return (HOOK + "/a" * 40 + "?token=").ljust(length, "a")


def spaced(length: int) -> str:
    """Return a text of exactly `length` characters, half of them spaces."""
    return ("h " * length)[: length - 1] + "h"


def wrong_types(names: Collection[str]) -> list[tuple[str, Any]]:
    """Return pairs of a field of `names` and a value whose JSON type is not the documented one."""
    cases: list[tuple[str, Any]] = [
        ("name", 5),
        ("hint", 7),
        ("scope", 1),
        ("execution_type", {"type": "deluge"}),
        ("execution_url", 7),
        ("multi_selectable", "true"),
        ("multi_selectable", 1),
        ("message_types", "text"),
        ("image", 7),
    ]
    return [(name, value) for name, value in cases if name in names]


def wrong_teams(team: int) -> list[Any]:
    """Return values that are not arrays of integers, but that a lenient server might accept for the team."""
    return [[str(team)], [team + 0.5]]


@scenario(SCENARIOS)
def kinds_of_actions(t: Client) -> None:
    """Create actions of each scope and execution type, with defaults, with required fields only; list the changes."""
    token = t.listing(about="sync.token")
    most = type_set(-1)
    t.create(scope="organization", message_types=most, execution_type="deluge", about="create.message_types.values")
    t.create(execution_type="webhook", execution_url=HOOK, scope="organization", about="create.execution_type.values")
    t.create(multi_selectable=False, image=IMAGE, about="create.image")
    optional: dict[str, Any] = dict.fromkeys(
        _create.keys() - {*SCHEMAS["MessageActionCreate"].get("required", ())}, ...
    )
    t.create(**optional, about="create.optional")
    t.create(execution_type="webhook", execution_url=RICH_URL, scope="personal", multi_selectable=True)
    if token:
        t.listing(sync_token=token, about="sync.changes")


@scenario(SCENARIOS, "teams.owner")
def actions_for_teams(t: Client) -> None:
    """Actions with the scope team may have one team and four teams, but not five."""
    teams = list(t.profile.teams["owner"])
    t.create(scope="team", team_ids=teams[:1], about="create.scope.values")
    if len(teams) >= TEAMS:
        hook = {"execution_type": "webhook", "execution_url": HOOK}
        t.create(**hook, scope="team", team_ids=teams[:TEAMS], about="create.team_ids.max")
    for value in wrong_teams(teams[0]):
        t.create(scope="team", team_ids=value, about="create.team_ids.type")
    many = [*teams, *(max(teams) + n for n in range(1, TEAMS + 2))][: TEAMS + 1]
    t.create(scope="team", team_ids=many, about="create.team_ids.max")
    own = living(t, scope="team", execution_type="deluge")
    t.update(own, team_ids=many, about="update.team_ids.max")
    if len(teams) >= TEAMS:
        t.update(own, scope="team", team_ids=teams[:TEAMS], about="update.team_ids.max")
    t.update(own, team_ids=[teams[-1]], about="update.team_ids.alone")
    t.update(own, team_ids=[str(teams[0])], hint="not kept", about="update.team_ids.type")


@scenario(SCENARIOS)
def limits_of_create(t: Client) -> None:
    """Name, hint and URL may have their maximum length, but not one character more; one message type is required."""
    hook: dict[str, Any] = {"execution_type": "webhook"}
    free, long = t.name(), t.name(NAME - 1)
    t.create(name=f"{long}x", about="create.name.max")
    t.create(name=f"{long}xx", about="create.name.max")
    t.create(name=f"{long}é", about="create.name.characters")
    t.create(hint=spaced(HINT), about="create.hint.max")
    t.create(name=free, hint=spaced(HINT + 1), about="create.hint.max")
    t.create(name=free, hint="é" * HINT, about="create.hint.characters")
    t.create(**hook, execution_url=url(URL), about="create.execution_url.max")
    t.create(**hook, execution_url=url(URL + 1), about="create.execution_url.max")
    t.create(**hook, execution_url=ODD_URL, about="create.echo")
    t.create(**hook, execution_url=HOOK, hint=ODD_HINTS[0], about="create.echo")
    t.create(name=t.name(text='It\'s A&B + "C"'), about="create.echo")
    t.create(message_types=[], about="create.message_types.min")
    t.create(message_types=type_set(0), hint=ODD_HINTS[1], about="create.echo")


@scenario(SCENARIOS)
def required_fields(t: Client) -> None:
    """Fields are required always, for an execution type, or for a scope."""
    t.create(name=..., about="create.name.required")
    t.create(name=None, about="create.name.required")
    t.create(hint=..., execution_type="webhook", execution_url=HOOK, about="create.hint.required")
    t.create(hint=None, about="create.hint.required")
    t.create(execution_type="webhook", about="create.execution_url.required")
    t.create(scope="team", execution_type="webhook", execution_url=HOOK, about="create.team_ids.required")


@scenario(SCENARIOS)
def values_and_types_of_create(t: Client) -> None:
    """Undocumented values and wrong JSON types are refused."""
    t.create(execution_type=ANOTHER_EXECUTION_TYPE, about="create.execution_type.values")
    t.create(scope=NOT_A_SCOPE, about="create.scope.values")
    t.create(message_types=[TYPES[0], LIKE_A_TYPE], about="create.message_types.values")
    for name, value in wrong_types(_create):
        extra: dict[str, Any] = {"execution_type": "webhook"} if name == "execution_url" else {}
        t.create(**{**extra, name: value}, about=f"create.{name}.type")
    if not t.profile.has("teams.owner"):
        t.create(scope="team", team_ids=["a team"], about="create.team_ids.type")


def _wrong_values(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values that the schema of a field forbids, each with the end of the fact's id."""
    if schema.get("type"):
        yield "type", "seven" if schema["type"] in ("integer", "number") else 7
    if "enum" in schema:
        yield "values", "none of them"
    if "maxLength" in schema and "enum" not in schema:
        yield "max", "x" * (schema["maxLength"] + 1)


@scenario(SCENARIOS)
def fields_without_facts(t: Client) -> None:
    """Test fields of the document that have no facts of their own: missing, of a wrong type or value, too long."""
    for name, schema in new_fields("create").items():
        if name in NEEDED:
            missing: dict[str, Any] = {name: ...}
            t.create(**missing, about=f"create.{name}.required")
        for part, value in _wrong_values(schema):
            t.create(**{name: value}, about=f"create.{name}.{part}")
    for name, schema in new_fields("update").items():
        own = living(t, execution_type="deluge", scope="personal")
        for part, value in _wrong_values(schema):
            t.update(own, **{name: value}, about=f"update.{name}.{part}")


JUNK: tuple[tuple[str, bytes, str | None], ...] = (
    ("cut short", b'{"name": "x", "hint"', "protocol.malformed"),
    ("empty", b"", "protocol.malformed"),
    ("an array", b'[{"name": "x", "hint": "y"}]', "create.object"),
    ("not UTF-8", b'{"name": "\xff\xfe", "hint": "y"}', "protocol.malformed"),
    ("deep", b"[" * 100_000, "protocol.malformed"),
    ("a huge number", b'{"name": "x", "hint": "y", "scope": "team", "team_ids": [1e999]}', "create.team_ids.type"),
    ("more after the end", b'{"name": "x", "hint": "y"} x', "protocol.malformed"),
)


@scenario(SCENARIOS)
def junk_bodies(t: Client) -> None:
    """Bodies that are not JSON objects are refused without a crash."""
    for _, raw, about in JUNK:
        t.ask("create", raw=raw, about=about)
    own = living(t, execution_type="deluge", scope="personal")
    t.ask("update", own, raw=b'{"hint": "cut', about="protocol.malformed")
    t.ask("update_handler", own, raw=b'{"script": "cut', about="protocol.malformed")
    t.ask("update", own, raw=b"[]", about="update.object")
    t.ask("update_handler", own, raw=b"7", about="update_handler.object")
    for operation, method, path, body in writes(t, own)[1:]:
        for raw, about in broken(body, operation):
            t.send(method, path, raw=raw, about=about)


@scenario(SCENARIOS)
def media_types(t: Client) -> None:
    """JSON with parameters in its Content-Type is accepted.

    Without a Content-Type, or with another one, a server may accept or refuse the body.
    """
    own = living(t, execution_type="deluge", scope="personal")
    for kind in MEDIA_TYPES:
        about = "protocol.content-type" if "charset" in str(kind) else None
        for _, method, path, body in writes(t, own):
            t.send(method, path, body=body, headers={"Content-Type": kind}, about=about)
    t.ask("create", raw=b"name=a&hint=b", about="protocol.malformed")
    t.ask("create", raw=b"name=a&hint=b", headers={"Content-Type": FORM}, about="protocol.malformed")


@scenario(SCENARIOS)
def rare_texts(t: Client) -> None:
    """Unusual characters in one field of an otherwise valid request may be refused, but may not crash a server."""
    own = living(t, execution_type="deluge", scope="personal")
    t.create(name=t.name(text=PAPERCLIP))  # escaped; below in UTF-8, which a server may decode differently
    for text in (PAPERCLIP, *RARE):
        for field in ("name", "hint"):
            for operation in ("create", "update"):
                value = t.name(text=text) if field == "name" else f"a {text}"
                body = t.action(**{field: value}) if operation == "create" else {field: value}
                if text == PAPERCLIP:
                    t.ask(operation, own, raw=utf8(body))
                else:
                    t.ask(operation, own, body=body)
        t.ask("update_handler", own, body={"script": program(text)})
    t.ask("get", own, headers={"Accept": "*/*"})
    t.get_handler(own)
    t.create(execution_type="webhook", execution_url=f"{HOOK}/{PAPERCLIP}")


@scenario(SCENARIOS)
def rare_values(t: Client) -> None:
    """Unusual keys, nulls and numbers may be refused or ignored, but may not crash a server."""
    own = living(t, execution_type="deluge", scope="personal")
    hook = living(t, execution_type="webhook", scope="personal")
    for operation, method, path, body in writes(t, own):
        t.send(method, path, body={**body, "colour": "red"})
        t.send(method, path, raw=twice(body, "script" if operation == "update_handler" else "hint"))
    big = f'{{"name": "{t.name()}", "hint": "a", "scope": "team", "team_ids": [{10**400}]}}'
    t.ask("create", raw=big.encode())
    t.create(image="no base64!")
    t.update(own, image="no base64!")
    t.update(own, hint=None)
    t.update(own, name=None)
    t.update(own)
    t.update_handler(own)
    t.update_handler(own, script=None)
    t.update_handler(hook, permissions=None)
    t.update_handler(hook, permissions=[])


@scenario(SCENARIOS)
def limits_of_update(t: Client) -> None:
    """The limits of creates hold for updates as well, and a refused update changes nothing."""
    own = living(t, execution_type="deluge", scope="personal")
    hook = living(t, execution_type="webhook", scope="personal")
    long = t.name(NAME - 1) + "é"
    t.update(own, name=long, message_types=type_set(0), about="update.name.max")
    t.update(own, name=t.name(NAME + 1), hint="not kept", about="update.name.max")
    t.update(own, hint="é" * HINT, name=long.upper(), message_types=type_set(-1), about="update.hint.max")
    t.update(own, hint="h" * (HINT + 1), name=t.name(), about="update.hint.max")
    t.update(hook, execution_url=url(URL), message_types=type_set(-2), about="update.execution_url.max")
    t.update(hook, execution_url=url(URL + 1), hint="not kept", about="update.execution_url.max")
    t.update(own, message_types=[], hint="not kept", about="update.message_types.min")
    t.update(
        own, message_types=[NOT_A_TYPE, *type_set(0)[1:]], multi_selectable=True, about="update.message_types.values"
    )
    t.update(own, scope=NOT_A_SCOPE, hint="not kept", about="update.scope.values")
    t.update(own, scope="team", hint="not kept", about="update.team_ids.required")
    changeable = {"name", "hint", "scope", "multi_selectable", "message_types", "image"} - GONE["update"]
    for name, value in wrong_types(changeable):
        good: dict[str, Any] = {"name": t.name()} if name != "name" else {"hint": "not kept"}
        if value != "true":
            t.update(own, **good, **{name: value}, about=f"update.{name}.type")
    t.update(hook, execution_url=7, hint="not kept", about="update.execution_url.type")
    t.listing(limit=LARGEST_LIMIT, about="errors.change-nothing")


@scenario(SCENARIOS)
def limits_of_handlers(t: Client) -> None:
    """A handler takes a script of up to 250 KB of UTF-8 or the five permissions, depending on the execution type."""
    own = living(t, execution_type="deluge", scope="team" if t.profile.has("teams.owner") else "personal")
    hook = living(t, execution_type="webhook", scope="organization")
    private = living(t, execution_type="webhook", scope="personal")
    t.update_handler(own, script=long_script(SCRIPT_SURE_BYTES), about="update_handler.script.max")
    t.update_handler(own, script=long_script(SCRIPT_SURE_BYTES, "é"), about="update_handler.script.bytes")
    t.update_handler(own, script=SCRIPT, about="update_handler.applies")
    t.get_handler(own)
    t.update_handler(own, script=long_script(SCRIPT_REFUSED_BYTES + 1), about="update_handler.script.max")
    t.update_handler(own, script=long_script(SCRIPT_REFUSED_BYTES + 1, "é"), about="update_handler.script.bytes")
    t.update_handler(own, script=7, about="update_handler.script.type")
    t.update_handler(own, permissions=["chat"], about="update_handler.permissions.fit")
    t.get_handler(own, about="errors.change-nothing")
    t.update_handler(hook, permissions=PERMISSIONS, about="update_handler.permissions.values")
    t.get_handler(hook, about="get_handler.current")
    t.get_handler(private)
    for some in (["message"], ["location"], ["user"], ["attachments", "message", "chat"]):
        t.update_handler(private, permissions=some, about="update_handler.permissions.values")
    t.update_handler(hook, permissions=["user", "message"], about="update_handler.permissions.values")
    t.get_handler(private, about="update_handler.keeps-others")
    t.update_handler(hook, permissions=["chat", "attachment"], about="update_handler.permissions.values")
    t.update_handler(hook, permissions="chat", about="update_handler.permissions.type")
    t.update_handler(hook, script="return 1;", about="update_handler.script.fit")
    t.update_handler(hook, script="return 1;", permissions=["location"])
    t.get_handler(hook, about="errors.change-nothing")
    t.get(own, about="update_handler.keeps-action")
