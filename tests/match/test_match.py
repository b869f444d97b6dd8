"""What a watch says, and which texts it means."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.match.clauses._base import Example
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.reader import clause_kinds
from monitor.match.tokens import lead_end
from monitor.model import Document, Field, Match, Outlet


def matches(
    clause: dict[str, Any], title: str, text: str = "", *, language: str | None = "en", sets: Any = None
) -> Match | None:
    rules = load_rules([{"id": "w", "min_score": "1", **clause}], sets or {})
    return next(iter(Matcher(rules).match(Document(title, text, language))), None)


EXAMPLES = [
    pytest.param(example, id=f"{key}: {example.says}")
    for key, kind in clause_kinds().items()
    for example in kind.examples
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_every_clause_are_true(example: Example) -> None:
    assert matches(dict(example.clause), "", example.matches, sets=dict(example.sets)) is not None
    assert matches(dict(example.clause), "", example.misses, sets=dict(example.sets)) is None


@pytest.mark.parametrize(
    ("term", "language", "text"),
    [
        ("Kursk", "de", "An der Kursk-Front"),
        ("Kursk", "de", "Die Kurskfront hält"),
        ("Truppe", "de", "Eine Truppenverlegung"),
        ("Soldat", "de", "Zwei Elitesoldaten"),
        ("North Korea", "en", "the North-Korean border, North Korea's army"),
        ("army", "en", "two armies"),
        ("Курск", "ru", "бои под Курском"),
        ("боец", "ru", "сотни бойцов"),
        ("voják", "cs", "dva vojáci"),
        ("Kursk", "fi", "taistelut Kurskissa"),
        ("Kursk", "tr", "Kursk’ta çatışma"),
        ("كوري شمالي", "ar", "القوات الكورية الشمالية"),
        ("קורסק", "he", "הקרבות בקורסק"),
        ("북한군", "ko", "북한군이 러시아에"),
        ("库尔斯克", "zh", "俄军在库尔斯克州"),
        ("クルスク", "ja", "露クルスク州で"),
        ("सैनिक", "hi", "सैनिकों की मौत"),
        ("soldat*", "de", "Soldatenfriedhof"),
        ("=BASF", "de", "Die BASF-Werke"),
        ("Kursk", "en", "KURSK"),
        ("prisoner of war", "en", "prisoners of war"),
    ],
)
def test_a_term_is_found_in_its_forms(term: str, language: str, text: str) -> None:
    assert matches({"any": [term]}, text, language=language) is not None
    assert matches({"any": [term]}, text, language=None) is not None


@pytest.mark.parametrize(
    ("term", "language", "text"),
    [
        ("Kursk", "de", "Die Kurskosten steigen"),
        ("Truppe", "de", "Die Gruppen"),
        ("Kurs", "de", "Kämpfe um Kursk"),
        ("troop", "en", "a troupe of actors"),
        ("クルスク", "ja", "マーカスクルスク社"),
        ("북한", "ko", "남북한 회담"),
        ("=BASF", "en", "basf"),
        ("=Orange", "en", "an orange"),
        ("North Korea", "en", "in the north. Korea said"),
        ("North Korea", "en", "north, Korea"),
        ("1943", "en", "19430 tonnes"),
        ("Kursk", "pl", "uczestnicy kursów"),
    ],
)
def test_a_term_is_not_found_in_another_word(term: str, language: str, text: str) -> None:
    assert matches({"any": [term]}, text, language=language) is None


@pytest.mark.parametrize(
    ("clause", "text", "is_held"),
    [
        ({"near": ["Kursk", "troops"], "within": "2"}, "Troops in Kursk", True),
        ({"near": ["Kursk", "troops"], "within": "2"}, "Troops came to Kursk", False),
        ({"near": ["Kursk", "troops"]}, "The troops left. Kursk is quiet.", False),
        ({"near": ["Kursk", "troops"], "scope": "text"}, "The troops left. Kursk is quiet.", True),
        ({"near": ["Kursk", "troops"], "ordered": "true"}, "Troops in Kursk", False),
        ({"near": ["troops", "Kursk"], "ordered": "true"}, "Troops in Kursk", True),
        ({"near": ["a1", "b1", "c1"], "within": "4"}, "a1 x b1 x c1", True),
        ({"near": ["a1", "b1", "c1"], "within": "3"}, "a1 x b1 x c1", False),
        ({"any": ["Kursk ~ troops"]}, "Troops in Kursk", True),
        ({"any": ["Kursk ~1 troops"]}, "Troops in Kursk", False),
        ({"near": ["朝鲜", "库尔斯克"], "within": "3"}, "朝鲜军队在库尔斯克", True),
        ({"near": ["朝鲜", "库尔斯克"], "within": "3"}, "朝鲜军队今年十月开始在库尔斯克", False),
        ({"near": ["Kursk", "killed"]}, "On 6. August Gen. Miller was killed at 5 a.m. in Kursk", True),
        ({"all": ["Kursk", {"any": ["x1", "troops"]}]}, "Troops. Kursk.", True),
        ({"any": ["Kursk"], "none": ["1943"]}, "Kursk 1943", False),
        ({"any": ["Kursk"], "with": ["drone"]}, "Kursk. A drone.", True),
        ({"any": ["Kursk"], "ignore": [{"near": ["Kursk", "film"]}]}, "The film Kursk", False),
        ({"any": ["Kursk"], "min_mentions": "2"}, "Kursk, Kursk", True),
        ({"any": ["Kursk"], "min_mentions": "2"}, "Kursk", False),
    ],
)
def test_a_clause_means_what_it_says(clause: dict[str, Any], text: str, is_held: bool) -> None:
    assert (matches(clause, "", text) is not None) is is_held


def test_context_is_neither_counted_nor_shown() -> None:
    found = matches({"any": ["Kursk"], "with": ["drone"]}, "A drone over Kursk")
    assert found is not None
    assert [each.term for each in found.evidence] == ["Kursk"]


def test_a_name_inside_a_longer_one_is_one_mention() -> None:
    found = matches({"any": ["Kim", "Kim Jong Un"]}, "Kim Jong Un spoke")
    assert found is not None
    assert [(each.term, each.start, each.end) for each in found.evidence] == [("Kim Jong Un", 0, 11)]


def test_score_counts_title_lead_and_body_three_mentions_each() -> None:
    lead, body = "Kursk was hit. " + "x " * 150, "Kursk " * 9
    found = matches({"any": ["Kursk"]}, "Kursk", f"{lead}\n{body}")
    assert found is not None
    assert found.score == 3 + 2 + 3
    assert {each.field for each in found.evidence} == set(Field)


def test_one_passing_mention_deep_in_the_body_does_not_alert_by_default() -> None:
    rules = load_rules([{"id": "w", "any": ["Kursk"]}], {})
    document = Document("Weather", "Rain. " * 60 + "\nKursk too.")
    assert Matcher(rules).match(document) == ()
    assert [match.watch_id for match in Matcher(rules).match(Document("Kursk", "Rain."))] == ["w"]


def test_a_short_first_paragraph_takes_the_next_into_the_lead() -> None:
    assert lead_end("Moscow\n" + "word " * 60 + "\nbody") == len("Moscow\n" + "word " * 60)
    assert lead_end("") == 0
    assert lead_end("One sentence. " * 200) < 700


def test_evidence_points_into_the_original_title_and_text() -> None:
    document = Document(
        "Großer Angriff bei Kursk", "Fuß\u00adsoldaten in İzmir.\nIn Kursk blieb es ruhig, in KURSK auch."
    )
    (match,) = Matcher(load_rules([{"id": "w", "any": ["Kursk"]}], {})).match(document)
    for each in match.evidence:
        source = document.title if each.field is Field.TITLE else document.text
        assert source[each.start : each.end].casefold() == "kursk"
        assert source[each.start : each.end] in each.snippet
    assert [each.start for each in match.evidence if each.field is not Field.TITLE] == sorted(
        each.start for each in match.evidence if each.field is not Field.TITLE
    )


@pytest.mark.parametrize(
    "text",
    [
        "Es bleibt trocken.\nLesen Sie auch: Kämpfe um Kursk",
        "Es bleibt trocken.\nAuch interessant\nKämpfe um Kursk\nGold steigt",
        "Es bleibt trocken.\nKämpfe um Kursk: Was wir wissen",
        "Il ne pleut pas. Lire aussi : Combats à Kursk",
        "全线设站10座。\n相关阅读:Kursk",
    ],
)
def test_teasers_of_other_articles_are_not_searched(text: str) -> None:
    assert matches({"any": ["Kursk"]}, "", text, language=None) is None


def test_last_lines_of_a_text_without_sentences_are_searched() -> None:
    assert matches({"any": ["Kursk"]}, "", "10:15 Sirenen in Belgorod\n10:20 Drohne über Kursk") is not None
    assert matches({"any": ["Kursk"]}, "", "Related talks on Kursk were held on Monday, officials said.") is not None


@pytest.mark.parametrize(
    ("watch", "language", "outlet", "passes"),
    [
        ({"lang": ["de"]}, "de-AT", None, True),
        ({"lang": ["de"]}, "en", None, False),
        ({"lang": ["de"]}, None, None, True),
        ({"lang": ["no"]}, "nb", None, True),
        ({"country": ["NO"]}, None, Outlet("a", "A", country="NO"), True),
        ({"country": ["fr"]}, None, Outlet("a", "A", country="NO"), False),
        ({"outlets": {"exclude": ["example.com"]}}, None, Outlet("a", "A", "news.example.com"), False),
        ({"outlets": {"exclude": ["example.com"]}}, None, Outlet("a", "A", "myexample.com"), True),
        ({"outlets": {"include": ["a"]}}, None, Outlet("a", "A"), True),
        ({"outlets": {"include": ["wire"]}}, None, Outlet("a", "A", tags=("wire",)), True),
        ({"outlets": {"include": ["b"]}}, None, Outlet("a", "A"), False),
        ({"outlets": {"include": ["b"]}}, None, None, False),
    ],
)
def test_filters_look_at_language_country_and_outlet(
    watch: dict[str, Any], language: str | None, outlet: Outlet | None, passes: bool
) -> None:
    rules = load_rules([{"id": "w", "any": ["Kursk"], **watch}], {})
    assert bool(Matcher(rules).match(Document("Kursk", "", language, outlet))) is passes


def test_a_watch_refers_to_others_with_their_thresholds_whatever_the_order() -> None:
    watches = [
        {"id": "both", "all": ["watch:a", "watch:b"]},
        {"id": "a", "any": ["Kursk"], "ignore": ["Battle of Kursk"]},
        {"id": "b", "any": ["troops"], "min_score": "4"},
    ]
    matcher = Matcher(load_rules(watches, {}))
    assert [match.watch_id for match in matcher.match(Document("Troops troops in Kursk", ""))] == ["both", "a", "b"]
    assert [match.watch_id for match in matcher.match(Document("Troops in Kursk", ""))] == ["a"]
    assert matcher.match(Document("Troops troops: the Battle of Kursk", ""))[0].watch_id == "b"


def test_sets_hold_languages_and_other_sets_and_may_extend_the_shipped_ones() -> None:
    sets = {
        "towns": {"de": ["Sudscha"], "*": ["Sudzha"]},
        "area": ["$towns", "$kursk"],
        "kursk": ["$kursk", "Kurskland"],
    }
    clause = {"any": ["$area"]}
    for title in ("Sudscha", "Koursk", "Kurskland"):
        assert matches(clause, title, sets=sets, language="fr") is not None


def test_shipped_sets_find_north_korean_troops_in_many_languages() -> None:
    titles = {
        "de": "Nordkorea-Soldaten an der Front",
        "en": "North Korean troops deployed",
        "fr": "Des soldats nord-coréens déployés",
        "ru": "Северокорейские военные на фронте",
        "uk": "Північнокорейські військові на фронті",
        "pl": "Północnokoreańscy żołnierze na froncie",
        "ko": "북한군 병사 파병",
        "ja": "北朝鮮兵が前線に",
        "zh": "朝鲜士兵抵达前线",
        "ar": "جنود من كوريا الشمالية",
        "he": "חיילים צפון קוריאנים בחזית",
        "hi": "उत्तर कोरिया के सैनिक",
    }
    for language, title in titles.items():
        assert matches({"any": ["$north_korea ~ $troops"]}, title, language=language) is not None, language
