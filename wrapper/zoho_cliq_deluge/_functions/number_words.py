"""Numbers in words, in the ten languages of ``toWords``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from ..failures import Failure

__all__ = ["in_words"]

_LIMIT = 10**18
_MOST_DECIMALS = 40

_EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_EN_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_DE_SMALL = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn"
).split()
_DE_TENS = "_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_FR_SMALL = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf"
).split()
_FR_TENS = "_ _ vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt".split()
_IT_SMALL = (
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove"
).split()
_IT_TENS = "_ _ venti trenta quaranta cinquanta sessanta settanta ottanta novanta".split()
_ES_SMALL = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
).split()
_ES_TENS = "_ _ veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_ES_HUNDREDS = (
    "_ ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
).split()


def _groups(number: int, scales: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """Return how often each scale, from the largest on, is contained in a number, and the remainder."""
    counts = []
    for scale in scales:
        count, number = divmod(number, scale)
        counts.append(count)
    return tuple(counts), number


def _english_below_1000(number: int, joined: str) -> str:
    hundreds, rest = divmod(number, 100)
    tens, unit = divmod(rest, 10)
    small = _EN_SMALL[rest] if rest < 20 else _EN_TENS[tens] + (f"-{_EN_SMALL[unit]}" if unit else "")
    if not hundreds:
        return small
    return f"{_EN_SMALL[hundreds]} hundred" + (f"{joined}{small}" if rest else "")


def _english(number: int, joined: str, scales: dict[int, str]) -> str:
    if number == 0:
        return "zero"
    counts, rest = _groups(number, tuple(scales))
    parts = [
        f"{_english(count, joined, scales)} {name}"
        for count, name in zip(counts, scales.values(), strict=True)
        if count
    ]
    if rest:
        words = _english_below_1000(rest, joined)
        parts.append(f"and {words}" if parts and rest < 100 and "and" in joined else words)
    return " ".join(parts)


_WESTERN = {10**15: "quadrillion", 10**12: "trillion", 10**9: "billion", 10**6: "million", 1000: "thousand"}
_INDIAN = {10**7: "crore", 10**5: "lakh", 1000: "thousand"}


def _american(number: int) -> str:
    return _english(number, " ", _WESTERN)


def _british(number: int) -> str:
    return _english(number, " and ", _WESTERN)


def _of_india(number: int) -> str:
    return _english(number, " and ", _INDIAN)


def _german_below_1000(number: int, last: bool) -> str:
    hundreds, rest = divmod(number, 100)
    tens, unit = divmod(rest, 10)
    if rest == 1 and not last:
        small = "ein"
    elif rest < 20:
        small = _DE_SMALL[rest]
    else:
        small = (("ein" if unit == 1 else _DE_SMALL[unit]) + "und" if unit else "") + _DE_TENS[tens]
    if not hundreds:
        return small
    return ("ein" if hundreds == 1 else _DE_SMALL[hundreds]) + "hundert" + (small if rest else "")


def _german(number: int) -> str:
    if number == 0:
        return "null"
    counts, rest = _groups(number, (10**15, 10**12, 10**9, 10**6, 1000))
    names = (
        ("Billiarde", "Billiarden"),
        ("Billion", "Billionen"),
        ("Milliarde", "Milliarden"),
        ("Million", "Millionen"),
    )
    parts = []
    for count, (one, many) in zip(counts, names, strict=False):
        if count:
            parts.append(f"eine {one}" if count == 1 else f"{_german_below_1000(count, last=True)} {many}")
    low = _german_below_1000(counts[-1], last=False) + "tausend" if counts[-1] else ""
    low += _german_below_1000(rest, last=True) if rest else ""
    return " ".join([*parts, low] if low else parts)


def _french_below_100(number: int, last: bool) -> str:
    if number < 20:
        return _FR_SMALL[number]
    tens, unit = divmod(number, 10)
    if tens in (7, 9):
        unit += 10
    if number == 80:
        return "quatre-vingts" if last else "quatre-vingt"
    if not unit:
        return _FR_TENS[tens]
    if unit in (1, 11) and tens < 8:
        return f"{_FR_TENS[tens]} et {_FR_SMALL[unit]}"
    return f"{_FR_TENS[tens]}-{_FR_SMALL[unit]}"


def _french_below_1000(number: int, last: bool) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _french_below_100(rest, last)
    front = "cent" if hundreds == 1 else f"{_FR_SMALL[hundreds]} cent"
    if not rest:
        return front + ("s" if hundreds > 1 and last else "")
    return f"{front} {_french_below_100(rest, last)}"


def _french(number: int) -> str:
    if number == 0:
        return "zéro"
    counts, rest = _groups(number, (10**15, 10**12, 10**9, 10**6, 1000))
    parts = []
    for count, name in zip(counts, ("billiard", "billion", "milliard", "million"), strict=False):
        if count:
            parts.append(f"{_french_below_1000(count, last=True)} {name}{'s' if count > 1 else ''}")
    if counts[-1]:
        parts.append("mille" if counts[-1] == 1 else f"{_french_below_1000(counts[-1], last=False)} mille")
    if rest:
        parts.append(_french_below_1000(rest, last=True))
    return " ".join(parts)


def _italian_below_1000(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    tens, unit = divmod(rest, 10)
    if rest < 20:
        small = _IT_SMALL[rest] if rest else ""
    else:
        front = _IT_TENS[tens][:-1] if unit in (1, 8) else _IT_TENS[tens]
        small = front + ("tré" if unit == 3 else _IT_SMALL[unit] if unit else "")
    if not hundreds:
        return small
    front = ("" if hundreds == 1 else _IT_SMALL[hundreds]) + "cento"
    return (front[:-1] if tens == 8 else front) + small


def _italian(number: int) -> str:
    if number == 0:
        return "zero"
    counts, rest = _groups(number, (10**15, 10**12, 10**9, 10**6, 1000))
    names = (("biliardo", "biliardi"), ("bilione", "bilioni"), ("miliardo", "miliardi"), ("milione", "milioni"))
    parts = []
    for count, (one, many) in zip(counts, names, strict=False):
        if count:
            parts.append(f"un {one}" if count == 1 else f"{_italian_below_1000(count)} {many}")
    thousands = counts[-1]
    low = ("mille" if thousands == 1 else f"{_italian_below_1000(thousands)}mila") if thousands else ""
    low += _italian_below_1000(rest) if rest else ""
    return " ".join([*parts, low] if low else parts)


def _spanish_below_1000(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    tens, unit = divmod(rest, 10)
    small = _ES_SMALL[rest] if rest < 30 else _ES_TENS[tens] + (f" y {_ES_SMALL[unit]}" if unit else "")
    if not hundreds:
        return small
    if number == 100:
        return "cien"
    return _ES_HUNDREDS[hundreds] + (f" {small}" if rest else "")


def _spanish_before_noun(words: str) -> str:
    """Return number words in the form before ``mil`` and ``millones``: ``uno`` loses its last letter."""
    if words.endswith("veintiuno"):
        return f"{words[:-3]}ún"
    return words[:-1] if words.endswith("uno") else words


def _spanish_below_million(number: int) -> str:
    thousands, rest = divmod(number, 1000)
    parts = []
    if thousands:
        parts.append("mil" if thousands == 1 else f"{_spanish_before_noun(_spanish_below_1000(thousands))} mil")
    if rest:
        parts.append(_spanish_below_1000(rest))
    return " ".join(parts)


def _spanish(number: int) -> str:
    if number == 0:
        return "cero"
    (trillions, millions), rest = _groups(number, (10**12, 10**6))
    parts = []
    for count, one, many in ((trillions, "billón", "billones"), (millions, "millón", "millones")):
        if count:
            words = _spanish_before_noun(_spanish_below_million(count))
            parts.append(f"un {one}" if count == 1 else f"{words} {many}")
    if rest:
        parts.append(_spanish_below_million(rest))
    return " ".join(parts)


class _Myriads(NamedTuple):
    """How a language that counts in powers of 10,000 writes numbers."""

    digits: str
    places: tuple[str, ...]
    scales: tuple[str, ...]
    one_before_places: bool
    one_before_scale: bool
    fills_gaps: bool


_JAPANESE = _Myriads("〇一二三四五六七八九", ("", "十", "百", "千"), ("", "万", "億", "兆", "京"), False, True, False)
_KOREAN = _Myriads("영일이삼사오육칠팔구", ("", "십", "백", "천"), ("", "만", "억", "조", "경"), False, False, False)
_CHINESE = _Myriads("零一二三四五六七八九", ("", "十", "百", "千"), ("", "万", "亿", "兆", "京"), True, True, True)


def _myriads(number: int, language: _Myriads) -> str:
    if number == 0:
        return language.digits[0]
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    words = ""
    gap = False
    for position in range(len(groups) - 1, -1, -1):
        group = groups[position]
        if not group:
            gap = bool(words)
            continue
        if language.fills_gaps and words and (gap or group < 1000):
            words += language.digits[0]
        gap = False
        part = _below_myriad(group, language, leading=not words)
        if group == 1 and position == 1 and not words and not language.one_before_scale:
            part = ""
        words += part + language.scales[position]
    return words


def _below_myriad(group: int, language: _Myriads, leading: bool) -> str:
    words = ""
    gap = False
    for position in range(3, -1, -1):
        digit = group // 10**position % 10
        if not digit:
            gap = bool(words)
            continue
        if gap and language.fills_gaps:
            words += language.digits[0]
        gap = False
        silent = digit == 1 and position and not language.one_before_places
        # Chinese begins 10 to 19 without the one: 十二, but 一百一十二.
        silent = silent or (language.fills_gaps and digit == 1 and position == 1 and leading and not words)
        words += ("" if silent else language.digits[digit]) + language.places[position]
    return words


class _Language(NamedTuple):
    whole: Callable[[int], str]
    minus: str
    point: str
    between: str = " "


_LANGUAGES: dict[str, _Language] = {
    "en-us": _Language(_american, "minus", "point"),
    "en-gb": _Language(_british, "minus", "point"),
    "en-in": _Language(_of_india, "minus", "point"),
    "de": _Language(_german, "minus", "Komma"),
    "fr": _Language(_french, "moins", "virgule"),
    "it": _Language(_italian, "meno", "virgola"),
    "es": _Language(_spanish, "menos", "coma"),
    "ja": _Language(lambda number: _myriads(number, _JAPANESE), "マイナス", "・", ""),
    "ko": _Language(lambda number: _myriads(number, _KOREAN), "마이너스 ", "점", ""),
    "zh": _Language(lambda number: _myriads(number, _CHINESE), "负", "点", ""),
}


def in_words(number: Decimal, language: str) -> str:
    """Return a number in words. The digits after the decimal point are spelled one by one.

    Raises:
        Failure: if the language is unknown, or the number is too large or too long.
    """
    chosen = _LANGUAGES.get(language.lower())
    if chosen is None:
        raise Failure(f'there is no language "{language[:20]}"; known are {", ".join(sorted(_LANGUAGES))}')
    if abs(number) >= _LIMIT or -int(number.as_tuple().exponent) > _MOST_DECIMALS:
        raise Failure("only numbers below 10 to the power of 18, with up to 40 decimals, can be put in words")
    before, _, after = f"{number.copy_abs():f}".partition(".")
    parts = [chosen.minus] if number < 0 else []
    parts.append(chosen.whole(int(before)))
    after = after.rstrip("0")
    if after:
        parts += [chosen.point, *(chosen.whole(int(digit)) for digit in after)]
    return chosen.between.join(parts)
