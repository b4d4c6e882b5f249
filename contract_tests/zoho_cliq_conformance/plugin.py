"""A pytest fixture that grades a server; the package registers it with pytest.

    def test_my_server_conforms(cliq_conformance):
        cliq_conformance({"base_url": "http://127.0.0.1:8000/api/v3", "tokens": {"owner": "…"}, "pace": False})

The module imports the suite only when the fixture is used: pytest loads it in every project, also without the extra.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def cliq_conformance() -> Callable[..., dict[str, Any]]:
    """Return a function that grades a server, fails the test unless the server conforms, and returns the report.

    The function takes the arguments of `grading.grade`.
    """

    def graded(profile: Any, **options: Any) -> dict[str, Any]:
        __tracebackhide__ = True
        from zoho_cliq_conformance.grading import demand, grade

        found = grade(profile, **options)
        demand(found)
        return found

    return graded
