"""Words in their forms: paradigms of many languages, compounds, and what the tables promise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.match.ast import Word
from monitor.match.fold import fold_word
from monitor.match.forms import Change, Endings, Shape, _languages, last_letter

# language, dictionary form, forms that must be found, other words that must not
PARADIGMS = [
    line.split("\t")
    for line in (Path(__file__).parent.parent / "samples" / "forms" / "paradigms.tsv").read_text("utf-8").splitlines()
]
LANGUAGES = sorted({language for language, *_ in PARADIGMS})
RULES = Endings(frozenset({"soldat", "front"}))
CHANGES = sorted(
    {change for language in _languages().values() for each in language.classes for change in each.changes},
    key=lambda change: (change.source, change.instead),
)


def is_found(term: str, text: str, language: str | None) -> bool:
    haystack = fold_word(text)
    return any(
        shape.end(haystack, at) is not None
        for shape in RULES.shapes(Word(fold_word(term), language), language)
        for at in places(shape, haystack)
    )


def places(shape: Shape, haystack: str) -> Iterator[int]:
    at = haystack.find(shape.literal)
    while at >= 0:
        yield at
        at = haystack.find(shape.literal, at + 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_is_found_in_all_its_forms(language: str) -> None:
    missed = [
        (term, form)
        for each, term, forms, _ in PARADIGMS
        if each == language
        for form in forms.split()
        if not is_found(term, form, language)
    ]
    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_is_not_found_in_its_neighbours_in_the_dictionary(language: str) -> None:
    wrong = [
        (term, other)
        for each, term, _, others in PARADIGMS
        if each == language
        for other in others.split()
        if is_found(term, other, language)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("Angriff", "Drohnenangriffe", "de"),
        ("Regierung", "Regierungserklärung", "de"),
        ("soldaat", "elitesoldaten", "nl"),
        ("sotilas", "erikoissotilaita", "fi"),
        ("katona", "békefenntartókatonák", "hu"),
        ("rakett", "rakettangrepet", "no"),
        ("Kursk", "Kurskfront", "sv"),
    ],
)
def test_a_word_is_found_as_half_of_a_compound(term: str, text: str, language: str) -> None:
    assert is_found(term, text, language)


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("Schicht", "Kulturgeschichte", "de"),
        ("Minister", "Ministerium", "de"),
        ("General", "Generalisierung", "de"),
        ("Wissenschaft", "Wissenschaftler", "de"),
        ("Kursk", "Kurskosten", "de"),
        ("Reis", "Kreisverkehr", "de"),
        ("Ecke", "Staubecken", "de"),
        ("kurssi", "Kurskin", "fi"),
    ],
)
def test_a_word_is_not_found_across_a_joint(term: str, text: str, language: str) -> None:
    assert not is_found(term, text, language)


@pytest.mark.parametrize(
    ("term", "own", "text", "language", "is_met"),
    [
        # A word makes compounds only at home: of this language or of any, in a text of this language or of none known.
        ("kurski", "pl", "Kurskinder", "de", False),
        ("kurski", "pl", "Kurskinder", None, False),
        ("soldat", "fr", "Soldatenfriedhof", "de", False),
        ("soldaat", "nl", "Elitesoldaaten", "de", False),
        ("Soldat", "de", "Elitesoldaten", "de", True),
        ("Soldat", "de", "Elitesoldaten", None, True),
        ("Soldat", None, "Elitesoldaten", "de", True),
        ("Soldat", None, "Elitesoldaten", None, True),
        ("Soldat", "de", "Elitesoldaten", "pl", False),
        ("Soldat", None, "Elitesoldaten", "pl", False),
        # Suffixes in slots are for words at home too.
        ("kurs", "de", "Kurskin", "fi", False),
        ("kurs", "pl", "Kurskin", None, False),
        ("kurs", "pl", "kurslarda", "tr", False),
        ("kurs", "fi", "Kurskin", "de", False),
        ("Kursk", "fi", "Kurskissa", "fi", True),
        ("Kursk", "fi", "Kurskissa", None, True),
        ("Kursk", None, "Kurskissa", "fi", True),
        ("Kursk", None, "Kurszkban", "hu", False),
        ("Kurszk", "hu", "Kurszkban", "hu", True),
        ("Kursk", "en", "Kurskissa", "fi", False),
        ("Kursk", "tr", "Kursktaki", "tr", True),
        ("Kursk", "tr", "Kursktaki", "de", False),
        ("Kursk", "et", "Kurskist", "et", True),
        # Plain endings of the text's language hang on any word, and a word keeps its own abroad.
        ("Kursk", "de", "Kurskiem", "pl", True),
        ("Kursk", None, "Kurskiem", "pl", True),
        ("kurski", "pl", "kurskiego", "de", True),
        ("Kursk", None, "Kursken", "eu", True),
    ],
)
def test_what_hangs_on_a_word_depends_on_its_language_and_the_text_s(
    term: str, own: str | None, text: str, language: str | None, is_met: bool
) -> None:
    haystack, rules = fold_word(text), RULES.shapes(Word(fold_word(term), own), language)
    assert any(shape.end(haystack, at) is not None for shape in rules for at in places(shape, haystack)) is is_met


@pytest.mark.parametrize(
    ("pattern", "ends"),
    [
        ("ke", "e"),
        ("([aeou])\\1([bdf])", "bdf"),
        ("([ntl])\\1", "ntl"),
        ("kk[ae]?", "kae"),
        ("o([^aeiou]+)[ao]?", "xtao"),
        ("a(?:ll|l|r)", "lr"),
        ("(nn|tt)s?", "nts"),
        ("ks|na", "sa"),
    ],
)
def test_the_letters_a_change_may_end_in_are_read_from_its_pattern(pattern: str, ends: str) -> None:
    letters = {letter for letter in "abdefklnorstx" if re.fullmatch(last_letter(pattern), letter)}
    assert letters >= set(ends)
    assert "k" not in letters or "k" in ends or "[^" in pattern


@given(st.text("aeioukstnlrdpнтлсзокая", min_size=1, max_size=8), st.sampled_from(CHANGES))
def test_no_change_is_missed_because_of_its_last_letter(word: str, change: Change) -> None:
    assert change.applied(word) is None or change.may_fit(word[-1])
    found = re.search(f"(?:{change.source})$", word)
    assert change.applied(word) == (word[: found.start()] + found.expand(change.instead) if found else None)


@settings(deadline=None)
@given(
    word=st.one_of(
        st.sampled_from([term for _, term, *_ in PARADIGMS]), st.text("abeiknorstuаеикнорстуالهی", min_size=1)
    ),
    own=st.sampled_from([*LANGUAGES, "xx", None]),
    text=st.sampled_from([*LANGUAGES, "xx", None]),
)
def test_the_literals_of_a_word_hold_for_texts_of_every_language(word: str, own: str | None, text: str | None) -> None:
    asked = Word(fold_word(word), own)
    literals = RULES.literals(asked)
    assert {shape.literal for shape in RULES.shapes(asked, text)} <= literals


@pytest.mark.parametrize("language", ["fi", "hu", "tr", "et", "az", "bn"])
def test_endless_suffixes_are_no_word(language: str) -> None:
    assert not is_found("kursk", "kursk" + "issa" * 30, language)
