"""Read, lay out and run Deluge scripts."""

from .parser import parse
from .syntax_errors import DelugeSyntaxError, SyntaxProblem

__all__ = ["DelugeSyntaxError", "SyntaxProblem", "parse"]
