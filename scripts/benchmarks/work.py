"""Pieces of work without network, time or randomness, counted by the guard: `python -m benchmarks.work`.

benchmarks.work NAME TIMES      do a piece of work this many times (under an instruction counter)
benchmarks.work calls           print as JSON how many calls some uses of the client send
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlencode

from zoho_cliq import Cliq
from zoho_cliq._types import RawResponse, Request

from benchmarks import canned, peers

_PAGE = json.dumps(canned.page(100, 0), separators=(",", ":")).encode()


class Answers:
    """Middleware that replaces the network: it answers with the bytes of the canned server."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        """Return the canned response without sending the request."""
        self.count += 1
        target = f"{request.url}?{urlencode(dict(request.params))}"
        head, _, body = canned.respond(request.method.encode(), target.encode()).partition(b"\r\n\r\n")
        return RawResponse(request.operation, int(head[9:12]), {"content-type": "application/json"}, body)


@contextmanager
def client() -> Iterator[tuple[Cliq, peers.Unhurried, Answers]]:
    """Yield a client that uses no network, its clock, and the middleware that counts its calls.

    It runs without orjson, which executes different instructions on different processors.
    """
    clock, answers = peers.Unhurried(), Answers()
    with (
        peers.orjson_installed(False),
        Cliq(peers.TOKEN, base_url="http://127.0.0.1/api/v3", clock=clock, middleware=(answers,)) as cliq,
    ):
        yield cliq, clock, answers


def pieces(cliq: Cliq) -> dict[str, Callable[[], Any]]:
    """Return pieces of the client's work by name, and `json`.

    `json` is the reference task that makes different Pythons comparable.
    """
    actions = cliq.message_actions
    return {
        "json": lambda: json.loads(_PAGE),
        "get one": lambda: actions.get(peers.ID),
        "list of 100": lambda: next(iter(actions.list(limit=100).pages())),
        "create": lambda: actions.create(**peers.NEW),
    }


def loops() -> dict[str, Callable[[], Any]]:
    """Return a loop of 40,000 statements in Deluge, and the same in plain Python, which is its reference task."""
    from zoho_cliq_deluge import parse, run

    from benchmarks import deluge

    script = cache(lambda: parse(deluge.LOOP))
    variables: dict[str, Any] = {"rows": list(range(20)), "columns": list(range(deluge.COLUMNS)), "suffix": "x"}
    return {
        "loop in Deluge": lambda: run(script(), variables, policies={"statement_limit": 0}).answer,
        "loop in Python": lambda: deluge.in_python(**variables),
    }


def calls() -> dict[str, int]:
    """Return how many calls each of some uses sends."""
    found = {}
    with client() as (cliq, clock, answers):
        actions = cliq.message_actions

        def every(pages: Any) -> None:
            for _ in pages:
                clock.now += 8

        uses: dict[str, Callable[[], Any]] = {
            "make a client": lambda: None,
            "get one": lambda: actions.get(peers.ID),
            "create": lambda: actions.create(**peers.NEW),
            "create, adopting what exists": lambda: actions.create(**peers.NEW, if_exists="adopt"),
            "update": lambda: actions.update(peers.ID, hint="Another"),
            "the first of a listing": lambda: next(iter(actions.list())),
            f"list {canned.TOTAL}": lambda: every(actions.list().pages()),
        }
        for name, use in uses.items():
            clock.now += 600
            before = answers.count
            use()
            found[name] = answers.count - before
    return found


def main(name: str, times: int = 0) -> None:
    """Do a piece of work, or print the calls."""
    if name == "calls":
        print(json.dumps(calls()))
        return
    with client() as (cliq, clock, _):
        work = (loops() if name.startswith("loop") else pieces(cliq))[name]
        for _ in range(times):
            clock.now += 8
            work()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
