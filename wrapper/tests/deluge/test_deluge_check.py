"""The checker: for every rule, scripts that break it, with the exact message, and similar scripts that do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from deluge_checks import table
from zoho_cliq_api import contract
from zoho_cliq_deluge import HANDLERS, RULES, DelugeLimitError, Rule, check, explain, run
from zoho_cliq_deluge._checker import answers as answers_module
from zoho_cliq_deluge._checker.calls import CLIQ_TASKS, FOREIGN_NAMES
from zoho_cliq_deluge._functions.library import CONSTRUCTORS, FUNCTIONS

TABLE = Path(__file__).with_name("checked_scripts.txt")


def cases() -> list[tuple[str, list[str]]]:
    found = []
    for case in TABLE.read_text("utf-8").removesuffix("---\n").split("\n---\n")[1:]:
        lines = case.rstrip("\n").split("\n")
        expected = [line.removeprefix("! ") for line in lines if line.startswith("! ")]
        found.append(("\n".join(lines[: len(lines) - len(expected)]), expected))
    return found


def lines(script: str) -> list[str]:
    return [f"{each.line}:{each.column} {each.severity} {each.rule}: {each.message}" for each in check(script)]


def test_the_table_breaks_every_rule() -> None:
    broken = {line.split(" ")[2].rstrip(":") for _, expected in cases() for line in expected}
    assert broken == set(RULES) - {"too-large"}
    assert sum(not expected for _, expected in cases()) >= 50


@table(("script", "expected"), cases())
def test_script(script: str, expected: list[str]) -> None:
    assert lines(script) == expected


@table("rule", [rule for rule in RULES.values() if rule.wrong])
def test_the_examples_of_a_rule_break_it_alone_and_not_at_all(rule: Rule) -> None:
    assert [(each.rule, each.severity) for each in check(rule.wrong)] == [(rule.name, rule.severity)]
    assert check(rule.right) == []


def test_a_finding_shows_its_line() -> None:
    (finding,) = check('return {"text":usr};')
    assert str(finding) == (
        "line 1, column 16: error: `usr` is not defined; did you mean `user`? [undefined-variable]\n"
        '    return {"text":usr};\n'
        "                   ^^^"
    )
    assert finding.to_dict() == {
        "rule": "undefined-variable",
        "severity": "error",
        "message": "`usr` is not defined; did you mean `user`?",
        "line": 1,
        "column": 16,
        "end_line": 1,
        "end_column": 19,
        "source": 'return {"text":usr};',
    }


def test_the_size_is_that_of_the_utf_8() -> None:
    script = "return Map();//"
    full = script + "é" * ((256_000 - len(script)) // 2)
    assert len(full.encode()) in (255_999, 256_000)
    assert check(full) == []
    assert [(each.rule, each.line) for each in check(full + "éé")] == [("too-large", 1)]


def test_no_finding_shows_a_secret() -> None:
    script = 'token = "9f8e7d6c5b4a39281706"; info usr;\ninfo "sk-abc123def456ghi789jkl0"'
    found = check(script)
    assert {each.rule for each in found} == {"secret", "syntax-error"}
    shown = "".join(f"{each}{each!r}{each.to_dict()}" for each in found)
    assert "9f8e" not in shown
    assert "abc123" not in shown
    assert any(each.source == f'token = "{"*" * 20}"; info usr;' for each in found)


def test_rules_are_switched_off_in_the_call() -> None:
    script = "unused = 1;\ninfo usr;"
    assert [each.rule for each in check(script)] == ["unused-variable", "no-return", "undefined-variable"]
    assert check(script, disable=["unused-variable", "undefined-variable", "no-return"]) == []
    with pytest.raises(ValueError, match="there is no rule 'nonsense'; there are syntax-error, "):
        check(script, disable=["nonsense"])
    with pytest.raises(ValueError, match="syntax-error cannot be switched off"):
        check(script, disable=["syntax-error"])


def test_the_kind_of_handler_decides_what_is_there_and_whether_it_answers() -> None:
    def rules(script: str, handler: str) -> list[tuple[str, str]]:
        return [(each.rule, each.severity) for each in check(script, handler=handler)]

    assert rules("info form;\nreturn Map();", "form") == []
    assert rules("info form;\nreturn Map();", "message-action") == [("undefined-variable", "error")]
    assert rules("info message;\nreturn Map();", "scheduler") == [("undefined-variable", "error")]
    posts = 'zoho.cliq.postToChannel("general","Good morning");'
    assert rules(posts, "scheduler") == []
    assert rules(posts, "message-action") == [("no-return", "error")]
    assert rules("return 5;", "command") == []  # a command may return other values
    for kind, handler in HANDLERS.items():
        assert rules("".join(f"info {name};\n" for name in handler.variables) + "return Map();", kind) == []
    with pytest.raises(ValueError, match="there is no handler of the kind 'robot'; known are message-action, bot"):
        check("", handler="robot")


def test_a_schema_of_answers_is_not_applied_to_what_is_another_kind_of_handler() -> None:
    script = 'info form;\nreturn {"type":"form_modification"};'
    assert [each.rule for each in check(script)] == ["other-handler"]
    assert [each.rule for each in check(script.replace("form;", "message;"))] == ["bad-answer"]


def test_names_can_be_given() -> None:
    assert check("info leadId;\nreturn Map();", variables=["leadId"]) == []


def test_explanations_say_how_to_mend_it() -> None:
    for rule in RULES.values():
        text = explain(rule.name)
        assert text.startswith(f"{rule.name} ({rule.severity}): {rule.summary}\n\n{rule.explanation}")
        assert ("Wrong:\n\n    " in text) == bool(rule.wrong)
    with pytest.raises(ValueError, match="there is no rule 'nonsense'"):
        explain("nonsense")


def test_a_finding_stands_where_the_text_has_carriage_returns_and_a_byte_order_mark() -> None:
    (finding,) = check('\ufeffinfo 1;\r\nreturn {"text":usr};\r\n')
    assert (finding.line, finding.column, finding.source) == (2, 16, 'return {"text":usr};')


@table(("rounds", "allowed"), [(4997, True), (4998, False)])
def test_statements_are_counted_as_they_are_run(rounds: int, allowed: bool) -> None:
    script = f'for each  i in "".leftpad({rounds}).toList("")\n{{\n\tinfo i;\n}}\nreturn Map();'
    assert (check(script) == []) is allowed
    if allowed:
        assert run(script).statements == 5000
    else:
        with pytest.raises(DelugeLimitError):
            run(script)


def test_tasks_of_cliq_are_those_that_the_interpreter_knows() -> None:
    for name, (least, _) in CLIQ_TASKS.items():
        if name == "getVariable":
            continue  # occurs in scripts that Zoho accepted, but is not documented
        arguments = ['"a"'] * least
        if name.lower() in ("createrecord", "updaterecord", "extension.setproperties"):
            arguments[-1] = '{"a":"b"}'
        script = f"try\n{{\n\tzoho.cliq.{name}({','.join(arguments)});\n}}\ncatch (e)\n{{\n\tinfo e;\n}}"
        assert "has no stub" not in "".join(run(script).log), name


def test_names_of_other_languages_are_none_of_deluge() -> None:
    assert not set(FOREIGN_NAMES) & (set(FUNCTIONS) | set(CONSTRUCTORS))


def test_answers_are_those_of_the_composed_document() -> None:
    document = contract.document()["components"]["schemas"]
    answers = json.loads((Path(answers_module.__file__).parent / "answers.json").read_text("utf-8"))
    assert set(answers) - {"Answer"} <= set(document)
    assert answers["BannerStatus"]["enum"] == document["BannerStatus"]["enum"]
    used = {key for schema in answers.values() for key in keywords(schema)}
    assert used <= {
        *("type", "enum", "const", "minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems"),
        *("items", "required", "properties", "additionalProperties", "allOf", "anyOf", "if", "then", "$ref"),
    }


def keywords(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {key for part in schema for key in keywords(part)}
    if not isinstance(schema, dict):
        return set()
    inner = {key: part for key, part in schema.items() if key != "properties"}
    below = [*inner.values(), *schema.get("properties", {}).values()]
    return set(schema) | {key for part in below for key in keywords(part)}


@table(
    "script",
    [
        'x = "' + "a-" * 50_000 + '";',
        'x = "' + "token" * 20_000 + '";',
        "// " + "eyJabcdefgh-" * 9_000,
        "x = " + " + ".join(["y"] * 1000) + ";",
        "x" + '.get("a")' * 900 + ".trim();",
        "if(true)\n{\n" * 99 + "x = 1;\n" + "}\n" * 99,
        "x = " + "(" * 99 + "1" + ")" * 99 + ";",
        "x = 1;\n" * 600,
        'm.get("a").trim();\nif(m.get("b") == null)\n{\n\tm = n;\n}\n' * 100,
        "x = x.leftpad(n);\nn = n + 1;\nfor each  i in x.toList(n)\n{\n\tinfo i;\n}",
        "x = y;\ny = x;\nreturn x;",
        'x = Map();\nx.put("a",x);\nreturn x;',
        "\ud800 \x00 \u2028",
    ],
)
def test_hostile_scripts_are_checked(script: str) -> None:
    for finding in check(script):
        assert str(finding)


@table(
    ("script", "expected"),
    [
        ('return {message.get("key"):"a"};', []),
        ('return {"text":"a","slides":message};', []),
        (
            f'return {{"text":"a","slides":{"[" * 60}{"]" * 60}}};',
            ["1:8 warning bad-answer: `slides[0]` of the answer must be a map, not a list"],
        ),
        ('answer = Map();\nanswer.put(message.get("key"),"a");\nreturn answer;', []),
        ('return {"text":"a","buttons":[{message.get("key"):"a"}]};', []),
        ('answer = {"txt":"a"};\nreturn answer;', ["2:8 warning bad-answer: the answer must have `text`"]),
        (
            'm.kept = invokeurl [ url: "https://example.com" ];\nreturn Map();',
            ["1:1 error undefined-variable: `m` is not defined; assign to it before this line"],
        ),
    ],
)
def test_what_is_certain_of_an_answer_and_a_task(script: str, expected: list[str]) -> None:
    assert lines(script) == expected


@table(
    ("elements", "counted"),
    [
        ('"".leftpad(4000).toList("")', True),
        ('"".left(4000).toList("")', False),
        ("a3", True),
        ("a9", False),
    ],
)
def test_statements_are_counted_where_it_is_certain_how_many_elements_there_are(elements: str, counted: bool) -> None:
    names = "".join(f"a{number + 1} = a{number};\n" for number in range(9))
    script = f'a0 = "{"x," * 3000}";\n{names}for each i in {elements}\n{{\ninfo 1;\ninfo 2;\n}}\nreturn Map();'
    assert ("too-many-statements" in [each.rule for each in check(script)]) is counted
