"""A smoke test of an installed wheel: the client against the mock, and a script, with nothing from the checkout."""

import sys
from importlib.metadata import version
from pathlib import Path
from urllib.request import urlopen

import zoho_cliq
import zoho_cliq_api
from zoho_cliq import Cliq
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.control_client import call

CHECKOUT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Create, read, choose and delete an action. Fail if anything was imported from the checkout."""
    for package in (zoho_cliq, zoho_cliq_api):
        installed = Path(str(package.__file__)).resolve()
        if "site-packages" not in installed.parts:
            sys.exit(f"smoke: {package.__name__} comes from {installed.relative_to(CHECKOUT)}, not from the wheel")
    with MockServer() as server, Cliq("1000.owner", base_url=server.url) as cliq:
        action = cliq.message_actions.create(name="Smoke", hint="A first call")
        assert cliq.message_actions.get(action.id).name == "Smoke"
        assert [found.id for found in cliq.message_actions.list()] == [action.id]
        cliq.message_actions.update_handler(action.id, script='return {"text":"Smoke: " + message.get("text")};')
        chosen = call(server.url, server.control_token, "POST", "trigger", {"action": "Smoke", "text": "fire"})
        assert chosen["shown"]["text"] == "Smoke: fire", chosen["shown"]
        page = urlopen(f"{server.control_url}/console/static/main.js").read()
        assert b"EventSource" in page, "the console's files are not in the wheel"
        cliq.message_actions.delete(action.id)
        assert list(cliq.message_actions.list()) == []
    print(f"smoke: zoho_cliq {version('zoho-cliq')} works from its wheel")


if __name__ == "__main__":
    main()
