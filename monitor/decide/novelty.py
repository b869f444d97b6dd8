"""An article and the known ones that share a key with it -> is it new, a copy, an update, or seen before?

Each known article is weighed alone, strongest evidence first: its address, its number, its words. The best one
decides, so the order they come in does not matter. The surprising rule: a headline, a feed's id or a network's
number alone merges nothing; each needs the text to agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from operator import eq

from monitor.decide.identity import fold_title, title_forms, title_overlap, title_weight
from monitor.model import Access, Fingerprint, KeyKind, KnownArticle, Verdict, VerdictKind

WINDOW = timedelta(days=14)  # later than this, the same words are an anniversary, a series or an archive

# Measured on edited, cut, reprinted and mixed real articles; one estimate of 128 minima strays by .04 (one sigma).
# Two articles that share their longest paragraph stay at Jaccard .22 and containment .45; 10 % edits start at .43.
SAME_TEXT = 0.42  # Jaccard, by the body alone
SAME_TEXT_WITH_TITLE = 0.25  # Jaccard, where the headline is the same
CUT_TEXT = 0.75  # share of the shorter text found in the longer, by the body alone
CUT_TEXT_WITH_TITLE = 0.5
CUT_JACCARD = 0.15  # below it the estimate of containment strays by more than .15
TEMPLATE_TEXT = 0.8  # one outlet's own weather, lottery and stock reports repeat two thirds of their words
SUPPORT = 0.3  # containment that is enough where an id already says so
OTHER_TEXT = 0.1  # containment below which two bodies have nothing in common but chance
LEAST_SHINGLES = 60  # a shorter text may be one shared paragraph: an imprint, an appeal, an agency's notice

TRIVIAL_LETTERS = 12  # a clock, a counter, a date
TRIVIAL_MINIMA = 3 / 128
TITLE_ALONE = timedelta(hours=12)  # daily columns repeat their headline after 24 h
TITLE_ALONE_WEIGHT = 30  # letters; "Das Wetter in Deutschland" stands everywhere every day
TITLE_WITH_TEXT = timedelta(days=2)
TEASER_LETTERS = 900  # a few sentences
EXACT_LETTERS = 200  # shorter texts may be equal by chance: "Read more in our live blog"
FIRST_WEB_YEAR = 1995
TITLE_WORDS_SHARED = 0.5  # a headline that was touched up keeps half its words


@dataclass(frozen=True, slots=True)
class Candidate:
    """The article at hand. `url` is in identity form, empty where it has none."""

    url: str
    outlet_id: str
    source_id: str
    title: str
    published: datetime | None
    text_length: int
    text_hash: bytes
    seen_at: datetime
    fingerprint: Fingerprint | None = None
    access: Access = Access.OPEN


@dataclass(frozen=True, slots=True)
class Similarity:
    """How much two bodies have in common, 0 to 1, estimated."""

    jaccard: float  # shared shingles of all
    containment: float  # shared shingles of the shorter


class _Strength(IntEnum):
    """How sure a relation is, surest first."""

    ADDRESS = 0
    NUMBER = 1
    CLAIM = 2
    WORDS = 3
    TITLE = 4


@dataclass(frozen=True, slots=True)
class _Relation:
    """What ties the candidate to one known article."""

    strength: _Strength
    known: KnownArticle
    reason: str
    same_article: bool  # at the same outlet: it is an update or a repeat, not a copy
    closeness: float = 1.0

    @property
    def order(self) -> tuple[int, float, datetime, int, int]:
        # Closeness in tenths: between equals, the story that was first has it.
        return (self.strength, -round(self.closeness, 1), self.known.first_seen, self.known.story_id, self.known.id)


def judge(candidate: Candidate, known: Sequence[KnownArticle]) -> Verdict:
    """Return what an article is to us, with a reason an operator can follow.

    Deterministic, and independent of the order of `known`.
    """
    relations = [found for each in known if (found := _relate(candidate, each)) is not None]
    if not relations:
        return Verdict(VerdictKind.NEW, _why_new(candidate, known))
    best = min(relations, key=lambda relation: relation.order)
    story, article = best.known.story_id, best.known.id
    if not best.same_article:
        return Verdict(VerdictKind.COPY, best.reason, story, article)
    kind, change = _change(candidate, best.known)
    return Verdict(kind, f"{best.reason}; {change}", story, article)


def similarity(a: Fingerprint, b: Fingerprint) -> Similarity | None:
    """Return what two bodies have in common, or None where their fingerprints cannot be compared."""
    if a.scheme != b.scheme or not a.signature or len(a.signature) != len(b.signature):
        return None
    size = len(a.signature) // 4
    agree = sum(map(eq, memoryview(a.signature).cast("I"), memoryview(b.signature).cast("I")))
    jaccard = agree / size
    # |A∩B| = J/(1+J)·(|A|+|B|): containment follows from the sizes, and cannot pass 1.
    shared = jaccard / (1 + jaccard) * (a.shingles + b.shingles)
    return Similarity(jaccard, min(1.0, shared / max(1, min(a.shingles, b.shingles))))


def _relate(candidate: Candidate, known: KnownArticle) -> _Relation | None:
    """Return the strongest tie to one known article, or None."""
    if KeyKind.URL in known.shared:
        return _Relation(_Strength.ADDRESS, known, f"same address as {known.url}", same_article=True)
    if candidate.access in (Access.CONSENT, Access.ERROR):
        return None  # the same wall stands in front of many articles
    likeness = _Likeness.between(candidate, known)
    return (
        _by_feed_id(candidate, known, likeness)
        or _by_canonical(candidate, known, likeness)
        or _by_network_id(candidate, known, likeness)
        or _by_text(candidate, known, likeness)
        or _by_title(candidate, known, likeness)
    )


@dataclass(frozen=True, slots=True)
class _Likeness:
    """What the candidate and one known article have in common beside their keys."""

    body: Similarity | None
    same_hash: bool
    same_title: bool
    near_title: bool
    apart: timedelta
    same_outlet: bool
    shingles: int  # of the shorter body

    @classmethod
    def between(cls, candidate: Candidate, known: KnownArticle) -> _Likeness:
        a, b = candidate.fingerprint, known.fingerprint
        same_title = not set(title_forms(candidate.title)).isdisjoint(title_forms(known.title))
        return cls(
            body=similarity(a, b) if a and b else None,
            same_hash=candidate.text_length > 0 and candidate.text_hash == known.text_hash,
            same_title=same_title,
            near_title=same_title or title_overlap(candidate.title, known.title) >= TITLE_WORDS_SHARED,
            apart=_apart(candidate, known),
            same_outlet=bool(candidate.outlet_id) and candidate.outlet_id == known.outlet_id,
            shingles=min(a.shingles, b.shingles) if a and b else 0,
        )

    @property
    def is_supported(self) -> bool:
        """Whether title or text agree enough to believe an id or a claimed address."""
        if self.same_hash or (self.body is not None and self.body.containment >= SUPPORT):
            return True
        if self.is_another_text and not self.same_title:
            return False  # "Unfall auf der A 7", "Unfall auf der A 9": a feed may give all its articles one id
        return self.near_title and self.apart <= TITLE_ALONE  # a column keeps its title, and often its id

    @property
    def is_another_text(self) -> bool:
        """Whether both bodies are there and long enough to say that they are two."""
        return self.body is not None and self.shingles >= LEAST_SHINGLES and self.body.containment < OTHER_TEXT


def _by_feed_id(candidate: Candidate, known: KnownArticle, likeness: _Likeness) -> _Relation | None:
    # A feed may reuse a guid for the next article, or give all its articles one.
    if KeyKind.FEED_ID not in known.shared or known.source_id != candidate.source_id or not likeness.is_supported:
        return None
    return _Relation(_Strength.NUMBER, known, f"same id in its feed as {known.url}", same_article=True)


def _by_canonical(candidate: Candidate, known: KnownArticle, likeness: _Likeness) -> _Relation | None:
    # A careless site gives every page the canonical address of its section, and a ticker all its reports one headline.
    if KeyKind.CANONICAL not in known.shared or not likeness.is_supported or likeness.is_another_text:
        return None
    reason = f"claims the same address as {known.url}"
    return _Relation(_Strength.CLAIM, known, reason, same_article=likeness.same_outlet)


def _by_network_id(candidate: Candidate, known: KnownArticle, likeness: _Likeness) -> _Relation | None:
    # One outlet gave 2,162 addresses one article number: a number needs the title or the text beside it.
    if KeyKind.NETWORK_ID not in known.shared or not likeness.is_supported or likeness.apart > WINDOW:
        return None
    reason = f"same article number in its network as {known.url}"
    return _Relation(_Strength.NUMBER, known, reason, same_article=likeness.same_outlet)


def _by_text(candidate: Candidate, known: KnownArticle, likeness: _Likeness) -> _Relation | None:
    if likeness.apart > WINDOW:
        return None
    if likeness.same_hash and (candidate.text_length >= EXACT_LETTERS or likeness.same_title):
        return _Relation(_Strength.WORDS, known, f"same text as {known.url}", same_article=False)
    body = likeness.body
    if body is None or not _is_same_text(body, likeness):
        return None
    reason = f"same text as {known.url} ({_percent(body.containment)} of its words)"
    return _Relation(_Strength.WORDS, known, reason, same_article=False, closeness=body.containment)


def _is_same_text(body: Similarity, likeness: _Likeness) -> bool:
    """Whether two bodies are one text, edited or cut."""
    if likeness.same_title and likeness.apart <= (TITLE_ALONE if likeness.same_outlet else TITLE_WITH_TEXT):
        return body.jaccard >= SAME_TEXT_WITH_TITLE or body.containment >= CUT_TEXT_WITH_TITLE
    is_series = likeness.same_outlet and (not likeness.near_title or likeness.apart > TITLE_ALONE)
    if is_series or likeness.shingles < LEAST_SHINGLES:
        return body.jaccard >= TEMPLATE_TEXT
    return body.jaccard >= SAME_TEXT or (body.containment >= CUT_TEXT and body.jaccard >= CUT_JACCARD)


def _by_title(candidate: Candidate, known: KnownArticle, likeness: _Likeness) -> _Relation | None:
    """One headline within hours is one story where a body is too short to ask, as behind a paywall."""
    if not likeness.same_title or likeness.apart > TITLE_ALONE:
        return None
    if min(candidate.text_length, known.text_length) > TEASER_LETTERS:
        return None
    if likeness.body is not None and likeness.body.containment < SUPPORT:
        return None
    if title_weight(fold_title(candidate.title)) < TITLE_ALONE_WEIGHT:
        return None
    reason = f"same headline within hours as {known.url}, and one of the two shows a few sentences only"
    return _Relation(_Strength.TITLE, known, reason, same_article=False)


def _change(candidate: Candidate, known: KnownArticle) -> tuple[VerdictKind, str]:
    """Say how an article differs from when it was last read."""
    if candidate.access in (Access.CONSENT, Access.ERROR):
        return VerdictKind.SEEN, "but a wall or an error page stands there now"
    if fold_title(candidate.title) != fold_title(known.title):
        return VerdictKind.UPDATE, "its headline changed"
    if candidate.text_hash == known.text_hash:
        return VerdictKind.SEEN, "its text has not changed"
    if candidate.access is Access.PAYWALL and candidate.text_length < known.text_length:
        return VerdictKind.SEEN, "but only its first lines can be read now"
    if _is_trivial(candidate, known):
        return VerdictKind.SEEN, "only a few letters of it changed"
    return VerdictKind.UPDATE, f"its text changed ({known.text_length} to {candidate.text_length} characters)"


def _is_trivial(candidate: Candidate, known: KnownArticle) -> bool:
    """Whether the change is a clock or a counter: hardly a letter longer, hardly a shingle other."""
    if candidate.fingerprint is None or known.fingerprint is None:
        return False
    body = similarity(candidate.fingerprint, known.fingerprint)
    near = abs(candidate.text_length - known.text_length) <= TRIVIAL_LETTERS
    return near and body is not None and body.jaccard >= 1 - TRIVIAL_MINIMA


def _apart(candidate: Candidate, known: KnownArticle) -> timedelta:
    """Return how far apart two articles are: by what their publishers say, or by when we saw them."""
    ours = _plausible(candidate.published, candidate.seen_at)
    theirs = _plausible(known.published, known.first_seen)
    if ours is not None and theirs is not None:
        return abs(ours - theirs)
    return abs(candidate.seen_at - known.first_seen)


def _plausible(published: datetime | None, seen: datetime) -> datetime | None:
    """Return a publisher's date if it can be one: not of the future, not of before there was a web."""
    if published is None or published.year < FIRST_WEB_YEAR or published > seen + timedelta(days=1):
        return None
    return published


def _why_new(candidate: Candidate, known: Sequence[KnownArticle]) -> str:
    if not known:
        return "nothing known shares a key with it"
    nearest = min(known, key=lambda each: (-_containment(candidate, each), each.first_seen, each.id))
    return (
        f"{len(known)} known share a key with it, none is the same; the nearest, {nearest.url}, "
        f"has {_percent(_containment(candidate, nearest))} of its words"
    )


def _containment(candidate: Candidate, known: KnownArticle) -> float:
    if candidate.fingerprint is None or known.fingerprint is None:
        return 0.0
    body = similarity(candidate.fingerprint, known.fingerprint)
    return body.containment if body else 0.0


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
