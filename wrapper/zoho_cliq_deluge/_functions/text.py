"""Functions of text."""

from __future__ import annotations

import re

from .._values.budget import text_size
from .._values.context import Context
from .._values.types import Value
from ..failures import Failure
from .regex import matches_whole, replace, replace_literally
from .registry import builtin

__all__: list[str] = []

_LETTERS = re.compile(r"[^\W\d_]+")
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")
_OTHER_THAN_LETTERS = re.compile(r"[\W\d_]+")
_OTHER_THAN_LETTERS_AND_DIGITS = re.compile(r"[\W_]+")


def _small(text: str) -> str:
    """Return a text in lower case with the same length; letters whose lower case is longer are kept."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


@builtin("contains")
def contains(context: Context, text: str, search: str) -> Value:
    """Return whether a text contains another."""
    return search in text


@builtin("containsIgnoreCase")
def contains_ignore_case(context: Context, text: str, search: str) -> Value:
    """Return whether a text contains another; case is ignored."""
    return _small(search) in _small(text)


@builtin("notContains")
def not_contains(context: Context, text: str, search: str) -> Value:
    """Return whether a text does not contain another."""
    return search not in text


@builtin("startsWith")
def starts_with(context: Context, text: str, search: str) -> Value:
    """Return whether a text begins with another."""
    return text.startswith(search)


@builtin("startsWithIgnoreCase")
def starts_with_ignore_case(context: Context, text: str, search: str) -> Value:
    """Return whether a text begins with another; case is ignored."""
    return _small(text).startswith(_small(search))


@builtin("endsWith")
def ends_with(context: Context, text: str, search: str) -> Value:
    """Return whether a text ends with another."""
    return text.endswith(search)


@builtin("endsWithIgnoreCase")
def ends_with_ignore_case(context: Context, text: str, search: str) -> Value:
    """Return whether a text ends with another; case is ignored."""
    return _small(text).endswith(_small(search))


@builtin("equalsIgnoreCase")
def equals_ignore_case(context: Context, text: str, other: str) -> Value:
    """Return whether two texts are equal; case is ignored."""
    return _small(text) == _small(other)


@builtin("indexOf", "find")
def index_of(context: Context, text: str, search: str, start: int = 0) -> Value:
    """Return the index of the first occurrence of another text, counted from 0; -1 if there is none."""
    return text.find(search, max(start, 0))


@builtin("lastIndexOf")
def last_index_of(context: Context, text: str, search: str) -> Value:
    """Return the index of the last occurrence of another text, counted from 0; -1 if there is none."""
    return text.rfind(search)


@builtin("matches")
def matches(context: Context, text: str, pattern: str) -> Value:
    """Return whether a regular expression matches the whole text."""
    return matches_whole(context, pattern, text)


@builtin("getOccurenceCount", "getOccurence", "getOccurrenceCount")
def get_occurence_count(context: Context, text: str, search: str) -> Value:
    """Return how often another text occurs; 0 for the empty text."""
    return text.count(search) if search else 0


@builtin("getPrefix")
def get_prefix(context: Context, text: str, search: str) -> Value:
    """Return the text before the first occurrence of another; null if there is none."""
    before, found, _ = text.partition(search) if search else ("", "-", "")
    return before if found else None


@builtin("getPrefixIgnoreCase")
def get_prefix_ignore_case(context: Context, text: str, search: str) -> Value:
    """Return the text before the first occurrence of another, ignoring case; null if there is none."""
    at = _small(text).find(_small(search))
    return text[:at] if at >= 0 else None


def _without_suffix(context: Context, text: str) -> Value:
    return {"null": None, "empty": "", "text": text}[context.policies.suffix_without_match]


@builtin("getSuffix")
def get_suffix(context: Context, text: str, search: str) -> Value:
    """Return the text after the first occurrence of another; without one, what ``suffix_without_match`` says."""
    at = text.find(search)
    return text[at + len(search) :] if at >= 0 else _without_suffix(context, text)


@builtin("getSuffixIgnoreCase")
def get_suffix_ignore_case(context: Context, text: str, search: str) -> Value:
    """Return the text after the first occurrence of another, as `get_suffix`, ignoring case."""
    at = _small(text).find(_small(search))
    return text[at + len(search) :] if at >= 0 else _without_suffix(context, text)


@builtin("subString", "subText", "mid")
def sub_string(context: Context, text: str, start: int, end: int | None = None) -> Value:
    """Return the characters from ``start`` to before ``end``; a negative ``end`` means the end of the text."""
    last = len(text) if end is None or end < 0 else end
    if start < 0:
        raise Failure(f"start index {start} is negative")
    if start > len(text):
        raise Failure(f"start index {start} is greater than the length of the text, {len(text)}")
    if last > len(text):
        raise Failure(f"end index {last} is greater than the length of the text, {len(text)}")
    if last < start:
        raise Failure(f"end index {last} is less than start index {start}")
    return text[start:last]


@builtin("left")
def left(context: Context, text: str, count: int) -> Value:
    """Return the first characters."""
    if count < 0:
        raise Failure(f"the number of characters is negative: {count}")
    return text[:count]


@builtin("right")
def right(context: Context, text: str, count: int) -> Value:
    """Return the last characters."""
    if count < 0:
        raise Failure(f"the number of characters is negative: {count}")
    return text[-count:] if count else ""


@builtin("length", "len")
def length(context: Context, text: str) -> Value:
    """Return the number of characters."""
    return len(text)


@builtin("leftpad")
def leftpad(context: Context, text: str, total: int) -> Value:
    """Return a text padded with spaces on the left to a total length."""
    context.budget.charge(text_size(max(total, 0), text))
    return text.rjust(total)


@builtin("rightpad")
def rightpad(context: Context, text: str, total: int) -> Value:
    """Return a text padded with spaces on the right to a total length."""
    context.budget.charge(text_size(max(total, 0), text))
    return text.ljust(total)


@builtin("repeat")
def repeat(context: Context, text: str, times: int) -> Value:
    """Return a text repeated a number of times."""
    context.budget.charge(text_size(len(text) * max(times, 0), text))
    return text * times


@builtin("reverse")
def reverse(context: Context, text: str) -> Value:
    """Return the characters of a text in reverse order."""
    return text[::-1]


@builtin("reverse")
def reverse_list(context: Context, values: list[Value]) -> Value:
    """Return the characters of a list's text in reverse order."""
    return context.text(values)[::-1]


