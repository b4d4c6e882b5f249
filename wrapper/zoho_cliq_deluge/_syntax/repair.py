"""Find the single change of one word that makes several reports vanish: they are about one mistake.

After a misplaced, missing or surplus word the parser often recovers at a wrong place, and reports the consequences
too. Where reports lie close together, this module tries small changes of the words around them in a window of a few
lines. If one change removes all of these reports and causes no other, that change is the mistake, and it alone is
reported.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from .problems import Found, Problems
from .scanner import END, Word, scan
from .syntax_errors import MAXIMUM_PROBLEMS

Attempt: TypeAlias = Callable[[Problems], Any]
"""Reads the text of the problems, and adds its mistakes to them."""

_BUDGET = 150_000  # characters that are read again for one script, so that this takes a fraction of a second
_COST = 150  # characters that take as long as the start of one attempt
_LARGEST_WINDOW = 4_000
_MOST_GROUPS = 8
_MOST_FAR = 3
_MOST_WINDOWS = 2  # a statement that ends behind the window is no obstacle in the second one
_MOST_WORDS = 14  # words around the reports at which changes are tried
_LINES_BETWEEN = 2  # between reports that may be about one mistake
_MARGINS = (1, 2, 8)  # lines before and after the reports in the window
_AROUND = (0, -1, 1, -2, 2)  # words before and after a report, the likelier ones first

_KEYWORDS = (" if ", " else ", " try ", " catch ", " return ")
_BEFORE = {"if": "(", "else": "{", "try": "{", "catch": "(", "return": "{"}  # before what a keyword may be missing
_CLOSING = (")", "}", "]", ";", ",")
_OPENING = ("(", "{", "[", ":", " = ", " + ", ".", " x ", " in ", *_KEYWORDS)
_STARTING = ("(", "{", "[", *_KEYWORDS)
_ENDING = (")", "}", "{", "]", ";", "if", "else")
_INSTEAD = (")", "(", "}", "{", "]", "[", ",", ";", ":", "=", "+", "x", ".", "if", "else", "in")
_MISSING = {
    ";": "missing-semicolon",
    ",": "missing-comma",
    ":": "missing-colon",
    "=": "missing-assignment",
    "+": "missing-operator",
    ".": "missing-dot",
    "x": "missing-value",
    "in": "missing-in",
}
_STATEMENT_END = re.compile(r";[^\S\n]*\n")
_BRACE = re.compile(r"[{}]")
_SURPLUS = frozenset({"extra-comma", "extra-semicolon", "lone-catch", "lone-else", "stray-bracket"})
_PARTNERS = {")": "(", "]": "[", "}": "{"}
_BRACKETS = frozenset("()[]{}")
_OF_BLOCKS = frozenset(
    "lone-block lone-catch lone-else missing-braces stray-bracket try-without-catch unclosed-bracket".split()
)
# Codes that say only that something is wrong at this place. All others name the mistake; their reports are kept.
_VAGUE = frozenset(
    "assignment-in-brackets assignment-in-condition assignment-target bad-name catch-name colon-before-block "
    "comparison-statement comprehension condition-brackets else-condition equals-in-task extra-comma extra-semicolon "
    "for-without-each index lone-block lone-catch lone-else missing-braces missing-colon missing-comma "
    "missing-condition missing-in missing-operator missing-semicolon missing-value mixed-braces pair-in-list "
    "quote-in-text semicolon-in-braces semicolon-in-call semicolon-in-task split-operator stray-assignment "
    "stray-bracket stray-comma task-as-value task-brackets try-without-catch unclosed-bracket unexpected unfinished "
    "unknown-statement wrong-bracket wrong-brackets".split()
)


class _Edit(NamedTuple):
    """A change of the text, and what to say about it."""

    start: int
    end: int
    new: str
    code: str
    message: str
    hint: str
    place: tuple[int, int]


_Key: TypeAlias = tuple[int, str]


def without_consequences(problems: Problems, attempt: Attempt) -> Problems:
    """Return the problems, with those that one small change would mend replaced by a single one."""
    found = problems.found()
    if not 1 < len(found) < MAXIMUM_PROBLEMS:
        return problems
    search = _Search(attempt)
    edits: list[_Edit] = []
    groups = _groups(problems.text, found, _LINES_BETWEEN)
    for group in [each for each in groups if len(each) > 1][:_MOST_GROUPS]:
        edit = search.edit(problems.text, group)
        # Without one, the group may hold several mistakes, each on its line.
        lines = [] if edit else [each for each in _groups(problems.text, group, 0) if 1 < len(each) < len(group)]
        for each in [edit, *(search.edit(problems.text, line) for line in lines)]:
            if each and (not edits or edits[-1].end < each.start):
                edits.append(each)
    if edits:
        return _with(problems, edits, attempt)
    if len(problems.text) <= _LARGEST_WINDOW and sum(each.problem.code in _OF_BLOCKS for each in found) > 1:
        search.budget = _BUDGET
        for group in groups[:_MOST_FAR]:  # a report may have its consequences far behind it
            edit = search.edit(problems.text, group, whole=True)
            merged = _with(problems, [edit], attempt) if edit is not None else problems
            if len(merged) < len(problems):
                return merged
    return problems


def _groups(text: str, found: list[Found], lines: int) -> list[list[Found]]:
    """Return groups of reports that may be about one mistake, of those reports that do not name theirs."""
    groups: list[list[Found]] = []
    for each in found:
        if each.problem.code not in _VAGUE:
            continue
        last = groups[-1][-1] if groups else None
        if last is not None and each.problem.line - last.problem.line <= lines and not _is_apart(text, last, each):
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _is_apart(text: str, last: Found, found: Found) -> bool:
    """Return whether two reports are about statements on different lines, and the second one not about a block."""
    if found.problem.code in _OF_BLOCKS:
        return False
    is_next_line = last.problem.code == "missing-semicolon" and found.problem.line > last.problem.line
    return is_next_line or _STATEMENT_END.search(text, last.start, found.start) is not None


def _with(problems: Problems, edits: list[_Edit], attempt: Attempt) -> Problems:
    """Return the problems of the changed text at their places in the original text, and those that were mended."""
    text = problems.text
    for edit in reversed(edits):
        text = text[: edit.start] + edit.new + text[edit.end :]
    rest = Problems(text)
    attempt(rest)
    result = Problems(problems.text)
    for edit in edits:
        result.add(edit.code, edit.message, edit.hint, *edit.place)
    for start, end, problem in rest.found():
        result.add(problem.code, problem.message, problem.hint, _back(start, edits), _back(end, edits))
    return result if len(result) < len(problems) else problems


def _back(offset: int, edits: list[_Edit]) -> int:
    """Return where an offset of the changed text is in the original text."""
    shift = 0
    for edit in edits:
        if offset + shift < edit.start:
            break
        shift = max(shift + edit.end - edit.start - len(edit.new), edit.start - offset)
    return offset + shift


class _Search:
    """Looks for the change that mends a group of reports, within a budget."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.budget = _BUDGET

    def edit(self, text: str, group: list[Found], *, whole: bool = False) -> _Edit | None:
        """Return the first change after which a window of the text has only reports that it had before.

        Those of the group are not among them. With `whole`, the window is the text.
        """
        tried = 0
        windows = [(0, len(text))] if whole else _windows(text, group)
        for start, end in dict.fromkeys(windows):
            window = text[start:end]
            before = self._reports(window, MAXIMUM_PROBLEMS)
            wanted = {(each.start - start, each.problem.code) for each in group}
            if not wanted <= before:
                continue
            tried += 1
            rest = before - wanted
            named = {each for each in rest if each[1] not in _VAGUE}
            words, _ = scan(window, Problems(window))
            for edit in _edits(window, words, [each.start - start for each in group]):
                if _unbalances(words, edit):
                    continue
                if self.budget < 0:
                    return None
                changed = window[: edit.start] + edit.new + window[edit.end :]
                after = self._reports(changed, len(rest) + 1)
                if _moved(named, edit) <= after <= _moved(rest, edit):
                    return _kept(_shifted(edit, start), group)
            if tried == _MOST_WINDOWS:
                break
        return None

    def _reports(self, text: str, most: int) -> set[_Key]:
        """Return the places and codes of a text's mistakes, at most `most` of them."""
        self.budget -= len(text) + _COST
        problems = Problems(text, most)
        self.attempt(problems)
        return {(each.start, each.problem.code) for each in problems.found()}


