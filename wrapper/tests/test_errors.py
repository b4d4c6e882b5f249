"""Every answer that is no success raises the right exception, which can be pickled and tells all that is known."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx
import pytest
from cliq_fakes import Scripted
from zoho_cliq import Cliq, errors
from zoho_cliq._classify import BY_STATUS, class_for
from zoho_cliq._types import RawResponse
from zoho_cliq_api.contract import ERROR_CODES, ErrorCode

HTML = b"<html><head><TITLE>\n Bad gateway </title></head></html>"


STATUSES = [*BY_STATUS, 500, 501, 520, 599, 300, 304, 418, 451, 600, 999]
BODIES: list[tuple[bytes, str | None, str | None]] = [
    (b'{"message": "no"}', None, "no"),
    (b'{"message": "no", "code": "odd"}', "odd", "no"),
    (b'{"error": {"code": "odd", "message": "no"}}', "odd", "no"),
    (b'{"error": {"message": "no"}}', None, "no"),
    (b'{"error": "text", "message": "no"}', None, "no"),
    (b'{"code": "odd"}', "odd", "the server sent no message"),
    (b'{"message": 5, "code": 7}', None, None),
    (b'{"message": "", "code": ""}', None, None),
    (HTML, None, None),
    (b"", None, None),
    (b"[1]", None, None),
    (b"\xff\xfe\x00", None, None),
    (b"[" * 100_000, None, None),
]


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        # Each body with one status of the client's and one of the server's, and each status with one body.
        pytest.param(status, *shape, marks=() if status in (400, 500) or shape is BODIES[0] else pytest.mark.heavy)
        for status in STATUSES
        for shape in BODIES
    ],
)
def test_error_bodies_of_every_form_are_read(
    cliq: Cliq, server: Scripted, status: int, body: bytes, code: str | None, message: str | None
) -> None:
    server.answer(httpx.Response(status, content=body))
    with pytest.raises(errors.ApiError) as caught:
        cliq.with_options(max_wait=0).message_actions.create(name="a", hint="b")
    error = caught.value
    expected = BY_STATUS.get(status, errors.ServerError if 500 <= status <= 599 else errors.UnexpectedStatus)
    assert type(error) is expected
    assert (error.status, error.code, error.body) == (status, code, body)
    assert message is None or error.message == message
    assert str(error).startswith("create_message_action: ")
    assert "\n" not in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error) == str(copy.copy(error))


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (502, HTML, "Bad Gateway (HTML: Bad gateway)"),
        (502, b"", "Bad Gateway (empty answer)"),
        (302, b"", "Found (redirects are not followed)"),
        (302, b"moved", "Found (redirects are not followed)"),
        (520, b"oops", "unknown status (text/plain)"),
        (500, b"x", "Internal Server Error (text/plain)"),
        (404, ('{"message": "' + "x" * 5000 + '"}').encode(), "x" * 299 + "…"),
    ],
)
def test_message_for_people(cliq: Cliq, server: Scripted, status: int, body: bytes, words: str) -> None:
    server.answer(httpx.Response(status, content=body, headers={"content-type": "text/plain"}))
    with pytest.raises(errors.ApiError) as caught:
        cliq.with_options(max_wait=0).message_actions.get("5")
    assert caught.value.message == words


def test_code_of_any_length_is_one_short_line(cliq: Cliq, server: Scripted) -> None:
    server.answer(httpx.Response(404, json={"code": "a\nb " + "c" * 5000}), httpx.Response(404, json={"code": "\n"}))
    for code in ("a b " + "c" * 295 + "…", None):
        with pytest.raises(errors.NotFound) as caught:
            cliq.message_actions.get("5")
        assert caught.value.code == code


@pytest.mark.parametrize("status", [200, 404])
def test_content_type_of_any_length_is_cut(cliq: Cliq, server: Scripted, status: int) -> None:
    server.answer(httpx.Response(status, content=b"x", headers={"content-type": "t" * 5000}))
    with pytest.raises(errors.CliqError) as caught:
        cliq.message_actions.get("5")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 520])
@pytest.mark.parametrize("code", ERROR_CODES)
def test_code_decides_before_status(status: int, code: str) -> None:
    found = class_for(status, code)
    assert found is errors.BY_CODE[code]
    assert found.__name__ == ERROR_CODES[code].class_name


def test_code_without_a_class_gives_its_family(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = ErrorCode("brand_new", "BrandNew", "conflict", documented=True)
    monkeypatch.setattr("zoho_cliq._classify.ERROR_CODES", {"brand_new": entry})
    assert class_for(400, "brand_new") is errors.Conflict


EXAMPLES: list[errors.CliqError] = [
    errors.ConfigurationError("wrong"),
    errors.StateError("gone"),
    errors.ValidationError("too long", field="name", operation="create_message_action"),
    errors.WouldWait("later", seconds=3.0, reason="lock", operation="get_message_action"),
    errors.PaginationLoop("again"),
    errors.IncompletePass("not yet"),
    errors.TransportError("no answer", sent=False),
    errors.OutcomeUnknown("no answer"),
    errors.AuthError("no token"),
    errors.DecodeError("odd", status=200, body=b"x"),
    errors.MessageActionNotFound("no", status=404, code="c", response=RawResponse("get_message_action", 404)),
    errors.Unauthorized("no", status=401),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_can_be_pickled(error: errors.CliqError) -> None:
    error.resume_token = "t"
    again: Any = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (vars(again), again.args, str(again)) == (vars(error), error.args, str(error))


def test_examples_cover_the_tree() -> None:
    drawn = {word for word in (errors.__doc__ or "").split() if word[0].isupper() and hasattr(errors, word)}
    assert {type(error).__name__ for error in EXAMPLES} - {"MessageActionNotFound", "Unauthorized"} <= drawn
    public = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    undrawn = public - drawn - {cls.__name__ for cls in errors.BY_CODE.values()}
    assert {name for name in undrawn if name not in (errors.__doc__ or "")} == set()


def test_error_without_an_answer_has_an_empty_body() -> None:
    assert errors.NotFound("no", status=404).body == b""
    assert str(errors.CliqError("")) == ""
