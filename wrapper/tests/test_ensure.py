"""`ensure`: an action becomes what is wanted, whatever is there, in the fewest calls, and nobody else's is touched."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import TYPES, Scripted, action, enveloped, refused
from zoho_cliq import AsyncCliq, Cliq, Ensured, errors
from zoho_cliq.errors import MessageActionNameExists, NotYourAction, ValidationError
from zoho_cliq_mock import MockServer

WANTED: dict[str, Any] = {"name": "Ticket", "hint": "File this message", "message_types": TYPES[:2]}
SCRIPT = 'return {"text": "Filed."};'
OWNER = "70021945"
LIST, CREATE, UPDATE = "list_message_actions", "create_message_action", "update_message_action"
GET_HANDLER, SET_HANDLER = "get_message_action_handler", "update_message_action_handler"


class Calls:
    """A client of the owner's, and what it sent since one last looked."""

    def __init__(self, mock: MockServer, kind: str) -> None:
        self.mock, self.kind = mock, kind

    def ensure(self, token: str = "1000.owner", **fields: Any) -> Ensured:
        self.mock.clear_journal()
        settings: dict[str, Any] = {"base_url": self.mock.url, "clock": self.mock.clock}

        async def main() -> Ensured:
            async with AsyncCliq(token, **settings) as cliq:
                return await cliq.message_actions.ensure(**fields)

        if self.kind == "tasks":
            return asyncio.run(main())
        with Cliq(token, **settings) as cliq:
            return cliq.message_actions.ensure(**fields)

    @property
    def sent(self) -> list[str | None]:
        return [entry.operation for entry in self.mock.journal()]


@pytest.fixture(scope="module")
def running() -> Iterator[MockServer]:
    with MockServer() as mock:
        yield mock


@pytest.fixture(params=["threads", "tasks"])
def calls(running: MockServer, request: pytest.FixtureRequest) -> Calls:
    running.reset()
    return Calls(running, request.param)


@pytest.fixture
def owner(calls: Calls) -> Iterator[Cliq]:
    with Cliq("1000.owner", base_url=calls.mock.url, clock=calls.mock.clock) as cliq:
        yield cliq


def test_ensure_creates_a_missing_action(calls: Calls) -> None:
    done = calls.ensure(**WANTED, handler={"script": SCRIPT})
    assert calls.sent == [LIST, CREATE, SET_HANDLER]
    assert (done.created, done.updated, done.handler_set, done.changed) == (True, (), True, True)
    assert str(done) == f"Ticket ({done.action.id}): created; set the handler"
    done = calls.ensure(**WANTED | {"name": "Other"})
    assert calls.sent == [LIST, CREATE]
    assert str(done) == f"Other ({done.action.id}): created"


def test_ensure_leaves_an_equal_action_unchanged(calls: Calls, tmp_path: Path) -> None:
    script = tmp_path / "ticket.dg"
    script.write_text(SCRIPT)
    calls.ensure(**WANTED, handler={"script": script})
    done = calls.ensure(**WANTED | {"message_types": TYPES[1::-1]}, handler={"script": SCRIPT})
    assert calls.sent == [LIST, GET_HANDLER]
    assert not done.changed
    assert str(done).endswith(": unchanged")
    calls.ensure(**WANTED, creator=OWNER)
    assert calls.sent == [LIST]


def test_ensure_updates_only_differing_fields(calls: Calls, owner: Cliq) -> None:
    first = calls.ensure(**WANTED, handler={"script": SCRIPT})
    done = calls.ensure(**WANTED | {"hint": "File it"}, handler={"script": SCRIPT}, creator=OWNER)
    assert calls.sent == [LIST, GET_HANDLER, UPDATE]
    assert b'"hint"' in calls.mock.journal()[-1].body
    assert b'"name"' not in calls.mock.journal()[-1].body
    assert (done.updated, done.handler_set, done.action.hint, done.action.id) == (
        ("hint",),
        False,
        "File it",
        first.action.id,
    )
    assert str(done).endswith("updated hint")
    done = calls.ensure(**WANTED | {"hint": "File it"}, handler={"script": "return {};"})
    assert calls.sent == [LIST, GET_HANDLER, SET_HANDLER]
    assert str(done).endswith(": set the handler")
    handler: Any = owner.message_actions.get_handler(first.action.id)
    assert handler.script == "return {};"
    assert calls.ensure(name="Ticket", hint="File it").changed is False


