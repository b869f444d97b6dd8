"""The lint finds what is wrong with a set, and nothing in the shipped ones that would break a watch."""

from __future__ import annotations

import pytest

from monitor.match.lint import LANGUAGES, Fault, lint
from monitor.match.shipped import shipped_sets

WHOLE: dict[str, object] = {language: [f"word{language}"] for language in LANGUAGES}


def faults(**sets: object) -> list[tuple[str, str, str]]:
    return [(found.fault, found.language, found.term) for found in lint(sets)]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (WHOLE, []),
        ({**WHOLE, "en": ["..."]}, [(Fault.EMPTY, "en", "...")]),
        ({**WHOLE, "tr": ["er"]}, [(Fault.SHORT, "tr", "er")]),
        ({**WHOLE, "tr": ["=er"]}, []),
        ({**WHOLE, "ru": ["РФ"]}, []),
        ({**WHOLE, "zh": ["军"]}, []),
        ({**WHOLE, "fr": ["armée", "Armee"]}, [(Fault.TWICE, "fr", "Armee")]),
        ({**WHOLE, "fr": ["nord-coréen", "nord coréen"]}, [(Fault.TWICE, "fr", "nord coréen")]),
        ({**WHOLE, "en": ["soldier", "soldiers"]}, [(Fault.COVERED, "en", "soldiers")]),
        ({**WHOLE, "en": ["=Soldier", "soldiers"]}, []),
        ({**WHOLE, "en": ["$other", {"near": ["a", "b"]}]}, []),
        ({"en": ["one"], "de": ["eins"]}, []),
        (["word", "word"], []),
    ],
)
def test_a_fault_is_named_with_its_language_and_word(value: object, found: list[tuple[str, str, str]]) -> None:
    assert faults(words=value) == found


def test_a_set_for_all_names_the_languages_it_lacks() -> None:
    lacking = {language: words for language, words in WHOLE.items() if language not in {"sk", "ko"}}
    assert faults(words=lacking) == [(Fault.MISSING, "ko", ""), (Fault.MISSING, "sk", "")]


def test_words_for_every_language_serve_those_in_latin_letters_only() -> None:
    lacking = {language: words for language, words in WHOLE.items() if language not in {"sk", "ko"}}
    assert faults(words={**lacking, "*": ["Kursk"]}) == [(Fault.MISSING, "ko", "")]


def test_a_word_of_two_sets_that_work_against_each_other_is_found() -> None:
    sets: dict[str, object] = {"modern_war": {"en": ["drone", "Tank"]}, "history_war": {"en": ["tank"]}}
    assert [str(found) for found in lint(sets)] == ["$modern_war en: Tank: stands in $history_war too"]


def test_the_shipped_sets_have_no_fault_but_forms_listed_to_be_sure() -> None:
    assert [str(found) for found in lint(shipped_sets()) if found.fault is not Fault.COVERED] == []
