"""What a pull writes passes the check and needs no plan, whatever the account holds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cliq_projects import content
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoho_cliq.project import Plan, Pulled, check, make_plan, read
from zoho_cliq.project.effects import Ask, Do, Effect, List, Listed, Look, Steps
from zoho_cliq.project.gathering import gathered
from zoho_cliq.project.pulling import pulled
from zoho_cliq.state import Budget

SCRIPT = "return Map();\n"
CONFLICT = f"<<<<<<< HEAD\n{SCRIPT}=======\n{SCRIPT}>>>>>>> theirs\n"
SCRIPTS = ["", SCRIPT, f"\ufeff\ufeff{SCRIPT}", SCRIPT.replace("\n", "\r\n"), f"// \ud800\n{SCRIPT}", CONFLICT]
TEXTS = st.one_of(
    st.sampled_from(["A", "a", "${X}", "a\r\nb", '"""', "\x00\x7f", "half \ud83d", ""]),
    st.text(st.characters(), max_size=6),
)
SHOWN = {
    "execution_type": ["deluge", "webhook", "later"],
    "execution_url": ["https://a/b", "ftp://a", ""],
    "scope": ["organization", "personal", "team", "department"],
    "team_ids": [[100001], [], [1, 1], ["100001"]],
    "message_types": [["text"], [], ["text", "text"], ["video"]],
    "multi_selectable": [True, None],
}
HANDLERS = st.fixed_dictionaries(
    {},
    optional={
        "script": st.sampled_from(SCRIPTS),
        "permissions": st.sampled_from([[], ["chat"], ["user", "chat"], ["chat", "chat"], ["later"]]),
    },
)
Account = Sequence[tuple[dict[str, Any], dict[str, Any]]]
"""What the API shows: each action, and its handler."""


