"""Formats what a script did as lines of text, from the entry `deluge` of a delivery's record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def script_lines(ran: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that `zoho-cliq-mock trigger` prints: the log, the tasks in order, the errors."""
    yield f"script: {ran['statements']} statements in {ran['milliseconds']} ms"
    for text in ran["log"]:
        yield f"  info: {text}"
    for task in ran["tasks"]:
        yield f"  line {task['line']}: {_task(task)}"
    for name, number in ran.get("left_out", {}).items():
        if number:
            yield f"  … and {number} more in its {name}"
    for error in ran["errors"]:
        yield f"  error: {error_line(error)}"


def error_line(error: Mapping[str, Any]) -> str:
    """Return one line for an error."""
    column = f", column {error['column']}" if "column" in error else ""
    at = f"line {error['line']}{column}: " if error["line"] else ""
    function = f"{error['function']}: " if error["function"] else ""
    return f"{at}{function}{error['why']}"


def _task(task: Mapping[str, Any]) -> str:
    arguments = task["arguments"]
    if isinstance(arguments, dict):
        given = {name.lower(): value for name, value in arguments.items()}
        words = [given.get("type", "GET"), given.get("url") or given.get("path")] if _is_request(task) else []
    else:
        words = arguments[:1]  # the chat, the database or the address
    what = " ".join(str(word) for word in (task["name"], *words) if word is not None)
    return f"{what} → {task.get('error') or task.get('status') or 'done'}"


def _is_request(task: Mapping[str, Any]) -> bool:
    return str(task["name"]).lower() in ("invokeurl", "invokeapi")
