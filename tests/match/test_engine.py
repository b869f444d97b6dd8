"""The engine against brute force, against strangers' text, and against the labelled texts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.match.evaluate import Scope, compile_node, distinct, score
from monitor.match.forms import Endings
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.scan import Index, View
from monitor.match.tokens import Layout
from monitor.match.tree import known_words, terms_of
from monitor.model import Document, Field
from tests.data import shared_data

WORDS = [
    "Kursk",
    "Kurs",
    "Soldat",
    "Nordkorea",
    "=Kursk",
    "sold*",
    "Nord Korea",
    "курск",
    "北朝鮮",
    "朝鮮",
    "북한",
    "군사",
    "คูร์สก์",
]
PIECES = [
    *WORDS,
    "Kursks",
    "Elitesoldaten",
    "Nordkoreasoldaten",
    "nord-korea",
    "курском",
    "북한군이",
    "x",
    "y",
    ".",
    "!",
    "\n",
    ", ",
    "-",
    "ß",
    "\u00ad",
]
ITEM = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries(
            {"all": st.lists(inner, min_size=1, max_size=3), "none": st.lists(inner, min_size=1, max_size=1)}
        ),
        st.fixed_dictionaries({"near": st.lists(inner, min_size=2, max_size=3), "within": st.sampled_from(["1", "4"])}),
        st.fixed_dictionaries(
            {"any": st.lists(inner, min_size=1, max_size=2), "with": st.lists(inner, min_size=1, max_size=2)}
        ),
        st.fixed_dictionaries(
            {"any": st.lists(inner, min_size=1, max_size=2), "ignore": st.lists(inner, min_size=1, max_size=1)}
        ),
        st.fixed_dictionaries(
            {"any": st.lists(inner, min_size=1, max_size=2), "in": st.sampled_from(["title", "lead", "body"])}
        ),
    ),
    max_leaves=8,
)
TEXT = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)


def brute_force(watches: list[dict[str, Any]], document: Document) -> list[tuple[str, int]]:
    """Find literals by str.find and evaluate every watch: no automaton, no candidates."""
    rules = load_rules(watches, {})
    terms = tuple(dict.fromkeys(term for watch in rules.watches for term in terms_of(watch.clause)))
    index = Index(terms, Endings(known_words(terms)))
    layout = Layout(document)
    hits: dict[int, list[int]] = {}
    for number, literal in enumerate(index.literals):
        for at in range(len(layout.haystack)):
            if layout.haystack.startswith(literal, at):
                hits.setdefault(number, []).append(at)
    view = View(index, layout, hits, document.language)
    found = []
    for watch in rules.watches:
        mentions = distinct(compile_node(watch.clause, index)(Scope(view, {})) or ())
        if mentions and score(mentions, view) >= watch.min_score:
            found.append((watch.info.id, score(mentions, view)))
    return found


@settings(deadline=None)
@given(st.lists(ITEM, min_size=1, max_size=4), TEXT, TEXT, st.sampled_from(["de", "ru", "ja", "ko", "xx", None]))
def test_the_automaton_finds_what_brute_force_finds(
    items: list[Any], title: str, text: str, language: str | None
) -> None:
    watches = [{"id": f"w{at}", "any": [item], "min_score": "1"} for at, item in enumerate(items)]
    document = Document(title, text, language)
    found = [(match.watch_id, match.score) for match in Matcher(load_rules(watches, {})).match(document)]
    assert found == brute_force(watches, document)


@settings(deadline=None)
@given(st.lists(ITEM, min_size=1, max_size=3), TEXT, TEXT)
def test_every_evidence_span_lies_in_its_field_and_its_snippet(items: list[Any], title: str, text: str) -> None:
    matcher = Matcher(
        load_rules([{"id": f"w{at}", "any": [item], "min_score": "1"} for at, item in enumerate(items)], {})
    )
    for match in matcher.match(Document(title, text)):
        for each in match.evidence:
            source = title if each.field is Field.TITLE else text
            assert 0 <= each.start < each.end <= len(source)
            assert " ".join(source[each.start : each.end].split()) in each.snippet


@pytest.fixture(scope="module")
def shipped() -> Matcher:
    watches = [
        {"id": "k", "any": ["$kursk"], "ignore": ["Kursk Kursk"]},
        {"id": "n", "any": ["$north_korea ~ $troops"]},
        {"id": "b", "all": ["watch:k", "watch:n"]},
    ]
    return Matcher(load_rules(watches, {}))


@settings(deadline=None)
@given(title=st.text(), text=st.text(), language=st.one_of(st.none(), st.text(max_size=4)))
def test_no_text_breaks_the_matcher(shipped: Matcher, title: str, text: str, language: str | None) -> None:
    shipped.match(Document(title, text, language))


@pytest.mark.parametrize(
    "piece",
    [
        "Nordkorea-Soldaten ",
        "Kursk ",
        "a" * 50,
        "'",
        "-",
        "e\u0301",
        "\u00ad",
        ".",
        "\n",
        "Kursk" * 3,
        "朝鲜",
        "북",
        "ال",
        "Lesen Sie auch ",
    ],
)
def test_long_hostile_texts_cost_no_more_steps_than_their_length(shipped: Matcher, piece: str) -> None:
    # A quadratic step would take minutes here; the suite's own time limit would show it.
    shipped.match(Document("", piece * (100_000 // len(piece)), "de"))


def test_one_matcher_serves_many_threads(shipped: Matcher) -> None:
    documents = [
        Document(f"Nordkorea-Soldaten in Kursk {at}", "", language)
        for at in range(40)
        for language in ("de", "en", None)
    ]
    alone = [shipped.match(document) for document in documents]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shipped.match, documents)) == alone


@pytest.mark.data
def test_word_forms_of_24_languages_are_told_apart() -> None:
    right = wrong = missed = 0
    for line in shared_data("match/forms.tsv").read_text("utf-8").splitlines():
        language, term, forms, others = [*line.split("\t"), ""][:4]
        matcher = Matcher(load_rules([{"id": "w", "any": ["$s"]}], {"s": {language: [term]}}))
        hits = [bool(matcher.match(Document(form.strip("_"), "", language))) for form in forms.split()]
        right += sum(hits)
        missed += len(hits) - sum(hits)
        wrong += sum(bool(matcher.match(Document(other.strip("_"), "", language))) for other in others.split())
    assert right / (right + missed) >= 0.97
    assert right / (right + wrong) >= 0.97


@pytest.mark.data
def test_labelled_texts_are_judged_as_their_readers_did() -> None:
    folder = shared_data("match")
    lexicon, kursk = (
        yaml.load((folder / "watches" / name).read_text("utf-8"), Loader=yaml.BaseLoader)
        for name in ("lexicon.yaml", "kursk.yaml")
    )
    matcher = Matcher(load_rules(kursk["watches"], lexicon["sets"] | kursk["sets"]))
    right = wrong = missed = 0
    for line in (folder / "eval-dev.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        found = {match.watch_id for match in matcher.match(Document(row["title"], row["text"], row["lang"]))}
        wanted = {watch for watch, is_wanted in row["labels"].items() if is_wanted}
        right += len(found & wanted)
        wrong += len(found - wanted)
        missed += len(wanted - found)
    assert 2 * right / (2 * right + wrong + missed) >= 0.95
    assert right / (right + wrong) >= 0.97
