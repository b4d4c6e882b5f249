"""A stateful mock server of the Zoho Cliq Message Actions API.

`MockServer` runs it in a thread, `create_app` gives the ASGI application for use in this process, and the command
`zoho-cliq-mock` (or `python -m zoho_cliq_mock`) runs it by itself. Needs the extra `mock`; importing this package does
not, so that the pytest plugin is harmless where the extra is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoho_cliq_mock.app import create_app
    from zoho_cliq_mock.policies import Policies
    from zoho_cliq_mock.server import MockServer

__all__ = ["MockServer", "Policies", "create_app"]

_HOMES = {"MockServer": "server", "Policies": "policies", "create_app": "app"}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name when the name is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ImportError as error:
        from zoho_cliq_mock.extras import missing

        raise type(error)(missing(error), name=error.name, path=error.path) from None
