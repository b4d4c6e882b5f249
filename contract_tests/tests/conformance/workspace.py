"""Grade servers by a document whose paths begin with a workspace, and print what was found as JSON.

Suite and mock read the document when they are imported, so this runs in a process of its own, which changes the
document first. The server answers only to the workspace in the README's example. The arguments are the drivers.
"""

from __future__ import annotations

import copy
import json
import os
import re
import sys
import tempfile
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zoho_cliq_api import contract

README = Path(__file__).parents[2] / "zoho_cliq_conformance" / "README.md"
EXAMPLE = next(text for text in re.findall("(?s)```toml\n(.*?)```", README.read_text("utf-8")) if "workspace" in text)
OWN, OTHER = tomllib.loads(EXAMPLE)["path_parameters"]["workspace"], "else"
VARIABLE = "ZOHO_CLIQ_PATH_WORKSPACE"


def change_the_document() -> None:
    """Let all paths begin with `{WORKSPACE}`."""
    changed = contract.document()
    schema = {"name": "WORKSPACE", "in": "path", "required": True, "schema": {"type": "string", "minLength": 2}}
    for path in list(changed["paths"]):
        entry = changed["paths"][f"/{{WORKSPACE}}{path}"] = changed["paths"].pop(path)
        for operation in entry.values():
            operation["parameters"] = [schema, *operation.get("parameters", [])]
    first = contract.PathParameter("WORKSPACE", "workspace", "sample")
    table = {
        name: each._replace(path=f"/{{WORKSPACE}}{each.path}", parameters=(first, *each.parameters))
        for name, each in contract.OPERATIONS.items()
    }
    contract.OPERATIONS = MappingProxyType(table)
    contract.document = lambda: copy.deepcopy(changed)


def main() -> None:
    """Print the results by name."""
    change_the_document()
    from zoho_cliq_conformance.cli import main as command
    from zoho_cliq_conformance.grading import grade
    from zoho_cliq_conformance.profile import ProfileError, parse
    from zoho_cliq_mock import create_app

    paced = "thresholds" in sys.argv
    asked: set[str] = set()

    def server(*, broken: bool = False) -> Any:
        """Return a mock that answers 404 for other workspaces and, if `broken`, 500 to all requests for an action."""
        app = create_app(thresholds=paced, control_token="control")

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            workspace, rest = [*scope["path"].removeprefix("/api/v3/").split("/", 1), ""][:2]
            status = 404 if workspace != OWN else 500 if broken and rest.count("/") == 1 else 200
            if scope["type"] != "http" or scope["path"].startswith("/_mock") or status == 200:
                return await app(scope, receive, send)
            asked.add(workspace)
            await send({"type": "http.response.start", "status": status, "headers": []})
            return await send({"type": "http.response.body", "body": b""})

        return answer

    def profile(**more: Any) -> dict[str, Any]:
        base = {"base_url": "http://in-process/api/v3", "reset_url": "http://in-process/_mock/reset"}
        base |= {"clock_url": "http://in-process/_mock/clock"} if paced else {}
        tokens = {"owner": "1000.owner", "colleague": "1000.colleague", "outsider": "1000.outsider"}
        return {**base, "control_token": "control", "tokens": tokens, "pace": paced, **more}

    def wrong(**more: Any) -> str:
        try:
            parse(profile(**more))
        except ProfileError as error:
            return str(error)
        return ""

    given = tomllib.loads(EXAMPLE)
    results: dict[str, Any] = {
        "missing": wrong(),
        "misspelled": wrong(path_parameters={"workspaec": OWN}),
        "dots": wrong(path_parameters={"workspace": ".."}),
        "number": parse(profile(path_parameters={"workspace": 7})).path_parameters,
    }
    found = grade(profile(**given), app=server(), drivers=sys.argv[1:], examples=3, seed=1)
    results["given"] = [found["verdict"], found["faults"], sorted(asked), found["profile"]]
    found = grade(profile(path_parameters={"workspace": OTHER}), app=server(), seed=1)
    results["other"] = [found["verdict"], found["stopped"]]
    found = grade(profile(**given), app=server(broken=True), seed=1, fail_fast=True)
    results["curl"] = [fault["curl"] for fault in found["faults"]]
    os.environ[VARIABLE] = "of the environment"
    results["environment"] = parse(profile()).path_parameters
    results["both"] = parse(profile(**given)).path_parameters
    del os.environ[VARIABLE]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = "https://cliq.example/api/v3"
        entries = [
            {
                "request": {"method": "GET", "url": f"{url}/{workspace}/{rest}", "headers": []},
                "response": {"status": 200, "headers": [], "content": {}},
            }
            for workspace, rest in (("acme%20co", "messageactions"), (OTHER, "messageactions/1"), (OTHER, "bots"))
        ]
        har, report = folder / "traffic.har", folder / "report.json"
        har.write_text(json.dumps({"log": {"entries": entries}}))
        toml = folder / "server.toml"
        command(["init", str(toml), "--base-url", url, "--path-workspace", OWN, "--owner", "TOKEN_OF_OWNER"])
        results["written"] = toml.read_text()
        os.environ["TOKEN_OF_OWNER"] = "1000.owner"
        for key, more in (("recorded", ["--profile", str(toml)]), ("recorded by all", [])):
            command(["check-har", str(har), "--quiet", "--report", str(folder), *more])
            results[key] = json.loads(report.read_text())["calls"]
    print("\n" + json.dumps(results))


if __name__ == "__main__":
    main()
