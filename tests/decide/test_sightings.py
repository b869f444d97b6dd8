"""Which entries of a visit are news: what feeds do to their addresses, ids and headlines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.sightings import (
    REREADS_A_DAY,
    Decision,
    EntryFacts,
    Seen,
    SeenEntry,
    SeenFacts,
    entry_facts,
    is_storm,
    tellable,
    unseen,
)
from monitor.model import Entry

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


def entry(n: int, *, path: str = "a", id: str | None = "", title: str = "", updated: int = 0) -> EntryFacts:  # noqa: A002
    """Return entry n of a feed; its id is its number unless another is named."""
    link = f"https://example.org/{path}/{n}"
    made = Entry(
        link=link,
        id=f"guid-{n}" if id == "" else id,
        title=title or f"Der Sturm der Nacht, Bericht {n % 1000} von {n}",
        updated=NOW + timedelta(minutes=updated) if updated else None,
    )
    return entry_facts(made, link)


def remember(entries: Iterable[EntryFacts], *, rereads: int = 0, days: int = 0) -> SeenFacts:
    """Return what a store would know after a visit with these entries."""
    seen = [
        (each, SeenEntry(each.state, each.url_key, each.title_key, NOW - timedelta(days=days), rereads))
        for each in entries
        if each.url_key is not None
    ]
    return SeenFacts(
        by_url={each.url_key: known for each, known in seen if each.url_key},
        by_id={each.id: known for each, known in seen if each.id},
        by_title={each.title_key: known for each, known in seen if each.title_key},
    )


NOTHING = remember([])


def steps(decisions: Sequence[Decision]) -> list[Seen]:
    return [decision.kind for decision in decisions]


def test_in_an_unknown_source_everything_is_new() -> None:
    assert steps(unseen([entry(1), entry(2)], NOTHING)) == [Seen.NEW, Seen.NEW]


def test_a_second_look_finds_nothing_new() -> None:
    feed = [entry(n) for n in range(30)]
    assert steps(unseen(feed, remember(feed))) == [Seen.KNOWN] * 30


def test_an_entry_without_a_link_is_skipped_and_its_neighbours_go_on() -> None:
    nowhere = entry_facts(Entry(link="", id="x", title="Ein Bericht ohne jede Adresse"), "")
    front_page = entry_facts(Entry(link="https://example.org/"), "https://example.org/")
    decisions = unseen([nowhere, front_page, entry(1)], NOTHING)
    assert steps(decisions) == [Seen.SKIP, Seen.SKIP, Seen.NEW]
    assert decisions[0].reason == "it has no link to an article"


def test_an_entry_listed_twice_is_read_once() -> None:
    assert steps(unseen([entry(1), entry(1, id="other"), entry(2)], NOTHING)) == [Seen.NEW, Seen.SKIP, Seen.NEW]


def test_E1_all_ids_change_and_nothing_is_news() -> None:  # named after its row
    before = [entry(n) for n in range(12)]
    after = [entry(n, id=f"https://cms.example/{n}") for n in range(12)]
    decisions = unseen(after, remember(before))
    assert steps(decisions) == [Seen.KNOWN] * 12
    assert all(decision.is_moved for decision in decisions)
    assert is_storm(after, remember(before))


@pytest.mark.parametrize("new_id", ["", "link"])
def test_E2_all_addresses_change_and_nothing_is_news(new_id: str) -> None:  # named after its row
    before = [entry(n, id=f"a/{n}" if new_id else "") for n in range(12)]
    after = [entry(n, path="b", id=f"b/{n}" if new_id else "") for n in range(12)]
    decisions = unseen(after, remember(before))
    assert steps(decisions) == [Seen.KNOWN] * 12
    assert {decision.reason for decision in decisions} == {"the source changed its addresses"}
    assert is_storm(after, remember(before))


def test_E2_true_news_in_a_storm_is_still_news() -> None:  # named after its row
    before = [entry(n, id=None) for n in range(12)]
    after = [entry(77, path="b", id=None), *(entry(n, path="b", id=None) for n in range(11))]
    assert steps(unseen(after, remember(before))) == [Seen.NEW] + [Seen.KNOWN] * 11


def test_nine_entries_are_no_storm() -> None:
    before = [entry(n, id=None) for n in range(9)]
    after = [entry(n, path="b", id=None) for n in range(9)]
    assert steps(unseen(after, remember(before))) == [Seen.NEW] * 9
    assert not is_storm(after, remember(before))


def test_a_column_that_keeps_its_headline_is_no_storm() -> None:
    title = "Die Nachrichten des Tages um zwanzig Uhr"
    before = [entry(n, title=title) for n in range(12)]
    after = [entry(n, title=title) for n in range(12, 24)]
    assert steps(unseen(after, remember(before))) == [Seen.NEW] * 12


def test_a_feed_that_rolled_over_is_news_not_a_storm() -> None:
    before = [entry(n) for n in range(20)]
    after = [entry(n) for n in range(100, 120)]
    assert steps(unseen(after, remember(before))) == [Seen.NEW] * 20


def test_E3_an_id_reused_for_another_article_is_news() -> None:  # named after its row
    before = [entry(1, id="same")]
    after = [entry(2, id="same", title="Ein ganz anderer Bericht vom Hafen")]
    decision = unseen(after, remember(before))[0]
    assert decision.kind is Seen.NEW
    assert "another headline" in decision.reason


def test_an_id_known_at_another_address_with_its_headline_is_known() -> None:
    decision = unseen([entry(1, path="moved")], remember([entry(1)]))[0]
    assert (decision.kind, decision.is_moved) == (Seen.KNOWN, True)


def test_an_id_whose_old_address_is_still_listed_is_another_article() -> None:
    known = remember([entry(1)])
    assert steps(unseen([entry(1, id="other"), entry(1, path="b")], known)) == [Seen.KNOWN, Seen.NEW]


@pytest.mark.parametrize("empty", [None, "0", "null", " ", "False"])
def test_E4_ids_that_stand_for_nothing_do_not_fold_articles(empty: str | None) -> None:  # its row
    feed = [entry(n, id=empty) for n in range(3)]
    assert steps(unseen(feed, NOTHING)) == [Seen.NEW] * 3
    assert steps(unseen([*feed, entry(3, id=empty)], remember(feed))) == [Seen.KNOWN] * 3 + [Seen.NEW]


def test_E4_one_id_on_all_entries_is_no_id() -> None:  # named after its row
    feed = [entry(n, id="podcast") for n in range(3)]
    assert steps(unseen(feed, NOTHING)) == [Seen.NEW] * 3
    assert steps(unseen([entry(3, id="podcast"), *feed], remember(feed))) == [Seen.NEW] + [Seen.KNOWN] * 3


def test_E4_ids_that_change_with_every_look_do_not_flap() -> None:  # named after its row
    before = [entry(n, id=f"random-{n}") for n in range(12)]
    after = [entry(n, id=f"other-{n}", updated=n == 3) for n in range(12)]
    wanted = [Seen.CHANGED if n == 3 else Seen.KNOWN for n in range(12)]
    assert steps(unseen(after, remember(before))) == wanted


def test_E5_an_entry_that_returns_after_months_is_known() -> None:  # named after its row
    assert steps(unseen([entry(1)], remember([entry(1)], days=300))) == [Seen.KNOWN]


def test_E6_a_long_shuffled_feed_is_not_told_again() -> None:  # named after its row
    feed = [entry(n) for n in range(5000)]
    assert set(steps(unseen(feed[::-1], remember(feed)))) == {Seen.KNOWN}


def test_E8_an_empty_feed_decides_nothing() -> None:  # named after its row
    assert unseen([], remember([entry(1)])) == ()


@pytest.mark.parametrize("change", [{"updated": 5}, {"title": "Der Sturm der Nacht, berichtigt und ergänzt"}])
def test_an_entry_whose_date_or_headline_changed_is_read_again(change: dict[str, object]) -> None:
    assert steps(unseen([entry(1, **change)], remember([entry(1)]))) == [Seen.CHANGED]  # type: ignore[arg-type]


def test_E12_an_entry_that_always_changes_is_read_again_three_times_a_day() -> None:  # its row
    restless = entry(1, updated=5)
    for rereads in range(REREADS_A_DAY):
        assert steps(unseen([restless], remember([entry(1)], rereads=rereads))) == [Seen.CHANGED]
    decision = unseen([restless], remember([entry(1)], rereads=REREADS_A_DAY))[0]
    assert decision.kind is Seen.KNOWN
    assert "3 times today" in decision.reason


KEYS = st.sampled_from([b"a", b"b", b"c", b"d", b"e"])
ENTRIES = st.lists(st.builds(EntryFacts, st.none() | KEYS, st.none() | KEYS, st.none() | KEYS, KEYS), max_size=25)
SEEN = st.dictionaries(
    KEYS, st.builds(SeenEntry, KEYS, KEYS, st.none() | KEYS, st.just(NOW), st.integers(0, 5)), max_size=5
)


@given(ENTRIES, SEEN, SEEN, SEEN)
def test_each_entry_gets_one_decision_and_no_article_is_read_twice(
    entries: list[EntryFacts],
    by_url: dict[bytes, SeenEntry],
    by_id: dict[bytes, SeenEntry],
    by_title: dict[bytes, SeenEntry],
) -> None:
    decisions = unseen(entries, SeenFacts(by_url, by_id, by_title))
    assert len(decisions) == len(entries)
    read = [
        each.url_key
        for each, decision in zip(entries, decisions, strict=True)
        if decision.kind in (Seen.NEW, Seen.CHANGED)
    ]
    assert len(read) == len(set(read))
    for each, decision in zip(entries, decisions, strict=True):
        assert decision.reason
        assert (decision.known is None) is (decision.kind in (Seen.NEW, Seen.SKIP))
        if each.url_key in by_url:
            assert decision.kind is not Seen.NEW


@given(ENTRIES)
def test_what_was_just_remembered_is_never_new(entries: list[EntryFacts]) -> None:
    assert Seen.NEW not in steps(unseen(entries, remember(entries)))


DAYS_AGO = [NOW - timedelta(days=days) for days in range(8)]


def test_E10_a_first_visit_is_history() -> None:
    assert tellable([NOW, None, *DAYS_AGO], NOW, watched_since=NOW, is_asked=False) == ()


def test_E10_a_first_visit_tells_the_newest_five_where_the_user_asks_for_it() -> None:
    published = [None, *reversed(DAYS_AGO)]
    told = tellable(published, NOW, watched_since=NOW, is_asked=True)
    assert [published[index] for index in told] == DAYS_AGO[:5]


def test_what_appeared_while_the_first_visit_was_put_off_by_an_outage_is_news() -> None:
    added = NOW - timedelta(hours=3)
    published = [added - timedelta(minutes=1), added + timedelta(minutes=1), None, NOW + timedelta(hours=1)]
    assert tellable(published, NOW, watched_since=added, is_asked=False) == (1,)
