"""`cliq.call`: every operation of the document, and of packages made of sibling documents."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from cliq_fakes import LISTS, Scripted, action, enveloped, refused
from pipeline import generate
from pipeline.regenerate import main
from zoho_cliq import AsyncCliq, Cliq, errors
from zoho_cliq._operations import Operations
from zoho_cliq._schema.validation import Rules
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import OPERATIONS

SIBLING = """
openapi: 3.1.0
info: {title: Notes, version: v3}
servers: [{url: https://cliq.zoho.com/api/v3}]
paths:
  /notes:
    get:
      operationId: listNotes
      description: "<b>Threshold limit:</b> 3 API calls per minute per user. <b>Lock period:</b> 5 minutes."
      parameters:
        - {name: tag, in: query, schema: {type: array, items: {type: string}}}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: pinned, in: query, schema: {type: boolean}}
        - {name: where, in: query, style: deepObject, schema: {type: object, properties: {a: {type: integer}}}}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        "200":
          description: Good.
          content: {application/json: {schema: {$ref: '#/components/schemas/Notes'}}}
    post:
      operationId: create-note
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/NewNote'}}}
      responses:
        "201":
          description: Made.
          content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}
  /notes/{NOTE-ID}:
    put:
      operationId: put_form
      parameters: [{name: NOTE-ID, in: path, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {text: {type: string}, loud: {type: boolean}}}
      responses: {"204": {description: Done.}}
    patch:
      operationId: replace_bytes
      parameters: [{name: NOTE-ID, in: path, required: true, schema: {type: string}}]
      requestBody: {required: true, content: {application/octet-stream: {schema: {type: string, format: binary}}}}
      responses: {"204": {description: Done.}}
  /notes/{NOTE-ID}/files:
    get:
      operationId: download
      parameters: [{name: NOTE-ID, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: Bytes., content: {image/png: {schema: {type: string, format: binary}}}}}
    post:
      operationId: upload
      parameters: [{name: NOTE-ID, in: path, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: {type: object, properties: {file: {type: string, format: binary}, comment: {type: string}}}
      responses: {"200": {description: Done., content: {application/json: {schema: {type: object}}}}}
components:
  schemas:
    Kind: {type: string, enum: [plain, loud]}
    NewNote:
      type: object
      required: [text]
      properties:
        text: {type: string, maxLength: 5}
        kind: {$ref: '#/components/schemas/Kind'}
    Note:
      type: object
      required: [id, text]
      properties:
        id: {type: string}
        text: {type: string}
        kind: {$ref: '#/components/schemas/Kind'}
        madeAt: {type: string, format: date-time}
    Notes:
      type: object
      required: [data]
      properties: {data: {type: array, items: {$ref: '#/components/schemas/Note'}}}
"""


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Yield a package made of a sibling document."""
    folder = tmp_path_factory.mktemp("sibling")
    (folder / "notes.yml").write_text(SIBLING, "utf-8")
    given = ["--from", str(folder / "notes.yml"), "--package", "sibling_notes", "--into", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "type_check", lambda *_: None)  # the pipeline has tests of it
        assert main([*given, "--max-seconds", "250"]) == 0
    sys.path.insert(0, str(folder))
    yield importlib.import_module("sibling_notes")
    sys.path.remove(str(folder))


def answered(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=value)


def test_every_operation_of_the_document(cliq: Cliq, server: Scripted) -> None:
    fields: dict[str, dict[str, Any]] = {
        "create_message_action": {"name": "a", "hint": "b"},
        "list_message_actions": {"limit": 5},
        "update_message_action": {"action_id": "5", "name": "a"},
        "update_message_action_handler": {"action_id": "5", "handler_type": "execution_handler", "script": "x"},
        "get_message_action_handler": {"action_id": "5", "handler_type": "execution_handler"},
    }
    for name, operation in OPERATIONS.items():
        listed = name == "list_message_actions"
        handler = {"name": "execution_handler", "function_id": "5", "script": "x"}
        data: Any = [action(5)] if listed else handler if "handler" in name else action(5)
        server.answer(httpx.Response(204) if operation.success == 204 else enveloped(data))
        found = cliq.call(name, **fields.get(name, {"action_id": "5"}))
        assert (found is None) == (operation.success == 204)
        assert server.requests[-1].method == operation.method
        assert found is None or found.data is not None
        assert cliq.thresholds[name].remaining == cliq.thresholds[name].limit - 1


def test_arguments_go_where_the_document_declares_them(cliq: Cliq, server: Scripted, notes: ModuleType) -> None:
    server.answer(answered({"data": []}))
    cliq.call(notes, "listNotes", tag=["a", "b&c"], ids=[1, 2], pinned=True, x_trace="t 1", where={"a": 1})
    sent = server.requests[-1]
    sent_query = sorted(sent.url.params.multi_items())
    assert sent_query == [("ids", "1,2"), ("pinned", "true"), ("tag", "a"), ("tag", "b&c"), ("where[a]", "1")]
    assert sent.headers["x-trace"] == "t 1"
    server.answer(answered({"id": "1", "text": "hi"}, 201))
    cliq.call(notes, "create-note", text="hi", kind="loud")
    assert server.bodies()[-1] == {"text": "hi", "kind": "loud"}
    server.answer(httpx.Response(204))
    assert cliq.call(notes, "put_form", note_id="a/b c", text="ü &", loud=False) is None
    assert server.requests[-1].url.raw_path == b"/api/v3/notes/a%2Fb%20c"
    assert server.requests[-1].content == b"text=%C3%BC+%26&loud=false"
    assert server.requests[-1].headers["content-type"] == "application/x-www-form-urlencoded"


def test_files_go_into_a_form(cliq: Cliq, server: Scripted, notes: ModuleType, tmp_path: Path) -> None:
    server.answer(answered({}))
    image = tmp_path / 'odd "name".png'
    image.write_bytes(b"\x89PNG")
    cliq.call(notes, "upload", note_id="1", file=image, comment="ü")
    sent = server.requests[-1]
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="odd %22name%22.png"\r\n\r\n\x89PNG\r\n' in sent.content
    assert 'name="comment"\r\n\r\nü\r\n'.encode() in sent.content
    cliq.call(notes, "upload", note_id="1", file=b"raw")
    assert b'name="file"; filename="file"\r\n\r\nraw\r\n' in server.requests[-1].content
    cliq.call(notes, "upload", note_id="1", body=b"my own")
    assert server.requests[-1].content == b"my own"
    with pytest.raises(errors.ValidationError, match="file: cannot read"):
        cliq.call(notes, "upload", note_id="1", file=tmp_path / "missing")


def test_answers_are_models_where_the_document_has_one(cliq: Cliq, server: Scripted, notes: ModuleType) -> None:
    models = importlib.import_module("sibling_notes.models")
    server.answer(answered({"data": [{"id": "1", "text": "a", "kind": "loud", "madeAt": "2026-01-02T03:04:05Z"}]}))
    found = cliq.call(notes, "listNotes").data[0]
    assert type(found) is models.Note
    assert found.kind is models.Kind.LOUD
    assert found.made_at.year == 2026
    server.answer(answered({"data": [{"text": 5, "kind": "odd", "madeAt": "soon", "more": 1}, "text"]}))
    odd, text = cliq.call(notes, "listNotes").data
    assert (odd.text, odd.kind, odd.made_at, odd["more"], text) == (5, "odd", "soon", 1, "text")
    assert odd.to_dict() == {"text": 5, "kind": "odd", "madeAt": "soon", "more": 1}
    assert {entry["target"] for entry in cliq.observed_drift(notes)} >= {"$.components.schemas.Note"}
    assert cliq.observed_drift() == []
    assert cliq.observed_drift("json") == []
    server.answer(httpx.Response(200, content=b"\x89PNG"))
    assert cliq.call(notes, "download", note_id="1") == b"\x89PNG"


def test_thresholds_count_under_the_name_of_the_package(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, notes: ModuleType
) -> None:
    cliq = make(max_wait=0)
    server.answer(answered({"data": []}))
    for _ in range(3):
        cliq.call(notes, "listNotes")
    assert cliq.thresholds["sibling_notes.listNotes"].remaining == 0
    with pytest.raises(errors.WouldWait):
        cliq.call("sibling_notes", "listNotes")
    assert cliq.thresholds["list_message_actions"].remaining == LISTS
    assert "listNotes" not in cliq.thresholds
    clock.now += 61
    server.answer(refused(429))
    with pytest.raises(errors.RateLimited) as caught:
        cliq.call(notes, "listNotes")
    assert caught.value.operation == "sibling_notes.listNotes"
    with pytest.raises(errors.WouldWait):
        cliq.message_actions.get("1")  # the lock is the user's


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("listNote", {}), "has no operation 'listNote'; did you mean listNotes?"),
        (
            ("zzz", {}),
            "has no operation 'zzz'; it has create-note, download, listNotes, put_form, replace_bytes, upload",
        ),
    ],
)
def test_an_unknown_operation_is_named(cliq: Cliq, notes: ModuleType, call: Any, message: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        cliq.call(notes, call[0], **call[1])
    assert message in str(caught.value)


@pytest.mark.parametrize("package", ["json", "no_such_package", "zoho_cliq"])
def test_a_module_that_is_not_a_generated_package_is_refused(cliq: Cliq, package: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"{package} was not made by"):
        cliq.call(package, "list")
    with pytest.raises(errors.ConfigurationError, match="takes an operation's id"):
        cliq.call(5)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("create-note", {}, "text: is required"),
        ("create-note", {"text": "too long"}, "text: must have at most 5 characters"),
        ("create-note", {"text": "a", "kin": "loud"}, "kin: is not a field of this operation; did you mean kind?"),
        ("create-note", {"body": {"text": 5}}, "body.text: must be a string"),
        ("create-note", {"body": {"text": "a"}, "kind": "loud"}, "kind: give it within body, or give no body"),
        ("put_form", {"text": "a"}, "note_id: is required"),
        ("put_form", {"note_id": "..", "text": "a"}, "note_id: must be a segment of a path"),
        ("put_form", {"note_id": ""}, "note_id: must be a segment of a path"),
        ("put_form", {"note_id": "1", "body": ["a"]}, "body: must be an object"),
        (
            "replace_bytes",
            {"note_id": "1", "body": "text"},
            "body: in Python, pass body=… as bytes of application/octet-stream",
        ),
        ("listNotes", {"x_trace": "a\r\nb: c"}, "x_trace: must be printable ASCII"),
        ("listNotes", {"pinned": None}, "pinned: must be true or false"),
        ("listNotes", {"body": {}}, "body: this operation takes no body"),
    ],
)
def test_arguments_are_checked_before_anything_is_sent(
    cliq: Cliq, server: Scripted, notes: ModuleType, name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        cliq.call(notes, name, **arguments)
    assert message in str(caught.value)
    assert server.requests == []


def test_call_with_the_async_client(make_async: Callable[..., AsyncCliq], server: Scripted, notes: ModuleType) -> None:
    async def use() -> Any:
        async with make_async() as cliq:
            server.answer(answered({"data": [{"id": "1", "text": "a"}]}))
            return (await cliq.call(notes, "listNotes")).data[0].text

    assert asyncio.run(use()) == "a"


@pytest.mark.heavy
def test_all_operations_of_the_vendors_functions(
    cliq: Cliq, server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Path(__file__).parents[3] / "shared" / "vendor" / "functions.yml"
    if not document.exists():
        pytest.skip("the vendor's documents are not beside this checkout")
    given = ["--from", str(document), "--package", "vendor_functions", "--into", str(tmp_path)]
    assert main([*given, "--max-seconds", "250"]) == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    table = importlib.import_module("vendor_functions.contract").OPERATIONS
    given = {"function_id": "5", "function_handler_type": "button_handler", "name": "a", "description": "b"}
    given |= {"function_type": "button", "type": "button_handler", "script": "info 1;"}
    server.answer(lambda request: answered({"url": "/x", "type": "function", "data": {"id": "5", "name": "a"}}))
    for name, operation in table.items():
        form = cliq._packages.get("vendor_functions") or _loaded(cliq)
        known = form.prepared(name)
        fields = [parameter.field for parameter in known.parameters if parameter.required] + list(known.properties)
        found = cliq.call("vendor_functions", name, **{field: given[field] for field in fields if field in given})
        sent = server.requests[-1]
        assert sent.method == operation.method
        assert "{" not in sent.url.path
        assert json.loads(sent.content or b"{}").keys() <= set(given)
        if operation.threshold:
            assert cliq.thresholds[f"vendor_functions.{name}"].remaining == operation.threshold.limit - 1
        assert found is None or type(found).__module__.startswith("vendor_functions.models")


def _loaded(cliq: Cliq) -> Any:
    with pytest.raises(errors.ConfigurationError):
        cliq.call("vendor_functions", "")
    return cliq._packages["vendor_functions"]


def test_a_body_that_is_part_of_itself_has_the_fields_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = Operations()
    loop = {"properties": {"a": {}}, "allOf": [{"$ref": "#/components/schemas/Loop"}]}
    monkeypatch.setattr(operations, "rules", Rules({"Loop": loop}))
    assert operations._properties({"$ref": "#/components/schemas/Loop"}) == {"a": {}}
