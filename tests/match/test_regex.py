"""Patterns: what they find, what is refused, and that no pattern of a stranger costs more than its text is long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.match.forms import Endings
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.regex import MENTIONS_MOST, RegexError, find, read_regex
from monitor.match.scan import Index, View
from monitor.match.tokens import Layout
from monitor.model import Document


def found(pattern: str, title: str, text: str = "") -> list[str]:
    matcher = Matcher(load_rules([{"id": "w", "any": [pattern], "min_score": "1"}], {}))
    document = Document(title, text)
    return [
        (title if each.field == "title" else text)[each.start : each.end]
        for match in matcher.match(document)
        for each in match.evidence
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("/kurs[ck]/", "Kursk, KURSC, kurst", ["Kursk", "KURSC"]),
        (r"/\bkursk\b/", "Kursk Kursk Kurskfront", ["Kursk", "Kursk"]),
        (r"/\bкурск\b/", "Курск, Курская, подкурск", ["Курск"]),
        (r"/kurs\w+/", "Kurská oblast", ["Kurská"]),
        (r"/covid-?19\d*/", "Covid-19 and COVID1920", ["Covid-19", "COVID1920"]),
        ("/soldier|trooper/", "Soldiers and troopers", ["Soldier", "trooper"]),
        ("/straße/", "Hauptstrasse, STRASSE", ["strasse", "STRASSE"]),
        ("/caf[eé]s/", "Cafés", ["Cafés"]),
        ("/f-(?:16|22)raptor/", "F-22Raptor", ["F-22Raptor"]),
        ("/北朝鮮(軍|兵)/", "北朝鮮兵が", ["北朝鮮兵"]),
        ("/^kursk$/", "Kursk\nin Kursk\n", ["Kursk"]),
        (r"/a\/b\/cde/", "A/B/CDE", ["A/B/CDE"]),
        ("/kursk.{0,5}front/", "Kursk at front", ["Kursk at front"]),
        (r"/[^\d\s]ursk/", "Kursk 1ursk", ["Kursk"]),
        ("/KURSK/i", "kursk", ["kursk"]),
        ("/[]k]ursk/", "]ursk", ["]ursk"]),
    ],
)
def test_a_pattern_finds_what_it_says_in_any_case_and_accent(pattern: str, text: str, wanted: list[str]) -> None:
    assert found(pattern, text) == wanted


def test_a_pattern_does_not_reach_from_the_title_into_the_text() -> None:
    assert found(r"/kursk\s+front/", "At Kursk", "front and rear") == []
    assert found(r"/kursk\s+front/", "", "Kursk front") == ["Kursk front"]


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("/(a+)+$/", "three letters in a row"),
        ("/.*/", "three letters in a row"),
        ("/a|bcd/", "three letters in a row"),
        ("/(kursk|sudzha)/", "three letters in a row"),
        ("/(kursk)?/", "three letters in a row"),
        (r"/(kurs)k\1/", "backreferences"),
        ("/kursk(?=x)/", "look-around"),
        ("/(?P<a>kursk)/", "look-around and named groups"),
        ("/kursk{2000}/", "repeats too often"),
        ("/((kursk{99}){99}){99}/", "cannot be used"),
        (r"/kursk\w{99}/", "too costly"),
        ("/kursk**/", "repeat of a repeat"),
        ("/*kursk/", "nothing to repeat"),
        ("/kursk(/", "empty alternative"),
        ("/(kursk/", "never closed"),
        ("/kursk)/", "never opened"),
        ("/kursk[/", "never closed"),
        ("/kursk|/", "empty alternative"),
        ("//", "empty alternative"),
        (r"/kur\bsk/", r"\b can only stand"),
        (r"/kursk\q/", r"\q is not understood"),
        ("/kursk[à-ü]/", "no range of letters without accents"),
        ("/kursk[ß]/", "more than one letter"),
        ("/kursk/g", "flags g"),
        ("/" + "kursk" * 60 + "/", "too long"),
        ("/" + "(" * 30 + "kursk" + ")" * 30 + "/", "nested too deep"),
    ],
)
def test_a_pattern_that_cannot_be_run_on_every_article_is_refused_with_the_cure(pattern: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_rules([{"id": "w", "any": [pattern]}], {})
    (problem,) = caught.value.problems
    assert says in str(problem)
    assert problem.wanted
    assert problem.path == ("watches", 0, "any", 0)


def test_F9_a_pattern_that_blows_up_elsewhere_is_linear_here() -> None:
    (term,) = read_regex("/kursk(a+)+$/")
    hostile = "kursk" + "a" * 50_000 + "!"
    assert list(find(term, hostile)) == []  # a backtracking engine would not come back


def test_a_text_made_of_matches_gives_so_many_and_no_more() -> None:
    (term,) = read_regex("/kursk/")
    assert len(list(find(term, "kursk " * 5_000))) == MENTIONS_MOST


def test_a_pattern_takes_text_that_no_encoding_takes() -> None:
    assert found("/kursk/", "\ud800 Kursk \udfff") == ["Kursk"]


SIGNS = st.text(alphabet="abckurs/\\[](){}|*+?.^$-bwdSp1, éßК北\n", max_size=14)


@settings(deadline=None)
@given(SIGNS.map(lambda inner: f"/{inner}/"), st.text(alphabet="abckurs éßK北\n-1", max_size=40))
def test_any_pattern_runs_or_is_refused_and_its_literal_is_in_every_match(pattern: str, text: str) -> None:
    try:
        terms = read_regex(pattern)
    except RegexError:
        return
    haystack = Layout(Document("", text)).haystack
    for term in terms:
        for start, end in find(term, haystack):
            assert term.words[0].text in haystack[start:end]


@given(st.text(alphabet="kurs北c", min_size=3, max_size=6), st.text(alphabet="kursK c\u00ad\n北", max_size=30))
def test_a_literal_pattern_finds_what_the_letters_find(letters: str, text: str) -> None:
    index = Index(terms := read_regex(f"/{letters}/"), Endings())
    layout = Layout(Document("", text))
    view = View(index, layout, index.scan(layout.haystack), None)
    assert bool(view.mentions(index.ids[terms[0]])) is (letters in layout.haystack)
