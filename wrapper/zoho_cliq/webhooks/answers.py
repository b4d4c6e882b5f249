"""The answers of a handler: a message, a banner, a card, a form, or the errors of a form.

The functions build the generated models and check them against the limits in the document, which come from Zoho's pages
on message cards, buttons and forms (text 10,000 characters, card heading 200, 5 buttons, 100 choices, and so on).
`AnswerLimits` sets limits that the vendor does not document; by default there are none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from zoho_cliq_api.models import (
    BannerOutput,
    BotIdentity,
    Button,
    ButtonAction,
    ButtonColour,
    CardButton,
    FormErrorOutput,
    FormInput,
    FormOutput,
    MessageOutput,
    Slide,
)

from ..errors import ConfigurationError
from . import schema
from .errors import AnswerInvalid

Output: TypeAlias = MessageOutput | BannerOutput | FormOutput | FormErrorOutput
Answer: TypeAlias = Output | str | Mapping[str, Any] | None

_SCHEMA_OF_TYPE = {"banner": "BannerOutput", "form": "FormOutput", "form_error": "FormErrorOutput"}


@dataclass(frozen=True, kw_only=True)
class AnswerLimits:
    """Limits that Zoho does not document. None means not checked.

    `banner_text`, `form_title`, `form_hint` and `form_button_label` count characters; `form_inputs`, `slides` and
    `card_sections` count items. Raise `ConfigurationError` where one is neither a whole number nor None.
    """

    banner_text: int | None = None
    form_title: int | None = None
    form_hint: int | None = None
    form_button_label: int | None = None
    form_inputs: int | None = None
    slides: int | None = None
    card_sections: int | None = None

    def __post_init__(self) -> None:
        for name, most in vars(self).items():
            if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
                raise ConfigurationError(f"AnswerLimits: {name} must be a whole number from 0, or None, not {most!r}")

    def check(self, output: Mapping[str, Any]) -> None:
        """Raise `AnswerInvalid` where the output breaks one of these limits."""
        found: Mapping[str, Mapping[str, Any]] = {
            str(output.get("type", "message")): output,
            "card": output.get("card", {}) if "type" not in output else {},
        }
        for kind, name, most in (
            ("banner", "text", self.banner_text),
            ("form", "title", self.form_title),
            ("form", "hint", self.form_hint),
            ("form", "button_label", self.form_button_label),
            ("form", "inputs", self.form_inputs),
            ("message", "slides", self.slides),
            ("card", "sections", self.card_sections),
        ):
            size = len(found.get(kind, {}).get(name, ()))
            if most is not None and size > most:
                where = f"{'card.' if kind == 'card' else ''}{name}"
                raise AnswerInvalid(f"must have at most {most} by AnswerLimits, has {size}", field=where)


NO_LIMITS = AnswerLimits()


def text(
    text: str,
    *,
    buttons: Iterable[Button | Mapping[str, Any]] = (),
    slides: Iterable[Slide | Mapping[str, Any]] = (),
    bot: BotIdentity | Mapping[str, Any] | None = None,
) -> MessageOutput:
    """Return a message in the chat: up to 10,000 characters and 5 buttons. Raise `AnswerInvalid`."""
    output = {"text": text, "buttons": buttons, "slides": slides, "bot": bot}
    return MessageOutput.from_dict(_checked("MessageOutput", output))


def banner(text: str, *, failure: bool = False) -> BannerOutput:
    """Return a line at the top of the user's window, green, or red for a failure. Raise `AnswerInvalid`."""
    output = {"type": "banner", "status": "failure" if failure else "success", "text": text}
    return BannerOutput.from_dict(_checked("BannerOutput", output))


