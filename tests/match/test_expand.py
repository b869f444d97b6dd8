"""The forms that are listed are those that match, and what looks alike is refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.match.ast import Node, Rules
from monitor.match.expand import Expander, Forms, Lookalikes, _Spelling, propose, roles
from monitor.match.forms import Endings
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.tree import all_terms, known_words
from monitor.model import Document


def rules(item: object, language: str | None = None, **more: object) -> Rules:
    """Return the rules of one watch for one item."""
    return load_rules([{"id": "w", "any": ["$typed"], **more}], {"typed": {language or "*": [item]}})


def expanded(written: str, language: str | None) -> Forms:
    found = all_terms(watch.clause for watch in rules(written, language).watches)
    return Expander(Endings(known_words(found))).expand(found[0], language)


def judged(written: str, language: str | None, *words: str, known: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Return the words a term takes, and the reasons for which it refuses the others."""
    (term,) = all_terms(watch.clause for watch in rules(written, language).watches)
    taken, refused = Expander(Endings(frozenset(known))).judge(term, words, language)
    return taken, [f"{each.word}: {each.reason}" for each in refused]


@pytest.mark.parametrize(
    ("written", "language", "some"),
    [
        ("Kursk", "de", {"kursk", "kursks"}),
        ("Курск", "ru", {"курск", "курска", "курске", "курском"}),
        ("Soldat", "de", {"soldat", "soldaten"}),
        ("North Korean troops", "en", {"north korean troops", "north koreans troops"}),
        ("=BASF", "de", {"BASF"}),
        ("sanction*", "en", {"sanction"}),
        ("Kursk", "fi", {"kurskin", "kurskissa"}),
        ("库尔斯克", "zh", {"库尔斯克"}),
    ],
)
def test_the_forms_of_a_term_are_listed(written: str, language: str, some: set[str]) -> None:
    assert some <= set(expanded(written, language).forms)


@pytest.mark.parametrize("language", [None, "de", "ru", "fi", "tr", "ko", "ar"])
@pytest.mark.parametrize("written", ["Kursk", "Kursker Front", "Курск", "sanction*", "=BASF", "쿠르스크", "كورسك"])
def test_every_form_that_is_listed_is_matched_by_the_watch(written: str, language: str | None) -> None:
    matcher = Matcher(rules(written, language))
    missed = [form for form in expanded(written, language).forms if not matcher.match(Document(form, "", language))]
    assert missed == []


@pytest.mark.parametrize(
    ("written", "language", "said"),
    [
        ("sanction*", "en", "sanction and any letters after it"),
        ("库尔斯克", "zh", "库尔斯克 anywhere: its script has no spaces"),
        ("クルスク", "ja", "クルスク where no other katakana touches it"),
        ("쿠르스크", "ko", "쿠르스크 at the start of a word, with any particle"),
        ("Kursk", "de", "kursk as half of a compound, where the other half makes that sure"),
        ("Kursk", "fi", "kursk and several endings, one after the other"),
        ("=BASF", "de", "nothing else: case counts"),
        ("/kurs[kc]/", "de", "whatever the pattern matches, in folded text"),
    ],
)
def test_what_cannot_be_listed_is_said(written: str, language: str, said: str) -> None:
    assert said in expanded(written, language).further


def test_look_alikes_are_refused_for_what_they_lack() -> None:
    words = ("Kurskfront", "Kurskosten", "Kurse", "Mukursk", "Kurskix")
    taken, refused = judged("Kursk", "de", *words)
    assert taken == ["Kurskfront"]
    assert refused == [
        "Kurskosten: after kursk, 'osten' is neither an ending nor sure to be a word of its own",
        "Kurse: it does not contain kursk",
        "Mukursk: kursk stands inside it: 'mu' is no word that can be joined to its front",
        "Kurskix: after kursk, 'ix' is neither an ending nor sure to be a word of its own",
    ]


def test_look_alikes_begin_as_the_term_does_or_are_made_from_it_and_known_words() -> None:
    (term,) = all_terms(watch.clause for watch in rules("Kursk", "de").watches)
    words = ["kampf", "krieg", "kurban", "kursk", "kursivschrift", "kurtaxe", "zinsen"]
    assert Lookalikes(words).to(term) == [
        "kurs",
        "kurskampf",
        "kurskrieg",
        "kurskurban",
        "kurban",
        "kursivschrift",
        "kurtaxe",
    ]


