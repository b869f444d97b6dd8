"""The nouns of Tocsin, frozen, one type per moment of life.

What is watched:   Outlet, Source
A look at it:      SourceDue -> Visit
What it claims:    Entry (in a Feed or Sitemap) -> FrontierItem (to be read)
What a page says:  Page -> Article (a page with where it came from) -> KnownArticle (as the store knew it)
What we decide:    Verdict, Document -> Match with Evidence
Whom we tell:      Alert -> Delivery -> Outcome, at a Target of a channel

Every datetime is aware and in UTC (rule 6 of the style guide): the types that hold one refuse
a naive one. Sequences are tuples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

SUMMARY_LETTERS = 500  # of a text whose page has no summary
_NOTHING: Mapping[str, str] = MappingProxyType({})


def _require_aware(value: object) -> None:
    """Raise ValueError where a datetime field of `value` has no zone."""
    for each in fields(value):  # type: ignore[arg-type]  # only called by dataclasses
        moment = getattr(value, each.name)
        if isinstance(moment, datetime) and moment.utcoffset() is None:
            raise ValueError(
                f"{type(value).__name__}.{each.name}: got the naive time {moment!r}, wanted one with a zone"
            )


# ── What is watched ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher the user watches. `id` is stable over restarts (a slug of the name or host)."""

    id: str
    name: str
    domain: str = ""
    country: str | None = None  # ISO 3166 alpha-2, upper case
    language: str | None = None  # BCP 47 primary tag, lower case
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One feed, sitemap or page of an outlet. `id` is stable over restarts: kind and URL."""

    id: str
    outlet: Outlet
    kind: str  # the name of a plug-in in spiders/
    url: str
    interval: timedelta
    links: str | None = None  # CSS selector of the article links, for section pages
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    first_visit: str = "quiet"  # quiet: read and keep, tell nothing; skip: remember only; tell: at most five


# ── A look at it ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SourceDue:
    """A source whose time has come, with what the store remembers of it."""

    source: Source
    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None
    is_first: bool = True  # no visit has succeeded yet: its entries are history, not news
    failures: int = 0  # in a row
    last_full_at: datetime | None = None  # the last answer that was not a 304
    resolved: Resolved | None = None  # what a bare address turned out to be
    watched_since: datetime | None = None  # when the outlet came into the user's file


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a bare address turned out to be: the kind of source and the address to visit from now on."""

    kind: str
    url: str


class VisitOutcome(StrEnum):
    """How one look at a source went."""

    OK = "ok"  # read, with the entries it claims
    UNCHANGED = "unchanged"  # a 304, or the same bytes as last time
    FAILED = "failed"  # no answer, an error status, or not what it was taken for
    REFUSED = "refused"  # robots.txt or our own address guard forbids it
    GONE = "gone"  # 410


@dataclass(frozen=True, slots=True)
class Visit:
    """How one look at a source went, with the reason in words an operator can act on."""

    source_id: str
    outcome: VisitOutcome
    reason: str
    started_at: datetime
    ended_at: datetime
    status: int | None = None
    entries: int = 0
    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None
    retry_after: timedelta | None = None
    resolved: Resolved | None = None

    def __post_init__(self) -> None:
        _require_aware(self)


