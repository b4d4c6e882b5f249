"""Paths, methods, Accept: what HTTP asks of any server, where the page names the status."""

from __future__ import annotations

from ..client import Client
from .scenario import Scenario, living, scenario

SCENARIOS: list[Scenario] = []
NO_TOKEN = "bm90LWEtdG9rZW4="


def operations(identifier: str) -> list[tuple[str, str, dict[str, object] | None]]:
    """Method, path and a valid body for each of the seven operations."""
    item = f"/messageactions/{identifier}"
    return [
        ("GET", "/messageactions", None),
        ("POST", "/messageactions", {}),
        ("GET", item, None),
        ("PATCH", item, {"hint": "another hint"}),
        ("DELETE", item, None),
        ("GET", f"{item}/handlers/execution_handler", None),
        ("PATCH", f"{item}/handlers/execution_handler", {"script": "return 2;"}),
    ]


@scenario(SCENARIOS)
def unknown_paths(t: Client) -> None:
    """A path that the document does not have is 404."""
    own = living(t, execution_type="deluge", scope="personal")
    for path in ("/messageaction",):
        t.send("GET", path, about="protocol.path")
    t.send("POST", f"/messageactions/{own}/script", body={}, about="protocol.path")


@scenario(SCENARIOS)
def other_methods(t: Client) -> None:
    """A method that a path does not take is 405 and names those it takes."""
    own = living(t, execution_type="deluge", scope="personal")
    for method, path in (
        ("PUT", "/messageactions"),
        ("DELETE", "/messageactions"),
        ("PUT", f"/messageactions/{own}"),
        ("DELETE", f"/messageactions/{own}/handlers/execution_handler"),
        ("POST", f"/messageactions/{own}/handlers/execution_handler"),
    ):
        body = {"script": "return 0;"} if "handlers" in path else {"hint": "by another method"}
        t.send(method, path, body=body if method != "DELETE" else None, about="protocol.method")


@scenario(SCENARIOS)
def accept(t: Client) -> None:
    """Only JSON is to be had: whoever refuses it gets 406, and nothing happens."""
    own = living(t, execution_type="deluge", scope="personal")
    t.update_handler(own, script="return 1;")
    for method, path, body in operations(own):
        if method != "GET" or path == "/messageactions":
            sent = t.action() if method == "POST" else body
            t.send(method, path, body=sent, headers={"Accept": "application/xml"}, about="protocol.accept")
    t.get_handler(own, about="errors.change-nothing")


@scenario(SCENARIOS)
def bad_parameters(t: Client) -> None:
    """Parameters of the list and of paths that cannot be what they should be."""
    t.send("GET", "/messageactions", query={"limit": "ten"}, about="list.limit.type")
    t.send("GET", "/messageactions", query={"limit": 0}, headers={"accept": "text/html"})  # a second Accept
    t.send("GET", "/messageactions", query={"limit": "99999999999999999999"})
    own = living(t, execution_type="deluge", scope="personal")
    tokens = (("next_token", "null"), ("next_token", NO_TOKEN), ("sync_token", NO_TOKEN), ("sync_token", "%00\u00ff"))
    for name, value in tokens:
        t.send("GET", "/messageactions", query={name: value})
    for path in (
        f"/messageactions/{own}x",
        "/messageactions/1'%00",
        "/messageactions/0",
        "/messageactions/" + "9" * 200,
        "/messageactions/9999999999999999999",
    ):
        t.send("GET", path, about="protocol.id")
    t.send("DELETE", "/messageactions/%F0%9F%93%8E", about="protocol.id")
