"""Third-party tools against the mock: the stock schemathesis command, and a Java client made by openapi-generator."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from zoho_cliq_api.contract import OPERATIONS, document
from zoho_cliq_mock import MockServer

pytestmark = pytest.mark.heavy
HERE = Path(__file__).parent

# The only setting: no schema can say that a name is taken or a team is missing, which the API answers with 400.
SCHEMATHESIS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "5xx"]
"""
# An annotation in the generated files that Java 17 no longer has; it only states where a file came from.
GENERATED = """
package javax.annotation;
public @interface Generated { String[] value(); String date() default ""; String comments() default ""; }
"""


@pytest.mark.parametrize("number", [1, 2])
def test_stock_schemathesis_finds_nothing(tmp_path: Path, number: int) -> None:
    (tmp_path / "schemathesis.toml").write_text(SCHEMATHESIS)
    (tmp_path / "openapi.json").write_text(json.dumps(document()))
    with MockServer(thresholds=False) as server:
        run = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                "run",
                "openapi.json",
                f"--url={server.url}",
                "--header=Authorization: Bearer 1000.owner",
                "--checks=all",
                "--phases=examples,coverage,fuzzing,stateful",
                "--generation-database=none",
                f"--seed={number}",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-6000:]
    assert "7 selected / 7 total" in run.stdout


def jar() -> Path:
    """Return the generator, from its package on PyPI."""
    spec = importlib.util.find_spec("openapi_generator_cli")
    if spec is None or spec.origin is None or shutil.which("javac") is None:
        pytest.skip("needs Java 11 or later and the package openapi-generator-cli")
    return Path(spec.origin).with_name("openapi-generator.jar")


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


def test_a_java_client_of_openapi_generator_does_all_seven_operations(tmp_path: Path) -> None:
    generator = jar()
    # The generator overwrites the class for a tag's operations by the class for the tag's webhooks.
    paths_only = {key: value for key, value in document().items() if key != "webhooks"}
    (tmp_path / "openapi.json").write_text(json.dumps(paths_only))
    (tmp_path / "Generated.java").write_text(GENERATED)
    run(
        *(
            "java",
            "-jar",
            generator,
            "generate",
            "-i",
            tmp_path / "openapi.json",
            "-g",
            "java",
            "-o",
            tmp_path / "client",
        ),
        *("--library", "native", "--additional-properties=openApiNullable=false,containerDefaultToNull=true"),
        "--global-property=apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
    )
    sources = [str(path) for path in (tmp_path / "client" / "src" / "main").rglob("*.java")]
    # The client's dependencies (Jackson, annotations) are part of the generator's own archive.
    own = (tmp_path / "Generated.java", HERE / "java" / "SevenCalls.java")
    run("javac", "-nowarn", "-proc:none", "-cp", generator, "-d", tmp_path / "classes", *own, *sources)
    with MockServer() as server:
        out = run("java", "-cp", f"{generator}:{tmp_path / 'classes'}", "SevenCalls", server.url, "1000.owner")
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert set(lines) == set(OPERATIONS)
    assert lines["list_message_actions"] == lines["create_message_action"]
    assert lines["get_message_action"] == ["[100001]"]
    assert lines["update_message_action"] == ["Other"]
    assert "chat" in " ".join(lines["update_message_action_handler"])
    assert lines["get_message_action_handler"] == ["return", "{};"]
    assert lines["delete_message_action"][0] == "404"
    assert "msgaction_not_found" in lines["delete_message_action"][-1]
