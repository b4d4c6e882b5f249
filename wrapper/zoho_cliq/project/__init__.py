"""Message actions as code: a folder describes the wanted state, and an account is made equal to it.

    from zoho_cliq import Cliq
    from zoho_cliq.project import apply, plan, read_checked

    project, warnings = read_checked("actions-of-ours", "production")
    with Cliq.from_env() as cliq:
        wanted = plan(cliq, project)
        print(wanted)
        apply(cliq, project, wanted)

`pull`, `plan`, `apply` and `drift` take a `Cliq`; `pull_async` and so on take an `AsyncCliq`, and do the same. `check`,
`read` and `read_checked` need no client. `pull` needs the extra `cli`. `wrapper/README.md` describes the commands of
`zoho-cliq` that use this package.
"""

from .checking import check, read_checked
from .commands import (
    apply,
    apply_async,
    drift,
    drift_async,
    plan,
    plan_async,
    pull,
    pull_async,
)
from .configuration import Configuration, Environment
from .drifting import Drift, Drifted
from .gathering import Progress
from .kept import keep, kept_plan
from .mistakes import AccountChanged, Applied, FolderBusy, Incomplete, Mistake, ProjectError
from .model import AccountAction, DesiredAction, Entry, Lock
from .planner import make_plan
from .plans import Change, FieldChange, Left, Plan
from .pulling import Pulled
from .reading import Project, read
from .schemas import action_schema, configuration_schema
from .steps import Step

__all__ = [
    "AccountAction",
    "AccountChanged",
    "Applied",
    "Change",
    "Configuration",
    "DesiredAction",
    "Drift",
    "Drifted",
    "Entry",
    "Environment",
    "FieldChange",
    "FolderBusy",
    "Incomplete",
    "Left",
    "Lock",
    "Mistake",
    "Plan",
    "Progress",
    "Project",
    "ProjectError",
    "Pulled",
    "Step",
    "action_schema",
    "apply",
    "apply_async",
    "check",
    "configuration_schema",
    "drift",
    "drift_async",
    "keep",
    "kept_plan",
    "make_plan",
    "plan",
    "plan_async",
    "pull",
    "pull_async",
    "read",
    "read_checked",
]
