"""The typed tree that the parser returns for a script."""

from __future__ import annotations

from decimal import Decimal

import pytest
from deluge_checks import table
from zoho_cliq_deluge import parse
from zoho_cliq_deluge.tree import (
    Assign,
    Binary,
    Block,
    Boolean,
    Branch,
    Break,
    Call,
    Continue,
    DateTime,
    DecimalNumber,
    Empty,
    Expression,
    ExpressionStatement,
    Field,
    ForEach,
    Foreign,
    ForeignExpression,
    Function,
    Group,
    If,
    Info,
    ListLiteral,
    MapLiteral,
    Name,
    Node,
    Null,
    Number,
    Pair,
    Parameter,
    Return,
    Script,
    Statement,
    SystemVariable,
    Task,
    TaskEntry,
    Text,
    Throw,
    Try,
    TypedList,
    Unary,
    walk,
)

A, B, C, X, Y = (Name(each) for each in "abcxy")


def expression(source: str) -> Expression:
    (statement,) = parse(f"x = {source};").items
    assert isinstance(statement, Assign)
    return statement.value


def statement(source: str) -> Statement | Function:
    (only,) = parse(source).items
    return only


@table(
    ("source", "expected"),
    [
        ('"abc"', Text("abc")),
        (r'"a\"b\n\\c\r\t"', Text('a"b\n\\c\r\t')),
        (r'"\d+\w"', Text(r"\d+\w")),
        ("'row'", Text("row")),
        ('"it\'s"', Text("it's")),
        ("'15-Aug-1947'", DateTime("15-Aug-1947")),
        ("'15-Aug-1947 19:00:00'", DateTime("15-Aug-1947 19:00:00")),
        ("'2024-01-31'", DateTime("2024-01-31")),
        ("'31/12/2024'", DateTime("31/12/2024")),
        ("'Jan 31, 2024'", DateTime("Jan 31, 2024")),
        ("'19:00:00'", DateTime("19:00:00")),
        ("'1-2'", Text("1-2")),
        ("5", Number(5)),
        ("-41", Number(-41)),
        ("- 41", Number(-41)),
        ("12345678901234567890", Number(12345678901234567890)),
        ("4.50", DecimalNumber(Decimal("4.50"))),
        (".45", DecimalNumber(Decimal("0.45"))),
        ("123.", DecimalNumber(Decimal(123))),
        ("-0.5", DecimalNumber(Decimal("-0.5"))),
        ("true", Boolean(True)),
        ("FALSE", Boolean(False)),
        ("null", Null()),
        ("a", A),
        ("zoho.currentdate", SystemVariable("zoho.currentdate")),
        ("zoho.device.type", SystemVariable("zoho.device.type")),
        ("zoho.currentdate.addDay(1)", Call(SystemVariable("zoho.currentdate"), "addDay", (Number(1),))),
        ("zoho.cliq.getRecords(a)", Call(None, "zoho.cliq.getRecords", (A,))),
        ("zoho.cliq.getRecords(a).get(b)", Call(Call(None, "zoho.cliq.getRecords", (A,)), "get", (B,))),
        ("a.b", Field(A, "b")),
        ("a.if", Field(A, "if")),
        ("a.get(b)", Call(A, "get", (B,))),
        ("info.get(b)", Call(Name("info"), "get", (B,))),
        ("f()", Call(None, "f", ())),
        ("if(a,b,c)", Call(None, "if", (A, B, C))),
        ("ifnull(a,b)", Call(None, "ifnull", (A, B))),
        ('Collection("k":a)', Call(None, "Collection", (Pair(Text("k"), A),))),
        ("List:String()", TypedList("List", "String", ())),
        ("{}", Empty()),
        ("{a,{b}}", ListLiteral((A, ListLiteral((B,))))),
        ("[a,b]", ListLiteral((A, B), square=True)),
        ("[]", ListLiteral((), square=True)),
        ('{"k":a,b:{}}', MapLiteral((Pair(Text("k"), A), Pair(B, Empty())))),
        ("{a,List:String(b,c)}", ListLiteral((A, TypedList("List", "String", (B, C))))),
        ("{List:Int(),list:Map()}", ListLiteral((TypedList("List", "Int", ()), TypedList("list", "Map", ())))),
        (
            "{{List:Map()},{a:b}}",
            ListLiteral((ListLiteral((TypedList("List", "Map", ()),)), MapLiteral((Pair(A, B),)))),
        ),
        ("{List:Int(), a:b}", MapLiteral((Pair(Name("List"), Call(None, "Int", ())), Pair(A, B)))),
        ("{a:List:Int(b)}", MapLiteral((Pair(A, TypedList("List", "Int", (B,))),))),
        (
            'Collection("k":a,List:List(b,c))',
            Call(
                None,
                "Collection",
                (
                    Pair(Text("k"), A),
                    Pair(Name("List"), Call(None, "List", (B, C))),
                ),
            ),
        ),
        ("(a)", Group(A)),
        ("!a", Unary("!", A)),
        ("-a.b()", Unary("-", Call(A, "b", ()))),
        (
            "1.4+3.6.round(0)",
            Binary(DecimalNumber(Decimal("1.4")), "+", Call(DecimalNumber(Decimal("3.6")), "round", (Number(0),))),
        ),
        ("--5", Unary("-", Number(-5))),
        ("a--5", Binary(A, "-", Number(-5))),
        ("a - -5", Binary(A, "-", Number(-5))),
        ("a -5", Binary(A, "-", Number(5))),
        ("a + b * c", Binary(A, "+", Binary(B, "*", C))),
        ("a - b - c", Binary(Binary(A, "-", B), "-", C)),
        ("a || b && c", Binary(A, "||", Binary(B, "&&", C))),
        ("a && b || c", Binary(Binary(A, "&&", B), "||", C)),
        ("a < b == c", Binary(Binary(A, "<", B), "==", C)),
        ("a == b && c != x", Binary(Binary(A, "==", B), "&&", Binary(C, "!=", X))),
        ("a % b / c", Binary(Binary(A, "%", B), "/", C)),
        ("Form[a == b]", ForeignExpression("fetch records", (Name("Form"), Binary(A, "==", B)))),
        ("Form[a == b].c", Field(ForeignExpression("fetch records", (Name("Form"), Binary(A, "==", B))), "c")),
        (
            "Form[a == b] sort by c desc",
            ForeignExpression("fetch records", (Name("Form"), Binary(A, "==", B)), ("sort by c desc",)),
        ),
    ],
)
def test_expression(source: str, expected: Expression) -> None:
    assert expression(source) == expected