def test_teams_and_scope_go_together_and_an_image_comes_along(calls: Calls) -> None:
    team = WANTED | {"scope": "team", "team_ids": [100001]}
    calls.ensure(**WANTED)
    assert calls.ensure(**team, image=b"\x89PNG\r\n\x1a\n").updated == ("scope",)
    assert b'"image"' in calls.mock.journal()[-1].body
    assert b'"team_ids"' in calls.mock.journal()[-1].body
    assert calls.ensure(**team | {"team_ids": [100002, 100001]}).updated == ("team_ids",)
    assert not calls.ensure(**team | {"team_ids": [100001, 100002]}, image=b"\x89PNG\r\n\x1a\n").changed


def test_a_webhook_action(calls: Calls) -> None:
    hook = WANTED | {"execution_type": "webhook", "execution_url": "https://desk.example.com/cliq"}
    calls.ensure(**hook, handler={"permissions": ["user", "message"]})
    assert not calls.ensure(**hook, handler={"permissions": ["message", "user"]}).changed
    done = calls.ensure(**hook | {"execution_url": "https://desk.example.com/2"}, handler={"permissions": ["chat"]})
    assert (done.updated, done.handler_set) == (("execution_url",), True)
    said = r"execution_type: the action \d+ of this name is webhook.*delete it first"
    others: list[dict[str, Any]] = [{"execution_type": "deluge"}, {"handler": {"script": SCRIPT}}]
    for other in others:
        with pytest.raises(ValidationError, match=said):
            calls.ensure(**WANTED, **other)
        assert calls.sent == [LIST]
    assert not calls.ensure(**WANTED).changed, "what is not given is left as it is"


@pytest.mark.parametrize("policy", ["unset", "empty", "not_found"])
def test_a_handler_that_was_never_set(calls: Calls, policy: str) -> None:
    calls.mock.policies(unset_handler=policy)
    calls.ensure(**WANTED)
    assert calls.ensure(**WANTED, handler={"script": SCRIPT}).handler_set
    assert not calls.ensure(**WANTED, handler={"script": SCRIPT}).changed


@pytest.mark.parametrize("may_change", ["creator", "visible"])
@pytest.mark.parametrize("creator", [None, "70021946"])
def test_an_action_of_a_colleague_is_left_alone(
    calls: Calls, owner: Cliq, may_change: str, creator: str | None
) -> None:
    made = owner.message_actions.create(**WANTED)
    calls.mock.policies(may_change=may_change)
    if creator is None and may_change == "visible":
        assert calls.ensure("1000.colleague", **WANTED | {"hint": "Mine"}).updated == ("hint",), "the server decides"
        return
    with pytest.raises(NotYourAction) as caught:
        calls.ensure("1000.colleague", **WANTED | {"hint": "Mine"}, handler={"script": SCRIPT}, creator=creator)
    assert (caught.value.action_id, caught.value.creator.id) == (made.id, OWNER)
    assert f"the action {made.id} named 'Ticket' was created by {made.creator.name} ({OWNER})" in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).action_id == made.id
    assert owner.message_actions.get(made.id) == made
    assert SET_HANDLER not in calls.sent


def test_an_equal_action_of_a_colleague_is_not_adopted(calls: Calls, owner: Cliq) -> None:
    owner.message_actions.create(**WANTED)
    with pytest.raises(NotYourAction):
        calls.ensure("1000.colleague", **WANTED, creator="70021946")


def test_ensure_creates_its_own_action_if_names_are_unique_per_creator(calls: Calls, owner: Cliq) -> None:
    """Where a name is unique for each creator, the action of one's own is made beside the colleague's."""
    calls.mock.policies(name_unique_in="creator")
    made = owner.message_actions.create(**WANTED)
    done = calls.ensure("1000.colleague", **WANTED | {"hint": "Mine"}, creator="70021946")
    assert done.created
    assert done.action.id != made.id
    assert calls.ensure("1000.colleague", **WANTED | {"hint": "Own"}, creator="70021946").updated == ("hint",)


def test_ensure_raises_name_exists_for_an_invisible_action(calls: Calls, owner: Cliq) -> None:
    owner.message_actions.create(**WANTED, scope="personal")
    with pytest.raises(MessageActionNameExists):
        calls.ensure("1000.colleague", **WANTED)


