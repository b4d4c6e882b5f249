"""Tests of the scripts beside the desk. No wait takes time: client and mock server share a clock."""

from pathlib import Path

from rehost import rehost
from sync import sync
from zoho_cliq import Cliq
from zoho_cliq_mock import MockServer

OLD, NEW = "https://old.example.com", "https://new.example.com"


def test_webhooks_are_moved(cliq: Cliq, cliq_mock: MockServer) -> None:
    for number in range(15):
        cliq.message_actions.create(
            name=f"Action {number}", hint="h", execution_type="webhook", execution_url=f"{OLD}/cliq?key={number}"
        )
    cliq.message_actions.create(name="Script", hint="h")
    job = rehost(cliq, OLD, NEW)
    assert (job.total, job.errors) == (15, {})
    webhooks = [action.execution_url for action in cliq.message_actions.list() if action.execution_url]
    assert webhooks == [f"{NEW}/cliq?key={number}" for number in range(15)]
    assert cliq_mock.clock.slept  # for the eleventh update of a minute


def test_a_file_follows_the_account(cliq: Cliq, tmp_path: Path) -> None:
    file = tmp_path / "actions.json"
    first, second = (cliq.message_actions.create(name=name, hint="Old").id for name in ("First", "Second"))
    assert sync(cliq, file).keys() == {first, second}
    cliq.message_actions.update(first, hint="New")
    cliq.message_actions.delete(second)
    assert {action_id: action["hint"] for action_id, action in sync(cliq, file).items()} == {first: "New"}
