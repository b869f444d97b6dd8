"""Candidates: never fewer than brute force finds, whatever the watches, the texts and what was learned."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.match.ast import AllOf, AnyOf, Context, Covers, Filter, NoneOf, Reference, Rules, Term, Watch, Word
from monitor.match.evaluate import Found, Scope, compile_node, distinct, score
from monitor.match.filters import passes
from monitor.match.fold import fold_word
from monitor.match.forms import Endings
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.prefilter import Frequencies, Prefilter
from monitor.match.scan import Index, View
from monitor.match.tokens import Layout
from monitor.match.tree import known_words, terms_of
from monitor.model import Document, Outlet, WatchInfo

SETS: dict[str, object] = {
    "places": {"de": ["Kursk", "Belgorod"], "ru": ["Курск"], "*": ["=NATO"]},
    "arms": ["Soldat", "sold*", "Nord Korea", "북한"],
    "both": ["$places", "$arms", "北朝鮮"],
    "clean": [{"any": ["Kursk"], "ignore": ["Kurs Kursk"]}, {"any": ["Soldat"], "with": ["Kurs"]}],
}
TERMS = [
    "Kursk",
    "Kurs",
    "Soldat",
    "=Kursk",
    "sold*",
    "Nord Korea",
    "курск",
    "北朝鮮",
    "북한",
    "/kurs[ck]\\w*/",
    "/korea|sold.t/",
    "$places",
    "$arms",
    "$both",
    "$clean",
    "$places ~3 $arms",
    "Kursk ~ Soldat",
    "watch:w0",
    "watch:w1",
]
QUERIES = [
    "Kursk NEAR/3 (Soldat OR sold*)",
    "(Kursk OR $arms) AND NOT Kurs",
    "title:Kursk OR body:$places",
    "Soldat ONEAR/2 Kursk",
    "watch:w0 AND Kurs",
    '"Nord Korea" OR (/kurs.k/ AND Soldat)',
    "Kurs -Kursk",
]


def lists(inner: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[list[Any]]:
    return st.lists(inner, min_size=least, max_size=3)


def clauses(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.fixed_dictionaries({"any": lists(inner)}, optional={"none": lists(inner), "ignore": lists(inner)}),
        st.fixed_dictionaries(
            {"all": lists(inner)}, optional={"with": lists(inner), "in": st.sampled_from(["title", "lead", "body"])}
        ),
        st.fixed_dictionaries(
            {"near": lists(inner, 2), "within": st.sampled_from(["1", "4"])},
            optional={"scope": st.just("text"), "ordered": st.just("true"), "ignore": lists(inner)},
        ),
        st.fixed_dictionaries(
            {"query": st.sampled_from(QUERIES)}, optional={"with": lists(inner), "any": lists(inner)}
        ),
    )


ITEM = st.recursive(st.sampled_from(TERMS), clauses, max_leaves=8)
OPTIONS = st.fixed_dictionaries(
    {"min_score": st.sampled_from(["1", "2", "5"])},
    optional={"lang": st.just(["de"]), "min_mentions": st.just("2"), "outlets": st.just({"exclude": ["tass.example"]})},
)
PIECES = [
    "Kursk",
    "Kurs",
    "Soldaten",
    "Nordkorea",
    "Nord Korea",
    "nord-korea",
    "Kurskfront",
    "курском",
    "Belgorod",
    "NATO",
    "北朝鮮",
    "북한이",
    "soldier",
    "x",
    "y",
    "z",
    ".",
    ". ",
    "\n",
    "\n" * 2,
    ",",
    "Elitesoldaten",
    "kurz",
    "KURSK",
    "ß",
    "\u00ad",
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)
DOCUMENT = st.builds(
    Document,
    TEXT,
    TEXT,
    st.sampled_from(["de", "ru", "ko", None]),
    st.sampled_from([None, Outlet("tass", "TASS", "tass.example")]),
)


def rules_of(items: list[tuple[Any, dict[str, Any]]]) -> Rules:
    """Return watches that may refer to the first two, which refer to nothing."""
    first = [
        {"id": "w0", "any": ["Soldat", "Kursk"], "min_score": "1"},
        {"id": "w1", "near": ["Kurs", "$arms"], "min_score": "1"},
    ]
    rest = [{"id": f"w{at}", "any": [item], **options} for at, (item, options) in enumerate(items, start=2)]
    return load_rules([*first, *rest], SETS)


def brute_force(rules: Rules, document: Document) -> list[tuple[str, int]]:
    """Hold every watch against a text: literals by str.find, no automaton, no covers, no candidates."""
    terms = tuple(dict.fromkeys(term for watch in rules.watches for term in terms_of(watch.clause)))
    index = Index(terms, Endings(known_words(terms)))
    layout = Layout(document)
    hits: dict[int, list[int]] = {}
    for number, literal in enumerate(index.literals):
        starts = [at for at in range(len(layout.haystack)) if layout.haystack.startswith(literal, at)]
        if starts:
            hits[number] = starts
    view = View(index, layout, hits, document.language)
    held: dict[str, Found] = {}
    for watch in rules.watches:  # references only lead back
        mentions = distinct(compile_node(watch.clause, index)(Scope(view, held)) or ())
        is_enough = len(mentions) >= watch.min_mentions and score(mentions, view) >= watch.min_score
        is_met = bool(mentions) and is_enough and passes(watch.filter, document, document.language)
        held[watch.info.id] = mentions if is_met else None
    return [(watch_id, score(mentions, view)) for watch_id, mentions in held.items() if mentions is not None]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(ITEM, OPTIONS), min_size=1, max_size=4), st.lists(DOCUMENT, min_size=1, max_size=3))
def test_candidates_lose_nothing_that_brute_force_finds(items: list[Any], documents: list[Document]) -> None:
    rules = rules_of(items)
    matcher = Matcher(rules)
    # As if long words were the frequent ones: other anchors than those guessed.
    long_ones = {word.text: float(len(word.text)) for term in matcher.index.ids for word in term.words}
    learned = Matcher(rules, frequencies=Frequencies(long_ones, 300.0), index=matcher.index)
    for document in documents:
        wanted = brute_force(rules, document)
        assert [(found.watch_id, found.score) for found in matcher.match(document)] == wanted
        assert learned.match(document) == matcher.match(document)
        for watch in rules.watches:
            is_met = matcher.explain(document, watch.info.id).is_met
            assert is_met is (watch.info.id in dict(wanted))


KURSK, SUDZHA, A_LETTER = (Term(text, (Word(text),)) for text in ("kursk", "sudzha", "x"))


def watch(clause: Any, watch_id: str = "w") -> Watch:
    return Watch(WatchInfo(watch_id, watch_id), clause, 1, 1, Filter())


def test_what_needs_no_word_is_named_and_held_against_everything() -> None:
    rules = Rules(
        (watch(NoneOf(KURSK), "never"), watch(KURSK, "plain"), watch(AnyOf((KURSK, NoneOf(SUDZHA))), "either"))
    )
    assert rules.uncovered == ("never", "either")
    ids = {KURSK: 0, SUDZHA: 1}
    assert Prefilter(rules.watches, ids, Frequencies()).candidates(()) == [0, 2]
    assert Prefilter(rules.watches, ids, Frequencies()).candidates((0,)) == [0, 1, 2]


def test_all_covers_must_be_hit_and_a_reference_needs_what_its_watch_needs() -> None:
    watches = (watch(AllOf((KURSK, Context(SUDZHA), NoneOf(A_LETTER))), "one"), watch(Reference("one"), "other"))
    prefilter = Prefilter(watches, {KURSK: 0, SUDZHA: 1, A_LETTER: 2}, Frequencies())
    assert prefilter.candidates((0, 2)) == []
    assert prefilter.candidates((1,)) == []
    assert prefilter.candidates((0, 1)) == [0, 1]


def test_the_rarest_cover_is_the_anchor_by_length_until_enough_was_seen() -> None:
    guess = Frequencies()
    assert guess.cost(frozenset([SUDZHA])) < guess.cost(frozenset([KURSK])) < guess.cost(frozenset([A_LETTER]))
    few = guess.learn([[SUDZHA]] * 10)
    assert few.cost(frozenset([SUDZHA])) < few.cost(frozenset([KURSK]))
    many = guess.learn([[SUDZHA]] * 300)
    assert many.cost(frozenset([SUDZHA])) > many.cost(frozenset([KURSK])) > 0
    assert guess.counts == {}


def test_what_was_learned_fades() -> None:
    once = Frequencies().learn([[SUDZHA]] * 300)
    assert once.learn([[KURSK]] * 20_000).cost(frozenset([SUDZHA])) < once.cost(frozenset([SUDZHA])) / 100


def test_an_any_is_covered_by_the_cheapest_cover_of_each_of_its_items() -> None:
    covers = Covers(())
    assert covers.of(AnyOf((KURSK, AllOf((SUDZHA, A_LETTER))))) == (frozenset([KURSK, SUDZHA]),)


def test_watches_on_one_shared_set_are_one_cover() -> None:
    items = [{"id": f"w{at}", "near": [f"name{at}", "$kursk"]} for at in range(200)]
    matcher = Matcher(load_rules(items, {}))
    assert matcher.candidates(Document("", "name7 in Kursk", "en")) == ("w7",)
    assert matcher.candidates(Document("", "Kursk", "en")) == ()


def test_a_matcher_that_learned_answers_the_same_and_looks_at_less() -> None:
    items = [{"id": f"w{at}", "all": [f"name{at}", "administration"], "min_score": "1"} for at in range(20)]
    matcher = Matcher(load_rules([*items, {"id": "x", "any": ["Kursk"], "min_score": "1"}], {}))
    documents = [Document("", "The administration of Kursk, says name3.", "en")]
    learned = matcher.learn(documents * 250)
    assert learned.frequencies.documents > 200
    assert [learned.match(each) for each in documents] == [matcher.match(each) for each in documents]
    assert [match.watch_id for match in learned.match(documents[0])] == ["w3", "x"]


def test_a_filter_is_asked_before_the_text_is_read() -> None:
    matcher = Matcher(load_rules([{"id": "w", "any": ["Kursk"], "lang": ["de"]}], {}))

    class Unreadable(str):
        __slots__ = ()

        def isascii(self) -> bool:
            raise AssertionError("the text was read")

    assert matcher.match(Document("", Unreadable("Kursk Kursk"), "en")) == ()


WORD = st.text(alphabet="abdefgilmnorstuyéšяскийоваыьюкרסוק", min_size=1, max_size=9)


@given(
    WORD,
    st.sampled_from([None, "de", "nl", "fi", "ru", "cs", "he", "tr"]),
    st.sampled_from([None, "de", "sv", "pl", "uk", "ar", "xx"]),
)
def test_every_form_of_a_word_begins_with_a_literal_that_is_searched_for(
    word: str, own: str | None, text: str | None
) -> None:
    term = Term(word, (Word(fold_word(word), own),))
    index = Index([term], Endings())
    for number, shape in index.rooted(term.words[0], text):
        assert shape.literal.startswith(index.literals[number])
