"""Facts about an article -> the keys by which it can be known again.

Addresses and numbers become one key each, a headline becomes keys for its day, a fingerprint becomes the bands
of a locality-sensitive hash. Sharing a key proves nothing: it brings two articles before `decide.novelty`,
which judges. So keys are generous and judgements are strict.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b

from monitor.model import Fingerprint, IdentityKey, KeyKind

KEY_BYTES = 16
BAND_KEY_BYTES = 8  # a band key is one of 42 and always verified: 64 bits collide once in 10^7 at 10^6 articles

# 42 bands of 3 rows use 126 of the 128 minima. The chance to meet is 1-(1-J^3)^42:
#   J .59 (cut to 60 %, or 10 % of the words edited)  .9999      J .25 (cut to a quarter)  .48
#   J .42 (the least that is judged by body alone)    .96        J .01 (unrelated)         .00004
# 32 x 4 finds only .64 at J .42; 64 x 2 brings .6 % of all unrelated articles along.
BANDS = 42
ROWS = 3
_MINIMUM_BYTES = 4

TITLE_WORDS = 4  # fewer words than this ("Live", "Kommentar") name no article …
TITLE_WEIGHT = 20  # … unless they are long

# Vowel signs and accents that stand as characters of their own belong to their word (Hindi, Thai, Arabic …).
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0eff\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
_EMPTY_IDS = frozenset(
    {"", "0", "-1", "-", "none", "null", "nil", "undefined", "false", "true", "nan", "n/a", "guid", "id"}
)
_NOT_WORD = re.compile(rf"(?:[^\w{_MARKS}]|_)+")
_SUFFIX = re.compile(r"\s+(?:[|·•»–—-]|::)\s+(?P<site>[^|·•»]{1,40})$")
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What is known of an article that may tell it from others. Addresses are in identity form."""

    outlet_id: str
    source_id: str
    url_canonical: str  # where it was read; empty where it has no address
    page_canonical: str | None = None  # where it says it lives
    feed_id: str | None = None
    network_id: str | None = None
    title: str = ""
    day: date | None = None  # published, or first seen
    fingerprint: Fingerprint | None = None


def identity_keys(facts: IdentityFacts) -> tuple[IdentityKey, ...]:
    """Return every key of an article, without repeats, strongest kind first.

    Keys are 16 bytes (body bands 8), made of the kind, its scope and the value, and stay the same over
    restarts and versions: they are stored.
    """
    keys = [*_address_keys(facts), *_number_keys(facts), *_title_keys(facts), *_body_keys(facts.fingerprint)]
    return tuple(dict.fromkeys(keys))


def url_key(url: str) -> bytes:
    """Return the 16-byte key of an address in identity form: the same bytes as its URL key."""
    return _digest(KeyKind.URL, url)


def id_key(feed_id: str | None) -> bytes | None:
    """Return a 16-byte key of a feed's id without its source, or None where it is a stand-in for nothing."""
    usable = usable_id(feed_id)
    return None if usable is None else _digest(KeyKind.FEED_ID, "", usable)


def title_key(title: str) -> bytes | None:
    """Return a 16-byte key of a headline without its day, or None where it says too little to name an article."""
    folded = fold_title(title)
    return _digest(KeyKind.TITLE_DAY, "", folded) if is_telling(folded) else None


def text_hash(text: str) -> bytes:
    """Return 16 bytes that are equal where two texts are, whatever their spaces, case and compatibility forms."""
    return _digest(KeyKind.BODY, "text", " ".join(unicodedata.normalize("NFKC", text).casefold().split()))


def usable_id(feed_id: str | None) -> str | None:
    """Return an id of a feed as it is compared, or None where it is a stand-in for nothing ("", "0", "null")."""
    bare = (feed_id or "").strip()
    return None if bare.casefold() in _EMPTY_IDS else bare


