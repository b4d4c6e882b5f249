"""The loop with a mock in a thread: what it carries over, tells and shows, and that it ends whole."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest
from cliq_projects import action_file, content, write
from zoho_cliq.dev import session as session_module
from zoho_cliq.dev.mock import MockRefused
from zoho_cliq.errors import CliqError, ConfigurationError
from zoho_cliq.project import Mistake, ProjectError

from .conftest import CONTROL_TOKEN, Loop

Make = Callable[..., Loop]
WEBHOOK: dict[str, Any] = {"execution_type": "webhook", "execution_url": "${RECEIVER_URL}/cliq"}


def say(text: str) -> str:
    return f'return {{"text":"{text}"}};\n'


def test_a_saved_file_is_applied_and_a_mistake_leaves_the_last_correct_state(make_loop: Make) -> None:
    loop = make_loop()
    action_file(loop.root, "a", say("one"), name="A", hint="h")
    before = content(loop.root)

    def drive() -> None:
        started, facts = loop.wait_for("started")
        assert f"Page      {facts['page']}  (the link can be used once)" in started
        assert "no account is changed" in started
        assert facts["processes"] == {"mock": 4711}
        assert [httpx.get(facts["page"]).status_code for _ in range(2)] == [303, 403]
        assert loop.wait_for("carried")[1] == {"changes": ["create A"], "mistakes": []}
        assert content(loop.root) == before  # the mock's ids are no business of the folder's lock file
        assert loop.mock.trigger("A", "x").text == "one"
        assert loop.wait_for("delivery") == (
            "A → message: one",
            {"action": "A", "text": "message: one", "failed": False},
        )
        write(loop.root, "actions/a.dg", say("two"))
        loop.touch()
        assert loop.wait_for("carried")[1]["changes"] == ["change A"]
        assert loop.mock.trigger("A", "x").text == "two"
        write(loop.root, "actions/a.dg", "return {")
        loop.touch()
        text, facts = loop.wait_for("carried")
        assert facts["changes"] is None
        [mistake] = facts["mistakes"]
        assert (mistake["file"], mistake["line"], mistake["severity"]) == ("actions/a.dg", 1, "error")
        assert text.endswith("Not applied: 1 mistake; the mock keeps the last correct version.")
        assert text.startswith("actions/a.dg:1: column ")
        assert loop.mock.trigger("A", "x").text == "two"
        assert shown(loop)["mistakes"] == [mistake]
        write(loop.root, "actions/a.dg", say("two"))
        loop.touch()  # mended, which is worth a word though nothing is to be done
        assert loop.wait_for("carried")[0] == "Applied: nothing to change."
        assert shown(loop)["mistakes"] == []
        (loop.root / "actions/a.toml").unlink()
        loop.touch()
        assert loop.wait_for("carried")[1]["changes"] == ["delete A"]

    assert loop.run(drive) == 0
    assert loop.children[0].arguments[:3] == ["zoho_cliq_mock", "--port", "0"]
    assert loop.watched == [loop.root]
    assert loop.browsed == []


def shown(loop: Loop) -> dict[str, Any]:
    """Return what the page shows of the folder, once it does."""
    for _ in range(1000):
        found = loop.mock.app.state.project
        if found is not None and json.loads(found)["text"] == loop.session._last.text:  # type: ignore[union-attr]
            return dict(json.loads(found))
        threading.Event().wait(0.01)
    raise AssertionError(found)


def test_without_a_folder_there_is_the_page_alone(
    make_loop: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loop = make_loop(folder=None, open_page=True)

    def drive() -> None:
        text, facts = loop.wait_for("started")
        assert "Folder    none: there is no cliq.toml here" in text
        assert (facts["folder"], facts["receiver"]) == (None, None)
        while not loop.browsed:
            threading.Event().wait(0.01)
        assert httpx.get(loop.browsed[0]).status_code == 303
        loop.mock.reset()
        loop.wait_for("reset")

    assert loop.run(drive) == 0
    assert loop.watched == []


def test_the_receiver_has_a_variable_and_is_started_anew(
    make_loop: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loop = make_loop(receiver="desk:app")
    action_file(loop.root, "a", name="A", hint="h", **WEBHOOK)

    def drive() -> None:
        _, facts = loop.wait_for("started")
        assert facts["receiver"] == f"http://127.0.0.1:{loop.receiver.arguments[5]}"
        assert loop.wait_for("receiver")[1]["state"] == "ready"
        if loop.session._last is None:
            loop.wait_for("carried")
        assert loop.mock.trigger("A", "x").text == "filed"
        first = loop.receiver
        first.on_line("printed \x1b")
        assert loop.wait_for("output")[1] == {"process": "receiver", "line": "printed \x1b"}
        loop.changed({tmp_path / "desk.py"})
        assert loop.wait_for("receiver")[1]["state"] == "ready"
        assert first is not loop.receiver
        assert first.stopping
        assert loop.mock.trigger("A", "x").text == "filed"
        loop.receiver.end(1)
        text, facts = loop.wait_for("receiver")
        assert text == "The receiver ended (exit code 1); it is restarted when a *.py file changes."
        loop.ready = False  # it never takes a connection
        loop.changed({tmp_path / "desk.py"})
        while len(loop.children) < 4:
            threading.Event().wait(0.01)

    assert loop.run(drive) == 0
    assert loop.children[1].arguments[:2] == ["uvicorn", "desk:app"]
    assert set(loop.watched) == {loop.root, tmp_path}


def test_after_a_reset_of_the_mock_the_folder_is_applied_again(make_loop: Make) -> None:
    loop = make_loop()
    action_file(loop.root, "a", say("one"), name="A", hint="h", scope="team", team_ids=[4711])

    def drive() -> None:
        loop.wait_for("carried")
        loop.mock.trigger("A", "x")
        loop.wait_for("delivery")
        loop.mock.reset()
        assert loop.wait_for("carried")[1]["changes"] == ["create A"]
        assert loop.mock.trigger("A", "x").text == "one"
        loop.wait_for("delivery")

    assert loop.run(drive) == 0
    assert ("reset", "The mock was reset.") in loop.heard


def test_events_are_recorded_without_secrets_and_sent_again(
    make_loop: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "our-actions" / "events.jsonl"
    loop = make_loop(record=file)
    write(loop.root, "cliq.toml", '[environments.test.variables]\nKEY = { env = "KEY" }\n')
    action_file(loop.root, "a", say("one"), name="A", hint="${KEY}")

    def drive() -> None:
        loop.wait_for("carried")
        loop.mock.trigger("A", "my key is k-secret", user="colleague")
        assert loop.wait_for("delivery")[1]["action"] == "A"
        loop.changed({file})  # its own file is no change of the folder
        loop.mock.trigger("A", "last")  # the last look is after the end

    assert loop.run(drive) == 0
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(line["action"], line["user"]) for line in lines] == [("A", "colleague"), ("A", "owner")]
    assert lines[0]["event"]["params"]["message"]["text"] == "my key is ${KEY}"
    assert not {"response_url", "timestamp"} & lines[0]["event"].keys()
    assert CONTROL_TOKEN not in file.read_text("utf-8")

    replay = make_loop(replay=file)
    assert replay.run() == 0
    assert replay.heard[-3:] == [
        ("answer", f"{file}:1: A → message: one"),
        ("answer", f"{file}:2: A → message: one"),
        ("replayed", "2 of 2 events were answered."),
    ]
    file.write_text(file.read_text("utf-8") + '\n{"action": "Gone", "event": {"params": {}}}\n', "utf-8")
    write(replay.root, "actions/a.dg", 'return {"text":"" + 1 / 0};')
    failing = make_loop(replay=file)
    assert failing.run() == 1
    answers = [text for kind, text in failing.heard if kind == "answer"]
    assert "unanswered: the script failed: " in answers[0]
    assert answers[0].endswith("(line 1)  FAILED")
    assert answers[2] == f"{file}:4: Gone → owner sees no message action 'Gone'  FAILED"
    assert failing.heard[-1] == ("replayed", "0 of 3 events were answered.")


def events_file(folder: Path) -> Path:
    return write(folder, "events.jsonl", '{"action": "A", "event": {"params": {}}}\n')


def test_events_are_sent_to_the_receiver_once_it_is_ready(make_loop: Make, tmp_path: Path) -> None:
    loop = make_loop(replay=events_file(tmp_path), receiver="desk:app")
    action_file(loop.root, "a", name="A", hint="h", **WEBHOOK)
    assert loop.run() == 0
    assert loop.heard[-2][1].endswith("A → message: filed")


def test_without_a_folder_events_go_to_what_the_mock_has(
    make_loop: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loop = make_loop(folder=None, replay=events_file(tmp_path))
    assert loop.run() == 1
    assert "owner sees no message action 'A'" in loop.heard[-2][1]


def test_no_event_is_sent_to_a_folder_with_mistakes(make_loop: Make, tmp_path: Path) -> None:
    loop = make_loop(replay=events_file(tmp_path))
    write(loop.root, "actions/a.toml", 'hint = "h"\n')
    with pytest.raises(ProjectError, match="name"):
        loop.run()
    assert loop.heard == []


def test_no_event_is_sent_if_the_mock_refuses_the_folder(
    make_loop: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = session_module.Carried("", (Mistake("", 0, "no"), Mistake("", 0, "never")))
    monkeypatch.setattr(session_module.Carrier, "carry", lambda self: refused)
    with pytest.raises(CliqError, match=r"^no; never$"):
        make_loop(replay=events_file(tmp_path)).run()


def test_a_save_without_changes_prints_nothing(make_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = make_loop()
    carry = session_module.Carrier.carry
    begun: Queue[None] = Queue()

    def carried(self: Any) -> Any:
        begun.put(None)
        return carry(self)

    monkeypatch.setattr(session_module.Carrier, "carry", carried)

    def drive() -> None:
        loop.wait_for("carried")
        for _ in range(3):  # when the third begins, the second is told if at all
            begun.get(timeout=20)
            loop.touch()

    assert loop.run(drive) == 0
    assert [text for kind, text in loop.heard if kind == "carried"] == ["Applied: nothing to change."]


def test_a_warning_is_told_once(make_loop: Make) -> None:
    loop = make_loop()
    write(loop.root, "cliq.toml", "[environments.test]\nvariables = { UNUSED = 1 }\n")
    action_file(loop.root, "a", say("one"), name="A", hint="h")
    warning = "cliq.toml:2: variables.UNUSED: no file uses it (warning)\n"

    def drive() -> None:
        assert loop.wait_for("carried")[0] == f"{warning}Applied: create A."
        write(loop.root, "actions/a.dg", say("two"))
        loop.touch()
        text, facts = loop.wait_for("carried")
        assert (text, len(facts["mistakes"])) == ("Applied: change A.", 1)

    assert loop.run(drive) == 0


def test_a_receiver_that_ends_before_it_is_asked_ends_the_sending(make_loop: Make, tmp_path: Path) -> None:
    loop = make_loop(replay=events_file(tmp_path), receiver="desk:app")
    loop.ready = False
    threading.Thread(target=lambda: (start(loop, 0), start(loop, 1, code=3)), daemon=True).start()
    with pytest.raises(CliqError, match=r"^the receiver ended \(exit code 3\); no further event was sent$"):
        loop.run()


def start(loop: Loop, number: int, code: int | None = None) -> None:
    """Start a child, or end it with an exit code, as soon as it exists."""
    while len(loop.children) <= number:
        threading.Event().wait(0.01)
    if code is None:
        loop.children[number].begin()
    else:
        loop.children[number].end(code)


def test_an_interrupted_sending_says_so(make_loop: Make, tmp_path: Path) -> None:
    loop = make_loop(replay=events_file(tmp_path))
    loop.ready = False
    threading.Timer(0.05, loop.end).start()
    with pytest.raises(KeyboardInterrupt):
        loop.run()


@pytest.mark.parametrize(
    ("said", "code", "error", "message"),
    [
        (["zoho-cliq-mock: port 1 cannot be used"], 2, ConfigurationError, "^port 1 cannot be used$"),
        ([], 1, CliqError, r"^the mock ended \(exit code 1\) before it was ready: it printed nothing$"),
        (["a", "b"], -9, CliqError, "before it was ready: b$"),
    ],
)
def test_a_mock_that_does_not_start(
    make_loop: Make, said: list[str], code: int, error: type[Exception], message: str
) -> None:
    loop = make_loop()
    loop.ready = False

    def fail() -> None:
        while not loop.children:
            threading.Event().wait(0.01)
        for line in said:
            loop.children[0].on_line(line)
        loop.children[0].end(code)

    threading.Thread(target=fail, daemon=True).start()
    with pytest.raises(error, match=message):
        loop.run()
    assert loop.heard == []


def test_the_end_of_the_mock_ends_the_loop(make_loop: Make) -> None:
    loop = make_loop()

    def drive() -> None:
        loop.wait_for("carried")
        loop.children[0].on_line("strange")
        assert loop.wait_for("output")[0] == "mock | strange"
        loop.children[0].end(-9)

    with pytest.raises(CliqError, match=r"^the mock ended \(exit code -9\), and its data is lost; start again"):
        loop.run(drive)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_loop_and_a_second_one_is_ignored(
    make_loop: Make, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(number)
    loop = make_loop()
    stop = loop.session._stop

    def stopped() -> None:
        os.kill(os.getpid(), number)
        stop()

    monkeypatch.setattr(loop.session, "_stop", stopped)

    def signalled() -> None:
        loop.wait_for("started")
        os.kill(os.getpid(), number)

    threading.Thread(target=signalled, daemon=True).start()
    assert loop.run() == 0
    assert signal.getsignal(number) == before


def test_nohup_is_respected(make_loop: Make) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        loop = make_loop()

        def drive() -> None:
            loop.wait_for("started")
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN

        assert loop.run(drive) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("broken", [BrokenPipeError(), CliqError("cannot write")], ids=str)
def test_a_reader_that_is_gone_ends_the_loop(make_loop: Make, broken: Exception) -> None:
    loop = make_loop()
    loop.broken = broken
    with pytest.raises(type(broken)):
        loop.run()


def test_a_mistake_in_a_thread_is_not_lost(make_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(session_module.Carrier, "carry", broken)
    with pytest.raises(ZeroDivisionError):
        make_loop().run()


def test_a_mock_that_does_not_answer_for_a_while_is_asked_again(
    make_loop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = session_module.Deliveries.look
    looks = iter([False, True])

    def looked(self: Any) -> None:
        if next(looks, False):
            raise MockRefused("busy")
        look(self)

    monkeypatch.setattr(session_module.Deliveries, "look", looked)
    loop = make_loop()
    action_file(loop.root, "a", say("one"), name="A", hint="h")

    def drive() -> None:
        loop.wait_for("carried")
        loop.mock.trigger("A", "x")
        loop.wait_for("delivery")

    assert loop.run(drive) == 0


def test_nothing_is_printed_for_a_folder_applied_after_the_end(
    make_loop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = make_loop()
    carry = session_module.Carrier.carry
    begun = threading.Event()

    def late(self: Any) -> Any:
        begun.set()
        loop.session._over.wait()
        return carry(self)

    monkeypatch.setattr(session_module.Carrier, "carry", late)
    assert loop.run(lambda: bool(begun.wait(10)) and None) == 0
    assert [kind for kind, _ in loop.heard] == ["started"]


def test_a_partly_written_file_is_not_reported(make_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = make_loop()
    carry = session_module.Carrier.carry
    monkeypatch.setattr(session_module, "SETTLE_SECONDS", 10.0)
    action_file(loop.root, "a", say("one"), name="A", hint="h")
    writes = iter([say("two"), "return {", "return {{", say("three")])

    def carried(self: Any) -> Any:
        found = carry(self)
        if found.changes != ("create A",) and (text := next(writes, None)):
            write(loop.root, "actions/a.dg", text)
            loop.touch()
        return found

    def drive() -> None:
        assert loop.wait_for("carried")[1]["changes"] == ["create A"]
        monkeypatch.setattr(session_module.Carrier, "carry", carried)
        write(loop.root, "actions/a.dg", "return")
        loop.touch()
        assert loop.wait_for("carried")[1]["changes"] == ["change A"]  # two, after a mistake
        assert loop.wait_for("carried")[1]["changes"] is None  # the second mistake in a row
        assert loop.wait_for("carried")[1]["changes"] == ["change A"]

    assert loop.run(drive) == 0


def test_windows_is_refused(make_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ConfigurationError, match="Linux or macOS; on Windows run it in WSL"):
        make_loop().run()


def test_a_mistake_of_no_file_has_no_place() -> None:
    assert session_module.line_for(Mistake("", 0, "refused")) == "refused"
    assert session_module.line_for(Mistake("a.dg", 2, "odd", "warning")) == "a.dg:2: odd (warning)"
