"""No error shows a likely secret of a script, whatever is wrong with the script."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest
from deluge_checks import table
from zoho_cliq.cli import main
from zoho_cliq_deluge import DelugeRuntimeError, DelugeSyntaxError, check, hide_secrets, parse, run
from zoho_cliq_deluge._syntax.secrets import masked, secrets_in, without

RANDOM = "q7Zk2mX9vB4t"
SECRETS = [
    f'token = "{RANDOM}"',
    f"token = '{RANDOM}'",
    f"token = “{RANDOM}”",
    f"token = ‘{RANDOM}’",
    f'm.put("api_key","{RANDOM}")',
    f'm = {{"clientSecret" : "{RANDOM}"}}',
    f'// password: "{RANDOM}"\nx',
    f'h = "Bearer {RANDOM}"',
    f'u = "https://example.com?apikey={RANDOM}&b=1"',
    f'x = "ghp_{RANDOM * 3}"',
    f"x = ghp_{RANDOM * 3}",
]
UNCLOSED = [
    f'token = "{RANDOM}',
    f"token = “{RANDOM}",
    f'h = "Bearer {RANDOM}',
    f'x.put("secret","{RANDOM};',
    f'token = "{RANDOM}; info 1;',
    f'token = "{RANDOM}); info "closed";',
    f"token = '{RANDOM} + 1; x = 'y';",
    f'x = f("token", "{RANDOM} , 5); info 2;',
    f'h = "Bearer {RANDOM}; info 1;',
    f'h = {{"Authorization":"Zoho-oauthtoken {RANDOM} }}; info "z";',
]
MISTAKES = [
    "{}",  # a missing `;`
    "{} {}",
    "{};;",
    "if({})\n{{\n}}",
    "{} === 1;",
    "let {};",
    "return ({};",
    "for each x {} {{ }}",
    "a b {};",
    "[{}];",
    "invokeurl\n[\n\turl {}\n];",
]


def all_of(script: str) -> str:
    """Return every text that a caller or logger can get from a script's syntax error; empty if there is none."""
    try:
        parse(script)
    except DelugeSyntaxError as error:
        lines = traceback.format_exception(error)
        return f"{error} {error!r} {error.args} {error.errors} {pickle.dumps(error)!r} {lines}"
    return ""


@table(
    ("secret", "mistake"),
    [(secret, mistake) for secret in SECRETS for mistake in MISTAKES]
    + [(secret, mistake) for secret in UNCLOSED for mistake in ("{}", "return ({}", "if({}\n{{\n}}", "let {};")],
)
def test_no_syntax_error_shows_a_secret(secret: str, mistake: str) -> None:
    script = "info 1;\n" + mistake.format(secret, secret)
    found = check(script)
    assert RANDOM not in "".join(f"{each}{each!r}{each.to_dict()}" for each in found), script
    assert RANDOM[:8] not in all_of(script), script


def test_columns_stay_and_the_rest_of_the_line_is_shown() -> None:
    with pytest.raises(DelugeSyntaxError) as caught:
        parse(f'x = 1; token = "{RANDOM}"; y = z === 2;')
    stars = "*" * len(RANDOM)
    assert str(caught.value).split("\n")[1:] == [
        f'    x = 1; token = "{stars}"; y = z === 2;',
        "    " + " " * 37 + "^^^",
    ]
    assert caught.value.errors[0].column == 38


def test_a_word_that_is_cut_off_in_a_message_is_hidden_too() -> None:
    with pytest.raises(DelugeSyntaxError) as caught:
        parse(f"x = 1 ghp_{RANDOM * 3};")
    assert "missing before `" in str(caught.value)
    assert "ghp_" not in str(caught.value)


@table(
    "script",
    [
        f'token = "{RANDOM}";\nreturn token.toLong();',
        f'return "Bearer {RANDOM}".toDate();',
        f'throw "the token ghp_{RANDOM * 3} has expired";',
        f'secret = "{RANDOM * 6}";\nreturn secret.toLong();',
        f'password = "{RANDOM}";\nm = Map();\nreturn m.get(password).get("x").toLong() + password.toMap();',
    ],
)
def test_no_run_time_error_shows_a_secret(script: str) -> None:
    with pytest.raises(DelugeRuntimeError) as caught:
        run(script)
    error = caught.value
    assert RANDOM[:8] not in f"{error} {error!r} {error.args} {error.why} {error.run}"
    assert RANDOM[:8] not in "".join(traceback.format_exception(error)).replace(script, "")


def test_a_secret_that_is_read_from_outside_is_hidden_where_it_looks_like_one() -> None:
    with pytest.raises(DelugeRuntimeError, match=r"\*{10}"):
        run("return t.toLong();", {"t": "ghp_" + RANDOM * 3})


@pytest.mark.parametrize("options", [[], ["--json"], ["--github"]])
@pytest.mark.parametrize("command", ["check", "format", "run"])
def test_the_command_line_shows_no_secret(
    command: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if command != "check" and options == ["--github"]:
        pytest.skip("only check has annotations")
    path = tmp_path / "a.dg"
    path.write_text(f'token = "{RANDOM}"; token = “{RANDOM}” ghp_{RANDOM * 3} === 1\n', "utf-8")
    assert main(["deluge", command, *options, str(path)]) == 1
    output = "".join(capsys.readouterr())
    assert RANDOM not in output
    assert "1" in output
    if options == ["--json"] and command == "check":
        assert any("*" * len(RANDOM) in finding["source"] for finding in json.loads(output))


def test_no_log_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    try:
        parse(f'token = "{RANDOM}"')
    except DelugeSyntaxError:
        logging.getLogger("deluge.test").exception("cannot read the script")
    assert "missing" in caplog.text
    assert RANDOM not in caplog.text.replace(f"parse(f'token = \"{RANDOM}\"')", "")


def test_a_difference_shows_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.dg"
    far = " " * 30  # too far from its name to be recognized; formatting moves it closer
    path.write_text(f'x=1;\ntoken{far}={far}"{RANDOM}";\nif(x==1){{password="{RANDOM}2";}}\n', "utf-8")
    assert main(["deluge", "format", "--diff", str(path)]) == 1
    output = "".join(capsys.readouterr())
    assert RANDOM not in output
    stars = "*" * len(RANDOM)
    assert f'-token{far}={far}"{stars}";\n' in output
    assert f'+token = "{stars}";\n' in output
    assert f'password = "{stars}*";' in output


def test_hidden_is_what_would_be_a_secret_if_its_text_were_not_closed() -> None:
    assert hide_secrets('token = "abcd1234 and more";') == ['token = "******** and more";']
    assert secrets_in('token = "abcd1234 and more";') == []
    assert hide_secrets("a", "b") == ["a", "b"]


def test_names_of_things_are_no_secrets() -> None:
    for script in (
        'token = user.get("token_name_long");',
        'x = "the token is 5 minutes old";',
        'key = "your-api-key-1";',
    ):
        assert secrets_in(script) == []


def test_masked_keeps_lines_and_length() -> None:
    assert masked("ab\ncd", [(1, 4)]) == "a*\n*d"
    assert without("a value", ["long enough to hide"]) == "a value"
    assert without("`long enou…` is wrong", ["long enough to hide"]) == "`*********…` is wrong"
    assert without("`long en…`", ["long enough to hide"]) == "`long en…`"
