"""The accounts server: grants, lifetimes, limits and refusals, as the vendor and published reports describe them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from api_paths import LISTING, action_path
from zoho_cliq_mock import MockServer, create_app

REFRESH = {
    "grant_type": "refresh_token",
    "client_id": "1000.DEMO",
    "client_secret": "demo-secret",
    "refresh_token": "1000.owner-refresh",
}


def token(mock: MockServer, **changes: str) -> dict[str, Any]:
    answer = httpx.post(f"{mock.accounts_url}/oauth/v2/token", data={**REFRESH, **changes})
    body: dict[str, Any] = answer.json()
    return body


def status(mock: MockServer, access_token: str) -> int:
    headers = {"Authorization": f"Zoho-oauthtoken {access_token}"}
    return httpx.get(f"{mock.url}{LISTING}", headers=headers).status_code


def test_a_refresh_token_gives_an_access_token_for_an_hour(mock: MockServer, control: httpx.Client) -> None:
    control.post("/clock", json={"freeze": 1_800_000_000})
    answer = token(mock)
    assert {key: answer[key] for key in ("expires_in", "token_type", "api_domain")} == {
        "expires_in": 3600,
        "token_type": "Bearer",
        "api_domain": "https://www.zohoapis.com",
    }
    assert status(mock, answer["access_token"]) == 200
    control.post("/clock", json={"advance": 3599})
    assert status(mock, answer["access_token"]) == 200
    control.post("/clock", json={"advance": 1})
    assert status(mock, answer["access_token"]) == 401


def test_parameters_may_stand_in_the_query(mock: MockServer) -> None:
    assert "access_token" in httpx.post(f"{mock.accounts_url}/oauth/v2/token", params=REFRESH).json()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "x"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client_secret"),
        ({"refresh_token": "x"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_code"),
        ({"grant_type": "client_credentials"}, "invalid_code"),
        ({"scope": "ZohoCliq.Channels.READ"}, "invalid_scope"),
    ],
)
def test_a_refusal_is_status_200_with_an_error(mock: MockServer, changes: dict[str, str], error: str) -> None:
    answer = httpx.post(f"{mock.accounts_url}/oauth/v2/token", data={**REFRESH, **changes})
    assert (answer.status_code, answer.json()) == (200, {"error": error})


def test_a_requested_scope_narrows_the_token(mock: MockServer) -> None:
    narrow = token(mock, scope="zohocliq.messageactions.create")["access_token"]
    assert status(mock, narrow) == 403
    assert status(mock, token(mock, scope="ZohoCliq.MessageActions.READ")["access_token"]) == 200


def test_the_oldest_of_more_than_ten_live_tokens_is_revoked(mock: MockServer, control: httpx.Client) -> None:
    tokens = [token(mock)["access_token"] for _ in range(10)]
    assert token(mock) == {
        "error": "Access Denied",
        "error_description": "too many token requests; try again later",
        "status": "failure",
    }
    control.post("/clock", json={"advance": 600.5})
    tokens.append(token(mock)["access_token"])
    assert [status(mock, each) for each in tokens] == [401] + [200] * 10


def test_a_code_is_valid_once_and_returns_a_refresh_token(mock: MockServer, control: httpx.Client) -> None:
    code = control.post("/codes", json={"user": "colleague", "client_id": "1000.DEMO"}).json()["code"]
    first = token(mock, grant_type="authorization_code", code=code)
    assert status(mock, first["access_token"]) == 200
    assert token(mock, grant_type="authorization_code", code=code) == {"error": "invalid_code"}
    assert status(mock, token(mock, refresh_token=first["refresh_token"])["access_token"]) == 200
    late = control.post("/codes", json={"user": "colleague", "client_id": "1000.DEMO"}).json()["code"]
    control.post("/clock", json={"advance": 601})
    assert token(mock, grant_type="authorization_code", code=late) == {"error": "invalid_code"}


def test_client_credentials_give_the_tokens_of_the_clients_user() -> None:
    seed = {
        "organizations": [{"id": "1"}],
        "users": [{"key": "ann", "id": "11", "name": "Ann", "organization": "1"}],
        "clients": [{"client_id": "c", "client_secret": "s", "user": "ann", "scopes": ["READ"]}],
    }
    with MockServer(seed=seed) as mock:
        answer = token(mock, grant_type="client_credentials", client_id="c", client_secret="s")
        assert status(mock, answer["access_token"]) == 200
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        assert httpx.delete(f"{mock.url}{action_path(1)}", headers=headers).status_code == 403


def test_revoking_a_refresh_token_revokes_its_access_tokens(mock: MockServer) -> None:
    revoke = f"{mock.accounts_url}/oauth/v2/token/revoke"
    one, two = token(mock)["access_token"], token(mock)["access_token"]
    assert httpx.post(revoke, params={"token": one}).json() == {"status": "success"}
    assert (status(mock, one), status(mock, two)) == (401, 200)
    assert httpx.post(revoke, data={"token": "1000.owner-refresh"}).json() == {"status": "success"}
    assert status(mock, two) == 401
    assert token(mock) == {"error": "invalid_code"}
    assert httpx.post(revoke, data={"token": "x"}).json() == {"error": "invalid_token"}
    mock.reset()
    assert "access_token" in token(mock)


@pytest.mark.parametrize(("method", "path", "expected"), [("GET", "/oauth/v2/token", 405), ("POST", "/oauth/x", 404)])
def test_other_paths_and_methods(mock: MockServer, method: str, path: str, expected: int) -> None:
    answer = httpx.request(method, mock.accounts_url + path)
    assert answer.status_code == expected
    assert set(answer.json()) == {"message", "code"}


def test_a_huge_form_is_refused(mock: MockServer) -> None:
    answer = httpx.post(f"{mock.accounts_url}/oauth/v2/token", content=b"a=" + b"x" * 100_000)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_issued_tokens_outlive_a_restart(tmp_path: Any) -> None:
    path = str(tmp_path / "mock.db")
    with MockServer(path) as mock:
        issued = token(mock)["access_token"]
        minted = mock.app.state.oauth.mint("colleague", frozenset({"zohocliq.messageactions.read"}), None)
        assert status(mock, issued) == 200
    with MockServer(path) as mock:
        assert status(mock, issued) == 200
        assert status(mock, minted) == 200


def test_no_secret_is_shown() -> None:
    app = create_app()
    shown = repr(app.state.directory)
    assert "1000.owner" not in shown
    assert "demo-secret" not in shown
    app.state.close()
