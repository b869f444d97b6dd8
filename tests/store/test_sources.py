"""What is remembered of sources: due, leased, visited, and everything they ever showed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.model import Resolved, Source, VisitOutcome
from monitor.store import sources
from monitor.store.database import Connection, Store
from tests.builders import NOON, source, visit
from tests.stock import census, put_article

FEED, SITEMAP, OTHER = source(), source(kind="sitemap"), source("Hafenblatt")
MINUTE = timedelta(minutes=1)


def claim(db: Connection, *watched: Source, at: timedelta = timedelta(0), limit: int = 10) -> list[str]:
    """Lease what is due for a minute; return the ids."""
    now = NOON + at
    return [due.source.id for due in sources.claim_due(db, {s.id: s for s in watched}, now, now + MINUTE, limit)]


def visited(db: Connection, of: Source, *, due_in: timedelta, **facts: object) -> None:
    sources.record_visit(db, visit(of, **facts), next_due=NOON + due_in, due_reason="test", fresh=0)


async def test_a_new_source_is_due_at_once_and_leased_to_one(store: Store) -> None:
    await store.write(sources.register, (FEED, OTHER), NOON)
    assert sorted(await store.write(claim, FEED, OTHER)) == sorted([FEED.id, OTHER.id])
    assert await store.write(claim, FEED, OTHER) == []
    assert sorted(await store.write(claim, FEED, OTHER, at=MINUTE)) == sorted([FEED.id, OTHER.id])


async def test_the_longest_overdue_goes_first_as_far_as_there_is_room(store: Store) -> None:
    watched = [source(f"Blatt{n}") for n in range(4)]
    await store.write(sources.register, watched, NOON)
    for number, each in enumerate(watched):
        await store.write(visited, each, due_in=timedelta(seconds=10 - number))
    assert await store.write(claim, *watched, at=MINUTE, limit=2) == [watched[3].id, watched[2].id]


async def test_a_source_that_left_the_file_rests_and_keeps_its_memory(store: Store) -> None:
    await store.write(sources.register, (FEED, OTHER), NOON)
    await store.write(visited, FEED, due_in=MINUTE, etag='"v1"')
    await store.write(sources.register, (OTHER,), NOON)
    assert await store.write(claim, FEED, OTHER, at=timedelta(hours=1)) == [OTHER.id]
    assert [each.id for each in await store.read(sources.status)] == [OTHER.id]
    await store.write(sources.register, (FEED, OTHER), NOON)
    (due,) = await store.write(sources.claim_due, {FEED.id: FEED}, NOON + MINUTE, NOON + MINUTE, 10)
    assert (due.etag, due.is_first) == ('"v1"', False)


async def test_leases_of_a_former_process_end_at_the_start(store: Store) -> None:
    await store.write(sources.register, (FEED,), NOON)
    await store.write(claim, FEED)
    await store.write(sources.register, (FEED,), NOON)
    assert await store.write(claim, FEED) == [FEED.id]


async def test_a_lease_can_be_given_back(store: Store) -> None:
    await store.write(sources.register, (FEED,), NOON)
    await store.write(claim, FEED)
    assert await store.write(claim, FEED) == []
    await store.write(sources.release, [FEED.id])
    assert await store.write(claim, FEED) == [FEED.id]


@pytest.mark.parametrize(
    ("outcome", "entries", "is_first", "failures"),
    [
        (VisitOutcome.OK, 3, False, 0),
        (VisitOutcome.OK, 0, True, 0),  # E8: an empty feed is no baseline
        (VisitOutcome.UNCHANGED, 0, True, 0),
        (VisitOutcome.FAILED, 0, True, 1),
        (VisitOutcome.GONE, 0, True, 1),
    ],
)
async def test_only_a_visit_with_entries_ends_the_first_one(
    store: Store, outcome: VisitOutcome, entries: int, is_first: bool, failures: int
) -> None:
    await store.write(sources.register, (FEED,), NOON)
    await store.write(visited, FEED, due_in=MINUTE, outcome=outcome, entries=entries)
    (due,) = await store.write(sources.claim_due, {FEED.id: FEED}, NOON + MINUTE, NOON, 1)
    assert (due.is_first, due.failures) == (is_first, failures)


async def test_what_a_bare_address_turned_out_to_be_is_kept_until_it_fails(store: Store) -> None:
    found = Resolved("feed", "http://rheinblick.example/rss")
    await store.write(sources.register, (FEED,), NOON)
    kept = []
    for outcome, resolved in ((VisitOutcome.OK, found), (VisitOutcome.UNCHANGED, None), (VisitOutcome.FAILED, None)):
        await store.write(visited, FEED, due_in=timedelta(0), outcome=outcome, resolved=resolved)
        (due,) = await store.write(sources.claim_due, {FEED.id: FEED}, NOON, NOON, 1)
        kept.append(due.resolved)
    assert kept == [found, found, None]


def seen(of: Source = FEED, **facts: object) -> sources.SeenRow:
    defaults = {
        "source_id": of.id,
        "url_key": b"u1",
        "feed_id": b"i1",
        "title_key": b"t1",
        "state": b"s1",
        "last_seen": NOON,
        "reread_day": None,
        "rereads": 0,
    }
    return sources.SeenRow(**{**defaults, **facts})  # type: ignore[arg-type]  # the test names real fields


async def test_what_was_shown_is_found_by_each_of_its_keys_ids_and_titles_within_their_source(store: Store) -> None:
    await store.write(sources.register, (FEED, OTHER), NOON)
    await store.write(sources.remember, seen(), NOON)
    assert await store.read(sources.seen_by_url, [b"u1", b"u2"]) == [seen()]
    assert await store.read(sources.seen_by_feed_id, FEED.id, [b"i1"]) == [seen()]
    assert await store.read(sources.seen_by_title, FEED.id, [b"t1"]) == [seen()]
    assert await store.read(sources.seen_by_feed_id, OTHER.id, [b"i1"]) == []
    assert await store.read(sources.seen_by_title, OTHER.id, [b"t1"]) == []


async def test_what_is_shown_again_keeps_the_keys_it_no_longer_shows(store: Store) -> None:
    await store.write(sources.remember, seen(), NOON)
    await store.write(sources.remember, seen(feed_id=None, title_key=b"t2", state=b"s2"), NOON + MINUTE)
    (row,) = await store.read(sources.seen_by_url, [b"u1"])
    assert (row.feed_id, row.title_key, row.state, row.last_seen) == (b"i1", b"t2", b"s2", NOON + MINUTE)


async def test_status_names_those_in_trouble_first_and_counts_what_they_brought(store: Store) -> None:
    await store.write(put_article)
    await store.write(sources.register, (FEED, OTHER), NOON)
    await store.write(visited, OTHER, due_in=MINUTE, outcome=VisitOutcome.FAILED, reason="timed out")
    bad, good = await store.read(sources.status)
    assert (bad.id, bad.failures, bad.last_reason) == (OTHER.id, 1, "timed out")
    assert (good.id, good.articles, good.waiting) == (FEED.id, 1, 0)


async def test_old_visits_are_forgotten(store: Store) -> None:
    await store.write(sources.register, (FEED,), NOON)
    for days in (40, 31, 1):
        await store.write(visited, FEED, due_in=MINUTE, now=NOON - timedelta(days=days))
    assert await store.write(sources.prune_visits, NOON - timedelta(days=30)) == 2
    assert await store.read(census, "visits") == {"visits": 1}


async def test_a_source_that_was_refused_is_due_again_at_the_next_start(store: Store) -> None:
    """The operator mends `network.allow` and starts again: nobody waits for tomorrow."""
    await store.write(sources.register, (FEED,), NOON)
    await store.write(
        visited, FEED, due_in=timedelta(days=1), outcome=VisitOutcome.REFUSED, reason="the guard", entries=0
    )
    assert await store.write(claim, FEED, at=MINUTE) == []
    await store.write(sources.register, (FEED,), NOON + MINUTE)
    assert await store.write(claim, FEED, at=MINUTE) == [FEED.id]
