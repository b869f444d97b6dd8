"""Bytes of a feed → Feed: RSS 0.9x to 2.0, RDF, Netscape, Atom 0.3 and 1.0, CDF, JSON Feed.

One reader for all XML dialects, because feeds in the wild mix them; lxml first, and feedparser's
loose parser where a document is so broken that no entry comes out of its tree.
The surprising rule: an entry's link stays as written, only made absolute; it is normalised at use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from lxml import etree

from monitor.errors import FeedUnreadable
from monitor.model import Entry, Feed
from monitor.parse import _xml, jsonfeed
from monitor.parse._constructs import (
    SCHEME,
    authors_of,
    best_link,
    cut,
    hang,
    picture_of,
    primary_language,
    shown,
    text_of,
)
from monitor.parse._dialects import attribute_of, field_of, format_of, is_feed, key_of, name_of
from monitor.parse._feed_caps import ENTRIES_CAP, ID_CAP, INFLATED_CAP, SUMMARY_CAP
from monitor.parse._loose_feed import read_loosely
from monitor.parse.dates import parse_date
from monitor.parse.sniff import BodyKind, inflate, sniff
from monitor.parse.text import clean, one_line, plain
from monitor.parse.urls import URL_CAP

__all__ = ["ENTRIES_CAP", "SUMMARY_CAP", "parse_feed", "primary_language"]

_ROOTS = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:rss|feed|rdf|channel|entry)(?=[\s>/])", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """Return what a feed claims; raises FeedUnreadable where `body` is none.

    `url` is where it was fetched: relative links hang on it. At most ENTRIES_CAP entries are kept,
    in the feed's order; what was wrong and got over is named in `faults`.
    """
    body = inflate(body, INFLATED_CAP)
    if not body.strip():
        raise FeedUnreadable("an empty answer, not a feed")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return jsonfeed.parse_json_feed(body, url=url)
    try:
        tree = _xml.read(body, content_type, _ROOTS)
    except _xml.NoTree as error:
        raise FeedUnreadable(_what_it_is(body, content_type) or str(error)) from error
    if sniff(body, content_type) is BodyKind.HTML and not is_feed(tree.root):
        raise FeedUnreadable(_what_it_is(body, content_type) or "an HTML page, not a feed")
    feed = _Reader(tree, url).feed()
    if not feed.entries and tree.faults and _has_items(tree.text):
        feed = read_loosely(tree.text, tree.faults, url) or feed
    if not feed.entries and not is_feed(tree.root):
        raise FeedUnreadable(f"no feed: its root element is <{name_of(tree.root)}>")
    return feed


def _what_it_is(body: bytes, content_type: str | None) -> str | None:
    """Say in words what came instead of a feed."""
    kind = sniff(body, content_type)
    if kind is BodyKind.HTML:
        title = _TITLE.search(body[:200_000])
        named = f": title {one_line(plain(title[1].decode('utf-8', 'replace')), 100)!r}" if title else ""
        return f"an HTML page, not a feed{named}"
    if kind is BodyKind.SITEMAP:
        return "a sitemap, not a feed"
    if kind is BodyKind.OTHER and not body.lstrip().startswith(b"<"):
        return f"not a feed: it begins with {body[:40]!r}"
    return None


def _has_items(text: str) -> bool:
    return "<item" in text or "<entry" in text or ":item" in text or ":entry" in text


class _Reader:
    """Read one tree. Base addresses are looked up only where the document sets any."""

    def __init__(self, tree: _xml.Tree, url: str) -> None:
        self.root = tree.root
        self.has_bases = "xml:base" in tree.text
        self.has_langs = "xml:lang" in tree.text
        self.faults = list(tree.faults)
        self.is_atom = name_of(self.root) in ("feed", "entry")
        self.channel = self._channel()
        self.language = self._feed_language()
        link = self._link_of(self.channel) if self.channel is not None else ""
        self.link = self._absolute(link, self.channel, url) if link and self.channel is not None else ""
        # A feed hangs at its own address (RFC 4287 §2); an RSS channel's links at its site's.
        site = self.link if _WEB.match(self.link) else ""
        self.base = url if self.is_atom else (site or url)

    def feed(self) -> Feed:
        return Feed(
            entries=tuple(self._entries()),
            title=one_line(self._title_of(self.channel)) if self.channel is not None else "",
            link=self.link or None,
            language=self.language,
            format=format_of(self.root),
            faults=tuple(self.faults),
        )

    def _channel(self) -> etree._Element | None:
        if self.is_atom or name_of(self.root) == "channel":
            return self.root if name_of(self.root) != "entry" else None
        for child in self.root:
            if name_of(child) == "channel":
                return child
        return self.root

    def _entries(self) -> Iterator[Entry]:
        kept = skipped = 0
        for element in self._items():
            if kept == ENTRIES_CAP:
                self.faults.append(f"more than {ENTRIES_CAP} entries: the rest was left out")
                break
            entry = self._entry(element)
            if entry is None:
                skipped += 1
                continue
            kept += 1
            yield entry
        if skipped:
            self.faults.append(f"{skipped} empty entries")

    def _items(self) -> Iterator[etree._Element]:
        if name_of(self.root) == "entry":
            yield self.root
            return
        # By walking all of the tree, not two levels: recovery nests what was not closed.
        for element in self.root.iter():
            tag = element.tag
            if isinstance(tag, str) and key_of(tag) in ("item", "entry") and element is not self.root:
                yield element

    def _entry(self, element: etree._Element) -> Entry | None:
        found = _Found()
        for child in element:
            field = field_of(child.tag)
            if field:
                self._take(found, field, child)
        return self._entry_from(found, element)

    def _take(self, found: _Found, field: str, child: etree._Element) -> None:
        if field == "link":
            found.links.append(child)
        elif field in ("author", "late author", "contributor"):
            found.people.append((field, child))
        elif field in ("media", "thumbnail", "enclosure", "image", "group", "icon"):
            found.pictures.append((field, child))
        elif field not in found.first or (not len(found.first[field]) and not (found.first[field].text or "").strip()):
            found.first[field] = child

    def _entry_from(self, found: _Found, element: etree._Element) -> Entry | None:
        first = found.first
        id_element = first.get("id")
        id_text = text_of(id_element)[:ID_CAP]
        link = self._entry_link(found, id_element, id_text, element)
        title = one_line(shown(first.get("title")) or shown(first.get("late title")))
        summary = self._summary(found)
        dated = self._date(first, "dated")
        entry = Entry(
            link=link,
            id=id_text or text_of(first.get("late id"))[:ID_CAP] or element.get(_RDF_ABOUT, "")[:ID_CAP] or None,
            title=title,
            published=self._date(first, "published") or dated or self._date(first, "created"),
            updated=self._date(first, "updated") or dated,
            authors=authors_of(found.people),
            summary=summary,
            language=self._language(element, first) or self.language,
            image=self._picture(found.pictures),
        )
        return None if entry == _nothing(entry.language) else entry

    # ── links ──

    def _entry_link(
        self, found: _Found, id_element: etree._Element | None, id_text: str, element: etree._Element
    ) -> str:
        link, holder = best_link(found.links)
        if not link and id_element is not None and id_text:
            is_permalink = (id_element.get("isPermaLink") or id_element.get("ispermalink") or "true").lower() != "false"
            if _WEB.match(id_text) or (is_permalink and SCHEME.match(id_text)):
                link, holder = id_text, id_element
        if not link:
            link, holder = attribute_of(element, "href"), element  # a CDF item carries its address itself
        if not link:
            link, holder = next(
                (
                    (href, each)
                    for kind, each in found.pictures
                    if kind == "enclosure" and (href := each.get("url") or "")
                ),
                ("", element),
            )
        return self._absolute(link, holder, self.base) if link else ""

    def _link_of(self, element: etree._Element) -> str:
        links = [child for child in element if field_of(child.tag) == "link"]
        return best_link(links)[0] or attribute_of(element, "href")

    def _absolute(self, link: str, holder: etree._Element | None, base: str) -> str:
        link = clean(link).strip().replace("\n", "").replace("\t", "")[:URL_CAP]
        if SCHEME.match(link) and not link.lower().startswith(("http:/", "https:/")):
            return link
        if _WEB.match(link):
            return link
        if self.has_bases and holder is not None and (inherited := holder.base):
            base = hang(base, inherited)
        absolute = hang(base, link)
        # Without any base there is nothing to hang it on: it is handed out as written.
        return absolute if SCHEME.match(absolute) or not SCHEME.match(base) else ""

    # ── texts ──

    def _title_of(self, element: etree._Element) -> str:
        titles = [child for child in element if field_of(child.tag) in ("title", "late title")]
        titles.sort(key=lambda child: field_of(child.tag) != "title")
        return next(filter(None, map(shown, titles)), "")

    def _summary(self, found: _Found) -> str:
        for field in ("summary", "description", "content", "late"):
            element = found.first.get(field)
            if element is not None and (text := shown(element)):
                return cut(text)
        for kind, child in found.pictures:
            if kind == "group":
                for inner in child:
                    if key_of(inner.tag) == "media:description" and (text := shown(inner)):
                        return cut(text)
        return ""

    def _date(self, first: Mapping[str, etree._Element], field: str) -> datetime | None:
        element = first.get(field)
        return parse_date(text_of(element)) if element is not None else None

    # ── language and picture ──

    def _feed_language(self) -> str | None:
        if self.channel is not None:
            for child in self.channel:
                if field_of(child.tag) == "language" and (tag := primary_language(text_of(child))):
                    return tag
            if tag := primary_language(self.channel.get(_LANG) or ""):
                return tag
        return primary_language(self.root.get(_LANG) or "")

    def _language(self, element: etree._Element, first: Mapping[str, etree._Element]) -> str | None:
        if "language" in first and (tag := primary_language(text_of(first["language"]))):
            return tag
        return primary_language(element.get(_LANG) or "") if self.has_langs else None

    def _picture(self, pictures: list[tuple[str, etree._Element]]) -> str | None:
        address, holder = picture_of(pictures)
        return self._absolute(address, holder, self.base) or None if address else None


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


@lru_cache(maxsize=64)
def _nothing(language: str | None) -> Entry:
    """An entry that says nothing of its own."""
    return Entry(link="", language=language)


class _Found:
    """What the children of one entry fill."""

    __slots__ = ("first", "links", "people", "pictures")

    def __init__(self) -> None:
        self.first: dict[str, etree._Element] = {}
        self.links: list[etree._Element] = []
        self.people: list[tuple[str, etree._Element]] = []
        self.pictures: list[tuple[str, etree._Element]] = []
