"""In which forms a word of a watch may stand in a text.

FormRules turn a Word into Shapes: a literal to search for, and what may stand before and after it in
the same token. WholeWords knows no endings; Endings reads them from endings.yml. The word's own
language and the text's both count; a word of no language is cut by every language of its script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from monitor.match.ast import Mode, Word
from monitor.match.fold import fold_word
from monitor.match.scripts import REST, REST_MOST, Kind, belongs, kind_of, script_of
from monitor.match.tables import read_table

# After a word of one syllable only these make sure that it is that word.
_CASE_PARTICLES = (
    "이 가 은 는 을 를 의 에 에서 에게 으로 로 와 과 도 만 까지 부터 보다 처럼 서 엔 에는 에도 에만 이나 나"
)
_OTHER_PARTICLES = "들 들이 들은 들을 들의 들에 들과 라고 이라고 이란 란 측 측은 측이"
_PARTICLES = frozenset(f"{_CASE_PARTICLES} {_OTHER_PARTICLES}".split())
_LINKS = ("", "s", "n", "en", "es", "e")  # letters that join the halves of a compound
_SURE_FIRST_HALF = 7  # letters; as long a first half is no chance (Nordkorea|soldaten), 5 are (Kurs|kosten)
_SURE_LAST_HALF = 6  # letters (Elite|soldaten)
_LEAST_HALF = 3  # letters that are left for the other half
_LEAST_KNOWN = 4  # letters of a known word that continues a compound
_LEAST_STEM = 4  # letters that must be left when an ending is cut
_LEAST_STEM_IN_ARABIC_SCRIPTS = 3  # no vowels are written
_TAILS_WHOLE = frozenset([""])


@dataclass(frozen=True, slots=True)
class Compounds:
    """Words that make it sure that two words were joined: known first letters of halves, and whole halves."""

    known: frozenset[str]

    def continues(self, literal: str, rest: str) -> bool:
        """Whether `rest` is the other half of a compound that starts with `literal`."""
        for link in _LINKS:
            half = rest[len(link) :]
            if not rest.startswith(link) or len(half) < _LEAST_HALF:
                continue
            if len(literal) + len(link) >= _SURE_FIRST_HALF or self._starts_known(half):
                return True
        return False

    def _starts_known(self, half: str) -> bool:
        return any(half[:length] in self.known for length in range(_LEAST_KNOWN, min(len(half), 20) + 1))

    def precedes(self, literal: str, before: str) -> bool:
        """Whether `before` is the first half of a compound that ends with `literal`."""
        if len(before) < _LEAST_HALF:
            return False
        return len(literal) >= _SURE_LAST_HALF or any(
            before.endswith(link) and before[: len(before) - len(link)] in self.known for link in _LINKS
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """One way a word may appear."""

    literal: str
    kind: Kind
    tails: frozenset[str] = _TAILS_WHOLE
    open: int = 0  # so many letters of any kind may follow
    clitics: frozenset[str] = frozenset()
    compounds: Compounds | None = None

    def end(self, haystack: str, start: int) -> int | None:
        """Return where the word ends whose literal stands at `start`, or None where it is another word."""
        stop = start + len(self.literal)
        if self.kind is Kind.RUNNING:
            return stop
        rest_end = REST[self.kind].match(haystack, stop).end()  # type: ignore[union-attr]  # matches the empty string
        if rest_end - stop == REST_MOST:
            return None
        is_start = start == 0 or not belongs(haystack[start - 1], self.kind)
        if not (is_start or (self.kind is Kind.SPACED and self._may_follow(haystack, start, stop))):
            return None
        if self._may_end(haystack[stop:rest_end]):
            return rest_end
        if self.compounds is not None and is_start and self.compounds.continues(self.literal, haystack[stop:rest_end]):
            return stop
        return None

    def _may_end(self, rest: str) -> bool:
        if self.kind is Kind.HANGUL:
            return not rest or self.open > 0 or len(self.literal) > 1 or rest in _PARTICLES
        return rest in self.tails or 0 < len(rest) <= self.open

    def _may_follow(self, haystack: str, start: int, stop: int) -> bool:
        """Whether the letters before the literal are a clitic, or the first half of a compound."""
        if not self.clitics and self.compounds is None:
            return False
        at = start
        while at > 0 and start - at < REST_MOST and belongs(haystack[at - 1], self.kind):
            at -= 1
        before = haystack[at:start]
        return before in self.clitics or (
            self.compounds is not None and self.compounds.precedes(haystack[start:stop], before)
        )


class FormRules(Protocol):
    """Knows the forms of words."""

    def literals(self, word: Word) -> frozenset[str]:
        """Return the literals of all shapes of `word`, in texts of whatever language."""
        ...

    def shapes(self, word: Word, language: str | None) -> tuple[Shape, ...]:
        """Return the shapes of `word` in a text of this language; None: the language is not known."""
        ...


class WholeWords:
    """Words as they are written: no endings."""

    def literals(self, word: Word) -> frozenset[str]:
        return frozenset([word.text])

    def shapes(self, word: Word, language: str | None) -> tuple[Shape, ...]:
        return (_plain_shape(word),)


def _plain_shape(word: Word) -> Shape:
    return Shape(word.text, kind_of(word.text), open=REST_MOST if word.mode is Mode.PREFIX else 0)


@dataclass(frozen=True, slots=True)
class _Class:
    """Words that change alike: (dictionary ending, what it is replaced by) and the forms that may follow."""

    stems: tuple[tuple[str, str], ...]
    forms: frozenset[str]
    is_swap: bool
    least: int  # letters that must be left of a word


@dataclass(frozen=True, slots=True)
class _Language:
    """One section of endings.yml."""

    classes: tuple[_Class, ...]
    forms: frozenset[str]  # of words no class fits, and of words of other languages
    open: int
    least: int
    clitics: frozenset[str]
    article: str
    has_compounds: bool
    parts: tuple[str, ...]
    scripts: frozenset[str]


class Endings:
    """The forms of words by the endings of their language; `known` are words that may continue a compound."""

    def __init__(self, known: frozenset[str] = frozenset()) -> None:
        self._languages = _languages()
        parts = {part for language in self._languages.values() for part in language.parts}
        self._compounds = Compounds(frozenset(word for word in parts | known if len(word) >= _LEAST_KNOWN))

    def literals(self, word: Word) -> frozenset[str]:
        if not self._changes(word):
            return frozenset([word.text])
        return frozenset([word.text, *(shape.literal for shape in self.shapes(word, None))])

    def shapes(self, word: Word, language: str | None) -> tuple[Shape, ...]:
        if not self._changes(word):
            return (_plain_shape(word),)
        script = script_of(word.text)
        text = language if language is None or language in self._languages else "*"
        merged: dict[str, Shape] = {word.text: _plain_shape(word)}
        for name in self._own(word, text, script):
            for shape in self._by(
                word, name, is_text=text is None or name == text, is_cut=word.language in {None, name}
            ):
                merged[shape.literal] = _together(merged.get(shape.literal), shape)
        return tuple(merged.values())

    def _own(self, word: Word, text: str | None, script: str) -> tuple[str, ...]:
        """The languages by whose endings a word is read in a text."""
        own = word.language if word.language in self._languages else None
        if own is None and text is None:
            return tuple(
                name for name, language in self._languages.items() if script in language.scripts and name != "*"
            )
        names = dict.fromkeys(name for name in (own, text) if name is not None)
        return tuple(name for name in names if name in {own, "*"} or script in self._languages[name].scripts)

    @staticmethod
    def _changes(word: Word) -> bool:
        return word.mode is Mode.PLAIN and kind_of(word.text) is Kind.SPACED and not word.text.isdigit()

    def _by(self, word: Word, name: str, *, is_text: bool, is_cut: bool) -> list[Shape]:
        """Return the shapes one language gives; a word of another language is not cut, only continued."""
        language = self._languages[name]
        stems = _stems(word.text, language) if is_cut else [(word.text, language.forms)]
        compounds = self._compounds if language.has_compounds and is_text else None
        return [
            Shape(
                literal,
                Kind.SPACED,
                forms | _TAILS_WHOLE if literal == word.text else forms,
                language.open if len(literal) >= language.least else 0,
                language.clitics,
                compounds if literal == word.text else None,
            )
            for literal, forms in stems
        ]


def _together(one: Shape | None, other: Shape) -> Shape:
    if one is None:
        return other
    return Shape(
        one.literal,
        one.kind,
        one.tails | other.tails,
        max(one.open, other.open),
        one.clitics | other.clitics,
        one.compounds or other.compounds,
    )


def _stems(text: str, language: _Language) -> list[tuple[str, frozenset[str]]]:
    """Return what is left of a dictionary form when its ending is cut, with what may follow; swapped stems too."""
    if language.article and text.startswith(language.article) and len(text) >= len(language.article) + 3:
        text = text[len(language.article) :]
    is_short_script = script_of(text) in {"arabic", "hebrew", "devanagari"}
    least = (
        _LEAST_STEM_IN_ARABIC_SCRIPTS - (1 if is_short_script and len(text) < 4 else 0)
        if is_short_script
        else _LEAST_STEM
    )
    best: tuple[int, str, frozenset[str]] | None = None
    swapped: list[tuple[str, frozenset[str]]] = []
    for each in language.classes:
        for cut, instead in each.stems:
            if not text.endswith(cut) or len(text) - len(cut) + len(instead) < min(least, each.least):
                continue
            stem = text[: len(text) - len(cut)] + instead
            if each.is_swap:
                swapped.append((stem, each.forms))
            elif best is None or len(cut) > best[0]:
                best = (len(cut), stem, each.forms)
    stems = [(text, language.forms)] if best is None else [(best[1], best[2])]
    return [*stems, *swapped] if stems[0][0] == text else [(text, _TAILS_WHOLE), *stems, *swapped]


@cache
def _languages() -> Mapping[str, _Language]:
    table = read_table(files(__package__).joinpath("endings.yml").read_text("utf-8"))
    sections: dict[str, dict[str, object]] = {
        name: section for name, section in table.items() if isinstance(section, dict)
    }
    found: dict[str, _Language] = {}
    for name, section in sections.items():
        found[name] = _language(sections[str(section["like"])] if "like" in section else section)
    return found


def _language(section: dict[str, object]) -> _Language:
    classes: list[_Class] = []
    default = _TAILS_WHOLE
    for row in _list(section, "classes"):
        assert isinstance(row, dict)
        forms = frozenset(fold_word(form) for form in row["forms"])
        keep = int(row.get("keep", 0))
        stems = [(fold_word(cut), fold_word(cut)[:keep]) for cut in row.get("cut", ())]
        swaps = [(fold_word(old), fold_word(new)) for old, new in row.get("swap", {}).items()]
        if stems or swaps:
            classes.append(_Class(tuple(stems or swaps), forms, bool(swaps), int(row.get("least", _LEAST_STEM))))
        else:
            default = forms
    clitics = frozenset(fold_word(str(each)) for each in _list(section, "clitics"))
    texts = [form for each in classes for form in (*each.forms, *(cut for cut, _ in each.stems))]
    scripts = {script_of(text) for text in (*texts, *default) if text} or {"latin"}
    return _Language(
        tuple(classes),
        default,
        int(str(section.get("open", 0))),
        int(str(section.get("least", _LEAST_STEM))),
        clitics,
        fold_word(str(section.get("article", ""))),
        section.get("compounds") == "true",
        tuple(fold_word(str(part)) for part in _list(section, "parts")),
        frozenset(scripts),
    )


def _list(section: dict[str, object], key: str) -> list[object]:
    value = section.get(key, [])
    assert isinstance(value, list), key
    return value