def card(
    title: str,
    *,
    text: str,
    theme: str = "modern-inline",
    thumbnail: str | None = None,
    sections: Mapping[str, Mapping[str, str]] | None = None,
    options: Iterable[str] = (),
    buttons: Iterable[CardButton | Button | Mapping[str, Any]] = (),
    slides: Iterable[Slide | Mapping[str, Any]] = (),
    bot: BotIdentity | Mapping[str, Any] | None = None,
) -> MessageOutput:
    """Return a card, which is a message in a frame. `text` is shown in notifications.

    `theme` is `modern-inline`, `prompt` (needs a button) or `poll` (needs 2 to 10 `options`). `sections` maps
    headings to fields, names to values. Raise `AnswerInvalid`, whose `field` is such as `card.buttons[0].label`.
    """
    framed = {
        "title": title,
        "theme": theme,
        "thumbnail": thumbnail,
        "sections": [
            {"title": heading, "fields": [{"title": name, "value": value} for name, value in _pairs(fields, where)]}
            for where, heading, fields in (
                (f"card.sections[{number}].fields", heading, fields)
                for number, (heading, fields) in enumerate(_pairs(sections, "card.sections"))
            )
        ],
        "options": [{"text": choice} for choice in _items(options, "card.options")],
        "buttons": buttons,
    }
    output = {"text": text, "card": _without_nothing(_plain(framed, "card")), "slides": slides, "bot": bot}
    return MessageOutput.from_dict(_checked("MessageOutput", output))


def button(
    label: str,
    *,
    open_url: str | None = None,
    function: str | None = None,
    copy: str | None = None,
    action: ButtonAction | Mapping[str, Any] | None = None,
    hint: str | None = None,
    key: str | None = None,
    colour: ButtonColour | None = None,
) -> Button:
    """Return a button that opens an address, runs a function, copies a text, or performs `action`.

    Exactly one of these must be given. A label may have 20 characters below a message and 30 in a card; this is checked
    where the button is used. Raise `AnswerInvalid`.
    """
    actions = {
        "open.url": None if open_url is None else {"web": open_url},
        "invoke.function": None if function is None else {"name": function},
        "copy": None if copy is None else {"text": copy},
    }
    chosen: list[Any] = [{"type": kind, "data": data} for kind, data in actions.items() if data is not None]
    chosen += [] if action is None else [action]
    if len(chosen) != 1:
        raise AnswerInvalid("exactly one of open_url, function, copy and action is needed", field="action")
    if colour is not None and not isinstance(colour, ButtonColour):
        raise AnswerInvalid(f"must be a ButtonColour, not {type(colour).__name__}", field="colour")
    built = {"label": label, "action": chosen[0], "hint": hint, "key": key, "type": colour}
    return Button.from_dict(_checked("CardButton", built))


def form(
    title: str,
    *,
    name: str,
    function: str,
    inputs: Iterable[FormInput | Mapping[str, Any]],
    hint: str | None = None,
    button_label: str | None = None,
    trigger_on_cancel: bool | None = None,
) -> FormOutput:
    """Return a form. `function` is the name of the Cliq function that receives the input. Raise `AnswerInvalid`."""
    output = {
        "type": "form",
        "name": name,
        "title": title,
        "hint": hint,
        "button_label": button_label,
        "trigger_on_cancel": trigger_on_cancel,
        "inputs": inputs,
        "action": {"type": "invoke.function", "name": function},
    }
    return FormOutput.from_dict(_checked("FormOutput", output, kept=("inputs",)))


def form_input(kind: str, name: str, label: str, *, options: Mapping[str, str] | None = None, **more: Any) -> FormInput:
    """Return a field of a form.

    `kind` is such as `text`, `textarea`, `select`, `radio`; `options` maps values to labels.

    `more` are the other fields of the model, such as `hint`, `placeholder`, `mandatory`, `max_length`. Raises
    `AnswerInvalid`.
    """
    known = schema.schemas()["FormInput"]["properties"].keys() - {"type", "name", "label", "options"}
    for other in more.keys() - known:
        raise AnswerInvalid(f"unknown field; choose one of {', '.join(sorted(known))}", field=other)
    built = {"type": kind, "name": name, "label": label, **more}
    if options is not None:
        built["options"] = [{"label": shown, "value": value} for value, shown in _pairs(options, "options")]
    return FormInput.from_dict(_checked("FormInput", built, kept=("options",)))


