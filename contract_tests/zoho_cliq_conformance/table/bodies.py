"""Bodies: every documented limit at its edge from both sides, required fields, values, types, and junk."""

from __future__ import annotations

from typing import Any

from ..client import Client
from ..rules import SCHEMAS, SCRIPT_REFUSED_BYTES, SCRIPT_SURE_BYTES
from .scenario import Scenario, living, scenario

SCENARIOS: list[Scenario] = []
HOOK = "https://hooks.example.com/cliq"
IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="

_create = SCHEMAS["MessageActionCreate"]["properties"]
NAME, HINT = _create["name"]["maxLength"], _create["hint"]["maxLength"]
URL, TEAMS = _create["execution_url"]["maxLength"], _create["team_ids"]["maxItems"]
TYPES: list[str] = SCHEMAS["MessageType"]["enum"]
PERMISSIONS: list[str] = SCHEMAS["Permission"]["enum"]


def url(length: int) -> str:
    """A plain URL of exactly that length."""
    return (HOOK + "/").ljust(length, "a")


def wrong_types(names: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Field and value pairs whose JSON type is not the documented one."""
    cases: list[tuple[str, Any]] = [
        ("name", 5),
        ("hint", ["a hint"]),
        ("scope", 1),
        ("execution_type", {"type": "deluge"}),
        ("execution_url", 7),
        ("multi_selectable", "true"),
        ("multi_selectable", 1),
        ("message_types", "text"),
        ("message_types", [1]),
        ("team_ids", 100001),
        ("team_ids", ["a team"]),
        ("team_ids", [1.5]),
        ("image", 7),
    ]
    return [(name, value) for name, value in cases if name in names]


@scenario(SCENARIOS)
def kinds_of_actions(t: Client) -> None:
    """Each scope and execution type, the default, and a body of only what is required."""
    t.create(scope="organization", message_types=TYPES, execution_type="deluge", about="create.scope.values")
    t.create(scope="personal", message_types=["link"], about="create.execution_type.default")
    t.create(execution_type="webhook", execution_url=HOOK, scope="organization", about="create.execution_type.values")
    t.create(multi_selectable=True, message_types=["attachment", "text"], about="create.message_types.values")
    t.create(multi_selectable=False, image=IMAGE, about="create.image")
    t.create(scope=..., message_types=..., about="create.optional")
    t.create(execution_type="webhook", execution_url=HOOK, scope="personal")
    for page in t.pages(limit=100):
        del page


@scenario(SCENARIOS, "teams.owner", facts=("create.team_ids", "update.team_ids"))
def actions_for_teams(t: Client) -> None:
    """Scope team, with one team, with four, with five."""
    teams = list(t.profile.teams["owner"])
    t.create(scope="team", team_ids=teams[:1], about="create.scope.values")
    if len(teams) >= TEAMS:
        t.create(scope="team", team_ids=teams[:TEAMS], about="create.team_ids.max")
    many = [*teams, *(max(teams) + n for n in range(1, TEAMS + 2))][: TEAMS + 1]
    t.create(scope="team", team_ids=many, about="create.team_ids.max")
    own = living(t, scope="team", execution_type="deluge")
    t.update(own, team_ids=many, about="update.team_ids.max")
    if len(teams) >= TEAMS:
        t.update(own, team_ids=teams[:TEAMS], about="update.team_ids.max")
    t.update(own, team_ids=["a team"], about="update.team_ids.type")
    t.update(own, team_ids=[teams[-1]], about="update.team_ids.alone")
    t.get(own)


@scenario(SCENARIOS)
def limits_of_create(t: Client) -> None:
    """Name, hint and URL at their longest and one longer; at least one message type."""
    hook: dict[str, Any] = {"execution_type": "webhook"}
    t.create(name=t.name(NAME), about="create.name.max")
    t.create(name=t.name(NAME + 1), about="create.name.max")
    t.create(name=t.name(NAME - 1) + "é", about="create.name.characters")
    t.create(name=t.name()[:12] + "é" * 16, about="create.name.characters")
    t.create(name=t.name()[:12] + "\U0001f4ce" * 12, about=None)
    t.create(hint="h" * HINT, about="create.hint.max")
    t.create(hint="h" * (HINT + 1), about="create.hint.max")
    t.create(hint="é" * HINT, about="create.hint.characters")
    t.create(**hook, execution_url=url(URL), about="create.execution_url.max")
    t.create(**hook, execution_url=url(URL + 1), about="create.execution_url.max")
    t.create(message_types=[], about="create.message_types.min")
    t.create(message_types=["text"], about="create.message_types.min")
    t.create(message_types=TYPES, about="create.message_types.values")


@scenario(SCENARIOS)
def required_fields(t: Client) -> None:
    """What has to be there, always or for one execution type or scope."""
    t.create(name=..., about="create.name.required")
    t.create(name=None, about="create.name.required")
    t.create(hint=..., about="create.hint.required")
    t.create(execution_type="webhook", about="create.execution_url.required")
    t.create(scope="team", about="create.team_ids.required")


@scenario(SCENARIOS)
def values_and_types_of_create(t: Client) -> None:
    """Values outside the documented ones, and wrong JSON types."""
    t.create(execution_type="lambda", about="create.execution_type.values")
    t.create(scope="everyone", about="create.scope.values")
    t.create(message_types=["text", "video"], about="create.message_types.values")
    for name, value in wrong_types(tuple(_create)):
        extra: dict[str, Any] = {"scope": "team"} if name == "team_ids" else {}
        extra |= {"execution_type": "webhook"} if name == "execution_url" else {}
        t.create(**{**extra, name: value}, about=f"create.{name}.type")


JUNK: tuple[tuple[str, bytes, str | None], ...] = (
    ("cut short", b'{"name": "x", "hint"', "protocol.malformed"),
    ("empty", b"", "protocol.malformed"),
    ("null", b"null", "create.object"),
    ("an array", b'[{"name": "x", "hint": "y"}]', "create.object"),
    ("a text", b'"name"', "create.object"),
    ("not UTF-8", b'{"name": "\xff\xfe", "hint": "y"}', "protocol.malformed"),
    ("a null byte", b'{"name": "a\x00b", "hint": "y"}', "protocol.malformed"),
    ("deep", b"[" * 100_000, "protocol.malformed"),
    ("deep in a field", b'{"name":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, "protocol.malformed"),
    ("NaN", b'{"name": "x", "hint": "y", "team_ids": [NaN]}', "protocol.malformed"),
    ("a huge number", b'{"name": "x", "hint": "y", "scope": "team", "team_ids": [1e999]}', "create.team_ids.type"),
    ("more after the end", b'{"name": "x", "hint": "y"} x', "protocol.malformed"),
    ("single quotes", b"{'name': 'x', 'hint': 'y'}", "protocol.malformed"),
)


@scenario(SCENARIOS)
def junk_bodies(t: Client) -> None:
    """Bodies that no schema can read are refused, never a crash."""
    for _, raw, about in JUNK:
        t.send("POST", "/messageactions", raw=raw, about=about)
    for text in ("\\u0000", "\\ud800", "\\udc00\\ud800", "\u202e"):
        raw = (
            f'{{"multi_selectable": false, "message_types": ["text"], "scope": "personal", "hint": "{text}", '
            f'"name": "{t.name()}{text}"}}'
        ).encode()
        t.send("POST", "/messageactions", raw=raw, about=None)
    twice = f'{{"name": "{t.name()}", "hint": "a", "hint": "b", "scope": "personal", "message_types": ["text"]}}'
    t.send("POST", "/messageactions", raw=twice.encode())
    big = f'{{"name": "{t.name()}", "hint": "a", "scope": "team", "team_ids": [{10**400}]}}'
    t.send("POST", "/messageactions", raw=big.encode())
    t.create(colour="red")
    t.send("POST", "/messageactions", body=t.action(), headers={"Content-Type": "text/plain"})
    t.send(
        "POST",
        "/messageactions",
        raw=b"name=a&hint=b",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        about="protocol.malformed",
    )
    charset = {"Content-Type": "application/json; charset=utf-8"}
    t.send("POST", "/messageactions", body=t.action(), headers=charset, about="protocol.content-type")
    own = living(t, execution_type="deluge", scope="personal")
    t.send("PATCH", f"/messageactions/{own}", raw=b'{"hint": "cut', about="protocol.malformed")
    t.send("PATCH", f"/messageactions/{own}", raw=b"[]", about="update.object")
    t.send("PATCH", f"/messageactions/{own}", raw=b"[" * 100_000, about="protocol.malformed")
    t.send("PATCH", f"/messageactions/{own}", raw=b'{"hint": "\\ud800"}')
    t.send(
        "PATCH", f"/messageactions/{own}/handlers/execution_handler", raw=b'{"script": "cut', about="protocol.malformed"
    )
    t.send("PATCH", f"/messageactions/{own}/handlers/execution_handler", raw=b"7", about="update_handler.object")
    t.send("PATCH", f"/messageactions/{own}/handlers/execution_handler", raw=b'{"script": "\\ud800 \\u0000"}')
    t.get(own, about="errors.change-nothing")


@scenario(SCENARIOS)
def limits_of_update(t: Client) -> None:
    """The same limits hold for updates, and a refused update changes nothing."""
    own = living(t, execution_type="deluge", scope="personal")
    hook = living(t, execution_type="webhook", scope="personal")
    t.update(own, name=t.name(NAME - 1) + "é", about="update.name.max")
    t.update(own, name=t.name(NAME + 1), about="update.name.max")
    t.update(own, hint="é" * HINT, about="update.hint.max")
    t.update(own, hint="h" * (HINT + 1), about="update.hint.max")
    t.update(hook, execution_url=url(URL), about="update.execution_url.max")
    t.update(hook, execution_url=url(URL + 1), about="update.execution_url.max")
    t.update(own, message_types=[], about="update.message_types.min")
    t.update(own, message_types=["attachment"], about="update.message_types.min")
    t.update(own, message_types=["video"], about="update.message_types.values")
    t.update(own, scope="everyone", about="update.scope.values")
    t.update(own, scope="team", about="update.team_ids.required")
    for name, value in wrong_types(("name", "hint", "scope", "multi_selectable", "message_types", "image")):
        if value not in (1, [1]) or name == "scope":
            wrong: dict[str, Any] = {name: value}
            t.update(own, **wrong, about=f"update.{name}.type")
    t.update(hook, execution_url=7, about="update.execution_url.type")
    t.get(own, about="errors.change-nothing")
    t.get(hook, about="errors.change-nothing")


@scenario(SCENARIOS)
def limits_of_handlers(t: Client) -> None:
    """Script up to 250 KB of UTF-8, the five permissions, each for its execution type only."""
    own = living(t, execution_type="deluge", scope="personal")
    hook = living(t, execution_type="webhook", scope="organization")
    t.get_handler(own)
    t.update_handler(
        own, script='if(1 < 2 && 3 > 2) { info "a\\\\b"; }\nreturn Map();\n', about="update_handler.applies"
    )
    t.get_handler(own)
    t.update_handler(own, script="s" * SCRIPT_SURE_BYTES, about="update_handler.script.max")
    t.update_handler(own, script="s" * (SCRIPT_REFUSED_BYTES + 1), about="update_handler.script.max")
    t.update_handler(own, script="é" * (SCRIPT_REFUSED_BYTES // 2 + 1), about="update_handler.script.bytes")
    t.update_handler(own, script="é" * (SCRIPT_SURE_BYTES // 2), about="update_handler.script.bytes")
    t.get_handler(own, about="errors.change-nothing")
    t.update_handler(own, script=7, about="update_handler.script.type")
    t.update_handler(own, permissions=["chat"], about="update_handler.permissions.fit")
    t.update_handler(own)
    t.get_handler(hook)
    t.update_handler(hook, permissions=PERMISSIONS, about="update_handler.permissions.values")
    t.get_handler(hook, about="get_handler.current")
    t.update_handler(hook, permissions=["user"], about="update_handler.permissions.values")
    t.update_handler(hook, permissions=["chat", "wallet"], about="update_handler.permissions.values")
    t.update_handler(hook, permissions="chat", about="update_handler.permissions.type")
    t.update_handler(hook, script="return 1;", about="update_handler.script.fit")
    t.update_handler(hook, script="return 1;", permissions=["user"])
    t.get_handler(hook, about="errors.change-nothing")
    t.get(own, about="update_handler.keeps-action")
