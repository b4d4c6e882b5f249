"""Check for the libraries of the extra `conformance`, which an install without extras does not have."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

NEEDED = {"": ("jsonschema_rs",), "machine": ("hypothesis",), "fuzz": ("hypothesis", "schemathesis")}


class ExtraMissing(ImportError):
    """A library that grading needs cannot be imported; the message says how to get it."""


def require(drivers: Iterable[str] = ()) -> None:
    """Raise `ExtraMissing` if a library that grading with these drivers needs cannot be imported."""
    for module in dict.fromkeys(name for driver in ("", *drivers) for name in NEEDED.get(driver, ())):
        try:
            importlib.import_module(module)
        except ImportError as error:
            advice = "pip install '.[conformance]' in a checkout of zoho-cliq"
            raise ExtraMissing(f"grading needs {module}, which cannot be imported ({error}): {advice}") from None
