"""Tests of a folder of message actions, without Zoho.

They need `pip install '.[mock]' pytest`, run in a checkout of zoho-cliq; then `pytest` here.
"""

from pathlib import Path
from shutil import copytree

import pytest
from zoho_cliq import Cliq
from zoho_cliq.project import apply, check, plan, read
from zoho_cliq_mock import DelugeRunner, MockServer

FOLDER = Path(__file__).parent
ENVIRON = {"CLIQ_HOOK_KEY": "k-test"}


def test_the_files_have_no_mistakes() -> None:
    assert check(FOLDER, environ=ENVIRON) == []


@pytest.mark.parametrize("environment", ["test", "production"])
def test_an_account_takes_every_action(cliq_mock: MockServer, tmp_path: Path, environment: str) -> None:
    folder = copytree(FOLDER, tmp_path / "copy")  # apply writes the lock file
    project = read(folder, environment, ENVIRON)
    with Cliq("1000.owner", base_url=cliq_mock.url) as cliq:
        apply(cliq, project, plan(cliq, project))
        assert plan(cliq, read(folder, environment, ENVIRON)).empty
        assert {action.name for action in cliq.message_actions.list()} == {"Count words", "Send to desk"}


@pytest.mark.parametrize(
    ("text", "answer"), [("Hello", "That is 1 words."), ("The printer is on fire", "That is 5 words.")]
)
def test_the_script_counts_words(deluge: DelugeRunner, text: str, answer: str) -> None:
    assert deluge(FOLDER / "actions/count-words.dg", text).answer == {"text": answer}
