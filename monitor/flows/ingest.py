"""An article that was read -> what it is to us, what it matches, who is told; in one transaction.

Outside the transaction the watches are held against the text. Inside, on the store's writer
thread, the neighbours are looked up, judged against, and everything is written: so two copies that
arrive at once cannot both be the first. No network, no template, no clock inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.decide.dispatch import plan
from monitor.decide.identity import IdentityFacts, identity_keys, text_hash
from monitor.decide.novelty import WINDOW, Candidate, judge
from monitor.decide.reading import GiveUp, next_read
from monitor.decide.shadow import SHADOW, is_silent, silence
from monitor.journal import Journal
from monitor.match.matcher import Matcher
from monitor.model import (
    Access,
    AlertPlan,
    Article,
    Document,
    FrontierItem,
    Match,
    Page,
    ReadFailure,
    Route,
    Target,
    Verdict,
    VerdictKind,
    WatchInfo,
)
from monitor.parse.dates import sane
from monitor.parse.urls import canonical, network_id
from monitor.store import articles, frontier, identity, outbox, watches
from monitor.store.database import Connection, Store

RETRY_SPREAD = timedelta(seconds=5)  # articles that failed together are not tried together
NOT_ARTICLES = (Access.CONSENT, Access.ERROR)


@dataclass(frozen=True, slots=True)
class Told:
    """One alert that an article raised."""

    alert_id: str
    watch_id: str
    deliveries: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where an article stands in the store."""

    article_id: int
    story_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an article."""

    verdict: Verdict
    article_id: int
    story_id: int
    told: tuple[Told, ...]
    decisions: tuple[tuple[str, str], ...]  # watch, why


@dataclass(frozen=True, slots=True)
class Orders:
    """What the user's file says of watching and telling; swapped as a whole, so that an article meets one file only."""

    matcher: Matcher
    watches: Mapping[str, WatchInfo]
    routes: tuple[Route, ...]
    shadows: Mapping[str, timedelta]  # watches that tell nobody for a while

    @classmethod
    def of(cls, matcher: Matcher, routes: Sequence[Route]) -> Orders:
        rules = matcher.rules
        shadows = {watch.info.id: watch.shadow for watch in rules.watches if watch.shadow is not None}
        return cls(matcher, {info.id: info for info in rules.infos}, tuple(routes), shadows)


