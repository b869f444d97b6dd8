"""Turn an Alert into a SafeAlert: the only thing templates and payloads are made from.

Every text is cleaned and cut, every address is a link or nothing, every time is UTC in ISO form.
What was left out is told: a cut text ends with an ellipsis and stands in `cut`, a cut list keeps
its full count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from monitor.model import Access, Alert, Evidence, Outlet, Sighting
from monitor.render.clean import RAW_CAP, clean, cut, one_line
from monitor.render.links import LINK_CAP, Link, safe_link

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long texts (code points) and lists (items) may be."""

    name: int = 200
    title: int = 500
    summary: int = 2_000
    snippet: int = 400
    url: int = LINK_CAP
    items: int = 20

    def halved(self) -> Limits:
        """Return the next tighter limits; names keep 50 code points, lists one item."""
        return Limits(
            name=max(self.name // 2, 50),
            title=max(self.title // 2, 60),
            summary=self.summary // 2,
            snippet=max(self.snippet // 2, 60),
            url=max(self.url // 2, 500),
            items=max(self.items // 2, 1),
        )


@dataclass(frozen=True, slots=True)
class SafeOutlet:
    """A publisher, cleaned."""

    id: str
    name: str
    domain: str
    country: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class SafeEvidence:
    """One mention, cleaned; `start` and `end` are offsets into the document, not the snippet."""

    field: str
    term: str
    snippet: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SafeSighting:
    """Another place of the story, cleaned."""

    outlet: str
    link: Link | None
    title: str
    published: datetime | None
    seen: datetime


@dataclass(frozen=True, slots=True)
class SafeAlert:
    """All that a message may say of an alert, fit for any sink once escaped for it."""

    id: str
    watch_id: str
    watch_name: str
    watch_tags: tuple[str, ...]
    story: int
    title: str
    link: Link | None
    outlet: SafeOutlet
    published: datetime | None
    seen: datetime
    created: datetime
    language: str | None
    authors: tuple[str, ...]
    summary: str
    access: Access
    score: int
    evidence: tuple[SafeEvidence, ...]
    evidence_total: int
    also_on: tuple[SafeSighting, ...]
    also_on_total: int
    is_test: bool
    cut: tuple[str, ...]  # the fields that were shortened


def make_safe(alert: Alert, limits: Limits | None = None) -> SafeAlert:
    """Return `alert` cleaned and cut; does not fail on any text."""
    scissors = _Scissors(limits or Limits())
    safe = SafeAlert(
        id=scissors.name("id", alert.id),
        watch_id=scissors.name("watch.id", alert.watch.id),
        watch_name=scissors.name("watch.name", alert.watch.name) or "watch",
        watch_tags=scissors.names("watch.tags", alert.watch.tags),
        story=alert.story_id,
        title=scissors.title("article.title", alert.title),
        link=scissors.link("article.url", alert.url),
        outlet=_safe_outlet(alert.outlet, scissors),
        published=alert.published and _utc(alert.published),
        seen=_utc(alert.seen_at),
        created=_utc(alert.created_at),
        language=scissors.code("article.language", alert.language),
        authors=scissors.names("article.authors", alert.authors),
        summary=scissors.summary("article.summary", alert.summary),
        access=alert.access,
        score=alert.score,
        evidence=_safe_evidence(alert.evidence, scissors),
        evidence_total=len(alert.evidence),
        also_on=_safe_sightings(alert.also_on, scissors),
        also_on_total=len(alert.also_on),
        is_test=alert.is_test,
        cut=(),
    )
    return replace(safe, cut=tuple(dict.fromkeys(scissors.cuts)))


class _Scissors:
    """Clean and cut, and remember what was cut."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cuts: list[str] = []

    def name(self, field: str, text: str) -> str:
        return self._line(field, text, self.limits.name)

    def title(self, field: str, text: str) -> str:
        return self._line(field, text, self.limits.title)

    def code(self, field: str, text: str | None) -> str | None:
        return self._line(field, text, self.limits.name) or None if text else None

    def snippet(self, field: str, text: str) -> str:
        return self._line(field, text, self.limits.snippet)

    def summary(self, field: str, text: str) -> str:
        return self._cut(field, text, clean(text), self.limits.summary)

    def names(self, field: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        kept = [self.name(field, text) for text in self.items(field, texts)]
        return tuple(name for name in kept if name)

    def items(self, field: str, items: tuple[T, ...]) -> tuple[T, ...]:
        if len(items) > self.limits.items:
            self.cuts.append(field)
        return items[: self.limits.items]

    def link(self, field: str, url: str) -> Link | None:
        link = safe_link(url, limit=self.limits.url)
        if link is None and url:
            self.cuts.append(field)
        return link

    def _line(self, field: str, text: str, limit: int) -> str:
        return self._cut(field, text, one_line(text), limit)

    def _cut(self, field: str, raw: str, cleaned: str, limit: int) -> str:
        if len(cleaned) > limit or len(raw) > RAW_CAP:
            self.cuts.append(field)
        return cut(cleaned, limit)


def _safe_outlet(outlet: Outlet, scissors: _Scissors) -> SafeOutlet:
    return SafeOutlet(
        id=scissors.name("outlet.id", outlet.id),
        name=scissors.name("outlet.name", outlet.name),
        domain=scissors.name("outlet.domain", outlet.domain),
        country=scissors.code("outlet.country", outlet.country),
        language=scissors.code("outlet.language", outlet.language),
    )


def _safe_evidence(evidence: tuple[Evidence, ...], scissors: _Scissors) -> tuple[SafeEvidence, ...]:
    return tuple(
        SafeEvidence(
            field=each.field.value,
            term=scissors.name("evidence.term", each.term),
            snippet=scissors.snippet("evidence.snippet", each.snippet),
            start=each.start,
            end=each.end,
        )
        for each in scissors.items("evidence", evidence)
    )


def _safe_sightings(sightings: tuple[Sighting, ...], scissors: _Scissors) -> tuple[SafeSighting, ...]:
    return tuple(
        SafeSighting(
            outlet=scissors.name("also_on.outlet", each.outlet),
            link=scissors.link("also_on.url", each.url),
            title=scissors.title("also_on.title", each.title),
            published=each.published and _utc(each.published),
            seen=_utc(each.seen_at),
        )
        for each in scissors.items("also_on", sightings)
    )


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # year 1 east of Greenwich, year 9999 west of it (E11)
        return moment.replace(tzinfo=UTC)
