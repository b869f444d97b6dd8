"""Sources that are due are visited, what they show anew gets in line, what is in line is read: by rows and leases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from monitor.flows.visit import PER_HOST, READ_LEASE, VISIT_LEASE, Capacity, Visits
from monitor.model import Entry, FrontierItem, Source, SourceDue, VisitOutcome
from monitor.store import frontier, sources
from monitor.store.database import Store
from tests import builders
from tests.builders import NOON, Clock, entry, source
from tests.stock import Log, ScriptedCrawler, break_table, census, mend_table, register

FEED = source()


class Bench:
    """The visits of a service with a scripted crawler, on a clock that the test turns."""

    def __init__(
        self, store: Store, *watched: Source, crawler: ScriptedCrawler | None = None, capacity: Capacity | None = None
    ) -> None:
        self.store = store
        self.watched = watched or (FEED,)
        self.crawler = crawler or ScriptedCrawler()
        self.log = Log()
        self.clock = Clock()
        self.visits = Visits(
            store,
            self.log.journal,
            watched=self.watched,
            crawler=lambda: self.crawler,
            clock=self.clock,
            capacity=capacity or Capacity(),
            spread=0.1,
            chance=lambda: 0.5,
        )

    async def start(self) -> None:
        await self.store.write(register, *self.watched, now=self.clock())

    async def show(self, *entries: Entry, of: Source = FEED, is_first: bool = False, **facts: Any) -> int:
        """Let a source show these entries; return how many got in line."""
        due = builders.due(of, is_first=is_first)
        before = (await self.store.read(census, "frontier"))["frontier"]
        await self.visits.discovered(due, builders.visit(of, len(entries), self.clock(), **facts), entries)
        return (await self.store.read(census, "frontier"))["frontier"] - before

    async def line(self) -> list[tuple[str, bool]]:
        """Return what is in line to be read, and whether it is history."""
        claimed = await self.store.write(
            frontier.claim_due,
            {each.id: each for each in self.watched},
            self.clock(),
            self.clock(),
            limit=1000,
            per_host=1000,
        )
        return [(item.url.rpartition("/")[2], item.is_quiet) for item in claimed]


# ── What a visit writes ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "verb"), [("frontier", "INSERT"), ("seen", "INSERT"), ("sources", "UPDATE"), ("visits", "INSERT")]
)
async def test_A6_what_a_visit_found_and_its_validators_stand_or_fall_together(
    store: Store, table: str, verb: str
) -> None:
    bench = Bench(store)
    await bench.start()
    await store.write(break_table, table, verb)
    with pytest.raises(Exception, match="no room"):
        await bench.show(entry("a1"), entry("a2"), is_first=True, etag='"v1"', body_hash=b"h")
    assert set((await store.read(census, "frontier", "seen", "visits")).values()) == {0}
    await store.write(mend_table)
    (due,) = await store.write(sources.claim_due, {FEED.id: FEED}, NOON, NOON, 10)
    assert (due.is_first, due.etag, due.body_hash) == (True, None, None), "the next visit asks for it whole"
    assert await bench.show(entry("a1"), entry("a2"), is_first=True, etag='"v1"', body_hash=b"h") == 2
    bench.clock.turn(hours=1)
    (due,) = await store.write(sources.claim_due, {FEED.id: FEED}, bench.clock(), bench.clock(), 10)
    assert (due.is_first, due.etag, due.body_hash) == (False, '"v1"', b"h")


async def test_a_visit_that_failed_keeps_the_validators_of_the_last_that_did_not(store: Store) -> None:
    bench = Bench(store)
    await bench.start()
    await bench.show(entry("a1"), etag='"v1"')
    await bench.show(outcome=VisitOutcome.FAILED, reason="the server answered 503", etag='"error page"')
    bench.clock.turn(hours=12)
    (due,) = await store.write(sources.claim_due, {FEED.id: FEED}, bench.clock(), bench.clock(), 10)
    assert (due.etag, due.failures) == ('"v1"', 1)


@pytest.mark.parametrize(
    ("first_visit", "expected"),
    [
        ("quiet", [(f"a{n}.html", True) for n in range(7)]),
        ("skip", []),
        ("tell", [(f"a{n}.html", False) for n in range(5)] + [(f"a{n}.html", True) for n in (5, 6)]),
    ],
)
async def test_E10_what_a_first_visit_shows_is_history(
    store: Store, first_visit: str, expected: list[tuple[str, bool]]
) -> None:
    of = source(first_visit=first_visit)
    bench = Bench(store, of)
    await bench.start()
    shown = [entry(f"a{n}", published=NOON - timedelta(hours=n)) for n in range(7)]
    await bench.show(*shown, of=of, is_first=True)
    assert sorted(await bench.line()) == expected
    assert await bench.show(*shown, of=of) == 0, "and none of it is news at the second"


async def test_E5_an_article_that_returns_after_months_is_not_read_again(store: Store) -> None:
    bench = Bench(store)
    await bench.start()
    assert await bench.show(entry("a1"), entry("a2")) == 2
    bench.clock.turn(days=1)
    await bench.show(entry("a2"))
    bench.clock.turn(days=300)
    assert await bench.show(entry("a1"), entry("a2")) == 0


async def test_an_article_that_two_sources_show_is_read_once(store: Store) -> None:
    sitemap = source(kind="sitemap")
    bench = Bench(store, FEED, sitemap)
    await bench.start()
    assert await bench.show(entry("a1")) == 1
    assert await bench.show(entry("a1", id=None, title=""), entry("a2"), of=sitemap) == 1
    assert sorted(await bench.line()) == [("a1.html", False), ("a2.html", False)]


async def test_E12_an_article_that_changes_with_every_look_is_read_again_three_times_a_day(store: Store) -> None:
    bench = Bench(store)
    await bench.start()
    read = []
    for number in range(10):
        read.append(await bench.show(entry("a1", title=f"Bericht, {number} Leser")))
        await store.write(lambda db: db.execute("DELETE FROM frontier"))
        bench.clock.turn(minutes=5)
    assert read == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    bench.clock.turn(days=1)
    assert await bench.show(entry("a1", title="Bericht, 99 Leser")) == 1


@pytest.mark.parametrize(
    ("outcome", "reason", "at_least"),
    [
        (VisitOutcome.GONE, "the source is gone (410)", timedelta(hours=20)),
        (VisitOutcome.REFUSED, "robots.txt forbids it", timedelta(hours=20)),
        (VisitOutcome.FAILED, "timed out", FEED.interval),
        (VisitOutcome.UNCHANGED, "not modified", FEED.interval * 0.8),
    ],
)
async def test_a_source_falls_due_again_as_its_visit_went(
    store: Store, outcome: VisitOutcome, reason: str, at_least: timedelta
) -> None:
    bench = Bench(store)
    await bench.start()
    await bench.show(outcome=outcome, reason=reason)
    (status,) = await store.read(sources.status)
    assert status.next_due - NOON >= at_least
    assert (status.last_outcome, status.last_reason) == (outcome.value, reason)
    assert [facts["outcome"] for facts in bench.log.named("visited")] == [outcome.value]


# ── Which sources are visited ────────────────────────────────────────────────────────────────


async def test_sources_of_one_kind_share_a_crawl_and_none_is_visited_twice_at_once(store: Store) -> None:
    watched = (FEED, source("Hafenblatt"), source(kind="sitemap"))
    done = asyncio.Event()

    async def hang(_: SourceDue) -> None:
        await done.wait()

    bench = Bench(store, *watched, crawler=ScriptedCrawler(on_visit=hang))
    await bench.start()
    assert await bench.visits.visit_due() == 3
    assert await bench.visits.visit_due() == 0
    done.set()
    await bench.visits.drain(10.0)
    assert sorted((kind, len(dues)) for kind, dues in bench.crawler.visits) == [("feed", 2), ("sitemap", 1)]


async def test_no_more_visits_are_under_way_than_there_is_room_for(store: Store) -> None:
    watched = [source(f"Blatt{number}") for number in range(5)]
    done = asyncio.Event()

    async def hang(due: SourceDue) -> None:
        await done.wait()
        await bench.visits.discovered(due, builders.visit(due.source, 0, bench.clock()), ())

    bench = Bench(store, *watched, crawler=ScriptedCrawler(on_visit=hang), capacity=Capacity(visits=2))
    await bench.start()
    assert [await bench.visits.visit_due() for _ in range(2)] == [2, 0]
    done.set()
    await bench.visits.drain(10.0)
    assert await bench.visits.visit_due() == 2
    await bench.visits.drain(10.0)


async def test_a_visit_that_was_lost_with_its_process_is_made_again_when_its_lease_ends(store: Store) -> None:
    done = asyncio.Event()

    async def hang(_: SourceDue) -> None:
        await done.wait()

    dead, alive = Bench(store, crawler=ScriptedCrawler(on_visit=hang)), Bench(store)
    await dead.start()
    await dead.visits.visit_due()
    alive.clock.turn(seconds=VISIT_LEASE.total_seconds() - 1)
    assert await alive.visits.visit_due() == 0
    alive.clock.turn(seconds=1)
    assert await alive.visits.visit_due() == 1
    dead.visits.stop()
    done.set()
    await asyncio.gather(dead.visits.drain(10.0), alive.visits.drain(10.0))


async def raise_it(_: object) -> None:
    raise ZeroDivisionError("by nought")


async def do_nothing(_: object) -> None:
    return


@pytest.mark.parametrize(
    ("misbehave", "told"), [(do_nothing, []), (raise_it, ["ZeroDivisionError: by nought"])], ids=["silent", "raising"]
)
async def test_D9_a_crawl_that_ends_without_an_answer_counts_as_a_failed_visit(
    store: Store, misbehave: Any, told: list[str]
) -> None:
    bench = Bench(store, crawler=ScriptedCrawler(on_visit=misbehave))
    await bench.start()
    await bench.visits.visit_due()
    await bench.visits.drain(10.0)
    (status,) = await store.read(sources.status)
    assert (status.failures, status.last_reason) == (1, "the crawl ended before an answer came")
    assert status.next_due > NOON
    assert [facts["reason"] for facts in bench.log.named("crawl failed")] == told


async def test_D10_what_fails_because_the_service_stops_is_no_failure_of_the_source(store: Store) -> None:
    bench = Bench(store)
    await bench.start()
    bench.visits.stop()
    assert [await bench.visits.visit_due(), await bench.visits.read_due()] == [0, 0]
    await bench.show(outcome=VisitOutcome.FAILED, reason="the connection was closed")
    assert await bench.show(entry("a1")) == 1, "what came in time is kept"
    (status,) = await store.read(sources.status)
    assert status.failures == 0
    assert len(bench.log.named("visited")) == 1


# ── Which articles are read ──────────────────────────────────────────────────────────────────


async def read_batches(bench: Bench) -> list[list[str]]:
    """Let the frontier be read once; return the batches by name."""
    await bench.visits.read_due()
    await bench.visits.drain(10.0)
    return [[item.url.rpartition("/")[2] for item in batch] for batch in bench.crawler.readings]


async def test_no_host_takes_all_the_room_and_news_go_before_history(store: Store) -> None:
    small = source("Hafenblatt")
    bench = Bench(store, FEED, small, capacity=Capacity(reads=8))
    await bench.start()
    bench.visits.is_stopped = True  # nothing is read while it is put in line
    await bench.show(*(entry(f"old{n}") for n in range(20)), is_first=True)
    await bench.show(*(entry(f"new{n}") for n in range(4)))
    await bench.show(*(entry(link=f"http://hafenblatt.example/h{n}.html", id=f"h{n}") for n in range(3)), of=small)
    bench.visits.is_stopped = False
    ((*batch,),) = await read_batches(bench)
    assert sorted(name for name in batch if name.startswith("new")) == [f"new{n}.html" for n in range(4)]
    assert sorted(name for name in batch if name.startswith("h")) == [f"h{n}.html" for n in range(3)]
    assert len(batch) == 8
    assert sum(not name.startswith("h") for name in batch) <= PER_HOST


async def test_articles_that_a_crawl_left_unread_are_in_line_again_and_it_counts_as_no_try(store: Store) -> None:
    bench = Bench(store)
    await bench.start()
    bench.visits.is_stopped = True
    await bench.show(entry("a1"))
    bench.visits.is_stopped = False
    await read_batches(bench)
    assert await bench.visits.read_due() == 0
    bench.clock.turn(seconds=30)
    await read_batches(bench)
    assert [[item.tries for item in batch] for batch in bench.crawler.readings] == [[0], [0]]


async def test_a_reading_that_was_lost_with_its_process_is_made_again_when_its_lease_ends(store: Store) -> None:
    done = asyncio.Event()

    async def hang(_: FrontierItem) -> None:
        await done.wait()

    dead, alive = Bench(store, crawler=ScriptedCrawler(on_read=hang)), Bench(store)
    await dead.start()
    await dead.show(entry("a1"))
    alive.clock.turn(seconds=READ_LEASE.total_seconds())
    await dead.visits.read_due()
    assert await Bench(store).visits.read_due() == 0
    alive.clock.turn(seconds=1)
    assert await alive.visits.read_due() == 1
    dead.visits.stop()
    done.set()
    await asyncio.gather(dead.visits.drain(10.0), alive.visits.drain(10.0))


async def test_what_is_discovered_is_read_without_waiting_for_a_tick(store: Store) -> None:
    read: list[str] = []
    seen = asyncio.Event()

    async def take(item: FrontierItem) -> None:
        read.append(item.url)
        seen.set()

    bench = Bench(store, crawler=ScriptedCrawler(on_read=take))
    await bench.start()
    await bench.show(entry("a1"))
    async with asyncio.timeout(30):
        await seen.wait()
    await bench.visits.drain(10.0)
    assert read == ["http://rheinblick.example/a1.html"]


# ── Whose fault it is ────────────────────────────────────────────────────────────────────────

SILENT = {"outcome": VisitOutcome.FAILED, "reason": "no answer", "entries": 0}


async def fail_all(bench: Bench, **answer: Any) -> list[int]:
    """Let every source fail; return their failures in a row as the store has them, the last visited last."""
    for each in bench.watched:
        visit = builders.visit(each, now=bench.clock(), **(SILENT | answer))
        await bench.visits.discovered(builders.due(each), visit, ())
    rows = {row.id: row.failures for row in await bench.store.read(sources.status)}
    return [rows[each.id] for each in bench.watched]


async def test_E17_our_own_outage_is_no_source_s_failure_and_all_keep_their_pace(store: Store) -> None:
    bench = Bench(store, *(source(f"Blatt{number}") for number in range(10)))
    await bench.start()
    assert await fail_all(bench) == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], "the first few cannot know yet"
    bench.clock.turn(minutes=1)
    assert await fail_all(bench) == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    ahead = {row.next_due - bench.clock() for row in await store.read(sources.status)}
    assert ahead == {FEED.interval}


async def test_a_server_that_answers_with_an_error_is_at_fault_itself(store: Store) -> None:
    bench = Bench(store, *(source(f"Blatt{number}") for number in range(10)))
    await bench.start()
    assert await fail_all(bench, status=503) == [1] * 10


async def test_a_link_to_the_page_itself_is_no_article(store: Store) -> None:
    section = source(kind="page", url="http://rheinblick.example/politik/kreis/")
    bench = Bench(store, section)
    await bench.start()
    top = Entry(link="http://rheinblick.example/politik/kreis/#top", title="Nach oben zum Anfang")
    assert await bench.show(top, entry("a1"), of=section) == 1
    assert [path for path, _ in await bench.line()] == ["a1.html"]