def action(number: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action as the API shows it."""
    return {"id": str(number), **fields}


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Draw an answer that breaks the contract."""
    texts = {"name": TEXTS, "hint": TEXTS}
    optional = {name: st.sampled_from(values) for name, values in SHOWN.items()}
    fields = st.fixed_dictionaries(texts, optional=optional)
    found = draw(st.lists(st.tuples(fields, HANDLERS), min_size=1, max_size=3))
    return [(action(number, shown), handler) for number, (shown, handler) in enumerate(found, 1)]


def model(shown: dict[str, Any]) -> Any:
    """Return the client's result for an answer, as far as a pull reads it."""
    return SimpleNamespace(to_dict=lambda: shown)


def driven(steps: Steps[Any], account: Account) -> Any:
    """Run steps that only read, on an account made of prepared answers."""
    handlers = {shown["id"]: handler for shown, handler in account}

    def answer(effect: Effect) -> Any:
        match effect:
            case List():
                return Listed([model(shown) for shown, _ in account], "token", True)
            case Ask(_, (identifier,)):
                return model(handlers[identifier])
            case Look(operations):
                return {operation: Budget(9, 9, 0.0, 0.0) for operation in operations}
            case Do(work):
                return work()
            case _:
                raise AssertionError(effect)

    outcome = None
    while True:
        try:
            outcome = answer(steps.send(outcome))
        except StopIteration as done:
            return done.value


def pull(root: Path, account: Account, *, overwrite: bool = False) -> Pulled:
    """Pull such an account."""
    steps = pulled(root, "https://cliq.test/api/v3", None, overwrite=overwrite, trust_lock=False, environ={})
    found: Pulled = driven(steps, account)
    return found


def plan(root: Path, account: Account) -> Plan:
    """Plan for such an account."""
    project = read(root, environ={})
    found = driven(gathered(project.actions, project.lock, trust_lock=False), account)
    return make_plan(project.actions, found.actions, project.lock)


@contextmanager
def folder() -> Iterator[Path]:
    """Make a temporary folder."""
    root = Path(tempfile.mkdtemp())
    try:
        yield root
    finally:
        shutil.rmtree(root)


def wrong(root: Path) -> list[str]:
    """Return the errors of the check."""
    return [str(mistake) for mistake in check(root, environ={}) if mistake.severity == "error"]


def one(handler: dict[str, Any] | None = None, **fields: Any) -> Account:
    """Return an account of one action."""
    return [(action(1, {"name": "A", "hint": "h", **fields}), handler or {})]


def named(*names: str) -> Account:
    """Return an account of actions with these names."""
    return [(action(number, {"name": name, "hint": "h"}), {}) for number, name in enumerate(names, 1)]


def is_pulled(first: Account, second: Account) -> tuple[str, ...]:
    """Pull an account into an empty folder, and again after it has changed; return what was left of either."""
    with folder() as root:
        done = pull(root, first)
        assert wrong(root) == []
        assert plan(root, first).empty, (str(plan(root, first)), done)
        files = content(root)
        assert not pull(root, first).written
        assert content(root) == files
        for overwrite in (False, True):
            again = pull(root, second, overwrite=overwrite)
            assert wrong(root) == []
            if not again.left:
                assert plan(root, second).empty, str(plan(root, second))
        return (*done.left, *again.left)


WEBHOOK = {"execution_type": "webhook", "execution_url": "https://a/b"}
DELUGE = {"execution_type": "deluge"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (one({"script": ""}), one({"script": SCRIPT})),
        (one({"script": SCRIPT}), one({"script": ""})),
        (one({"script": SCRIPT}), one({"script": f"\ufeff\ufeffinfo 1;\r\n{SCRIPT}"})),
        (one(scope="team", team_ids=[1]), one(scope="organization", team_ids=[1])),
        (one({"script": "", "permissions": ["chat"]}, **WEBHOOK), one({"permissions": []}, **WEBHOOK)),
        (one({"permissions": []}, **DELUGE), one({"script": SCRIPT}, **DELUGE)),
        (one({"permissions": ["chat"]}, **WEBHOOK), one({"script": SCRIPT}, **DELUGE)),
        (one({"permissions": ["chat"]}, **WEBHOOK), one({}, **DELUGE)),
        (one({"script": SCRIPT}, **DELUGE), one({}, **WEBHOOK)),
        (one({"script": SCRIPT}, **DELUGE), one({"permissions": ["chat"]}, **WEBHOOK)),
        (named("A", "B"), named("B", "A")),
    ],
    ids=repr,
)
def test_what_is_pulled_passes_the_check_and_nothing_is_left(first: Account, second: Account) -> None:
    if [shown["execution_type"] for shown, _ in first if "execution_type" in shown] == ["webhook"]:
        second = [({**shown, "id": "2"}, handler) for shown, handler in second]
    assert is_pulled(first, second) == ()


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            one({"script": SCRIPT}),
            one({"script": CONFLICT}),
            "actions/a.dg: the account's script has the marks of",
        ),
        (one({"script": CONFLICT}), one({"script": SCRIPT}), "A (1): script is left out: has the marks of a merge"),
        (
            one({"script": SCRIPT}),
            one({"script": "\ud800"}),
            "actions/a.dg: the account's script must be valid Unicode",
        ),
        (one(scope="personal", team_ids=[1]), one(), "A (1): team_ids is left out: is only for actions with scope"),
        (one(**DELUGE, execution_url="https://a/b"), one(), "A (1): execution_url is left out: is only for webhook"),
        (one({"permissions": ["later"]}, **WEBHOOK), one(**WEBHOOK), "A (1): permissions is left out: permissions[0]"),
        (one(name="\ud83d"), one(), "\ud83d (1): name: must be valid Unicode"),
        (
            one(),
            one(hint="\ud83d"),
            "actions/a.toml: hint: the account has a value that a file cannot have: must",
        ),
        (
            one(execution_type="later"),
            one(),
            "A (1): execution_type: must be one of ",
        ),
        (
            one({"script": SCRIPT}),
            one({"permissions": []}),
            "actions/a.toml: script: the account has a value that a file cannot have: the handler of another",
        ),
        (
            one({"permissions": ["user"]}, **WEBHOOK),
            one({"script": SCRIPT}, **WEBHOOK),
            "actions/a.toml: permissions: the account has a value that a file cannot have: the handler of another",
        ),
        (named("A", "B"), named("B"), "actions/a.toml: name: the account has a value that a file cannot have: another"),
        (
            named("A", "B", "C"),
            named("B", "B", "B"),
            "actions/a.toml: name: the account has a value that a file cannot",
        ),
    ],
    ids=repr,
)
def test_values_that_a_file_cannot_contain_are_left_out_and_reported(
    first: Account, second: Account, told: str
) -> None:
    assert is_pulled(first, second)[0].startswith(told)


def test_files_that_are_written_for_a_handler(tmp_path: Path) -> None:
    pull(tmp_path, one({"script": ""}))
    assert not (tmp_path / "actions/a.dg").exists()
    pull(tmp_path / "hook", one({"script": "", "permissions": ["chat"]}, **WEBHOOK))
    assert 'permissions = ["chat"]' in (tmp_path / "hook/actions/a.toml").read_text()
    pull(tmp_path / "script", one({"script": SCRIPT}))
    pull(tmp_path / "script", [({**one(**WEBHOOK)[0][0], "id": "2"}, {})], overwrite=True)
    assert "script" not in (tmp_path / "script/actions/a.toml").read_text().partition("\n")[2]
    assert (tmp_path / "script/actions/a.dg").read_text() == SCRIPT  # the user's to delete
    pull(tmp_path / "hook", [({**one(**DELUGE)[0][0], "id": "2"}, {"script": SCRIPT})], overwrite=True)
    assert 'script = "a.dg"' in (tmp_path / "hook/actions/a.toml").read_text()
    assert (tmp_path / "hook/actions/a.dg").read_text() == SCRIPT


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), accounts())
def test_whatever_an_account_shows_is_pulled_so_that_it_passes(first: Account, second: Account) -> None:
    is_pulled(first, second)


@pytest.mark.heavy
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), accounts())
def test_whatever_any_account_shows_is_pulled_so_that_it_passes(first: Account, second: Account) -> None:
    is_pulled(first, second)
