"""Folding: one spelling for what readers take for the same word, with the way back to the original.

Case, accents, full-width forms, Arabic and Hebrew letter variants, soft hyphens and zero-width
marks fall away; й, ї and ў stay letters; Hangul and kana are composed, Indic signs are kept.
Lengths may change (ß, İ, soft hyphen), so a Folded text can turn its offsets into original ones.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

_LETTERS = {
    "ß": "ss", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t",
    # Arabic and Persian keyboards write the same word with different letters
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ی", "ي": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "ە": "ه",
    # Hebrew final forms
    "ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ",
    # marks that typesetters choose freely
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "׳": "'", "״": '"', "‐": "-", "‑": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ",
}  # fmt: skip
_KEPT = frozenset("йїў")  # letters of their own, although Unicode can take them apart
# Code points that show nothing: soft hyphen, zero-width space and joiner, direction marks, word joiner,
# variation selectors, BOM. The zero-width NON-joiner stays: it divides Persian words as a hyphen does.
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
# Accents; Hebrew points; Arabic vowel signs, tatweel and Quranic marks.
_DROPPED = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-"
    "\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
_GONE = re.compile(f"[{_INVISIBLE}{_DROPPED}]")
_UNSEEN = re.compile(f"[{_INVISIBLE}]+")
_ACCENT = re.compile("[\u0300-\u036f]+")
# Where folding does more than str.casefold; everything outside is casefolded only.
_WORKED_ON = frozenset(map(chr, chain(
    range(0x60, 0x700), range(0x1C80, 0x1C90), range(0x1D00, 0x2010), range(0x2010, 0x2070), range(0x2126, 0x212C),
    range(0x2C60, 0x2C80), range(0x3000, 0x3001), range(0xA640, 0xA6A0), range(0xA720, 0xA800), range(0xAB30, 0xABC0),
    range(0xFB00, 0xFE00), range(0xFE00, 0xFE10), range(0xFE70, 0xFF00), range(0xFF00, 0xFFF0), range(0x180B, 0x180F),
)))  # fmt: skip


def _is_wide_form(char: str) -> bool:
    """Full-width and half-width letters and digits, Arabic letters as drawn: same letters, other code points."""
    return ("\uff00" <= char <= "\uffef" and unicodedata.category(char)[0] in "LN") or (
        "\ufb50" <= char <= "\ufdff" or "\ufe70" <= char <= "\ufefe"
    )


def _fold_char_once(char: str) -> str:
    if _GONE.match(char):
        return ""
    if char not in _WORKED_ON:
        return char.casefold()
    folded = unicodedata.normalize("NFKC", char) if _is_wide_form(char) else char
    folded = "".join(_LETTERS.get(each, each) for each in folded.casefold())
    pieces = (each if each in _KEPT else _ACCENT.sub("", unicodedata.normalize("NFD", each)) for each in folded)
    return unicodedata.normalize("NFC", _GONE.sub("", "".join(pieces)))


def _settle(text: str) -> str:
    """Fold every character of `text` until nothing changes any more."""
    while (folded := unicodedata.normalize("NFC", "".join(_fold_char_once(each) for each in text))) != text:
        text = folded
    return text


_TABLE: dict[str, str] = {
    char: folded for char in _WORKED_ON if (folded := _settle(char)) != char.casefold() or len(folded) != 1
}
_SAME_LENGTH = {char: folded for char, folded in _TABLE.items() if len(folded) == len(char.casefold()) == 1}
_CASELESS = {char.casefold(): folded for char, folded in _SAME_LENGTH.items()}
_SPECIAL = re.compile("[" + "".join(map(re.escape, _CASELESS)) + "]")
_ODD = re.compile("[" + "".join(map(re.escape, _TABLE.keys() - _SAME_LENGTH.keys())) + "]+")
# A character with all that hangs on it: marks, jamo that join a syllable, invisible characters.
_HANGS_ON = "".join(
    chr(code)
    for code in chain(range(0x300, 0x3100), range(0xA660, 0xABF0), range(0xFB1E, 0xFB1F), range(0xFE20, 0xFE30))
    if unicodedata.combining(chr(code)) or unicodedata.category(chr(code)) == "Mc"
)
_UNIT = re.compile(f"(?s:.)[{_HANGS_ON}{_INVISIBLE}\u1160-\u11ff\U00011000-\U0001174f\U0001e8d0-\U0001e94a]*")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and where its characters came from."""

    text: str
    original: str
    # Runs that changed length: their starts and ends in the folded text and in the original; all else is one to one.
    _starts: tuple[int, ...] = field(default=(), repr=False)
    _ends: tuple[int, ...] = field(default=(), repr=False)
    _from: tuple[int, ...] = field(default=(), repr=False)
    _to: tuple[int, ...] = field(default=(), repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of the folded one; both half open, in code points."""
        return self._place(start, last=False), self._place(end - 1, last=True) if end > start else self._place(
            start, last=False
        )

    def _place(self, at: int, *, last: bool) -> int:
        run = bisect_right(self._starts, at) - 1
        if run < 0:
            return at + last
        if at < self._ends[run]:
            return self._to[run] if last else self._from[run]
        return self._to[run] + at - self._ends[run] + last


def fold(text: str) -> Folded:
    """Return `text` folded, with the way back to it. Folding what is folded changes nothing."""
    if text.isascii() and "`" not in text:
        return Folded(text.lower(), text)
    if unicodedata.is_normalized("NFC", text):
        folded = _fold_composed(text)
        if unicodedata.is_normalized("NFC", folded.text):
            return folded
    return _fold_units(text)


@lru_cache(maxsize=20_000)
def fold_word(text: str) -> str:
    """Return only the folded text, remembered: for words that come again and again."""
    return fold(text).text


def _fold_composed(text: str) -> Folded:
    """The fast path: text in composed form, where only listed characters change the length."""
    found = _ODD.search(text)
    if found is None:
        return Folded(_fold_same_length(text), text)
    pieces: list[str] = []
    starts, ends, from_, to = [], [], [], []
    done = length = 0
    while found is not None:
        start, end = found.span()
        same = _fold_same_length(text[done:start])
        odd = "".join(_TABLE[char] for char in found.group())
        length += len(same)
        starts.append(length)
        length += len(odd)
        ends.append(length)
        from_.append(start)
        to.append(end)
        pieces += (same, odd)
        done = end
        found = _ODD.search(text, done)
    pieces.append(_fold_same_length(text[done:]))
    return Folded("".join(pieces), text, tuple(starts), tuple(ends), tuple(from_), tuple(to))


def _fold_same_length(text: str) -> str:
    return _SPECIAL.sub(_folded_letter, text.casefold())


def _folded_letter(found: re.Match[str]) -> str:
    return _CASELESS[found.group()]


def _fold_units(text: str) -> Folded:
    """The whole law: every character with its marks, one after the other."""
    pieces: list[str] = []
    starts, ends, from_, to = [], [], [], []
    length = 0
    for found in _UNIT.finditer(text):
        folded = _fold_unit(found.group())
        starts.append(length)
        length += len(folded)
        ends.append(length)
        from_.append(found.start())
        to.append(found.end())
        pieces.append(folded)
    joined = "".join(pieces)
    if unicodedata.is_normalized("NFC", joined):
        return Folded(joined, text, tuple(starts), tuple(ends), tuple(from_), tuple(to))
    # Marks beyond the blocks above met: settle the whole text; every offset then points at all of it.
    return Folded(settled := _settle(text), text, (0,), (len(settled),), (0,), (len(text),))


@lru_cache(maxsize=50_000)
def _fold_unit(unit: str) -> str:
    return _settle(unicodedata.normalize("NFC", _UNSEEN.sub("", unit)))
