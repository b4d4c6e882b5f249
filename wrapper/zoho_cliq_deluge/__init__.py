"""Read, lay out and run Deluge scripts."""

from .format import format  # noqa: A004
from .parser import parse
from .syntax_errors import DelugeSyntaxError, SyntaxProblem

__all__ = ["DelugeSyntaxError", "SyntaxProblem", "format", "parse"]