@pytest.mark.parametrize("written", ["=Kursk", "/kursk/", "Kursk front", "ab"])
def test_nothing_looks_like_a_term_that_is_exact_or_short_or_a_phrase(written: str) -> None:
    (term,) = all_terms(watch.clause for watch in rules(written, "de").watches)
    assert Lookalikes(["kurskfront", "abend"]).to(term) == []


def test_a_known_word_makes_a_compound_sure() -> None:
    assert judged("Kursk", "de", "Kurskgurke")[0] == []
    assert judged("Kursk", "de", "Kurskgurke", known=("gurke",))[0] == ["Kurskgurke"]


def test_exact_terms_and_phrases_refuse_in_their_own_words() -> None:
    assert judged("=BASF", "de", "Basf", "BASF") == (["BASF"], ["Basf: not exactly so written"])
    assert judged("two words", "en", "words two")[1] == [
        "words two: not all words of the phrase stand side by side in it"
    ]


def test_terms_of_a_watch_are_told_by_what_they_are_for() -> None:
    watch = rules("one", **{"with": ["two"], "none": ["three"], "ignore": [{"any": ["four"]}]}).watches[0]
    assert {term.written: role for term, role in roles(watch).items()} == {
        "one": "found",
        "two": "with",
        "three": "none",
        "four": "ignore",
    }


SETS = {
    "north": {"en": ["North Korean", "North Korea"], "de": ["nordkoreanisch"], "*": ["DPRK"]},
    "army": {"en": ["troop", "soldier"], "de": ["Truppe"]},
    "kursk_name": {"*": ["Kursk", "Koursk"]},
    "kursk": [{"any": ["$kursk_name", "Sudzha"], "ignore": ["Battle of Kursk"]}],
    "modern": [{"any": ["Kursk"], "all": ["front", "war"]}],
}


def nodes() -> Mapping[str, Node]:
    found = load_rules([{"id": name, "any": [f"${name}"]} for name in SETS], SETS)
    return {watch.info.id: watch.clause for watch in found.watches}


@pytest.mark.parametrize(
    ("written", "items"),
    [
        ("North Korean troops", ["$north ~ $army"]),
        ("troops of the North Korean army", ["$army ~ $north"]),
        ("Kursk", ["$kursk", "$kursk_name"]),
        ("Soldiers", ["$army"]),
        ("a lame duck", []),
    ],
)
def test_sets_are_proposed_that_say_the_same_in_more_languages(written: str, items: list[str]) -> None:
    assert [each.item for each in propose(written, nodes(), Endings(), "en")] == items


def test_a_proposal_counts_its_terms() -> None:
    assert [each.terms for each in propose("North Korean troops", nodes(), Endings(), "en")] == [7]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(Endings()._languages)), st.sampled_from(["kursk", "soldat", "armee", "курск", "война"]))
def test_whatever_the_language_forms_are_few_and_each_is_taken(language: str, written: str) -> None:
    forms = expanded(written, language if language != "*" else None).forms
    assert forms[0] == written
    assert len(forms) <= 800
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize(
    ("pattern", "slots"),
    [
        ("(?:a|bc)?(?:[de]f?)?", [["", "a", "bc"], ["", "d", "df", "e", "ef"]]),
        ("(?:[ab]{1,2}c)?", [["", "ac", "bc", "aac", "abc", "bac", "bbc"]]),
        ("(?:(?:a)?(?:b)?)|(?:(?:c)?)", [["", "a"], ["", "b"], ["", "c"]]),
        (r"(?:\.)?", [["", "."]]),
    ],
)
def test_chains_of_endings_are_spelt_out(pattern: str, slots: list[list[str]]) -> None:
    assert [sorted(set(slot), key=lambda form: (len(form), form)) for slot in _Spelling(pattern).slots()] == [
        sorted(slot, key=lambda form: (len(form), form)) for slot in slots
    ]


@pytest.mark.parametrize("language", sorted(name for name, one in Endings()._languages.items() if one.chain.pattern))
def test_what_a_chain_spells_is_what_it_matches(language: str) -> None:
    chain = Endings()._languages[language].chain
    spelt = [form for slot in _Spelling(chain.pattern).slots() for form in slot]
    assert len(spelt) > 5
    assert [form for form in spelt if not re.fullmatch(chain, form)] == []
