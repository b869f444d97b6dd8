"""Sources that are due -> crawls; what they claim -> the frontier; the frontier -> crawls of articles.

What is due is a row in the store; a claim is a lease, so a crash delays a visit and loses nothing.
Crawls run side by side: a visit that hangs blocks no other, because the next claim starts a crawl
of its own. Validators and unseen entries are committed together (RELIABILITY A6).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.decide.outage import WINDOW as OUTAGE_WINDOW
from monitor.decide.outage import Sign, is_our_outage
from monitor.decide.revisit import VisitFacts, next_visit
from monitor.decide.sightings import (
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
from monitor.journal import Journal
from monitor.model import Entry, FrontierItem, Source, SourceDue, Visit, VisitOutcome
from monitor.parse.urls import canonical, normalise
from monitor.ports import Crawler
from monitor.store import frontier, sources
from monitor.store.database import Connection, Store

VISIT_LEASE = timedelta(minutes=10)  # longer than a crawl may run
READ_LEASE = timedelta(minutes=10)
BATCH = 50  # sources of one kind in one crawl: they share its start, and its end waits for the slowest
REMEMBER_AGAIN = timedelta(days=1)  # an entry that stands unchanged costs one write a day, not one a visit
PER_HOST = 6  # articles of one host claimed at once: the rest of the hosts go first
GATHER_SECONDS = 0.1  # what is discovered within shares a claim and a crawl, which cost some 5 ms


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much is under way at most."""

    visits: int = 200
    reads: int = 64


