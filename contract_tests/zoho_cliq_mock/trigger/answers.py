"""What an answer to an event shows, or what is wrong with it. Checked against the document's schemas of the answer.

Where the vendor documents no limit (banner, number of fields of a form), the policies `banner_text_limit` and
`form_inputs_limit` set one; 0 is none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jsonschema_rs
import orjson
from zoho_cliq_api.contract import document

from zoho_cliq_mock.bodies import is_json
from zoho_cliq_mock.policies import Policies

_KINDS = {"banner": "BannerOutput", "form": "FormOutput", "form_error": "FormErrorOutput"}


class Shown(NamedTuple):
    """What the person sees. `kind` is message, banner, form, form_error, nothing, wrong, unanswered or not_executed.

    `text` is what there is to read, `output` the output as it came, `problems` what is wrong, by field.
    """

    kind: str
    text: str
    output: Any = None
    problems: tuple[str, ...] = ()


class Outputs:
    """The compiled schemas of outputs."""

    def __init__(self) -> None:
        schemas = document()["components"]["schemas"]
        self._validators = {
            name: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
            )
            for name in (*_KINDS.values(), "MessageOutput")
        }

    def read(self, content_type: str | None, body: bytes, policies: Policies) -> Shown:
        """Return what an answer shows."""
        if not is_json(content_type.encode("latin-1") if content_type is not None else None):
            return _wrong([f"the Content-Type is {content_type or 'missing'}, not application/json"])
        try:
            answer = orjson.loads(body)
        except ValueError:
            return _wrong(["the body is not valid JSON"])
        return self.judge(answer, policies)

    def judge(self, answer: Any, policies: Policies) -> Shown:
        """Return what an answer that is already data shows."""
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
