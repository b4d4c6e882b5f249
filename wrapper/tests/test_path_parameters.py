"""What paths come to require beside the methods' arguments: given by a call, a client, the environment or a project."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cliq_fakes import IN_PATHS, Scripted, enveloped
from zoho_cliq import Cliq, errors
from zoho_cliq import _operations as operations_module
from zoho_cliq._operations import Parameter
from zoho_cliq.cli import fields
from zoho_cliq.cli.options import parser
from zoho_cliq.project import ProjectError
from zoho_cliq.project.configuration import read_configuration
from zoho_cliq_api import contract

HANDLERS = ("get_message_action_handler", "update_message_action_handler")
WEBHOOK = {"name": "execution_handler", "function_id": "1", "permissions": ["chat"]}


@pytest.fixture(autouse=True)
def document(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the paths of handlers, and no other, need the number of a network and the name of a room."""
    changed, table = copy.deepcopy(contract.document()), dict(contract.OPERATIONS)
    path = table[HANDLERS[0]].path
    longer = f"/networks/{{NETWORK_ID}}/{{ROOM}}{path}"
    entry = changed["paths"][longer] = changed["paths"].pop(path)
    schemas = {"NETWORK_ID": {"type": "integer", "minimum": 1}, "ROOM": {"type": "string", "maxLength": 4}}
    for name in HANDLERS:
        method = entry[table[name].method.lower()]
        more = [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in schemas.items()]
        method["parameters"] = [*more, *method["parameters"]]
        table[name] = table[name]._replace(path=longer)
    monkeypatch.setattr(contract, "OPERATIONS", MappingProxyType(table))
    monkeypatch.setattr(operations_module, "_document", lambda package: changed)
    fields._operations.cache_clear()
    yield
    fields._operations.cache_clear()


def asked(server: Scripted) -> list[str]:
    """Return the ends of the paths that were asked for."""
    return [
        request.url.raw_path.decode().partition("/networks/")[2].partition("/mess")[0] for request in server.requests
    ]


def test_path_parameters_of_the_client_fill_missing_arguments(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(enveloped(WEBHOOK))
    cliq = make(path_parameters={"network_id": "7", "room": "5"})
    cliq.message_actions.get_handler("1")
    cliq.message_actions.update_handler("1", permissions=["chat"])
    cliq.message_actions.get_handler("1", network_id=8)  # type: ignore[call-arg]
    cliq.call("get_message_action_handler", action_id="1", handler_type="execution_handler", room="a/b")
    assert asked(server) == ["7/5", "7/5", "8/5", "7/a%2Fb"]


def test_path_parameters_fall_back_to_the_environment(
    make: Callable[..., Cliq], server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer(enveloped(WEBHOOK))
    monkeypatch.setenv("ZOHO_CLIQ_PATH_NETWORK_ID", "9")
    monkeypatch.setenv("ZOHO_CLIQ_PATH_ROOM", "007")
    make().message_actions.get_handler("1")
    make(path_parameters={"network_id": 7}).message_actions.get_handler("1")
    assert asked(server) == ["9/007", "7/007"]


def test_missing_path_parameter_error_lists_the_ways_to_set_it(cliq: Cliq, server: Scripted) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        cliq.message_actions.get_handler("1")
    assert str(caught.value) == (
        "get_message_action_handler: network_id: is required; give it, set ZOHO_CLIQ_PATH_NETWORK_ID, or make the "
        "client with path_parameters={'network_id': …}"
    )
    assert server.requests == []


def test_method_arguments_are_not_taken_from_the_environment(cliq: Cliq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOHO_CLIQ_PATH_ACTION_ID", "1")
    with pytest.raises(errors.ValidationError, match=r"action_id: is required$"):
        cliq.call("get_message_action")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"netwrok_id": 7}, "netwrok_id is not a path parameter that can be set here.*network_id, room"),
        ({"action_id": "1"}, "action_id is not a path parameter that can be set"),
        ({"network_id": 0}, "network_id: must be at least 1, not 0$"),
        ({"network_id": "x"}, "network_id: must be a.* integer, not str$"),
        ({"room": "12345"}, "room: must have at most 4 characters, has 5$"),
        ({"room": 1}, "room: must be a string, not int$"),
    ],
)
def test_invalid_path_parameters_are_refused(make: Callable[..., Cliq], given: dict[str, Any], reason: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"^path_parameters: .*{reason}"):
        make(path_parameters=given)


def test_invalid_path_parameter_in_a_variable_is_named(cliq: Cliq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOHO_CLIQ_PATH_NETWORK_ID", "none")
    with pytest.raises(errors.ConfigurationError, match=r"^ZOHO_CLIQ_PATH_NETWORK_ID: .*must be an integer"):
        cliq.message_actions.get_handler("1")


@pytest.mark.skipif(bool(IN_PATHS), reason="the document has some")
def test_path_parameters_are_refused_if_the_document_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(errors.ConfigurationError, match=r"there are none to set$"):
        operations_module.Operations(path_parameters={"network_id": 7})


def test_a_command_takes_path_parameters_from_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    options = parser().parse_args(["handler", "1", "--room", "5"])
    assert fields.given(options) == {"room": "5"}
    with pytest.raises(SystemExit):
        parser().parse_args(["handler", "--help"])
    assert "else $ZOHO_CLIQ_PATH_NETWORK_ID" in capsys.readouterr().out


def test_a_project_environment_sets_path_parameters(tmp_path: Path) -> None:
    file = tmp_path / "cliq.toml"
    file.write_text("[environments.test]\npath_parameters = { network_id = 7 }\n")
    assert read_configuration(tmp_path).environment(None).path_parameters == {"network_id": 7}
    file.write_text("[environments.test]\n[environments.test.path_parameters]\nroom = 'ab'\nnetwork_id = 0\n")
    with pytest.raises(ProjectError) as caught:
        read_configuration(tmp_path)
    wrong = "cliq.toml:4: path_parameters: get_message_action_handler: network_id: must be at least 1, not 0"
    assert list(map(str, caught.value.mistakes)) == [wrong.replace("get_message", "update_message")]
    file.write_text("[environments.test]\npath_parameters = 7\n")
    with pytest.raises(ProjectError, match=r"path_parameters: must be a table"):
        read_configuration(tmp_path)


def test_only_path_parameters_fall_back_to_client_and_environment(
    make: Callable[..., Cliq], server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOHO_CLIQ_PATH_LANGUAGE", "en")
    cliq = make()
    known = cliq._operations.prepared("get_message_action")
    language = Parameter("language", "language", "query", True, {"type": "string"}, False, None)
    changed = known._replace(parameters=(*known.parameters, language))
    monkeypatch.setitem(cliq._operations._prepared, "get_message_action", changed)
    with pytest.raises(errors.ValidationError, match="language: is required"):
        cliq.message_actions.get("1")
    assert not server.requests