def _windows(text: str, group: list[Found]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of the lines of a group's reports, then of larger parts of the text."""
    start, end = group[0].start, max(each.end for each in group)
    for lines in _MARGINS:
        for _ in range(lines):
            start = max(text.rfind("\n", 0, start), 0)
            end = text.find("\n", end + 1)
            end = len(text) if end < 0 else end
        if end - start > _LARGEST_WINDOW:
            return
        yield start, end
        yield start, max(end, start + _closed(text[start : start + _LARGEST_WINDOW]))


def _closed(text: str) -> int:
    """Return the end of the line on which the blocks of a text's first lines are closed."""
    depth, end = 0, 0
    for found in _BRACE.finditer(text):
        depth += 1 if found[0] == "{" else -1
        if depth <= 0:
            end = found.end()
            if depth < 0:
                break
    end = text.find("\n", end)
    return len(text) if end < 0 else end


def _moved(keys: set[_Key], edit: _Edit) -> set[_Key]:
    grown = len(edit.new) - (edit.end - edit.start)
    return {(start + grown if start >= edit.end else start, code) for start, code in keys}


def _shifted(edit: _Edit, by: int) -> _Edit:
    return edit._replace(start=edit.start + by, end=edit.end + by, place=(edit.place[0] + by, edit.place[1] + by))


def _kept(edit: _Edit, group: list[Found]) -> _Edit:
    """Return the edit with the text of the report of the group that names the mistake, if there is one."""
    for start, end, problem in group:
        closes = problem.code == "unclosed-bracket" and edit.new in _BRACKETS and edit.start == edit.end
        removes = problem.code in _SURPLUS and start == edit.start and edit.code == "unexpected" and not edit.new
        if closes or removes:
            return edit._replace(code=problem.code, message=problem.message, hint=problem.hint, place=(start, end))
    return edit


def _unbalances(words: list[Word], edit: _Edit) -> bool:
    """Return whether an edit changes brackets, and no fewer of them than before lack their partner."""
    before = [each for each in words if each.text in _BRACKETS]
    first = bisect_left(before, edit.start, key=_start)
    last = bisect_left(before, edit.end, key=_start)
    old, new = [each.text for each in before], [each for each in edit.new if each in _BRACKETS]
    return old[first:last] != new and _unmatched([*old[:first], *new, *old[last:]]) >= _unmatched(old)


def _unmatched(brackets: list[str]) -> int:
    """Return how many brackets have no partner."""
    open_: list[str] = []
    count = 0
    for each in brackets:
        if each not in _PARTNERS:
            open_.append(each)
        elif open_ and open_[-1] == _PARTNERS[each]:
            open_.pop()
        else:
            count += 1
    return count + len(open_)


def _edits(text: str, words: list[Word], places: list[int]) -> Iterator[_Edit]:
    """Yield changes of one word near these places, the likelier ones first. None joins the statements of two lines."""
    near = _near(words, places)
    inner = [at for at in near if words[at].kind != END]
    for at in inner:
        if at and words[at - 1].text == words[at].text:
            yield _removal(words[at], "doubled-word", "stands twice")
    for at in near:
        yield from _insertions(words[at - 1] if at else None, words[at])
    for at in inner:
        if words[at].text != ";" or not words[at + 1].first:
            yield _removal(words[at], "unexpected", "cannot stand here")
    for at in inner:
        if not words[at + 1].first:
            yield _exchange(text, words[at], words[at + 1])
    for at in inner:
        yield from _replacements(words[at], words[at + 1])


def _near(words: list[Word], places: list[int]) -> list[int]:
    """Return the indexes of words near these places, the nearest first, and of the words that begin their lines."""
    found = [bisect_right(words, place, key=_end) for place in places]
    found = [min(at, len(words) - 1) for at in found]
    near = [at + step for step in _AROUND for at in found]
    for at in [*found, *(at - 1 for at in found)]:
        while at > 0 and not words[at].first:
            at -= 1
        near.append(at)
    return list(dict.fromkeys(at for at in near if 0 <= at < len(words)))[:_MOST_WORDS]


def _start(word: Word) -> int:
    return word.start


def _end(word: Word) -> int:
    return word.start + len(word.text)


def _removal(word: Word, code: str, says: str) -> _Edit:
    place = (word.start, _end(word))
    return _Edit(*place, "", code, f"{_shown(word.text)} {says}", "remove it", place)


def _insertions(before: Word | None, word: Word) -> Iterator[_Edit]:
    """Yield edits that add a sign behind the word before this one, or a sign or word before this one."""
    if before is not None:
        end = _end(before)
        for new in _CLOSING[:-1] if word.first else _CLOSING:
            message = f"`{new}` is missing behind {_shown(before.text)}"
            yield _Edit(end, end, new, _MISSING.get(new, "missing-bracket"), message, "add it", (end, end))
    for keyword in ("if", "catch"):
        if word.text.startswith(keyword) and word.text != keyword:
            at = word.start + len(keyword)
            message = f"`(` is missing behind `{keyword}`"
            yield _Edit(at, at, "(", "missing-bracket", message, "add it", (at, at))
    for new in _STARTING if word.first else _OPENING:
        sign = new.strip()
        if word.text not in _BEFORE.get(sign, word.text):
            continue
        missing = {"x": "a value", "+": "an operator"}.get(sign, f"`{sign}`")
        message = f"{missing} is missing before {_shown(word.text)}"
        code = _MISSING.get(sign, "missing-word" if sign.isalpha() else "missing-bracket")
        yield _Edit(word.start, word.start, new, code, message, "add it", (word.start, _end(word)))


def _exchange(text: str, word: Word, following: Word) -> _Edit:
    place = (word.start, _end(following))
    between = text[_end(word) : following.start]
    message = f"{_shown(word.text)} and {_shown(following.text)} stand in the wrong order"
    return _Edit(*place, f"{following.text}{between}{word.text}", "wrong-order", message, "exchange them", place)


def _replacements(word: Word, following: Word) -> Iterator[_Edit]:
    place = (word.start, _end(word))
    for new in _ENDING if following.first else _INSTEAD:
        if new == ";" and word.kind != "sign":
            continue
        hint = "write a name or value instead" if new == "x" else f"write `{new}` instead"
        yield _Edit(*place, f" {new} ", "unexpected", f"{_shown(word.text)} cannot stand here", hint, place)


def _shown(text: str) -> str:
    if not text:
        return "the end of the script"
    return f"`{text}`" if len(text) <= 24 else f"`{text[:23]}…`"
