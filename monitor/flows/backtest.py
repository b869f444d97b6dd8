"""Rules -> what they would have told of what was read already, beside what other rules did.

The archive is gone through in the order in which it was read, with the judgement of the service: a story is told
once, history and pages that are no article are not. Nothing is written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitor.decide.dispatch import plan
from monitor.match.matcher import Matcher
from monitor.model import Document, Match, Target
from monitor.store.replay import ArchivedText, Telling

_ANYBODY = {"anybody": (Target("anybody", "anybody", "", "anybody"),)}
_EVIDENCE_KEPT = 3  # mentions: enough to judge a sample by
DAY = timedelta(days=1)


class Rehearsal:
    """Rules at work along the archive: keeps what they told, and says it of each text."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._told: dict[int, set[str]] = defaultdict(set)
        self._history: dict[int, set[str]] = defaultdict(set)

    def read(self, text: ArchivedText) -> list[Telling]:
        """Return whom this text tells, as the service would have decided."""
        matches = self._matcher.match(Document(text.title, text.text, text.language, text.outlet))
        if not matches:
            return []
        plans = plan(
            matches,
            verdict=text.verdict,
            is_quiet=text.is_quiet,
            access=text.access,
            routes=(),
            targets=_ANYBODY,
            already_told=self._told[text.story_id],
            met_as_history=self._history[text.key.article_id],
        )
        told = {each.watch_id for each in plans if each.targets}
        self._told[text.story_id] |= told
        if text.is_quiet:
            self._history[text.key.article_id] |= {match.watch_id for match in matches}
        return [_telling(text, match) for match in matches if match.watch_id in told]


def _telling(text: ArchivedText, match: Match) -> Telling:
    return Telling(
        watch_id=match.watch_id,
        story_id=text.story_id,
        article_id=text.key.article_id,
        at=text.key.at,
        title=text.title,
        url=text.url,
        outlet=text.outlet.name,
        score=match.score,
        evidence=match.evidence[:_EVIDENCE_KEPT],
    )


@dataclass(frozen=True, slots=True)
class WatchReport:
    """One watch, rehearsed: what it would tell, and how that differs from what the other rules told."""

    watch_id: str
    told: tuple[Telling, ...]
    before: int
    gained: tuple[Telling, ...]
    lost: tuple[Telling, ...]
    days: float

    @property
    def per_day(self) -> float:
        return len(self.told) / self.days

    @property
    def busiest(self) -> int:
        """The most alerts on one day (UTC)."""
        return max(Counter(each.at.astimezone(UTC).date() for each in self.told).values(), default=0)


class Backtest:
    """Holds new rules, and perhaps those now in force, against one text after the other."""

    def __init__(self, matcher: Matcher, *, since: datetime, against: Matcher | None = None) -> None:
        self._new = Rehearsal(matcher)
        self._old = Rehearsal(against) if against is not None else None
        self._since = since
        self._told: list[Telling] = []
        self._before: list[Telling] = []
        self._first: datetime | None = None

    def read(self, text: ArchivedText) -> None:
        """Take one text, in the order of the archive; what lies before `since` only counts as told."""
        told = self._new.read(text)
        before = self._old.read(text) if self._old is not None else []
        if text.key.at >= self._since:
            self._first = self._first or text.key.at
            self._told += told
            self._before += before

    def reports(
        self, watch_ids: Iterable[str], now: datetime, recorded: Iterable[Telling] = ()
    ) -> tuple[WatchReport, ...]:
        """Return what came of each of these watches; `recorded` is what was told where no other rules were given."""
        told = _by_watch(self._told)
        before = _by_watch(
            [*self._before, *(replace(each, evidence=each.evidence[:_EVIDENCE_KEPT]) for each in recorded)]
        )
        days = max((now - (self._first or now)) / DAY, 1.0)
        return tuple(_report(id_, told.get(id_, {}), before.get(id_, {}), days) for id_ in watch_ids)


def _by_watch(told: Iterable[Telling]) -> dict[str, dict[int, Telling]]:
    """Return the tellings by watch and story."""
    found: dict[str, dict[int, Telling]] = defaultdict(dict)
    for each in told:
        found[each.watch_id].setdefault(each.story_id, each)
    return found


def _report(watch_id: str, told: Mapping[int, Telling], before: Mapping[int, Telling], days: float) -> WatchReport:
    return WatchReport(
        watch_id,
        told=tuple(told.values()),
        before=len(before),
        gained=tuple(each for story, each in told.items() if story not in before),
        lost=tuple(each for story, each in before.items() if story not in told),
        days=days,
    )
