"""The entries of one visit, and what we have seen of them -> which are new, known, changed, or none.

An entry is known by its address first, by its id second. A headline alone makes it known only in a storm: when a
source has changed the addresses or ids of most it lists, all at once, its old articles are not news. What is
wrongly taken for new costs one page read; what is wrongly taken for known is missed: doubts are new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from monitor.decide.identity import fold_title, id_key, names_article, title_key, url_key
from monitor.model import Entry

REREADS_A_DAY = 3  # some pages change with every look: a clock, a counter
FIRST_TOLD = 5
LATE_FIRST_VISIT = timedelta(minutes=15)  # sooner, a wrong time zone would make news of yesterday's articles
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
STORM_ENTRIES = 10  # fewer prove nothing
STORM_MOVED = 0.5  # of the entries have an address or id we do not know …
STORM_MATCHED = 0.8  # … and of these so many are known otherwise


class Seen(StrEnum):
    """What an entry of a visit is to us."""

    NEW = "new"  # to be read
    CHANGED = "changed"  # to be read again
    KNOWN = "known"
    SKIP = "skip"  # nothing to read


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What tells one entry of a visit from others. `url_key` is None where it has no address of its own."""

    url_key: bytes | None
    id: bytes | None  # a key of its id; None where it has none, or a stand-in for none
    title_key: bytes | None
    state: bytes  # changes when the source says the article did


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """What is known of an entry seen before in this source."""

    state: bytes
    url_key: bytes
    title_key: bytes | None
    last_seen: datetime
    rereads_today: int = 0


