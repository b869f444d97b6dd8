"""What an article is to us: a table of what two articles share, and the laws of judging."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decide.novelty import Candidate, judge, similarity
from monitor.model import Access, Fingerprint, KeyKind, KnownArticle, VerdictKind

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEADLINE = "Sturm deckt in Husum sieben Dächer ab"
OTHER = "Bahn streikt ab Montag in ganz Schleswig"


def body(agree: float = 1.0, shingles: int = 400, seed: int = 1) -> Fingerprint:
    """Return a fingerprint that agrees with the plain one in this share of its minima."""
    plain, other = random.Random(0), random.Random(seed)
    kept = round(agree * 128)
    minima = [plain.getrandbits(31) if n < kept else 2**31 + other.getrandbits(31) for n in range(128)]
    return Fingerprint(b"".join(m.to_bytes(4, "little") for m in minima), shingles, "scheme")


def candidate(**changed: object) -> Candidate:
    plain = Candidate(
        url="https://b.example/neu",
        outlet_id="b",
        source_id="b-feed",
        title=OTHER,
        published=NOW,
        text_length=3000,
        text_hash=b"candidate",
        seen_at=NOW,
        fingerprint=body(0.0, seed=7),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # any field, by name


def known(*shared: KeyKind, **changed: object) -> KnownArticle:
    plain = KnownArticle(
        id=11,
        story_id=5,
        outlet_id="a",
        source_id="a-feed",
        url="https://a.example/alt",
        title=HEADLINE,
        published=NOW - HOUR,
        first_seen=NOW - HOUR,
        shared=frozenset(shared),
        text_length=3000,
        text_hash=b"known",
        fingerprint=body(),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # any field, by name


SAME_OUTLET = {"outlet_id": "b", "source_id": "b-feed"}
SHORT = {"fingerprint": None, "text_length": 200}
NEW, COPY, UPDATE, SEEN = VerdictKind.NEW, VerdictKind.COPY, VerdictKind.UPDATE, VerdictKind.SEEN

CASES: list[tuple[str, Candidate, KnownArticle, VerdictKind]] = [
    # ── the address ──
    ("one address, one text", candidate(title=HEADLINE, text_hash=b"known"), known(KeyKind.URL), SEEN),
    ("one address, another text", candidate(title=HEADLINE), known(KeyKind.URL), UPDATE),
    ("one address, another headline", candidate(text_hash=b"known"), known(KeyKind.URL), UPDATE),
    (
        "one address years later",
        candidate(published=NOW, title=HEADLINE),
        known(KeyKind.URL, published=NOW - 900 * DAY),
        UPDATE,
    ),
    ("one address, an error page now", candidate(access=Access.ERROR), known(KeyKind.URL), SEEN),
    ("one address, a consent wall now", candidate(access=Access.CONSENT), known(KeyKind.URL), SEEN),
    (
        "one address, behind a paywall now",
        candidate(title=HEADLINE, access=Access.PAYWALL, **SHORT),
        known(KeyKind.URL),
        SEEN,
    ),
    (
        "E12: a clock in the text",
        candidate(title=HEADLINE, fingerprint=body(127 / 128), text_length=3001),
        known(KeyKind.URL),
        SEEN,
    ),
    (
        "a sentence more in a long text",
        candidate(title=HEADLINE, fingerprint=body(127 / 128), text_length=3080),
        known(KeyKind.URL),
        UPDATE,
    ),
    # ── the claimed address ──
    ("another outlet claims it, same words", candidate(fingerprint=body(0.5)), known(KeyKind.CANONICAL), COPY),
    ("another outlet claims it, same headline", candidate(title=HEADLINE, **SHORT), known(KeyKind.CANONICAL), COPY),
    (
        "same outlet claims it, same words",
        candidate(fingerprint=body(0.9)),
        known(KeyKind.CANONICAL, **SAME_OUTLET),
        UPDATE,
    ),
    ("all pages claim the section's address", candidate(), known(KeyKind.CANONICAL, **SAME_OUTLET), NEW),
    # ── the numbers ──
    ("E3: id reused for another article", candidate(), known(KeyKind.FEED_ID, **SAME_OUTLET), NEW),
    ("same id, same headline", candidate(title=HEADLINE), known(KeyKind.FEED_ID, **SAME_OUTLET), UPDATE),
    (
        "same id, same text, other headline",
        candidate(fingerprint=body(0.9)),
        known(KeyKind.FEED_ID, **SAME_OUTLET),
        UPDATE,
    ),
    (
        "E3: one id for all, headlines alike, texts not",
        candidate(title="Sturm deckt in Tondern sieben Dächer ab"),
        known(KeyKind.FEED_ID, **SAME_OUTLET),
        NEW,
    ),
    (
        "E4: a section's address for all, one headline, texts not alike",
        candidate(title=HEADLINE),
        known(KeyKind.CANONICAL, **SAME_OUTLET),
        NEW,
    ),
    ("same id in another feed", candidate(), known(KeyKind.FEED_ID), NEW),
    (
        "a column keeps its id and its headline",
        candidate(title=HEADLINE),
        known(KeyKind.FEED_ID, published=NOW - DAY, **SAME_OUTLET),
        NEW,
    ),
    ("2,162 addresses with one number", candidate(), known(KeyKind.NETWORK_ID, **SAME_OUTLET), NEW),
    ("network number and headline", candidate(title=HEADLINE), known(KeyKind.NETWORK_ID), COPY),
    ("network number and text", candidate(fingerprint=body(0.3)), known(KeyKind.NETWORK_ID), COPY),
    (
        "network number, slug changed",
        candidate(fingerprint=body(0.7)),
        known(KeyKind.NETWORK_ID, **SAME_OUTLET),
        UPDATE,
    ),
    # ── the words ──
    ("same words, another outlet", candidate(fingerprint=body(0.9)), known(KeyKind.BODY), COPY),
    ("a tenth of the words edited", candidate(fingerprint=body(0.5)), known(KeyKind.BODY), COPY),
    ("cut to 40 %", candidate(fingerprint=body(0.4, shingles=160)), known(KeyKind.BODY), COPY),
    ("cut to a quarter", candidate(fingerprint=body(0.25, shingles=100)), known(KeyKind.BODY), COPY),
    ("one shared paragraph", candidate(fingerprint=body(0.22)), known(KeyKind.BODY), NEW),
    ("a short notice in a long text", candidate(fingerprint=body(0.1, shingles=40)), known(KeyKind.BODY), NEW),
    ("two short notices, mostly boilerplate", candidate(fingerprint=body(0.6, shingles=40)), known(KeyKind.BODY), NEW),
    ("same words, a month later", candidate(fingerprint=body(0.9)), known(KeyKind.BODY, published=NOW - 30 * DAY), NEW),
    (
        "same words, found a month later",
        candidate(fingerprint=body(0.9), seen_at=NOW + 30 * DAY),
        known(KeyKind.BODY),
        COPY,
    ),
    (
        "E11: impossible dates do not count",
        candidate(fingerprint=body(0.9), published=datetime(1970, 1, 1, tzinfo=UTC)),
        known(KeyKind.BODY),
        COPY,
    ),
    (
        "an outlet's own reports from one template",
        candidate(fingerprint=body(0.65)),
        known(KeyKind.BODY, **SAME_OUTLET),
        NEW,
    ),
    (
        "an outlet's daily column from one template",
        candidate(title=HEADLINE, fingerprint=body(0.65)),
        known(KeyKind.BODY, published=NOW - DAY, **SAME_OUTLET),
        NEW,
    ),
    ("E14: one wall on many pages", candidate(access=Access.CONSENT, fingerprint=body()), known(KeyKind.BODY), NEW),
    ("fingerprints of two schemes", candidate(fingerprint=replace(body(), scheme="old")), known(KeyKind.BODY), NEW),
    (
        "exactly the same text, short",
        candidate(text_hash=b"known", text_length=300, fingerprint=None),
        known(KeyKind.BODY),
        COPY,
    ),
    (
        "exactly the same two words",
        candidate(text_hash=b"known", text_length=20, fingerprint=None),
        known(KeyKind.BODY),
        NEW,
    ),
    # ── the headline ──
    ("same headline, other words", candidate(title=HEADLINE), known(KeyKind.TITLE_DAY), NEW),
    (
        "same headline, a third of the words",
        candidate(title=HEADLINE, fingerprint=body(0.3)),
        known(KeyKind.TITLE_DAY),
        COPY,
    ),
    (
        "same headline, both too short to ask",
        candidate(title=HEADLINE, **SHORT),
        known(KeyKind.TITLE_DAY, **SHORT),
        COPY,
    ),
    (
        "same headline, a teaser",
        candidate(title=HEADLINE, access=Access.PAYWALL, **SHORT),
        known(KeyKind.TITLE_DAY),
        COPY,
    ),
    (
        "same headline as yesterday, both short",
        candidate(title=HEADLINE, **SHORT),
        known(KeyKind.TITLE_DAY, published=NOW - DAY, **SHORT),
        NEW,
    ),
    (
        "a headline that stands everywhere",
        candidate(title="Das Wetter am Mittwoch", **SHORT),
        known(KeyKind.TITLE_DAY, title="Das Wetter am Mittwoch", **SHORT),
        NEW,
    ),
]


@pytest.mark.parametrize(("a", "b", "kind"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_what_two_articles_share_decides_what_the_second_is(a: Candidate, b: KnownArticle, kind: VerdictKind) -> None:
    verdict = judge(a, [b])
    assert verdict.kind is kind, verdict.reason
    assert (verdict.story_id, verdict.article_id) == ((None, None) if kind is NEW else (b.story_id, b.id))


def test_nothing_known_is_new_and_says_so() -> None:
    assert judge(candidate(), []).reason == "nothing known shares a key with it"


def test_the_reason_names_the_address_and_the_measure() -> None:
    reason = judge(candidate(fingerprint=body(0.9)), [known(KeyKind.BODY)]).reason
    assert reason == "same text as https://a.example/alt (95 % of its words)"


def test_the_reason_of_what_is_new_names_the_nearest() -> None:
    far = known(KeyKind.TITLE_DAY, id=12, url="https://a.example/fern", fingerprint=body(0.0, seed=3))
    reason = judge(candidate(fingerprint=body(0.2)), [far, known(KeyKind.BODY)]).reason
    assert "2 known" in reason
    assert "https://a.example/alt" in reason


def test_an_address_outweighs_a_nearer_text() -> None:
    same_place = known(KeyKind.URL, id=20, story_id=9, fingerprint=body(0.2))
    verdict = judge(candidate(fingerprint=body()), [known(KeyKind.BODY), same_place])
    assert (verdict.kind, verdict.story_id) == (UPDATE, 9)


def test_between_equals_the_first_story_has_it() -> None:
    later = known(KeyKind.BODY, id=3, story_id=3, first_seen=NOW)
    assert judge(candidate(fingerprint=body()), [later, known(KeyKind.BODY)]).story_id == 5


def test_the_text_that_is_nearer_has_it_before_the_first() -> None:
    nearer = known(KeyKind.BODY, id=30, story_id=30, first_seen=NOW)
    first = known(KeyKind.BODY, fingerprint=body(0.0, seed=2))
    cousin = known(KeyKind.BODY, id=12, fingerprint=body(0.5, seed=4))
    assert judge(candidate(fingerprint=body()), [first, cousin, nearer]).story_id == 30


@pytest.mark.parametrize(
    ("a", "b", "jaccard", "containment"),
    [
        (body(), body(), 1.0, 1.0),
        (body(), body(0.0), 0.0, 0.0),
        (body(shingles=400), body(0.25, shingles=100), 0.25, 1.0),
        (body(shingles=400), body(0.25, shingles=400), 0.25, 0.4),
    ],
)
def test_containment_follows_from_jaccard_and_the_sizes(
    a: Fingerprint, b: Fingerprint, jaccard: float, containment: float
) -> None:
    found = similarity(a, b)
    assert found is not None
    assert (found.jaccard, found.containment) == pytest.approx((jaccard, containment))


@pytest.mark.parametrize(
    "other", [replace(body(), scheme="x"), replace(body(), signature=b""), replace(body(), signature=b"\0" * 4)]
)
def test_what_cannot_be_compared_has_no_similarity(other: Fingerprint) -> None:
    assert similarity(body(), other) is None


def test_two_empty_signatures_cannot_be_compared() -> None:
    empty = Fingerprint(b"", 0, "scheme")
    assert similarity(empty, empty) is None


KNOWN = st.builds(
    known,
    id=st.integers(1, 9),
    story_id=st.integers(1, 4),
    outlet_id=st.sampled_from(["a", "b"]),
    source_id=st.sampled_from(["a-feed", "b-feed"]),
    title=st.sampled_from([HEADLINE, OTHER, ""]),
    published=st.none() | st.sampled_from([NOW, NOW - DAY, NOW - 20 * DAY]),
    first_seen=st.sampled_from([NOW, NOW - HOUR, NOW - DAY]),
    shared=st.frozensets(st.sampled_from(list(KeyKind))),
    text_length=st.sampled_from([0, 200, 3000]),
    fingerprint=st.none() | st.builds(body, st.floats(0, 1), st.integers(1, 900)),
)
CANDIDATE = st.builds(
    candidate,
    title=st.sampled_from([HEADLINE, OTHER, ""]),
    text_hash=st.sampled_from([b"known", b"candidate"]),
    access=st.sampled_from(list(Access)),
    fingerprint=st.none() | st.builds(body, st.floats(0, 1), st.integers(1, 900)),
)


@settings(max_examples=60)
@given(CANDIDATE, st.lists(KNOWN, max_size=5, unique_by=lambda each: each.id), st.randoms(use_true_random=False))
def test_the_verdict_does_not_depend_on_the_order_of_the_known(
    found: Candidate, others: list[KnownArticle], chance: random.Random
) -> None:
    verdict = judge(found, others)
    shuffled = list(others)
    chance.shuffle(shuffled)
    assert judge(found, shuffled) == verdict
    assert verdict.story_id in {None, *(each.story_id for each in others)}
    assert (verdict.kind is NEW) is (verdict.story_id is None)
    assert verdict.reason


@settings(max_examples=60)
@given(CANDIDATE, st.lists(KNOWN, max_size=4, unique_by=lambda each: each.id))
def test_what_was_just_stored_is_seen(found: Candidate, others: list[KnownArticle]) -> None:
    itself = known(
        KeyKind.URL,
        id=100,
        story_id=100,
        url=found.url,
        outlet_id=found.outlet_id,
        title=found.title,
        text_length=found.text_length,
        text_hash=found.text_hash,
        fingerprint=found.fingerprint,
    )
    without_address = [replace(each, shared=each.shared - {KeyKind.URL}) for each in others]
    assert judge(found, [*without_address, itself]).kind is SEEN
