"""A folder is applied to a mock repeatedly, without an account and without waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cliq_projects import action_file, content, project, write
from zoho_cliq.dev import carrying
from zoho_cliq.dev.carrying import Carrier, NoWaits
from zoho_cliq.dev.mock import Mock
from zoho_cliq.project import AccountChanged, Applied, Incomplete
from zoho_cliq_mock import MockServer


@pytest.fixture(scope="module")
def running() -> Iterator[MockServer]:
    with MockServer(thresholds=False) as server:
        yield server


@pytest.fixture
def mock(running: MockServer) -> MockServer:
    running.reset()
    return running


Make = Callable[..., Carrier]


@pytest.fixture
def make(mock: MockServer, tmp_path: Path) -> Make:
    """Make a carrier of the folder `root`."""
    notes = tmp_path / "notes"
    notes.mkdir()

    def carrier(environment: str | None = None, variables: dict[str, str] | None = None, **environ: str) -> Carrier:
        return Carrier(
            tmp_path / "root",
            environment,
            Mock(mock.url, mock.control_token),
            variables=variables or {},
            environ=environ,
            notes=notes,
            timeout=30.0,
        )

    return carrier


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path / "root")


def names(mock: MockServer) -> dict[str, Any]:
    return {action["name"]: action for action in mock.state()["actions"]}


def test_actions_are_made_changed_renamed_replaced_and_deleted(mock: MockServer, make: Make, root: Path) -> None:
    carrier = make()
    action_file(root, "a", 'return {"text": "one"};', name="A", hint="h")
    before = content(root)
    carried = carrier.carry()
    assert (carried.text, carried.changes, carried.mistakes) == ("Applied: create A.", ("create A",), ())
    assert content(root) == before
    assert carrier.title == "root (test)"
    assert carrier.carry().changes == ()
    action_file(root, "a", name="B", hint="h2")
    assert carrier.carry().changes == ("rename B",)
    url = {"execution_type": "webhook", "execution_url": "https://a/b"}
    action_file(root, "a", name="B", hint="h2", **url)
    action_file(root, "c", name="C", hint="h")
    assert carrier.carry().text == "Applied: replace B, create C."
    assert names(mock)["B"]["execution_type"] == "webhook"
    (root / "actions/a.toml").unlink()
    assert carrier.carry().changes == ("delete B",)
    assert names(mock).keys() == {"C"}


def test_no_call_waits_though_there_are_more_than_a_threshold_allows(make: Make, root: Path) -> None:
    carrier = make()
    for number in range(70):
        action_file(root, f"a{number}", name=f"A{number}", hint="h")
    start = time.monotonic()
    carried = carrier.carry()
    assert len(carried.changes or ()) == 70
    assert carried.text == "Applied: create A0, create A1, create A10 and 67 more."
    assert time.monotonic() - start < 30  # at a real account it would take minutes


def test_credentials_of_the_environment_are_not_read(make: Make, root: Path) -> None:
    write(
        root,
        "cliq.toml",
        '[environments.a]\n[environments.real]\nbase_url = "https://cliq.invalid/api/v3"\n'
        'credentials = { variable = "NOT_SET" }\n',
    )
    action_file(root, "a", name="A", hint="h")
    carrier = make("real")
    assert carrier.title == "root (real)"
    assert carrier.carry().changes == ("create A",)


def test_variables_of_dev_override_and_unset_secrets_get_a_placeholder(
    mock: MockServer, make: Make, root: Path
) -> None:
    write(
        root,
        "cliq.toml",
        "[environments.test.variables]\n"
        'RECEIVER_URL = "https://hooks.example.com"\n'
        'KEY = { env = "OUR_KEY" }\nTHEIRS = { env = "THEIRS" }\n',
    )
    action_file(
        root, "a", name="A", hint="h", execution_type="webhook", execution_url="${RECEIVER_URL}/?k=${KEY}-${THEIRS}"
    )
    carried = make(variables={"RECEIVER_URL": "http://127.0.0.1:1"}, THEIRS="t").carry()
    assert carried.changes == ("create A",)
    assert [str(mistake) for mistake in carried.mistakes] == [
        "cliq.toml:3: variables.KEY: OUR_KEY is not set; its value here is unset-OUR_KEY"
    ]
    assert names(mock)["A"]["execution_url"] == "http://127.0.0.1:1/?k=unset-OUR_KEY-t"


def test_a_variable_of_the_loop_is_no_secret_and_need_not_be_set(make: Make, root: Path) -> None:
    write(root, "cliq.toml", '[environments.test.variables]\nRECEIVER_URL = { env = "OUR_URL" }\n')
    action_file(root, "a", name="A", hint="h", execution_type="webhook", execution_url="${RECEIVER_URL}/")
    carrier = make(variables={"RECEIVER_URL": "http://127.0.0.1:1"}, OUR_URL="https://hooks.example.com")
    assert (carrier.carry().changes, carrier.mask("https://hooks.example.com")) == (
        ("create A",),
        "https://hooks.example.com",
    )
    assert make(variables={"RECEIVER_URL": "http://127.0.0.1:1"}).carry().mistakes == ()


@pytest.mark.parametrize(
    ("name", "text", "mistake"),
    [
        ("cliq.toml", "[", "cliq.toml:1: "),
        ("cliq.toml", "", "cliq.toml:1: needs a table [environments.NAME]"),
        ("actions/b.toml", 'name = "B"\nhnit = "h"\nhint = "h"\n', "actions/b.toml:2: unknown key 'hnit'"),
        ("actions/a.dg", "x = ;", "actions/a.dg:1: column 5: "),
        ("cliq.lock.toml", "layout = 1\nenvironments = 1\n", "cliq.lock.toml:2: environments must be a table"),
    ],
)
def test_a_mistake_leaves_the_last_applied_state(
    mock: MockServer, make: Make, root: Path, name: str, text: str, mistake: str
) -> None:
    carrier = make()
    action_file(root, "a", 'return {"text": "one"};', name="A", hint="h")
    carrier.carry()
    before = names(mock)
    write(root, name, text)
    carried = carrier.carry()
    assert carried.changes is None
    assert carried.text.startswith("Not applied: 1 mistake; ")
    assert str(carried.mistakes[0]).startswith(mistake)
    assert names(mock) == before


def test_refusals_of_the_mock_are_shown_without_secrets(mock: MockServer, make: Make, root: Path) -> None:
    write(root, "cliq.toml", '[environments.test.variables]\nKEY = { env = "KEY" }\n')
    action_file(root, "a", name="A", hint="${KEY}")
    mock.fail_next("list_message_actions", times=9, status=403, message="not k-secret")
    carried = make(KEY="k-secret").carry()
    assert carried.changes is None
    [mistake] = carried.mistakes
    assert mistake.file == ""
    assert "not ${KEY}" in mistake.message


def test_blocked_changes_are_shown(make: Make, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def incomplete(*_: Any, **__: Any) -> None:
        raise Incomplete(["actions/a.toml was left as it is: why"], Applied(0))

    monkeypatch.setattr(carrying, "apply", incomplete)
    carried = make().carry()
    assert (carried.changes, [each.message for each in carried.mistakes]) == (
        None,
        ["actions/a.toml was left as it is: why"],
    )


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_change_in_the_page_meanwhile_is_planned_for_anew(
    make: Make, root: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    apply = carrying.apply
    left = iter(range(times))

    def changed(*arguments: Any, **more: Any) -> Applied:
        if next(left, None) is not None:
            raise AccountChanged(["A is new"])
        return apply(*arguments, **more)

    monkeypatch.setattr(carrying, "apply", changed)
    action_file(root, "a", name="A", hint="h")
    carried = make().carry()
    assert carried.changes == (("create A",) if times < 3 else None)


def test_teams_of_the_account_are_made_in_the_mock(mock: MockServer, make: Make, root: Path) -> None:
    action_file(root, "a", name="A", hint="h", scope="team", team_ids=[4711, 100001])
    carrier = make()
    assert carrier.carry().changes == ("create A",)
    owner = mock.state()["users"][0]
    assert owner["teams"] == [4711, 100001, 100002, 100003, 100004]
    action_file(root, "a", name="A", hint="h", scope="team", team_ids=[4711])
    assert carrier.carry().changes == ("change A",)


def test_a_clock_without_waits() -> None:
    clock = NoWaits()
    before, real = clock.time(), time.monotonic()
    clock.sleep(1000)
    asyncio.run(clock.async_sleep(1000))
    assert clock.time() - before >= 2000
    assert clock.monotonic() >= real + 2000
    assert time.monotonic() - real < 60
