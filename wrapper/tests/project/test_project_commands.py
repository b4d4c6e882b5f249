"""The commands pull, check, plan, apply, drift and schema: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import HANDLER_UPDATE, IN_PATHS, PATIENT, WINDOW, examples_are_complete
from cliq_projects import World, action_file, content, project, write
from cliq_runs import one_parser
from zoho_cliq import cli
from zoho_cliq import project as project_module
from zoho_cliq._secrecy import masked
from zoho_cliq.cli import apply as apply_command
from zoho_cliq.cli.progress import Bar
from zoho_cliq.project import Progress, action_schema, configuration_schema

Run = Callable[..., tuple[int, str, str]]
FIRST, SECOND = (f'return {{"text": "{text}"}};\n' for text in ("one", "two"))
WEBHOOK: dict[str, Any] = {"execution_type": "webhook", "execution_url": "https://hooks.example.com/a"}


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; return exit code, output and complaints."""
    for name in list(os.environ):
        if name.startswith(("ZOHO_CLIQ_", "XDG_")) and name not in IN_PATHS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", "1000.owner")
    monkeypatch.setenv("ZOHO_CLIQ_BASE_URL", world.server.url)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cli, "parser", one_parser)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(list(map(str, arguments)))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_from_the_web_editor_to_git_and_back(world: World, run: Run, tmp_path: Path) -> None:
    cliq = world.client()
    made = cliq.message_actions.create(name="Note", hint="h", message_types=["text"])
    cliq.message_actions.update_handler(made.id, script=FIRST)
    root = tmp_path / "actions-of-ours"
    code, out, err = run("pull", root)
    assert (code, err) == (0, "")
    assert "wrote  actions/note.toml\n" in out
    assert run("pull", root)[:2] == (0, "Nothing to write: the folder is up to date.\n")
    assert run("check", root)[:2] == (0, "No mistakes found.\n")
    assert run("plan", "--check", root)[:2] == (0, "Nothing to do: the account equals the folder.\n")
    write(root, "actions/note.dg", SECOND)
    code, out, _ = run("plan", "--check", root)
    assert code == 1
    assert f"      -{FIRST}      +{SECOND}" in out
    assert "Least time: 0 s." in out
    code, out, err = run("apply", "--yes", root)
    assert code == 0, err
    assert out.endswith("Done: 1 step.\n")
    assert world.actions()["Note"]["handler"] == {"script": SECOND}
    assert run("drift", root)[:2] == (0, "No drift: nothing has changed since the last apply or pull.\n")
    cliq.message_actions.update(made.id, hint="theirs")
    code, out, _ = run("drift", root)
    assert (code, out) == (1, f"note ({made.id}, Note): hint is now 'theirs'\n")


def test_everything_in_json(world: World, run: Run, tmp_path: Path) -> None:
    project(tmp_path)
    action_file(tmp_path, "a", FIRST, name="A", hint="h")
    world.client().message_actions.create(name="Strange", hint="h")
    assert json.loads(run("check", tmp_path, "--json")[1]) == []
    found = json.loads(run("--json", "plan", tmp_path)[1])
    assert found["changes"][0]["kind"] == "create"
    assert found["left"][0]["name"] == "Strange"
    report = json.loads(run("--json", "apply", "--yes", tmp_path)[1])
    assert (report["steps_done"], report["blocked"], report["changed_meanwhile"]) == (2, [], [])
    assert json.loads(run("--json", "drift", tmp_path)[1])["unmanaged"][0][1] == "Strange"
    assert json.loads(run("--json", "pull", tmp_path)[1])["written"][-1] == "cliq.lock.toml"