DO = Block((Info(X),))


@table(
    ("source", "expected"),
    [
        ("x = a;", Assign(X, "=", A)),
        ("x += a;", Assign(X, "+=", A)),
        ("x.y = a;", Assign(Field(X, "y"), "=", A)),
        ("string x = a;", Assign(X, "=", A, "string")),
        ("a.b();", ExpressionStatement(Call(A, "b", ()))),
        ("info x;", Info(X)),
        ("info {a};", Info(ListLiteral((A,)))),
        ("info = x;", Assign(Name("info"), "=", X)),
        ("return;", Return()),
        ("return x;", Return(X)),
        ("return {};", Return(Empty())),
        ("break;", Break()),
        ("continue;", Continue()),
        ("throw x;", Throw(X)),
        ("if(a){info x;}", If((Branch(A, DO),))),
        ("if((a) && b){info x;}", If((Branch(Binary(Group(A), "&&", B), DO),))),
        ("if(a){info x;}else if(b){info x;}else{info x;}", If((Branch(A, DO), Branch(B, DO)), DO)),
        ("for each x in a{info x;}", ForEach(X, A, DO)),
        ("for each index x in a{info x;}", ForEach(X, A, DO, index=True)),
        ("for each index in a{info x;}", ForEach(Name("index"), A, DO)),
        ("for each x in {a,b}{info x;}", ForEach(X, ListLiteral((A, B)), DO)),
        ('for each x in "a,b"{info x;}', ForEach(X, Text("a,b"), DO)),
        ("try{info x;}catch(a){info x;}", Try(DO, A, DO)),
        (
            "x = invokeurl[url :a type :POST];",
            Task(X, "invokeurl", (TaskEntry("url", A), TaskEntry("type", Name("POST")))),
        ),
        ("x = invokeurl[url :\na\ntype:b];", Task(X, "invokeurl", (TaskEntry("url", A), TaskEntry("type", B)))),
        (
            "sendmail[Attachments :\nfile:x];",
            Task(None, "sendmail", (TaskEntry("Attachments", Pair(Name("file"), X)),)),
        ),
        ("invokeurl[url :a];", Task(None, "invokeurl", (TaskEntry("url", A),))),
        (
            "sendmail[from :a reply to:b content type:c Attachments :file:x]",
            Task(
                None,
                "sendmail",
                (
                    TaskEntry("from", A),
                    TaskEntry("reply to", B),
                    TaskEntry("content type", C),
                    TaskEntry("Attachments", Pair(Name("file"), X)),
                ),
            ),
        ),
        (
            'x = invokeurl[url :a body:{"k":b} response-format:FILE content-type:"c"];',
            Task(
                X,
                "invokeurl",
                (
                    TaskEntry("url", A),
                    TaskEntry("body", MapLiteral((Pair(Text("k"), B),))),
                    TaskEntry("response-format", Name("FILE")),
                    TaskEntry("content-type", Text("c")),
                ),
            ),
        ),
        ("void f(){info x;}", Function("void", "f", (), DO)),
        (
            "string standalone.f(String a,Int b){info x;}",
            Function("string", "standalone.f", (Parameter("String", "a"), Parameter("Int", "b")), DO),
        ),
        ("f(a,b){info x;}", Function(None, "f", (Parameter(None, "a"), Parameter(None, "b")), DO)),
        (
            "delete from Form[a == b];",
            Foreign("delete from", (ForeignExpression("fetch records", (Name("Form"), Binary(A, "==", B))),)),
        ),
        ("alert x;", Foreign("alert", (X,))),
        ("cancel submit;", Foreign("cancel submit", ())),
        (
            "insert into Form[a=b]",
            Foreign("insert into", (ForeignExpression("insert into", (Name("Form"), TaskEntry("a", B))),)),
        ),
        (
            "x = insert into Form[a=b];",
            Assign(X, "=", ForeignExpression("insert into", (Name("Form"), TaskEntry("a", B)))),
        ),
    ],
)
def test_statement(source: str, expected: Statement) -> None:
    assert statement(source) == expected


