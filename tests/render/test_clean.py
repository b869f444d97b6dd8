"""Text made safe, cut between drawn characters, and addresses that may be links."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.render.clean import clean, cut, one_line
from monitor.render.links import safe_link

FAMILY = "👩‍👩‍👧‍👦"
any_text = st.text(st.characters(codec=None, categories=None), max_size=200)  # type: ignore[arg-type]  # surrogates too


@given(any_text)
def test_clean_text_is_encodable_and_holds_nothing_that_is_obeyed(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    for character in cleaned:
        assert unicodedata.category(character) != "Cc" or character == "\n"
        assert unicodedata.bidirectional(character) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )


@given(any_text)
def test_cleaning_twice_equals_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text)) == one_line(text)


@given(any_text)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(any_text, st.integers(1, 50))
def test_a_cut_text_is_never_longer_than_asked_and_begins_like_the_whole(text: str, limit: int) -> None:
    cleaned = clean(text)
    short = cut(cleaned, limit)
    assert len(short) <= limit
    assert short == cleaned or (short.endswith("…") and cleaned.startswith(short[:-1]))


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("two words", 5, "two…"),
        ("cafe\u0301 au lait", 5, "caf…"),
        ("ab" + FAMILY + "cd", 8, "ab…"),
        ("👍🏽👍🏽", 2, "…"),
        ("👍🏽👍🏽", 3, "👍🏽…"),
        ("🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"),
        ("🇩🇪🇫🇷🇮🇹", 5, "🇩🇪🇫🇷…"),
        ("e" + "\u0301" * 500, 100, "e" + "\u0301" * 98 + "…"),
    ],
)
def test_B8_a_text_is_cut_between_drawn_characters(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


@pytest.mark.parametrize(
    ("url", "href", "host"),
    [
        ("https://www.example.org/a?b=1&c=2#d", "https://www.example.org/a?b=1&c=2#d", "example.org"),
        ("HTTP://Example.ORG:8080/", "http://example.org:8080/", "example.org"),
        (" https://example.org/x \n", "https://example.org/x", "example.org"),
        ("https://bücher.example/ä?ö#ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6#%C3%BC", "xn--bcher-kva.example"),
        ("https://аррӏе.example/", "https://xn--80ak6aa92e.example/", "xn--80ak6aa92e.example"),
        ("https://example.org/a%20b%2Fc", "https://example.org/a%20b%2Fc", "example.org"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E", "example.org"),
        ("https://example.org/'onx='", "https://example.org/%27onx=%27", "example.org"),
        ("http://[2001:DB8::1]/x", "http://[2001:db8::1]/x", "[2001:db8::1]"),
    ],
)
def test_H6_a_link_is_ascii_with_its_host_as_it_is_looked_up(url: str, href: str, host: str) -> None:
    link = safe_link(url)
    assert link is not None
    assert (link.href, link.host) == (href, host)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/path",
        "//evil.test/x",
        "example.org",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "https://",
        "https:///x",
        "https://user@example.org/",
        "https://bank.example@evil.test/",
        "https://1.1.1.1 &@127.0.0.1#@x/",
        "https://example.org\\@evil.test/",
        "https://exa\tmple.org/",
        "https://example.org/\u202egnp.exe",
        "https://example.org/\ud800",
        "https://ex<b>.org/",
        "https://" + "ä" * 70 + ".example/",
        "https://example.org:port/",
        "https://example.org:99999/",
        "https://[::1/",
        "https://example.org/" + "x" * 3_000,
    ],
)
def test_H2_what_is_no_plain_web_address_is_no_link(url: str) -> None:
    assert safe_link(url) is None


@given(
    st.one_of(
        any_text, any_text.map(lambda text: f"https://{text}"), any_text.map(lambda text: f"http://a.example/{text}")
    )
)
def test_a_link_is_never_more_than_it_should_be(url: str) -> None:
    link = safe_link(url)
    if link is not None:
        assert link.href.isascii()
        assert link.href.startswith(("http://", "https://"))
        assert not set(link.href) & set(" \"'<>\\\n\r\t\x00")
        again = safe_link(link.href)
        assert again is not None
        assert again.href == link.href