def test_mistakes_are_lines_on_the_standard_error_and_nothing_is_sent(world: World, run: Run, tmp_path: Path) -> None:
    project(tmp_path)
    write(tmp_path, "actions/a.toml", 'name = "A"\nhnit = "h"\nhint = "h"\n')
    write(tmp_path, "actions/b.toml", 'name = "\x1b[2J')
    world.calls()
    for command in (["plan"], ["apply", "--yes"], ["drift"], ["pull"]):
        code, out, err = run(*command, tmp_path)
        assert (code, out) == (2, "")
        lines = err.splitlines()
        assert lines[0].startswith("zoho-cliq: actions/a.toml:2: unknown key 'hnit'; known are ")
        assert len(lines) == 2
        assert "\x1b" not in err
    code, _, err = run("plan", tmp_path, "--json")
    assert (code, json.loads(err)["mistakes"][0]["line"]) == (2, 2)
    code, out, _ = run("check", tmp_path)
    assert code == 2
    assert out.startswith("actions/a.toml:2: unknown key")
    assert not world.calls()


TOKEN = f"1000.{'a1' * 16}.{'b2' * 16}"
ACTION = 'name = "A"\nhint = "h"\n'
CONFLICT = "<<<<<<< HEAD\n=======\n>>>>>>> theirs\n"
BAD: list[tuple[dict[str, str], str]] = [
    ({"actions/a.toml": f"{ACTION}colour = 1\n"}, "actions/a.toml:3: unknown key 'colour'; known are "),
    ({"actions/a.toml": f'{ACTION}script = "a.dg"\n'}, "actions/a.toml:3: script: a.dg does not exist"),
    ({"actions/a.toml": f'{ACTION}script = "../../a.dg"\n'}, "actions/a.toml:3: script: ../../a.dg is outside the pro"),
    ({"actions/a.toml": f'{ACTION}script = "link.dg"\n'}, "actions/a.toml:3: script: link.dg is a symbolic link that"),
    ({"actions/a.toml": f'{ACTION}image = "link.dg"\n'}, "actions/a.toml:3: image: link.dg is a symbolic link that"),
    ({"actions/a.toml": ACTION, "actions/b.toml": ACTION}, "actions/b.toml:1: name: 'A' is the name of actions/a.toml"),
    ({"actions/a.toml": f"{ACTION}{CONFLICT}"}, "actions/a.toml:3: has the marks of a merge conflict"),
    ({"actions/a.toml": f'{ACTION}script = "a.dg"', "actions/a.dg": f"\n{CONFLICT}"}, "actions/a.dg:2: has the marks"),
    ({"cliq.toml": f"[environments.test]\n{CONFLICT}"}, "cliq.toml:2: has the marks of a merge conflict; resolve it"),
    ({"cliq.lock.toml": f"layout = 1\n{CONFLICT}"}, "cliq.lock.toml:2: has the marks of a merge conflict; resolve it"),
    ({"cliq.lock.toml": "# new\nlayout = 2\n"}, "cliq.lock.toml:2: layout 2 is newer than this zoho-cliq, which knows"),
    (
        {"cliq.lock.toml": 'layout = 1\n[environments.test.actions."../a"]\nid = "1"\n'},
        "cliq.lock.toml:2: is damaged; take it from git, or delete it and pull",
    ),
    ({"actions/a.toml": f'{ACTION}execution_url = "${{X}}"\n'}, "actions/a.toml:3: execution_url: there is no var"),
    (
        {"actions/a.toml": f'{ACTION}execution_type = "webhook"\nexecution_url = "https://a/?zapikey={TOKEN}"\n'},
        "actions/a.toml:4: seems to have a Zoho token in plain text; take it from a variable: {",
    ),
    ({"actions/a.toml": f"# {TOKEN}\n{ACTION}"}, "actions/a.toml:1: seems to have a Zoho token in plain text; take it"),
    ({"cliq.toml": f"[environments.test]\n# {TOKEN}\n"}, "cliq.toml:2: seems to have a Zoho token in plain text; take"),
    (
        {"actions/a.toml": f'{ACTION}script = "a.dg"', "actions/a.dg": f'x = "{TOKEN}";\nreturn {{"text": x}};\n'},
        "actions/a.dg:1: seems to have a Zoho token in plain text; use a connection instead",
    ),
    (
        {"actions/a.toml": f'{ACTION}script = "a.dg"', "actions/a.dg": "return nowhere;\n"},
        "actions/a.dg:1: column 8: `nowhere` is not defined; assign to it before this line [undefined-variable]",
    ),
]


