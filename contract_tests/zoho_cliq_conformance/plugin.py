"""A pytest fixture that grades one's own server; the wheel registers it.

    def test_my_server_conforms(cliq_conformance):
        cliq_conformance({"base_url": "http://127.0.0.1:8000/api/v3", "tokens": {"owner": "…"}, "pace": False})

It imports nothing heavy until it is used, so that it does no harm where the extra is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def cliq_conformance() -> Callable[..., dict[str, Any]]:
    """Grade a server as `grading.grade` does, fail the test where it does not conform, and return the report."""

    def graded(profile: Any, **options: Any) -> dict[str, Any]:
        __tracebackhide__ = True
        from zoho_cliq_conformance.grading import demand, grade

        found = grade(profile, **options)
        demand(found)
        return found

    return graded