def form_error(text: str | None = None, *, inputs: Mapping[str, str] | None = None) -> FormErrorOutput:
    """Return the errors of a submitted form: `text` above it, and a line for each input by name.

    Raise `AnswerInvalid`.
    """
    output = {"type": "form_error", "text": text, "inputs": dict(_pairs(inputs, "inputs"))}
    return FormErrorOutput.from_dict(_checked("FormErrorOutput", output))


def wire(answer: Answer, limits: AnswerLimits = NO_LIMITS) -> dict[str, Any]:
    """Return the checked JSON object for an answer: `{"output": …}`. Raise `AnswerInvalid`.

    A string is a message; a mapping is an output in Cliq's format. None becomes an empty output, which shows nothing;
    the vendor does not document that.
    """
    if answer is None:
        return {"output": {}}
    output = _plain({"text": answer} if isinstance(answer, str) else answer, "") if _is_answer(answer) else None
    if not isinstance(output, dict):
        raise AnswerInvalid(f"the function returned a {type(answer).__name__}, which is not an answer", field="answer")
    _refuse_faults(_schema_of(output), output)
    limits.check(output)
    return {"output": output}


def _is_answer(answer: object) -> bool:
    return isinstance(answer, str | Mapping) or (hasattr(answer, "to_dict") and not isinstance(answer, type))


def _schema_of(output: Mapping[str, Any]) -> str:
    if "type" not in output:
        return "MessageOutput"
    kind = output["type"]
    if not isinstance(kind, str) or kind not in _SCHEMA_OF_TYPE:
        raise AnswerInvalid(f"must be one of {', '.join(_SCHEMA_OF_TYPE)}, or left out for a message", field="type")
    return _SCHEMA_OF_TYPE[kind]


def _checked(name: str, value: Mapping[str, Any], kept: Sequence[str] = ()) -> dict[str, Any]:
    built = _without_nothing(_plain(value, ""), kept)
    _refuse_faults(name, built)
    return built


def _refuse_faults(name: str, output: dict[str, Any]) -> None:
    schema.refuse_faults(name, output)
    if name == "FormErrorOutput":
        for field, message in output.get("inputs", {}).items():
            if not isinstance(message, str):
                raise AnswerInvalid(f"must be a string, not {type(message).__name__}", field=f"inputs.{field}")


def _without_nothing(value: Mapping[str, Any], kept: Sequence[str] = ()) -> dict[str, Any]:
    """Return the entries that are set. Keep those in `kept` even if empty, so that the check reports them."""
    return {name: item for name, item in value.items() if item is not None and (name in kept or item not in ([], {}))}


def _plain(value: Any, field: str) -> Any:
    """Return models and collections as JSON-like data. Raise `AnswerInvalid` for a value that JSON cannot hold."""
    try:
        return _as_json(value, field)
    except RecursionError:
        raise AnswerInvalid("is nested too deeply", field=field or "answer") from None


def _as_json(value: Any, field: str) -> Any:
    if hasattr(value, "to_dict") and not isinstance(value, type):
        value = value.to_dict()
    if isinstance(value, Mapping):
        return {
            _name(name, field): _as_json(item, f"{field}.{name}" if field else str(name))
            for name, item in value.items()
        }
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_as_json(item, f"{field}[{number}]") for number, item in enumerate(value)]
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise AnswerInvalid(f"JSON cannot hold this {type(value).__name__}", field=field) from None
    return value


def _name(name: object, field: str) -> str:
    if not isinstance(name, str):
        raise AnswerInvalid(f"the names in it must be strings, not {type(name).__name__}", field=field or "answer")
    return name


def _pairs(value: object, field: str) -> Iterable[tuple[Any, Any]]:
    """Return the items of a mapping; none for None. Raise `AnswerInvalid` if it is not a mapping."""
    if value is not None and not isinstance(value, Mapping):
        raise AnswerInvalid(f"must map names to values, not be a {type(value).__name__}", field=field)
    return value.items() if value is not None else ()


def _items(value: object, field: str) -> Iterable[Any]:
    """Return an iterable of items; empty for None. Raise `AnswerInvalid` for a text, a mapping or anything else."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable | None):
        raise AnswerInvalid(f"must be a list, not {type(value).__name__}", field=field)
    return value if value is not None else ()
