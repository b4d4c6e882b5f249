"""`zoho-cliq changes`, with the token in a file or in an option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cliq_runs import Run, create
from zoho_cliq.message_actions import MessageActions


def ids(out: str) -> list[str]:
    return [action["id"] for action in json.loads(out)["actions"]]


def test_a_kept_token_gives_what_changed_since(run: Run, tmp_path: Path) -> None:
    kept = ("--token-file", str(tmp_path / "new" / "token"))
    first, second = create(run, "First"), create(run, "Second")
    code, out, err = run("changes", *kept, "--json")
    found = json.loads(out)
    assert (code, err, ids(out)) == (0, "", [first["id"], second["id"]])
    assert (found["full"], found["deleted"]) == (True, [])
    assert (tmp_path / "new" / "token").read_text() == f"{found['sync_token']}\n"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["token"]
    run("update", second["id"], "--hint", "New")
    run("delete", first["id"], "--yes")
    out = run("changes", *kept, "--json")[1]
    assert (ids(out), json.loads(out)["deleted"], json.loads(out)["full"]) == ([second["id"]], [first["id"]], False)
    assert run("changes", *kept)[1:] == (
        "change  id  name  execution type  scope  hint\n",
        "zoho-cliq: nothing has changed\n",
    )


def test_people_see_a_table_and_the_token(run: Run) -> None:
    made = create(run, "Note")
    code, out, err = run("changes", "--page-size", "1")
    assert (code, out.splitlines()[1].split()[:3]) == (0, ["listed", made["id"], "Note"])
    token = err.removeprefix("zoho-cliq: for the next call: --since ").strip()
    run("update", made["id"], "--new-name", "Other")
    code, out, err = run("changes", "--since", token, "--quiet")
    assert (code, out.splitlines()[1].split()[:3], err) == (0, ["changed", made["id"], "Other"], "")
    run("delete", made["id"], "--yes")
    assert run("changes", "--since", token, "--quiet")[1].splitlines()[1:] == [f"deleted  {made['id']}"]
    assert run("changes")[2].startswith("zoho-cliq: there are no actions\n")


def test_a_token_that_the_server_refuses_lists_everything(run: Run) -> None:
    create(run)
    code, out, err = run("changes", "--since", "nonsense")
    assert (code, "listed" in out) == (0, True)
    assert "the server refused the token, so everything is listed; what is missing here was deleted\n" in err


def test_a_server_without_tokens_leaves_the_kept_one(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "token"

    class Changes(list[Any]):
        full, sync_token, deleted = True, None, ()

    path.write_text("")
    monkeypatch.setattr(MessageActions, "changes", lambda *_, **__: Changes())
    code, _, err = run("changes", "--token-file", str(path))
    assert (code, path.read_text()) == (0, "")
    assert err.endswith("zoho-cliq: the server returned no token for the next call\n")


def test_the_token_is_not_stored_if_the_changes_cannot_be_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    with monkeypatch.context() as patch:
        patch.setattr("zoho_cliq.cli.changes.table", gone)
        assert run("changes", "--token-file", str(tmp_path / "token"))[0] == 1
    assert not (tmp_path / "token").exists()


def test_token_files_that_cannot_be_used_are_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "two").write_text("a\nb\n")
    (tmp_path / "bytes").write_bytes(b"\xff")
    (tmp_path / "escape").write_text("a\x1b[31m")
    for name, message in (
        ("", f"cannot read {tmp_path}: Is a directory"),
        ("two", f"{tmp_path / 'two'} contains no token; choose another --token-file"),
        ("escape", f"{tmp_path / 'escape'} contains no token; choose another --token-file"),
        ("bytes", f"cannot read {tmp_path / 'bytes'}: it contains no token"),
        ("two/token", f"cannot read {tmp_path / 'two/token'}: Not a directory"),
    ):
        assert run("changes", "--token-file", str(tmp_path / name)) == (2, "", f"zoho-cliq: {message}\n")
    assert run("changes", "--token-file", "x", "--since", "y")[0] == 2


def test_a_token_that_cannot_be_kept_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    path = tmp_path / "token"
    for function in ("tempfile.mkstemp", "os.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(function, full)
            code, _, err = run("changes", "--token-file", str(path))
        assert (code, err) == (
            2,
            f"zoho-cliq: cannot write {path}: No space left on device; the old token stays\n",
        )
    assert [each for each in tmp_path.iterdir() if "token" in each.name] == []
