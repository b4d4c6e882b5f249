"""Paths, methods, Accept: what HTTP asks of any server, where the page names the status."""

from __future__ import annotations

from ..client import Client
from .scenario import Scenario, living, scenario

SCENARIOS: list[Scenario] = []


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
    for path in (
        "/messageaction",
        f"/messageactions/{own}/handlers",
        f"/messageactions/{own}/handlers/execution_handler/more",
    ):
        t.send("GET", path, about="protocol.path")
    t.send("POST", f"/messageactions/{own}/script", body={}, about="protocol.path")


@scenario(SCENARIOS)
def other_methods(t: Client) -> None:
    """A method that a path does not take is 405 and names those it takes."""
    own = living(t, execution_type="deluge", scope="personal")
    for method, path in (
        ("PUT", "/messageactions"),
        ("DELETE", "/messageactions"),
        ("PATCH", "/messageactions"),
        ("PUT", f"/messageactions/{own}"),
        ("POST", f"/messageactions/{own}"),
        ("DELETE", f"/messageactions/{own}/handlers/execution_handler"),
        ("PUT", f"/messageactions/{own}/handlers/execution_handler"),
    ):
        body = {"hint": "by another method"} if method != "DELETE" else None
        t.send(method, path, body=body, about="protocol.method")
    t.get(own, about="errors.change-nothing")


@scenario(SCENARIOS)
def accept(t: Client) -> None:
    """Only JSON is to be had: whoever refuses it gets 406, and nothing happens."""
    own = living(t, execution_type="deluge", scope="personal")
    for method, path, body in operations(own):
        sent = t.action() if method == "POST" else body
        t.send(method, path, body=sent, headers={"Accept": "application/xml"}, about="protocol.accept")
    t.get(own, about="errors.change-nothing")
    for given in ("*/*", "application/*", "text/html, application/json;q=0.5", None):
        t.send("GET", "/messageactions", query={"limit": 1}, headers={"Accept": given}, about="protocol.accept.json")
    t.send("GET", "/messageactions", headers={"Accept": "text/html"}, about="protocol.accept")
    t.send("GET", "/messageactions", query={"limit": 1}, headers={"Accept": "text/html", "accept": "application/json"})


@scenario(SCENARIOS)
def bad_parameters(t: Client) -> None:
    """Parameters of the list and of paths that cannot be what they should be."""
    t.send("GET", "/messageactions", query={"limit": "ten"}, about="list.limit.type")
    for limit in (0, -1, 101, "99999999999999999999"):
        t.send("GET", "/messageactions", query={"limit": limit})
    for name in ("next_token", "sync_token"):
        for value in ("null", "", "bm90LWEtdG9rZW4=", "%00\u00ff"):
            t.send("GET", "/messageactions", query={name: value})
    for path in (
        "/messageactions/ten",
        "/messageactions/%00",
        "/messageactions/-1",
        "/messageactions/99999999999999999999999999",
        "/messageactions/9999999999999999999",
    ):
        t.send("GET", path, about="protocol.id")
    t.send("DELETE", "/messageactions/%F0%9F%93%8E", about="protocol.id")
    t.send("PATCH", "/messageactions/1%202", body={"hint": "x"}, about="protocol.id")
