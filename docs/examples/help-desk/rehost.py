"""Move webhooks to another address, of all message actions: `python rehost.py https://old.example.com https://new.example.com`."""

import sys
from functools import partial

from zoho_cliq import Cliq, MessageAction
from zoho_cliq.bulk import Bulk


def rehost(cliq: Cliq, old: str, new: str, progress: bool = False) -> Bulk[MessageAction]:
    """Replace the beginning `old` of webhooks' addresses by `new`, as fast as the thresholds allow."""
    moved = {
        action.id: new + action.execution_url.removeprefix(old)
        for action in cliq.message_actions.list()
        if action.execution_url and action.execution_url.startswith(old)
    }
    update = cliq.message_actions.update
    return cliq.bulk([partial(update, each, execution_url=url) for each, url in moved.items()], progress=progress).run()


if __name__ == "__main__":
    with Cliq.from_env() as cliq:
        job = rehost(cliq, old=sys.argv[1], new=sys.argv[2], progress=True)
    sys.exit("\n".join(map(str, job.errors.values())) or None)
