"""Which dialect a feed is written in, and what its elements are called there.

Feeds in the wild mix RSS, RDF, Atom, Dublin Core, Media RSS and iTunes, so every element is looked up
by its own namespace and local name, never by the dialect of the whole.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

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


def is_feed(root: etree._Element) -> bool:
    """Whether the root promises a feed: a bare <channel> or <entry> must hold something to count."""
    name = name_of(root)
    return name in ("rss", "feed", "rdf") or (name in ("channel", "entry") and (len(root) > 0 or bool(root.attrib)))


def format_of(root: etree._Element) -> str:
    """Return our word for the dialect of a whole document."""
    name = name_of(root)
    space = str(root.tag).partition("}")[0]
    if name in ("feed", "entry"):
        return "atom03" if "purl.org/atom" in space or root.get("version") == "0.3" else "atom10"
    if name == "rdf":
        spaces = " ".join(filter(None, root.nsmap.values()))
        return "rss090" if "netscape.com/rdf/simple/0.9" in spaces else "rss10"
    if name == "channel":
        return "cdf" if attribute_of(root, "href") or any(attribute_of(child, "href") for child in root) else "rss"
    version = re.sub(r"\D", "", root.get("version") or "")
    return f"rss{version:.3}" if version.startswith("09") else "rss20" if version.startswith("2") else "rss"


def name_of(element: etree._Element) -> str:
    """Return the local name in lower case."""
    return _local(element.tag).lower()


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].rpartition(":")[2]


@lru_cache(maxsize=4096)
def key_of(tag: object) -> str:
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
def field_of(tag: object) -> str:
    """Return the field that an element fills, "" where it fills none."""
    return _FIELDS.get(key_of(tag), "")


def attribute_of(element: etree._Element, name: str) -> str:
    """Return an attribute in whatever case it is written (CDF shouts)."""
    return (element.get(name) or element.get(name.upper()) or "").strip()
