"""The API's paths according to the document, for the tests of mock and suite and for the reference servers."""

from __future__ import annotations

from urllib.parse import urlsplit

from zoho_cliq_api.contract import OPERATIONS, SERVERS
from zoho_cliq_conformance.judge.routes import SAMPLES, variable

BASE_PATH = urlsplit(SERVERS["us"].base_url).path
LISTING, CREATING = OPERATIONS["list_message_actions"].at(), OPERATIONS["create_message_action"].at()


def action_path(identifier: object) -> str:
    """Return the path of an action."""
    return OPERATIONS["get_message_action"].at(action_id=str(identifier))


def handler_path(identifier: object, kind: str = "execution_handler") -> str:
    """Return the path of an action's handler."""
    return OPERATIONS["get_message_action_handler"].at(action_id=str(identifier), handler_type=kind)


IN_PATHS = {variable(name): sample for name, sample in SAMPLES.items()}
"""Variables that give client and suite what paths have come to require, a sample of each: today none."""
