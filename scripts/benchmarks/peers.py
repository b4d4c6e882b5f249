"""The clients that are compared, with the same jobs for each: read one action, list a page, create one.

Every job returns the id and the name of its result (for a page: the first id and the last name), so that equal results
can be verified before the jobs are timed.
"""

from __future__ import annotations

import http.client
import importlib
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import urlsplit

import httpx
from zoho_cliq import AsyncCliq, Cliq
from zoho_cliq._schema import reading
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import OPERATIONS

from benchmarks.canned import FIRST_ID

ID = str(FIRST_ID + 7)
TOKEN = f"1000.{'0123456789abcdef' * 2}.{'fedcba9876543210' * 2}"
"""A token of the same length as the vendor's access tokens."""
NEW: dict[str, Any] = {
    "name": "Create ticket",
    "hint": "File this message at the help desk",
    "message_types": ["text", "link"],
    "execution_type": "webhook",
    "execution_url": "https://desk.example.com/cliq",
    "scope": "organization",
}
_HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}

Got = tuple[str, str]


def ends(items: list[Got]) -> Got:
    """Return the first id and the last name of a page, after looking at every item."""
    return items[0][0], items[-1][1]


class Unhurried(FakeClock):
    """A clock on which each call comes eight seconds after the previous one, so that no threshold causes a wait."""

    jumps = False

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"the client waits {seconds} s; the measurement would be wrong")

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Jobs(NamedTuple):
    """The jobs of one synchronous client."""

    name: str
    get: Callable[[], Got]
    page: Callable[[int], Got]
    create: Callable[[], Got]


class AsyncJobs(NamedTuple):
    """The jobs of one asynchronous client."""

    name: str
    get: Callable[[], Awaitable[Got]]
    page: Callable[[int], Awaitable[Got]]
    create: Callable[[], Awaitable[Got]]


def raw_httpx(url: str, stack: ExitStack) -> Jobs:
    """Return the jobs in handwritten code: an httpx client, a check of the status, and parsed JSON."""
    client = stack.enter_context(httpx.Client(base_url=url, headers=_HEADERS))

    def read(response: httpx.Response) -> Any:
        return response.raise_for_status().json()["data"]

    def get() -> Got:
        data = read(client.get(f"/messageactions/{ID}"))
        return data["id"], data["name"]

    def page(limit: int) -> Got:
        return ends(
            [(item["id"], item["name"]) for item in read(client.get("/messageactions", params={"limit": limit}))]
        )

    def create() -> Got:
        data = read(client.post("/messageactions", json=NEW))
        return data["id"], data["name"]

    return Jobs("httpx + json", get, page, create)


def raw_http(url: str, stack: ExitStack) -> Jobs:
    """Return the minimum: http.client on one connection, without pool, timeouts, redirects or encodings."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    stack.callback(connection.close)
    posting = {**_HEADERS, "Content-Type": "application/json"}

    def read(method: str, path: str, body: str | None = None) -> Any:
        connection.request(method, f"{parts.path}{path}", body, posting if body else _HEADERS)
        response = connection.getresponse()
        content = response.read()
        if response.status >= 400:
            raise RuntimeError(response.status)
        return json.loads(content)["data"]

    def get() -> Got:
        data = read("GET", f"/messageactions/{ID}")
        return data["id"], data["name"]

    def page(limit: int) -> Got:
        return ends([(item["id"], item["name"]) for item in read("GET", f"/messageactions?limit={limit}")])

    def create() -> Got:
        data = read("POST", "/messageactions", json.dumps(NEW))
        return data["id"], data["name"]

    return Jobs("http.client", get, page, create)


@cache
def stock_call(operation: str) -> Any:
    """Return the generated client's module of an operation; the vendor's tags and operation ids give it its name."""
    wanted = OPERATIONS[operation].method.lower(), _without_names(OPERATIONS[operation].path)
    (folder,) = importlib.import_module("stock_cliq.api").__path__
    for path in Path(folder).glob("*/*.py"):
        call = re.search(r'"method": "(\w+)",\s+"url": "([^"]+)"', path.read_text("utf-8"))
        if call and (call[1], _without_names(call[2])) == wanted:
            return importlib.import_module(f"stock_cliq.api.{path.parent.name}.{path.stem}")
    raise LookupError(f"the generated client has no {wanted[0].upper()} {wanted[1]}")


def _without_names(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def stock_modules() -> tuple[Any, Any, Any, Any, Any]:
    """Return the parts of the generated client: its class, the modules of the three calls, and a create's body."""
    return (
        importlib.import_module("stock_cliq").AuthenticatedClient,
        stock_call("get_message_action"),
        stock_call("list_message_actions"),
        stock_call("create_message_action"),
        importlib.import_module("stock_cliq.models").MsgactionCreate,
    )


def stock(url: str, stack: ExitStack) -> Jobs:
    """Return the jobs of openapi-python-client's client, generated from the repaired document."""
    client_class, getting, listing, creating, body = stock_modules()
    client = stack.enter_context(client_class(base_url=url, token=TOKEN))

    def get() -> Got:
        data = getting.sync(ID, client=client).data
        return data.id, data.name

    def page(limit: int) -> Got:
        data = listing.sync(client=client, limit=limit).data
        return ends([(item.id, item.name) for item in data])

    def create() -> Got:
        data = creating.sync(client=client, body=body.from_dict(NEW)).data
        return data.id, data.name

    return Jobs("openapi-python-client", get, page, create)


