"""Bytes of a sitemap → Sitemap: urlset, index, Google News, plain text, or a feed used as one.

lxml first in strict mode, then with recovery; a text file is one address a line (sitemaps.org).
The surprising rule: of a long list the newest are kept, by their dates, not the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from monitor.errors import FeedUnreadable, SitemapUnreadable
from monitor.model import Entry, Sitemap, SitemapLink
from monitor.parse import _xml
from monitor.parse.dates import parse_date
from monitor.parse.feed import parse_feed, primary_language
from monitor.parse.sniff import BodyKind, inflate, sniff
from monitor.parse.text import clean, one_line, plain
from monitor.parse.urls import URL_CAP, normalise

INFLATED_CAP = 50_000_000  # bytes: the standard's own limit (sitemaps.org/protocol)
READ_CAP = 50_000  # addresses: the standard's own limit
ENTRIES_CAP = 2_000  # kept; the news of a day, even of the largest publishers, fit in half of it

_ROOTS = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:urlset|sitemapindex|rss|feed|rdf)(?=[\s>/])", re.IGNORECASE)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,300})", re.IGNORECASE)


def parse_sitemap(body: bytes, *, url: str, content_type: str | None = None) -> Sitemap:
    """Return what a sitemap or a sitemap index lists; raises SitemapUnreadable where `body` is neither.

    Links are absolute, of http or https; `published` is the News tag's word, `updated` is lastmod.
    """
    body = inflate(body, INFLATED_CAP)
    if not body.strip():
        raise SitemapUnreadable("an empty answer, not a sitemap")
    try:
        tree = _xml.read(body, content_type, _ROOTS)
    except _xml.NoTree as error:
        listed = _plain_list(body, content_type)
        if listed is None:
            raise SitemapUnreadable(_what_it_is(body, content_type) or str(error)) from error
        return listed
    name = _local(tree.root)
    if name == "sitemapindex":
        return _index(tree, url)
    if name == "urlset":
        return _url_set(tree, url)
    return _from_feed(body, url, content_type)


def _what_it_is(body: bytes, content_type: str | None) -> str | None:
    if sniff(body, content_type) is not BodyKind.HTML:
        return None
    title = _TITLE.search(body[:200_000])
    named = f": title {one_line(plain(title[1].decode('utf-8', 'replace')), 100)!r}" if title else ""
    return f"an HTML page, not a sitemap{named}"


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip() if len(element) else (element.text or "").strip()


def _index(tree: _xml.Tree, url: str) -> Sitemap:
    children, faults = list[SitemapLink](), list(tree.faults)
    for element in tree.root.iter():
        if _local(element) != "sitemap":
            continue
        if len(children) == READ_CAP:
            faults.append(f"more than {READ_CAP} sitemaps: the rest was left out")
            break
        fields = {_local(child): _text(child) for child in element}
        if address := normalise(clean(fields.get("loc", "")), url):
            children.append(SitemapLink(address, parse_date(fields.get("lastmod", ""))))
    newest, cut = _newest_links(children)
    return Sitemap(children=newest, faults=(*faults, *cut))


def _newest_links(children: list[SitemapLink]) -> tuple[tuple[SitemapLink, ...], tuple[str, ...]]:
    if len(children) <= ENTRIES_CAP:
        return tuple(children), ()
    children = sorted(children, key=lambda child: child.modified or _LONG_AGO, reverse=True)
    return tuple(children[:ENTRIES_CAP]), (f"{len(children)} sitemaps: the newest {ENTRIES_CAP} were kept",)


def _url_set(tree: _xml.Tree, url: str) -> Sitemap:
    entries, faults, bad = list[Entry](), list(tree.faults), 0
    for read, element in enumerate(each for each in tree.root.iter() if _local(each) == "url"):
        if read == READ_CAP:
            faults.append(f"more than {READ_CAP} addresses: the rest was not read")
            break
        entry = _entry(element, url)
        if entry:
            entries.append(entry)
        else:
            bad += 1
    if bad:
        faults.append(f"{bad} entries without an address")
    return _kept(entries, faults)


def _kept(entries: list[Entry], faults: list[str]) -> Sitemap:
    """Keep the newest where dates tell, else the first."""
    if len(entries) > ENTRIES_CAP:
        faults.append(f"{len(entries)} addresses: the newest {ENTRIES_CAP} were kept")
        entries = sorted(entries, key=lambda entry: entry.published or entry.updated or _LONG_AGO, reverse=True)[
            :ENTRIES_CAP
        ]
    return Sitemap(entries=tuple(entries), faults=tuple(faults))


def _entry(element: etree._Element, url: str) -> Entry | None:
    fields = dict[str, str]()
    for path, child in _fields(element):
        fields.setdefault(path, _text(child))
    link = normalise(clean(fields.get("loc", "")), url)
    if link is None:
        return None
    return Entry(
        link=link,
        title=one_line(plain(fields.get("news.title", ""))),
        published=parse_date(fields.get("news.publication_date", "")),
        updated=parse_date(fields.get("lastmod", "")),
        language=primary_language(fields.get("news.language", "")),
        image=normalise(fields.get("image.loc", ""), url) if fields.get("image.loc") else None,
    )


def _fields(element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Yield the leaves of a <url> with the group they stand in; what is nested by mistake is not followed."""
    for child in element:
        name = _local(child)
        if name in ("loc", "lastmod"):
            yield name, child
        elif name in ("news", "image"):
            for leaf in child.iter():
                if leaf is not child:
                    yield f"{name}.{_local(leaf)}", leaf


def _plain_list(body: bytes, content_type: str | None) -> Sitemap | None:
    """Read a text file of addresses; None where its first line is none."""
    if b"<" in body[:200]:
        return None
    lines = [line.strip() for line in _xml.decode(body, content_type).splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines or len(lines[0]) > URL_CAP or not normalise(lines[0]):
        return None
    links = [link for line in lines[:READ_CAP] if (link := normalise(line))]
    faults = [f"more than {READ_CAP} addresses: the rest was not read"] if len(lines) > READ_CAP else []
    return _kept([Entry(link=link) for link in links], faults)


def _from_feed(body: bytes, url: str, content_type: str | None) -> Sitemap:
    try:
        feed = parse_feed(body, url=url, content_type=content_type)
    except FeedUnreadable as error:
        raise SitemapUnreadable(error.reason) from error
    return Sitemap(entries=tuple(entry for entry in feed.entries if entry.link), faults=feed.faults)