class Visits:
    """Visits sources and reads the frontier."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        *,
        watched: Sequence[Source],
        crawler: Callable[[], Crawler],
        clock: Callable[[], datetime],
        capacity: Capacity,
        spread: float,
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._journal = journal
        self._sources = {source.id: source for source in watched}
        self._crawler = crawler
        self._clock = clock
        self._capacity = capacity
        self._spread = spread
        self._chance = chance  # numbers in [0, 1) that spread load
        self._visiting: dict[str, SourceDue] = {}
        self._reading: dict[int, FrontierItem] = {}
        self._crawls: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._signs: OrderedDict[str, Sign] = OrderedDict()  # by site, the oldest first
        self._reads_soon = False
        self._may_wait = False  # articles that the last claim left in line
        self.is_stopped = False

    # ── sources ──────────────────────────────────────────────────────────────────────────────

    async def visit_due(self) -> int:
        """Start crawls for the sources that are due, as far as there is room; return how many."""
        async with self._claiming:
            room = self._capacity.visits - len(self._visiting)
            if room <= 0 or self.is_stopped:
                return 0
            now = self._clock()
            dues = await self._store.write(sources.claim_due, self._sources, now, now + VISIT_LEASE, room)
        by_kind: defaultdict[str, list[SourceDue]] = defaultdict(list)
        for due in dues:
            self._visiting[due.source.id] = due
            by_kind[due.source.kind].append(due)
        for kind, group in by_kind.items():
            for start in range(0, len(group), BATCH):
                self._start(self._visit(kind, group[start : start + BATCH]))
        return len(dues)

    async def _visit(self, kind: str, dues: list[SourceDue]) -> None:
        try:
            await self._crawler().visit(kind, dues)
        finally:
            left = [due for due in dues if self._visiting.pop(due.source.id, None) is not None]
            if left and not self.is_stopped:
                await self._end_unreported(left)

    async def _end_unreported(self, dues: Sequence[SourceDue]) -> None:
        """A crawl that ended before a source answered counts as a failed visit of it."""
        now = self._clock()
        for due in dues:
            visit = Visit(due.source.id, VisitOutcome.FAILED, "the crawl ended before an answer came", now, now)
            await self._write_visit(due, visit, ())

    async def discovered(self, due: SourceDue, visit: Visit, entries: tuple[Entry, ...]) -> tuple[FrontierItem, ...]:
        """Record a visit; its unseen entries enter the frontier in the same transaction."""
        self._visiting.pop(due.source.id, None)
        if self.is_stopped and visit.outcome is VisitOutcome.FAILED:
            return ()  # our own stop is not the source's failure: its lease ends with the process
        fresh = await self._write_visit(due, visit, entries)
        if fresh:
            self._read_soon()
        return ()

    async def _write_visit(self, due: SourceDue, visit: Visit, entries: tuple[Entry, ...]) -> int:
        is_ours = self._is_our_outage(due, visit)
        fresh, has_moved = await self._store.write(self._record, due, visit, entries, self._chance(), is_ours)
        if has_moved:
            self._journal.warn("addresses changed", source=due.source.url, outlet=due.source.outlet.id)
        level = self._journal.tell if visit.outcome in _QUIET_OUTCOMES else self._journal.warn
        level(
            "visited",
            source=due.source.url,
            outlet=due.source.outlet.id,
            outcome=visit.outcome.value,
            entries=visit.entries,
            new=fresh,
            reason=visit.reason,
        )
        return fresh

    def _record(
        self,
        db: Connection,
        due: SourceDue,
        visit: Visit,
        entries: tuple[Entry, ...],
        chance: float,
        is_our_outage: bool,
    ) -> tuple[int, bool]:
        """Write a visit; return how many articles got in line, and whether the source changed its addresses."""
        fresh, has_moved = _record_entries(db, due, entries, visit.ended_at)
        facts = VisitFacts(
            interval=due.source.interval,
            failures=due.failures,
            spread=self._spread,
            is_first=due.is_first,
            is_our_outage=is_our_outage,
        )
        step = next_visit(facts, visit, visit.ended_at, chance)
        own_fault = not is_our_outage
        sources.record_visit(db, visit, next_due=step.at, due_reason=step.reason, fresh=fresh, is_counted=own_fault)
        return fresh, has_moved

    def _is_our_outage(self, due: SourceDue, visit: Visit) -> bool:
        """Take note whether a site answered; return whether its silence is our own network's."""
        site = urlsplit(due.source.url).hostname or due.source.url
        self._signs[site] = Sign(site, visit.ended_at, visit.status is not None)
        self._signs.move_to_end(site)
        while visit.ended_at - next(iter(self._signs.values())).at > OUTAGE_WINDOW:
            self._signs.popitem(last=False)
        is_silent = visit.outcome is VisitOutcome.FAILED and visit.status is None
        return is_silent and is_our_outage(self._signs.values(), visit.ended_at)

    # ── the frontier ─────────────────────────────────────────────────────────────────────────

    async def read_due(self) -> int:
        """Start a crawl for the articles that may be read now, as far as there is room; return how many."""
        async with self._claiming:
            room = self._capacity.reads - len(self._reading)
            if room <= 0 or self.is_stopped:
                return 0
            now = self._clock()
            items = await self._store.write(
                frontier.claim_due, self._sources, now, now + READ_LEASE, limit=room, per_host=PER_HOST
            )
        self._may_wait = bool(items)
        if items:
            self._reading |= {item.id: item for item in items}
            self._start(self._read(items))
        return len(items)

    async def _read(self, items: Sequence[FrontierItem]) -> None:
        try:
            await self._crawler().read(items)
        finally:
            left = [item.id for item in items if self._reading.pop(item.id, None) is not None]
            if left and not self.is_stopped:
                await self._store.write(frontier.release, left, self._clock() + timedelta(seconds=30))

    def settled(self, item: FrontierItem) -> None:
        """Take note that an article was read or reported unread; half the room empty is filled again at once."""
        self._reading.pop(item.id, None)
        if self._may_wait and 2 * len(self._reading) <= self._capacity.reads:
            self._read_soon()

    def _read_soon(self) -> None:
        """Have the frontier looked at in a moment, once for all who ask until then."""
        if not self._reads_soon and not self.is_stopped:
            self._reads_soon = True
            self._start(self._read_after_a_moment())

    async def _read_after_a_moment(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        self._reads_soon = False
        await self.read_due()

    # ── crawls ───────────────────────────────────────────────────────────────────────────────

    def _start(self, crawl: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(crawl)
        self._crawls.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._crawls.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._journal.warn("crawl failed", reason=f"{type(error).__name__}: {error}")

    def stop(self) -> None:
        """Start no more crawls; leases of those under way end with the process."""
        self.is_stopped = True

    async def drain(self, seconds: float) -> None:
        """Wait for the crawls under way, at most so long."""
        if self._crawls:
            await asyncio.wait(set(self._crawls), timeout=seconds)

    @property
    def under_way(self) -> int:
        """How many visits and readings are under way."""
        return len(self._visiting) + len(self._reading)


_QUIET_OUTCOMES = {VisitOutcome.OK, VisitOutcome.UNCHANGED}


def _record_entries(db: Connection, due: SourceDue, entries: Sequence[Entry], now: datetime) -> tuple[int, bool]:
    """Put what is unseen in line, remember all that is shown; return how many got in line, and whether all moved."""
    if not entries:
        return 0, False
    facts = [entry_facts(entry, canonical(entry.link) if entry.link else "") for entry in entries]
    shown = _Shown(db, due, facts, now)
    decisions = unseen(facts, shown.known)
    if due.is_first:
        shown.mark_tellable(entries, facts)
    return sum(map(shown.apply, entries, facts, decisions)), is_storm(facts, shown.known)


class _Shown:
    """What one visit shows, held against what the store has seen."""

    def __init__(self, db: Connection, due: SourceDue, facts: Sequence[EntryFacts], now: datetime) -> None:
        self._db = db
        self._due = due
        self._now = now
        self._today = now.date().isoformat()
        self._tellable: frozenset[bytes | None] = frozenset()
        source_id = due.source.id
        same_address = sources.seen_by_url(db, [fact.url_key for fact in facts if fact.url_key])
        own = [row for row in same_address if row.source_id == source_id]
        self._elsewhere = {row.url_key for row in same_address if row.source_id != source_id}
        self._rows = {row.url_key: row for row in own}
        by_id = sources.seen_by_feed_id(db, source_id, [fact.id for fact in facts if fact.id])
        by_title = sources.seen_by_title(db, source_id, [fact.title_key for fact in facts if fact.title_key])
        self.known = SeenFacts(
            by_url={row.url_key: self._entry(row) for row in own},
            by_id={row.feed_id: self._entry(row) for row in by_id if row.feed_id},
            by_title={row.title_key: self._entry(row) for row in by_title if row.title_key},
        )

    def _entry(self, row: sources.SeenRow) -> SeenEntry:
        rereads = row.rereads if row.reread_day == self._today else 0
        return SeenEntry(row.state, row.url_key, row.title_key, row.last_seen, rereads)

    def mark_tellable(self, entries: Sequence[Entry], facts: Sequence[EntryFacts]) -> None:
        """Say which entries of a first visit are news all the same."""
        told = tellable(
            [entry.published for entry in entries],
            self._now,
            watched_since=self._due.watched_since,
            is_asked=self._due.source.first_visit == "tell",
        )
        self._tellable = frozenset(facts[index].url_key for index in told)

    def apply(self, entry: Entry, fact: EntryFacts, decision: Decision) -> bool:
        """Carry out one decision; return whether the article got in line to be read."""
        if fact.url_key is None or decision.kind is Seen.SKIP:
            return False
        rereads = decision.known.rereads_today if decision.known else 0
        is_read = False
        if decision.kind is Seen.CHANGED or (decision.kind is Seen.NEW and fact.url_key not in self._elsewhere):
            is_read = self._put_in_line(entry, fact.url_key, decision)
        self._remember(fact, rereads + (decision.kind is Seen.CHANGED))
        return is_read

    def _put_in_line(self, entry: Entry, key: bytes, decision: Decision) -> bool:
        source = self._due.source
        url = normalise(entry.link)
        if url == source.url:  # a link to the top of the page itself
            return False
        if url is None or (self._due.is_first and source.first_visit == "skip"):
            return False
        return frontier.add(
            self._db,
            url_key=key,
            url=url,
            host=urlsplit(url).hostname or "",
            source_id=source.id,
            entry=entry,
            is_quiet=self._due.is_first and key not in self._tellable,
            why=decision.reason,
            now=self._now,
        )

    def _remember(self, fact: EntryFacts, rereads: int) -> None:
        assert fact.url_key is not None
        row = self._rows.get(fact.url_key)
        is_same = row is not None and (row.state, row.feed_id or fact.id) == (fact.state, fact.id)
        if row is not None and is_same and self._now - row.last_seen < REMEMBER_AGAIN:
            return
        shown = sources.SeenRow(
            source_id=self._due.source.id,
            url_key=fact.url_key,
            feed_id=fact.id,
            title_key=fact.title_key,
            state=fact.state,
            last_seen=self._now,
            reread_day=self._today if rereads else None,
            rereads=rereads,
        )
        sources.remember(self._db, shown, self._now)