def test_a_missing_scope_is_not_reported_as_not_your_action(calls: Calls, owner: Cliq) -> None:
    owner.message_actions.create(**WANTED)
    token = calls.mock.add_token("owner", scopes=["READ", "CREATE"])
    with pytest.raises(errors.ScopeInvalid):
        calls.ensure(token, **WANTED | {"hint": "New"})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"handler": {"permissions": ["user"]}}, "handler: a deluge action takes script"),
        ({"handler": {}}, r"handler: a deluge action takes script, as in \{'script': …\}"),
        ({"handler": SCRIPT}, "handler: a deluge action takes script"),
        ({"creator": int(OWNER)}, f"creator: must be the id of a user as text, not {OWNER}"),
        ({"creator": ""}, "creator: must be the id of a user as text, not ''"),
        ({"handler": {"script": 5}}, "script"),
        ({"hint": "x" * 200}, "hint"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_invalid_ensure_arguments_are_refused_before_sending(calls: Calls, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        calls.ensure(**WANTED | fields)
    assert calls.sent == []


def test_ensure_when_another_user_creates_the_action_first(cliq: Cliq, server: Scripted) -> None:
    taken = action(5, name="A", hint="b", message_types=["text"], creator={"id": "9", "name": "Eve"})
    server.answer(enveloped([]), refused(409, "msgaction_name_already_exists"), enveloped([taken]))
    with pytest.raises(NotYourAction, match=r"the action 5 named 'A' was created by Eve \(9\)"):
        cliq.message_actions.ensure(name="A", hint="b", creator="7")


def test_ensure_of_an_action_whose_answer_lacks_something(cliq: Cliq, server: Scripted) -> None:
    found = action(5, name="A", hint="b")
    del found["creator"], found["execution_type"]
    server.answer(enveloped([{**found, "id": None}, found]))
    assert cliq.message_actions.ensure(name="A", hint="b").action.id == "5"
    handler = enveloped({"name": "execution_handler", "function_id": "5", "script": SCRIPT})
    server.answer(enveloped([found]), handler)
    assert not cliq.message_actions.ensure(name="A", hint="b", handler={"script": SCRIPT}).changed
    for creator, by in ((None, "an unknown user"), ({"id": "9"}, r"a user \(9\)")):
        server.answer(enveloped([{**found, "creator": creator}]))
        with pytest.raises(NotYourAction, match=f"the action 5 named 'A' was created by {by}; it was not changed"):
            cliq.message_actions.ensure(name="A", hint="b", creator="7")


def test_an_entry_without_an_id_is_not_adopted(cliq: Cliq, server: Scripted) -> None:
    entry = {**action(5, name="A", hint="b"), "id": None}
    server.answer(refused(409, "msgaction_name_already_exists"), enveloped([entry]), refused(500), enveloped([entry]))
    with pytest.raises(MessageActionNameExists) as caught:
        cliq.message_actions.create(name="A", hint="b", if_exists="adopt")
    assert caught.value.existing_id is None
    with pytest.raises(errors.OutcomeUnknown, match="may not be the one that was sent"):
        cliq.message_actions.create(name="A", hint="b", if_exists="adopt")


def test_adopt_names_what_exists_and_what_differs(cliq: Cliq, server: Scripted) -> None:
    taken = action(5, name="A", hint="other", message_types=["link"])
    server.answer(refused(409, "msgaction_name_already_exists"), enveloped([taken]))
    create = cliq.message_actions.create
    with pytest.raises(MessageActionNameExists, match="the action 5 has this name and differs in hint, message_types"):
        create(name="A", hint="b", message_types=["text"], if_exists="adopt")
    server.answer(refused(409, "msgaction_name_already_exists"), enveloped([taken, taken]))
    with pytest.raises(MessageActionNameExists, match=r"the action 5 has this name$") as caught:
        create(name="A", hint="other", if_exists="adopt")
    assert (caught.value.existing_id, caught.value.differing) == ("5", ())
    server.answer(refused(409, "msgaction_name_already_exists"), enveloped([]))
    with pytest.raises(MessageActionNameExists) as caught:
        create(name="A", hint="b", if_exists="adopt")
    assert caught.value.existing_id is None
