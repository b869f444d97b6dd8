"""Pages one after another -> the story each belongs to, held in memory.

The same keys and the same judgement as the service, with dictionaries where the service has tables: for
measuring, for trying a threshold on a pile of articles, for a look at how a day's news folds together.
Nothing is ever forgotten here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.decide.identity import IdentityFacts, identity_keys, text_hash
from monitor.decide.novelty import Candidate, judge
from monitor.model import IdentityKey, KeyKind, KnownArticle, Page, Verdict, VerdictKind
from monitor.parse.urls import canonical, network_id


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a page was put: the id its story was opened with, and why."""

    story: str
    verdict: Verdict


class StoryLine:
    """A growing pile of articles, folded into stories."""

    def __init__(self) -> None:
        self._ids: list[str] = []  # what the caller calls article n
        self._known: list[KnownArticle] = []
        self._holders: dict[IdentityKey, list[int]] = defaultdict(list)

    def add(self, id: str, page: Page, now: datetime, outlet_id: str = "") -> Placed:  # noqa: A002  # the caller's word
        """Judge a page against all before it, keep it, and return its story.

        The caller fills `page.fingerprint`. A page without an address is told apart by its words alone.
        An update takes the place of what it updates; a repeat leaves only its keys.
        """
        keys = identity_keys(_facts(page, now, outlet_id))
        candidate = _candidate(page, now, outlet_id)
        verdict = judge(candidate, self._neighbours(keys))
        number = self._keep(id, candidate, verdict)
        for key in keys:
            if number not in self._holders[key]:
                self._holders[key].append(number)
        return Placed(self._ids[self._known[number].story_id], verdict)

    def _neighbours(self, keys: Sequence[IdentityKey]) -> list[KnownArticle]:
        shared: dict[int, set[KeyKind]] = defaultdict(set)
        for key in keys:
            for number in self._holders.get(key, ()):
                shared[number].add(key.kind)
        return [replace(self._known[number], shared=frozenset(kinds)) for number, kinds in shared.items()]

    def _keep(self, name: str, candidate: Candidate, verdict: Verdict) -> int:
        """Write down what later pages are judged against, and return the article's number."""
        number = len(self._known)
        if verdict.article_id is not None and verdict.kind in (VerdictKind.UPDATE, VerdictKind.SEEN):
            number = verdict.article_id
        former = self._known[number] if number < len(self._known) else None
        if former is not None and verdict.kind is VerdictKind.SEEN:
            return number
        story = number if verdict.story_id is None else verdict.story_id
        article = KnownArticle(
            id=number,
            story_id=story,
            outlet_id=candidate.outlet_id,
            source_id=candidate.source_id,
            url=candidate.url or name,
            title=candidate.title,
            published=candidate.published,
            first_seen=former.first_seen if former else candidate.seen_at,
            shared=frozenset(),
            text_length=candidate.text_length,
            text_hash=candidate.text_hash,
            fingerprint=candidate.fingerprint,
        )
        if former is not None:
            self._known[number] = article
        else:
            self._known.append(article)
            self._ids.append(name)
        return number


def _facts(page: Page, now: datetime, outlet_id: str) -> IdentityFacts:
    return IdentityFacts(
        outlet_id=outlet_id,
        source_id="",
        url_canonical=canonical(page.url) if page.url else "",
        page_canonical=canonical(page.canonical_url) if page.canonical_url else None,
        network_id=network_id(page.url) if page.url else None,
        title=page.title,
        day=(page.published or now).date(),
        fingerprint=page.fingerprint,
    )


def _candidate(page: Page, now: datetime, outlet_id: str) -> Candidate:
    return Candidate(
        url=canonical(page.url) if page.url else "",
        outlet_id=outlet_id,
        source_id="",
        title=page.title,
        published=page.published,
        text_length=len(page.text),
        text_hash=text_hash(page.text),
        seen_at=now,
        fingerprint=page.fingerprint,
        access=page.access,
    )
