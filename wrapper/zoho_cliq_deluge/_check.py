"""Check a script for syntax errors, and for what is wrong or may go wrong although it follows the grammar."""

from __future__ import annotations

from collections.abc import Collection

from ._checker.answers import check_answers
from ._checker.calls import check_calls
from ._checker.comments import Ignored
from ._checker.findings import Finding, Report
from ._checker.flow import check_flow
from ._checker.handlers import HANDLERS, MESSAGE_ACTION
from ._checker.limits import check_limits
from ._checker.literals import check_literals
from ._checker.nulls import check_nulls
from ._checker.products import check_products
from ._checker.rules import RULES, Rule, Severity, explain, known_rule
from ._checker.tasks import check_requests_in_loops, check_tasks
from ._checker.variables import check_system_variables, check_unused, check_variables
from ._syntax.parser import parse
from ._syntax.syntax_errors import DelugeSyntaxError

__all__ = ["HANDLERS", "RULES", "Finding", "Rule", "Severity", "check", "explain"]

MAXIMUM_BYTES = 250 * 1024
"""The largest script that the API accepts, in bytes of UTF-8."""


def check(
    text: str,
    *,
    handler: str | None = None,
    variables: Collection[str] = (),
    disable: Collection[str] = (),
) -> list[Finding]:
    """Check a script, and return what is wrong with it or may go wrong.

    The comment `// deluge: ignore RULE` switches a rule off for its own line, or for the statement below it.
    `// deluge: ignore-script RULE` switches it off for the whole script. `explain` describes each rule.

    Args:
        text: The script.
        handler: The kind of handler that the script is, a key of `HANDLERS`. Default: a message action's handler. Two
            findings are only warnings with the default, because the script may be of another kind: a variable that
            only another kind of handler has, and a missing ``return`` where the script may be a scheduler's.
        variables: Further variables that have a value when the script starts, such as the parameters of a function
            whose header is not part of the script. Default: none.
        disable: The names of rules to switch off. Default: none.

    Returns:
        The findings in the order of the text.

    Raises:
        ValueError: if there is no such kind of handler or no such rule, or if ``disable`` names ``syntax-error``, which
            cannot be switched off.
    """
    if handler is not None and handler not in HANDLERS:
        raise ValueError(f"there is no handler of the kind {handler[:40]!r}; known are {', '.join(HANDLERS)}")
    off = {known_rule(name).name for name in disable}
    if "syntax-error" in off:
        raise ValueError("syntax-error cannot be switched off: a script that cannot be read cannot be checked")
    report = Report(text)
    if len(text.encode("utf-8", "surrogatepass")) > MAXIMUM_BYTES:
        report.add_at("too-large", 0, 0, "the script has more than 250 KB, which the API refuses; make it shorter")
    report.add_secrets()
    try:
        script = parse(text)
    except DelugeSyntaxError as error:
        report.add_problems(error.errors)
        return [finding for finding in report.findings() if finding.rule not in off]
    kind, is_known = HANDLERS[handler or MESSAGE_ACTION], handler is not None
    is_of_other_kind = check_variables(script, report, kind, known=frozenset(variables), kind_is_known=is_known)
    check_system_variables(script, report)
    check_unused(script, report)
    check_flow(script, report, kind, kind_is_known=is_known)
    check_calls(script, report)
    check_tasks(script, report)
    check_requests_in_loops(script, report)
    check_products(script, report)
    check_nulls(script, report)
    check_limits(script, report)
    check_literals(script, report)
    if (handler or MESSAGE_ACTION) == MESSAGE_ACTION and not is_of_other_kind:
        check_answers(script, report)
    ignored = Ignored(script, report)
    return [finding for finding in report.findings() if finding.rule not in off and not ignored.hides(finding)]
