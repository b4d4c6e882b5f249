"""Access tokens: refreshed early, once, and after a 401; the accounts server's odd answers; files and environment."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from cliq_fakes import BASE_URL, TOKEN, Scripted, action, enveloped, refused
from zoho_cliq import AsyncCliq, Cliq, OAuth, StaticToken, errors
from zoho_cliq._auth import grants as grants_module
from zoho_cliq._auth.grants import Grant, data_center_of, grant_of, usable_life
from zoho_cliq._http.user_client import ClientTransport
from zoho_cliq._types import RawResponse, Secret
from zoho_cliq.clock import SystemClock
from zoho_cliq.state import Denial, Permit, StoredToken
from zoho_cliq.state.memory import MemoryState
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import SERVERS

SCOPES = ("ZohoCliq.MessageActions.READ", "ZohoCliq.MessageActions.CREATE")
SECRET, REFRESH = f"{TOKEN}-secret", f"{TOKEN}-refresh"
GOOD = enveloped(action(5))


def oauth(**more: Any) -> OAuth:
    return OAuth("1000.CLIENT", SECRET, REFRESH, **{"accounts_url": "https://accounts.test", **more})


class Accounts(Scripted):
    """A server that issues numbered tokens at the accounts host, and accepts those that it has not revoked."""

    def __init__(self) -> None:
        super().__init__()
        self.issued = 0
        self.revoked: set[str] = set()
        self.token_answers: list[Any] = []
        self.mutex = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("accounts"):
            with self.mutex:
                self.requests.append(request)
                if self.token_answers:
                    answer = self.token_answers.pop(0)
                    if isinstance(answer, BaseException):
                        raise answer
                    return answer  # type: ignore[no-any-return]
                self.issued += 1
                return token_answer(f"{TOKEN}.{self.issued}")
        given = request.headers["authorization"].removeprefix("Bearer ")
        if given in self.revoked or not given.startswith(TOKEN + "."):
            return refused(401)
        return super().__call__(request)


def token_answer(token: str = TOKEN + ".x", **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"access_token": token, "expires_in": 3600, "token_type": "Bearer"} | more)


@pytest.fixture
def server() -> Accounts:
    accounts = Accounts()
    accounts.answer(GOOD)
    return accounts


def get(cliq: Cliq) -> str:
    return cliq.message_actions.get("5").id


def test_token_is_fetched_once_and_used_until_shortly_before_its_end(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock
) -> None:
    cliq = make(oauth())
    get(cliq)
    get(cliq)
    clock.now += 3539
    get(cliq)
    assert server.issued == 1
    clock.now += 2
    get(cliq)
    assert server.issued == 2
    request = server.requests[0]
    assert str(request.url) == "https://accounts.test/oauth/v2/token"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": [REFRESH],
        "client_id": ["1000.CLIENT"],
        "client_secret": [SECRET],
    }


def test_token_is_shared_through_the_state(make: Callable[..., Cliq], server: Accounts, tmp_path: Path) -> None:
    for _ in range(3):
        get(make(oauth(), state=tmp_path / "state.db"))
    assert server.issued == 1


def test_refused_token_is_renewed_once(make: Callable[..., Cliq], server: Accounts) -> None:
    cliq = make(oauth())
    get(cliq)
    server.revoked.add(f"{TOKEN}.1")
    assert cliq.message_actions.create(name="Note", hint="Keep it").id == "5"
    assert server.issued == 2
    server.revoked |= {f"{TOKEN}.{number}" for number in range(9)}
    with pytest.raises(errors.Unauthorized) as caught:
        get(cliq)
    assert isinstance(caught.value, errors.AuthError)
    assert server.issued == 3


def test_scope_that_is_missing_is_no_reason_to_renew(make: Callable[..., Cliq], server: Accounts) -> None:
    server.answer(refused(401, "oauthtoken_scope_invalid"))
    with pytest.raises(errors.ScopeInvalid):
        get(make(oauth()))
    assert server.issued == 1


def test_token_renewed_by_another_is_taken_from_the_state(
    make: Callable[..., Cliq], server: Accounts, tmp_path: Path
) -> None:
    one, other = (make(oauth(), state=tmp_path / "state.db") for _ in range(2))
    get(one)
    get(other)
    server.revoked.add(f"{TOKEN}.1")
    get(one)
    get(other)
    assert server.issued == 2


@pytest.mark.parametrize("where", [None, "state.db"])
def test_sixteen_threads_renew_once(
    make: Callable[..., Cliq], server: Accounts, tmp_path: Path, where: str | None
) -> None:
    cliq = make(oauth(), state=where and tmp_path / where, clock=None)
    get(cliq)
    server.revoked.add(f"{TOKEN}.1")
    barrier, found = threading.Barrier(16), []

    def work(number: int) -> None:
        barrier.wait()
        actions = cliq.message_actions
        kinds = [
            actions.list().first,
            actions.list().first,
            lambda: actions.get("5"),
            lambda: actions.update("5", hint="x"),
        ]
        made = kinds[number % 4]()  # each is sent twice; together they stay below every threshold
        found.append(made.id if made else "")

    server.answer(lambda request: enveloped([action(5)]) if "limit" in request.url.params else GOOD)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["5"] * 16
    assert server.issued == 2


def test_sixteen_tasks_renew_once(make_async: Callable[..., AsyncCliq], server: Accounts) -> None:
    async def main() -> list[Any]:
        async with make_async(oauth(), clock=None) as cliq:
            return await asyncio.gather(*(cliq.message_actions.list().first() for _ in range(16)))

    server.answer(enveloped([action(5)]))
    assert [found.id for found in asyncio.run(main())] == ["5"] * 16
    assert server.issued == 1


def test_the_lease_of_a_dead_holder_is_waited_for(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock
) -> None:
    cliq = make(oauth(), max_wait=200)
    cliq._state.acquire(cliq._engine.account, "a process that crashed", 60)
    get(cliq)
    assert sum(clock.slept) == pytest.approx(60, abs=0.5)
    brief = make(oauth(), account="somebody else", max_wait=0.01)
    brief._state.acquire(brief._engine.account, "another", 60)
    with pytest.raises(errors.WouldWait) as caught:
        get(brief)
    assert caught.value.reason == "token"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("code", ["invalid_code", "invalid_client", "something_new", 5])
def test_refused_refresh_token_is_an_auth_error(
    make: Callable[..., Cliq], server: Accounts, status: int, code: Any
) -> None:
    server.token_answers = [httpx.Response(status, json={"error": code})]
    with pytest.raises(errors.AuthError) as caught:
        get(make(oauth()))
    assert caught.value.code == (code if isinstance(code, str) else None)
    assert caught.value.operation == "get_message_action"
    assert SECRET not in str(caught.value)
    assert REFRESH not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"access_token": 5}', b'{"access_token": "a b"}'])
def test_an_unusable_answer_of_the_accounts_server_is_refused(
    make: Callable[..., Cliq], server: Accounts, body: bytes
) -> None:
    server.token_answers = [httpx.Response(200, content=body)]
    with pytest.raises((errors.AuthError, errors.ConfigurationError)):
        get(make(oauth()))


def test_throttled_token_endpoint_is_left_alone_for_ten_minutes(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock, tmp_path: Path
) -> None:
    denied = {"error": "Access Denied", "error_description": "too many", "status": "failure"}
    server.token_answers = [httpx.Response(400, json=denied)]
    with pytest.raises(errors.AuthError, match="ten minutes"):
        get(make(oauth(), state=tmp_path / "s.db"))
    with pytest.raises(errors.WouldWait, match=r"would wait 600\.0 s for the lock, but") as caught:
        get(make(oauth(), state=tmp_path / "s.db"))
    assert caught.value.reason == "token"
    assert len(server.requests) == 1
    assert get(make(oauth(), state=tmp_path / "s.db", max_wait=700)) == "5"
    assert sum(clock.slept) == pytest.approx(600)


@pytest.mark.parametrize("fault", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.Response(503)])
def test_a_failing_accounts_server_is_asked_again(make: Callable[..., Cliq], server: Accounts, fault: Any) -> None:
    server.token_answers = [fault]
    assert get(make(oauth())) == "5"
    server.token_answers = [fault] * 3
    with pytest.raises((errors.TransportError, errors.AuthError)):
        get(make(oauth(), account="somebody else"))


def test_state_that_fails_to_keep_the_token_does_not_lose_it(
    make: Callable[..., Cliq], server: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise errors.StateError("gone")

    for name in ("store_token", "free"):
        monkeypatch.setattr(MemoryState, name, broken)
    assert get(make(oauth())) == "5"


def test_lease_is_given_back_when_refreshing_fails(make: Callable[..., Cliq], server: Accounts) -> None:
    cliq = make(oauth())
    server.token_answers = [httpx.Response(200, json={"error": "invalid_code"})]
    with pytest.raises(errors.AuthError):
        get(cliq)
    assert get(cliq) == "5"


def test_a_token_that_expires_while_waiting_for_a_slot_is_renewed(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock
) -> None:
    cliq = make(oauth())
    for _ in range(10):
        get(cliq)
    clock.now += 0.5
    kept = cliq._engine.tokens._kept  # type: ignore[attr-defined]
    clock.now = kept.expires_at - 1
    for _ in range(11):
        get(cliq)
    assert server.issued == 2


@pytest.mark.parametrize(
    ("fields", "life"),
    [
        ({"expires_in": 3600}, 3540),
        ({"expires_in": 3_600_000}, 3540),
        ({"expires_in": 3_600_000, "expires_in_sec": 3600}, 3540),
        ({"expires_in": 100}, 90),
        ({}, 3540),
        ({"expires_in": "soon"}, 3540),
        ({"expires_in": True}, 3540),
        ({"expires_in": 0}, 3540),
        ({"expires_in": -3600}, 3540),
        ({"expires_in": "3600"}, 3540),
        ({"expires_in": "-1"}, 3540),
        ({"expires_in": [3600]}, 3540),
        ({"expires_in": float("nan")}, 3540),
        ({"expires_in": float("inf")}, 3540),
        ({"expires_in": "Infinity"}, 3540),
        ({"expires_in": 10**400}, 3540),
        ({"expires_in": "9" * 400}, 3540),
        ({"expires_in_sec": "soon", "expires_in": 100}, 90),
        ({"expires_in": 1e-9}, 60),
        ({"expires_in": 61}, 60),
        ({"expires_in": 10**15}, 86_340),
        ({"expires_in": 86_400}, 86_340),
    ],
)
def test_lifetimes(fields: dict[str, Any], life: float) -> None:
    assert usable_life(fields) == life


@pytest.mark.parametrize(
    "life", ["1e-9", "0", "-1", "1", "9" * 400, "9" * 5000, "Infinity", "-Infinity", "NaN", "true", "null", '"x"']
)
def test_token_is_used_whatever_is_said_of_its_life(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock, life: str
) -> None:
    body = f'{{"access_token": "{TOKEN}.1", "expires_in": {life}}}'.encode()
    server.token_answers = [httpx.Response(200, content=body)]
    cliq = make(oauth())
    for _ in range(10):
        get(cliq)
    assert len(server.requests) == 11, "one token for ten calls"
    kept = cliq._state.load_token(cliq._engine.account)
    assert kept is not None
    assert clock.time() + 60 <= kept.expires_at <= clock.time() + 86_400


@pytest.mark.parametrize("void", [2, 3])
def test_rejected_token_that_is_given_again_is_not_asked_for_again(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, void: int
) -> None:
    """Neither for a slot that became void before it was used, nor for another attempt."""
    reserve, slots = MemoryState.reserve, []

    def slow(self: MemoryState, account: str, operation: str, *arguments: Any) -> Permit | Denial:
        outcome = reserve(self, account, operation, *arguments)
        if operation == "get_message_action":
            slots.append(outcome)
            clock.now += 7 if len(slots) == void else 0
        return outcome

    monkeypatch.setattr(MemoryState, "reserve", slow)
    server.token_answers = [token_answer(f"{TOKEN}.1") for _ in range(5)]
    server.answer(refused(401), refused(503), GOOD)
    assert get(make(oauth())) == "5"
    assert len(slots) == 4
    assert len(server.token_answers) == 3


@pytest.mark.parametrize(
    ("ending", "center"),
    [
        ("com", "us"),
        ("eu", "eu"),
        ("in", "in"),
        ("com.au", "au"),
        ("jp", "jp"),
        ("ca", "ca"),
        ("sa", "sa"),
        ("uk", "uk"),
        ("com.cn", "cn"),
        ("ae", "ae"),
    ],
)
def test_api_domain_is_mapped_to_its_data_center(ending: str, center: str) -> None:
    assert data_center_of(f"https://www.zohoapis.{ending}") == center
    assert center in SERVERS


@pytest.mark.parametrize(
    "domain", [None, 5, "", "https://[", "https://evil.test", "https://www.zohoapis.com.evil.test"]
)
def test_other_api_domains_map_to_no_data_center(domain: Any) -> None:
    assert data_center_of(domain) is None


def test_account_in_another_data_center_is_told(make: Callable[..., Cliq], server: Accounts) -> None:
    server.token_answers = [token_answer(api_domain="https://www.zohoapis.eu")]
    with pytest.raises(errors.ConfigurationError, match="data_center='eu'"):
        get(make(oauth(accounts_url=None), base_url=None))
    server.token_answers = [token_answer(TOKEN + ".x", api_domain="https://www.zohoapis.eu")]
    assert get(make(oauth())) == "5", "an explicit base_url decides"


def test_callable_is_asked_for_every_attempt_and_needs_an_account(make: Callable[..., Cliq], server: Accounts) -> None:
    given = iter([f"{TOKEN}.1", f"{TOKEN}.2", f"{TOKEN}.3", f"{TOKEN}.3"])
    server.revoked.add(f"{TOKEN}.2")
    cliq = make(lambda: next(given), account="me")
    get(cliq)
    get(cliq)
    assert [request.headers["authorization"][-1] for request in server.requests] == ["1", "3"], "2 was refused"
    with pytest.raises(errors.ConfigurationError, match="account="):
        make(lambda: TOKEN)
    with pytest.raises(errors.ConfigurationError, match="access token"):
        get(make(lambda: None, account="me"))


def test_callable_may_be_asynchronous(make_async: Callable[..., AsyncCliq], server: Accounts) -> None:
    async def supply() -> str:
        await asyncio.sleep(0)
        return f"{TOKEN}.1"

    async def main() -> str:
        async with make_async(supply, account="me") as cliq:
            return (await cliq.message_actions.get("5")).id

    assert asyncio.run(main()) == "5"


def test_code_is_exchanged_for_a_refresh_token(server: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    through = ClientTransport(httpx.Client(transport=httpx.MockTransport(server)), SystemClock())
    monkeypatch.setattr("zoho_cliq._http.threads.Transport", lambda: through)
    server.token_answers = [token_answer(refresh_token=REFRESH, api_domain="https://www.zohoapis.in")]
    auth = OAuth.from_code("code", client_id="c", client_secret=SECRET, redirect_uri="https://me.test/")
    assert auth.refresh_token.reveal() == REFRESH
    assert auth.data_center == "in"
    form = parse_qs(server.requests[0].content.decode())
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == (
        ["authorization_code"],
        ["code"],
        ["https://me.test/"],
    )
    server.token_answers = [token_answer()]
    with pytest.raises(errors.AuthError, match="offline"):
        OAuth.from_code("code", client_id="c", client_secret=SECRET)


def test_credentials_are_kept_in_a_file_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "credentials.json"
    auth = oauth(data_center="eu")
    auth.save(path)
    auth.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["credentials.json"]
    again = OAuth.from_file(path)
    assert again.identity() == auth.identity()
    assert (again.data_center, again.accounts_url) == ("eu", "https://accounts.test")


@pytest.mark.parametrize("content", [None, "", "[]", "{}", json.dumps({"client_id": "x"})])
def test_file_that_holds_no_credentials_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "credentials.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(errors.ConfigurationError, match="zoho-cliq login"):
        OAuth.from_file(path)


def test_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(errors.ConfigurationError, match="cannot write"):
        oauth().save(tmp_path / "taken" / "credentials.json")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(errors.ConfigurationError, match="cannot write"):
        oauth().save(folder)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "taken"]


def test_token_that_came_while_the_lease_was_taken_is_used(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cliq = make(oauth())
    acquire = MemoryState.acquire

    def overtaken(self: MemoryState, lease: str, owner: str, seconds: float) -> bool:
        self.store_token(lease, StoredToken(Secret(f"{TOKEN}.theirs"), clock.time() + 60))
        return acquire(self, lease, owner, seconds)

    monkeypatch.setattr(MemoryState, "acquire", overtaken)
    get(cliq)
    assert server.issued == 0


def test_secrets_are_not_shown() -> None:
    assert TOKEN not in repr(StaticToken(TOKEN))
    shown = (
        repr(oauth()) + repr(vars(oauth())) + str(oauth().client_secret) + repr(StoredToken(oauth().refresh_token, 1))
    )
    assert SECRET not in shown
    assert REFRESH not in shown
    with pytest.raises(TypeError):
        oauth().client_secret.__reduce__()
    assert oauth().identity() == oauth().identity() != OAuth("other", SECRET, REFRESH).identity()
    assert len({oauth().client_secret, oauth().client_secret, oauth().refresh_token}) == 2


@pytest.mark.parametrize("missing", ["client_id", "client_secret", "refresh_token"])
def test_oauth_needs_its_parts(missing: str) -> None:
    parts: dict[str, Any] = {"client_id": "a", "client_secret": "b", "refresh_token": "c"} | {missing: ""}
    with pytest.raises(errors.ConfigurationError, match=missing):
        OAuth(**parts)


def test_lease_of_a_holder_that_is_gone_is_shorter_than_the_usual_wait(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed while it fetches a token gives nothing back; whatever its timeout was."""
    server.token_answers = [KeyboardInterrupt()]
    cliq = make(oauth(), timeout=600)
    with monkeypatch.context() as killed:
        killed.setattr("zoho_cliq.state.held.HeldLease.give_back", lambda lease: None)
        with pytest.raises(KeyboardInterrupt):
            get(cliq)
    get(cliq)
    assert sum(clock.slept) == pytest.approx(20, abs=0.3)


