"""The API's paths according to the document, for the tests of mock and suite and for the reference servers."""

from __future__ import annotations

from urllib.parse import urlsplit

from zoho_cliq_api.contract import OPERATIONS, SERVERS

BASE_PATH = urlsplit(SERVERS["us"].base_url).path
LISTING, CREATING = OPERATIONS["list_message_actions"].at(), OPERATIONS["create_message_action"].at()


def action_path(identifier: object) -> str:
    """Return the path of an action."""
    return OPERATIONS["get_message_action"].at(action_id=str(identifier))


def handler_path(identifier: object, kind: str = "execution_handler") -> str:
    """Return the path of an action's handler."""
    return OPERATIONS["get_message_action_handler"].at(action_id=str(identifier), handler_type=kind)


GIVEN = ("action_id", "handler_type")
"""Arguments for the parameters of paths that tests, examples and the demonstration give."""
IN_PATHS = {
    f"ZOHO_CLIQ_PATH_{each.argument.upper()}": each.sample
    for operation in OPERATIONS.values()
    for each in operation.parameters
    if each.argument not in GIVEN
}
"""Variables that give the client what paths have come to require beside them, a sample of each: today none."""
