"""Which characters make words, and how the words of a script are told apart.

Spaced scripts divide words by anything that is no letter, digit or mark. Han, kana, Thai, Lao,
Khmer and Burmese run on: their characters are searched as they stand. Hangul puts spaces between
word groups and hangs particles on the word. A word of one kind ends where another kind begins.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from enum import Enum
from functools import lru_cache


class Kind(Enum):
    """How words of a script are divided."""

    SPACED = "spaced"
    RUNNING = "running"
    KATAKANA = "katakana"  # running, but a run of katakana is one foreign word
    HANGUL = "hangul"


KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
RUNNING = (
    f"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f{KATAKANA}"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7ff"


def _is_mark(code: int) -> bool:
    return unicodedata.category(chr(code)) in {"Mn", "Mc"}


def _ranges(codes: list[int]) -> str:
    """Write sorted code points as the inside of a character class."""
    parts: list[str] = []
    first = last = codes[0]
    for code in [*codes[1:], sys.maxunicode + 2]:
        if code == last + 1:
            last = code
            continue
        parts.append(chr(first) if first == last else f"{chr(first)}-{chr(last)}")
        first = last = code
    return "".join(parts)


_MARKS = _ranges([code for code in (*range(0x300, 0x3100), *range(0xA660, 0xABF0)) if _is_mark(code)])
_SPACED_CHAR = f"(?:(?![{RUNNING}{HANGUL}_])[\\w{_MARKS}])"
# One word of a spaced script, one word group of Hangul, one run of running script.
WORD = re.compile(f"{_SPACED_CHAR}+|[{HANGUL}]+|[{RUNNING}]+")
# The rest of a word from some point within it, by kind. Bounded: a run of 200,000 letters is no word, and
# looking for its end from each of its letters would take hours.
REST_MOST = 60
REST = {
    Kind.SPACED: re.compile(f"{_SPACED_CHAR}{{0,{REST_MOST}}}"),
    Kind.HANGUL: re.compile(f"[{HANGUL}]{{0,{REST_MOST}}}"),
    Kind.KATAKANA: re.compile(f"[{KATAKANA}]{{0,{REST_MOST}}}"),
    Kind.RUNNING: re.compile(""),
}
_IS = {
    Kind.SPACED: re.compile(_SPACED_CHAR),
    Kind.HANGUL: re.compile(f"[{HANGUL}]"),
    Kind.KATAKANA: re.compile(f"[{KATAKANA}]"),
    Kind.RUNNING: re.compile(f"[{RUNNING}]"),
}


@lru_cache(maxsize=20_000)
def belongs(char: str, kind: Kind) -> bool:
    """Whether `char` would carry on a word of this kind."""
    return _IS[kind].match(char) is not None


@lru_cache(maxsize=20_000)
def kind_of(word: str) -> Kind:
    """How a word is divided from its neighbours, told by its first character; pure katakana is a kind of its own."""
    first = word[:1]
    if belongs(first, Kind.HANGUL):
        return Kind.HANGUL
    if not belongs(first, Kind.RUNNING):
        return Kind.SPACED
    return Kind.KATAKANA if all(belongs(char, Kind.KATAKANA) for char in word) else Kind.RUNNING


_SCRIPTS = (
    ("latin", "A-Za-z\u00aa-\u024f\u1e00-\u1eff"),
    ("cyrillic", "\u0400-\u052f"),
    ("greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("arabic", "\u0600-\u06ff"),
    ("hebrew", "\u0590-\u05ff"),
    ("devanagari", "\u0900-\u097f"),
    ("hangul", HANGUL),
    ("running", RUNNING),
)
_SCRIPT = tuple((name, re.compile(f"[{chars}]")) for name, chars in _SCRIPTS)


@lru_cache(maxsize=20_000)
def script_of(word: str) -> str:
    """The name of the script of a word's first letter; `other` for digits and the rest."""
    for char in word:
        for name, pattern in _SCRIPT:
            if pattern.match(char):
                return name
    return "other"
