"""What the tests of Deluge share: tables of cases, and what they assert."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
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


def table(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Return a decorator like `pytest.mark.parametrize` whose rows are one test, as thousands of tests take long.

    All rows are tried; the test fails with each row that fails and why. Decorators can be stacked. The attribute
    ``rows`` of the test holds the function for one row and the arguments of each row.

    Args:
        names: The names of the arguments, as a list or separated by commas.
        rows: The arguments of each row; the only one is given without a list.
    """
    keys = [each.strip() for each in names.split(",")] if isinstance(names, str) else names
    own = [dict(zip(keys, row if len(keys) > 1 else (row,), strict=True)) for row in rows]
    assert own

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        one, others = getattr(test, "rows", (test, [{}]))
        every = [first | second for first, second in product(own, others)]

        def all_rows() -> None:
            failures = []
            for arguments in every:
                try:
                    one(**arguments)
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - all rows are tried
                    shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
                    failures.append(f"{shown}\n{type(error).__name__}: {error}")
            if failures:
                pytest.fail(f"{len(failures)} of {len(every)} rows fail\n\n" + "\n\n".join(failures), pytrace=False)

        all_rows.__name__, all_rows.__doc__, all_rows.__module__ = one.__name__, one.__doc__, one.__module__
        all_rows.rows = (one, every)  # type: ignore[attr-defined]
        return all_rows

    return decorate