def test_an_empty_script() -> None:
    assert parse("") == Script(())
    assert parse(" \n\t\n") == Script(())


def test_comments_are_kept_with_their_places() -> None:
    script = parse('// one\nx = 1; // two\n/* three\n   lines */ y = "// none"; /* four */')
    assert [each.text for each in script.comments] == ["// one", "// two", "/* three\n   lines */", "/* four */"]
    assert [(each.line, each.column) for each in script.comments] == [(1, 1), (2, 8), (3, 1), (4, 28)]
    assert len(script.items) == 2
    assert (script.items[1].line, script.items[1].column) == (4, 13)


def test_every_node_says_where_it_stands() -> None:
    text = 'x = 1;\nif(x == 1 && !y)\n{\n\tm.put("k",{"a":1,"b":{2,3}});\n}\nr = invokeurl\n[\n\turl :"u" + x\n];'
    spelled = {type(each).__name__: text[each.span.offset : each.span.end_offset] for each in walk(parse(text))}
    assert spelled["Binary"] == '"u" + x'
    assert spelled["Unary"] == "!y"
    assert spelled["Call"] == 'm.put("k",{"a":1,"b":{2,3}})'
    assert spelled["ListLiteral"] == "{2,3}"
    assert spelled["Branch"] == text[text.index("if(") : text.index("\nr =")]
    assert spelled["Task"] == text[text.index("r =") :]
    assert spelled["TaskEntry"] == 'url :"u" + x'
    for node in walk(parse(text)):
        lines = text[: node.span.offset].split("\n")
        assert (node.line, node.column) == (len(lines), len(lines[-1]) + 1), node
        lines = text[: node.span.end_offset].split("\n")
        assert (node.span.end_line, node.span.end_column) == (len(lines), len(lines[-1]) + 1), node


