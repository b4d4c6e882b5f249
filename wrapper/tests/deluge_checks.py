"""What the tests of Deluge's built-in functions assert."""

from __future__ import annotations

from typing import Any

import pytest

ERROR = object()
"""What `check` expects of a script that fails."""


def check(script: str, expected: Any, **variables: object) -> None:
    """Assert what a script returns, or an expression is, with the type.

    The package is imported here, so that it is the one that is graded where the tests are graded.
    """
    from zoho_cliq_deluge import DelugeRuntimeError, run

    whole = script if "return " in script else f"return {script};"
    if expected is ERROR:
        with pytest.raises(DelugeRuntimeError):
            run(whole, variables)
        return
    answer = run(whole, variables).answer
    assert answer == expected
    assert type(answer) is type(expected)
