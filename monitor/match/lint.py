"""Faults in sets of words that no loader can see: what is missing, too short, said twice, or at odds.

lint(sets) takes sets as shipped_sets() gives them and returns Findings; it judges, it changes nothing.
Only words are looked at: clauses and $references inside a set have their own faults found by the loader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.match.ast import Word
from monitor.match.fold import fold_word
from monitor.match.forms import Endings
from monitor.match.scripts import Kind, kind_of, script_of

# The languages Tocsin promises: a set that lacks one is deaf in it.
LANGUAGES = (
    "ar", "be", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
# Sets of phrases that only some languages need.
PARTIAL = frozenset({"korea_noise", "kursk_noise", "kursk_places", "kim", "submarine", "underground"})
# A word in both makes a watch hold by the very word that should stop it, or stops it where it should hold.
APART = (
    ("modern_war", "history_war"),
    ("troops", "history_war"),
    ("combat", "history_war"),
    ("troops", "north_korea_elsewhere"),
    ("combat", "north_korea_elsewhere"),
    ("casualties", "north_korea_elsewhere"),
    ("north_korea_name", "south_korea"),
    ("kim", "south_korea"),
    ("troops", "arms"),
    ("troops", "dmz"),
)
_LEAST_LETTERS = 3  # a shorter word in letters is an everyday word of some other language ("er", "os")
_SEVERAL = 10  # languages from which on a set is meant for all
_LATIN = frozenset((
    "cs", "da", "de", "en", "es", "et", "fi", "fr", "hr", "hu", "id",
    "it", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sv", "tr", "vi",
))  # fmt: skip


class Fault(StrEnum):
    """What is wrong with a set."""

    MISSING = "missing"  # no words in a language of the product
    EMPTY = "empty"
    SHORT = "short"
    TWICE = "twice"  # the same word in one language, after folding
    COVERED = "covered"  # a form of another word of the set, which finds it anyway
    CLASH = "clash"  # a word that stands in two sets that must not share any


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one set, in words."""

    set_name: str
    fault: Fault
    language: str
    term: str
    message: str

    def __str__(self) -> str:
        return f"${self.set_name} {self.language}: {self.term}: {self.message}".replace(": : ", ": ")


def lint(sets: Mapping[str, object]) -> tuple[Finding, ...]:
    """Return every fault of the sets, in their order."""
    endings = Endings()
    findings: list[Finding] = []
    for name, value in sets.items():
        if isinstance(value, Mapping):
            words = _words(value)
            findings += _missing(name, value)
            for language, terms in words.items():
                findings += _misshapen(name, language, terms)
                findings += _twice(name, language, terms)
                findings += _covered(name, language, terms, endings)
    return (*findings, *_clashes(sets))


def _words(value: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return the plain strings of a set by language; clauses and names of sets are left out."""
    return {
        language: tuple(item for item in items if isinstance(item, str) and not item.startswith("$"))
        for language, items in value.items()
        if isinstance(items, list)
    }


def _missing(name: str, value: Mapping[str, object]) -> Iterator[Finding]:
    if name in PARTIAL or len(value) < _SEVERAL:
        return
    for language in LANGUAGES:
        # Words for every language are written in Latin letters, which serve all who use them.
        if language not in value and not ("*" in value and language in _LATIN):
            yield Finding(name, Fault.MISSING, language, "", "no words in this language")


def _misshapen(name: str, language: str, terms: tuple[str, ...]) -> Iterator[Finding]:
    for term in terms:
        folded = fold_word(term.strip())
        if not any(char.isalnum() for char in folded):
            yield Finding(name, Fault.EMPTY, language, term, "no letter in it")
        elif _is_short(term, folded):
            yield Finding(name, Fault.SHORT, language, term, "an everyday word of another language; write =Word")


def _is_short(term: str, folded: str) -> bool:
    if term.startswith("=") or len(folded) >= _LEAST_LETTERS:
        return False
    is_initials = term.isupper() and script_of(folded) == "cyrillic"  # РФ is an everyday word of no language
    return not is_initials and all(kind_of(char) is Kind.SPACED for char in folded)


def _twice(name: str, language: str, terms: tuple[str, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for term in terms:
        key = term if term.startswith("=") else fold_word(term).replace("-", " ")
        if key in seen:
            yield Finding(name, Fault.TWICE, language, term, "stands there already")
        seen.add(key)


def _covered(name: str, language: str, terms: tuple[str, ...], endings: Endings) -> Iterator[Finding]:
    own = None if language == "*" else language
    plain = {fold_word(term): term for term in terms if _is_plain_word(term)}
    shapes = [(shape, term) for term in plain for shape in endings.shapes(Word(term, own), own)]
    for folded, term in plain.items():
        for shape, by in shapes:
            if by != folded and folded.startswith(shape.literal) and shape.end(folded, 0) == len(folded):
                yield Finding(name, Fault.COVERED, language, term, f"{plain[by]} finds it")
                break


def _is_plain_word(term: str) -> bool:
    return term[:1] not in {"=", "$"} and term.isalpha() and kind_of(fold_word(term)) is Kind.SPACED


def _clashes(sets: Mapping[str, object]) -> Iterator[Finding]:
    for one, other in APART:
        ours, theirs = (_by_language(sets.get(name)) for name in (one, other))
        for language, folded in sorted(ours.keys() & theirs.keys()):
            message = f"stands in ${other} too"
            yield Finding(one, Fault.CLASH, language, ours[language, folded], message)


def _by_language(value: object) -> dict[tuple[str, str], str]:
    words = _words(value) if isinstance(value, Mapping) else {}
    return {(language, fold_word(term)): term for language, terms in words.items() for term in terms}
