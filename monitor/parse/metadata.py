"""Page tree -> what the publisher says about the article: title, authors, times, addresses.

Each field has several witnesses (JSON-LD, meta tags, microdata, the visible page); the order among
them and the checks are each field's own. Nothing is better than wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from htmldate import find_date
from lxml.html import HtmlElement

from monitor.parse import _jsonld, dates, urls
from monitor.parse._authors import persons
from monitor.parse._titles import headline
from monitor.parse.language import primary
from monitor.parse.text import clean, one_line

_DESCRIPTION_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about its article, before its text is read."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    canonical_url: str | None = None
    language: str | None = None
    site_name: str | None = None
    image: str | None = None
    description: str = ""
    is_free: bool | None = None  # isAccessibleForFree, where the page states it
    body: str = ""  # articleBody as the page states it for machines
    titles: tuple[str, ...] = ()  # every form of the title, to be cut from the text


def read(tree: HtmlElement, *, url: str) -> Metadata:
    """Return the metadata of a page; reads the tree, never changes it."""
    meta = _meta(tree)
    nodes = _jsonld.nodes(tree)
    h1s = tuple(text for h1 in tree.iter("h1") if (text := one_line(h1.text_content(), 500)))
    page_title = one_line(" ".join(tree.xpath("string((//head//title|//title)[1])").split()), 500)
    node = _jsonld.article(nodes, meta.get("og:title") or (h1s[0] if h1s else "") or page_title)
    site_name = _site_name(meta, nodes, node)
    title, titles = headline(
        h1s=h1s,
        og=one_line(meta.get("og:title") or meta.get("twitter:title") or "", 500),
        ld=one_line(_jsonld.text_of(node, "headline") or "", 500),
        page=page_title,
        site=site_name or "",
        url=url,
    )
    published, modified = _times(tree, meta, node, titles, url)
    return Metadata(
        title=title,
        titles=titles,
        authors=persons(tree, meta, node, _houses(meta, node, site_name, url)),
        published=published,
        modified=modified,
        canonical_url=_canonical(tree, meta, url),
        language=_language(tree, meta, node),
        site_name=site_name,
        image=_image(tree, meta, node, url),
        description=_description(meta, node),
        is_free=_is_free(nodes, node),
        body=clean(_jsonld.text_of(node, "articleBody")),
    )


def _meta(tree: HtmlElement) -> dict[str, str]:
    """Return {name: content} of the meta tags, the first non-empty one of each name."""
    found: dict[str, str] = {}
    for tag in tree.iter("meta"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop") or tag.get("http-equiv")
        content = one_line(tag.get("content") or "", 2000)
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _site_name(meta: Mapping[str, str], nodes: Iterable[_jsonld.Node], node: _jsonld.Node) -> str | None:
    named = meta.get("og:site_name") or _named(node.get("publisher"))
    if named:
        return one_line(named, 200)
    for each in nodes:
        if _jsonld.types(each) & {"website", "newsmediaorganization"}:
            named = _jsonld.text_of(each, "name")
            if named:
                return one_line(named, 200)
    return meta.get("application-name")


def _houses(meta: Mapping[str, str], node: _jsonld.Node, site_name: str | None, url: str) -> frozenset[str]:
    """Return the outlet's own names as letters: no author is called like that."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    publisher = _named(node.get("publisher"))
    names = (
        site_name,
        publisher,
        meta.get("og:site_name"),
        meta.get("publisher"),
        meta.get("application-name"),
        host,
        host.partition(".")[0],
    )
    return frozenset("".join(char for char in (name or "").casefold() if char.isalnum()) for name in names)


def _named(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        return _jsonld.text_of(value, "name")
    return value if isinstance(value, str) else ""


_PUBLISHED_META = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "date.published",
    "dc.date.issued", "dcterms.created", "dcterms.date", "dc.date", "dc.date.created", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "publish_date", "publish-date", "publishdate", "pubdate",
    "published_date", "article_date_original", "article.published", "cxenseparse:publishtime", "date",
    "datecreated", "ptime",
)  # fmt: skip
_MODIFIED_META = (
    "article:modified_time", "og:article:modified_time", "og:updated_time", "og:modified_time", "datemodified",
    "dc.date.modified", "dcterms.modified", "last-modified", "lastmod", "revised",
)  # fmt: skip


