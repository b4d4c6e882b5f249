"""Pull: the account in files, with everything that only the user has left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import FIELDS
from cliq_projects import World, action_file, content, project, write
from zoho_cliq.project import apply, check, plan, pull, read
from zoho_cliq.project.contract_fields import create_fields

WEBHOOK: dict[str, Any] = {"execution_type": "webhook", "execution_url": "https://hooks.example.com/a"}


def test_an_empty_folder_becomes_a_project(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    made = cliq.message_actions.create(name='Été "1" / ${X}', hint="h", message_types=["text"])
    cliq.message_actions.update_handler(made.id, script="info 1;\r\nreturn {};")
    hook = cliq.message_actions.create(
        name="Hook", hint="h", scope="team", team_ids=[100001], message_types=["text"], **WEBHOOK
    )
    cliq.message_actions.update_handler(hook.id, permissions=["chat", "user"])
    cliq.message_actions.create(name="../etc", hint="h", message_types=["text"])
    root = tmp_path / "new" / "project"
    done = pull(cliq, root)
    assert not done.left
    files = content(root)
    assert set(done.written) == set(files)
    assert files["actions/ete-1-x.dg"] == b"info 1;\nreturn {};"
    head, *fields, script = files["actions/ete-1-x.toml"].decode().splitlines()
    assert head == "#:schema ../schemas/action.schema.json"
    assert set(fields) >= {
        'name = "Été \\"1\\" / $${X}"',
        'execution_type = "deluge"',
        'hint = "h"',
        'message_types = ["text"]',
        *(["multi_selectable = false"] if "multi_selectable" in FIELDS else []),
        'scope = "organization"',
    }
    names = [line.partition(" = ")[0] for line in fields]
    assert names == [name for name in create_fields() if name in names]
    assert script == 'script = "ete-1-x.dg"'
    assert b'permissions = ["chat", "user"]' in files["actions/hook.toml"]
    assert "actions/etc.toml" in files
    assert not [mistake for mistake in check(root) if mistake.severity == "error"]
    assert plan(cliq, read(root)).empty
    assert not pull(cliq, root).written
    assert content(root) == files


def test_pulled_file_names_are_unique(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    for name in ("A b", "a-B", "!", "?", "CON", "日本"):
        cliq.message_actions.create(name=name, hint="h")
    write(tmp_path, "actions/a-b.dg", "mine")
    pull(cliq, tmp_path)
    names = {path.name for path in (tmp_path / "actions").glob("*.toml")}
    assert names == {"a-b.toml", "a-b-2.toml", "action.toml", "action-2.toml", "con-action.toml", "action-3.toml"}
    assert (tmp_path / "actions/a-b.dg").read_text() == "mine"


def pulled_project(world: World, tmp_path: Path) -> Path:
    cliq = world.client()
    project(tmp_path)
    write(
        tmp_path,
        "actions/a.toml",
        '# About this action\nhint = "h"  # short\r\n\n\nname = "A"\nmessage_types = [\n  "text",  # first\n'
        '  "link",\n]\nscript = "a.dg"',
    )
    write(tmp_path, "actions/a.dg", "one")
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    return tmp_path


def change(world: World, **fields: Any) -> None:
    cliq = world.client()
    (identifier,) = world.ids().values()
    if "script" in fields:
        cliq.message_actions.update_handler(identifier, script=fields.pop("script"))
    if fields:
        cliq.message_actions.update(identifier, **fields)


def test_comments_order_and_line_ends_stay(world: World, tmp_path: Path) -> None:
    root = pulled_project(world, tmp_path)
    change(world, hint="theirs", message_types=["text", "attachment"], name="B", script="two")
    done = pull(world.client(), root)
    assert set(done.written) == {"actions/a.toml", "actions/a.dg", "cliq.lock.toml"}
    assert content(root)["actions/a.toml"].decode() == (
        '# About this action\nhint = "theirs"  # short\r\n\n\nname = "B"\nmessage_types = [\n  "text",  # first\n'
        '  "attachment",\n]\nscript = "a.dg"'
    )
    assert content(root)["actions/a.dg"] == b"two"
    assert plan(world.client(), read(root)).empty
    assert not pull(world.client(), root).written


def test_a_file_with_changes_of_its_own_is_left_unless_overwrite(world: World, tmp_path: Path) -> None:
    root = pulled_project(world, tmp_path)
    write(root, "actions/a.dg", "mine")
    toml = (root / "actions/a.toml").read_text().replace('"h"', '"mine"')
    (root / "actions/a.toml").write_text(toml)
    for theirs in ({}, {"hint": "theirs", "script": "theirs"}):
        if theirs:
            change(world, **theirs)
        before = content(root)
        done = pull(world.client(), root)
        assert content(root) == before
        assert not done.written
        assert sorted(line.partition(":")[0] for line in done.left) == ["actions/a.dg", "actions/a.toml"]
        assert "hint has a change that the account does not have" in "".join(done.left)
    done = pull(world.client(), root, overwrite=True)
    assert not done.left
    assert 'hint = "theirs"' in (root / "actions/a.toml").read_text()
    assert (root / "actions/a.dg").read_text() == "theirs"
    assert plan(world.client(), read(root)).empty


def test_the_same_change_in_file_and_account_is_no_change(world: World, tmp_path: Path) -> None:
    root = pulled_project(world, tmp_path)
    write(root, "actions/a.dg", "same")
    change(world, script="same")
    assert pull(world.client(), root).written == ("cliq.lock.toml",)
    assert plan(world.client(), read(root)).empty


def test_a_value_from_a_variable_stays_unless_overwrite(world: World, tmp_path: Path) -> None:
    project(tmp_path, '[environments.test.variables]\nHOST = "one.example.com"\n')
    action_file(tmp_path, "a", name="A", hint="h", **WEBHOOK | {"execution_url": "https://${HOST}/x"})
    cliq = world.client()
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    before = content(tmp_path)
    assert not pull(cliq, tmp_path).written
    change(world, execution_url="https://two.example.com/x")
    done = pull(cliq, tmp_path)
    assert content(tmp_path) == before
    assert "execution_url comes from a variable and differs from the account's" in done.left[0]
    assert "actions/a.toml" in pull(cliq, tmp_path, overwrite=True).written
    assert "two.example.com" in (tmp_path / "actions/a.toml").read_text()


def test_fields_that_belong_together_come_together(world: World, tmp_path: Path) -> None:
    root = pulled_project(world, tmp_path)
    write(root, "actions/a.toml", 'name = "A"\nhint = "h"\nscope = "organization"\nscript = "a.dg"\n')
    pull(world.client(), root)
    change(world, scope="team", team_ids=[100002])
    pull(world.client(), root)
    assert 'scope = "team"' in (root / "actions/a.toml").read_text()
    assert "team_ids = [100002]" in (root / "actions/a.toml").read_text()
    change(world, scope="personal")
    pull(world.client(), root)
    assert "team_ids" not in (root / "actions/a.toml").read_text()
    assert plan(world.client(), read(root)).empty


def test_an_action_of_another_type_changes_what_its_handler_is(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    project(tmp_path)
    action_file(tmp_path, "a", "x", name="A", hint="h", execution_type="deluge")
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    cliq.message_actions.delete(world.ids()["A"])
    made = cliq.message_actions.create(name="A", hint="h", **WEBHOOK)
    cliq.message_actions.update_handler(made.id, permissions=["chat"])
    assert pull(cliq, tmp_path).left
    assert not pull(cliq, tmp_path, overwrite=True).left
    assert (tmp_path / "actions/a.toml").read_text() == (
        'name = "A"\nhint = "h"\nexecution_type = "webhook"\nexecution_url = "https://hooks.example.com/a"\n'
        'permissions = ["chat"]\n'
    )
    assert plan(cliq, read(tmp_path)).empty


def test_a_script_shared_by_several_actions_is_left(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    project(tmp_path)
    write(tmp_path, "shared.dg", "one")
    for key in ("a", "b"):
        write(tmp_path, f"actions/{key}.toml", f'name = "{key}"\nhint = "h"\nscript = "../shared.dg"\n')
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    cliq.message_actions.update_handler(world.ids()["a"], script="two")
    done = pull(cliq, tmp_path, overwrite=True)
    assert done.left == ("shared.dg: several actions use it and the account's differ; the file is unchanged",)
    assert (tmp_path / "shared.dg").read_text() == "one"


def test_a_file_whose_action_is_gone_is_left(world: World, tmp_path: Path) -> None:
    root = pulled_project(world, tmp_path)
    world.client().message_actions.delete(world.ids()["A"])
    before = content(root)
    assert pull(world.client(), root).left == (
        "actions/a.toml: its action is not in the account; the file is unchanged",
    )
    assert content(root) == before


def test_a_name_that_a_file_has_already_makes_no_second_file(world: World, tmp_path: Path) -> None:
    root = pulled_project(world, tmp_path)
    (root / "actions/a.toml").write_text((root / "actions/a.toml").read_text().replace('"A"', '"Mine"'))
    world.client().message_actions.create(name="Mine", hint="h", message_types=["text"])
    done = pull(world.client(), root)
    assert len(done.left) == 2
    assert "a file has its name already; no file was written" in done.left[1]
    assert [action.name for action in read(root).actions] == ["Mine"]


def test_what_a_file_left_out_stays_left_out(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    made = cliq.message_actions.create(name="A", hint="h")
    cliq.message_actions.update_handler(made.id, script="theirs")
    action_file(project(tmp_path), "a", name="A", hint="h")
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    before = content(tmp_path)
    assert not pull(cliq, tmp_path).written
    assert content(tmp_path) == before


def test_a_trusted_lock_saves_calls(world: World, tmp_path: Path) -> None:
    root = pulled_project(world, tmp_path)
    world.calls()
    assert not pull(world.client(), root, trust_lock=True).written
    assert world.calls() == {"list_message_actions": 2}
    write(root, "actions/a.dg", "mine")
    assert pull(world.client(), root, trust_lock=True).left
    assert (root / "actions/a.dg").read_text() == "mine"


@pytest.mark.parametrize("value", ["unset", "empty", "not_found"])
def test_a_handler_that_was_never_set(world: World, tmp_path: Path, value: str) -> None:
    world.begin(unset_handler=value)
    cliq = world.client()
    cliq.message_actions.create(name="A", hint="h")
    cliq.message_actions.create(name="Hook", hint="h", **WEBHOOK)
    pull(cliq, tmp_path)
    assert plan(cliq, read(tmp_path)).empty
    assert not pull(cliq, tmp_path).written


def test_an_account_in_two_environments(world: World, tmp_path: Path) -> None:
    project(tmp_path, '[environments.one.variables]\nWHO = "one"\n[environments.two.variables]\nWHO = "two"\n')
    action_file(tmp_path, "a", "x", name="A", hint="for ${WHO}")
    for environment, token in (("one", "1000.owner"), ("two", "1000.outsider")):
        cliq = world.client(token)
        apply(cliq, tmp_path, plan(cliq, read(tmp_path, environment)))
        assert next(iter(cliq.message_actions.list())).hint == f"for {environment}"
        assert not pull(cliq, tmp_path, environment).written
    assert read(tmp_path, "one").lock.entries["a"].id != read(tmp_path, "two").lock.entries["a"].id
