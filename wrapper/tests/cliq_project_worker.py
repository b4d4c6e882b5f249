"""A process that applies a project and ends itself with SIGKILL at the n-th moment: around a call or a file's rename.

cliq_project_worker.py URL FOLDER N
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from zoho_cliq import Cliq
from zoho_cliq.project import apply, plan, read

moments = 0


def moment() -> None:
    """One more moment; the last one if it is the n-th."""
    global moments
    moments += 1
    if moments == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)


def around(act: Callable[..., Any]) -> Callable[..., Any]:
    """Make the moments before and after a function."""

    def acted(*arguments: Any, **named: Any) -> Any:
        moment()
        result = act(*arguments, **named)
        moment()
        return result

    return acted


os.replace = around(os.replace)
with Cliq("1000.owner", base_url=sys.argv[1], middleware=[lambda request, send: around(send)(request)]) as cliq:
    project = read(sys.argv[2])
    apply(cliq, project, plan(cliq, project, prune=True, replace=True))
print(moments)