def _times(
    tree: HtmlElement, meta: Mapping[str, str], node: _jsonld.Node, titles: Iterable[str], url: str
) -> tuple[datetime | None, datetime | None]:
    published = (
        _first_date([_jsonld.text_of(node, "datePublished"), *(meta.get(name, "") for name in _PUBLISHED_META)])
        or _first_date([_jsonld.text_of(node, "dateCreated"), _jsonld.text_of(node, "uploadDate")])
        or _first_date(_visible_dates(tree))
        or _in_address(url)
        or _by_headline(tree, titles)
        or _last_resort(tree, url)
    )
    modified = _first_date([_jsonld.text_of(node, "dateModified"), *(meta.get(name, "") for name in _MODIFIED_META)])
    return published, modified


_DAY_IN_PATH = re.compile(
    r"[/-]((?:19|20)\d\d)(?:([/-])([01]?\d)\2([0-3]?\d)|([01]\d)([0-3]\d))(?=[/\-_.]|$)"
)  # fmt: skip
_HEAD_TAGS = ("h1", "h2", "h3")
_LABEL = re.compile(r"^[^\d:]{1,40}:\s*")  # `Stand des Artikels: …`
_DATED_TAGS = (
    *_HEAD_TAGS,
    "p",
    "div",
    "span",
    "time",
    "small",
    "em",
    "i",
    "b",
    "strong",
    "font",
    "td",
    "dd",
    "h5",
    "h6",
)
_BEHIND_HEADLINE, _BEFORE_HEADLINE = 60, 12  # elements
_RUNNING_TEXT = 200
_DATELINE_CHARS = (8, 80)


def _visible_dates(tree: HtmlElement) -> list[str]:
    """Return the dates the page marks as its own: microdata, then <time> elements that are no one else's."""
    marked: list[str] = []
    timed: list[str] = []
    for element in tree.iter("time", "span", "div", "p", "abbr", "meta", "li", "a"):
        itemprop = (element.get("itemprop") or "").lower()
        stamp = element.get("datetime") or element.get("content") or ""
        if itemprop in {"datepublished", "datecreated"}:
            marked.append(stamp or one_line(element.text_content(), 100))
        elif element.tag == "time" and itemprop != "datemodified" and not _is_foreign(element):
            timed.append(stamp or one_line(element.text_content(), 100))
        elif element.tag == "abbr" and "published" in (element.get("class") or "").split():
            marked.append(element.get("title") or "")
    return [*marked, *timed[:1]]


def _is_foreign(element: HtmlElement) -> bool:
    """Tell a time that stands in a list of other articles, a comment or an update note."""
    if "updated" in (element.get("class") or "").split() and "published" not in (element.get("class") or ""):
        return True
    for ancestor in element.iterancestors():
        if ancestor.tag in {"footer", "nav", "aside", "li", "ul"}:
            return True
        names = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}".lower()
        if ("comment" in names or "related" in names or "sidebar" in names or "teaser" in names) and ancestor.find(
            ".//h1"
        ) is None:
            return True
    return False


def _in_address(url: str) -> datetime | None:
    """Return the day a page's address carries as a path of its own (`/2024/03/31/`, `/20240331/`)."""
    found = _DAY_IN_PATH.search(urlsplit(url).path)
    if found is None:
        return None
    year, _, month, day, short_month, short_day = found.groups()
    return dates.parse_date(f"{year}-{month or short_month}-{day or short_day}")