def test_lease_that_ended_during_a_wait_is_not_used(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the holder waits for the accounts server's threshold, another client takes the lease and gets a token."""
    cliq = make(oauth(), max_wait=1000)
    key = cliq._engine.account
    for _ in range(grants_module.THRESHOLD.limit):
        permit = cliq._state.reserve(f"{key} token", grants_module.OPERATION, grants_module.THRESHOLD, 1)
        assert isinstance(permit, Permit)
        cliq._state.settle(permit)
    sleep = clock.sleep

    def overtaken(seconds: float) -> None:
        sleep(seconds)
        if len(clock.slept) == 1:
            assert cliq._state.acquire(key, "another", 1)
        else:
            cliq._state.store_token(key, StoredToken(Secret(f"{TOKEN}.theirs"), clock.time() + 60))

    monkeypatch.setattr(clock, "sleep", overtaken)
    get(cliq)
    assert server.issued == 0
    assert len(clock.slept) == 2


def test_an_expired_token_slot_is_released(
    make: Callable[..., Cliq], server: Accounts, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cliq = make(oauth())
    reserve, leaves = MemoryState.reserve, []

    def slow(self: MemoryState, *arguments: Any) -> Permit | Denial:
        outcome = reserve(self, *arguments)
        leaves.append(outcome)
        clock.now += 7 if len(leaves) == 1 else 0
        return outcome

    monkeypatch.setattr(MemoryState, "reserve", slow)
    get(cliq)
    assert server.issued == 1
    assert len(leaves) == 3
    token_key = f"{cliq._engine.account} token"
    assert cliq._state.budget(token_key, grants_module.OPERATION, grants_module.THRESHOLD).remaining == 9


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigurationError, match="set ZOHO_CLIQ_CLIENT_ID"):
        Cliq.from_env()
    for name, value in {
        "CLIENT_ID": "c",
        "CLIENT_SECRET": SECRET,
        "REFRESH_TOKEN": REFRESH,
        "DATA_CENTER": "ca",
    }.items():
        monkeypatch.setenv(f"ZOHO_CLIQ_{name}", value)
    monkeypatch.setenv("ZOHO_CLIQ_STATE", str(tmp_path / "state.db"))
    assert OAuth.from_env().accounts_url == "https://accounts.zohocloud.ca"
    with Cliq.from_env() as cliq:
        assert cliq._engine.base_url == "https://cliq.zohocloud.ca/api/v3"
        assert (tmp_path / "state.db").exists()
    monkeypatch.setenv("ZOHO_CLIQ_ACCOUNTS_URL", "https://accounts.test/")
    assert OAuth.from_env().accounts_url == "https://accounts.test"
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", TOKEN)
    monkeypatch.setenv("ZOHO_CLIQ_BASE_URL", BASE_URL)
    with Cliq.from_env(state=None, max_wait=1) as cliq:
        assert cliq._engine.base_url == BASE_URL
        assert cliq._options.max_wait == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data_center": "mars"}, "unknown data center 'mars'"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"max_wait": -1}, "max_wait"),
        ({"base_url": "cliq.zoho.com"}, "base_url"),
        ({"base_url": "http://cliq.test:99999/api/v3"}, "base_url"),
        ({"base_url": "http://[/api/v3"}, "base_url"),
        ({"base_url": "https://user@cliq.zoho.com/api/v3"}, "base_url"),
        ({"data_center": "mars", "base_url": BASE_URL}, "unknown data center 'mars'"),
        ({"auth": None}, r"auth must be an access token, .*, not a NoneType"),
        ({"auth": ("a", "b"), "account": "me"}, r"auth must be an access token, .*, not a tuple"),
        ({"auth": ""}, "access token"),
        ({"auth": "a b"}, "access token"),
        ({"auth": "naïve"}, "access token"),
        ({"auth": OAuth("a", "b", "c", data_center="eu"), "data_center": "in"}, "data center eu"),
        ({"auth": OAuth("a", "b", "c"), "data_center": "in"}, "pass data_center to OAuth"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=words):
        Cliq(**{"auth": TOKEN, **settings})


@pytest.mark.parametrize("center", SERVERS)
def test_every_data_center_has_its_hosts(center: str) -> None:
    auth = OAuth("a", "b", "c", data_center=center)
    assert auth.accounts_url == SERVERS[center].accounts_url
    with Cliq(auth) as cliq:
        assert cliq._engine.base_url == SERVERS[center].base_url
    with Cliq(TOKEN, data_center=center) as cliq:
        assert repr(cliq) == f"Cliq(base_url={SERVERS[center].base_url!r})"


def test_own_threshold_of_the_accounts_server_is_kept(make: Callable[..., Cliq], server: Accounts) -> None:
    cliq = make(oauth())
    account = f"{cliq._engine.account} token"
    for _ in range(grants_module.THRESHOLD.limit):
        cliq._state.reserve(account, grants_module.OPERATION, grants_module.THRESHOLD, 1)
    assert isinstance(cliq._state.reserve(account, grants_module.OPERATION, grants_module.THRESHOLD, 1), Denial)
    with pytest.raises(errors.WouldWait, match="token requests"):
        get(cliq)


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("ZohoCliq.A.READ ZohoCliq.B.READ", ("ZohoCliq.A.READ", "ZohoCliq.B.READ")),
        ("ZohoCliq.A.READ,ZohoCliq.B.READ", ("ZohoCliq.A.READ", "ZohoCliq.B.READ")),
        ("ZohoCliq.\x1bA.READ é", None),
        ("", None),
        (None, None),
        (["ZohoCliq.A.READ"], None),
    ],
)
def test_the_scopes_of_an_answer_are_read(scope: Any, found: Any) -> None:
    answer = RawResponse("oauth_token", 200, {}, json.dumps({"access_token": "x", "scope": scope}).encode())
    grant = grant_of(answer)
    assert isinstance(grant, Grant)
    assert grant.scopes == found