@pytest.mark.parametrize(("files", "told"), BAD, ids=[told for _, told in BAD])
def test_each_kind_of_bad_input_is_one_line_and_nothing_is_sent(
    world: World, run: Run, tmp_path: Path, files: dict[str, str], told: str
) -> None:
    root = project(tmp_path / "ours")
    (root / "actions").mkdir()
    (root / "actions/link.dg").symlink_to(write(tmp_path, "outside.dg", SECOND))
    for name, text in files.items():
        write(root, name, text)
    before = content(root)
    code, out, _ = run("check", root)
    (line,) = out.splitlines()
    assert (code, line.startswith(told), TOKEN in line) == (2, True, False), out
    for command in (["plan"], ["plan", "--out", tmp_path / "kept"], ["apply", "--yes"], ["apply", "--dry-run"]):
        assert run(*command, root) == (2, "", f"zoho-cliq: {line}\n")
    report = json.loads(run("plan", root, "--json")[2])
    assert [f"{each['file']}:{each['line']}: {each['message']}" for each in report["mistakes"]] == [line]
    assert not world.calls()
    assert content(root) == before
    assert not (tmp_path / "kept").exists()


def test_every_mistake_of_every_file_is_told_in_one_go(world: World, run: Run, tmp_path: Path) -> None:
    project(tmp_path, "colour = 1\n[environments.test]\ndata_center = 7\n[environments.test.variables]\nA = 1.5\n")
    write(tmp_path, "cliq.lock.toml", "layout = 1\n[environments]\none = 1\ntwo = 2\n")
    text = 'name = "A"\ncolour = 1\nhint = ""\nscope = "all"\nscript = "a.dg"\nimage = "."\n'
    write(tmp_path, "actions/a.toml", text)
    write(tmp_path, "actions/a.dg", "return nowhere;\n")
    write(tmp_path, "actions/b.toml", 'name = "A"\nhint = "${A}"\nexecution_type = "later"\npermissions = ["chat"]\n')
    expected = [
        "actions/a.dg:1", "actions/a.toml:2", "actions/a.toml:3", "actions/a.toml:4", "actions/a.toml:6",
        "actions/b.toml:1", "actions/b.toml:3", "cliq.lock.toml:3", "cliq.lock.toml:4", "cliq.toml:1", "cliq.toml:3",
        "cliq.toml:5",
    ]  # fmt: skip
    code, out, _ = run("check", tmp_path)
    assert (code, [line.split(": ")[0] for line in out.splitlines()]) == (2, expected), out
    code, _, err = run("apply", "--yes", tmp_path)
    assert (code, [line.split(": ")[1] for line in err.splitlines()]) == (2, expected)
    assert not world.calls()


def test_warnings_block_nothing(world: World, run: Run, tmp_path: Path) -> None:
    script = 'spare = 1;\npassword = "hunter2hunter2";\nreturn {"text": password};\n'
    action_file(project(tmp_path), "a", script, name="A", hint="h")
    code, out, _ = run("check", tmp_path)
    assert (code, {line.rpartition(" ")[2] for line in out.splitlines()}) == (0, {"(warning)"})
    assert len(out.splitlines()) == 2
    assert run("plan", tmp_path)[::2] == (0, "")
    assert run("apply", "--yes", tmp_path)[::2] == (0, "")
    assert world.actions()["A"]["handler"] == {"script": script}


def test_mistakes_of_another_environment_block_nothing(run: Run, tmp_path: Path) -> None:
    project(tmp_path, '[environments.test.variables]\nWHO = "us"\n[environments.other]\n')
    action_file(tmp_path, "a", name="A", hint="${WHO}")
    assert run("check", tmp_path)[0] == 2
    assert run("check", tmp_path, "--env", "test")[0] == 0
    assert run("apply", "--yes", tmp_path)[0] == 0
    assert run("plan", tmp_path, "--env", "other")[0] == 2