@dataclass(frozen=True, slots=True)
class SeenFacts:
    """What the store knows of the entries of a visit: one mapping per kind of key, each filled by one query."""

    by_url: Mapping[bytes, SeenEntry]
    by_id: Mapping[bytes, SeenEntry]
    by_title: Mapping[bytes, SeenEntry]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one entry. `known` is what it was known as, `is_moved` says under another address or id."""

    kind: Seen
    reason: str
    known: SeenEntry | None = None
    is_moved: bool = False


def entry_facts(entry: Entry, url: str) -> EntryFacts:
    """Return the facts of an entry; `url` is its link in identity form, empty where it has none."""
    state = f"{fold_title(entry.title)}\0{entry.updated.isoformat() if entry.updated else ''}"
    return EntryFacts(
        url_key=url_key(url) if url and names_article(url) else None,
        id=id_key(entry.id),
        title_key=title_key(entry.title),
        state=blake2b(state.encode("utf-8", "surrogatepass"), digest_size=16).digest(),
    )


def unseen(entries: Sequence[EntryFacts], known: SeenFacts) -> tuple[Decision, ...]:
    """Return one decision per entry, in their order."""
    visit = _Visit(entries, known)
    first: set[bytes] = set()
    decisions = []
    for entry in entries:
        if entry.url_key is None:
            decisions.append(Decision(Seen.SKIP, "it has no link to an article"))
        elif entry.url_key in first:
            decisions.append(Decision(Seen.SKIP, "the source lists it twice"))
        else:
            first.add(entry.url_key)
            decisions.append(visit.decide(entry))
    return tuple(decisions)


def is_storm(entries: Sequence[EntryFacts], known: SeenFacts) -> bool:
    """Whether a source has changed the addresses or ids of most it lists: worth one note to the operator."""
    return _Visit(entries, known).is_storm


def tellable(
    published: Sequence[datetime | None], now: datetime, *, watched_since: datetime | None, is_asked: bool
) -> tuple[int, ...]:
    """Return which entries of a source's first visit are news and not history, by their place.

    A source that could not be visited when its outlet was added (ours or its own outage) must not
    make the articles of that time history. Where the user asks to be told of a first visit, the
    newest five are news.
    """
    if is_asked:
        newest = sorted(range(len(published)), key=lambda index: published[index] or _LONG_AGO, reverse=True)
        return tuple(newest[:FIRST_TOLD])
    if watched_since is None or now - watched_since < LATE_FIRST_VISIT:
        return ()
    return tuple(index for index, at in enumerate(published) if at is not None and watched_since < at <= now)


class _Visit:
    """One visit's entries seen together: what is told twice in it tells nothing apart."""

    def __init__(self, entries: Sequence[EntryFacts], known: SeenFacts) -> None:
        self._known = known
        articles = {entry.url_key: entry for entry in reversed(entries) if entry.url_key is not None}
        self._addresses = frozenset(articles)
        self._ids = Counter(entry.id for entry in articles.values() if entry.id is not None)
        self._titles = Counter(entry.title_key for entry in articles.values() if entry.title_key is not None)
        self.is_storm = self._find_storm(tuple(articles.values()))

    def decide(self, entry: EntryFacts) -> Decision:
        by_url = self._by_url(entry)
        if by_url is not None:
            return _known(entry, by_url, "known by its address", is_moved=self._is_moved(entry))
        if self.is_storm and (before := self._before(entry)) is not None:
            return Decision(Seen.KNOWN, "the source changed its addresses", before, is_moved=True)
        by_id = self._by_id(entry)
        if by_id is None:
            return Decision(Seen.NEW, "neither its address nor its id is known")
        if _is_other_article(entry, by_id):
            return Decision(Seen.NEW, "its id is known, of an article with another address and another headline")
        return _known(entry, by_id, "known by its id, at another address", is_moved=True)

    def _find_storm(self, articles: Sequence[EntryFacts]) -> bool:
        moved = [entry for entry in articles if self._is_moved(entry)]
        if len(articles) < STORM_ENTRIES or len(moved) < STORM_MOVED * len(articles):
            return False
        return sum(self._before(entry) is not None for entry in moved) >= STORM_MATCHED * len(moved)

    def _is_moved(self, entry: EntryFacts) -> bool:
        return self._by_url(entry) is None or (entry.id is not None and entry.id not in self._known.by_id)

    def _before(self, entry: EntryFacts) -> SeenEntry | None:
        """Return what an entry was before it moved, by any key it still has."""
        by_id = self._by_id(entry)
        if by_id is not None and _is_other_article(entry, by_id):
            by_id = None
        return self._by_url(entry) or by_id or self._by_title(entry)

    def _by_url(self, entry: EntryFacts) -> SeenEntry | None:
        return self._known.by_url.get(entry.url_key) if entry.url_key is not None else None

    def _by_id(self, entry: EntryFacts) -> SeenEntry | None:
        # One id on several articles of one visit is no id.
        if entry.id is None or self._ids[entry.id] > 1:
            return None
        return self._elsewhere(self._known.by_id.get(entry.id))

    def _by_title(self, entry: EntryFacts) -> SeenEntry | None:
        if entry.title_key is None or self._titles[entry.title_key] > 1:
            return None
        return self._elsewhere(self._known.by_title.get(entry.title_key))

    def _elsewhere(self, found: SeenEntry | None) -> SeenEntry | None:
        """Return what was found unless it is still listed at its own address: then this entry is another article."""
        return None if found is None or found.url_key in self._addresses else found


def _is_other_article(entry: EntryFacts, known: SeenEntry) -> bool:
    """Whether an id was reused: the address differs already, and so does the headline."""
    return entry.title_key != known.title_key


def _known(entry: EntryFacts, known: SeenEntry, how: str, *, is_moved: bool = False) -> Decision:
    if entry.state == known.state:
        return Decision(Seen.KNOWN, how, known, is_moved)
    if known.rereads_today >= REREADS_A_DAY:
        return Decision(
            Seen.KNOWN, f"{how}; changed again, but read again {REREADS_A_DAY} times today", known, is_moved
        )
    return Decision(Seen.CHANGED, f"{how}; the source says it changed", known, is_moved)
