"""Read, lay out and run Deluge scripts."""

from ._printing import text
from ._values import Collection, File
from .cliq_memory import CliqInMemory
from .failures import DelugeError, DelugeLimitError, DelugeRuntimeError
from .format import format  # noqa: A004
from .http_sender import HttpSender
from .parser import parse
from .policies import Policies
from .run import HANDLER_VARIABLES, Run, run, run_handler
from .syntax_errors import DelugeSyntaxError, SyntaxProblem
from .tasks import Cliq, Gateway, HttpRequest, HttpResponse, Post, Sender, TaskError

__all__ = [
    "HANDLER_VARIABLES",
    "Cliq",
    "CliqInMemory",
    "Collection",
    "DelugeError",
    "DelugeLimitError",
    "DelugeRuntimeError",
    "DelugeSyntaxError",
    "File",
    "Gateway",
    "HttpRequest",
    "HttpResponse",
    "HttpSender",
    "Policies",
    "Post",
    "Run",
    "Sender",
    "SyntaxProblem",
    "TaskError",
    "format",
    "parse",
    "run",
    "run_handler",
    "text",
]
