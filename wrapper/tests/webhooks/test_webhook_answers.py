"""Answers are built typed, checked against the documented limits at their edges, and sent as Cliq has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from zoho_cliq.errors import ConfigurationError
from zoho_cliq.webhooks import AnswerInvalid, AnswerLimits, banner, button, card, form, form_error, form_input, text
from zoho_cliq.webhooks.answers import Answer, wire
from zoho_cliq_api import contract
from zoho_cliq_api.models import Button, ButtonColour, FormInput, MessageOutput

DOCUMENT = contract.document()
OUTPUTS = {"banner": "BannerOutput", "form": "FormOutput", "form_error": "FormErrorOutput"}


def by_the_document(output: dict[str, Any]) -> None:
    """Return the result of an independent validator."""
    name = OUTPUTS.get(output.get("type", ""), "MessageOutput")
    jsonschema.Draft202012Validator({**DOCUMENT, "$ref": f"#/components/schemas/{name}"}).validate(output)


GOOD: dict[str, Callable[[], Answer]] = {
    "text": lambda: text("x" * 10_000),
    "text with buttons": lambda: text(
        "hi",
        buttons=[
            button("x" * 20, function="f", hint="x" * 100, key="x" * 100, colour=ButtonColour.GREEN),
            *[button("Open", open_url="https://example.com")] * 4,
        ],
        slides=[{"type": "table", "data": {"headers": ["a"], "rows": [{"a": "1"}]}}],
        bot={"name": "Desk"},
    ),
    "banner": lambda: banner("x" * 20_000),
    "failure": lambda: banner("no", failure=True),
    "card": lambda: card(
        "x" * 200,
        text="new",
        thumbnail="https://example.com/a.png",
        sections={"Summary": {"Account": "Zylker"}},
        buttons=[button("x" * 30, function="f")] * 5,
    ),
    "poll": lambda: card("Lunch?", text="vote", theme="poll", options=["x" * 100] * 10),
    "prompt": lambda: card("Sure?", text="?", theme="prompt", buttons=[button("Yes", copy="yes")]),
    "form": lambda: form(
        "Ticket",
        name="x" * 50,
        function="file",
        hint="h",
        button_label="File",
        inputs=[
            form_input("text", "x" * 50, "x" * 50, hint="x" * 100, placeholder="x" * 100),
            form_input("textarea", "note", "Note", max_length=5000, value="x" * 1000),
            form_input("radio", "r", "R", options={str(number): "x" * 100 for number in range(5)}),
            form_input("checkbox", "c", "C", options={"x" * 50: "one"}, max_selections=5),
            form_input("select", "A-z_9", "S", options={str(number): "o" for number in range(100)}),
            form_input("native_select", "n", "N", data_source="channels"),
            form_input("file", "f", "F", max_selections=10),
        ],
    ),
    "form error": lambda: form_error("look", inputs={"summary": "too short"}),
    "string": lambda: "filed",
    "mapping": lambda: {"text": "filed", "card": {"title": "t", "theme": "modern-inline"}},
}

ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
ENDLESS_ANSWER: dict[str, Any] = {}
ENDLESS_ANSWER["text"] = ENDLESS_ANSWER

BAD: dict[str, tuple[Callable[[], Answer], str]] = {
    "empty text": (lambda: text(""), "text"),
    "long text": (lambda: text("x" * 10_001), "text"),
    "six buttons": (lambda: text("x", buttons=[button("a", function="f")] * 6), "buttons"),
    "long label": (lambda: text("x", buttons=[button("x" * 21, function="f")]), "buttons[0].label"),
    "long hint": (lambda: text("x", buttons=[button("x", function="f", hint="x" * 101)]), "buttons[0].hint"),
    "long label in a card": (lambda: card("t", text="x", buttons=[button("x" * 31, function="f")]), "label"),
    "no action": (lambda: text("x", buttons=[button("x")]), "action"),
    "two actions": (lambda: text("x", buttons=[button("x", function="f", copy="c")]), "action"),
    "action without its data": (
        lambda: text("x", buttons=[button("x", action={"type": "open.url", "data": {}})]),
        "action.data.web",
    ),
    "unknown action": (lambda: text("x", buttons=[button("x", action={"type": "explode", "data": {}})]), "action.type"),
    "long heading": (lambda: card("x" * 201, text="x"), "card.title"),
    "plain thumbnail": (lambda: card("t", text="x", thumbnail="http://example.com/a.png"), "card.thumbnail"),
    "theme": (lambda: card("t", text="x", theme="loud"), "card.theme"),
    "one choice": (lambda: card("t", text="x", theme="poll", options=["a"]), "card.options"),
    "eleven choices": (lambda: card("t", text="x", theme="poll", options=["a"] * 11), "card.options"),
    "long choice": (lambda: card("t", text="x", theme="poll", options=["a", "x" * 101]), "card.options[1].text"),
    "poll without choices": (lambda: card("t", text="x", theme="poll"), "card.options"),
    "prompt without buttons": (lambda: card("t", text="x", theme="prompt"), "card.buttons"),
    "slide": (lambda: text("x", slides=[{"type": "table", "data": []}]), "slides[0].data"),
    "table without rows": (
        lambda: text("x", slides=[{"type": "table", "data": {"headers": []}}]),
        "slides[0].data.rows",
    ),
    "empty banner": (lambda: banner(""), "text"),
    "no fields": (lambda: form("t", name="n", function="f", inputs=[]), "inputs"),
    "long name": (lambda: form("t", name="x" * 51, function="f", inputs=[form_input("date", "d", "D")]), "name"),
    "kind of field": (lambda: {"type": "form", "inputs": [{"type": "nose"}]}, "name"),
    "six radio buttons": (
        lambda: wire(form_input("radio", "r", "R", options={str(n): "o" for n in range(6)})),
        "options",
    ),
    "lonely radio button": (lambda: wire(form_input("radio", "r", "R", options={"a": "o"})), "options"),
    "radio without choices": (lambda: wire(form_input("radio", "r", "R", options={})), "options"),
    "name with a space": (lambda: wire(form_input("select", "a b", "S", options={"a": "o"})), "name"),
    "name with a line break": (lambda: wire(form_input("select", "a\n", "S", options={"a": "o"})), "name"),
    "huge textarea": (lambda: wire(form_input("textarea", "a", "S", max_length=5001)), "max_length"),
    "field error": (lambda: form_error(inputs={"a": 3}), "inputs.a"),
    "number": (lambda: 3, "answer"),
    "list": (lambda: ["x"], "answer"),
    "banner without a status": (lambda: {"type": "banner", "text": "x"}, "status"),
    "mapping without a text": (lambda: {"card": {"title": "t", "theme": "poll"}}, "text"),
    "unknown type": (lambda: {"type": "poem", "text": "x"}, "type"),
    "type that is no text": (lambda: {"type": None, "text": "x"}, "type"),
    "null": (lambda: {"text": None}, "text"),
    "sections of texts": (lambda: card("t", text="x", sections={"a": "b"}), "card.sections[0].fields"),  # type: ignore[dict-item]
    "sections in a list": (lambda: card("t", text="x", sections=["a"]), "card.sections"),  # type: ignore[arg-type]
    "sections of a number": (lambda: card("t", text="x", sections={"a": {"b": 5}}), "card.sections[0].fields[0].value"),  # type: ignore[dict-item]
    "choices in one text": (lambda: card("t", text="x", theme="poll", options="abc"), "card.options"),
    "choices that are a number": (lambda: card("t", text="x", theme="poll", options=5), "card.options"),  # type: ignore[arg-type]
    "field's choices in a list": (lambda: wire(form_input("select", "a", "S", options=["x"])), "options"),  # type: ignore[arg-type]
    "field's option misspelt": (lambda: wire(form_input("text", "a", "A", max_lenght=5)), "max_lenght"),
    "field of two kinds": (lambda: wire(form_input("text", "a", "A", type="date")), "type"),
    "colour as a text": (lambda: text("x", buttons=[button("a", copy="c", colour="+")]), "colour"),  # type: ignore[arg-type]
    "bytes": (lambda: text(b"x"), "text"),  # type: ignore[arg-type]
    "bytes far down": (
        lambda: text("x", buttons=[{"label": "a", "action": {"data": {"web": b"x"}}}]),
        "buttons[0].action.data.web",
    ),
    "not a number": (lambda: {"text": "x", "slides": [{"type": "text", "data": float("nan")}]}, "slides[0].data"),
    "name that is no text": (lambda: {"text": "x", 5: "y"}, "answer"),
    "names that are no texts": (lambda: {"text": "x", "bot": {5: "y"}}, "bot"),
    "answer without an end": (lambda: {"text": "x", "slides": ENDLESS}, "answer"),
    "endless answer": (lambda: ENDLESS_ANSWER, "answer"),
    "class of an answer": (lambda: MessageOutput, "answer"),  # type: ignore[return-value]
    "errors of fields in a list": (lambda: form_error(inputs=["a"]), "inputs"),  # type: ignore[arg-type]
    "card of a banner": (lambda: {"type": "banner", "status": "success", "text": "", "card": 5}, "text"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_answer_is_good_by_the_document_too(name: str) -> None:
    sent = wire(GOOD[name]())
    assert list(sent) == ["output"]
    by_the_document(sent["output"])


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_refused_with_its_field(name: str) -> None:
    build, field = BAD[name]
    with pytest.raises(AnswerInvalid) as caught:
        wire(build())
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


ODD: list[Any] = [
    None, 5, 5.5, float("nan"), float("inf"), True, 10**5000, b"x", "", "x", [], ["x"], [None], [5], [[]], ENDLESS,
    {}, {"a": "b"}, {"a": None}, {"a": ["b"]}, {"a": {"b": 5}}, {"type": []}, {5: "a"}, ENDLESS_ANSWER, range(3), {"x"},
    frozenset("a"), text, MessageOutput, object(),
]  # fmt: skip
BUILDERS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (text, {"text": "x", "buttons": (), "slides": (), "bot": None}),
    (banner, {"text": "x"}),
    (card, {"title": "t", "text": "x", "theme": "modern-inline", "thumbnail": None, "sections": None, "options": (),
            "buttons": (), "slides": (), "bot": None}),
    (button, {"label": "x", "open_url": "https://example.com", "hint": None, "key": None, "colour": None}),
    (button, {"label": "x", "function": "f"}),
    (button, {"label": "x", "copy": "c"}),
    (button, {"label": "x", "action": {"type": "copy", "data": {"text": "c"}}}),
    (form, {"title": "t", "name": "n", "function": "f", "inputs": [form_input("date", "d", "D")], "hint": None,
            "button_label": None, "trigger_on_cancel": None}),
    (form_input, {"kind": "text", "name": "n", "label": "l", "options": None, "hint": "h", "max_length": 5,
                  "value": 1}),
    (form_error, {"text": "x", "inputs": None}),
    (lambda **fields: fields, {"type": "banner", "status": "success", "text": "x", "card": None}),
    (lambda **fields: fields, {"text": "x", "card": None, "buttons": [], "slides": [], "bot": {}, "other": 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "usual", "name"),
    [pytest.param(build, usual, name, id=f"{build.__name__}-{name}") for build, usual in BUILDERS for name in usual],
)
def test_any_value_is_an_answer_or_refused_in_one_line(
    build: Callable[..., Any], usual: dict[str, Any], name: str
) -> None:
    for odd in ODD:
        refused: AnswerInvalid | None = None
        try:
            built = build(**{**usual, name: odd})
            sent = text("x", buttons=[built]) if isinstance(built, Button) else built
            json.dumps(wire(sent) if not isinstance(sent, FormInput) else sent.to_dict(), allow_nan=False)
        except AnswerInvalid as error:
            refused = error
        if refused is not None:
            assert refused.field
            assert str(refused).startswith(f"{refused.field}: ")
            assert "\n" not in str(refused)


def test_optional_parts_may_be_none() -> None:
    assert wire(card("T", text="x", options=None, sections=None, buttons=None)) == wire(card("T", text="x"))  # type: ignore[arg-type]
    assert wire(form_error("x", inputs=None)) == wire(form_error("x", inputs={}))


@pytest.mark.parametrize("most", [-1, 5.0, "5", True])
def test_a_limit_that_is_no_number_is_told_at_once(most: Any) -> None:
    with pytest.raises(ConfigurationError, match="AnswerLimits: slides must be a whole number"):
        AnswerLimits(slides=most)


def test_lone_surrogates_of_an_event_may_be_in_the_answer() -> None:
    assert json.loads(json.dumps(wire(text("cut \ud83d")))) == {"output": {"text": "cut \ud83d"}}


def test_builders_give_what_cliq_has() -> None:
    assert wire(banner("Filed")) == {"output": {"type": "banner", "status": "success", "text": "Filed"}}
    assert wire(banner("No", failure=True))["output"]["status"] == "failure"
    assert wire(text("Hi", buttons=[button("Open", open_url="https://example.com/1")])) == {
        "output": {
            "text": "Hi",
            "buttons": [{"label": "Open", "action": {"type": "open.url", "data": {"web": "https://example.com/1"}}}],
        }
    }
    assert wire(card("T", text="x", sections={"S": {"a": "b"}}))["output"]["card"] == {
        "title": "T",
        "theme": "modern-inline",
        "sections": [{"title": "S", "fields": [{"title": "a", "value": "b"}]}],
    }
    assert wire(form_error("E")) == {"output": {"type": "form_error", "text": "E"}}
    assert wire(None) == {"output": {}}


@pytest.mark.parametrize(
    ("limits", "answer", "field"),
    [
        (AnswerLimits(banner_text=5), banner("x" * 6), "text"),
        (AnswerLimits(form_title=5), {"title": "x" * 6}, "title"),
        (AnswerLimits(form_inputs=1), {"inputs": [{"type": "date", "name": "d", "label": "D"}] * 2}, "inputs"),
        (AnswerLimits(slides=1), text("x", slides=[{"type": "text", "data": "a"}] * 2), "slides"),
        (
            AnswerLimits(card_sections=1),
            card("t", text="x", sections={"a": {"b": "c"}, "d": {"e": "f"}}),
            "card.sections",
        ),
    ],
)
def test_undocumented_limits_can_be_configured(limits: AnswerLimits, answer: Any, field: str) -> None:
    if isinstance(answer, dict):
        whole = {"type": "form", "name": "n", "title": "t", "inputs": [{"type": "date", "name": "d", "label": "D"}]}
        answer = {**whole, "action": {"type": "invoke.function", "name": "f"}, **answer}
    wire(answer)
    with pytest.raises(AnswerInvalid) as caught:
        wire(answer, limits)
    assert caught.value.field == field
