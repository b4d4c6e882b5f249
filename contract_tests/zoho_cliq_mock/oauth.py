"""The rules of the accounts server: `/oauth/v2/token` and `/oauth/v2/token/revoke`.

No HTTP here: form parameters in, status and JSON object out. As on the real accounts server, most refusals have status
200 and an `error` key. The limits are the vendor's: ten requests in ten minutes, and ten live access tokens for each
refresh token.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.directory import Client, Directory, Grant, Permit, full_scope
from zoho_cliq_mock.policies import Policies

LIFETIME_SECONDS = 3600
REQUESTS, REQUEST_WINDOW = 10, 600
LIVE_TOKENS = 10
CODE_SECONDS = 600

Response = tuple[int, dict[str, Any]]


def _fresh() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"


class OAuth:
    """Issues and revokes the access tokens of a directory.

    Args:
        connection: the mock's database, which stores issued tokens.
        directory: the users, clients and tokens; issued tokens are added to it.
        clock: the mock's clock.
        policies: the policies in force.
        new_token: returns a new token. Default: a random one.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        directory: Directory,
        clock: Clock,
        policies: Policies,
        new_token: Callable[[], str] = _fresh,
    ) -> None:
        self.policies = policies
        self.limited = True
        self._connection = connection
        self._directory = directory
        self._clock = clock
        self._new_token = new_token
        self._requests: dict[str, deque[float]] = {}
        self.load(directory)

    def load(self, directory: Directory) -> None:
        """Replace the directory, and add the issued tokens of the database to it."""
        self._directory = directory
        self._requests.clear()
        for token, key, client, scopes in self._connection.execute(
            "SELECT token, user, client, scopes FROM issued WHERE kind = 'refresh'"
        ):
            if key in directory.users:
                directory.permits[token] = Permit(client, directory.users[key], frozenset(scopes.split()))
        for token, key, scopes, expires in self._connection.execute(
            "SELECT token, user, scopes, expires FROM issued WHERE kind = 'access'"
        ):
            if key in directory.users:
                directory.grants[token] = Grant(directory.users[key], frozenset(scopes.split()), expires)

    def token(self, form: Mapping[str, str]) -> Response:
        """Return the response to a token request.

        Args:
            form: the parameters; `grant_type` is refresh_token, authorization_code or client_credentials.
        """
        kind = form.get("grant_type", "")
        client = self._client(form)
        if isinstance(client, str):
            return self._error(client)
        if kind == "refresh_token":
            subject = form.get("refresh_token", "")
            permit = self._directory.permits.get(subject)
        elif kind == "authorization_code":
            subject = form.get("code", "")
            permit = self._directory.codes.get(subject)
        elif kind == "client_credentials":
            subject = client.id
            permit = Permit(client.id, client.user, client.scopes) if client.user else None
        else:
            return self._error("unsupported_grant_type")
        if permit is None or permit.client != client.id:
            return self._error("invalid_code")
        if self._throttled(f"{kind} {subject}"):
            return int(self.policies.oauth_throttle_status), {
                "error": "Access Denied",
                "error_description": "too many token requests; try again later",
                "status": "failure",
            }
        if permit.expires is not None and permit.expires <= self._clock.now():
            return self._error("invalid_code")
        asked = frozenset(full_scope(scope) for scope in form.get("scope", "").replace(",", " ").split())
        if not asked <= permit.scopes:
            return self._error("invalid_scope")
        scopes = asked or permit.scopes
        extra = {}
        if kind == "authorization_code":
            del self._directory.codes[subject]
            subject = extra["refresh_token"] = self._new_token()
            self._directory.permits[subject] = Permit(client.id, permit.user, permit.scopes)
            self._keep("refresh", subject, permit.user.key, client.id, "", permit.scopes, None)
        return 200, self._issue(permit.user.key, client.id, subject, scopes, extra)

    def revoke(self, form: Mapping[str, str]) -> Response:
        """Revoke an access token, or a refresh token with all access tokens issued for it, and return the response.

        Args:
            form: the parameters; `token` is the token.
        """
        token = form.get("token", "")
        if token in self._directory.permits:
            del self._directory.permits[token]
            made = [
                row[0] for row in self._connection.execute("SELECT token FROM issued WHERE made_from = ?", (token,))
            ]
            for each in made:
                self._forget(each)
            self._forget(token)
        elif token in self._directory.grants:
            self._forget(token)
        else:
            return self._error("invalid_token")
        return 200, {"status": "success"}

    def mint(self, user_key: str, scopes: frozenset[str], seconds: float | None) -> str:
        """Return a new access token that has no refresh token, for the control API.

        Args:
            user_key: the key of an existing user.
            scopes: full scopes in lower case.
            seconds: how long it is valid; None for ever.
        """
        token = self._new_token()
        expires = None if seconds is None else self._clock.now() + seconds
        self._directory.grants[token] = Grant(self._directory.users[user_key], scopes, expires)
        self._keep("access", token, user_key, "", "", scopes, expires)
        return token

    def mint_code(self, user_key: str, client: str, scopes: frozenset[str]) -> str:
        """Return a new code for the authorization-code grant, as if the user had given consent.

        It is valid for ten minutes.
        """
        code = self._new_token()
        expires = self._clock.now() + CODE_SECONDS
        self._directory.codes[code] = Permit(client, self._directory.users[user_key], scopes, expires)
        return code

    def _client(self, form: Mapping[str, str]) -> Client | str:
        client = self._directory.clients.get(form.get("client_id", ""))
        if client is None:
            return "invalid_client"
        if not hmac.compare_digest(form.get("client_secret", "").encode(), client.secret.encode()):
            return "invalid_client_secret"
        return client

    def _throttled(self, subject: str) -> bool:
        now = self._clock.now()
        requests = self._requests.setdefault(subject, deque())
        while requests and requests[0] <= now - REQUEST_WINDOW:
            requests.popleft()
        if self.limited and len(requests) >= REQUESTS:
            return True
        requests.append(now)
        return False

    def _issue(
        self, user_key: str, client: str, made_from: str, scopes: frozenset[str], extra: dict[str, Any]
    ) -> dict[str, Any]:
        lifetime = self.policies.access_token_seconds
        token, now = self._new_token(), self._clock.now()
        self._directory.grants[token] = Grant(self._directory.users[user_key], scopes, now + lifetime)
        self._keep("access", token, user_key, client, made_from, scopes, now + lifetime)
        rows = self._connection.execute(
            "SELECT token, expires FROM issued WHERE made_from = ? AND kind = 'access' ORDER BY number", (made_from,)
        ).fetchall()
        live = [row[0] for row in rows if row[1] > now]
        for old in [row[0] for row in rows if row[1] <= now] + live[:-LIVE_TOKENS]:
            self._forget(old)
        expiry: dict[str, int] = {"expires_in": lifetime}
        if self.policies.oauth_expiry == "milliseconds":
            expiry = {"expires_in": lifetime * 1000, "expires_in_sec": lifetime}
        return {
            "access_token": token,
            **extra,
            "api_domain": "https://www.zohoapis.com",
            "token_type": "Bearer",
            **expiry,
        }

    def _keep(
        self,
        kind: str,
        token: str,
        user_key: str,
        client: str,
        made_from: str,
        scopes: frozenset[str],
        expires: float | None,
    ) -> None:
        self._connection.execute(
            "INSERT INTO issued (kind, token, user, client, made_from, scopes, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, token, user_key, client, made_from, " ".join(sorted(scopes)), expires),
        )

    def _forget(self, token: str) -> None:
        self._connection.execute("DELETE FROM issued WHERE token = ?", (token,))
        self._directory.grants.pop(token, None)

    def _error(self, error: str) -> Response:
        return int(self.policies.oauth_error_status), {"error": error}
