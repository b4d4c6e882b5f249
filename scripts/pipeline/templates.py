"""The few changes to the generator's templates, as checked text replacements.

Each change names the SHA-256 of the template that it was written for. Another version of the generator is refused until
a person has reviewed the change.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import PipelineError


class Change(NamedTuple):
    """Replacements in one template, and why."""

    template: str
    sha256: str
    reason: str
    replacements: tuple[tuple[str, str], ...]


_OPEN_ENUM = (
    "{0}.inner_properties | length == 2 and known.template == 'enum_property.py.jinja' "
    "and known.value_type.__name__ == 'str' and {0}.inner_properties[1].get_base_type_string() == PythonCode('str')"
)
"""Jinja's condition for a property being a union of an enum of strings, called `known`, with any string."""

CHANGES = (
    Change(
        "package_init.py.jinja",
        "ac15907e32dc39bd9b83ea6f2002fb87514f2182b97f88231b5a9c47321f6210",
        "`contract` must load without httpx, so the package loads its client on first use",
        (
            (
                "from .client import AuthenticatedClient, Client\n",
                "from __future__ import annotations\n\n"
                "from typing import TYPE_CHECKING, Any\n\n"
                "if TYPE_CHECKING:\n    from .client import AuthenticatedClient, Client\n",
            ),
            (
                '    "Client",\n)\n',
                '    "Client",\n)\n\n\n'
                "def __getattr__(name: str) -> Any:\n"
                "    if name in __all__:\n"
                "        from . import client\n\n"
                "        return getattr(client, name)\n"
                '    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")\n',
            ),
        ),
    ),
    Change(
        "client.py.jinja",
        "4eac65762f21014a7fbf59e730f1be6d28c9c85ddc1c40b458b6ff5f67a64c9e",
        "repr() of a client printed its token, also out of the headers, and a client had no timeout",
        (
            (
                '"token": namespace(type="str", default="",',
                '"token": namespace(type="str", default="field(repr=False)",',
            ),
            ('kw_only=True, alias="cookies")', 'kw_only=True, alias="cookies", repr=False)'),
            ('kw_only=True, alias="headers")', 'kw_only=True, alias="headers", repr=False)'),
            ('kw_only=True, alias="httpx_args")', 'kw_only=True, alias="httpx_args", repr=False)'),
            (
                'field(default=None, kw_only=True, alias="timeout")',
                'field(factory=lambda: httpx.Timeout(30.0), kw_only=True, alias="timeout")',
            ),
        ),
    ),
    Change(
        "types.py.jinja",
        "93df9d75883a4eafac77dd21bc6907f3ef612e3f7841e08656618dcf6c4ce494",
        "a pickled or copied model held another UNSET, which was then taken for a value and sent; its repr said "
        "nothing; to_dict failed on a model that holds what its types rule out, such as an answer with a field missing",
        (
            (
                "class Unset:\n    def __bool__(self) -> Literal[False]:\n        return False\n",
                "class Unset:\n"
                '    """The type of `UNSET`, which stands for a field that is not there. There is one instance."""\n\n'
                "    def __new__(cls) -> Self:\n"
                '        found: Self | None = globals().get("UNSET")\n'
                "        return super().__new__(cls) if found is None else found\n\n"
                "    def __bool__(self) -> Literal[False]:\n        return False\n\n"
                "    def __repr__(self) -> str:\n"
                '        return "UNSET"\n\n'
                "    def __reduce__(self) -> str:\n"
                '        return "UNSET"\n',
            ),
            (
                "from typing import BinaryIO, Generic, TypeVar, Literal, IO\n",
                "from datetime import date\nfrom enum import Enum\n"
                "from typing import Any, BinaryIO, Generic, IO, Literal, Self, TypeVar\nfrom uuid import UUID\n",
            ),
            (
                "@define\nclass Response(Generic[T]):",
                "def plain(value: Any) -> Any:\n"
                '    """Return a model\'s value as JSON or a form has it."""\n'
                "    if isinstance(value, list):\n        return [plain(item) for item in value]\n"
                "    if isinstance(value, Enum):\n        return value.value\n"
                "    if isinstance(value, date):\n        return value.isoformat()\n"
                "    if isinstance(value, UUID):\n        return str(value)\n"
                "    if isinstance(value, File):\n        return value.to_tuple()\n"
                '    return value.to_dict() if hasattr(value, "to_dict") else value\n\n\n'
                "def plain_fields(model: Any, more: Mapping[str, Any]) -> dict[str, Any]:\n"
                '    """Return a model as a dictionary: its fields that are set, and `more`."""\n'
                "    found = {name: plain(value) for name, value in more.items()}\n"
                "    for name, attribute in model.FIELD_NAMES.items():\n"
                "        value = getattr(model, attribute)\n"
                "        if value is not UNSET:\n            found[name] = plain(value)\n"
                "    return found\n\n\n"
                "@define\nclass Response(Generic[T]):",
            ),
        ),
    ),
    Change(
        "models_init.py.jinja",
        "4f64a3d6e1b15a561be5573c1b7702eb928c0e4fa6b67107d20e57a74c44d51a",
        "importing one model imported every other: a program that only reads actions paid for every webhook model",
        (
            (
                "{% for import in imports | sort %}\n{{ import }}\n{% endfor %}\n",
                "from __future__ import annotations\n\n"
                "from importlib import import_module\n"
                "from typing import TYPE_CHECKING, Any\n\n"
                "{% for import in imports | sort %}\n{% if loop.first %}\nif TYPE_CHECKING:\n{% endif %}\n"
                "    {{ import }}\n{% endfor %}\n",
            ),
            (
                '    "{{ all }}",\n    {% endfor %}\n)\n',
                '    "{{ all }}",\n    {% endfor %}\n)\n\n'
                "_MODULES = {\n"
                "{% for import in imports | sort %}\n"
                '    "{{ import.split()[3] }}": "{{ import.split()[1] }}",\n{% endfor %}\n}\n\n'
                "def __getattr__(name: str) -> Any:\n"
                "    if name not in _MODULES:\n"
                '        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")\n'
                "    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)\n"
                "    return value\n\n"
                "def __dir__() -> list[str]:\n"
                "    return sorted({*globals(), *__all__})\n",
            ),
        ),
    ),
    Change(
        "str_enum.py.jinja",
        "e4979a5e6b338351eda8bdac534017cfbeb51a809b494fd3c632db39414817fc",
        "calling an enum to look a value up took most of the time of reading a list; a table takes a tenth",
        (
            ("from enum import StrEnum\n", "from enum import StrEnum\nfrom typing import Any\n"),
            (
                "        return str(self.value)\n",
                "        return str(self.value)\n\n\n"
                "{{ enum.class_info.module_name | upper }}_BY_VALUE: dict[object, Any] = {\n"
                "    member.value: member for member in {{ enum.class_info.name }}\n}\n"
                '"""The member of each known value."""\n',
            ),
        ),
    ),
    Change(
        "property_templates/union_property.py.jinja",
        "03790f2710deaeb219c18e518ae183ad4a41eda1f78cf625d139edff7546cd26",
        "an open enum (a known value or any other string) is one look-up in that table, not a function with a try",
        (
            (
                "{% macro construct(property, source) %}\n",
                "{% macro construct(property, source) %}\n"
                "{% set known = property.inner_properties[0] %}\n"
                f"{{% if {_OPEN_ENUM.format('property')} %}}\n"
                "_{{ property.python_name }} = {{ source }}\n"
                "{{ property.python_name }} = "
                "{{ known.class_info.module_name | upper }}_BY_VALUE.get("
                "_{{ property.python_name }}, _{{ property.python_name }})\n"
                "{% else %}\n",
            ),
            (
                "= _parse_{{ property.python_name }}({{ source }})\n{% endmacro %}\n",
                "= _parse_{{ property.python_name }}({{ source }})\n{% endif %}\n{% endmacro %}\n",
            ),
        ),
    ),
    Change(
        "property_templates/list_property.py.jinja",
        "4390b5f673fdb10d1ae7f47fd2720a88dce53a4c64a6137549559566f9107a2c",
        "a list of models or of open enums is one expression: faster than a loop of appends, and no larger than needed",
        (
            (
                "{% if inner_template.construct %}\n{% set inner_source",
                "{% set known = inner_property.inner_properties[0] if inner_property.inner_properties %}\n"
                "{% set ns = namespace(mapped='') %}\n"
                "{% if inner_property.template == 'model_property.py.jinja' %}\n"
                "{% set ns.mapped = 'list(map(' + inner_property.class_info.name + '.from_dict, {}))' %}\n"
                f"{{% elif {_OPEN_ENUM.format('inner_property')} %}}\n"
                "{% set table = known.class_info.module_name | upper %}\n"
                "{% set ns.mapped = '[' + table + '_BY_VALUE.get(value, value) for value in {}]' %}\n"
                "{% endif %}\n"
                "{% if ns.mapped %}\n"
                "_{{ property.python_name }} = {{ source }}\n"
                "{% if property.required %}\n"
                "{{ property.python_name }} = {{ ns.mapped.format('_' + property.python_name) }}\n"
                "{% else %}\n"
                "{{ property.python_name }}: {{ property.get_type_string() | as_unembedded_code }} = UNSET\n"
                "if _{{ property.python_name }} is not UNSET:\n"
                "    {{ property.python_name }} = {{ ns.mapped.format('_' + property.python_name) }}\n"
                "{% endif %}\n"
                "{% elif inner_template.construct %}\n{% set inner_source",
            ),
            (
                "{{ property.python_name }} = "
                "cast({{ property.get_type_string(no_optional=True) | as_unembedded_code }}, {{ source }})\n",
                "{{ property.python_name }}: {{ property.get_type_string() | as_unembedded_code }} = {{ source }}\n",
            ),
        ),
    ),
    Change(
        "model.py.jinja",
        "fd1c79680d51c06cfbb89809ad123750ba9add98b688036c04cabbf1f8ba40a0",
        "every from_dict imported its models, copied its source and kept the copy: twice the time and memory of a list",
        (
            (
                "{% for lazy_import in model.lazy_imports | sort %}\n{% if loop.first %}\nif TYPE_CHECKING:\n"
                "{% endif %}\n  {{ lazy_import }}\n{% endfor %}\n",
                "{% macro open_enum_import(property) %}\n"
                "{% if property.template == 'list_property.py.jinja' %}\n"
                "{{ open_enum_import(property.inner_property) }}\n"
                "{% elif property.template == 'union_property.py.jinja' %}\n"
                "{% set known = property.inner_properties[0] %}\n"
                f"{{% if {_OPEN_ENUM.format('property')} %}}\n"
                "from ..models.{{ known.class_info.module_name }} import "
                "{{ known.class_info.module_name | upper }}_BY_VALUE\n"
                "{% endif %}\n{% endif %}\n{% endmacro %}\n"
                "{% for property in model.required_properties + model.optional_properties %}\n"
                "{{ open_enum_import(property) }}\n{% endfor %}\n"
                "{% if model.additional_properties and model.additional_properties.template %}\n"
                "{{ open_enum_import(model.additional_properties) }}\n{% endif %}\n",
            ),
            (
                "    def to_dict(self) -> dict[str, Any]:\n"
                "    {% for lazy_import in model.lazy_imports | sort %}\n"
                "        {{ lazy_import }} # noqa: PLC0415\n    {% endfor %}\n"
                "        {{ _to_dict() | indent(8) }}\n",
                "    def to_dict(self) -> dict[str, Any]:\n"
                "        return plain_fields(self, {% if model.additional_properties %}"
                "self._additional_properties or {}{% else %}{}{% endif %})\n",
            ),
            ("from ..types import UNSET, Unset\n", "from ..types import UNSET, Unset, plain_fields\n"),
            ("from typing import Any, TypeVar,", "from typing import Any, ClassVar, TypeVar,"),
            (
                "    {{ docstring(class_docstring_content(model)) | indent(4) }}\n",
                "    {{ docstring(class_docstring_content(model)) | indent(4) }}\n\n"
                "    FIELD_NAMES: ClassVar[Mapping[str, str]] = { "
                "{% for property in model.required_properties + model.optional_properties %}"
                '"{{ property.name | in_double_quote_literal }}": "{{ property.python_name }}", {% endfor %}}\n'
                '    """The attribute of each field."""\n',
            ),
            (
                "    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:\n"
                "    {% for lazy_import in model.lazy_imports | sort %}\n"
                "        {{ lazy_import }} # noqa: PLC0415\n    {% endfor %}\n",
                "    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:\n",
            ),
            ("        d = dict(src_dict)\n", ""),
            # The new object must not have the name of one of its own properties, which are local variables too.
            (
                "{% set module_name = model.class_info.module_name %}\n",
                "{% set fields = (model.required_properties + model.optional_properties)"
                " | map(attribute='python_name') | list %}\n"
                "{% set local = namespace(name=model.class_info.module_name) %}\n"
                "{% for _ in fields %}{% if local.name in fields %}{% set local.name = local.name + '_' %}{% endif %}"
                "{% endfor %}\n{% set made = local.name %}\n",
            ),
            (
                "        {{ module_name }}.additional_properties = additional_properties\n",
                "        {{ made }}.additional_properties = additional_properties\n",
            ),
            ("        return {{ module_name }}\n", "        return {{ made }}\n"),
            # A property may be called `types`; in the body of the class it hides the module.
            (
                "    def to_multipart(self) -> types.RequestFiles:\n",
                "    def to_multipart(self) -> RequestFiles:\n",
            ),
            ("        files: types.RequestFiles = []\n", "        files: RequestFiles = []\n"),
            ("from .. import types\n", "from .. import types\nfrom ..types import RequestFiles\n"),
            (
                "        {{ module_name }} = cls(\n"
                "{% for property in model.required_properties + model.optional_properties %}\n"
                "            {{ property.python_name }}={{ property.python_name }},\n"
                "{% endfor %}\n        )\n",
                "        {{ made }} = cls(\n"
                "{% for property in model.required_properties + model.optional_properties %}\n"
                "{% if property.default is none and property.required %}\n"
                "            {{ property.python_name }},\n{% endif %}\n{% endfor %}\n"
                "{% for property in model.required_properties + model.optional_properties %}\n"
                "{% if property.default is not none or not property.required %}\n"
                "            {{ property.python_name }},\n{% endif %}\n{% endfor %}\n        )\n",
            ),
            ("@_attrs_define\nclass", "@_attrs_define(weakref_slot=False)\nclass"),
            (
                "    additional_properties: dict[str, {{ additional_property_type }}] = "
                "_attrs_field(init=False, factory=dict)\n    {% endif %}\n",
                "    _additional_properties: dict[str, {{ additional_property_type }}] | None = "
                "_attrs_field(init=False, default=None, eq=lambda more: more or None, repr=False)\n\n"
                "    @property\n"
                "    def additional_properties(self) -> dict[str, {{ additional_property_type }}]:\n"
                "        if self._additional_properties is None:\n"
                "            self._additional_properties = {}\n"
                "        return self._additional_properties\n\n"
                "    @additional_properties.setter\n"
                "    def additional_properties(self, more: dict[str, {{ additional_property_type }}]) -> None:\n"
                "        self._additional_properties = more\n    {% endif %}\n",
            ),
            (
                """'d.pop("' + (property.name | in_double_quote_literal) + '")' %}""",
                """'src_dict["' + (property.name | in_double_quote_literal) + '"]' %}""",
            ),
            (
                """'d.pop("' + (property.name | in_double_quote_literal) + '", UNSET)' %}""",
                """'src_dict.get("' + (property.name | in_double_quote_literal) + '", UNSET)' %}""",
            ),
            (
                "{% if model.additional_properties.lazy_imports %}\n"
                "    {% for lazy_import in model.additional_properties.lazy_imports | sort %}\n"
                "        {{ lazy_import }} # noqa: PLC0415\n    {% endfor %}\n{% endif %}\n",
                "",
            ),
            (
                "        for prop_name, prop_dict in d.items():\n",
                "        for prop_name, prop_dict in src_dict.items():\n"
                "            if prop_name in cls.FIELD_NAMES:\n                continue\n",
            ),
            (
                "        {{ module_name }}.additional_properties = d\n",
                "        if len(src_dict) != {{ model.required_properties | length }}"
                "{% for property in model.optional_properties %}"
                " + ({{ property.python_name }} is not UNSET){% endfor %}:\n"
                "            {{ made }}.additional_properties = {\n"
                "                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES\n"
                "            }\n",
            ),
            (
                "    def __contains__(self, key: str) -> bool:\n"
                "        return key in self.additional_properties\n    {% endif %}\n",
                "    def __contains__(self, key: str) -> bool:\n"
                "        return key in self.additional_properties\n    {% endif %}\n\n"
                "{% for lazy_import in model.lazy_imports | sort %}\n{% if loop.first %}\n"
                "# Models may refer to each other in a circle, so these stand below the class.\n"
                "{% endif %}\n{{ lazy_import }}\n{% endfor %}\n",
            ),
        ),
    ),
    Change(
        "endpoint_module.py.jinja",
        "c1b2628053eb4875ba59566baa5ae907666f9cbfafa308d93f970a4404b7cd52",
        "with bodies of several media types the code named `Unset` without importing it (where unused, ruff drops it); "
        "an answer that may be anything was thrown away",
        (
            ("from ...types import Response, UNSET\n", "from ...types import Response, UNSET, Unset\n"),
            (
                '{% set parsed_responses = (endpoint.responses | length > 0) and return_string != PythonCode("Any") %}',
                "{% set parsed_responses = endpoint.responses | length > 0 %}",
            ),
        ),
    ),
)


def write(into: Path) -> None:
    """Write every changed template into a folder, which the generator uses as its custom templates."""
    source = files("openapi_python_client").joinpath("templates")
    for change in CHANGES:
        text = source.joinpath(change.template).read_text("utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest != change.sha256:
            raise PipelineError(
                f"template {change.template} is not the one that the change in scripts/pipeline/templates.py was "
                f"written for (sha256 {digest}); review it and update the hash"
            )
        for old, new in change.replacements:
            if text.count(old) != 1:
                raise PipelineError(
                    f"template {change.template}: {old!r} stands there {text.count(old)} times, not once"
                )
            text = text.replace(old, new)
        (into / change.template).parent.mkdir(parents=True, exist_ok=True)
        (into / change.template).write_text(text, "utf-8")
