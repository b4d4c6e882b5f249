"""Run the tasks of a script through the caller's gateway, and record them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .._functions.conversions import media_type
from .._values.conversion import as_boolean, as_list, as_map, as_text
from .._values.json import read_json
from .._values.types import Braces, Collection, File, Value, from_python, to_python
from ..failures import DelugeLimitError, DelugeRuntimeError, Failure, LimitReached
from ..tasks import HttpRequest, HttpResponse, Post, TaskError
from .machine import Machine, TaskCall

__all__ = ["TaskRunner"]

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_POSTS = {
    "posttochat": "postToChat",
    "posttochannel": "postToChannel",
    "posttobot": "postToBot",
    "posttouser": "postToUser",
    "posttochatasadmin": "postToChatAsAdmin",
    "posttochannelasadmin": "postToChannelAsAdmin",
    "posttobotasadmin": "postToBotAsAdmin",
    "posttouserasadmin": "postToUserAsAdmin",
}
_TEXT_TYPES = re.compile(
    r"text/|application/(?:[\w.+-]*\+)?(?:json|xml|javascript|x-www-form-urlencoded)", re.IGNORECASE
)
_SHORTEST_SECRET = 6
_CHARSETS = frozenset(
    "utf-8 utf8 utf-16 utf-16le utf-16be us-ascii ascii iso-8859-1 iso-8859-15 windows-1252 shift_jis euc-jp euc-kr"
    " gb2312 gbk gb18030 big5".split()
)


class TaskRunner:
    """Runs the tasks of one run."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._context = machine.context
        self._status = 0

    # The three ways in which a script writes a task

    def bracket_task(self, name: str, entries: dict[str, Value], line: int) -> Value:
        """Run ``name [ key : value … ]``."""
        if name.lower() == "invokeurl":
            return self._recorded(name, entries, line, lambda: self._invoke_url(entries))
        if name.lower() == "invokeapi":
            return self._recorded(name, entries, line, lambda: self._invoke_api(entries))
        return self._recorded(name, entries, line, lambda: self._stubbed(name, entries))

    def call(self, name: str, arguments: list[Value], line: int) -> Value:
        """Run a task with arguments, such as ``zoho.cliq.postToChat(…)``."""
        own = self._of_cliq(name.lower(), arguments)
        return self._recorded(name, arguments, line, own or (lambda: self._stubbed(name, arguments)))

    def request_function(self, key: str, name: str, arguments: list[Value], line: int) -> Value:
        """Run ``getUrl``, ``postUrl`` or ``invokeUrl`` with arguments."""
        return self._recorded(name, arguments, line, lambda: self._request_function(key, arguments))

    def _recorded(self, name: str, arguments: Any, line: int, run: Callable[[], Value]) -> Value:
        exported = self._exported(arguments, name, line)
        self._status = 0
        try:
            result = run()
        except (Failure, TaskError) as failure:
            why = self._machine.without_secrets(failure.why if isinstance(failure, Failure) else str(failure))
            self._record(name, exported, line, None, why)
            raise DelugeRuntimeError(why, line=line, function=name) from None
        except LimitReached as reached:
            raise DelugeLimitError(reached.why, line=line, function=name) from None
        self._record(name, exported, line, self._exported(result, name, line), "")
        return result

    def _exported(self, value: Any, name: str, line: int) -> Any:
        try:
            self._context.budget.charge(len(self._context.printer.json(value)))
            return to_python(value)
        except (Failure, ValueError) as failure:
            raise DelugeRuntimeError(str(failure), line=line, function=name) from None

    def _record(self, name: str, arguments: Any, line: int, result: Any, why: str) -> None:
        cleaned = self._machine.cleaned
        self._machine.tasks.append(TaskCall(name, cleaned(arguments), line, cleaned(result), why, self._status))

    def _imported(self, value: object) -> Value:
        """Return what the gateway returned, converted to a value of the script."""
        try:
            return from_python(value, self._context.zone)
        except (TypeError, ValueError) as problem:
            raise Failure(f"the gateway gave what a script cannot hold: {problem}") from None

    def _stubbed(self, name: str, arguments: Any) -> Value:
        stub = self._machine.gateway.stub(name)
        if not callable(stub):
            return self._imported(stub)
        given = to_python(arguments)
        return self._imported(stub(given) if isinstance(given, dict) else stub(*given))

    # Tasks of Cliq

    def _of_cliq(self, name: str, arguments: list[Value]) -> Callable[[], Value] | None:
        if not name.startswith("zoho.cliq."):
            return None
        short = name.removeprefix("zoho.cliq.")
        cliq = self._machine.gateway.cliq

        def word(index: int) -> str:
            return as_text(self._context, self._taken(arguments, index + 1)[index])

        if short in _POSTS:
            return lambda: self._imported(cliq.post(self._post(_POSTS[short], arguments)))
        if short in ("posttochannelasbot", "posttochatasbot"):
            return lambda: self._imported(cliq.post(self._post_as_bot(short, arguments)))
        tasks: dict[str, Callable[[], object]] = {
            "editmessage": lambda: cliq.edit_message(word(0), word(1), self._message(self._taken(arguments, 3)[2])),
            "createrecord": lambda: cliq.create_record(word(0), self._map(arguments, 1)),
            "getrecords": lambda: cliq.get_records(word(0), self._query(arguments)),
            "getrecordbyid": lambda: cliq.get_record(word(0), word(1)),
            "updaterecord": lambda: cliq.update_record(word(0), word(1), self._map(arguments, 2)),
            "deleterecord": lambda: cliq.delete_record(word(0), word(1)),
            "deleterecords": lambda: cliq.delete_records(word(0), word(1)),
            "extension.setproperties": lambda: cliq.set_properties(self._map(arguments, 0)),
            "extension.getproperties": lambda: cliq.get_property(word(0)),
            "extension.deleteproperty": lambda: cliq.delete_property(word(0)),
        }
        task = tasks.get(short)
        return None if task is None else lambda: self._imported(task())

    @staticmethod
    def _taken(arguments: list[Value], count: int) -> list[Value]:
        if len(arguments) < count:
            raise Failure(f"at least {count} arguments are needed")
        return arguments[:count]

    def _map(self, arguments: list[Value], index: int) -> dict[str, Any]:
        return dict(to_python(as_map(self._context, self._taken(arguments, index + 1)[index])))

    def _query(self, arguments: list[Value]) -> dict[str, Any]:
        if len(arguments) < 2 or isinstance(arguments[1], str | None):
            return {}
        return self._map(arguments, 1)

    def _post(self, task: str, arguments: list[Value]) -> Post:
        target, message = self._taken(arguments, 2)
        connection = as_text(self._context, arguments[2]) if len(arguments) > 2 else ""
        return Post(task, as_text(self._context, target), self._message(message), connection=connection)

    def _post_as_bot(self, name: str, arguments: list[Value]) -> Post:
        target, bot, message = self._taken(arguments, 3)
        task = "postToChannelAsBot" if name == "posttochannelasbot" else "postToChatAsBot"
        connection = as_text(self._context, arguments[3]) if len(arguments) > 3 else ""
        texts = as_text(self._context, target), as_text(self._context, bot)
        return Post(task, texts[0], self._message(message), bot=texts[1], connection=connection)

    @staticmethod
    def _message(message: Value) -> Any:
        if message is None:
            raise Failure("the message is null")
        return to_python(message)

    # Requests

    def _request_function(self, key: str, arguments: list[Value]) -> Value:
        entries: dict[str, Value] = {"url": arguments[0]}
        names: tuple[str, ...]
        if key == "geturl":
            names, entries["type"] = ("headers", "simple"), "GET"
            if len(arguments) > 1 and isinstance(arguments[1], bool):
                names = ("simple",)
        elif key == "posturl":
            names, entries["type"] = ("parameters", "headers", "simple"), "POST"
            if len(arguments) > 2 and isinstance(arguments[2], bool):
                names = ("parameters", "simple")
        else:
            names = ("type", "parameters", "headers", "simple")
        entries |= dict(zip(names, arguments[1:], strict=False))
        simple = entries.pop("simple", True)
        entries["detailed"] = not (simple is None or as_boolean(self._context, simple))
        return self._invoke_url({name: value for name, value in entries.items() if value is not None})

    def _invoke_api(self, entries: dict[str, Value]) -> Value:
        given = {key.lower(): value for key, value in entries.items()}
        service = as_text(self._context, given.pop("service", ""))
        base = next(
            (url for name, url in self._machine.gateway.base_urls.items() if name.lower() == service.lower()), None
        )
        if base is None:
            raise TaskError(
                f'there is no address for the service "{service}"; give one to the gateway: base_urls={{…}}'
            )
        path = as_text(self._context, given.pop("path", ""))
        return self._invoke_url({"url": f"{base.rstrip('/')}/{path.lstrip('/')}", **given})

    def _invoke_url(self, entries: dict[str, Value]) -> Value:
        given = {key.lower(): value for key, value in entries.items()}
        request = self._request(given)
        response = self._machine.gateway.sender(request)
        self._status = response.status
        if len(response.body) > request.limit:
            raise Failure(f"the answer has more than {request.limit:,} bytes")
        self._context.budget.charge(len(response.body))
        content = self._content(response, given)
        if not as_boolean(self._context, given.get("detailed", False)):
            return content
        headers = {name: self._machine.without_secrets(value) for name, value in response.headers.items()}
        return {"responseCode": response.status, "responseHeader": headers, "responseText": content}

    def _request(self, given: dict[str, Value]) -> HttpRequest:
        method = as_text(self._context, given.get("type", "GET")).upper()
        if method not in _METHODS:
            raise Failure(f'"{method[:20]}" is no method; known are {", ".join(sorted(_METHODS))}')
        if given.get("url") is None:
            raise Failure("the url is missing, or null")
        url = as_text(self._context, given["url"]).strip()
        headers = self._headers(given)
        url, body, content_type = self._payload(method, url, given)
        if content_type and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = content_type
        policies = self._context.policies
        return HttpRequest(
            method, url, headers, body, self._secrets(given), policies.request_seconds, policies.response_bytes
        )

    def _headers(self, given: dict[str, Value]) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, value in as_map(self._context, given.get("headers") or {}).items():
            headers[name] = as_text(self._context, value)
        content_type = given.get("content-type", given.get("content type"))
        if content_type is not None:
            headers["Content-Type"] = as_text(self._context, content_type)
        return headers

    def _secrets(self, given: dict[str, Value]) -> dict[str, str]:
        if given.get("connection") is None:
            return {}
        secrets = dict(self._machine.gateway.connection_headers(as_text(self._context, given["connection"])))
        for value in secrets.values():
            self._machine.secrets |= {part for part in (value, *value.split()) if len(part) >= _SHORTEST_SECRET}
        return secrets

    def _payload(self, method: str, url: str, given: dict[str, Value]) -> tuple[str, bytes, str]:
        """Return the URL with its query, the body, and the body's content type."""
        parameters, files = given.get("parameters"), given.get("files")
        if isinstance(parameters, Braces | Collection):
            parameters = parameters.content
        if files is not None:
            return url, *self._multipart(parameters, files)
        if given.get("body") is not None:
            body = given["body"]
            if isinstance(body, File):
                return url, body.content, body.type
            is_json = isinstance(body, dict | list | Braces)
            text = self._context.printer.json(body) if isinstance(body, list) else self._context.text(body)
            return url, text.encode("utf-8", "replace"), "application/json" if is_json else "text/plain; charset=UTF-8"
        if not parameters:
            return url, b"", ""
        if not isinstance(parameters, dict):
            text = self._context.text(parameters)
            if method == "GET":
                return self._with_query(url, text), b"", ""
            return url, text.encode("utf-8", "replace"), "application/x-www-form-urlencoded"
        fields = urlencode([(key, self._field(value)) for key, value in parameters.items()], errors="replace")
        if method == "GET":
            return self._with_query(url, fields), b"", ""
        return url, fields.encode("ascii"), "application/x-www-form-urlencoded"

    def _field(self, value: Value) -> str:
        return "" if value is None else self._context.text(value)

    @staticmethod
    def _with_query(url: str, query: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:
            raise Failure("the url is not an address") from None
        return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))

    def _multipart(self, parameters: Value, files: Value) -> tuple[bytes, str]:
        listed = [files] if isinstance(files, File) else as_list(self._context, files)
        boundary = f"deluge-{uuid.UUID(int=self._context.random.getrandbits(128)).hex}"
        parts: list[bytes] = []
        if isinstance(parameters, str):
            parameters = dict(parse_qsl(parameters, keep_blank_values=True))
        for key, value in (parameters or {}).items():
            head = f'Content-Disposition: form-data; name="{_quoted(key)}"'
            parts.append(f"--{boundary}\r\n{head}\r\n\r\n{self._field(value)}\r\n".encode("utf-8", "replace"))
        for file in listed:
            if not isinstance(file, File):
                raise Failure("files holds what is not a FILE")
            name = _quoted(file.param_name or "file")
            head = f'Content-Disposition: form-data; name="{name}"; filename="{_quoted(file.name)}"'
            start = f"--{boundary}\r\n{head}\r\nContent-Type: {_quoted(file.type)}\r\n\r\n"
            self._context.budget.charge(len(file.content))
            parts += [start.encode("utf-8", "replace"), file.content, b"\r\n"]
        parts.append(f"--{boundary}--\r\n".encode())
        return b"".join(parts), f"multipart/form-data; boundary={boundary}"

    def _content(self, response: HttpResponse, given: dict[str, Value]) -> Value:
        """Return the content of a response: a map or list if it is JSON, otherwise a text or a file."""
        wanted = as_text(self._context, given.get("response-format", "")).upper()
        kind = response.header("content-type").split(";")[0].strip() or "text/plain"
        named = re.search(r'filename="?([^";]+)"?', response.header("content-disposition"))
        if wanted == "FILE" or (not wanted and (named is not None or not _TEXT_TYPES.match(kind))):
            name = (
                named[1]
                if named is not None
                else urlsplit(as_text(self._context, given["url"])).path.rpartition("/")[2]
            )
            return File(name or "file", response.body, kind or media_type(name))
        text = response.body.decode(_charset(response, given, self._context), "replace")
        if wanted == "TEXT":
            return text
        if text.strip()[:1] in ("{", "["):
            try:
                json.loads(text)
            except (ValueError, RecursionError):
                return text
            return read_json(self._context, text)
        return text


def _quoted(text: str) -> str:
    return re.sub(r'[\r\n"]', "_", text)


def _charset(response: HttpResponse, given: dict[str, Value], context: Any) -> str:
    found = re.search(r"charset=\"?([\w.-]+)", response.header("content-type"))
    charset = as_text(context, given.get("response-decoding", found[1] if found else "utf-8"))
    return charset if charset.lower() in _CHARSETS else "utf-8"
