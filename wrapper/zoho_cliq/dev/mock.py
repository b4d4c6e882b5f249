"""The mock server as a separate process: its arguments, and calls of its control API.

Nothing of the mock is imported. The calls use `http.client`, which ignores proxies, so the control token never leaves
this machine.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
from typing import Any
from urllib.parse import urlsplit

from ..errors import CliqError, ConfigurationError

MODULE = "zoho_cliq_mock"
TOKEN_VARIABLE = "ZOHO_CLIQ_MOCK_CONTROL"
READY = "listening on "
"""The start of the mock's first line of output; the base URL of the API follows."""
_TIMEOUT = 120.0  # seconds; an event may be sent to a receiver that takes long


class MockRefused(CliqError):
    """A call of the control API was refused, or not answered."""


def arguments(port: int) -> list[str]:
    """Return module and arguments of the mock. Raise ConfigurationError if it is not installed."""
    if importlib.util.find_spec(MODULE) is None:
        raise ConfigurationError("zoho-cliq dev needs the mock server: pip install '.[dev]' in a checkout of zoho-cliq")
    return [MODULE, "--port", str(port), "--quiet", "--no-thresholds"]


class Mock:
    """A mock server that answers at a base URL."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.address = base_url.removesuffix("/api/v3")
        self._token = token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API, and return the data of the answer. Raise MockRefused."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_TIMEOUT)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, f"/_mock/{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            data = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise MockRefused(f"the mock does not answer ({error or type(error).__name__})") from None
        finally:
            connection.close()
        if answer.status != 200:
            raise MockRefused(str(data["message"]))
        return data

    def new_link(self) -> str:
        """Return a link to the page, which is valid once."""
        return f"{self.address}{self.call('POST', 'links')['path']}"

    def new_token(self) -> str:
        """Return an access token of the first user, with every scope."""
        return str(self.call("POST", "tokens", {})["token"])
