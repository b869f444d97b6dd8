"""What bytes are, whatever they are called."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse.sniff import BodyKind, inflate, sniff


@pytest.mark.parametrize(
    ("body", "name", "kind"),
    [
        (b"<?xml version='1.0'?><!-- x --><rss version='2.0'>", "text/html", BodyKind.FEED),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'>", None, BodyKind.FEED),
        (b"<rdf:RDF xmlns='x'>", "text/plain", BodyKind.FEED),
        (b'{"version": "https://jsonfeed.org/version/1", "items": []}', "application/json", BodyKind.FEED),
        (b"<urlset>", "text/xml", BodyKind.SITEMAP),
        (b"<sitemapindex>", None, BodyKind.SITEMAP),
        (gzip.compress(b"<urlset>" + b"x" * 99_000), "application/octet-stream", BodyKind.SITEMAP),
        (b"https://example.com/a\nhttps://example.com/b\n", "text/plain", BodyKind.SITEMAP),
        (b"<!DOCTYPE html><html>", "application/rss+xml", BodyKind.HTML),
        ("<rss version='2.0'>".encode("utf-16"), None, BodyKind.FEED),
        (b"%PDF-1.7", "text/html", BodyKind.OTHER),
        (b"PK\x03\x04rest", "text/html", BodyKind.OTHER),
        (b"\x00\x00\x00\x18ftypmp42", "text/html", BodyKind.OTHER),
        (b'{"error": "login"}', "application/json", BodyKind.OTHER),
        (b"", "text/html", BodyKind.OTHER),
    ],
)
def test_bytes_are_believed_before_their_name_f12(body: bytes, name: str | None, kind: BodyKind) -> None:
    assert sniff(body, name) is kind


def test_a_bomb_is_cut_at_its_cap_f1() -> None:
    assert len(inflate(gzip.compress(b"0" * 5_000_000), 10_000)) == 10_000


def test_a_torn_gzip_gives_what_it_holds() -> None:
    whole = gzip.compress(bytes(range(256)) * 40)
    assert inflate(whole[:-20] + b"\xff" * 12, 100_000)[:256] == bytes(range(256))


@given(st.binary(max_size=300), st.none() | st.text(max_size=30))
def test_no_bytes_make_it_fail(body: bytes, name: str | None) -> None:
    assert isinstance(sniff(body, name), BodyKind)
    inflate(b"\x1f\x8b\x08" + body, 1000)