def test_scopes_are_kept_with_the_credentials(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    for scopes in (None, SCOPES):
        OAuth("id", "secret", "refresh", scopes=scopes).save(path)
        assert OAuth.from_file(path).scopes == scopes
    old = json.loads(path.read_text())
    del old["scopes"]
    path.write_text(json.dumps(old))
    assert OAuth.from_file(path).scopes is None
    for wrong in ("text", 5, [5]):
        with pytest.raises(errors.ConfigurationError, match="scopes must be a list of texts"):
            OAuth("id", "secret", "refresh", scopes=wrong)  # type: ignore[arg-type]


def test_an_accounts_server_of_another_data_center_is_refused() -> None:
    with pytest.raises(errors.ConfigurationError, match="belongs to the data center us, but data_center is eu"):
        OAuth("id", "secret", "refresh", "eu", "https://accounts.zoho.com/")
    assert OAuth("id", "secret", "refresh", "eu", "https://accounts.zoho.eu").data_center == "eu"
    assert OAuth("id", "secret", "refresh", "eu", "https://accounts.example.com").data_center == "eu"


def test_the_data_center_of_a_code_is_that_of_its_accounts_server(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = (Secret("1000.refresh"), Grant(Secret("-"), None, 60.0, "in"))
    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", lambda *_: answer)
    for given, found in (
        ({}, "in"),
        ({"accounts_url": "https://accounts.example.com"}, "in"),
        ({"accounts_url": "https://accounts.zoho.eu"}, "eu"),
        ({"data_center": "eu"}, "eu"),
    ):
        assert OAuth.from_code("code", client_id="id", client_secret="s", **given).data_center == found