# ── What it claims ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Entry:
    """What a source claims of one article. `link` is absolute; empty where the source gives none."""

    link: str
    id: str | None = None  # RSS guid, Atom id, JSON Feed id, as written
    title: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    summary: str = ""  # plain text
    language: str | None = None
    image: str | None = None

    def __post_init__(self) -> None:
        _require_aware(self)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as parsed. `faults` names what was wrong in it and got over (bad entries, cut lists)."""

    entries: tuple[Entry, ...]
    title: str = ""
    link: str | None = None
    language: str | None = None
    format: str = ""  # rss20, atom10, json11 …
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SitemapLink:
    """A sitemap that an index points at."""

    url: str
    modified: datetime | None = None

    def __post_init__(self) -> None:
        _require_aware(self)


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap (entries) or a sitemap index (children), as parsed."""

    entries: tuple[Entry, ...] = ()
    children: tuple[SitemapLink, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkPage:
    """What a section page or home page offers: article links, and the feeds it announces."""

    entries: tuple[Entry, ...] = ()
    feeds: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontierItem:
    """A discovered article that waits to be read; it lives in the store until read or given up."""

    id: int
    url: str
    entry: Entry
    source: Source
    discovered_at: datetime
    is_quiet: bool = False  # from a first visit: kept, never told
    tries: int = 0

    def __post_init__(self) -> None:
        _require_aware(self)


class ReadFailure(StrEnum):
    """Why an article page could not be read this time."""

    NETWORK = "network"
    STATUS = "status"
    ROBOTS = "robots"
    REFUSED = "refused"  # our own address guard
    TOO_LARGE = "too large"
    NOT_A_PAGE = "not a page"
    EMPTY = "empty"  # a page in which no text was found
    PARSER = "parser"  # it hung or crashed its parser


# ── What a page says ─────────────────────────────────────────────────────────────────────────


class Access(StrEnum):
    """Whether what was read is the article."""

    OPEN = "open"
    PAYWALL = "paywall"  # a teaser is readable, the rest is for subscribers
    CONSENT = "consent"  # a cookie or consent wall stands in front
    ERROR = "error"  # an error page, a soft 404, a login, a captcha


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A MinHash of the body, comparable only with one of the same `scheme`.

    `signature` is 128 little-endian 32-bit minima; `shingles` is how many distinct shingles the
    body has, from which containment follows.
    """

    signature: bytes
    shingles: int
    scheme: str


@dataclass(frozen=True, slots=True)
class Page:
    """What an article page says. `text` has one paragraph a line, without title and furniture."""

    url: str
    canonical_url: str | None
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    language: str | None = None  # BCP 47 primary tag, lower case
    site_name: str | None = None
    image: str | None = None
    description: str = ""
    access: Access = Access.OPEN
    fingerprint: Fingerprint | None = None  # None: too short to tell apart from others

    def __post_init__(self) -> None:
        _require_aware(self)


@dataclass(frozen=True, slots=True)
class Article:
    """A page with where it came from: what ingest judges, matches and records."""

    page: Page
    outlet: Outlet
    source_id: str
    entry: Entry
    url: str  # as fetched, after redirects
    fetched_at: datetime
    discovered_at: datetime
    frontier_id: int | None = None
    is_quiet: bool = False

    def __post_init__(self) -> None:
        _require_aware(self)

    @property
    def published(self) -> datetime | None:
        """When the publisher says it appeared: the page's word before the feed's."""
        return self.page.published or self.entry.published

    @property
    def title(self) -> str:
        return self.page.title or self.entry.title

    @property
    def summary(self) -> str:
        """What it is about in a few lines: the page's own words for it, the feed's, or how the text begins."""
        return self.page.description or self.entry.summary or self.page.text.partition("\n")[0][:SUMMARY_LETTERS]

    @property
    def language(self) -> str | None:
        return self.page.language or self.entry.language or self.outlet.language


class KeyKind(StrEnum):
    """By what an article can be known again, strongest first."""

    URL = "url"  # the address it was read at, normalised
    CANONICAL = "canonical"  # the address it claims for itself, normalised
    FEED_ID = "feed id"  # within its source
    NETWORK_ID = "network id"  # a publisher network's article number in the URL
    TITLE_DAY = "title and day"
    BODY = "body"  # a band of the MinHash


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """One key of an article: 16 bytes, comparable within its kind."""

    kind: KeyKind
    key: bytes


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """An article the store already has and that shares a key with the one at hand."""

    id: int
    story_id: int
    outlet_id: str
    source_id: str
    url: str
    title: str
    published: datetime | None
    first_seen: datetime
    shared: frozenset[KeyKind]
    text_length: int
    text_hash: bytes
    fingerprint: Fingerprint | None = None

    def __post_init__(self) -> None:
        _require_aware(self)


# ── What we decide ───────────────────────────────────────────────────────────────────────────


class VerdictKind(StrEnum):
    """What an article is to us."""

    NEW = "new"  # opens a story
    COPY = "copy"  # another address of a story we have
    UPDATE = "update"  # the same article, with another text
    SEEN = "seen"  # the same article, the same text


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this is news. `article_id` is the known article an update or a repeat belongs to."""

    kind: VerdictKind
    reason: str
    story_id: int | None = None  # None: it opens its own
    article_id: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The text a watch is held against. `lead` is the part of `text` up to `lead_end`."""

    title: str
    text: str
    language: str | None = None
    outlet: Outlet | None = None


class Field(StrEnum):
    """Where in a document a mention stands."""

    TITLE = "title"
    LEAD = "lead"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One mention that made a watch match.

    `start` and `end` are code point offsets into the document's title (field title) or text
    (fields lead and body); `snippet` is the mention with some words around it.
    """

    field: Field
    term: str
    snippet: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A watch met by a document. Evidence stands in reading order."""

    watch_id: str
    score: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class WatchInfo:
    """What the rest of the house needs to know of a watch: its name and how grave it is."""

    id: str
    name: str
    tags: tuple[str, ...] = ()


# ── Whom we tell ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver of a channel; `id` is stable over restarts, `label` carries no secret."""

    id: str
    channel: str
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Route:
    """Which watches go to which channels; a watch is named by id or by a glob."""

    watches: tuple[str, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where a story stands."""

    outlet: str
    url: str
    title: str
    published: datetime | None
    seen_at: datetime

    def __post_init__(self) -> None:
        _require_aware(self)


@dataclass(frozen=True, slots=True)
class Alert:
    """A watch and a story, worth telling: everything a message can say of it."""

    id: str  # alr_…
    watch: WatchInfo
    story_id: int
    article_id: int
    title: str
    url: str
    outlet: Outlet
    published: datetime | None
    seen_at: datetime
    created_at: datetime
    language: str | None
    authors: tuple[str, ...]
    summary: str
    score: int
    evidence: tuple[Evidence, ...]
    also_on: tuple[Sighting, ...] = ()
    access: Access = Access.OPEN
    is_test: bool = False

    def __post_init__(self) -> None:
        _require_aware(self)


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """A decision to tell, or not to: the reason says why either way."""

    watch_id: str
    targets: tuple[Target, ...]
    reason: str


class DeliveryState(StrEnum):
    """Where a delivery stands (RELIABILITY 5.1)."""

    PENDING = "pending"
    SENDING = "sending"  # leased by a sender
    UNKNOWN = "unknown"  # the answer was lost; will be tried again under the same id
    DELIVERED = "delivered"
    PARKED = "parked"  # given up, kept, can be replayed


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert for one target, claimed for sending. `payload` never changes once built."""

    id: str  # msg_…, the idempotency key: webhook-id, left part of the Message-ID
    alert_id: str
    target: Target
    payload: bytes
    attempts: int  # before this one
    created_at: datetime

    def __post_init__(self) -> None:
        _require_aware(self)


class OutcomeKind(StrEnum):
    """How one try to deliver went."""

    SENT = "sent"
    RETRY = "retry"  # not now; the receiver or the network may come back
    UNKNOWN = "unknown"  # it may have arrived: the answer was lost
    REFUSED = "refused"  # it will not be taken, however often we try


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try to deliver went, in words for the operator; never holds a secret."""

    kind: OutcomeKind
    reason: str
    status: int | None = None
    retry_after: timedelta | None = None
    disable_target: bool = False  # a 410: this target wants no more