def test_calls_and_operators_know_the_place_of_their_name() -> None:
    text = "x = a.get(b) + c;"
    nodes = list(walk(parse(text)))
    call = next(each for each in nodes if isinstance(each, Call))
    binary = next(each for each in nodes if isinstance(each, Binary))
    assert text[call.name_span.offset : call.name_span.end_offset] == "get"
    assert text[binary.operator_span.offset : binary.operator_span.end_offset] == "+"


def test_literals_keep_their_spelling() -> None:
    nodes = {type(each): each for each in walk(parse("x = f(1.50,'a','1',TRUE,007);"))}
    sources = [getattr(node, "source", None) for node in nodes.values()]
    assert {"1.50", "'1'", "TRUE", "007"} <= set(sources)


def test_layout_takes_no_part_in_equality() -> None:
    assert parse("x=1;if(a){info x;}") == parse("x = 1;\n// why\nif ( a )\n{\n\tinfo x ;\n}\n")
    assert parse("x = 1;") != parse("x = 1.0;")
    assert parse("x = 1;") != parse("x = true;")
    assert parse("x = (1);") != parse("x = 1;")


def test_long_chains_are_compared_and_walked() -> None:
    chain, other = (parse(f"x = a{' + a' * 998} + {last};") for last in "bc")
    assert chain == parse(f"x = a{' + a' * 998} + b;")
    assert hash(chain) == hash(parse(f"x = a{' + a' * 998} + b;"))
    assert chain != other
    assert sum(isinstance(each, Binary) for each in walk(chain)) == 999


def test_walk_goes_through_all_in_the_order_of_the_text() -> None:
    names = [each.name for each in walk(parse("a = b + c;\nfor each d in e\n{\n\tf(g);\n}")) if isinstance(each, Name)]
    assert names == ["a", "b", "c", "d", "e", "g"]


def test_deep_scripts_within_the_bound_are_read() -> None:
    assert isinstance(expression("(" * 90 + "a" + ")" * 90), Group)
    parse("if(a)\n{\n" * 90 + "}\n" * 90)
    parse("if(a)\n{\n}\n" + "else if(b)\n{\n}\n" * 2000)


def test_nodes_cannot_be_changed() -> None:
    node: Node = statement("info x;")
    with pytest.raises(AttributeError):
        node.value = Y  # type: ignore[attr-defined]


WORDS_OF_THE_LANGUAGE = (
    "bool collection date else false float for each from if ifnull in int is list List map Map null permissions portal "
    "reload return string String thisapp true void zoho info try catch throw break continue not and or while let new "
    "function delete insert input alert invokeurl sendmail"
).split()
VALUES_OF_A_KEY = ["1", "f(a,b)", "List(a,b)", "Map()", "String(a)", "{a,b}", "{a:b}", "if(a,b,c)"]


@table("word", WORDS_OF_THE_LANGUAGE)
def test_words_of_the_language_are_keys(word: str) -> None:
    for value in VALUES_OF_A_KEY:
        for place, around in [(0, "{%s,a:b}"), (1, '{"t":1,%s}'), (1, "{a:b,\n%s,b:c}"), (1, "Collection(a:b,%s)")]:
            made = expression(around % f"{word}:{value}")
            pairs = made.entries if isinstance(made, MapLiteral) else made.arguments if isinstance(made, Call) else ()
            pair = pairs[place]
            assert isinstance(pair, Pair), (around, value)
            assert pair.value == expression(value)
