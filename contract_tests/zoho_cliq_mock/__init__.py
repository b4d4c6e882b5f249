"""A stateful mock server of the Zoho Cliq Message Actions API.

`MockServer` runs it in a thread, `create_app` returns the ASGI application for use in this process, and the command
`zoho-cliq-mock` (or `python -m zoho_cliq_mock`) runs it as a process of its own. Running it needs the extra `mock`.
Importing this package does not, so the pytest plugin does no harm where the extra is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoho_cliq_mock.app import create_app
    from zoho_cliq_mock.applications import serving
    from zoho_cliq_mock.control_client import ControlFailed
    from zoho_cliq_mock.controls import AsyncMock, MockControl
    from zoho_cliq_mock.policies import Policies
    from zoho_cliq_mock.results import Delivery, Fault, Limits, Shown
    from zoho_cliq_mock.server import MockServer
    from zoho_cliq_mock.trigger.deluge.testing import DelugeRunner

__all__ = [
    "AsyncMock",
    "ControlFailed",
    "Delivery",
    "DelugeRunner",
    "Fault",
    "Limits",
    "MockControl",
    "MockServer",
    "Policies",
    "Shown",
    "create_app",
    "serving",
]

_HOMES = {
    "AsyncMock": "controls",
    "ControlFailed": "control_client",
    "Delivery": "results",
    "DelugeRunner": "trigger.deluge.testing",
    "Fault": "results",
    "Limits": "results",
    "MockControl": "controls",
    "MockServer": "server",
    "Policies": "policies",
    "Shown": "results",
    "create_app": "app",
    "serving": "applications",
}


if not TYPE_CHECKING:  # hidden from type checkers, so that they report a misspelt name

    def __getattr__(name: str) -> object:
        """Import a public name from its module when it is first used.

        Raise AttributeError for an unknown name, and ImportError with a hint if a package of the extra `mock` is
        missing.
        """
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        try:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        except ImportError as error:
            from zoho_cliq_mock.extras import missing

            raise type(error)(missing(error), name=error.name, path=error.path) from None
