"""Each value of each policy has the effect that its description states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import zoho_cliq_mock
from api_paths import CREATING, LISTING, action_path, handler_path
from zoho_cliq_api.contract import ERROR_CODES, OPERATIONS, document
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.policies import CATALOGUE, Policies, PolicyError

CREATED = OPERATIONS["create_message_action"].success

MESSAGE_TYPES = document()["components"]["schemas"]["MessageType"]["enum"]
THRESHOLD = OPERATIONS["get_message_action"].threshold
GETS, WINDOW, LOCK = THRESHOLD or (0, 0, 0)
REQUIRED = document()["components"]["schemas"]["MessageActionCreate"].get("required", ())
UPDATED = OPERATIONS["update_message_action"].success
BASE = {"name": "Open incident", "hint": "Start"}
WEBHOOK = {"name": "Desk", "hint": "h", "execution_type": "webhook", "execution_url": "https://desk.example/x"}


class World:
    """Two users of one mock server."""

    def __init__(self, mock: MockServer, owner: httpx.Client, colleague: httpx.Client, control: httpx.Client) -> None:
        self.mock, self.owner, self.colleague, self.control = mock, owner, colleague, control

    def create(self, client: httpx.Client | None = None, **fields: Any) -> httpx.Response:
        return (client or self.owner).post(CREATING, json={**BASE, **fields})

    def made(self, **fields: Any) -> str:
        answer = self.create(**fields)
        assert answer.is_success, answer.text
        return str(answer.json()["data"]["id"])

    def set(self, **policies: object) -> None:
        self.control.post("/policies", json=policies).raise_for_status()

    def advance(self, seconds: float) -> None:
        self.control.post("/clock", json={"advance": seconds}).raise_for_status()

    def token(self, **form: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "client_id": "1000.DEMO", "client_secret": "demo-secret", **form}
        form.setdefault("refresh_token", "1000.owner-refresh")
        return httpx.post(f"{self.mock.accounts_url}/oauth/v2/token", data=form)


@pytest.fixture
def world(mock: MockServer, owner: httpx.Client, colleague: httpx.Client, control: httpx.Client) -> World:
    return World(mock, owner, colleague, control)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


def handler(identifier: str) -> str:
    return handler_path(identifier)


def sync_token(client: httpx.Client) -> str:
    return str(client.get(LISTING).json()["sync_token"])


def burst(world: World, path: str, calls: int) -> list[int]:
    return [world.owner.get(path).status_code for _ in range(calls)]


def domain_errors(w: World) -> object:
    return w.owner.get(action_path(1)).status_code


def throttle_status(w: World) -> object:
    return burst(w, action_path(1), GETS + 1)[-1]


def scope_status(w: World) -> object:
    return httpx.get(f"{w.mock.url}{LISTING}", headers={"Authorization": "Bearer 1000.owner-create"}).status_code


def error_codes(w: World) -> object:
    return "code" in w.owner.get(action_path(1)).json()


def error_shape(w: World) -> object:
    return set(w.owner.get(action_path(1)).json())


def validation_codes(w: World) -> object:
    lacking = {"name": "n"} if "hint" in REQUIRED else {"hint": "h"}
    bodies: list[dict[str, Any]] = [lacking, {**BASE, "x": 1}, {**BASE, "scope": "galaxy"}]
    return [w.owner.post(CREATING, json=body).json()["code"] for body in bodies]


def malformed_id(w: World) -> object:
    return code(w.owner.get(action_path("abc")))


def handler_of_missing_action(w: World) -> object:
    return code(w.owner.get(handler("1")))


def invisible(w: World) -> object:
    return code(w.colleague.get(action_path(w.made(scope="personal"))))


def threshold_per(w: World) -> object:
    names = ("get_message_action", "get_message_action_handler")
    limits = [each.limit if (each := OPERATIONS[name].threshold) else 0 for name in names]
    (few, narrow), (_, wide) = sorted(zip(limits, (action_path(1), handler("1")), strict=True))
    half = few // 2 + 1
    return [*burst(w, wide, half), *burst(w, narrow, few + 2 - half)].count(429)


def threshold_window(w: World) -> object:
    begin = 1_800_000_000 // WINDOW * WINDOW
    w.control.post("/clock", json={"freeze": begin + WINDOW - 10}).raise_for_status()
    first = burst(w, action_path(1), GETS)
    w.advance(15)  # into the next fixed window
    return (first + burst(w, action_path(1), 1)).count(429)


def threshold_counts(w: World) -> object:
    return burst(w, action_path(1), GETS + 2).count(429)


def lock_extends(w: World) -> object:
    burst(w, action_path(1), GETS + 1)
    w.advance(LOCK * 2 / 3)
    burst(w, action_path(1), 1)
    w.advance(LOCK / 2)
    return burst(w, action_path(1), 1)[0]


def default_scope(w: World) -> object:
    return w.create().json()["data"]["scope"]


def default_message_types(w: World) -> object:
    return w.create().json()["data"]["message_types"]


def default_permissions(w: World) -> object:
    return w.owner.get(handler(w.made(**WEBHOOK))).json()["data"].get("permissions")


def empty_strings(w: World) -> object:
    return w.create(hint="").status_code


def empty_arrays(w: World) -> object:
    return w.create(message_types=[]).status_code


def repeated_items(w: World) -> object:
    return w.create(message_types=["text", "link", "text"]).json().get("data", {}).get("message_types")


def empty_update(w: World) -> object:
    return w.owner.patch(action_path(w.made()), json={}).status_code


def stray_team_ids(w: World) -> object:
    return w.create(team_ids=[100001]).status_code


def stray_execution_url(w: World) -> object:
    answer = w.create(execution_url="https://x.example")
    return answer.status_code, "execution_url" in answer.json().get("data", {})


def execution_url_schemes(w: World) -> object:
    return w.create(**{**WEBHOOK, "execution_url": "http://desk.example"}).status_code


def team_choice(w: World) -> object:
    return w.create(w.colleague, scope="team", team_ids=[100001]).status_code


def name_case(w: World) -> object:
    w.made()
    return w.create(name=BASE["name"].upper()).status_code


def name_unique_in(w: World) -> object:
    w.made()
    return w.create(w.colleague).status_code


def creation_limit(w: World) -> object:
    return [w.create(name=f"n{number}").json().get("code") for number in range(3)]


def may_change(w: World) -> object:
    identifiers = [w.made(), w.made(name="Shared", scope="personal")]
    w.control.post("/collaborators", json={"action": identifiers[1], "users": ["colleague"]}).raise_for_status()
    return [w.colleague.patch(action_path(each), json={"hint": "x"}).status_code for each in identifiers]


def unset_handler(w: World) -> object:
    return w.owner.get(handler(w.made())).json().get("data", {"function_id": ""})


def list_order(w: World) -> object:
    for number in range(5):
        w.made(name=f"n{number}")
    first = w.owner.get(LISTING, params={"limit": 3}).json()
    second = w.owner.get(LISTING, params={"limit": 3, "next_token": first["next_token"]}).json()
    names = [action["name"] for action in first["data"] + second["data"]]
    assert "next_token" not in second
    w.owner.patch(action_path(first["data"][0]["id"]), json={"hint": "x"})
    w.owner.patch(action_path(first["data"][1]["id"]), json={"hint": "x"})
    query = {"limit": "1", "sync_token": second["sync_token"]}
    page = w.owner.get(LISTING, params=query).json()
    query["next_token"] = page["next_token"]
    return names, [a["name"] for a in page["data"] + w.owner.get(LISTING, params=query).json()["data"]]


def list_limit(w: World) -> object:
    return [w.owner.get(LISTING, params={"limit": limit}).status_code for limit in (0, 101)]


def sync_token_on(w: World) -> object:
    w.made(), w.made(name="Second")
    return "sync_token" in w.owner.get(LISTING, params={"limit": 1}).json()


def total_count(w: World) -> object:
    w.made(), w.made(name="Second")
    return w.owner.get(LISTING, params={"limit": 1}).json().get("total_count")


def deleted_key(w: World) -> object:
    return "deleted" in w.owner.get(LISTING, params={"sync_token": sync_token(w.owner)}).json()


def handler_changes_sync(w: World) -> object:
    identifier = w.made()
    token = sync_token(w.owner)
    w.owner.patch(handler(identifier), json={"script": "x"}).raise_for_status()
    return len(w.owner.get(LISTING, params={"sync_token": token}).json()["data"])


def null_token(w: World) -> object:
    return [w.owner.get(LISTING, params={name: "null"}).status_code for name in ("next_token", "sync_token")]


def token_lifetime(w: World) -> object:
    token = sync_token(w.owner)
    w.advance(120)
    return w.owner.get(LISTING, params={"sync_token": token}).status_code


def access_token_seconds(w: World) -> object:
    return w.token().json()["expires_in"]


def oauth_error_status(w: World) -> object:
    return w.token(refresh_token="nobody").status_code


def oauth_throttle_status(w: World) -> object:
    return [w.token() for _ in range(11)][-1].status_code


def oauth_expiry(w: World) -> object:
    answer = w.token().json()
    return answer["expires_in"], answer.get("expires_in_sec")


# For each policy: the function that observes it, the result with the default, and the result with each other value.
EXPECTED: dict[Callable[[World], object], tuple[object, dict[object, object]]] = {
    domain_errors: (404, {"400": 400 if ERROR_CODES["msgaction_not_found"].documented else 404}),
    throttle_status: (429, {"400": 400}),
    scope_status: (403, {"401": 401}),
    error_codes: (True, {"absent": False}),
    error_shape: ({"message", "code"}, {"nested": {"error"}}),
    validation_codes: (
        ["invalid_inputs"] * 3,
        {"sibling": ["param_missing", "extra_key_found", "input_pattern_mismatch"]},
    ),
    malformed_id: ((404, "msgaction_not_found"), {"400": (400, "invalid_inputs")}),
    handler_of_missing_action: (
        (404, "execution_handler_not_found"),
        {"msgaction_not_found": (404, "msgaction_not_found")},
    ),
    invisible: ((404, "msgaction_not_found"), {"403": (403, "access_denied")}),
    threshold_per: (0, {"user": 2}),
    threshold_window: (1, {"fixed": 0}),
    threshold_counts: (2, {"accepted": 0}),
    lock_extends: (404, {"yes": 429}),
    default_scope: ("organization", {"personal": "personal"}),
    default_message_types: (sorted(MESSAGE_TYPES), {"text": ["text"]}),
    default_permissions: (None, {"chat,user": ["chat", "user"]}),
    empty_strings: (400, {"accept": CREATED}),
    empty_arrays: (400, {"accept": CREATED}),
    repeated_items: (["text", "link"], {"keep": ["text", "link", "text"], "refuse": None}),
    empty_update: (UPDATED, {"refuse": 400}),
    stray_team_ids: (400, {"ignore": CREATED}),
    stray_execution_url: ((400, False), {"ignore": (CREATED, False), "store": (CREATED, True)}),
    execution_url_schemes: (CREATED, {"https": 400}),
    team_choice: (CREATED, {"own": 400}),
    name_case: (CREATED, {"insensitive": 400}),
    name_unique_in: (400, {"creator": CREATED}),
    creation_limit: ([None] * 3, {2: [None, None, "msgaction_creation_limit_exceeded"]}),
    may_change: ([403, 403], {"collaborators": [403, UPDATED], "visible": [UPDATED, UPDATED]}),
    list_order: (
        (["n0", "n1", "n2", "n3", "n4"], ["n0", "n1"]),
        {"newest_first": (["n4", "n3", "n2", "n1", "n0"], ["n4", "n3"])},
    ),
    list_limit: ([400, 400], {"clamp": [200, 200]}),
    sync_token_on: (False, {"every": True}),
    total_count: (None, {"present": 2}),
    deleted_key: (True, {"absent": False}),
    handler_changes_sync: (0, {"yes": 1}),
    null_token: ([200, 200], {"refuse": [400, 400]}),
    token_lifetime: (200, {60: 400}),
    access_token_seconds: (3600, {60: 60}),
    oauth_error_status: (200, {"400": 400}),
    oauth_throttle_status: (400, {"200": 200}),
    oauth_expiry: ((3600, None), {"milliseconds": (3_600_000, 3600)}),
}


TESTED_WITH_THE_TRIGGER = {
    "webhook_timeout_ms",
    "webhook_retries",
    "webhook_retry_seconds",
    "webhook_signature",
    "response_url_seconds",
    "banner_text_limit",
    "form_inputs_limit",
    "deluge",
    "deluge_failure",
    "deluge_no_return",
    "deluge_timeout_ms",
}


@pytest.mark.parametrize("look", EXPECTED, ids=lambda look: look.__name__)
def test_each_value_has_its_effect(world: World, look: Callable[[World], object]) -> None:
    default, others = EXPECTED[look]
    assert look(world) == default
    for value, expected in others.items():
        world.mock.reset()
        world.set(**{look.__name__: value})
        assert look(world) == expected, value
        assert world.control.get("/policies").json()[look.__name__] == value


def test_the_handler_before_its_first_change(world: World) -> None:
    assert set(unset_handler(world)) == {"name", "function_id"}  # type: ignore[call-overload]
    world.mock.reset()
    world.set(unset_handler="empty")
    assert unset_handler(world)["script"] == ""  # type: ignore[index]
    world.mock.reset()
    world.set(unset_handler="not_found")
    assert code(world.owner.get(handler(world.made()))) == (404, "execution_handler_not_found")


def test_every_policy_and_value_is_tested() -> None:
    tested = {look.__name__: others for look, (_, others) in EXPECTED.items()}
    assert {*tested, "unset_handler", *TESTED_WITH_THE_TRIGGER} >= set(CATALOGUE)
    for name, others in tested.items():
        policy = CATALOGUE[name]
        if policy.metadata["choices"] and not policy.metadata.get("many"):
            assert {policy.default, *others} == set(policy.metadata["choices"]), name


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"colour": "red"}, "unknown policy 'colour'"),
        ({"scope_status": "404"}, "scope_status must be 403 or 401"),
        ({"creation_limit": "-1"}, "creation_limit must be a whole number"),
        ({"creation_limit": True}, "creation_limit must be a whole number"),
        ({"default_message_types": "text,smell"}, "default_message_types must be"),
    ],
)
def test_a_policy_that_does_not_exist_is_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        Policies().changed(values)


def test_the_readme_lists_every_policy_with_its_default() -> None:
    assert zoho_cliq_mock.__file__
    lines = (Path(zoho_cliq_mock.__file__).parent / "README.md").read_text("utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    rows = {row[0].strip("`"): row[2] for row in cells if len(row) == 3}
    for name, policy in CATALOGUE.items():
        assert name in rows, name
        every = ",".join(sorted(MESSAGE_TYPES))
        shown = {"": "none", every: "all"}.get(str(policy.default), f"`{policy.default}`")
        assert shown in rows[name], name
