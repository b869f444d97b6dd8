"""Words in their forms: paradigms of many languages, compounds, and what the tables promise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.match.ast import Word
from monitor.match.fold import fold_word
from monitor.match.forms import Endings, Shape

# language, dictionary form, forms that must be found, other words that must not
PARADIGMS = [
    line.split("\t")
    for line in (Path(__file__).parent.parent / "samples" / "forms" / "paradigms.tsv").read_text("utf-8").splitlines()
]
LANGUAGES = sorted({language for language, *_ in PARADIGMS})
RULES = Endings(frozenset({"soldat", "front"}))


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
