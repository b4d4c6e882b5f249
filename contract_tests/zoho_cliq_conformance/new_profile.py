"""The subcommand `init`: write a profile from options and from answers on the terminal.

A token is given by the name of the environment variable that holds it. Its value is written to the file only with
`--secrets`, and never printed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .judge.routes import SAMPLES
from .profile import SCOPES, USERS, ProfileError, parse
from .reporting.streams import complain, show, tell

DEFAULT_FILE = Path("server.toml")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
EXAMPLE = {
    "base_url": "https://cliq.example/api/v3",
    "tokens.owner": "CLIQ_TOKEN",
    **{f"path_parameters.{name}": sample for name, sample in SAMPLES.items()},
}
PATIENCE = 5  # wrong answers to one question


@dataclass(frozen=True, slots=True)
class Question:
    """How to ask for one key of the profile.

    Args:
        key: the key, with its tables, such as `tokens.owner`.
        option: the option of the command that gives the value.
        text: the question.
        kind: url, variable, teams, number, text or yes.
        default: the value if nothing is answered; empty for none.
        needs: ask only if the profile has this key.
    """

    key: str
    option: str
    text: str
    kind: str
    default: str = ""
    needs: str = ""


def _questions() -> tuple[Question, ...]:
    whose = {"colleague": "of a second user of the organization", "outsider": "of a user of another organization"}
    return (
        Question("base_url", "--base-url", "base URL, which ends with /api/v3", "url"),
        Question("tokens.owner", "--owner", "token of a user with all scopes", "variable", "CLIQ_TOKEN"),
        *(Question(f"tokens.{user}", f"--{user}", f"token {words}", "variable") for user, words in whose.items()),
        *(
            Question(
                f"tokens.owner_only.{scope}",
                f"--owner-{scope.lower()}",
                f"owner's token with the scope {scope}",
                "variable",
            )
            for scope in SCOPES
        ),
        Question("teams.owner", "--teams-owner", "ids of teams that the owner is a member of", "teams"),
        *(
            Question(
                f"teams.{user}",
                f"--teams-{user}",
                f"ids of teams that the {user} is a member of",
                "teams",
                needs=f"tokens.{user}",
            )
            for user in USERS[1:]
        ),
        Question("reset_url", "--reset-url", "URL that empties the server with a POST", "url"),
        Question("clock_url", "--clock-url", 'URL that advances the clock with a POST of {"advance": seconds}', "url"),
        Question("control_token", "--control-token", "control token, sent to reset_url and clock_url", "variable"),
        Question("creation_limit", "--creation-limit", "how many actions the organization may have", "number"),
        *(
            Question(f"path_parameters.{name}", f"--path-{name.replace('_', '-')}", f"value of {name} in paths", "text")
            for name in SAMPLES
        ),
        Question("pace", "--pace", "does the server enforce thresholds (yes or no)", "yes", "yes"),
    )


QUESTIONS = _questions()
METAVARS = {"url": "URL", "variable": "VARIABLE", "teams": "IDS", "number": "N", "text": "VALUE"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, an option for each question, and the options of `init` itself."""
    parser.add_argument(
        "file", nargs="?", type=Path, default=DEFAULT_FILE, help=f"profile to write (default: {DEFAULT_FILE})"
    )
    for question in QUESTIONS:
        if question.kind == "yes":
            parser.add_argument(
                question.option,
                action=argparse.BooleanOptionalAction,
                default=None,
                help="whether the server enforces thresholds",
            )
            continue
        by_name = question.kind == "variable"
        words = f"name of the environment variable with the {question.text}" if by_name else question.text
        words += ", separated by commas" if question.kind == "teams" else ""
        parser.add_argument(question.option, metavar=METAVARS[question.kind], help=words)
    parser.add_argument("--yes", action="store_true", help="ask no questions; leave out values that no option gives")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument(
        "--secrets",
        action="store_true",
        help="write the values of the variables into the file, which only you can then read",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask for each value that no option gives, write the profile, and return the exit status 0.

    Raise `ProfileError` if a value is wrong, an answer is missing, or the file cannot be written.
    """
    path: Path = arguments.file
    if os.path.lexists(path) and not arguments.force:
        raise ProfileError(f"{path} exists; give another name, or --force to replace it")
    asks = not arguments.yes and sys.stdin is not None and sys.stdin.isatty()
    values: dict[str, Any] = {}
    for question in QUESTIONS:
        given = getattr(arguments, question.option.strip("-").replace("-", "_"))
        if given is not None:
            value = _read(question, "yes" if given is True else "no" if given is False else given)
        elif question.needs and question.needs not in values:
            continue
        else:
            value = _ask(question, values) if asks else _read(question, question.default)
        if value is not None:
            _check({**values, question.key: value}, question.key)
            values[question.key] = value
    if "base_url" not in values:
        raise ProfileError("init: --base-url is required, since there is no terminal to ask for it")
    variables = {key: name for key, name in values.items() if _kind(key) == "variable"}
    text = _text(values, _secrets(variables) if arguments.secrets else {k: f"env:{v}" for k, v in variables.items()})
    _write(path, text, force=arguments.force, private=arguments.secrets)
    return _done(path, variables, arguments.secrets)


def _kind(key: str) -> str:
    return next(question.kind for question in QUESTIONS if question.key == key)


def _ask(question: Question, values: Mapping[str, Any]) -> Any:
    """Ask on the terminal and return the value, or None for no value. After a wrong answer ask again.

    Raise `ProfileError` after `PATIENCE` wrong answers, or if the input ends.
    """
    what = (
        f"name of the environment variable with the {question.text}" if question.kind == "variable" else question.text
    )
    hint = question.default or ("" if question.key == "base_url" else "none")
    for _ in range(PATIENCE):
        tell(f"{what}{f' [{hint}]' if hint else ''}: ", end="")
        line = sys.stdin.readline()
        if not line:
            raise ProfileError(f"init: the input ended before {question.key} was given; nothing was written")
        answer = line.strip() or question.default
        try:
            value = _read(question, "" if answer == "none" else answer)
            if value is None and question.key == "base_url":
                raise ProfileError("profile: base_url is missing")
            if value is not None:
                _check({**values, question.key: value}, question.key)
        except ProfileError as error:
            complain(error)
            continue
        return value
    raise ProfileError(f"init: too many invalid values for {question.key}; nothing was written")


def _read(question: Question, text: str) -> Any:
    """Return the value of the key that an answer gives, or None if it is empty. Raise `ProfileError` if it is wrong."""
    text = text.strip()
    return READERS[question.kind](question, text) if text else None


def _read_variable(question: Question, text: str) -> str:
    """Return the name of an environment variable, or raise `ProfileError`.

    The error does not repeat the text, since it may be a token.
    """
    if not VARIABLE.fullmatch(text) and text not in os.environ:
        raise ProfileError(
            f"init: {question.option} must be the name of an environment variable in capitals, such as CLIQ_TOKEN, "
            "not a token"
        )
    return text


def _read_teams(question: Question, text: str) -> list[int]:
    parts = [part for part in re.split(r"[\s,]+", text) if part]
    if not all(re.fullmatch("[0-9]{1,19}", part) for part in parts):
        raise ProfileError(f"init: {question.option} must be ids of teams, such as 100001,100002, not {text!r}")
    return [int(part) for part in parts]


def _read_number(question: Question, text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ProfileError(f"init: {question.option} must be a whole number from 1, not {text!r}")
    return int(text)


def _read_yes(question: Question, text: str) -> bool:
    if text.lower() not in ("y", "yes", "n", "no"):
        raise ProfileError(f"init: answer yes or no, not {text!r}")
    return text.lower().startswith("y")


READERS: Mapping[str, Callable[[Question, str], Any]] = {
    "url": lambda question, text: text,
    "text": lambda question, text: text,
    "variable": _read_variable,
    "teams": _read_teams,
    "number": _read_number,
    "yes": _read_yes,
}


def _check(values: Mapping[str, Any], key: str) -> None:
    """Raise `ProfileError` if a profile with these values is invalid.

    The values hold names of variables in the place of tokens. Examples stand in for required keys that are missing.
    """
    whole = {name: example for name, example in EXAMPLE.items() if name not in values}
    parse(_nested({**whole, **values}))


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *tables, name = key.split(".")
        inner = nested
        for table in tables:
            inner = inner.setdefault(table, {})
        inner[name] = value
    return nested


def _secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens by key, read from the variables. Raise `ProfileError` if one is not set or holds no token."""
    found = {}
    for key, name in variables.items():
        if not os.environ.get(name):
            raise ProfileError(f"init: {key}: the environment variable {name} is not set; --secrets needs its value")
        found[key] = os.environ[name]
    parse(_nested({**EXAMPLE, **found}))
    return found


def _text(values: Mapping[str, Any], tokens: Mapping[str, str]) -> str:
    """Return the profile as TOML."""
    shown = {**values, **tokens}
    lines = ["# A profile of zoho-cliq-conformance. Checks that need a missing value are skipped."]
    table = ""
    for question in sorted(QUESTIONS, key=lambda question: question.key.count(".")):
        if question.key not in shown:
            continue
        inside, _, name = question.key.rpartition(".")
        if inside != table:
            table = inside
            lines += ["", f"[{table}]"]
        lines.append(f"{name} = {json.dumps(shown[question.key])}")
    return "\n".join([*lines, ""])


def _write(path: Path, text: str, *, force: bool, private: bool) -> None:
    """Write the file. Raise `ProfileError` if that fails, or if the file exists and `force` is false.

    Args:
        path: the file.
        text: its content.
        force: replace an existing file, in one step.
        private: make a file that only its owner can read (mode 0600).
    """
    target = path.with_name(f".{path.name}.partial") if force else path
    try:
        if force:
            target.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(target, flags, 0o600 if private else 0o666), "w", encoding="utf-8") as file:
            file.write(text)
        if force:
            target.replace(path)
    except FileExistsError:
        raise ProfileError(f"{path} exists; give another name, or --force to replace it") from None
    except OSError as error:
        raise ProfileError(f"{path} cannot be written: {error.strerror or error}") from None


def _done(path: Path, variables: Mapping[str, str], secrets: bool) -> int:
    unset = [name for name in variables.values() if not os.environ.get(name)]
    lines = [f"wrote {path}{', which contains tokens: keep it secret' if secrets else ''}"]
    if unset and not secrets:
        lines += textwrap.wrap(f"set these environment variables before a run: {', '.join(unset)}", width=110)
    lines.append(f"next: zoho-cliq-conformance run --profile {shlex.quote(str(path))} --plan")
    problem = show(lines)
    if problem:
        complain(problem)
    return 0
