"""The client's exception classes are generated from the catalogue of error codes."""

from __future__ import annotations

import ast
import copy
from typing import Any

import pytest
from pipeline.compose import complete_catalogue
from pipeline.error_classes import START, replaced
from pipeline.errors import PipelineError
from pipeline.names import RESERVED_ERRORS
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


def with_codes(composed: Any, *codes: str) -> Any:
    """Return the document with more error codes at one operation, completed."""
    document = copy.deepcopy(composed)
    document["paths"][CREATE]["post"]["x-error-codes"] += codes
    return complete_catalogue(document)


def test_names_of_the_module_itself_are_reserved(tree: Tree) -> None:
    tops = ast.parse(tree.errors.read_text("utf-8").partition(START)[0]).body
    classes = {top.name for top in tops if isinstance(top, ast.ClassDef)}
    assert classes
    assert classes <= RESERVED_ERRORS


def test_a_new_code_takes_no_name_from_another_class(tree: Tree, composed: Any) -> None:
    codes = ("rate_limited", "exception", "value", "none", "gone_away", "gone.away", "Gone-Away")
    changed = with_codes(composed, *codes)
    names = [changed["x-error-catalogue"][code]["class"] for code in codes]
    expected = [
        "RateLimitedError",
        "ExceptionError",
        "Value",
        "NoneError",
        "GoneAway",
        "GoneAwayError",
        "GoneAwayError2",
    ]
    assert names == expected
    module: dict[str, Any] = {"__name__": "errors"}
    exec(compile(replaced(tree.errors.read_text("utf-8"), changed, "errors.py"), "errors.py", "exec"), module)
    assert {module["BY_CODE"][code].__name__ for code in codes} == set(expected)
    assert module["RateLimited"]("m", operation="o", status=429).status == 429


@pytest.mark.parametrize("marker", ["# <codes>\n", "# </codes>\n"])
def test_missing_markers_are_named(tree: Tree, composed: Any, marker: str) -> None:
    text = tree.errors.read_text("utf-8").replace(marker, "")
    with pytest.raises(PipelineError, match=r"errors\.py: needs the lines '# <codes>' and '# </codes>'"):
        replaced(text, composed, "errors.py")


def test_a_family_without_a_class_is_named(tree: Tree, composed: Any) -> None:
    catalogue = {"too_blue": {"class": "TooBlue", "family": "colour_blind"}}
    with pytest.raises(PipelineError, match=r"x-error-catalogue\.too_blue: errors\.py has no class for .*colour_blind"):
        replaced(tree.errors.read_text("utf-8"), {**composed, "x-error-catalogue": catalogue}, "errors.py")
