"""The tool for first-order mutants: it changes one place, loads the changed mock in this process, and puts all back."""

from __future__ import annotations

import logging
import sys

import pytest
from first_order import Change, TookTooLong, at_most, changes, loaded
from harness import CONTROL, grade
from zoho_cliq_conformance.transport import AsgiTransport

PACKAGE = "zoho_cliq_mock"


def is_found(change: Change | None) -> bool:
    """Whether the mock with the change is not graded as conforming, or does not run at all."""
    try:
        with loaded(PACKAGE, change) as mock, at_most(60):
            transport = AsgiTransport(mock.create_app(control_token=CONTROL))
            return grade(transport, thresholds=False, until_fault=True).exit_code(strict=True) != 0
    except (Exception, TookTooLong):  # noqa: BLE001  whatever a broken program raises, it was found out
        return True


def test_the_mock_as_it_is_conforms() -> None:
    assert not is_found(None)


def test_changes_have_names_of_their_own() -> None:
    names = [change.name for change in changes(PACKAGE, "cursors")]
    assert len(names) > 15
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("part", ["cursors._mac: payload + user.encode()", "cursors.encode: payload + _mac("])
def test_a_change_is_found_and_leaves_nothing_behind(part: str) -> None:
    before = {name: id(module) for name, module in sys.modules.items() if name.startswith(PACKAGE)}
    logging.disable(logging.CRITICAL)
    try:
        chosen = [change for change in changes(PACKAGE, "cursors") if change.name.startswith(part)]
        assert [is_found(change) for change in chosen] == [True]
    finally:
        logging.disable(logging.NOTSET)
    assert {name: id(module) for name, module in sys.modules.items() if name.startswith(PACKAGE)} == before