def _by_headline(tree: HtmlElement, titles: Iterable[str]) -> datetime | None:
    """Return the date a reader sees by the headline: the first short line with one behind it, or just before it.

    The first long paragraph ends the search: dates in the text are those of what it tells.
    """
    elements = list(tree.iter(*_DATED_TAGS))
    wanted = set(titles)
    heads = [at for at, element in enumerate(elements) if element.tag in _HEAD_TAGS]
    h1 = next((at for at in heads if elements[at].tag == "h1"), None)
    at = next((at for at in heads if one_line(elements[at].text_content(), 500) in wanted), h1)
    if at is None:
        return None
    for element in elements[at + 1 : at + 1 + _BEHIND_HEADLINE]:
        text = " ".join(element.text_content().split())
        if element.tag == "p" and len(text) > _RUNNING_TEXT:
            break
        moment = _of_dateline(element, text)
        if moment is not None:
            return moment
    for element in reversed(elements[max(at - _BEFORE_HEADLINE, 0) : at]):
        moment = _of_dateline(element, " ".join(element.text_content().split()))
        if moment is not None:
            return moment
    return None


def _of_dateline(element: HtmlElement, text: str) -> datetime | None:
    if not _DATELINE_CHARS[0] <= len(text) <= _DATELINE_CHARS[1] or not any(char.isdigit() for char in text):
        return None
    if "©" in text or _is_foreign(element) or any(ancestor.tag == "a" for ancestor in element.iterancestors()):
        return None
    return dates.parse_date(_LABEL.sub("", text))


def _last_resort(tree: HtmlElement, url: str) -> datetime | None:
    """Ask htmldate, in its careful mode: it reads URLs, marked elements and stated times, not free text."""
    found = find_date(tree, original_date=True, extensive_search=False, url=url, deferred_url_extractor=False)
    if not found or any(found in (time.get("datetime") or "") and _is_foreign(time) for time in tree.iter("time")):
        return None
    return dates.parse_date(found)


def _first_date(claims: Iterable[str]) -> datetime | None:
    for claim in claims:
        moment = dates.parse_date(claim) if claim else None
        if moment is not None:
            return moment
    return None


def _canonical(tree: HtmlElement, meta: Mapping[str, str], url: str) -> str | None:
    claims = [link.get("href") for link in tree.iter("link") if "canonical" in (link.get("rel") or "").lower().split()]
    for claim in (*claims, meta.get("og:url")):
        address = urls.normalise(claim, url) if claim else None
        if address and not (_is_home(address) and not _is_home(url)):
            return address
    return None


def _is_home(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path.strip("/") in {"", "index.html", "index.php"} and not parts.query


def _language(tree: HtmlElement, meta: Mapping[str, str], node: _jsonld.Node) -> str | None:
    root = tree.getroottree().getroot()
    claims = (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        root.get("xml:lang"),
        meta.get("og:locale"),
        meta.get("content-language"),
        meta.get("language"),
        meta.get("dc.language"),
        _jsonld.text_of(node, "inLanguage"),
    )
    return next((tag for claim in claims if (tag := primary(claim))), None)


def _image(tree: HtmlElement, meta: Mapping[str, str], node: _jsonld.Node, url: str) -> str | None:
    claims = [
        meta.get(name)
        for name in ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
    ]
    claims.append(_pictured(node.get("image")))
    claims.extend(link.get("href") for link in tree.iter("link") if (link.get("rel") or "").lower() == "image_src")
    for claim in claims:
        address = urls.normalise(claim, url) if claim else None
        if address:
            return address
    return None


def _pictured(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
        if isinstance(value, list):
            value = value[0] if value else None
    return value if isinstance(value, str) else None


def _description(meta: Mapping[str, str], node: _jsonld.Node) -> str:
    for claim in (
        meta.get("og:description"),
        _jsonld.text_of(node, "description"),
        meta.get("description"),
        meta.get("twitter:description"),
    ):
        if claim:
            return one_line(claim, _DESCRIPTION_CHARS)
    return ""


def _is_free(nodes: Iterable[_jsonld.Node], node: _jsonld.Node) -> bool | None:
    for each in (node, *nodes):
        value = each.get("isAccessibleForFree")
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower().rsplit("/", 1)[-1] in {"true", "false"}:
            return value.strip().lower().endswith("true")
    return None


__all__ = ["Metadata", "read"]
