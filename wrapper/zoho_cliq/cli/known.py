"""The commands `zoho-cliq thresholds` and `whoami`, which make no call."""

from __future__ import annotations

import argparse
from typing import Any

from .._servers import data_center_of_api
from .account import client, source, state_shown
from .arguments import Adder
from .output import record, table

_NAMES = ("limit", "remaining", "resets_in", "locked_for")


def add(command: Adder) -> None:
    """Add the commands."""
    command("thresholds", thresholds, "show the remaining calls of each threshold; sends nothing", "thresholds")
    whoami = command(
        "whoami",
        about_account,
        "show the server, credentials and state that commands use; sends nothing",
        "whoami",
        "whoami --json",
    )
    whoami.epilog = (
        "No secret is shown. Whether the server accepts the credentials is not checked; the API has no call that "
        f"names their user.\n\n{whoami.epilog}"
    )


def thresholds(options: argparse.Namespace) -> None:
    """Show what is left of the thresholds."""
    with client(options) as cliq:
        found = _budgets(cliq)
    rows = (
        (
            operation,
            _left(each),
            f"{each['resets_in']:.1f} s",
            f"{each['locked_for']:.1f} s",
        )
        for operation, each in found.items()
    )
    table(options, found, ("operation", "remaining", "resets in", "locked for"), rows)


def _left(budget: dict[str, Any]) -> str:
    limit = budget["limit"]
    return f"{budget['remaining']} of {limit} call{'' if limit == 1 else 's'} in {budget['window_seconds']} s"


def _budgets(cliq: Any) -> dict[str, dict[str, Any]]:
    """Return limit, window, and what is left, by operation; times are in seconds."""
    return {
        operation: {
            **{name: getattr(budget, name) for name in _NAMES},
            "window_seconds": cliq.thresholds.limit(operation).window_seconds,
        }
        for operation, budget in cliq.thresholds.items()
    }


def about_account(options: argparse.Namespace) -> None:
    """Show where calls go, and with which credentials."""
    with client(options) as cliq:
        engine = cliq._engine
        oauth = getattr(engine.tokens, "oauth", None)
        kept = engine.state.load_token(engine.account)
        left = max(0.0, kept.expires_at - engine.clock.time()) if kept else 0.0
        budgets = _budgets(cliq)
    center = data_center_of_api(engine.base_url)
    facts = {
        "server": engine.base_url,
        "data_center": center,
        "credentials": source(options),
        "account": engine.account.rpartition(" ")[2],
        "client_id": oauth and oauth.client_id,
        "accounts_url": oauth and oauth.accounts_url,
        "scopes": oauth and oauth.scopes,
        "access_token_ends_in": round(left) if kept else None,
        "state": state_shown(options),
        "thresholds": budgets,
    }
    if options.json:
        record(options, facts)
        return
    token = f"valid for {round(left)} s more" if left else "none stored; the next call fetches one"
    shown = {
        "server": engine.base_url,
        "data center": center or "not known: it is not one of Zoho's servers",
        "credentials": facts["credentials"],
        **(
            {
                "client id": oauth.client_id,
                "accounts server": oauth.accounts_url,
                "scopes": list(oauth.scopes) if oauth.scopes else "not known: the accounts server did not return them",
                "access token": token,
            }
            if oauth
            else {"scopes": "not known: they belong to the token", "access token": "as given; it is never refreshed"}
        ),
        "account": f"{facts['account']} (a fingerprint of the credentials)",
        "state": facts["state"],
        **{
            f"left of {operation}": _left(each)
            + (f"; locked for {each['locked_for']:.1f} s" if each["locked_for"] else "")
            for operation, each in budgets.items()
        },
    }
    record(options, shown)