def fold_title(title: str) -> str:
    """Return a headline as its bare words: compatibility forms, case, punctuation and spaces are gone."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", title).casefold()).strip()


@lru_cache(maxsize=1024)
def title_forms(title: str) -> tuple[str, ...]:
    """Return the telling folded forms of a headline: whole, and without " | Outlet" or " - Outlet" at its end."""
    whole = unicodedata.normalize("NFKC", title).strip()
    forms = dict.fromkeys(fold_title(form) for form in (whole, _SUFFIX.sub("", whole)))
    return tuple(form for form in forms if is_telling(form))


def is_telling(folded: str) -> bool:
    """Whether a folded headline says enough to name an article."""
    return title_weight(folded) >= TITLE_WEIGHT or folded.count(" ") + 1 >= TITLE_WORDS


def title_weight(folded: str) -> int:
    """Return a headline's letters, where one of a dense script (Chinese, Japanese, Korean, Thai) counts twice."""
    return len(folded) + len(_DENSE.findall(folded))


def title_overlap(a: str, b: str) -> float:
    """Return which share of all words of two headlines both have; pairs of letters stand for words in dense scripts."""
    left, right = _title_parts(a), _title_parts(b)
    return len(left & right) / len(left | right) if left and right else 0.0


@lru_cache(maxsize=1024)
def _title_parts(title: str) -> frozenset[str]:
    folded = fold_title(title)
    if len(_DENSE.findall(folded)) * 2 <= len(folded):
        return frozenset(folded.split())
    return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))


def _address_keys(facts: IdentityFacts) -> Iterator[IdentityKey]:
    """Yield the address read at, and all addresses had or claimed, so that a claim meets the page it names."""
    if names_article(facts.url_canonical):
        yield IdentityKey(KeyKind.URL, url_key(facts.url_canonical))
    for url in (facts.page_canonical, facts.url_canonical):
        if url and names_article(url):
            yield IdentityKey(KeyKind.CANONICAL, _digest(KeyKind.CANONICAL, url))


def names_article(url: str) -> bool:
    """Whether an address may be one article's: a front page is where dead links and careless canonicals point."""
    host, _, path = (url.partition("://")[2] or url).partition("/")
    return bool(path.strip("/")) or "?" in host


def _number_keys(facts: IdentityFacts) -> Iterator[IdentityKey]:
    feed_id = usable_id(facts.feed_id)
    if feed_id and facts.source_id:
        yield IdentityKey(KeyKind.FEED_ID, _digest(KeyKind.FEED_ID, facts.source_id, feed_id))
    if facts.network_id:
        yield IdentityKey(KeyKind.NETWORK_ID, _digest(KeyKind.NETWORK_ID, facts.network_id))


def _title_keys(facts: IdentityFacts) -> Iterator[IdentityKey]:
    """Yield keys for the day and the next: copies of one day share both, of adjacent days one, of others none."""
    if facts.day is None:
        return
    days = [facts.day.isoformat(), _next_day(facts.day)]
    for form in title_forms(facts.title):
        for day in days:
            yield IdentityKey(KeyKind.TITLE_DAY, _digest(KeyKind.TITLE_DAY, day, form))


def _next_day(day: date) -> str:
    return (day + timedelta(days=1)).isoformat() if day < date.max else "after the last day"


def _body_keys(fingerprint: Fingerprint | None) -> Iterator[IdentityKey]:
    if fingerprint is None:
        return
    width = ROWS * _MINIMUM_BYTES
    scheme = fingerprint.scheme.encode()[:64]
    for band in range(min(BANDS, len(fingerprint.signature) // width)):
        rows = fingerprint.signature[band * width : (band + 1) * width]
        # The band's number keeps equal minima of different permutations apart.
        key = blake2b(rows, digest_size=BAND_KEY_BYTES, key=scheme, salt=band.to_bytes(2, "little")).digest()
        yield IdentityKey(KeyKind.BODY, key)


def _digest(kind: KeyKind, *parts: str) -> bytes:
    # A zero byte cannot be in an address, a day or a folded title, so parts cannot run into each other;
    # a feed id that holds one stands last. Lone surrogates of broken feeds must not raise.
    value = "\0".join((kind.value, *parts)).encode("utf-8", "surrogatepass")
    return blake2b(value, digest_size=KEY_BYTES).digest()
