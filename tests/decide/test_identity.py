"""Facts to keys: what meets, what does not, and that keys never change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.identity import (
    BAND_KEY_BYTES,
    BANDS,
    KEY_BYTES,
    IdentityFacts,
    fold_title,
    id_key,
    identity_keys,
    text_hash,
    title_key,
    title_overlap,
    url_key,
    usable_id,
)
from monitor.model import Fingerprint, IdentityKey, KeyKind

DAY = date(2026, 1, 7)
HEADLINE = "Sturm deckt in Husum sieben Dächer ab"


def facts(**changed: object) -> IdentityFacts:
    plain = IdentityFacts(outlet_id="", source_id="", url_canonical="")
    return replace(plain, **changed)  # type: ignore[arg-type]  # any field, by name


def of_kind(kind: KeyKind, found: IdentityFacts) -> set[IdentityKey]:
    return {key for key in identity_keys(found) if key.kind is kind}


def meet(kind: KeyKind, a: IdentityFacts, b: IdentityFacts) -> bool:
    return bool(of_kind(kind, a) & of_kind(kind, b))


def test_keys_are_stored_so_they_stay_the_same_over_versions() -> None:
    signature = b"".join(number.to_bytes(4, "little") for number in range(128))
    found = identity_keys(
        facts(
            source_id="s",
            url_canonical="https://example.org/a",
            feed_id="g",
            network_id="n:1234567",
            title=HEADLINE,
            day=DAY,
            fingerprint=Fingerprint(signature, 200, "scheme"),
        )
    )
    first = {key.kind: key.key.hex() for key in reversed(found)}
    assert first == {
        KeyKind.URL: "570dc744bcc3e3e0a9d00d21f10d1f33",
        KeyKind.CANONICAL: "b8b61b00c24391592c0624a19fe7b884",
        KeyKind.FEED_ID: "a94b10755a36ec5e40dccd326e60d564",
        KeyKind.NETWORK_ID: "bcaa0a2ea20ad43a01f7c3ef0564abc1",
        KeyKind.TITLE_DAY: "38187a9ed4de8ee87f55941133d60cc6",
        KeyKind.BODY: "b12f83790b6abeee",
    }


def test_an_article_of_which_nothing_is_known_has_no_keys() -> None:
    assert identity_keys(facts()) == ()


def test_a_claimed_address_meets_the_page_that_has_it() -> None:
    copy = facts(url_canonical="https://copy.example/x", page_canonical="https://first.example/y")
    first = facts(url_canonical="https://first.example/y")
    assert meet(KeyKind.CANONICAL, copy, first)
    assert not meet(KeyKind.URL, copy, first)


@pytest.mark.parametrize("front_page", ["", "https://example.org", "https://example.org/", "https://[broken"])
def test_a_front_page_is_nobodys_address(front_page: str) -> None:
    assert identity_keys(facts(url_canonical=front_page, page_canonical=front_page)) == ()


@pytest.mark.parametrize("url", ["https://example.org/?p=123", "https://example.org?p=123"])
def test_a_front_page_with_a_query_may_be_an_article(url: str) -> None:
    assert of_kind(KeyKind.URL, facts(url_canonical=url))


def test_a_feed_id_counts_within_its_source_only() -> None:
    ours, theirs = facts(source_id="a", feed_id="17"), facts(source_id="b", feed_id="17")
    assert not meet(KeyKind.FEED_ID, ours, theirs)
    assert meet(KeyKind.FEED_ID, ours, facts(source_id="a", feed_id=" 17 "))


@pytest.mark.parametrize("empty", [None, "", "  ", "0", "null", "None", "undefined", "false"])
def test_E4_an_id_that_stands_for_nothing_is_none(empty: str | None) -> None:  # named after its row
    assert usable_id(empty) is None
    assert id_key(empty) is None
    assert not of_kind(KeyKind.FEED_ID, facts(source_id="a", feed_id=empty))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (HEADLINE, "STURM deckt in Husum  sieben Dächer ab!"),
        (HEADLINE, f"{HEADLINE} | Nordbote"),
        (f"{HEADLINE} – Nordbote Online", f"{HEADLINE} - Inselpost"),
        ("„Wir bleiben“, sagt der Bürgermeister", '"Wir bleiben", sagt der Bürgermeister'),
        ("The mayor's plan: “no new taxes”", 'The mayor’s plan - "no new taxes"'),
        ("台風で住宅七棟の屋根が飛ぶ", "台風で住宅七棟の屋根が飛ぶ | 北報"),
    ],
)
def test_one_headline_in_two_spellings_meets(a: str, b: str) -> None:
    assert meet(KeyKind.TITLE_DAY, facts(title=a, day=DAY), facts(title=b, day=DAY))


@pytest.mark.parametrize("title", ["", "Live", "Kommentar", "Sport am Abend", "天気予報", "…"])
def test_a_headline_that_says_too_little_is_no_key(title: str) -> None:
    assert not of_kind(KeyKind.TITLE_DAY, facts(title=title, day=DAY))
    assert title_key(title) is None


@pytest.mark.parametrize(("days", "met"), [(0, True), (1, True), (-1, True), (2, False), (-2, False), (365, False)])
def test_headlines_meet_over_midnight_but_no_further(days: int, met: bool) -> None:
    other = facts(title=HEADLINE, day=DAY + timedelta(days=days))
    assert meet(KeyKind.TITLE_DAY, facts(title=HEADLINE, day=DAY), other) is met


def test_the_last_day_of_the_calendar_has_keys() -> None:
    assert of_kind(KeyKind.TITLE_DAY, facts(title=HEADLINE, day=date.max))


def test_folding_keeps_vowel_signs_with_their_words() -> None:
    assert fold_title("हिन्दी, समाचार!") == "हिन्दी समाचार"


def test_equal_minima_of_other_bands_or_schemes_do_not_meet() -> None:
    flat = Fingerprint(bytes(512), 100, "one")
    keys = of_kind(KeyKind.BODY, facts(fingerprint=flat))
    assert len(keys) == BANDS
    assert not meet(KeyKind.BODY, facts(fingerprint=flat), facts(fingerprint=replace(flat, scheme="two")))


def test_a_broken_signature_gives_fewer_keys_and_no_error() -> None:
    assert len(of_kind(KeyKind.BODY, facts(fingerprint=Fingerprint(b"\0" * 25, 100, "")))) == 2


@pytest.mark.parametrize(
    ("a", "b", "least", "most"),
    [
        ("Sturm über Husum: sieben Dächer ab", "Sturm über Husum deckt sieben Dächer ab", 0.8, 1.0),
        ("Sturm über Husum", "Bahn streikt am Montag", 0.0, 0.0),
        ("台風で住宅七棟の屋根が飛ぶ", "台風で住宅八棟の屋根が飛ぶ", 0.6, 0.9),
        ("", "", 0.0, 0.0),
    ],
)
def test_overlap_of_headlines_is_measured_in_words(a: str, b: str, least: float, most: float) -> None:
    assert least <= title_overlap(a, b) <= most


def test_texts_have_one_hash_whatever_their_spaces_and_forms() -> None:
    assert text_hash("Ein  Satz.\nNoch  einer.") == text_hash("ein Satz.\u00a0Noch einer.")
    assert text_hash("Ein Satz.") != text_hash("Kein Satz.")


@given(
    st.builds(
        IdentityFacts,
        outlet_id=st.text(),
        source_id=st.text(),
        url_canonical=st.text(),
        page_canonical=st.none() | st.text(),
        feed_id=st.none() | st.text(),
        network_id=st.none() | st.text(),
        title=st.text(alphabet=st.characters(exclude_categories=())),
        day=st.none() | st.dates(),
        fingerprint=st.none() | st.builds(Fingerprint, st.binary(max_size=600), st.integers(0, 9), st.text()),
    )
)
def test_any_facts_give_distinct_keys_of_fixed_length(found: IdentityFacts) -> None:
    keys = identity_keys(found)
    assert keys == identity_keys(found)
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert len(key.key) == (BAND_KEY_BYTES if key.kind is KeyKind.BODY else KEY_BYTES)


@given(st.text())
def test_folding_twice_is_folding_once(title: str) -> None:
    assert fold_title(fold_title(title)) == fold_title(title)


def test_the_url_key_is_the_key_of_that_address() -> None:
    url = "https://example.org/a"
    assert of_kind(KeyKind.URL, facts(url_canonical=url)) == {IdentityKey(KeyKind.URL, url_key(url))}
