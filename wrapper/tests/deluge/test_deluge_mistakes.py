"""Rare mistakes: each is reported at its place."""

from __future__ import annotations

import pytest
from deluge_checks import table
from zoho_cliq_deluge import DelugeSyntaxError, parse, tree
from zoho_cliq_deluge._syntax.parser import _NoLexer, read
from zoho_cliq_deluge._syntax.problems import Problems


def places(script: str) -> list[str]:
    with pytest.raises(DelugeSyntaxError) as caught:
        parse(script)
    return [f"{each.line}:{each.column} {each.code}" for each in caught.value.errors]


@table(
    ("script", "expected"),
    [
        ("if(a) { info 1; ] }", ["1:17 stray-bracket"]),
        ("if(x) { if(a }", ["1:11 unclosed-bracket"]),
        ("if(x) { y = f(a }", ["1:14 unclosed-bracket"]),
        ('x = {"a":"b', ["1:10 unclosed-text"]),
        ("foreach(", ["1:1 foreach", "1:8 unclosed-bracket"]),
        ('r = invokeurl\n[\n\turl :"x"\n\ttype', ["2:1 unclosed-bracket", "4:2 missing-colon"]),
        ("x = f(a\ny -= 2;", ["1:6 unclosed-bracket", "1:8 missing-semicolon"]),
        ("x = f(“a)", ["1:7 curly-quotes"]),
        ("‘a)", ["1:1 curly-quotes"]),
        ("x = zoho[1];", ["1:9 index"]),
        ("if(a) then\n\tinfo 1;", ["1:7 then"]),
        ('x = "a"b;', ["1:8 missing-operator"]),
        ('x = "a"5;', ["1:8 missing-operator"]),
        ('x = "a""b";', ["1:8 missing-operator"]),
        ('x = "a"b; y = "c";', ["1:8 missing-operator"]),
        ('x = "a"b;\ny = "c";', ["1:8 missing-operator"]),
        ('x = "a"b "c";', ["1:8 quote-in-text"]),
        ('x = f("a"b);', ["1:10 missing-comma"]),
        ('x = "say "yes" or "no" now";', ["1:11 quote-in-text"]),
        ("x = f(function(a));", ["1:7 function-value"]),
        ("switch(a)\ninfo 1;", ["1:1 switch"]),
        ("import a", ["1:1 import"]),
        ("class A", ["1:1 class"]),
        ('string def f()\n{\n\treturn "a";\n}', ["1:8 foreign-word"]),
        ("x = f(a = 1);", ["1:9 assignment-in-brackets"]),
        ("x = f()[a = 1];", ["1:8 index", "1:11 assignment-in-condition"]),
        ("if(a): { info 1; }", ["1:6 colon-before-block"]),
        ("if(a)\nand\tinfo 1;", ["2:1 word-operator", "2:10 missing-operator", "2:11 unexpected"]),
        ("`", ["1:1 backticks"]),
        ("if", ["1:3 unfinished"]),
        ('x  "a" +\n"b"\ny = 2;', ["1:1 unknown-statement"]),
        ("@Foo\ninfo 1;", ["1:1 annotation"]),
        ("é = 1;", ["1:1 bad-name"]),
        ("aé = 1;", ["1:2 bad-name"]),
        ("x = 1 ^^ 2;", ["1:7 bad-character"]),
        ("x = {List:String(", ["1:5 unclosed-bracket", "1:17 unclosed-bracket"]),
        ("x = invokeurl\n[\n\turl a b c d e f : 1\n];", ["3:2 missing-colon"]),
        ("x = F[a == 1] sort by c\ny = 2;", ["1:24 missing-semicolon"]),
        (
            "x = invokeurl\n[\n\turl: f(" + ",".join("a" * 50) + ")\n\ty = 2;",
            ["2:1 unclosed-bracket", "4:4 equals-in-task"],
        ),
        ("<", ["1:1 missing-value"]),
        ("if(a)\nimport x;\n{\n\tinfo 1;\n}", ["2:1 import"]),
        ('x = "a"5 "b";', ["1:8 quote-in-text"]),
        ("for Each x in y\n{\n\tinfo x;\n}", ["1:5 keyword-case"]),
        ('x = invokeurl\n[\n\turl :"a"\n\ttype =GET', ["2:1 unclosed-bracket", "4:11 missing-semicolon"]),
        ("return {1,2;}", ["1:12 semicolon-in-braces"]),
        ("x = f({1,2;});", ["1:11 semicolon-in-braces"]),
        ('info "x"; y = "5" tall"; info 1;', ["1:19 quote-in-text"]),
        ('return"a" + "b;', ["1:13 unclosed-text"]),
        ('x = f"a' + ";", ["1:5 text-prefix", "1:6 unclosed-text"]),
        ("x =“a” + 5" + '"' + ";", ["1:4 curly-quotes", "1:10 missing-quote"]),
        ("if(a)\n{ {\n\tinfo 1;\n}\nelse\n{\n\tinfo 2;\n}", ["2:3 doubled-word"]),
        ('x = a "b");' + " " * 4000 + "info 1;", ["1:7 missing-operator", "1:10 stray-bracket"]),
        (
            ' = a {"b":1c}, "d":2};',
            [
                "1:2 missing-value",
                "1:5 missing-semicolon",
                "1:10 unexpected",
                "1:11 bad-number",
                "1:14 stray-comma",
                "1:21 stray-bracket",
                "1:23 unfinished",
            ],
        ),
    ],
)
def test_a_mistake_is_reported_where_it_is(script: str, expected: list[str]) -> None:
    assert places(script) == expected


