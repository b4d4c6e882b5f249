"""Stand-ins for the client's tests: a clock that jumps, and a scripted server below httpx."""

from __future__ import annotations

import json
from typing import Any

import httpx

TOKEN = "1000.canary-5e1f0ac7d2"
BASE_URL = "https://cliq.test/api/v3"


class JumpingClock:
    """A clock that stands still until somebody sleeps; then it jumps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_700_000_000.0 + self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Scripted:
    """A server that gives the answers of a list, one after the other, and keeps the requests.

    An answer is an httpx.Response, a function of the request that gives one, or an exception to raise.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        response: httpx.Response = answer(request)
        return response

    def answer(self, *answers: Any) -> None:
        self.answers = list(answers)

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) if request.content else None for request in self.requests]


def action(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A message action as the server gives it."""
    return {
        "id": str(number),
        "name": f"Action {number}",
        "hint": "Does something",
        "type": "custom",
        "status": "enabled",
        "scope": "organization",
        "execution_type": "deluge",
        "message_types": ["text"],
        "multi_selectable": False,
        "handlers": [{"type": "execution_handler"}],
        "creator": {"name": "Ada", "id": "7"},
    } | changes


def enveloped(data: Any, **more: Any) -> httpx.Response:
    """An answer with `data` in its envelope."""
    return httpx.Response(200, json={"url": "/api/v3/messageactions", "type": "messageaction", "data": data, **more})


def refused(status: int, code: str | None = None, message: str = "no") -> httpx.Response:
    """An error answer."""
    return httpx.Response(status, json={"message": message} | ({"code": code} if code else {}))
