"""Scenarios of HTTP: paths, methods, Accept, and invalid parameters."""

from __future__ import annotations

from ...judge.routes import method
from ...sending.client import Client
from .scenario import Scenario, living, scenario

SCENARIOS: list[Scenario] = []
NO_TOKEN = "bm90LWEtdG9rZW4="


def nowhere(client: Client) -> str:
    """Return a path that the document does not have."""
    return client.at("create").removesuffix("s")


def operations(client: Client, identifier: str) -> list[tuple[str, str, dict[str, object] | None]]:
    """Return the method, the path and a valid body of each of the seven operations."""
    bodies: dict[str, dict[str, object] | None] = {
        "list": None,
        "create": {},
        "get": None,
        "update": {"hint": "another hint"},
        "delete": None,
        "get_handler": None,
        "update_handler": {"script": "return 2;"},
    }
    return [(method(operation), client.at(operation, identifier), body) for operation, body in bodies.items()]


def wrong_authorizations(token: str) -> list[str | None]:
    """Return values of the Authorization header that are not valid, although some resemble a valid token's.

    None stands for no header.
    """
    wrong = ("1000.0f00.0f00", f"{token}x", token[:-1], token.swapcase())
    return [None, token, f"Basic {token}", *(f"Bearer {text}" for text in wrong)]


@scenario(SCENARIOS)
def unknown_paths(t: Client) -> None:
    """A path that the document does not have is answered 404."""
    own = living(t, execution_type="deluge", scope="personal")
    t.send("GET", nowhere(t), about="protocol.path")
    t.send("POST", f"{t.at('get', own)}/script", body={}, about="protocol.path")


@scenario(SCENARIOS)
def other_methods(t: Client) -> None:
    """A method that a path does not support is answered 405, with the supported methods in Allow."""
    own = living(t, execution_type="deluge", scope="personal")
    for verb, path in (
        ("PUT", t.at("create")),
        ("DELETE", t.at("create")),
        ("PUT", t.at("get", own)),
        ("DELETE", t.at("get_handler", own)),
        ("POST", t.at("get_handler", own)),
    ):
        body = {"script": "return 0;"} if path == t.at("get_handler", own) else {"hint": "by another method"}
        t.send(verb, path, body=body if verb != "DELETE" else None, about="protocol.method")


@scenario(SCENARIOS)
def accept(t: Client) -> None:
    """The server sends JSON only: a request that does not accept JSON is answered 406 and has no effect."""
    own = living(t, execution_type="deluge", scope="personal")
    t.update_handler(own, script="return 1;")
    for verb, path, body in operations(t, own):
        sent = t.action() if verb == "POST" else body
        t.send(verb, path, body=sent, headers={"Accept": "application/xml"}, about="protocol.accept")
    t.get_handler(own, about="errors.change-nothing")


@scenario(SCENARIOS)
def bad_parameters(t: Client) -> None:
    """Invalid parameters of listings and paths are refused."""
    t.ask("list", query={"limit": "ten"}, about="list.limit.type")
    t.ask("list", headers={"Accept": "application/json", "accept": "text/html"})
    for limit in (0, -1, "99999999999999999999"):
        t.ask("list", query={"limit": limit})
    own = living(t, execution_type="deluge", scope="personal")
    tokens = (("next_token", "null"), ("next_token", NO_TOKEN), ("sync_token", NO_TOKEN), ("sync_token", "%00\u00ff"))
    for name, value in tokens:
        t.ask("list", query={name: value})
    for text in (f"{own}x", "1'%00", "0", "9" * 200, "9999999999999999999"):
        t.send("GET", t.at("get", text), about="protocol.id")
    for text in (f"{own}x", "%F0%9F%93%8E"):
        for verb, path, body in operations(t, text)[2:]:
            if path != t.at("get", f"{own}x") or verb != "GET":
                t.send(verb, path, body=body, about="protocol.id")
