"""The least that a Python server could do for the same calls: Starlette over a dictionary, no rules at all.

It checks no token, scope, threshold, body or name, keeps nothing on disk and knows no cursor: a floor for the mock.
"""

from __future__ import annotations

import itertools
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.canned import FIRST_ID

_actions: dict[str, dict[str, object]] = {}
_ids = itertools.count(FIRST_ID)


async def create(request: Request) -> JSONResponse:
    """Keep the body under a new id."""
    action = {
        "id": str(next(_ids)),
        "creator": {"name": "Ada", "id": "70021945"},
        "handlers": [{"type": "execution_handler"}],
        "status": "enabled",
        "type": "custom",
        **await request.json(),
    }
    _actions[str(action["id"])] = action
    return JSONResponse({"url": "/api/v3/messageactions", "type": "messageaction", "data": action})


async def page(request: Request) -> JSONResponse:
    """Return the first actions."""
    data = list(itertools.islice(_actions.values(), int(request.query_params.get("limit", 20))))
    return JSONResponse({"url": "/api/v3/messageactions", "type": "messageaction", "data": data})


async def get(request: Request) -> JSONResponse:
    """Return one action."""
    action = _actions.get(request.path_params["id"])
    if action is None:
        return JSONResponse({"message": "not found"}, 404)
    return JSONResponse({"url": request.url.path, "type": "messageaction", "data": action})


def main() -> None:
    """Serve until it is ended; the first line on stdout names the base URL."""
    app = Starlette(
        routes=[
            Route("/api/v3/messageactions", create, methods=["POST"]),
            Route("/api/v3/messageactions", page),
            Route("/api/v3/messageactions/{id}", get),
        ]
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/api/v3", flush=True)
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
