"""Test what uses the client: a clock on which no wait takes time, and fixtures for pytest.

    from zoho_cliq.testing import FakeClock

    cliq = Cliq("token", base_url=…, clock=FakeClock())

pytest finds the fixtures `cliq` and `cliq_async` by itself: clients of the mock server, on the mock's clock (extra
`mock`). See `zoho_cliq.testing.plugin`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers treat it like typing.TYPE_CHECKING; importing typing would cost time
if TYPE_CHECKING:
    from .fake_clock import FakeClock

__all__ = ["FakeClock"]


if not TYPE_CHECKING:  # hidden from type checkers, so that they report a misspelt name

    def __getattr__(name: str) -> object:
        # Loaded when it is first used: every run of pytest imports this package, for the plugin.
        if name == "FakeClock":
            from .fake_clock import FakeClock

            return FakeClock
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
