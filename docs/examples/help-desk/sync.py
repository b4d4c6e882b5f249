"""Keep a file in step with the account's message actions: `python sync.py actions.json`, as often as you like."""

import json
import sys
from pathlib import Path
from typing import Any

from zoho_cliq import Cliq


def sync(cliq: Cliq, file: Path) -> dict[str, Any]:
    """Bring the file up to date, and return the actions by id. Only what has changed since the last time is fetched."""
    known: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {"token": None, "actions": {}}
    changes = cliq.message_actions.changes(since=known["token"])
    changed = {action.id: action.to_dict() for action in changes}
    actions: dict[str, Any] = changed if changes.full else known["actions"] | changed
    for gone in changes.deleted:
        actions.pop(gone, None)
    file.write_text(json.dumps({"token": changes.sync_token, "actions": actions}, indent=1), "utf-8")
    return actions


if __name__ == "__main__":
    with Cliq.from_env() as cliq:
        for action_id, action in sync(cliq, Path(sys.argv[1])).items():
            print(action_id, action["name"])
