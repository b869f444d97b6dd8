"""Matches and routes -> whom to tell of an article, and why; or why nobody.

Order: what holds the article as a whole (the same text again, a first visit, a page that is not
the article) -> what holds one watch (told of this story before, or met it as history) -> its routes. Each match gets a
plan, also where nobody is told, so that "why did I not hear of it?" has an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase

from monitor.model import Access, AlertPlan, Match, Route, Target, Verdict, VerdictKind

_IS_NO_ARTICLE = {
    Access.CONSENT: "not told: a consent wall stands in front of the article",
    Access.ERROR: "not told: the page is an error page or a login, not the article",
}
_TOLD_AS = {
    VerdictKind.NEW: "a new story",
    VerdictKind.COPY: "a copy of a story that this watch was not told of",
    VerdictKind.UPDATE: "a new text of a story that this watch was not told of",
}


def plan(
    matches: Sequence[Match],
    *,
    verdict: Verdict,
    is_quiet: bool,
    access: Access,
    routes: Sequence[Route],
    targets: Mapping[str, Sequence[Target]],
    already_told: AbstractSet[str],
    met_as_history: AbstractSet[str] = frozenset(),
) -> tuple[AlertPlan, ...]:
    """Return one plan for each watch that matched, in order; no targets where something holds it.

    `already_told`: ids of the watches that have an alert for this story. `met_as_history`: of those
    that met an earlier text of this article on a first visit. `targets`: channel name -> its
    receivers. No routes at all: every watch to every channel.
    """
    held = _hold_article(verdict, is_quiet, access)
    plans: dict[str, AlertPlan] = {}
    for watch_id in (match.watch_id for match in matches):
        if watch_id not in plans:
            why = held or _hold_watch(watch_id, already_told, met_as_history)
            plans[watch_id] = AlertPlan(watch_id, (), why) if why else _plan_watch(watch_id, verdict, routes, targets)
    return tuple(plans.values())


def _hold_article(verdict: Verdict, is_quiet: bool, access: Access) -> str:
    if verdict.kind is VerdictKind.SEEN:
        return f"not told: seen before ({verdict.reason})"
    if is_quiet:
        return "not told: found on the first visit of its source, so it is history"
    return _IS_NO_ARTICLE.get(access, "")


def _hold_watch(watch_id: str, already_told: AbstractSet[str], met_as_history: AbstractSet[str]) -> str:
    if watch_id in already_told:
        return "not told: this watch has had this story"
    if watch_id in met_as_history:
        return "not told: this watch met it on the first visit of its source, so it is history"
    return ""


def _plan_watch(
    watch_id: str,
    verdict: Verdict,
    routes: Sequence[Route],
    targets: Mapping[str, Sequence[Target]],
) -> AlertPlan:
    channels = _channels_of(watch_id, routes, targets)
    if not channels:
        return AlertPlan(watch_id, (), "not told: no route leads from this watch to a channel")
    receivers = tuple({each.id: each for name in channels for each in targets.get(name, ())}.values())
    if not receivers:
        return AlertPlan(watch_id, (), f"not told: nobody receives {', '.join(channels)}")
    return AlertPlan(watch_id, receivers, f"{_TOLD_AS[verdict.kind]}, to {', '.join(channels)} ({verdict.reason})")


def _channels_of(watch_id: str, routes: Sequence[Route], channels: Iterable[str]) -> tuple[str, ...]:
    """Return the channels of a watch, each once, in the order of the routes."""
    if not routes:
        return tuple(channels)
    leading = (route for route in routes if any(fnmatchcase(watch_id, glob) for glob in route.watches))
    return tuple(dict.fromkeys(name for route in leading for name in route.channels))
