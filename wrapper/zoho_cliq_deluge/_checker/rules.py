"""The rules of the checker: names, severities, explanations and examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["RULES", "Rule", "Severity", "explain"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the checker.

    Attributes:
        name: The name, by which the rule can be switched off.
        severity: ``error`` if Zoho does not save the script or the script fails; ``warning`` if it may fail.
        summary: What the rule finds, in one line.
        explanation: Why it matters, and how to mend it.
        wrong: A script that breaks the rule.
        right: The same script, corrected; empty if no short script shows it.
    """

    name: str
    severity: Severity
    summary: str
    explanation: str
    wrong: str
    right: str


_ALL = (
    Rule(
        "syntax-error",
        "error",
        "The script does not follow the grammar.",
        "Zoho does not save such a script, and no other rule can be applied to it. The message says what to write "
        "instead. This rule cannot be switched off.",
        'x = 1\nreturn {"text":x};',
        'x = "1";\nreturn {"text":x};',
    ),
    Rule(
        "too-large",
        "error",
        "The script has more than 250 KB of UTF-8.",
        "The API refuses larger scripts. Move texts into a database of Cliq or behind an address.",
        "",
        "",
    ),
    Rule(
        "undefined-variable",
        "error",
        "A variable is read that has no value at this place, whichever way the script took.",
        "Only what was assigned before, the handler's own variables (message, messages, user, chat, attachments, "
        "mentions, location, access, environment, and the map info), today, now, and the variables of the system "
        "(zoho.currentdate) can be read. Names are case-sensitive. A function sees its parameters and what it assigns. "
        "Where a script uses nothing of a handler's and calls other services, it may be a function without its header: "
        "then this is a warning, and variables=[…] or --variable names its parameters.",
        'return {"text":"Hello " + usr.get("first_name")};',
        'return {"text":"Hello " + user.get("first_name")};',
    ),
    Rule(
        "other-handler",
        "warning",
        "A variable is read that Cliq gives to handlers of another kind.",
        "A form's function gets form and target, a command arguments, a message action neither. Say of which kind the "
        'script is (handler="form", --handler form), or use what a message action gets.',
        'return {"text":arguments};',
        'return {"text":message.get("text")};',
    ),
    Rule(
        "unknown-function",
        "error",
        "A function is called that Deluge does not have.",
        "The name is compared without case. The message names the closest built-in function.",
        'return {"text":"abc".substring_of(1)};',
        'return {"text":"abc".subString(1)};',
    ),
    Rule(
        "unknown-task",
        "error",
        "A task is called that neither Cliq nor another service of Zoho has.",
        "Tasks are invokeurl, invokeapi, sendmail and the like, zoho.cliq.…, and those of other services, such as "
        "zoho.crm.…; of other services the names of the services are known, not those of their tasks.",
        'zoho.cliq.postToRoom(chat.get("id"),"Hello");\nreturn {"text":"Done"};',
        'zoho.cliq.postToChat(chat.get("id"),"Hello");\nreturn {"text":"Done"};',
    ),
    Rule(
        "unknown-task-key",
        "error",
        "A task has a key that it does not take.",
        "invokeurl takes url, type, headers, parameters, body, files, connection, content-type, detailed, "
        "response-format and response-decoding; invokeapi takes service and path instead of url; sendmail takes from, "
        "to, cc, bcc, reply to, subject, message, content type and Attachments.",
        'r = invokeurl\n[\n\turl :"https://example.com"\n\tmethod:GET\n];\nreturn {"text":r.toString()};',
        'r = invokeurl\n[\n\turl :"https://example.com"\n\ttype :GET\n];\nreturn {"text":r.toString()};',
    ),
    Rule(
        "missing-task-key",
        "error",
        "A task lacks a key that it needs.",
        "invokeurl needs url, invokeapi needs service and path, sendmail needs from and to.",
        'r = invokeurl\n[\n\ttype :GET\n];\nreturn {"text":r.toString()};',
        'r = invokeurl\n[\n\turl :"https://example.com"\n];\nreturn {"text":r.toString()};',
    ),
    Rule(
        "wrong-argument-count",
        "error",
        "A function or task is called with too few or too many values.",
        "The receiver of x.f(a) is not counted; f(x, a) means the same.",
        'return {"text":"abc".subString()};',
        'return {"text":"abc".subString(1)};',
    ),
    Rule(
        "outside-loop",
        "error",
        "break or continue stands outside a loop.",
        "They belong into for each. To end the script, write return.",
        'break;\nreturn {"text":"Done"};',
        'for each  x in {1,2}\n{\n\tbreak;\n}\nreturn {"text":"Done"};',
    ),
    Rule(
        "unreachable-code",
        "error",
        "A statement can never run.",
        "It stands behind return, throw, break or continue, or behind an if whose branches all end so. Remove it, or "
        "move it before.",
        'return {"text":"Done"};\ninfo "never";',
        'info "before";\nreturn {"text":"Done"};',
    ),
    Rule(
        "no-return",
        "error",
        "A handler or a function that has to answer can end without return.",
        "A message action answers with a map: a message, a banner or a form; return Map(); shows nothing. A function "
        "whose header names another type than void returns on every way. Schedulers need none: say so with "
        'handler="scheduler" or --handler scheduler. Where a script may be a scheduler\'s, this is a warning.',
        'info message.get("text");',
        'info message.get("text");\nreturn Map();',
    ),
    Rule(
        "not-in-cliq",
        "error",
        "Something is used that Zoho Creator or another service has, and Cliq does not.",
        "Cliq has no forms with records: no insert into, delete from, Form[criteria], alert, cancel submit, input, "
        "thisapp, openUrl, and no time without a date. Records are kept with zoho.cliq.createRecord and "
        "zoho.cliq.getRecords, or through invokeurl.",
        'insert into Tickets\n[\n\ttitle=message.get("text")\n];\nreturn {"text":"Done"};',
        'zoho.cliq.createRecord("tickets",{"title":message.get("text")});\nreturn {"text":"Done"};',
    ),
    Rule(
        "function-in-handler",
        "error",
        "A function is defined beside the statements of a handler.",
        "A handler is one script without functions of its own. Write the statements where they are needed, or make a "
        "function in Cliq and call it from a button or form.",
        'string hello(string name)\n{\n\treturn "Hello " + name;\n}\nreturn {"text":hello("Ada")};',
        'return {"text":"Hello Ada"};',
    ),
    Rule(
        "bad-date",
        "error",
        "A date in single quotes is no date.",
        "Write it as '31-Dec-2026' or '31-Dec-2026 23:59:59'; the day has to exist.",
        "return {\"text\":'31-Feb-2026'.toString()};",
        "return {\"text\":'28-Feb-2026'.toString()};",
    ),
    Rule(
        "unguarded-get",
        "warning",
        "A function is called on what get or getJSON gave, which may be null.",
        "get gives null where the key is missing, and a call on null ends the script. Compare with null before, use "
        "ifnull(x, y), ask containsKey, or put the call into try.",
        'return {"text":message.get("text").toUpperCase()};',
        'return {"text":ifnull(message.get("text"),"").toUpperCase()};',
    ),
    Rule(
        "request-in-loop",
        "warning",
        "A request is sent in a loop.",
        "Each takes up to 40 seconds, an answer of a handler has about 15, and calls are counted. Ask once for all, "
        "outside the loop.",
        'for each  id in {"1","2"}\n{\n\tr = invokeurl\n\t[\n\t\turl :"https://example.com/" + id\n\t];\n\tinfo r;\n}\n'
        'return {"text":"Done"};',
        'r = invokeurl\n[\n\turl :"https://example.com/all"\n];\nfor each  id in r\n{\n\tinfo id;\n}\n'
        'return {"text":"Done"};',
    ),
    Rule(
        "too-many-statements",
        "warning",
        "The script executes more than 5,000 statements for sure, where Zoho ends it.",
        "Each statement of a loop's body counts each time. Loops are counted where their length stands in the script; "
        "the shortest way through if is taken.",
        'total = 0;\nfor each  i in "".leftpad(6000).toList("")\n{\n\ttotal = total + 1;\n}\n'
        'return {"text":total.toString()};',
        'total = 0;\nfor each  i in "".leftpad(600).toList("")\n{\n\ttotal = total + 1;\n}\n'
        'return {"text":total.toString()};',
    ),
    Rule(
        "mixed-logic",
        "warning",
        "&& and || are mixed without brackets.",
        "Cliq takes && before ||, Zoho Creator the other way round. Brackets say what is meant.",
        "a = true;\nif(a || a && a)\n{\n\tinfo a;\n}\nreturn Map();",
        "a = true;\nif(a || (a && a))\n{\n\tinfo a;\n}\nreturn Map();",
    ),
    Rule(
        "json-in-parameters",
        "warning",
        "parameters: has JSON text, which is sent as a form.",
        "Send JSON with body: and the content type application/json. With parameters: give the map itself, which is "
        "sent as a query or as form fields.",
        'r = invokeurl\n[\n\turl :"https://example.com"\n\ttype :POST\n\tparameters:{"a":1}.toString()\n];\n'
        'return {"text":r.toString()};',
        'r = invokeurl\n[\n\turl :"https://example.com"\n\ttype :POST\n\tbody:{"a":1}.toString()\n];\n'
        'return {"text":r.toString()};',
    ),
    Rule(
        "fixed-id",
        "warning",
        "A number of 15 or more digits stands in the script, most likely the id of a record.",
        "Ids differ between organizations and between sandbox and production. Keep them in a database of Cliq or in a "
        "variable at the top with a comment that switches this rule off.",
        'return {"text":"Record 487687000000123456"};',
        'return {"text":"Record " + message.get("id")};',
    ),
    Rule(
        "secret",
        "warning",
        "What looks like a token, a key or a password stands in the script.",
        "Everybody who can open the script, its exports and its repository can read it. Use a connection "
        '(connection:"name"), or keep it in a database of Cliq. Revoke what was ever stored in a repository.',
        'password = "hunter2-Tr0ub4dor";\nreturn {"text":password};',
        'password = chat.get("id");\nreturn {"text":password};',
    ),
    Rule(
        "unused-variable",
        "warning",
        "A variable is assigned and never read.",
        "Remove the assignment, or check the spelling where it should be read. A call whose result is not needed may "
        "stand alone.",
        'total = 5;\nreturn {"text":"Done"};',
        'total = 5;\nreturn {"text":total.toString()};',
    ),
    Rule(
        "bad-answer",
        "warning",
        "The script returns what the schema of answers refuses.",
        "A message action answers with a map (a message, a banner, a form, or an empty map) or with a text. The schema "
        "is that of the project's OpenAPI document. Only what stands in the script for certain is judged.",
        'return {"type":"banner","status":"fine","text":"Filed"};',
        'return {"type":"banner","status":"success","text":"Filed"};',
    ),
    Rule(
        "unknown-rule",
        "warning",
        "A comment switches off a rule that does not exist.",
        "zoho-cliq deluge explain lists the names of all rules.",
        '// deluge: ignore unused-variables\nreturn {"text":"Done"};',
        '// deluge: ignore unused-variable\nreturn {"text":"Done"};',
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _ALL}
"""All rules by name, errors first."""


def explain(rule: str) -> str:
    """Return what a rule finds, why it matters, how to mend it, and an example.

    Args:
        rule: The rule's name.

    Raises:
        ValueError: if there is no such rule.
    """
    found = known_rule(rule)
    parts = [f"{found.name} ({found.severity}): {found.summary}", found.explanation]
    parts += [
        f"{title}:\n\n{_indented(text)}" for title, text in (("Wrong", found.wrong), ("Right", found.right)) if text
    ]
    return "\n\n".join(parts)


def known_rule(name: str) -> Rule:
    """Return a rule by its name.

    Raises:
        ValueError: if there is no such rule; the message names the closest one.
    """
    if name not in RULES:
        raise ValueError(f"there is no rule {name[:40]!r}; there are {', '.join(RULES)}")
    return RULES[name]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))
