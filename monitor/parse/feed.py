"""Bytes of a feed → Feed: RSS 0.9x to 2.0, RDF, Netscape, Atom 0.3 and 1.0, CDF, JSON Feed.

One reader for all XML dialects, because feeds in the wild mix them; lxml first, and feedparser's
loose parser where a document is so broken that no entry comes out of its tree.
The surprising rule: an entry's link stays as written, only made absolute; it is normalised at use.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from monitor.errors import FeedUnreadable
from monitor.model import Entry, Feed
from monitor.parse import _xml, jsonfeed
from monitor.parse.dates import parse_date
from monitor.parse.sniff import BodyKind, inflate, sniff
from monitor.parse.text import clean, one_line, plain
from monitor.parse.urls import URL_CAP

ENTRIES_CAP = 2_000  # the largest real feed of a publisher had 1,000
INFLATED_CAP = 16_000_000  # bytes, as much as a fetcher lets in
SUMMARY_CAP = 2_000  # characters: enough for a lead; the article's text comes from its page
MARKUP_CAP = 10_000  # characters of a description that are worth turning into a summary
ID_CAP = 1_000
AUTHORS_CAP = 20
_NAME_CAP = 200

_ROOTS = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:rss|feed|rdf|channel|entry)(?=[\s>/])", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_LOOKS_LIKE_HTML = re.compile(r"</[a-zA-Z]|<[a-zA-Z]+[^<>]*/?>|&#?\w{2,30};")
_MAIL_NAME = re.compile(r"[^\s@()<>]+@[^\s@()<>]+\s*\(([^()]+)\)|([^<>@]+?)\s*<[^<>]*>")
_HTML_TYPES = ("", "text/html", "application/xhtml+xml", "html", "text/xhtml", "text/plain")

# Namespace → our prefix. Compared in lower case without a final slash or hash: senders are careless.
_NAMESPACES = {
    "http://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns": "atom",
    "http://example.com/newformat": "atom",
    "http://purl.org/echo": "atom",
    "http://purl.org/pie": "atom",
    "http://example.com/necho": "atom",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "http://cyber.law.harvard.edu/rss": "",
    "http://www.rssboard.org/rss-2.0": "",
    "http://purl.org/net/rss1.1": "",
    "http://backend.userland.com/rss091": "",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/elements/1.0": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://search.yahoo.com/mrss": "media",
    "http://video.search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/dtds/podcast-1.0": "itunes",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
}
# Elements of any dialect → the one field they fill. The Atom namespace and none are the same to us.
_FIELDS = {
    "title": "title",
    "link": "link",
    "a": "link",
    "url": "link",
    "id": "id",
    "guid": "id",
    "published": "published",
    "pubdate": "published",
    "issued": "published",
    "created": "created",
    "dcterms:created": "created",
    "dcterms:issued": "published",
    "updated": "updated",
    "modified": "updated",
    "dcterms:modified": "updated",
    "lastmod": "updated",
    "dc:date": "dated",
    "date": "dated",
    "dcterms:date": "dated",
    "summary": "summary",
    "description": "description",
    "abstract": "description",
    "dc:description": "description",
    "itunes:summary": "late",
    "media:description": "late",
    "itunes:subtitle": "late",
    "content": "content",
    "content:encoded": "content",
    "xhtml:body": "content",
    "body": "content",
    "fullitem": "content",
    "author": "author",
    "dc:creator": "author",
    "dc:author": "author",
    "itunes:author": "late author",
    "contributor": "contributor",
    "name": "author",
    "managingeditor": "late author",
    "dc:title": "late title",
    "media:title": "late title",
    "itunes:title": "late title",
    "dc:identifier": "late id",
    "language": "language",
    "dc:language": "language",
    "media:content": "media",
    "media:thumbnail": "thumbnail",
    "media:group": "group",
    "enclosure": "enclosure",
    "itunes:image": "image",
    "image": "image",
    "icon": "icon",
    "source": "",
    "rdf:li": "",
}


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
    if sniff(body, content_type) is BodyKind.HTML and not _is_feed(tree.root):
        raise FeedUnreadable(_what_it_is(body, content_type) or "an HTML page, not a feed")
    feed = _Reader(tree, url).feed()
    if not feed.entries and tree.faults and _has_items(tree.text):
        feed = _loosely(tree, url) or feed
    if not feed.entries and not _is_feed(tree.root):
        raise FeedUnreadable(f"no feed: its root element is <{_name(tree.root)}>")
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


def _is_feed(root: etree._Element) -> bool:
    """Whether the root promises a feed: a bare <channel> or <entry> must hold something to count."""
    name = _name(root)
    return name in ("rss", "feed", "rdf") or (name in ("channel", "entry") and (len(root) > 0 or bool(root.attrib)))


def _has_items(text: str) -> bool:
    return "<item" in text or "<entry" in text or ":item" in text or ":entry" in text


def _name(element: etree._Element) -> str:
    return _local(element.tag).lower()


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].rpartition(":")[2]


@lru_cache(maxsize=4096)
def _key(tag: object) -> str:
    """Return our name of an element: prefix and local name in lower case; "?" before foreign ones."""
    if not isinstance(tag, str):
        return "?"
    space, brace, name = tag.rpartition("}")
    name = name.lower()
    if not brace:
        # Recovered from an undeclared prefix, "dc:date" is the local name.
        prefix, colon, rest = name.partition(":")
        return (rest if prefix in ("atom", "rss", "a10") else name) if colon else name
    prefix = _NAMESPACES.get(space[1:].lower().rstrip("/#"), "?")
    return name if prefix in ("", "atom") else f"{prefix}:{name}"


@lru_cache(maxsize=4096)
def _field(tag: object) -> str:
    return _FIELDS.get(_key(tag), "")


class _Reader:
    """Read one tree. Base addresses are looked up only where the document sets any."""

    def __init__(self, tree: _xml.Tree, url: str) -> None:
        self.tree = tree
        self.url = url
        self.root = tree.root
        self.has_bases = "xml:base" in tree.text
        self.has_langs = "xml:lang" in tree.text
        self.faults = list(tree.faults)
        self.is_atom = _name(self.root) in ("feed", "entry")
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
            format=_format(self.root),
            faults=tuple(self.faults),
        )

    def _channel(self) -> etree._Element | None:
        if self.is_atom or _name(self.root) == "channel":
            return self.root if _name(self.root) != "entry" else None
        for child in self.root:
            if _name(child) == "channel":
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
        if _name(self.root) == "entry":
            yield self.root
            return
        # By walking all of the tree, not two levels: recovery nests what was not closed.
        for element in self.root.iter():
            tag = element.tag
            if isinstance(tag, str) and _key(tag) in ("item", "entry") and element is not self.root:
                yield element

    def _entry(self, element: etree._Element) -> Entry | None:
        found = _Found()
        for child in element:
            field = _field(child.tag)
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
        id_text = _text_of(id_element)[:ID_CAP]
        link = self._entry_link(found, id_element, id_text, element)
        title = one_line(self._shown(first.get("title")) or self._shown(first.get("late title")))
        summary = self._summary(found)
        dated = self._date(first, "dated")
        entry = Entry(
            link=link,
            id=id_text or _text_of(first.get("late id"))[:ID_CAP] or element.get(_RDF_ABOUT, "")[:ID_CAP] or None,
            title=title,
            published=self._date(first, "published") or dated or self._date(first, "created"),
            updated=self._date(first, "updated") or dated,
            authors=_authors(found.people),
            summary=summary,
            language=self._language(element, first) or self.language,
            image=self._picture(found.pictures),
        )
        return None if entry == _nothing(entry.language) else entry

    # ── links ──

    def _entry_link(
        self, found: _Found, id_element: etree._Element | None, id_text: str, element: etree._Element
    ) -> str:
        link, holder = _best_link(found.links)
        if not link and id_element is not None and id_text:
            is_permalink = (id_element.get("isPermaLink") or id_element.get("ispermalink") or "true").lower() != "false"
            if _WEB.match(id_text) or (is_permalink and _SCHEME.match(id_text)):
                link, holder = id_text, id_element
        if not link:
            link, holder = _attribute(element, "href"), element  # a CDF item carries its address itself
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
        links = [child for child in element if _field(child.tag) == "link"]
        return _best_link(links)[0] or _attribute(element, "href")

    def _absolute(self, link: str, holder: etree._Element | None, base: str) -> str:
        link = clean(link).strip().replace("\n", "").replace("\t", "")[:URL_CAP]
        if _SCHEME.match(link) and not link.lower().startswith(("http:/", "https:/")):
            return link
        if _WEB.match(link):
            return link
        if self.has_bases and holder is not None and (inherited := holder.base):
            base = _join(base, inherited)
        absolute = _join(base, link)
        # Without any base there is nothing to hang it on: it is handed out as written.
        return absolute if _SCHEME.match(absolute) or not _SCHEME.match(base) else ""

    # ── texts ──

    def _title_of(self, element: etree._Element) -> str:
        titles = [child for child in element if _field(child.tag) in ("title", "late title")]
        titles.sort(key=lambda child: _field(child.tag) != "title")
        return next((shown for child in titles if (shown := self._shown(child))), "")

    def _shown(self, element: etree._Element | None) -> str:
        """Return a text construct as plain text, however it is typed and escaped."""
        if element is None:
            return ""
        if len(element):
            return plain(_inner(element)[:MARKUP_CAP])
        text = (element.text or "")[:MARKUP_CAP]
        if _is_base64(element):
            text = _from_base64(text)
        if element.get("type") in ("text", "text/plain") and not _LOOKS_LIKE_HTML.search(text):
            return text
        return plain(text)

    def _summary(self, found: _Found) -> str:
        for field in ("summary", "description", "content", "late"):
            element = found.first.get(field)
            if element is not None and (text := self._shown(element)):
                return _cut(text)
        for kind, child in found.pictures:
            if kind == "group":
                for inner in child:
                    if _key(inner.tag) == "media:description" and (text := self._shown(inner)):
                        return _cut(text)
        return ""

    def _date(self, first: Mapping[str, etree._Element], field: str) -> datetime | None:
        element = first.get(field)
        return parse_date(_text(element)) if element is not None else None

    # ── language and picture ──

    def _feed_language(self) -> str | None:
        if self.channel is not None:
            for child in self.channel:
                if _field(child.tag) == "language" and (tag := primary_language(_text(child))):
                    return tag
            if tag := primary_language(self.channel.get(_LANG) or ""):
                return tag
        return primary_language(self.root.get(_LANG) or "")

    def _language(self, element: etree._Element, first: Mapping[str, etree._Element]) -> str | None:
        if "language" in first and (tag := primary_language(_text(first["language"]))):
            return tag
        return primary_language(element.get(_LANG) or "") if self.has_langs else None

    def _picture(self, pictures: list[tuple[str, etree._Element]]) -> str | None:
        best, best_rank = None, 0
        for kind, child in _flat(pictures):
            address, rank = _picture_in(kind, child)
            if address and rank > best_rank:
                best, best_rank = (address, child), rank
        return self._absolute(best[0], best[1], self.base) or None if best else None


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


def primary_language(tag: str) -> str | None:
    """Return the primary subtag of a language tag in lower case, or None where it is none."""
    primary = re.split(r"[-_,; ]", tag.strip().lower(), maxsplit=1)[0]
    return primary if 2 <= len(primary) <= 3 and primary.isascii() and primary.isalpha() else None


def _best_link(links: list[etree._Element]) -> tuple[str, etree._Element | None]:
    """Return the address of the article: RSS's text, else Atom's alternate, else a link of no relation."""
    fallback: tuple[str, etree._Element | None] = ("", None)
    for link in links:
        href, text = (link.get("href") or "").strip(), _text(link)
        if not href:
            if text:
                return text, link
            continue
        relation = (link.get("rel") or "alternate").lower().rpartition("/")[2]
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if relation == "alternate" and kind in _HTML_TYPES:
            return href, link
        if (
            relation in ("alternate", "via", "permalink", "related")
            and not fallback[0]
            and kind != "application/atom+xml"
        ):
            fallback = href, link
    return fallback


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link if _SCHEME.match(link) else ""


def _attribute(element: etree._Element, name: str) -> str:
    """Return an attribute in whatever case it is written (CDF shouts)."""
    return (element.get(name) or element.get(name.upper()) or "").strip()


def _text_of(element: etree._Element | None) -> str:
    return _text(element) if element is not None else ""


def _text(element: etree._Element) -> str:
    """Return all characters of an element, trimmed."""
    if len(element):
        return "".join(map(str, element.itertext())).strip()
    return (element.text or "").strip()


def _inner(element: etree._Element) -> str:
    """Return the markup inside an element."""
    parts = [element.text or ""]
    for child in element:
        parts.append(etree.tostring(child, encoding="unicode", with_tail=True))
        if sum(map(len, parts)) > MARKUP_CAP:
            break
    return _NAMESPACED_TAG.sub(r"\1", "".join(parts))


_NAMESPACED_TAG = re.compile(r"(</?)[A-Za-z_][\w.-]*:(?=[A-Za-z])")


def _is_base64(element: etree._Element) -> bool:
    """Whether a text is base64: Atom 0.3 says so, Atom 1.0 means it by a type that is no text (RFC 4287 §4.1.3.3)."""
    kind = (element.get("type") or "").lower()
    if element.get("mode") == "base64" or kind == "base64":
        return True
    return "/" in kind and not kind.startswith(("text/", "message/")) and not kind.endswith(("+xml", "/xml"))


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def _cut(text: str) -> str:
    return text if len(text) <= SUMMARY_CAP else text[: SUMMARY_CAP - 1].rstrip() + "…"


def _authors(people: list[tuple[str, etree._Element]]) -> tuple[str, ...]:
    """Return the names, in order, once each; the weaker fields only where the stronger say nothing."""
    for wanted in ("author", "late author", "contributor"):
        names = [_person(element) for field, element in people if field == wanted]
        unique = tuple(dict.fromkeys(name for name in names if name))
        if unique:
            return unique[:AUTHORS_CAP]
    return ()


def _person(element: etree._Element) -> str:
    mail = ""
    for child in element:
        if _key(child.tag) in ("name", "itunes:name"):
            if name := one_line(plain(_text(child)), _NAME_CAP):
                return name
        elif _key(child.tag) in ("email", "itunes:email"):
            mail = _text(child)
    if len(element):
        return one_line(mail or plain(element.text or ""), _NAME_CAP)
    text = one_line(plain_name(element.text or ""), _NAME_CAP)
    found = _MAIL_NAME.fullmatch(text)
    return (found[1] or found[2]).strip() if found else text


def plain_name(text: str) -> str:
    """Return a name without markup; `<a@b>` is an address, not a tag."""
    return text if "<" in text and "@" in text else plain(text)


def _flat(pictures: list[tuple[str, etree._Element]]) -> Iterator[tuple[str, etree._Element]]:
    for kind, element in pictures:
        yield kind, element
        if kind in ("group", "media"):
            for child in element:
                if (inner := _field(child.tag)) in ("media", "thumbnail"):
                    yield inner, child


def _picture_in(kind: str, element: etree._Element) -> tuple[str, int]:
    """Return the picture's address in an element, and how surely it is the entry's picture."""
    address = element.get("url") or element.get("href") or ""
    if kind in ("media", "enclosure"):
        media_type = (element.get("type") or "").lower()
        is_picture = media_type.startswith("image/") or element.get("medium") == "image"
        is_unnamed = (
            not media_type
            and not element.get("medium")
            and re.search(r"\.(?:jpe?g|png|webp|gif|avif)\b", address, re.IGNORECASE)
        )
        return (address, 4) if is_picture or is_unnamed else ("", 0)
    if kind == "thumbnail":
        return address, 3
    if kind == "image":
        return address or next((_text(child) for child in element if _key(child.tag) == "url"), "") or _text(element), 2
    return "", 0


def _format(root: etree._Element) -> str:
    name = _name(root)
    space = str(root.tag).partition("}")[0]
    if name in ("feed", "entry"):
        return "atom03" if "purl.org/atom" in space or root.get("version") == "0.3" else "atom10"
    if name == "rdf":
        spaces = " ".join(filter(None, root.nsmap.values()))
        return "rss090" if "netscape.com/rdf/simple/0.9" in spaces else "rss10"
    if name == "channel":
        return "cdf" if _attribute(root, "href") or any(_attribute(child, "href") for child in root) else "rss"
    version = re.sub(r"\D", "", root.get("version") or "")
    return f"rss{version:.3}" if version.startswith("09") else "rss20" if version.startswith("2") else "rss"


# ── The last resort ──────────────────────────────────────────────────────────────────────────


def _loosely(tree: _xml.Tree, url: str) -> Feed | None:
    """Read what no tree could be made of, with feedparser; bytes only: given a name it would open it."""
    import feedparser  # noqa: PLC0415  slow to import, rarely needed

    try:
        parsed = feedparser.parse(
            io.BytesIO(tree.text.encode("utf-8")), sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # noqa: BLE001  its parsers raise what they like on such input; then there is no feed
        return None
    entries = tuple(_loose_entry(each, url) for each in parsed.entries[:ENTRIES_CAP])
    if not entries:
        return None
    return Feed(
        entries=entries,
        title=one_line(plain(parsed.feed.get("title", ""))),
        link=parsed.feed.get("link") or None,
        language=primary_language(parsed.feed.get("language", "")),
        format=parsed.version or "",
        faults=(*tree.faults, "read by the loose parser"),
    )


def _loose_entry(parsed: Mapping[str, Any], url: str) -> Entry:
    # Not by get(): a FeedParserDict maps missing keys to others, with a warning.
    said = {key: value[:MARKUP_CAP] for key, value in parsed.items() if isinstance(value, str)}
    link = _join(url, clean(said.get("link", "")).strip()[:URL_CAP])
    return Entry(
        link=link if _SCHEME.match(link) else "",
        id=said.get("id", "")[:ID_CAP] or None,
        title=one_line(plain(said.get("title", ""))),
        published=parse_date(said.get("published", "")),
        updated=parse_date(said.get("updated", "")),
        authors=tuple(filter(None, [one_line(said.get("author", ""), _NAME_CAP)])),
        summary=_cut(plain(said.get("summary", ""))),
    )
