"""The pytest fixture `deluge`: running a script with an event in one line."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from zoho_cliq_deluge import DelugeRuntimeError, DelugeSyntaxError, Run, TaskError
from zoho_cliq_mock import DelugeRunner

pytest_plugins = ["pytester"]


def test_a_script_runs_in_one_line(deluge: DelugeRunner) -> None:
    run = deluge('info chat.get("title"); return {"text": user.get("first_name") + ": " + message.get("text")};', "Hi")
    assert isinstance(run, Run)
    assert (run.answer, run.log) == ({"text": "Ada: Hi"}, ("#general",))


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_is_a_path_or_a_name_that_ends_in_dg(deluge: DelugeRunner, tmp_path: Path, as_text: bool) -> None:
    path = tmp_path / "ticket.dg"
    path.write_text('return message.get("text") + " – für dich";', "utf-8")
    assert deluge(str(path) if as_text else path, "x").answer == "x – für dich"
    with pytest.raises(FileNotFoundError):
        deluge(f"{path}.dg")


def test_the_event_can_be_chosen_in_part_and_as_a_whole(deluge: DelugeRunner) -> None:
    user = 'return user.get("first_name") + " " + user.get("id");'
    assert deluge(user, user="colleague").answer == "Grace 70021946"
    assert deluge(user, user={"first_name": "Zoe"}).answer == "Zoe 70021945"
    assert deluge('return user.get("name");', user={"first_name": "Zoe"}).answer == "Zoe"
    with pytest.raises(ValueError, match="unknown user 'zoe'; use one of owner, colleague, outsider"):
        deluge(user, user="zoe")
    assert deluge("return messages.size();", ["a", "b"]).answer == 2
    assert deluge('return chat.get("title");', chat={"title": "#desk"}).answer == "#desk"
    assert deluge('return location.get("latitude");', location={"latitude": 1}).answer == 1
    files = [{"name": "a.csv", "content": "a,b"}]
    assert deluge("return attachments.get(0).getFileContent();", attachments=files).answer == "a,b"
    assert deluge('return message.get("text");', event={"params": {"message": {"text": "whole"}}}).answer == "whole"


def test_what_a_script_may_use_is_set_on_the_fixture(deluge: DelugeRunner) -> None:
    deluge.stubs["zoho.crm.getRecordById"] = {"Last_Name": "Hopper"}
    deluge.policies["null_in_concat"] = "empty"
    deluge.now = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    deluge.connections["desk"] = {"Authorization": "Bearer x"}
    script = """
lead = zoho.crm.getRecordById("Leads", 1);
zoho.cliq.postToChat(chat.get("id"), lead.get("Last_Name"));
zoho.cliq.createRecord("seen", {"a": 1});
return "x" + null + zoho.currenttime;
"""
    assert deluge(script).answer == "x02-Jan-2020 03:04:05"
    assert [post.message for post in deluge.cliq.posts] == ["Hopper"]
    deluge(script)
    assert len(deluge.cliq.databases["seen"]) == 2
    call = 'invokeurl [ url :"http://api.example.com/" type :GET connection:"desk" ];'
    with pytest.raises(DelugeRuntimeError, match=r"api\.example\.com"):
        deluge(call)


def test_each_test_has_its_own_runner(deluge: DelugeRunner) -> None:
    assert (deluge.cliq.posts, deluge.stubs, deluge.policies) == ([], {}, {})


def test_failures_are_raised(deluge: DelugeRunner) -> None:
    with pytest.raises(DelugeSyntaxError):
        deluge("x = 1")
    with pytest.raises(DelugeRuntimeError) as failed:
        deluge('info "before"; zoho.crm.x();')
    assert failed.value.run.log == ("before",)

    def broken(*arguments: object) -> None:
        raise TaskError("the service is down")

    deluge.stubs["zoho.crm.x"] = broken
    with pytest.raises(DelugeRuntimeError, match="the service is down"):
        deluge("zoho.crm.x();")


def test_another_project_has_the_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_lazy():
            assert "zoho_cliq_deluge" not in sys.modules
        def test_one_line(deluge):
            assert deluge('return message.get("text");', "Hi").answer == "Hi"
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)


def test_without_the_packages_the_fixtures_say_what_to_install(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the other installed plugins take a second to load
    pytester.makeconftest("import sys; sys.modules |= {'lark': None, 'uvicorn': None}")
    pytester.makepyfile(
        """
        def test_one(deluge): pass
        def test_two(cliq_mock): pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "zoho_cliq_mock.plugin", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*the fixture deluge cannot be used: Deluge actions need lark and regex: pip install*",
            "*the fixture cliq_mock cannot be used: * pip install*",
        ]
    )
    result.stdout.no_fnmatch_line("*During handling*")


def test_a_host_that_is_not_allowed_is_told_as_the_fixture_allows_it(deluge: DelugeRunner) -> None:
    script = 'answer = invokeurl [url: "http://192.0.2.1/" type: GET]; return answer;'
    with pytest.raises(DelugeRuntimeError, match=r'name it: deluge\.hosts\.append\("192\.0\.2\.1"\)'):
        deluge(script)


@pytest.mark.heavy
def test_a_users_test_file_passes_type_checks(tmp_path: Path) -> None:
    file = tmp_path / "test_mine.py"
    file.write_text(
        "from typing import assert_type\n"
        "from zoho_cliq_deluge import Run\n"
        "from zoho_cliq_mock import DelugeRunner\n"
        "def test_mine(deluge: DelugeRunner) -> None:\n"
        "    assert_type(deluge('return 1;', user={'first_name': 'Zoe'}), Run)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(file)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
