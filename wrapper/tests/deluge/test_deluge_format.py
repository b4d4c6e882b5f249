"""The layout of the vendor's editor."""

from __future__ import annotations

import pytest
from deluge_checks import table
from zoho_cliq_deluge import DelugeSyntaxError, format, parse  # noqa: A004

LAID_OUT = """// Answers with the weather.
city = message.get("text");
if(city == null || city.trim() == "")
{
	return {"text":"Which city?"};
}
headers = Map();
headers.put("Accept","application/json");
response = invokeurl
[
	url :"https://example.com/weather?city=" + encodeUrl(city)
	type :GET
	headers:headers
	connection:"weather"
];
// 	info response;
total = 0;
for each  day in response.get("days")
{
	total = total + (day.get("high") - -5) * 2;
	if(!day.containsKey("low"))
	{
		continue;
	}
	else if(day.get("low") < -10)
	{
		info "cold";
	}
	else
	{
		row = {"text":"Low","items":{1,2,{}},"more":[true,null]};
	}
}
try¶
{
	zoho.cliq.postToChat(chat.get("id"),{"text":"Total " + total});
}
catch (e)
{
	info e.message;
}
sendmail
[
	from :zoho.adminuserid
	to :"someone@example.com"
	subject :"Weather"
	message :"Total " + total
]
/*
   kept as it is
*/
return;
""".replace("¶", " ")  # the editor writes a space after `try`


def test_what_is_laid_out_stays() -> None:
    assert format(LAID_OUT) == LAID_OUT
    assert format(LAID_OUT.rstrip("\n")) == LAID_OUT.rstrip("\n")


@table(
    ("source", "expected"),
    [
        ("x=1;", "x = 1;"),
        ("x  =  a+b *-c ;", "x = a + b * -c;"),
        ("x = - 5;", "x = -5;"),
        ("x = a - -5;", "x = a - -5;"),
        ("x = - -5;", "x = - -5;"),
        ("x = -(-a);", "x = -(-a);"),
        ("x = --5;", "x = - -5;"),
        ("x = a--5;", "x = a - -5;"),
        ("x = a--b;", "x = a - -b;"),
        ("x = ++a;", "x = + +a;"),
        ("x = 123. .round(1);", "x = 123. .round(1);"),
        ("x = 5 .round(1);", "x = 5.round(1);"),
        ("x += 1;", "x += 1;"),
        ("record.Field = 1;", "record.Field=1;"),
        ("x = f( a , b );", "x = f(a,b);"),
        ("x = a . b ( ) ;", "x = a.b();"),
        ('x = { "a" : 1 , "b" : { 2 , 3 } };', 'x = {"a":1,"b":{2,3}};'),
        ("x = [ 1, 2 ];", "x = [1,2];"),
        ("x = {\n\t1,\n\t2\n};", "x = {1,2};"),
        ('x = "it\'s \\"5\\" , 6";', 'x = "it\'s \\"5\\" , 6";'),
        ("x = 1;y = 2;", "x = 1;\ny = 2;"),
        ("x = 1;\n\n\n\ny = 2;", "x = 1;\ny = 2;"),
        ("\n\nx = 1;", "\nx = 1;"),
        ("return ;", "return;"),
        ("return(x);", "return (x);"),
        ("info x ;", "info x;"),
        (
            "if (a) {info x;} else if (b) {info y;} else {info z;}",
            "if(a)\n{\n\tinfo x;\n}\nelse if(b)\n{\n\tinfo y;\n}\nelse\n{\n\tinfo z;\n}",
        ),
        ("for  each x  in y {info x;}", "for each  x in y\n{\n\tinfo x;\n}"),
        ("for each index i in y {}", "for each index i in y\n{\n}"),
        ("try{x = 1;}catch(e){info e;}", "try \n{\n\tx = 1;\n}\ncatch (e)\n{\n\tinfo e;\n}"),
        ("r=invokeurl[url: a type: POST  body : b];", "r = invokeurl\n[\n\turl :a\n\ttype :POST\n\tbody:b\n];"),
        ("r = invokeurl [ ];", "r = invokeurl\n[\n];"),
        ("if(a){sendmail[to: b cc: c]}", "if(a)\n{\n\tsendmail\n\t[\n\t\tto :b\n\t\tcc:c\n\t]\n}"),
        ("x = 1; // why\ny = 2;", "x = 1;\n// why\ny = 2;"),
        ("x = 1 /* a */ + 2; // b", "/* a */\nx = 1 + 2;\n// b"),
        ("x = {// a\n1,2};", "// a\nx = {1,2};"),
        ("if(a) // why\n{info x;}", "if(a)\n// why\n{\n\tinfo x;\n}"),
        ("if(a){info x;// in\n}// out\nelse{}", "if(a)\n{\n\tinfo x;\n\t// in\n}\n// out\nelse\n{\n}"),
        (
            "r = invokeurl[ // first\nurl :a // second\ntype :GET // third\n];",
            "r = invokeurl\n[\n\t// first\n\turl :a\n\t// second\n\ttype :GET\n\t// third\n];",
        ),
        ("//tight\n//\n// 	wide  \nx = 1;", "//tight\n//\n// 	wide  \nx = 1;"),
        ("// opening\n\nx = 1;\n\n// next\n\ny = 2;", "// opening\n\nx = 1;\n// next\ny = 2;"),
        ("void f(Int a,  String b)\n{\n\tinfo a;\n}", "void f(Int a, String b)\n{\n\tinfo a;\n}"),
        (
            "void f(Int a,String b)\n{\ninfo a;\nif(b){\ninfo b;}\n}",
            "void f(Int a,String b)\n{\ninfo a;\nif(b)\n{\n\tinfo b;\n}\n}",
        ),
        ("void f(Int a)\n{\n// note\ninfo a;\n}", "void f(Int a)\n{\n// note\ninfo a;\n}"),
        ("void f(Int a)\n{\n\t// note\n\tinfo a;\n}", "void f(Int a)\n{\n\t// note\n\tinfo a;\n}"),
        ("void f(){info a;}", "void f()\n{\n\tinfo a;\n}"),
        ("x = insert into F [a=b c = d];", "x = insert into F\n[\n\ta=b\n\tc=d\n];"),
        ("x = F[ a==b ]  sort  by c ;", "x = F[a == b] sort by c;"),
        ("delete  from F[a==b];", "delete from F[a == b];"),
        ("x = 1;\r\ny = 2;", "x = 1;\ny = 2;"),
    ],
)
def test_layout(source: str, expected: str) -> None:
    assert format(source) == expected
    assert format(expected) == expected
    assert format(source + "\n") == expected + "\n"
    assert parse(expected) == parse(source)


def test_a_wrong_script_is_not_laid_out() -> None:
    with pytest.raises(DelugeSyntaxError):
        format("x = 1")


def test_an_empty_script_stays_empty() -> None:
    assert format("") == ""
    assert format("// only this") == "// only this"
