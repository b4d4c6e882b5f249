"""The client's exception classes are generated from the catalogue of error codes."""

from __future__ import annotations

from typing import Any

import pytest
from pipeline.compose import complete_catalogue
from pipeline.error_classes import replaced
from pipeline.errors import PipelineError
from pipeline.tree import Tree
from zoho_cliq_api.contract import OPERATIONS

CREATE = OPERATIONS["create_message_action"].path


def test_committed_classes_are_as_the_catalogue_makes_them(tree: Tree, composed: Any) -> None:
    text = tree.errors.read_text("utf-8")
    assert replaced(text, composed, "errors.py") == text


def test_a_new_code_gets_a_class_of_its_family(tree: Tree, composed: Any) -> None:
    operation = composed["paths"][CREATE]["post"]
    path = {**composed["paths"][CREATE]}
    path["post"] = {**operation, "x-error-codes": [*operation["x-error-codes"], "colour_not_found"]}
    changed = complete_catalogue({**composed, "paths": {**composed["paths"], CREATE: path}})
    text = replaced(tree.errors.read_text("utf-8"), changed, "errors.py")
    assert 'class ColourNotFound(NotFound):\n    """The server answered with the code `colour_not_found`' in text
    assert '    "colour_not_found": ColourNotFound,\n' in text


@pytest.mark.parametrize("marker", ["# <codes>\n", "# </codes>\n"])
def test_missing_markers_are_named(tree: Tree, composed: Any, marker: str) -> None:
    text = tree.errors.read_text("utf-8").replace(marker, "")
    with pytest.raises(PipelineError, match=r"errors\.py: needs the lines '# <codes>' and '# </codes>'"):
        replaced(text, composed, "errors.py")


def test_a_family_without_a_class_is_named(tree: Tree, composed: Any) -> None:
    catalogue = {"too_blue": {"class": "TooBlue", "family": "colour_blind"}}
    with pytest.raises(PipelineError, match=r"x-error-catalogue\.too_blue: errors\.py has no class for .*colour_blind"):
        replaced(tree.errors.read_text("utf-8"), {**composed, "x-error-catalogue": catalogue}, "errors.py")
