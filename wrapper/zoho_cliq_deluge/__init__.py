"""Parse, check, format and run Deluge scripts."""

try:
    from ._check import HANDLERS, RULES, Finding, Rule, check, explain
    from ._run import HANDLER_VARIABLES, Run, TaskCall, run, run_handler
    from ._syntax.layout import format  # noqa: A004
    from ._syntax.parser import parse
    from ._syntax.secrets import hide_secrets
    from ._syntax.syntax_errors import DelugeSyntaxError, SyntaxProblem
    from ._values.printing import text
    from ._values.types import Collection, File
    from .cliq_memory import CliqInMemory
    from .failures import DelugeError, DelugeLimitError, DelugeRuntimeError
    from .gateway import Gateway
    from .http_sender import HttpSender
    from .policies import Policies
    from .tasks import Cliq, HttpRequest, HttpResponse, Post, Sender, TaskError
except ModuleNotFoundError as error:
    if error.name not in ("cryptography", "lark", "regex"):
        raise
    message = f"zoho_cliq_deluge needs the extra `deluge`: pip install '.[deluge]' in a checkout of zoho-cliq ({error})"
    raise ModuleNotFoundError(message, name=error.name) from None

__all__ = [
    "HANDLERS",
    "HANDLER_VARIABLES",
    "RULES",
    "Cliq",
    "CliqInMemory",
    "Collection",
    "DelugeError",
    "DelugeLimitError",
    "DelugeRuntimeError",
    "DelugeSyntaxError",
    "File",
    "Finding",
    "Gateway",
    "HttpRequest",
    "HttpResponse",
    "HttpSender",
    "Policies",
    "Post",
    "Rule",
    "Run",
    "Sender",
    "SyntaxProblem",
    "TaskCall",
    "TaskError",
    "check",
    "explain",
    "format",
    "hide_secrets",
    "parse",
    "run",
    "run_handler",
    "text",
]
