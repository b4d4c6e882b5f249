"""Three validators of an answer agree: the client before sending, the mock on receipt, and an independent one."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from zoho_cliq.webhooks import AnswerInvalid
from zoho_cliq.webhooks.answers import wire
from zoho_cliq_api import contract
from zoho_cliq_mock.policies import Policies
from zoho_cliq_mock.trigger.answers import Outputs

DOCUMENT = contract.document()
NAMES = {"banner": "BannerOutput", "form": "FormOutput", "form_error": "FormErrorOutput", None: "MessageOutput"}
VALIDATORS = {
    kind: Draft202012Validator({**DOCUMENT, "$ref": f"#/components/schemas/{name}"}) for kind, name in NAMES.items()
}
OUTPUTS = Outputs()
OPEN = {"type": "open.url", "data": {"web": "https://example.com"}}
GOOD: list[dict[str, Any]] = [
    {"text": "x", "buttons": [{"label": "Open", "hint": "h", "type": "+", "key": "k", "action": OPEN}]},
    {
        "text": "x",
        "card": {
            "title": "t",
            "theme": "modern-inline",
            "thumbnail": "https://example.com/a.png",
            "sections": [{"title": "s", "fields": [{"title": "a", "value": "b"}]}],
            "buttons": [{"label": "Run", "action": {"type": "invoke.function", "data": {"name": "f"}}}],
        },
        "bot": {"name": "b", "image": "i"},
    },
    {"text": "x", "card": {"title": "t", "theme": "poll", "options": [{"text": "a"}, {"text": "b"}]}},
    {"text": "x", "card": {"title": "t", "theme": "prompt", "buttons": [{"label": "Yes", "action": OPEN}]}},
    {
        "text": "x",
        "slides": [
            {"type": "table", "title": "t", "data": {"headers": ["a"], "rows": [{"a": "1"}]}},
            {"type": "list", "data": ["a"]},
            {"type": "label", "data": [{"a": "b"}]},
            {"type": "images", "data": ["https://example.com/a.png"]},
            {"type": "text", "data": "x"},
        ],
    },
    {"type": "banner", "status": "success", "text": "x"},
    {"type": "form_error", "text": "x", "inputs": {"a": "b"}},
    {
        "type": "form",
        "name": "n",
        "title": "t",
        "hint": "h",
        "button_label": "b",
        "version": 1,
        "trigger_on_cancel": True,
        "action": {"type": "invoke.function", "name": "f"},
        "inputs": [
            {"type": "text", "name": "a", "label": "A", "placeholder": "p", "min_length": 1, "max_length": 9},
            {"type": "textarea", "name": "b", "label": "B", "max_length": 5000, "value": "v"},
            {"type": "select", "name": "c", "label": "C", "options": [{"label": "l", "value": "v"}], "multiple": True},
            {"type": "radio", "name": "d", "label": "D", "options": [{"label": "l", "value": "v"}] * 2},
            {
                "type": "checkbox",
                "name": "e",
                "label": "E",
                "options": [{"label": "l", "value": "v"}],
                "max_selections": 5,
            },
            {"type": "native_select", "name": "f", "label": "F", "data_source": "teams"},
            {"type": "file", "name": "g", "label": "G", "max_selections": 10},
        ],
    },
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10_000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(["", "x", "x\n", "a b", "poll", "prompt", "table", "textarea", "radio", "select", "system.api"]),
    st.integers(0, 10_002).map("x".__mul__),
    st.lists(st.just({"label": "l", "value": "v"}), max_size=101),
    st.just([]),
    st.just({}),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in _places(item, (*path, key)))]


PLACES = [(number, path) for number, output in enumerate(GOOD) for path in _places(output)[1:]]


def accepts(output: dict[str, Any]) -> tuple[bool, bool, bool]:
    """Return whether the client sends it, the mock shows it, and the document's schema allows it."""
    try:
        wire(output)
        sent = True
    except AnswerInvalid:
        sent = False
    shown = OUTPUTS.judge({"output": json.loads(json.dumps(output))}, Policies())
    kind = output.get("type")
    valid = (kind is None) is ("type" not in output) and isinstance(kind, str | None) and kind in VALIDATORS
    return sent, shown.kind != "wrong", valid and VALIDATORS[kind].is_valid(output)


def test_all_three_validators_accept_good_answers() -> None:
    assert [accepts(output) for output in GOOD] == [(True, True, True)] * len(GOOD)


@settings(derandomize=True, database=None, max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), ODD, st.sampled_from(["set", "remove", "repeat"])), min_size=1, max_size=2
    )
)
def test_all_three_validators_agree_on_mutated_answers(changes: list[Any]) -> None:
    number = changes[0][0][0]
    output = copy.deepcopy(GOOD[number])
    for (at, path), value, how in changes:
        if at != number:
            continue
        holder: Any = output
        try:
            for key in path[:-1]:
                holder = holder[key]
            if how == "remove":
                del holder[path[-1]]
            elif how == "repeat" and isinstance(holder, list):
                holder.extend([holder[path[-1]]] * 5)
            else:
                holder[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change removed this place
    assume(output)  # an empty output is valid and shows nothing, which no schema states
    sent, shown, valid = accepts(output)
    assert sent == shown == valid, output


def test_an_answer_nested_deeply_is_wrong_and_not_kept() -> None:
    for nested in ("[" * 102 + "]" * 102, "[" * 1000 + "]" * 1000):
        shown = OUTPUTS.read("application/json", f'{{"output": {nested}}}'.encode(), Policies())
        assert (shown.kind, shown.output) == ("wrong", None)
        assert shown.problems == ("the answer is nested more than 100 levels deep",)
    shown = OUTPUTS.read("application/json", f'{{"output": {{"text": {"[" * 98 + "]" * 98}}}}}'.encode(), Policies())
    assert shown.problems[0].startswith("output.text: ")