@builtin("concat")
def concat(context: Context, text: str, other: str) -> Value:
    """Return the concatenation of two texts."""
    context.budget.charge(text_size(len(text) + len(other), text, other))
    return text + other


@builtin("trim")
def trim(context: Context, text: str) -> Value:
    """Return a text without leading and trailing whitespace."""
    return text.strip()


@builtin("ltrim")
def ltrim(context: Context, text: str) -> Value:
    """Return a text without leading whitespace."""
    return text.lstrip()


@builtin("rtrim")
def rtrim(context: Context, text: str) -> Value:
    """Return a text without trailing whitespace."""
    return text.rstrip()


@builtin("toUpperCase", "upper")
def to_upper_case(context: Context, text: str) -> Value:
    """Return a text in upper case."""
    return text.upper()


@builtin("toLowerCase", "lower")
def to_lower_case(context: Context, text: str) -> Value:
    """Return a text in lower case."""
    return text.lower()


@builtin("proper")
def proper(context: Context, text: str) -> Value:
    """Return a text in which each word has its first letter in upper case and the others in lower case."""
    return re.sub(r"(?<!\S)\S", lambda first: first[0].upper(), text.lower())


@builtin("remove")
def remove(context: Context, text: str, search: str) -> Value:
    """Return a text without any occurrence of another."""
    return text.replace(search, "") if search else text


