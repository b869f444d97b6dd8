"""Bytes and what a server calls them → what they are: feed, sitemap, web page, or something else.

The bytes are believed before the header: PDFs, films and feeds all come as text/html.
The surprising rule: gzip is looked into, because sitemaps are served as application/octet-stream.
"""

from __future__ import annotations

import re
import zlib
from enum import StrEnum

_HEAD_BYTES = 4_096  # a root element stands within the first few hundred bytes; comments may precede it
_GZIP = b"\x1f\x8b"


class BodyKind(StrEnum):
    """What a body is."""

    FEED = "feed"
    SITEMAP = "sitemap"
    HTML = "html"
    OTHER = "other"


_BINARY = (
    b"%PDF",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"\x7fELF",
    b"MZ\x90",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1a\x45\xdf\xa3",
    b"fLaC",
    b"wOFF",
    b"wOF2",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"\x00\x00\x01\x00",
    b"{\\rtf",
    b"%!PS",
    b"\xff\xfb",
    b"\xff\xf1",
    b"\xff\xf9",
    b"\xd0\xcf\x11\xe0",
    b"\x00asm",
    b"II*\x00",
    b"MM\x00*",
    b"SQLite",
)
_PROLOGUE = re.compile(rb"\s*(?:<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>)", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(rb"\s*<\s*([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_ROOTS = {
    b"rss": BodyKind.FEED,
    b"feed": BodyKind.FEED,
    b"rdf": BodyKind.FEED,
    b"channel": BodyKind.FEED,
    b"entry": BodyKind.FEED,
    b"urlset": BodyKind.SITEMAP,
    b"sitemapindex": BodyKind.SITEMAP,
}
_HTML_SIGN = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|div|p|a|table|h1|main|article|link|iframe|br)\b",
    re.IGNORECASE,
)
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org|"items"\s*:\s*\[')
_URL_LINE = re.compile(rb"\s*https?://\S+\s*(?:\n|\r|$)")


def sniff(body: bytes, content_type: str | None) -> BodyKind:
    """Return what `body` is, by its first bytes; `content_type` settles only what they leave open."""
    head = _head(body)
    if _is_binary(head):
        return BodyKind.OTHER
    head = _ascii(head)
    kind = _by_root(head)
    if kind:
        return kind
    if head.lstrip()[:1] == b"{":
        return (
            BodyKind.FEED if _JSON_FEED.search(head) or "feed+json" in (content_type or "").lower() else BodyKind.OTHER
        )
    if _HTML_SIGN.search(head):
        return BodyKind.HTML
    if _URL_LINE.match(head):
        return BodyKind.SITEMAP
    return _by_name(content_type) if b"<" in head else BodyKind.OTHER


def inflate(body: bytes, cap: int) -> bytes:
    """Return `body` without its gzip layers, cut at `cap` bytes; a torn one as far as it went."""
    for _ in range(2):  # a sitemap.xml.gz sent with Content-Encoding once too often
        if body[:2] != _GZIP:
            return body
        body = _gunzip(body, cap)
    return body


def _gunzip(body: bytes, cap: int) -> bytes:
    machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return machine.decompress(body, cap)
    except zlib.error:
        return _gunzip_by_steps(body, cap)


def _gunzip_by_steps(body: bytes, cap: int) -> bytes:
    """Save what comes before the fault."""
    machine, saved = zlib.decompressobj(zlib.MAX_WBITS | 16), bytearray()
    try:
        for start in range(0, len(body), 1024):
            saved += machine.decompress(body[start : start + 1024], max(cap - len(saved), 1))
            if len(saved) >= cap:
                break
    except zlib.error:
        pass
    return bytes(saved[:cap])


def _head(body: bytes) -> bytes:
    return inflate(body[: 4 * _HEAD_BYTES], _HEAD_BYTES)[:_HEAD_BYTES]


def _is_binary(head: bytes) -> bool:
    if head.startswith(_BINARY) or head[4:8] == b"ftyp":
        return True
    return b"\x00" in head and not head.startswith(
        (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00\x00<", b"\x00\x00\xfe\xff")
    )


def _ascii(head: bytes) -> bytes:
    """Make UTF-16 and UTF-32 readable enough for a look at their tags."""
    if b"\x00" in head:
        head = head.replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")


def _by_root(head: bytes) -> BodyKind | None:
    place = 0
    while found := _PROLOGUE.match(head, place):
        place = found.end()
    root = _ROOT.match(head, place)
    return _ROOTS.get(root[2].lower()) if root else None


def _by_name(content_type: str | None) -> BodyKind:
    name = (content_type or "").partition(";")[0].strip().lower()
    if name in ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"):
        return BodyKind.FEED
    return BodyKind.HTML if name in ("text/html", "application/xhtml+xml") else BodyKind.OTHER
