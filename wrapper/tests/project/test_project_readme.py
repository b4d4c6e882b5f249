"""The five commands of the README, with a change of a script between them, as a reader would carry them out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from cliq_fakes import IN_PATHS, examples_are_complete
from cliq_projects import World

README = Path(__file__).resolve().parents[3] / "README.md"


def commands() -> list[str]:
    """Return the commands of the section."""
    section = README.read_text("utf-8").partition("## From the web editor to git in five commands\n")[2]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block
    return [line.partition("  #")[0].strip() for line in block.group(1).splitlines()]


@examples_are_complete
def test_five_commands_carry_a_change_from_git_to_the_account(world: World, tmp_path: Path) -> None:
    made = world.client().message_actions.create(name="Send to desk", hint="File it")
    world.client().message_actions.update_handler(made.id, script='return {"text": "Filed."};\n')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZOHO_CLIQ_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        **IN_PATHS,
        "ZOHO_CLIQ_TOKEN": "1000.owner",
        "ZOHO_CLIQ_BASE_URL": world.server.url,
    }

    def run(command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        return done.stdout

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
