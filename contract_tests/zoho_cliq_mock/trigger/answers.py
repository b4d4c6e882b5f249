"""What an answer to an event shows, or what is wrong with it, by the document's schemas for answers.

The vendor documents no limit for the text of a banner or for the number of fields of a form. The policies
`banner_text_limit` and `form_inputs_limit` can set one; 0 means no limit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jsonschema_rs
import orjson
from zoho_cliq_api.contract import document

from zoho_cliq_mock.bodies import is_json
from zoho_cliq_mock.nesting import LEVELS, too_deep
from zoho_cliq_mock.policies import Policies

_KINDS = {"banner": "BannerOutput", "form": "FormOutput", "form_error": "FormErrorOutput"}


class Shown(NamedTuple):
    """What the user sees of an answer.

    Attributes:
        kind: message, banner, form, form_error, nothing, wrong, unanswered or not_executed.
        text: the text that is shown, or why nothing can be shown.
        output: the answer's output as it was received.
        problems: what is wrong with the output, one entry for each field.
    """

    kind: str
    text: str
    output: Any = None
    problems: tuple[str, ...] = ()


class Outputs:
    """The compiled schemas of outputs.

    An output is the value of `output` in an answer: a message, a banner, a form or a form error.
    """

    def __init__(self) -> None:
        schemas = document()["components"]["schemas"]
        self._validators = {
            name: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
            )
            for name in (*_KINDS.values(), "MessageOutput")
        }

    def read(self, content_type: str | None, body: bytes, policies: Policies) -> Shown:
        """Return what an answer shows.

        Args:
            content_type: the value of the Content-Type header, or None.
            body: the body of the answer.
            policies: the policies in force, for the limits.
        """
        if not is_json(content_type.encode("latin-1") if content_type is not None else None):
            return _wrong([f"the Content-Type is {content_type or 'missing'}, not application/json"])
        try:
            answer = orjson.loads(body)
        except ValueError:
            return _wrong(["the body is not valid JSON"])
        return self.judge(answer, policies)

    def judge(self, answer: Any, policies: Policies) -> Shown:
        """Return what an answer shows; `answer` is its parsed JSON, the return value of a stub or that of a script."""
        if too_deep(answer):
            return _wrong([f"the answer is nested more than {LEVELS} levels deep"])
        if not isinstance(answer, dict) or "output" not in answer:
            return _wrong(["the answer must be an object with `output`"], answer)
        output = answer["output"]
        if not isinstance(output, dict):
            return _wrong(["output: must be an object"], output)
        if not output:
            return Shown("nothing", "")
        kind = output.get("type", "message")
        if "type" in output and (not isinstance(kind, str) or kind not in _KINDS):
            return _wrong([f"output.type: must be one of {', '.join(_KINDS)}, or left out for a message"], output)
        errors = self._validators[_KINDS.get(kind, "MessageOutput")].iter_errors(output)
        problems = list(dict.fromkeys(map(_explain, errors))) or _beyond(kind, output, policies)
        if problems:
            return _wrong(problems, output)
        return Shown(kind, str(output.get("title") if kind == "form" else output.get("text", "")), output)


def _wrong(problems: list[str], output: Any = None) -> Shown:
    return Shown("wrong", "the answer cannot be shown: " + "; ".join(problems), output, tuple(problems))


def _beyond(kind: str, output: dict[str, Any], policies: Policies) -> list[str]:
    limits = {"banner": ("text", policies.banner_text_limit), "form": ("inputs", policies.form_inputs_limit)}
    name, limit = limits.get(kind, ("", 0))
    if limit and len(output[name]) > limit:
        return [f"output.{name}: has {len(output[name])}, at most {limit} by the policy {kind}_{name}_limit"]
    return []


def _explain(error: jsonschema_rs.ValidationError) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
    what = error.message if len(error.message) <= 200 else f"{error.message[:60]} … {error.message[-100:]}"
    return f"output{where}: {what}"
