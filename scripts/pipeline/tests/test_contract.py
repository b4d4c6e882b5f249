"""`contract.py`: the facts of the document, typed and immutable."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pipeline.compose import operations
from pipeline.contract import emit
from zoho_cliq_api import contract


def test_the_table_says_what_the_document_says(composed: Any) -> None:
    assert list(contract.OPERATIONS) == sorted(op["operationId"] for _, _, op in operations(composed))
    for path, method, operation in operations(composed):
        entry = contract.OPERATIONS[operation["operationId"]]
        assert (entry.path, entry.method) == (path, method.upper())
        assert entry.threshold is not None
        assert entry.threshold._asdict() == operation["x-threshold"]
        assert entry.scopes == tuple(operation["security"][0]["Cliq_Auth"])
        assert entry.error_codes == tuple(operation["x-error-codes"])
        assert entry.statuses == tuple(sorted(map(int, operation["responses"])))
        assert str(entry.success) in operation["responses"]


def test_methods_that_may_be_repeated() -> None:
    repeatable = {name for name, operation in contract.OPERATIONS.items() if operation.idempotent}
    assert "create_message_action" not in repeatable
    assert {name for name in contract.OPERATIONS if name.startswith(("update", "delete", "get", "list"))} <= repeatable


def test_codes_and_servers(composed: Any) -> None:
    assert set(contract.ERROR_CODES) == set(composed["x-error-catalogue"])
    documented = {code for entry in contract.OPERATIONS.values() for code in entry.error_codes}
    assert {code for code, meaning in contract.ERROR_CODES.items() if meaning.documented} == documented
    assert [server.base_url for server in contract.SERVERS.values()] == [
        server["url"] for server in composed["servers"] if "x-data-center" in server
    ]
    assert all(key == server.data_center for key, server in contract.SERVERS.items())


def test_the_document_comes_as_a_new_copy(composed: Any) -> None:
    first = contract.document()
    assert first == composed
    first["paths"].clear()
    assert contract.document() == composed


@pytest.mark.parametrize("table", ["OPERATIONS", "ERROR_CODES", "SERVERS"])
def test_tables_and_entries_are_frozen(table: str) -> None:
    entries: Any = getattr(contract, table)
    key, entry = next(iter(entries.items()))
    with pytest.raises(TypeError):
        entries[key] = entry
    with pytest.raises(AttributeError):
        setattr(entry, entry._fields[0], "changed")
    assert not dataclasses.is_dataclass(entry)
    hash(entry)


@pytest.mark.heavy
def test_the_contract_is_typed(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(
        "from zoho_cliq_api.contract import OPERATIONS, ERROR_CODES, SERVERS, document\n"
        "limit: int = OPERATIONS['x'].threshold.limit\n"  # may be None
        "name: int = ERROR_CODES['x'].class_name\n"  # is a string
        "OPERATIONS['x'] = OPERATIONS['y']\n"  # is read-only
        "url: str = SERVERS['us'].base_url\n"
        "title: object = document()['info']\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "use.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line.split(":")[1] for line in done.stdout.splitlines()] == ["2", "3", "4"], done.stdout


def test_odd_values_are_written_as_data_not_as_code() -> None:
    nasty = 'x\'"\\\n"""__import__(\'os\').abort()'
    document = {
        "paths": {
            f"/{nasty}": {
                "get": {
                    "operationId": "o",
                    "responses": {"default": {}, "201": {}},
                    "security": [{"a": [nasty]}],
                    "x-error-codes": [nasty],
                    "x-idempotent": False,
                }
            }
        },
        "x-error-catalogue": {nasty: {"class": nasty, "family": nasty}},
        "servers": [{"url": nasty}],
    }
    names: dict[str, Any] = {"__name__": "contract", "__package__": "contract"}
    exec(compile(emit(document), "contract.py", "exec"), names)
    operation = names["OPERATIONS"]["o"]
    assert (operation.path, operation.scopes, operation.error_codes) == (f"/{nasty}", (nasty,), (nasty,))
    assert (operation.success, operation.threshold, operation.idempotent) == (201, None, False)
    assert names["SERVERS"]["us"].base_url == nasty