def stock_async(url: str, client: Any = None) -> AsyncJobs:
    """Return the asynchronous jobs of the same generated client."""
    client_class, getting, listing, creating, body = stock_modules()
    client = client or client_class(base_url=url, token=TOKEN)

    async def get() -> Got:
        data = (await getting.asyncio(ID, client=client)).data
        return data.id, data.name

    async def page(limit: int) -> Got:
        data = (await listing.asyncio(client=client, limit=limit)).data
        return ends([(item.id, item.name) for item in data])

    async def create() -> Got:
        data = (await creating.asyncio(client=client, body=body.from_dict(NEW))).data
        return data.id, data.name

    return AsyncJobs("openapi-python-client", get, page, create)


def raw_httpx_async(url: str, stack: AsyncExitStack) -> AsyncJobs:
    """Return the jobs in handwritten code with httpx's asynchronous client."""
    client = httpx.AsyncClient(base_url=url, headers=_HEADERS)
    stack.push_async_callback(client.aclose)

    def read(response: httpx.Response) -> Any:
        return response.raise_for_status().json()["data"]

    async def get() -> Got:
        data = read(await client.get(f"/messageactions/{ID}"))
        return data["id"], data["name"]

    async def page(limit: int) -> Got:
        data = read(await client.get("/messageactions", params={"limit": limit}))
        return ends([(item["id"], item["name"]) for item in data])

    async def create() -> Got:
        data = read(await client.post("/messageactions", json=NEW))
        return data["id"], data["name"]

    return AsyncJobs("httpx + json", get, page, create)


def generator(url: str, stack: ExitStack) -> Jobs | None:
    """Return the jobs of openapi-generator's Python client, or None if it was not generated because Java is missing."""
    try:
        package: Any = importlib.import_module("generator_cliq")
    except ModuleNotFoundError:
        return None
    configuration = package.Configuration(host=url, access_token=TOKEN)
    # The tag gives the class its name, and the operation ids, as in the other generated client, the methods theirs.
    names = [module.__name__.rpartition(".")[2] for module in stock_modules()[1:4]]
    kinds = (kind for name, kind in vars(package).items() if name.endswith("Api") and hasattr(kind, names[0]))
    api = next(kinds)(stack.enter_context(package.ApiClient(configuration)))
    getting, listing, creating = (getattr(api, name) for name in names)

    def get() -> Got:
        data = getting(ID).data
        return data.id, data.name

    def page(limit: int) -> Got:
        data = listing(limit=limit).data
        return ends([(item.id, item.name) for item in data])

    def create() -> Got:
        data = creating(package.MsgactionCreate.from_dict(NEW)).data
        return data.id, data.name

    return Jobs("openapi-generator", get, page, create)


@contextmanager
def orjson_installed(there: bool) -> Iterator[None]:
    """Make clients created in this context find orjson installed, or not. orjson itself must be installed."""
    with mock.patch.object(reading, "QUICK", reading.QUICK if there else None):
        yield


def ours(url: str, stack: ExitStack, state: str | None = None, *, orjson: bool = False) -> Jobs:
    """Return the jobs of zoho_cliq: ledger in memory or in the SQLite file `state`, without extras or with orjson."""
    clock = Unhurried()
    with orjson_installed(orjson):
        cliq = stack.enter_context(Cliq(TOKEN, base_url=url, clock=clock, state=state))

    def get() -> Got:
        clock.now += 8
        action = cliq.message_actions.get(ID)
        return action.id, action.name

    def page(limit: int) -> Got:
        clock.now += 8
        found = next(iter(cliq.message_actions.list(limit=limit).pages()))
        return ends([(item.id, item.name) for item in found.items])

    def create() -> Got:
        clock.now += 8
        action = cliq.message_actions.create(**NEW)
        return action.id, action.name

    return Jobs(_our_name(state, orjson), get, page, create)


def _our_name(state: str | None, orjson: bool) -> str:
    return "zoho_cliq" + (", SQLite ledger" if state else "") + (", orjson" if orjson else "")


def ours_async(url: str, stack: AsyncExitStack, state: str | None = None, *, orjson: bool = False) -> AsyncJobs:
    """Return the jobs of the asynchronous zoho_cliq client. Call this in the event loop that will use it."""
    clock = Unhurried()
    with orjson_installed(orjson):
        cliq = AsyncCliq(TOKEN, base_url=url, clock=clock, state=state)
    stack.push_async_callback(cliq.close)

    async def get() -> Got:
        clock.now += 8
        action = await cliq.message_actions.get(ID)
        return action.id, action.name

    async def page(limit: int) -> Got:
        clock.now += 8
        found = await anext(aiter(cliq.message_actions.list(limit=limit).pages()))
        return ends([(item.id, item.name) for item in found.items])

    async def create() -> Got:
        clock.now += 8
        action = await cliq.message_actions.create(**NEW)
        return action.id, action.name

    return AsyncJobs(_our_name(state, orjson), get, page, create)