def test_a_loop_header_of_another_language_is_looked_for_in_some_words_only() -> None:
    assert places("for(" + "a " * 300)[0] == "1:1 for-without-each"


@table(
    "script",
    ["not(a);", "nil.x();", "x = map < 5;", "foreach.x = 1;", "x = F[a in c];", "x = F[a is c];", "x = F[(a == 1)];"],
)
def test_words_of_other_languages_are_names_where_they_can_be_no_mistake(script: str) -> None:
    (statement,) = parse(script).items
    assert isinstance(statement, tree.Assign | tree.ExpressionStatement)


def test_a_task_whose_result_a_declared_variable_keeps() -> None:
    (task,) = parse('string x = invokeurl [ url: "a" ];').items
    assert isinstance(task, tree.Task)
    assert (task.name, task.target) == ("invokeurl", tree.Name("x"))


def test_problems_and_trees_are_values() -> None:
    problems = Problems("x")
    problems.add("a", "b", "c", 0, 1)
    assert (len(problems), bool(problems)) == (1, True)
    assert tree.Name("x") != "x"
    assert parse("x = {1,2};") != parse("x = {1};")
    assert parse("x = {1,2};") == parse("x   = {1,2};")


def test_lark_lexes_nothing_itself() -> None:
    assert list(_NoLexer(None).lex(None, None)) == []


SCRIPT = """\
names = Map();
for each  item in message.get("items")
{
	if(item.get("price") > 5 && !item.isEmpty())
	{
		names.put(item.get("name"),{"price":item.get("price"),"tags":{"a","b"}});
	}
	else if(item == null)
	{
		continue;
	}
	else
	{
		info "none: " + item;
	}
}
try
{
	answer = invokeurl
	[
		url :"https://example.com"
		type :GET
		headers:{"Accept":"text/plain"}
	];
}
catch (e)
{
	return {"text":e.message};
}
return names;
"""


def test_a_word_that_is_missing_or_doubled_is_one_mistake() -> None:
    tokens = [each for each in read(SCRIPT)[1] if each.start_pos != each.end_pos]
    several = []
    for token in tokens:
        before, word, behind = (
            SCRIPT[: token.start_pos],
            SCRIPT[token.start_pos : token.end_pos],
            SCRIPT[token.end_pos :],
        )
        for changed in ("", f"{word} {word}"):
            try:
                parse(before + changed + behind)
            except DelugeSyntaxError as error:
                if len(error.errors) > 1:
                    several.append((token.line, changed))
    # `}` within a task, and `(e)` without `catch`, which may be a condition without `if`.
    assert several == [(23, "} }"), (26, "")]
