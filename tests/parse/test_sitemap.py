"""Sitemaps of every kind."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import SitemapUnreadable
from monitor.model import Entry
from monitor.parse.sitemap import ENTRIES_CAP, parse_sitemap

SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "sitemap"
URL = "https://hafenbote.example/sitemap.xml"


def shown(entry: Entry) -> dict[str, object]:
    return {
        "link": entry.link,
        "title": entry.title,
        "published": entry.published.isoformat() if entry.published else None,
        "updated": entry.updated.isoformat() if entry.updated else None,
        "language": entry.language,
        "image": entry.image,
    }


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_news_sitemap_is_read_plain_and_packed(pack: type[bytes]) -> None:
    sitemap = parse_sitemap(pack((SAMPLES / "news.xml").read_bytes()), url=URL)
    assert [shown(entry) for entry in sitemap.entries] == json.loads((SAMPLES / "news.json").read_text("utf-8"))[
        "entries"
    ]
    assert sitemap.faults == ("1 entries without an address",)


def test_an_index_gives_its_children() -> None:
    body = b"<sitemapindex xmlns='http://wrong.example/'><sitemap><loc>/a.xml.gz</loc><lastmod>2024-05-12</lastmod></sitemap></sitemapindex>"
    (child,) = parse_sitemap(body, url=URL).children
    assert child.url == "https://hafenbote.example/a.xml.gz"
    assert child.modified is not None


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfhttps://hafenbote.example/a\r\n\r\nhttps://hafenbote.example/b",
        b"<urlset><url><loc>https://hafenbote.example/a?x&y</loc></url><url><loc>https://hafenbote.example/b</loc>",
        b"<rss><channel><item><link>https://hafenbote.example/a</link></item><item><link>/b</link></item></channel></rss>",
    ],
)
def test_lists_of_other_make_are_read_too(body: bytes) -> None:
    assert len(parse_sitemap(body, url=URL).entries) == 2


def test_of_a_long_list_the_newest_are_kept_f5() -> None:
    urls = "".join(
        f"<url><loc>https://a.example/{number}</loc><lastmod>{2000 + number % 25}-01-01</lastmod></url>"
        for number in range(4000)
    )
    sitemap = parse_sitemap(f"<urlset>{urls}</urlset>".encode(), url=URL)
    assert len(sitemap.entries) == ENTRIES_CAP
    assert min(entry.updated.year for entry in sitemap.entries if entry.updated) >= 2012
    assert "newest" in sitemap.faults[-1]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html><title>Not here</title></html>", "Not here"),
        (b"plain words", "no root element"),
        (b"<!DOCTYPE urlset [<!ENTITY a 'b'>]><urlset/>", "declares the entity"),
    ],
)
def test_what_is_no_sitemap_is_named(body: bytes, reason: str) -> None:
    with pytest.raises(SitemapUnreadable, match=reason):
        parse_sitemap(body, url=URL)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"<urlset><url>", b"<sitemapindex><sitemap>", b"http://a.example/\n"]),
)
def test_random_bytes_are_read_or_refused(body: bytes, start: bytes) -> None:
    with suppress(SitemapUnreadable):
        assert all(entry.link for entry in parse_sitemap(start + body, url=URL).entries)