def test_apply_asks_and_takes_no_for_an_answer(
    world: World, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    action_file(project(tmp_path), "a", name="A", hint="h")
    code, _, err = run("apply", tmp_path)
    assert (code, err) == (2, "zoho-cliq: apply asks before it changes anything; without a terminal give --yes\n")
    monkeypatch.setattr(apply_command, "may_ask", lambda: True)
    questions = []

    def answer(text: str) -> Callable[..., str]:
        def asked(question: str, *, secret: bool) -> str:
            questions.append(question)
            return text

        return asked

    monkeypatch.setattr(apply_command, "asked", answer("n"))
    code, out, err = run("apply", tmp_path)
    assert (code, err) == (1, "zoho-cliq: not applied; nothing was changed\n")
    assert "create      A" in out
    assert not world.ids()
    monkeypatch.setattr(apply_command, "asked", answer("y"))
    assert run("apply", tmp_path)[0] == 0
    assert set(world.ids()) == {"A"}
    assert questions == ["Apply these 1 steps to test? [y/N]"] * 2
    assert run("apply", tmp_path)[0] == 0
    assert len(questions) == 2


def test_a_kept_plan_and_what_refuses_it(world: World, run: Run, tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    action_file(root, "a", FIRST, name="A", hint="h")
    kept = tmp_path / "kept"
    assert run("plan", root, "--out", kept)[0] == 0
    action_file(root, "a", SECOND, name="B", hint="later")
    assert run("apply", kept, "--prune", "--yes")[0] == 2
    assert run("apply", kept, "--yes")[0] == 0
    assert world.actions()["A"]["handler"] == {"script": FIRST}
    code, _, err = run("apply", kept, "--yes")
    assert (code, err) == (1, "zoho-cliq: changed since the plan was made: cliq.lock.toml; plan again\n")
    assert run("apply", write(tmp_path, "other", "{}"), "--yes")[0] == 2


def test_a_kept_plan_without_steps_says_nothing_of_the_folder_as_it_is_now(
    world: World, run: Run, tmp_path: Path
) -> None:
    root = project(tmp_path / "project")
    kept = tmp_path / "kept"
    run("plan", root, "--out", kept)
    action_file(root, "a", FIRST, name="A", hint="h")
    assert run("apply", kept, "--yes")[:2] == (0, "This plan has no steps.\n")


def test_what_is_blocked_makes_apply_fail_after_the_rest(world: World, run: Run, tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", name="A", hint="h")
    run("apply", "--yes", tmp_path)
    action_file(tmp_path, "a", name="A", hint="h", **WEBHOOK)
    action_file(tmp_path, "b", name="B", hint="h")
    code, out, err = run("apply", "--yes", tmp_path)
    assert code == 1
    assert "blocked     A" in out
    assert "the API cannot change execution_type; --replace creates a new action instead" in err
    assert set(world.ids()) == {"A", "B"}
    assert run("apply", "--yes", "--replace", tmp_path)[0] == 0
    assert world.actions()["A"]["execution_type"] == "webhook"


def test_environments_credentials_and_secrets(
    world: World, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(
        tmp_path,
        f'[environments.one]\nbase_url = "{world.server.url}"\ncredentials = {{ variable = "ONE_TOKEN" }}\n'
        'variables = { KEY = { env = "HOOK_KEY" } }\n[environments.two]\ndata_center = "eu"\n'
        'credentials = { file = "/none" }\nvariables = { KEY = "x" }\n',
    )
    action_file(tmp_path, "a", name="A", hint="h", **WEBHOOK | {"execution_url": "https://h.example.com/${KEY}"})
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", "1000.wrong")
    monkeypatch.setenv("ZOHO_CLIQ_BASE_URL", "http://127.0.0.1:9/api/v3")
    code, _, err = run("plan", tmp_path)
    assert (code, err.startswith("zoho-cliq: cliq.toml:4: variables.KEY: HOOK_KEY is not set")) == (2, True)
    monkeypatch.setenv("HOOK_KEY", "s3cretkey")
    code, _, err = run("plan", tmp_path)
    assert (code, err) == (2, "zoho-cliq: cliq.toml takes the credentials from ONE_TOKEN, which is not set\n")
    monkeypatch.setenv("ONE_TOKEN", "1000.outsider")
    shown = [run("plan", tmp_path), run("plan", "--json", tmp_path), run("apply", "--yes", tmp_path)]
    assert [code for code, _, _ in shown] == [0, 0, 0]
    assert "https://h.example.com/${KEY}" in shown[0][1]
    assert not [part for parts in shown for part in parts[1:] if "s3cretkey" in part]
    assert world.actions()["A"]["execution_url"] == "https://h.example.com/s3cretkey"
    assert "s3cretkey" not in (tmp_path / "cliq.lock.toml").read_text()
    refusal = {"fault": "status", "status": 400, "message": "no s3cretkey here", "operation": "list_message_actions"}
    world.control("POST", "faults", refusal)
    code, _, err = run("plan", tmp_path)
    world.control("DELETE", "faults")
    assert (code, "no ${KEY} here" in err, "s3cretkey" in err) == (1, True, False)
    code, _, err = run("plan", "--env", "two", tmp_path)
    assert (code, err.startswith("zoho-cliq: cannot use /none")) == (2, True)
    code, _, err = run("plan", "--env", "three", tmp_path)
    assert (code, err) == (2, "zoho-cliq: cliq.toml:1: has no environment 'three'; it has one, two\n")


def test_check_finds_what_can_be_known_offline(run: Run, tmp_path: Path) -> None:
    project(tmp_path, '[environments.a.variables]\nHOST = "x"\nSPARE = 1\n[environments.b]\n')
    token = f"1000.{'a1' * 16}.{'b2' * 16}"
    write(tmp_path, "actions/a.png", "no image")
    action_file(tmp_path, "a", "x = 1\nreturn {};", name="A", hint="${HOST}", image="a.png")
    action_file(tmp_path, "b", f'token = "{token}";\npassword = "hunter2hunter2";', name="a", hint="h")
    action_file(
        tmp_path, "hook", name="Hook", hint="h", permissions=["chat"],
        **WEBHOOK | {"execution_url": "https://h.example.com/?token=abcdefghij"},
    )  # fmt: skip
    code, out, _ = run("check", tmp_path)
    assert code == 2
    assert token not in out
    assert "hunter2" not in out
    told = {line.split(";")[0] for line in out.splitlines() if "[unused-variable]" not in line}
    assert told == {
        "actions/a.dg:1: column 6: `",
        "actions/a.toml:2: hint: there is no variable 'HOST' in b",
        "actions/a.toml:3: image: is not one of PNG, JPEG, GIF, WebP (warning)",
        "actions/b.dg:1: seems to have a Zoho token in plain text",
        "actions/b.dg:2: column 13: this looks like a secret",
        "actions/b.dg:2: column 1: the script never answers",
        "actions/b.toml:1: name: differs from that of actions/a.toml in case only",
        "actions/hook.toml:5: seems to have a secret in a URL in plain text",
        "cliq.toml:3: variables.SPARE: no file uses it (warning)",
    }
    assert run("check", "--env", "a", tmp_path)[1].count("there is no variable") == 0


def test_check_says_that_scripts_were_not_checked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action_file(project(tmp_path), "a", "x", name="A", hint="h")
    monkeypatch.setitem(sys.modules, "zoho_cliq_deluge", None)
    code, out, _ = run("check", tmp_path)
    assert (code, out) == (0, "actions/a.dg:1: scripts were not checked: they need the extra `deluge` (warning)\n")


def test_schemas_are_printed(run: Run) -> None:
    assert json.loads(run("schema", "action")[1]) == action_schema()
    assert json.loads(run("schema", "cliq")[1]) == configuration_schema()


def test_pull_needs_tomlkit_and_the_others_do_not(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action_file(project(tmp_path), "a", name="A", hint="h")
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    assert run("apply", "--yes", tmp_path)[0] == 0
    code, _, err = run("pull", tmp_path)
    assert code == 2
    assert err.startswith("zoho-cliq: pull needs the extra `cli`: pip install")


def test_a_second_command_in_a_busy_folder_exits_with_3(world: World, run: Run, tmp_path: Path) -> None:
    from zoho_cliq.project.files import alone_in

    action_file(project(tmp_path), "a", name="A", hint="h")
    with alone_in(tmp_path):
        code, _, err = run("apply", "--yes", tmp_path)
    assert code == 3
    assert "another pull or apply is running" in err
    assert not world.ids()


def test_an_environment_of_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    code, _, err = run("pull", tmp_path / "new", "--env", "prod")
    assert code == 2
    assert "is not a folder; zoho-cliq pull creates one" in err
    assert not (tmp_path / "new").exists()


def test_a_first_pull_that_is_refused_can_be_repeated(world: World, run: Run, tmp_path: Path) -> None:
    world.control("POST", "faults", {"fault": "status", "status": 403, "operation": "list_message_actions", "times": 1})
    code, _, err = run("pull", tmp_path / "new")
    assert (code, err.startswith("zoho-cliq: list_message_actions: 403")) == (1, True)
    assert run("pull", tmp_path / "new")[0] == 0
    assert run("check", tmp_path / "new")[0] == 0


def test_what_a_colleague_wrote_cannot_steer_the_terminal(world: World, run: Run, tmp_path: Path) -> None:
    made = world.client().message_actions.create(name="A", hint="\x1b[2Jh")
    world.client().message_actions.update_handler(made.id, script="\x1b]0;x\x07\n\ttab")
    action_file(project(tmp_path), "a", FIRST, name="A", hint="h")
    code, out, _ = run("plan", tmp_path)
    assert code == 0
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\ttab" in out


def test_the_bar_counts_down(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.show(Progress(3, 10, "update_message_action", waits=42.4, left=121.4))
        text = str(bar.rendered())
    assert "waits 42 s, done in 2 min 1 s at the earliest" in text
    capsys.readouterr()


@examples_are_complete
def test_on_a_terminal_there_is_a_bar_and_a_question(world: World, tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", FIRST, name="A", hint="h")
    child, terminal = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZOHO_CLIQ_")}
    environment |= {"ZOHO_CLIQ_TOKEN": "1000.owner", "ZOHO_CLIQ_BASE_URL": world.server.url, "HOME": str(tmp_path)}
    environment |= IN_PATHS
    process = subprocess.Popen(
        [sys.executable, "-m", "zoho_cliq", "apply", str(tmp_path)],
        stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, env=environment, text=True,
    )  # fmt: skip
    os.close(terminal)
    os.write(child, b"y\n")
    out, _ = process.communicate(timeout=60)
    seen = b""
    with open(child, "rb", buffering=0) as stream:
        try:
            while chunk := stream.read(4096):
                seen += chunk
        except OSError:
            pass
    assert process.returncode == 0, seen
    assert out.endswith("Done: 2 steps.\n")
    assert b"Apply these 2 steps to test? [y/N]" in seen
    assert set(world.ids()) == {"A"}


@examples_are_complete
def test_ctrl_c_ends_an_apply_that_waits_and_the_next_one_finishes_it(world: World, run: Run, tmp_path: Path) -> None:
    root = project(tmp_path / "ours")
    for number in range(HANDLER_UPDATE.limit + 1):
        action_file(root, f"a{number}", FIRST, name=f"A{number}", hint="h")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits that it is ignored
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "zoho_cliq", "apply", "--yes", "--max-wait", str(PATIENT), str(root)],
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    announced = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "(threshold)" in announced
    assert (process.returncode, err.strip()) == (130, "zoho-cliq: interrupted; changes were made before that")
    assert [action["handler"] for action in world.actions().values()] == [{"script": FIRST}] * HANDLER_UPDATE.limit
    world.clock.now += WINDOW + 1
    later = ["--state", tmp_path / "state", root]  # where the thresholds have been free again for long
    code, out, _ = run("apply", "--yes", *later)
    assert (code, out.endswith("Done: 2 steps.\n")) == (0, True)
    assert run("plan", "--check", "--trust-lock", *later)[0] == 0
    assert len(world.ids()) == HANDLER_UPDATE.limit + 1


def test_what_was_left_trusted_or_changed_meanwhile_is_told(
    world: World, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    action_file(project(tmp_path), "a", FIRST, name="A", hint="h")
    assert run("apply", "--yes", tmp_path)[0] == 0
    assert run("drift", "--trust-lock", tmp_path)[:2] == (
        0,
        "Not read: 1 handlers; a change made in Cliq would be missed.\n",
    )
    write(tmp_path, "actions/a.dg", SECOND)
    code, out, err = run("pull", tmp_path)
    assert (code, out) == (0, "Nothing was written.\n")
    assert err.startswith("left   actions/a.dg: has changes that the account does not have")
    real = project_module.apply

    def meddled(cliq: Any, root: Any, found: Any, **choices: Any) -> Any:
        world.client().message_actions.create(name="B", hint="h")
        return real(cliq, root, found, **choices)

    monkeypatch.setattr(project_module, "apply", meddled)
    code, out, err = run("apply", "--yes", tmp_path)
    assert (code, out.endswith("Done: 1 step.\n")) == (0, True)
    assert err.startswith("zoho-cliq: changed in the account meanwhile by somebody else: B (")


def test_secrets_are_masked_in_any_data() -> None:
    assert masked({"a": ["x s y", 1, None]}, lambda text: text.replace("s", "*")) == {"a": ["x * y", 1, None]}


def test_the_files_are_toml(run: Run, tmp_path: Path) -> None:
    run("pull", tmp_path / "p")
    for name, text in content(tmp_path / "p").items():
        if name.endswith(".toml"):
            tomllib.loads(text.decode())


@pytest.mark.parametrize("kept", [False, True])
def test_a_dry_apply_shows_the_plan_and_changes_nothing(world: World, run: Run, tmp_path: Path, kept: bool) -> None:
    root = project(tmp_path / "ours")
    action_file(root, "a", FIRST, name="A", hint="h")
    what = tmp_path / "plan.json" if kept else root
    if kept:
        run("plan", root, "--out", what)
    before = content(root)
    code, out, err = run("apply", what, "--dry-run")
    assert (code, err) == (0, "zoho-cliq: dry run: nothing was changed\n")
    assert "create      A" in out
    assert run("apply", what, "--dry-run", "--quiet") == (0, out, "")
    report = json.loads(run("apply", what, "--dry-run", "--json")[1])
    assert (report["dry_run"], report["steps_done"], report["changed_meanwhile"]) == (True, 0, [])
    assert report["plan"]["changes"][0]["kind"] == "create"
    assert not world.ids()
    assert content(root) == before
    assert json.loads(run("apply", what, "--yes", "--json")[1])["dry_run"] is False


def test_quiet_leaves_out_what_was_done(world: World, run: Run, tmp_path: Path) -> None:
    root = project(tmp_path)
    action_file(root, "a", name="A", hint="h")
    assert run("check", root, "--quiet") == (0, "", "")
    assert run("apply", root, "--yes", "--quiet") == (0, "", "")
    assert set(world.ids()) == {"A"}
    world.client().message_actions.create(name="B", hint="h", message_types=["text"])
    assert run("pull", root, "--quiet") == (0, "", "")
    assert run("pull", root, "--quiet") == (0, "", "")
    assert (root / "actions/b.toml").exists()
