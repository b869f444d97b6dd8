"""Pages fold into stories as the service folds them, on written samples and on real articles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.stories import cross_origin, events, load, pairwise, story_pairs, together
from monitor.flows.stories import StoryLine
from monitor.model import Page, VerdictKind
from monitor.parse.fingerprint import fingerprint
from tests.data import shared_data

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
STREETS = ("Hafenstraße", "Deichweg", "Marktplatz", "Norderstraße", "Süderstraße", "Schlossgang", "Osterende", "Zingel")


def text(start: int = 0, count: int = 30) -> str:
    """Return a report of so many sentences, no two alike."""
    return "\n".join(
        f"In der {STREETS[n % 8]} {n} zählte die Feuerwehr bis {n % 24} Uhr {n * 7} Einsätze, "
        f"und {n * 3} Helfer räumten {n * 5} Bäume und {n * 11} Ziegel fort."
        for n in range(start, start + count)
    )


def page(url: str = "", title: str = "Sturm deckt in Husum sieben Dächer ab", body: str = "", **more: object) -> Page:
    body = body or text()
    return Page(url, None, title, body, fingerprint=fingerprint(body), **more)  # type: ignore[arg-type]


def test_the_same_page_twice_is_seen() -> None:
    line = StoryLine()
    first = line.add("1", page("https://nordbote.example/x.html?utm_source=rss"), NOW, "a")
    again = line.add("2", page("http://nordbote.example/x.html"), NOW, "a")
    assert (first.verdict.kind, again.verdict.kind, again.story) == (VerdictKind.NEW, VerdictKind.SEEN, "1")


def test_the_same_words_without_any_address_are_a_copy() -> None:
    line = StoryLine()
    line.add("1", page(), NOW)
    copy = line.add("2", page(title="Eine ganz andere Überschrift darüber", body=f"(dpa) {text()}"), NOW)
    assert (copy.story, copy.verdict.kind) == ("1", VerdictKind.COPY)


def test_an_update_is_what_later_copies_are_held_against() -> None:
    line = StoryLine()
    line.add("1", page("https://a.example/x", body=text(0)), NOW, "a")
    update = line.add("2", page("https://a.example/x", body=text(500)), NOW + timedelta(hours=1), "a")
    copy = line.add("3", page("https://b.example/y", "Andere Worte darüber", text(500)), NOW + timedelta(hours=2), "b")
    assert (update.verdict.kind, copy.verdict.kind) == (VerdictKind.UPDATE, VerdictKind.COPY)
    assert (update.story, copy.story) == ("1", "1")


def test_a_copy_of_a_copy_is_in_the_first_story() -> None:
    line = StoryLine()
    places = [line.add(str(n), page(f"https://{n}.example/x", body=text(n * 3)), NOW, str(n)) for n in range(4)]
    assert [placed.story for placed in places] == ["0"] * 4


def test_pages_without_words_or_address_are_each_their_own() -> None:
    line = StoryLine()
    empty = Page("", None, "", "")
    assert [line.add(str(n), empty, NOW).story for n in range(3)] == ["0", "1", "2"]


def test_articles_on_one_topic_are_two_stories() -> None:
    line = StoryLine()
    line.add("1", page(body=text(0)), NOW, "a")
    assert line.add("2", page(title="Bahn streikt ab Montag im Norden", body=text(900)), NOW, "b").story == "2"


@pytest.mark.data
def test_real_variants_join_their_origin_and_a_shared_paragraph_merges_nothing() -> None:
    rows = load(shared_data("dup") / "synth_fundus.jsonl")
    for placed in (*pairwise(rows), *together(rows)):
        if placed.label in ("duplicate", "update"):
            assert placed.joined >= 0.98 * placed.articles, placed
        if placed.label == "different":
            assert placed.joined == 0, placed
        assert placed.strayed == 0, placed


@pytest.mark.data
def test_no_two_different_real_articles_merge_even_without_their_headlines() -> None:
    rows = load(shared_data("dup") / "synth_fundus.jsonl")[::3]
    for each in rows:
        each["title"] = ""
    pairs, wrong = cross_origin(rows)
    assert pairs > 10_000
    assert wrong == []


@pytest.mark.data
def test_stories_are_pure_where_people_labelled_events() -> None:
    precision, _, _ = events(load(shared_data("dup") / "ecbplus_docs.jsonl"))
    assert precision >= 0.99


@pytest.mark.data
def test_pairs_that_people_call_different_stay_apart() -> None:
    assert story_pairs(load(shared_data("dup") / "tgcontest_pairs.jsonl"))[False, True] == 0