class Ingest:
    """Takes articles that were read and pages that could not be."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        *,
        matcher: Matcher,
        routes: Sequence[Route],
        targets: Mapping[str, tuple[Target, ...]],
        settle: timedelta,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._journal = journal
        self._orders = Orders.of(matcher, routes)
        self._targets = targets
        self._settle = settle  # copies that arrive within it are named in the same alert
        self._clock = clock
        self._chance = chance  # numbers in [0, 1) that spread load

    @property
    def orders(self) -> Orders:
        return self._orders

    def adopt(self, orders: Orders) -> None:
        """Work by other orders from the next article on."""
        self._orders = orders

    async def read(self, item: FrontierItem, page: Page, *, url: str) -> None:
        """Record a page that was read."""
        now = self._clock()
        page = replace(page, published=sane(page.published, now), modified=sane(page.modified, now))
        entry = replace(item.entry, published=sane(item.entry.published, now), updated=sane(item.entry.updated, now))
        article = Article(
            page=page,
            outlet=item.source.outlet,
            source_id=item.source.id,
            entry=entry,
            url=url,
            fetched_at=now,
            discovered_at=item.discovered_at,
            frontier_id=item.id,
            is_quiet=item.is_quiet,
        )
        await self.ingest(article)

    async def ingest(self, article: Article) -> Recorded:
        """Judge, match and record an article."""
        now = self._clock()
        orders = self._orders
        matches: tuple[Match, ...] = ()
        if article.page.access not in NOT_ARTICLES:
            matches = orders.matcher.match(Document(article.title, article.page.text, article.language, article.outlet))
        recorded = await self._store.write(self._record, orders, article, matches, now)
        self._report(article, matches, recorded)
        return recorded

    async def unread(
        self,
        item: FrontierItem,
        failure: ReadFailure,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Record that a page could not be read, and when it is tried again, if ever."""
        now = self._clock()
        step = next_read(failure, item.tries + 1, now, status=status, retry_after=retry_after)
        if isinstance(step, GiveUp):
            await self._store.write(frontier.give_up, item.id, f"{reason}; {step.reason}")
            self._journal.warn("given up", url=item.url, outlet=item.source.outlet.id, reason=reason, why=step.reason)
            return
        jitter = RETRY_SPREAD * self._chance()
        await self._store.write(frontier.try_again, item.id, step.at + jitter, reason)
        again = step.at.isoformat()
        self._journal.tell("not read", url=item.url, outlet=item.source.outlet.id, reason=reason, again=again)

    # ── inside the transaction ───────────────────────────────────────────────────────────────

    def _record(
        self, db: Connection, orders: Orders, article: Article, matches: Sequence[Match], now: datetime
    ) -> Recorded:
        facts = identity_facts(article, now)
        keys = identity_keys(facts)
        digest = text_hash(article.page.text)
        verdict = judge(_candidate(article, facts, digest, now), identity.neighbours(db, keys, now - WINDOW))
        article_id, revision = _write(db, article, verdict, digest, now)
        identity.keep(db, article_id, keys, now)
        if article.frontier_id is not None:
            frontier.done(db, article.frontier_id)
        kept = _Kept(article_id, verdict.story_id or article_id, revision)
        plans = self._plans(db, orders, article, verdict, matches, kept, now)
        by_watch = {match.watch_id: match for match in matches}
        told = [self._carry_out(db, orders, each, by_watch[each.watch_id], verdict, kept, now) for each in plans]
        decisions = tuple((each.watch_id, each.reason) for each in plans)
        return Recorded(verdict, kept.article_id, kept.story_id, tuple(filter(None, told)), decisions)

    def _plans(
        self,
        db: Connection,
        orders: Orders,
        article: Article,
        verdict: Verdict,
        matches: Sequence[Match],
        kept: _Kept,
        now: datetime,
    ) -> tuple[AlertPlan, ...]:
        """Decide of each match whom to tell; a watch in shadow tells nobody."""
        silent = _silent(db, orders.shadows, matches, now)
        plans = plan(
            matches,
            verdict=verdict,
            is_quiet=article.is_quiet,
            access=article.page.access,
            routes=orders.routes,
            targets=self._targets,
            already_told=_already_told(db, kept.story_id, silent) if matches else frozenset(),
            met_as_history=articles.met_as_history(db, kept.article_id) if matches else frozenset(),
        )
        return tuple(silence(each) if each.watch_id in silent else each for each in plans)

    def _carry_out(
        self,
        db: Connection,
        orders: Orders,
        decided: AlertPlan,
        match: Match,
        verdict: Verdict,
        kept: _Kept,
        now: datetime,
    ) -> Told | None:
        """Raise the alert of a plan that has receivers, and keep the match with what was decided."""
        told = None
        alert_id = outbox.alert_of(db, decided.watch_id, kept.story_id)
        if decided.targets:
            alert_id, deliveries = outbox.raise_alert(
                db,
                store_identity=self._store.identity,
                plan=decided,
                watch=orders.watches[decided.watch_id],
                match=match,
                article_id=kept.article_id,
                story_id=kept.story_id,
                now=now,
                first_try_at=now + self._settle,
            )
            told = Told(alert_id, decided.watch_id, deliveries) if deliveries else None
        elif alert_id is not None and verdict.kind is VerdictKind.UPDATE:
            outbox.refresh(db, alert_id, kept.article_id, match)
        articles.keep_match(
            db,
            kept.article_id,
            match,
            revision=kept.revision,
            alert_id=alert_id,
            decision=decided.reason,
            now=now,
        )
        return told

    # ── afterwards ───────────────────────────────────────────────────────────────────────────

    def _report(self, article: Article, matches: Sequence[Match], recorded: Recorded) -> None:
        self._journal.tell(
            "read",
            url=article.url,
            outlet=article.outlet.id,
            title=article.title,
            verdict=recorded.verdict.kind.value,
            reason=recorded.verdict.reason,
            article=recorded.article_id,
            story=recorded.story_id,
        )
        decisions = dict(recorded.decisions)
        for match in matches:
            self._journal.tell(
                "matched",
                watch=match.watch_id,
                url=article.url,
                score=match.score,
                article=recorded.article_id,
                decision=decisions.get(match.watch_id, ""),
            )
        for told in recorded.told:
            self._journal.tell(
                "alerted", alert=told.alert_id, watch=told.watch_id, url=article.url, deliveries=told.deliveries
            )


def identity_facts(article: Article, now: datetime) -> IdentityFacts:
    """Return what tells an article from others, addresses in identity form."""
    claimed = article.page.canonical_url
    return IdentityFacts(
        outlet_id=article.outlet.id,
        source_id=article.source_id,
        url_canonical=canonical(article.url),
        page_canonical=canonical(claimed) if claimed else None,
        feed_id=article.entry.id,
        network_id=network_id(article.url),
        title=article.title,
        day=(article.published or now).date(),
        fingerprint=article.page.fingerprint,
    )


def _candidate(article: Article, facts: IdentityFacts, digest: bytes, now: datetime) -> Candidate:
    return Candidate(
        url=facts.url_canonical,
        outlet_id=article.outlet.id,
        source_id=article.source_id,
        title=article.title,
        published=article.published,
        text_length=len(article.page.text),
        text_hash=digest,
        seen_at=now,
        fingerprint=article.page.fingerprint,
        access=article.page.access,
    )


def _silent(
    db: Connection, shadows: Mapping[str, timedelta], matches: Sequence[Match], now: datetime
) -> frozenset[str]:
    """Return those of the matched watches that tell nobody yet."""
    concerned = tuple(match.watch_id for match in matches if match.watch_id in shadows)
    since = watches.shadow_since(db, concerned) if concerned else {}
    return frozenset(id_ for id_ in concerned if is_silent(shadows[id_], since.get(id_, now), now))


def _already_told(db: Connection, story_id: int, silent: frozenset[str]) -> frozenset[str]:
    """Return the watches that had the story; those in shadow would have had it."""
    told = outbox.told(db, story_id)
    return told | (silent & watches.would_have_told(db, story_id, SHADOW)) if silent else told


def _write(db: Connection, article: Article, verdict: Verdict, digest: bytes, now: datetime) -> tuple[int, int]:
    """Write the article as the verdict says; return its id and revision."""
    if verdict.kind is VerdictKind.UPDATE and verdict.article_id is not None:
        return verdict.article_id, articles.revise(db, verdict.article_id, article, digest, now)
    if verdict.kind is VerdictKind.SEEN and verdict.article_id is not None:
        return verdict.article_id, articles.revision(db, verdict.article_id)
    return articles.insert(db, article, verdict, digest, now), 1
