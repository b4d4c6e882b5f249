"""The five commands of the README, with a change of a script between them, as a reader would carry them out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from cliq_fakes import IN_PATHS, examples_are_complete
from cliq_projects import World
from cliq_runs import one_parser
from zoho_cliq import cli

README = Path(__file__).resolve().parents[3] / "README.md"


def commands() -> list[str]:
    """Return the commands of the section."""
    section = README.read_text("utf-8").partition("## From the web editor to git in five commands\n")[2]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block
    return [line.partition("  #")[0].strip() for line in block.group(1).splitlines()]


@examples_are_complete
def test_five_commands_carry_a_change_from_git_to_the_account(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = world.client().message_actions.create(name="Send to desk", hint="File it")
    world.client().message_actions.update_handler(made.id, script='return {"text": "Filed."};\n')
    for name in [name for name in os.environ if name.startswith(("ZOHO_CLIQ_", "XDG_")) and name not in IN_PATHS]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", "1000.owner")
    monkeypatch.setenv("ZOHO_CLIQ_BASE_URL", world.server.url)
    monkeypatch.setattr(cli, "parser", one_parser)

    def run(command: str) -> str:
        program, *arguments = [os.path.expanduser(word) for word in shlex.split(command)]
        if program == "zoho-cliq":
            code = cli.main(arguments)
        else:
            code = subprocess.run([program, *arguments], check=False).returncode
        out, err = capfd.readouterr()
        assert code == 0, f"{command}\n{err}"
        return out

    pull, init, check, plan, apply = commands()
    assert "actions/send-to-desk.dg" in run(pull)
    run(init)
    script = tmp_path / "our-actions/actions/send-to-desk.dg"
    script.write_text('return {"text": "Filed at the desk."};\n')
    assert run(check) == "No mistakes found.\n"
    assert '+return {"text": "Filed at the desk."};' in run(plan)
    assert run(apply).endswith("Done: 1 step.\n")
    assert world.actions()["Send to desk"]["handler"] == {"script": 'return {"text": "Filed at the desk."};\n'}
    assert "Nothing to do" in run(plan)
    tracked = run("git -C ~/our-actions status --short --untracked-files=all").split()[1::2]
    assert "actions/send-to-desk.toml" in tracked
    assert "cliq.lock.toml" in tracked