@builtin("removeFirstOccurence", "removeFirstOccurrence")
def remove_first_occurence(context: Context, text: str, search: str) -> Value:
    """Return a text without the first occurrence of another."""
    return text.replace(search, "", 1) if search else text


@builtin("removeLastOccurence", "removeLastOccurrence")
def remove_last_occurence(context: Context, text: str, search: str) -> Value:
    """Return a text without the last occurrence of another."""
    at = text.rfind(search)
    return text[:at] + text[at + len(search) :] if at >= 0 else text


@builtin("removeAllAlpha")
def remove_all_alpha(context: Context, text: str) -> Value:
    """Return a text without its letters."""
    return _LETTERS.sub("", text)


@builtin("removeAllAlphaNumeric")
def remove_all_alpha_numeric(context: Context, text: str) -> Value:
    """Return a text without its letters and digits."""
    return _LETTERS_AND_DIGITS.sub("", text)


@builtin("getAlpha")
def get_alpha(context: Context, text: str) -> Value:
    """Return the letters of a text."""
    return _OTHER_THAN_LETTERS.sub("", text)


@builtin("getAlphaNumeric")
def get_alpha_numeric(context: Context, text: str) -> Value:
    """Return the letters and digits of a text."""
    return _OTHER_THAN_LETTERS_AND_DIGITS.sub("", text)


@builtin("replaceAll")
def replace_all(context: Context, text: str, search: str, replacement: str, literal: bool = False) -> Value:
    """Return a text in which all matches of a regular expression, or of a literal text, are replaced."""
    if literal:
        return replace_literally(context, text, search, replacement, all=True)
    return replace(context, text, search, replacement, ignore_case=False, all=True)


@builtin("replaceAllIgnoreCase")
def replace_all_ignore_case(context: Context, text: str, search: str, replacement: str, literal: bool = False) -> Value:
    """Return the result of `replace_all`, ignoring case."""
    if literal:
        search, replacement = _as_pattern(search), _as_pattern(replacement)
    return replace(context, text, search, replacement, ignore_case=True, all=True)


@builtin("replaceFirst")
def replace_first(context: Context, text: str, search: str, replacement: str, literal: bool = False) -> Value:
    """Return a text in which the first match of a regular expression, or of a literal text, is replaced."""
    if literal:
        return replace_literally(context, text, search, replacement, all=False)
    return replace(context, text, search, replacement, ignore_case=False, all=False)


@builtin("replaceFirstIgnoreCase")
def replace_first_ignore_case(
    context: Context, text: str, search: str, replacement: str, literal: bool = False
) -> Value:
    """Return the result of `replace_first`, ignoring case."""
    if literal:
        search, replacement = _as_pattern(search), _as_pattern(replacement)
    return replace(context, text, search, replacement, ignore_case=True, all=False)


def _as_pattern(text: str) -> str:
    """Return a text in which the special characters of patterns and replacements are escaped."""
    return re.sub(r"([^\w\s])", r"\\\1", text, flags=re.ASCII)


@builtin("isAscii")
def is_ascii(context: Context, text: str) -> Value:
    """Return whether all characters are ASCII."""
    return text.isascii()


@builtin("textToHex")
def text_to_hex(context: Context, text: str) -> Value:
    """Return the bytes of a text in UTF-8 as hexadecimal digits."""
    return text.encode("utf-8", "replace").hex()


@builtin("hexToText")
def hex_to_text(context: Context, digits: str) -> Value:
    """Return the text whose bytes in UTF-8 are given as hexadecimal digits."""
    try:
        return bytes.fromhex(digits).decode("utf-8", "replace")
    except ValueError:
        raise Failure("the text does not consist of hexadecimal digits") from None


@builtin("getAsString")
def get_as_string(context: Context, text: str, index: int) -> Value:
    """Return one part of a comma-separated text, by its index from 0."""
    parts = text.split(",")
    if not 0 <= index < len(parts):
        raise Failure(f"Given index {index} is greater than the list size")
    return parts[index]
