"""The public functions pull, plan, apply and drift, for `Cliq` and for `AsyncCliq`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..client import AsyncCliq, Cliq
from ..errors import ConfigurationError
from .applying import carried_out
from .drifting import Drift, drifted
from .effects import Steps, run, run_async
from .files import alone_in
from .gathering import OnProgress, gathered
from .mistakes import Applied, Incomplete
from .planner import make_plan
from .plans import Plan
from .pulling import Pulled, pulled
from .reading import Project


def plan(
    cliq: Cliq,
    project: Project,
    *,
    prune: bool = False,
    replace: bool = False,
    trust_lock: bool = False,
    on_progress: OnProgress = None,
) -> Plan:
    """Read the account and return the plan that makes it equal to the folder. Nothing is changed.

    Args:
        cliq: the client of the account.
        project: the folder, as `read` or `read_checked` returns it.
        prune: delete actions that are in the lock but no longer in a file. Default: False.
        replace: create a new action if the API cannot change the old one (`execution_type`). Default: False.
        trust_lock: do not read a handler if the lock has the file's script and the action has not changed since the
            last apply or pull; a change of that handler made at the vendor is then missed. Default: False.
        on_progress: called with a `Progress` before each wait and each call.

    Raise the exceptions of the client.
    """
    steps = _planned(project, cliq._engine.base_url, prune, replace, trust_lock, on_progress)
    return run(steps, cliq)


async def plan_async(
    cliq: AsyncCliq,
    project: Project,
    *,
    prune: bool = False,
    replace: bool = False,
    trust_lock: bool = False,
    on_progress: OnProgress = None,
) -> Plan:
    """Read the account and return what would make it equal to the folder; see `plan`."""
    steps = _planned(project, cliq._engine.base_url, prune, replace, trust_lock, on_progress)
    return await run_async(steps, cliq)


def _planned(
    project: Project, base_url: str, prune: bool, replace: bool, trust_lock: bool, on_progress: OnProgress
) -> Steps[Plan]:
    account = yield from gathered(
        project.actions, project.lock, trust_lock=trust_lock, prune=prune, on_progress=on_progress
    )
    return make_plan(
        project.actions,
        account.actions,
        project.lock,
        prune=prune,
        replace=replace,
        environment=project.environment.name,
        base_url=base_url,
        sync_token=account.sync_token,
        trusted=account.trusted,
    )


def apply(
    cliq: Cliq,
    folder: Project | str | Path,
    plan: Plan,
    *,
    recheck: bool = True,
    recheck_handlers: bool = False,
    on_progress: OnProgress = None,
) -> Applied:
    """Carry out a plan.

    The lock file is written after each step, so that another apply continues after an interruption.

    Args:
        cliq: the client of the account that the plan is for.
        folder: the project, or its folder, whose lock file is written.
        plan: the plan.
        recheck: list the account first, and refuse if it differs from the plan's account. Default: True; False is for a
            plan made just before.
        recheck_handlers: also read first all handlers that will be overwritten. Default: False. In any case each is
            read just before it is overwritten.
        on_progress: called with a `Progress` before each wait and each step.

    Raise AccountChanged if another user changed what the plan would overwrite, Incomplete if changes of the plan are
    blocked (after all others are done), FolderBusy if another command works in the folder, and the exceptions of the
    client.
    """
    root = _root(folder)
    _same_server(plan, cliq)
    with alone_in(root):
        steps = carried_out(plan, root, recheck=recheck, recheck_handlers=recheck_handlers, on_progress=on_progress)
        return _complete(plan, run(steps, cliq))


async def apply_async(
    cliq: AsyncCliq,
    folder: Project | str | Path,
    plan: Plan,
    *,
    recheck: bool = True,
    recheck_handlers: bool = False,
    on_progress: OnProgress = None,
) -> Applied:
    """Carry out a plan; see `apply`."""
    root = _root(folder)
    _same_server(plan, cliq)
    with alone_in(root):
        steps = carried_out(plan, root, recheck=recheck, recheck_handlers=recheck_handlers, on_progress=on_progress)
        return _complete(plan, await run_async(steps, cliq))


def _complete(plan: Plan, applied: Applied) -> Applied:
    if plan.blocked:
        left = (f"actions/{change.key}.toml was left as it is: {change.note}" for change in plan.blocked)
        raise Incomplete(left, applied)
    return applied


def _root(folder: Project | str | Path) -> Path:
    return folder.root if isinstance(folder, Project) else Path(folder).absolute()


def _same_server(plan: Plan, cliq: Cliq | AsyncCliq) -> None:
    if plan.base_url != cliq._engine.base_url:
        raise ConfigurationError(f"the plan is for {plan.base_url}, and the client for {cliq._engine.base_url}")


def pull(
    cliq: Cliq,
    folder: str | Path,
    environment: str | None = None,
    *,
    overwrite: bool = False,
    trust_lock: bool = False,
    environ: Mapping[str, str] = os.environ,
    on_progress: OnProgress = None,
) -> Pulled:
    """Write the account into a folder, which is created if necessary.

    Existing files are changed in place; comments and order stay. A file with changes that the account does not have is
    not written, and neither is a value that comes from a variable.

    Args:
        cliq: the client of the account.
        folder: the project's folder.
        environment: its name in `cliq.toml`. Default: None, the default environment.
        overwrite: write the account's values even then. Default: False.
        trust_lock: see `plan`.
        environ: the source of variables like `{ env = "NAME" }`. Default: the environment of the process.
        on_progress: called with a `Progress` before each wait and each call.

    Raise ProjectError, FolderBusy, and the exceptions of the client.
    """
    root = _made(folder)
    steps = pulled(
        root,
        cliq._engine.base_url,
        environment,
        overwrite=overwrite,
        trust_lock=trust_lock,
        environ=environ,
        on_progress=on_progress,
    )
    with alone_in(root):
        return run(steps, cliq)


async def pull_async(
    cliq: AsyncCliq,
    folder: str | Path,
    environment: str | None = None,
    *,
    overwrite: bool = False,
    trust_lock: bool = False,
    environ: Mapping[str, str] = os.environ,
    on_progress: OnProgress = None,
) -> Pulled:
    """Write the account into a folder; see `pull`."""
    root = _made(folder)
    steps = pulled(
        root,
        cliq._engine.base_url,
        environment,
        overwrite=overwrite,
        trust_lock=trust_lock,
        environ=environ,
        on_progress=on_progress,
    )
    with alone_in(root):
        return await run_async(steps, cliq)


def _made(folder: str | Path) -> Path:
    root = Path(folder).absolute()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make {root}: {error.strerror}") from None
    return root


def drift(cliq: Cliq, project: Project, *, trust_lock: bool = False, on_progress: OnProgress = None) -> Drift:
    """Return what changed in the account since the last apply or pull. The files are not compared.

    Args:
        cliq: the client of the account.
        project: the project with its lock.
        trust_lock: read only the handlers of actions that changed since then; a change of a handler alone may be
            missed.
        on_progress: called with a `Progress` before each wait and each call.

    Raise the exceptions of the client.
    """
    return run(drifted(project.lock, trust_lock=trust_lock, on_progress=on_progress), cliq)


async def drift_async(
    cliq: AsyncCliq, project: Project, *, trust_lock: bool = False, on_progress: OnProgress = None
) -> Drift:
    """Return what changed in the account since the last apply or pull; see `drift`."""
    return await run_async(drifted(project.lock, trust_lock=trust_lock, on_progress=on_progress), cliq)
