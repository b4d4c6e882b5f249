"""Reading a project's folder: what it wants, and one clear line for each mistake in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomlkit
from cliq_fakes import NEEDED
from cliq_projects import action_file, project, write
from hypothesis import given
from hypothesis import strategies as st
from zoho_cliq.project import ProjectError, action_schema, check, configuration_schema, read
from zoho_cliq.project.contract_fields import create_fields, name_length
from zoho_cliq.project.files import write_whole
from zoho_cliq.project.lock_file import read_locks, write_locks
from zoho_cliq.project.model import Entry, Lock
from zoho_cliq.project.toml_files import key_lines
from zoho_cliq_api.contract import document

WEBHOOK: dict[str, Any] = {"execution_type": "webhook", "execution_url": "https://hooks.example.com/a"}


def mistakes(root: Path, environ: dict[str, str] | None = None) -> list[str]:
    """Return the mistakes that reading reports."""
    with pytest.raises(ProjectError) as caught:
        read(root, environ=environ or {})
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_folder_is_read(tmp_path: Path) -> None:
    project(tmp_path, '[environments.test.variables]\nHOST = "h.example.com"\nTEAM = 100001\nTEAMS = [1, 2]\n')
    action_file(tmp_path, "note", "return {};\r\n", name="Note", hint="Keep $${it}", scope="team", team_ids="${TEAMS}")
    write(tmp_path, "icons/hook.png", "\x89PNG")
    action_file(
        tmp_path, "hook", name="Hook", hint="h", image="../icons/hook.png", permissions=["user", "chat"],
        scope="team", team_ids=["${TEAM}", 7], **WEBHOOK | {"execution_url": "https://${HOST}/x"},
    )  # fmt: skip
    found = {action.key: action for action in read(tmp_path).actions}
    wanted = {"name": "Note", "hint": "Keep ${it}", "execution_type": "deluge", "scope": "team", "team_ids": [1, 2]}
    assert found["note"].fields == wanted
    assert (found["note"].handler, found["note"].script_file) == ("return {};\n", "actions/note.dg")
    assert found["hook"].fields["execution_url"] == "https://h.example.com/x"
    assert found["hook"].fields["team_ids"] == [100001, 7]
    assert found["hook"].fields["image"] == "wolQTkc="
    assert found["hook"].handler == ("chat", "user")


def test_a_secret_comes_from_the_environment_and_is_shown_nowhere(tmp_path: Path) -> None:
    project(tmp_path, '[environments.test.variables]\nKEY = { env = "HOOK_KEY" }\n')
    action_file(tmp_path, "hook", name="Hook", hint="h", **WEBHOOK | {"execution_url": "https://h.example.com/${KEY}"})
    found = read(tmp_path, environ={"HOOK_KEY": "s3cret"})
    assert found.actions[0].fields["execution_url"] == "https://h.example.com/s3cret"
    assert found.environment.masked("x s3cret y") == "x ${KEY} y"
    assert "s3cret" not in repr(found.environment)
    assert mistakes(tmp_path) == ["cliq.toml:2: variables.KEY: HOOK_KEY is not set"]
    told = mistakes(tmp_path, {"HOOK_KEY": "has spaces s3cret"})
    assert len(told) == 1
    assert told[0].startswith("actions/hook.toml:4: execution_url: must match")
    assert "s3cret" not in told[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "A"\nhint = "h"\nhnit = "h"', f"3: unknown key 'hnit'; known are {next(iter(create_fields()))}, "),
        ('hint = "h"', "1: name: is required"),
        ('hint = "h"\n\nname = 7', "3: name: must be a string, not int"),
        (f'hint = "h"\nname = "{"x" * 200}"', f"2: name: must have at most {name_length()} characters, has 200"),
        ('name = "A"\nhint = "h"\nscope = "all"', "3: scope: must be one of "),
        ('name = "A"\nhint = "h"\nscope = "team"', "1: team_ids: is required when scope is team"),
        ('name = "A"\nhint = "h"\nteam_ids = [1]', '3: team_ids: is only for actions with scope = "team"'),
        ('name = "A"\nhint = "h"\nmessage_types = [\n"text",\n"txt"]', "3: message_types: message_types[1]"),
        ('name = "A"\nhint = "${WHO}"', "2: hint: there is no variable 'WHO' in test"),
        ('name = "A"\nhint = "h"\nscript = "a.dg"', "3: script: a.dg does not exist"),
        ('name = "A"\nhint = "h"\nscript = ""', "3: script: must be the path of a file"),
        ('name = "A"\nhint = "h"\nscript = "../../a.dg"', "3: script: ../../a.dg is outside the project's"),
        ('name = "A"\nhint = "h"\nscript = "/etc/passwd"', "3: script: /etc/passwd is outside the project's"),
        ('name = "A"\nhint = "h"\nscript = "."', "3: script: . is not a regular file"),
        ('name = "A"\nhint = "h"\nimage = "no.png"', "3: image: no.png does not exist"),
        ('name = "A"\nhint = "h"\npermissions = ["chat"]', "3: permissions: is only for webhook actions"),
        ('name = "A"\nhint = "h"\nexecution_url = "https://x"', "3: execution_url: is only for webhook"),
        ('name = "A"\nhint = "h"\nexecution_type = "webhook"', "1: execution_url: is required when"),
        ('name = "A"\nname = "B"', "2: is not valid TOML: Cannot overwrite a value"),
        ('name = "A', "1: is not valid TOML: "),
        ("name = " + "[" * 5000, "1: is not TOML that can be read: it is nested too deeply"),
        ('name = "A"\n<<<<<<< HEAD\nhint = "h"\n=======\nhint = "i"\n>>>>>>> b', "2: has the marks of a merge"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_action_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    project(tmp_path)
    write(tmp_path, "actions/a.toml", text)
    found = mistakes(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"actions/a.toml:{told}")
    assert "\n" not in found[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: needs a table [environments.NAME]"),
        ("default_environment = []\n[environments.a]", "1: default_environment: there is no environment []"),
        ("[environments.a]\ndata_center = ['us']", "2: data_center: must be one of us, eu"),
        (
            'default_environment = "b"\n[environments.a]',
            "1: default_environment: there is no environment 'b'",
        ),
        (
            "[environments.a]\ncolour = 1",
            "2: unknown key 'colour'; known are base_url, credentials, data_center",
        ),
        ('[environments.a]\ndata_center = "mars"', "2: data_center: must be one of us, eu, in, "),
        ('[environments.a]\nbase_url = "ftp://x"', "2: base_url"),
        ('[environments.a]\ncredentials = "1000.abc"', "2: credentials: name where they are"),
        (
            '[environments.a]\ncredentials = { variable = "1000.abc" }',
            "2: credentials.variable: must be the name",
        ),
        ('[environments.a.variables]\n"a b" = 1', "2: variables: 'a b' must be letters"),
        ("[environments.a.variables]\nA = 1.5", "2: variables.A: must be a text, a whole number"),
        ('[environments.a.variables]\nA = { file = "x" }', "2: variables.A: must be a value, or { env"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    project(tmp_path, text)
    found = mistakes(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"cliq.toml:{told}")
    assert "1000.abc" not in found[0]


def test_every_mistake_is_told_at_once_in_order(tmp_path: Path) -> None:
    project(tmp_path)
    write(tmp_path, "actions/b.toml", "hint = 1")
    write(tmp_path, "actions/a.toml", 'x = 1\nhint = "h"\ny = 2')
    assert [line.split(": ")[0] for line in mistakes(tmp_path)] == ["actions/a.toml:1"] * 2 + ["actions/a.toml:3"] + [
        "actions/b.toml:1"
    ] * 2


def test_two_files_with_one_name(tmp_path: Path) -> None:
    project(tmp_path)
    action_file(tmp_path, "a", hint="h", name="Same")
    action_file(tmp_path, "b", hint="h", name="Same")
    assert mistakes(tmp_path) == ["actions/b.toml:2: name: 'Same' is the name of actions/a.toml too"]


@pytest.mark.skipif(os.path.exists(__file__.upper()), reason="the file system knows no case")
def test_two_files_that_differ_in_case_only(tmp_path: Path) -> None:
    project(tmp_path)
    action_file(tmp_path, "A", hint="h", name="One")
    action_file(tmp_path, "a", hint="h", name="Two")
    assert mistakes(tmp_path) == [
        "actions/a.toml:1: differs from actions/A.toml in case only; some systems cannot keep both"
    ]


def test_symbolic_links_out_of_the_project_are_refused_and_those_inside_are_followed(tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    write(tmp_path, "outside.dg", "return 1;")
    write(root, "shared/inside.dg", "return 2;")
    action_file(root, "a", hint="h", name="A", script=None)
    (root / "actions/a.toml").write_text('name = "A"\nhint = "h"\nscript = "a.dg"\n')
    (root / "actions/a.dg").symlink_to(tmp_path / "outside.dg")
    assert mistakes(root) == ["actions/a.toml:3: script: a.dg is a symbolic link that leads out of the project"]
    (root / "actions/a.dg").unlink()
    (root / "actions/a.dg").symlink_to(root / "shared/inside.dg")
    assert read(root).actions[0].handler == "return 2;"
    (root / "actions/a.dg").unlink()
    (root / "actions/a.dg").symlink_to("a.dg")
    assert mistakes(root)[0].startswith("actions/a.toml:3: script: a.dg ")
    (root / "actions/a.toml").unlink()
    write(tmp_path, "b.toml", "")
    (root / "actions/b.toml").symlink_to(tmp_path / "b.toml")
    assert mistakes(root) == ["actions/b.toml:1: is a symbolic link that leads out of the project"]
    (root / "actions/b.toml").unlink()
    for name in ("cliq.toml", "cliq.lock.toml"):
        kept = (root / name).read_text() if (root / name).exists() else None
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(tmp_path / "b.toml")
        assert mistakes(root) == [f"{name}:1: is a symbolic link that leads out of the project"]
        (root / name).unlink()
        if kept is not None:
            (root / name).write_text(kept)
    (root / "actions").rename(tmp_path / "elsewhere")
    (root / "actions").symlink_to(tmp_path / "elsewhere")
    assert mistakes(root) == ["actions:1: is a symbolic link that leads out of the project"]


def test_a_folder_of_actions_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    actions = project(tmp_path) / "actions"
    actions.symlink_to("gone")
    assert mistakes(tmp_path) == ["actions:1: cannot be read: No such file or directory"]
    actions.unlink()
    actions.write_text("gone")  # a symbolic link, as git writes it where links are switched off
    assert mistakes(tmp_path) == ["actions:1: cannot be read: Not a directory"]


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", "x", hint="h", name="A")
    for name in ("cliq.lock.toml", "actions/a.dg", "actions/b.toml"):
        with open(tmp_path / name, "ab") as file:
            file.truncate(1 << 25)
    assert mistakes(tmp_path) == [
        "actions/a.toml:3: script: a.dg is larger than 16 MiB",
        "actions/b.toml:1: is larger than 16 MiB",
        "cliq.lock.toml:1: is larger than 16 MiB",
    ]


def test_a_folder_that_is_linked_itself_is_read(tmp_path: Path) -> None:
    action_file(project(tmp_path / "real"), "a", "x", hint="h", name="A")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert read(tmp_path / "link").actions[0].handler == "x"


def test_a_merge_conflict_in_a_script(tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", "x\n<<<<<<< HEAD\ny\n=======\nz\n>>>>>>> b\n", hint="h", name="A")
    assert mistakes(tmp_path) == ["actions/a.dg:2: has the marks of a merge conflict; resolve it first"]


def test_files_that_are_not_text(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions/a.toml").write_bytes(b'name = "A"\nhint = "\xff"')
    assert mistakes(tmp_path) == ["actions/a.toml:2: is not UTF-8 text"]
    (tmp_path / "actions/a.toml").write_text('name = "A"\nhint = "h"\nscript = "a.dg"')
    (tmp_path / "actions/a.dg").write_bytes(b"\xff")
    assert mistakes(tmp_path) == ["actions/a.toml:3: script: a.dg is not UTF-8 text"]


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    assert mistakes(tmp_path) == [f"cliq.toml:1: is missing in {tmp_path}; zoho-cliq pull creates one"]
    assert "is not a folder" in mistakes(tmp_path / "no")[0]
    project(tmp_path)
    with pytest.raises(ProjectError, match=r"cliq\.toml:3: has no environment 'prod'; it has test"):
        read(tmp_path, "prod")
    assert [str(mistake) for mistake in check(tmp_path, "prod")] == [
        "cliq.toml:3: has no environment 'prod'; it has test"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("layout = 2", "cliq.lock.toml:1: layout 2 is newer than this zoho-cliq, which knows 1; install a newer"),
        ("# x\nlayout = true", "cliq.lock.toml:2: is not a lock file of zoho-cliq"),
        ("", "cliq.lock.toml:1: is not a lock file of zoho-cliq"),
        ("layout = 1\n<<<<<<< HEAD\nx = 1\n=======\n>>>>>>> b", "cliq.lock.toml:2: has the marks of a merge conflict"),
        ("layout = 1\nenvironments = 1", "cliq.lock.toml:2: environments must be a table"),
        ("layout = 1\n[environments]\ntest = 1", "cliq.lock.toml:3: is damaged"),
        ("layout = 1\n[environments.test.actions.a]\nid = 7", "cliq.lock.toml:2: is damaged"),
        ('layout = 1\n[environments.test.actions.a]\nid = "7"\nfields = { a = 1 }', "cliq.lock.toml:2: is damaged"),
        (
            'layout = 1\n[environments.t.actions.a]\nid = "7"\n[environments.t.actions.b]\nid = "7"',
            "cliq.lock.toml:5: 'b' has the same id as 'a', 7; remove the wrong one",
        ),
    ],
)
def test_a_mistake_in_the_lock_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    project(tmp_path)
    write(tmp_path, "cliq.lock.toml", text)
    found = mistakes(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(told)


def test_the_lock_is_kept_as_it_is(tmp_path: Path) -> None:
    locks = {
        "b": Lock({"z": Entry("1", {"name": "d1"}, "d2"), 'a "key"': Entry("2", {}, None, "3")}, "token\n"),
        "a.c": Lock(),
    }
    assert write_locks(tmp_path, locks)
    assert read_locks(tmp_path) == locks
    before = (tmp_path / "cliq.lock.toml").stat().st_ino
    assert not write_locks(tmp_path, dict(reversed(locks.items())))
    assert (tmp_path / "cliq.lock.toml").stat().st_ino == before


def test_a_file_is_written_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777, os.listdir(tmp_path)) == ("new", 0o640, ["a"])


KEYS = st.text("abc-_\"'. é#=[]", min_size=1, max_size=4)
VALUES = st.recursive(
    st.one_of(st.integers(-5, 5), st.booleans(), st.text("ab\"'\n#=[]{}\\", max_size=8)),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(KEYS, st.one_of(VALUES, st.dictionaries(KEYS, VALUES, min_size=1, max_size=3)), max_size=5))
def test_lines_of_keys_are_right_in_any_file(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    lines = key_lines(text)
    plain = {name: value for name, value in data.items() if not isinstance(value, dict)}
    for name, value in data.items():
        assert (name,) in lines
        for inner in value if isinstance(value, dict) else ():
            assert (name, inner) in lines
    # The text above a key's line has exactly the keys before it.
    order = [name for name in data if name in plain]
    assert [lines[(name,)] for name in order] == sorted(lines[(name,)] for name in order)
    for name in order:
        rest = "\n".join(text.split("\n")[lines[(name,)] - 1 :])
        assert tomlkit.parse(rest).unwrap()[name] == data[name]


def test_the_schemas_say_what_reading_says(tmp_path: Path) -> None:
    schema = action_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator.check_schema(configuration_schema())
    checker = jsonschema.Draft7Validator(schema)
    good: dict[str, Any] = {"name": "A", "hint": "h", "script": "a.dg", **NEEDED.get("create_message_action", {})}
    assert checker.is_valid(good | {"team_ids": ["${TEAM}"], "scope": "team", "hint": "${MANY}"})
    wrong: list[dict[str, Any]] = [
        {"hint": "h"}, good | {"x": 1}, good | {"name": "x" * 200}, good | {"scope": "team"}, good | {"scope": "all"},
        good | {"permissions": ["all"]}, good | {"team_ids": [0]}, good | {"execution_type": "webhook"},
    ]  # fmt: skip
    assert not [data for data in wrong if checker.is_valid(data)]
    assert json.dumps(schema).count("$ref") == 0
    bodies = [document()["components"]["schemas"][name] for name in ("MessageActionCreate", "HandlerUpdate")]
    assert set(schema["properties"]) == {name for body in bodies for name in body["properties"]}
