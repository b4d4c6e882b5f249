"""Format numbers with patterns of Java's DecimalFormat: ``#,##0.00``, ``0.0%``, ``$#,##0.00;($#,##0.00)``."""

from __future__ import annotations

import decimal
import re
from decimal import Decimal

from .._values.arithmetic import DECIMALS
from ..failures import Failure

__all__ = ["format_number", "is_number_format"]

_LONGEST = 100
_PATTERN = re.compile(
    r"(?P<prefix>(?:[^#0,.']|'[^']*')*)(?P<whole>[#,]*[0,]*)(?:\.(?P<must>0*)(?P<may>\#*))?(?P<suffix>(?:[^#0,.']|'[^']*')*)"
)


def is_number_format(pattern: str) -> bool:
    """Return whether a pattern is a number pattern."""
    found = _PATTERN.fullmatch(pattern) if len(pattern) <= _LONGEST else None
    return found is not None and bool(set("#0") & set(found["whole"] + (found["must"] or "") + (found["may"] or "")))


def format_number(number: int | Decimal, pattern: str) -> str:
    """Return a number formatted by a pattern. A second pattern after ``;`` gives the signs around negative numbers.

    Raises:
        Failure: if the pattern is not a number pattern.
    """
    first, _, second = pattern.partition(";")
    found = _PATTERN.fullmatch(first) if len(pattern) <= _LONGEST else None
    negative = _PATTERN.fullmatch(second) if second else None
    if found is None or not is_number_format(first) or (second and not is_number_format(second)):
        raise Failure(f'"{pattern[:40]}" is not a format of numbers')
    prefix, suffix = (found[part].replace("'", "") for part in ("prefix", "suffix"))
    exact = Decimal(number)
    if "%" in prefix + suffix:
        exact = DECIMALS.multiply(exact, Decimal(100))
    least, most = len(found["must"] or ""), len(found["must"] or "") + len(found["may"] or "")
    if exact.adjusted() > 400:
        raise Failure("the number is too large for a format")
    wide = decimal.Context(prec=max(exact.adjusted(), 0) + most + 2, rounding=decimal.ROUND_HALF_EVEN)
    rounded = exact.quantize(Decimal(1).scaleb(-most), context=wide)
    before, _, after = f"{rounded.copy_abs():f}".partition(".")
    after = after.rstrip("0").ljust(least, "0") if most else ""
    whole = found["whole"]
    digits = whole.count("0")
    is_bare = not digits and (least or not whole)  # but in `#.##`, the last `#` before the point counts as `0`
    before = "" if before == "0" and is_bare and after else before.rjust(digits, "0")
    if "," in whole:
        size = len(whole) - whole.rindex(",") - 1
        before = _grouped(before, size) if size else before
    if rounded < 0 and negative is not None:
        prefix, suffix = (negative[part].replace("'", "") for part in ("prefix", "suffix"))
    elif rounded < 0:
        prefix = f"-{prefix}"
    return f"{prefix}{before}{'.' if after else ''}{after}{suffix}"


def _grouped(digits: str, size: int) -> str:
    first = len(digits) % size
    groups = [digits[:first]] if first else []
    groups += [digits[start : start + size] for start in range(first, len(digits), size)]
    return ",".join(groups)
