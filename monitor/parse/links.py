"""Bytes of a section page → the articles it links to, and the feeds it announces.

With a selector: the links it names. Without: every link is weighed by its address, its words and
the place it stands in; links to one article are folded into one, with the best title among them.
The surprising rule: one strong sign is enough in the address, but a link in a menu needs two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cssselect import SelectorError
from lxml import etree
from lxml import html as lxml_html
from lxml.cssselect import CSSSelector

from monitor.model import Entry, LinkPage
from monitor.parse import _xml
from monitor.parse.dates import parse_date
from monitor.parse.text import one_line
from monitor.parse.urls import canonical, network_id, normalise, registrable_domain

LINKS_CAP = 5_000  # anchors looked at; the fullest home page seen had 1,900
ENTRIES_CAP = 500  # articles kept
BODY_CAP = 8_000_000  # bytes
_SELECTOR_CAP = 1_000  # characters
_CLIMB = 8  # ancestors looked at; deeper ones say nothing of one link
_ENOUGH = 3  # points that make a link an article

_FURNITURE = frozenset(("nav", "footer", "header", "aside", "menu", "form"))
_FURNITURE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navigation|navbar|menu|footer|breadcrumbs?|pagination|pager|cookie|social|share|tags?|login)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CARD_NAMES = re.compile(r"(?:^|[\s_-])(?:article|teaser|card|story|headline|post|entry|news-?item)", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOT_ARTICLES = _words("""
    tag tags topic topics thema themen category categories kategorie rubrik ressort section sections author
    authors autor autoren autore auteur login logout signin signup register registrieren anmelden abo abos
    subscribe subscription subscriptions newsletter newsletters impressum datenschutz privacy terms agb contact
    kontakt about ueber-uns about-us search suche recherche buscar cerca archive archiv archives shop account
    konto profile user users wp-login.php wp-admin feed feeds rss sitemap jobs karriere stellenmarkt werbung
    advertise mediadaten hilfe help faq cookies cookie-policy podcast podcasts wetter weather horoskop
    tv-programm page seite keyword keywords schlagwort stichwort etiqueta etiquetas mot-cle
    """)
_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp3|mp4|m4a|avi|docx?|xlsx?|pptx?|ics|css|js|xml|rss|json|apk|exe|dmg)$",
    re.IGNORECASE,
)
_DATE_PATH = re.compile(
    r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]?(?:0?[1-9]|[12]\d|3[01]))?(?=[/-])|/(?:19|20)\d\d/[a-z]{3}/\d{1,2}/",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d{5,}")
_WORD_JOINTS = re.compile(r"[-_]+|%[0-9A-F]{2}(?:%[0-9A-F]{2})*")
_FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/json",
)
_WIDE_SCRIPTS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


def check_selector(selector: str) -> str | None:
    """Return what is wrong with a CSS selector, or None."""
    try:
        _compiled(selector)
    except ValueError as error:
        return str(error)
    return None


def find_links(body: bytes, *, url: str, content_type: str | None = None, selector: str | None = None) -> LinkPage:
    """Return the article links of a page in reading order, at most ENTRIES_CAP; raises ValueError for a bad selector.

    Never fails on the page itself: what has no links yields none, and a fault that says so.
    """
    chosen = _compiled(selector) if selector is not None else None
    root = _tree(body, content_type)
    if root is None:
        return LinkPage(faults=("nothing that could be read as a page",))
    base = _base(root, url)
    anchors = _selected(root, chosen) if chosen else _anchors(root)
    cards = dict[str, _Card]()
    faults = list[str]()
    for count, anchor in enumerate(anchors):
        if count == LINKS_CAP:
            faults.append(f"more than {LINKS_CAP} links: the rest was not looked at")
            break
        _file(cards, anchor, base, url)
    kept = [card for card in cards.values() if chosen or _is_article(card, url)]
    if len(kept) > ENTRIES_CAP:
        faults.append(f"{len(kept)} article links: the first {ENTRIES_CAP} were kept")
    if not kept:
        faults.append(f"the selector {selector!r} finds no links" if chosen else "no link that looks like an article's")
    return LinkPage(tuple(card.entry() for card in kept[:ENTRIES_CAP]), tuple(_feeds(root, base)), tuple(faults))


def _compiled(selector: str) -> CSSSelector:
    if not selector.strip():
        raise ValueError("an empty selector")
    if len(selector) > _SELECTOR_CAP:
        raise ValueError(f"a selector of {len(selector)} characters; wanted at most {_SELECTOR_CAP}")
    try:
        return CSSSelector(selector, translator="html")
    # cssselect's own errors, what its XPath makes of odd names, and recursion in deeply nested :not().
    except (SelectorError, etree.XPathError, RecursionError, ValueError) as error:
        raise ValueError(f"{selector!r} is no CSS selector we can use: {error}") from error


def _tree(body: bytes, content_type: str | None) -> etree._Element | None:
    if not body.strip():
        return None
    text = _decoded(body[:BODY_CAP], content_type)
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
    )
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None
    return root if isinstance(root.tag, str) else None


_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)


def _decoded(body: bytes, content_type: str | None) -> str:
    """Decode a page; its meta element counts where the header names no charset."""
    named = content_type or ""
    if "charset" not in named.lower() and (found := _META_CHARSET.search(body[:8192])):
        named = f"text/html; charset={found[1].decode('ascii', 'replace')}"
    return _xml.decode(body, named).replace("\x00", "")


def _base(root: etree._Element, url: str) -> str:
    for element in root.iter("base"):
        if href := element.get("href"):
            return normalise(href, url) or url
    return url


def _anchors(root: etree._Element) -> Iterator[etree._Element]:
    return (anchor for anchor in root.iter("a") if anchor.get("href"))


def _selected(root: etree._Element, chosen: CSSSelector) -> Iterator[etree._Element]:
    """Yield the links that the selector names: themselves links, or holding some."""
    seen = set[etree._Element]()
    found = chosen(root)
    for element in found if isinstance(found, list) else ():
        if not isinstance(element, etree._Element):
            continue
        for anchor in element.iter("a", "area"):
            if anchor.get("href") and anchor not in seen:
                seen.add(anchor)
                yield anchor


@dataclass(slots=True)
class _Card:
    """All that a page says of one article, over the links that lead to it."""

    link: str
    title: str = ""
    has_heading: bool = False
    is_furniture: bool = True  # until one link stands elsewhere
    is_card: bool = False
    published: datetime | None = None

    def entry(self) -> Entry:
        return Entry(link=self.link, title=self.title, published=self.published)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a link stands."""

    heading: etree._Element | None
    card: etree._Element | None
    is_furniture: bool


def _file(cards: dict[str, _Card], anchor: etree._Element, base: str, url: str) -> None:
    link = normalise(anchor.get("href") or "", base)
    if link is None:
        return
    key = canonical(link)
    if key == canonical(url):
        return
    place = _place(anchor)
    card = cards.setdefault(key, _Card(link))
    heading = place.heading if place.heading is not None else _heading_in(anchor)
    words = one_line(" ".join(map(str, (heading if heading is not None else anchor).itertext()))) or one_line(
        anchor.get("title") or ""
    )
    if (heading is not None, len(words)) > (card.has_heading, len(card.title)) and words:
        card.title, card.has_heading = words, heading is not None
    card.is_furniture = card.is_furniture and place.is_furniture
    card.is_card = card.is_card or place.card is not None
    if card.published is None:
        card.published = _time_in(anchor if place.card is None else place.card)


def _place(anchor: etree._Element) -> _Place:
    heading = card = None
    is_furniture = False
    for steps, element in enumerate(anchor.iterancestors()):
        tag = element.tag if isinstance(element.tag, str) else ""
        names = f"{element.get('class') or ''} {element.get('id') or ''}"[:300]
        if tag in _HEADINGS and heading is None:
            heading = element
        if tag == "article" or (tag in ("li", "div", "section") and steps < _CLIMB and _CARD_NAMES.search(names)):
            card = card if card is not None else element
        if (tag in _FURNITURE and not (card is not None and tag in ("header", "aside", "footer"))) or (
            steps < _CLIMB and card is None and _FURNITURE_NAMES.search(names)
        ):
            is_furniture = True
        if tag == "body":
            break
    return _Place(heading, card, is_furniture)


def _heading_in(anchor: etree._Element) -> etree._Element | None:
    return next((element for element in anchor.iter(*_HEADINGS)), None)


def _time_in(element: etree._Element) -> datetime | None:
    """Return the first <time> of a card, where it is the card of few links."""
    for count, time in enumerate(element.iter("time")):
        moment = parse_date(time.get("datetime") or "") or parse_date("".join(map(str, time.itertext())))
        if moment or count > 3:
            return moment
    return None


def _is_article(card: _Card, url: str) -> bool:
    path, _, query = card.link.partition("//")[2].partition("/")[2].partition("?")
    path = f"/{path}"
    if registrable_domain(card.link) != registrable_domain(url) or path == "/" or _FILES.search(path):
        return False
    segments = [segment for segment in path.lower().split("/") if segment]
    # Only near the end: /tag/berlin is a list, /autoren/anna/ein-langer-titel is an article.
    if any(segment.partition(".")[0] in _NOT_ARTICLES for segment in segments[-2:]):
        return False
    points = _address_points(card.link, path, query, segments) + _word_points(card)
    return points >= (_ENOUGH + 2 if card.is_furniture else _ENOUGH)


def _address_points(link: str, path: str, query: str, segments: list[str]) -> int:
    slug = max((segments[-1], *segments[-2:-1]), key=len)
    words = len([word for word in _WORD_JOINTS.split(slug) if word])
    points = 2 if words >= 4 or slug.count("%") >= 8 else 1 if words == 3 else 0
    points += 2 if _DATE_PATH.search(path) else 0
    points += 2 if network_id(link) else 1 if _LONG_NUMBER.search(segments[-1]) else 0
    points += (
        1 if segments[-1].endswith((".html", ".htm", ".shtml", ".php", ".ece", ".story", ".aspx")) and words >= 2 else 0
    )
    points += 1 if re.search(r"(?:^|&)(?:id|article|artikel|aid|p|newsid|story)=\d{3,}", query, re.IGNORECASE) else 0
    return points


def _word_points(card: _Card) -> int:
    # A CJK or Thai character carries about what three Latin letters do.
    length = len(card.title) + 2 * len(_WIDE_SCRIPTS.findall(card.title))
    points = 2 if length >= 45 else 1 if length >= 25 else -1 if length < 8 else 0
    return points + (1 if card.has_heading else 0) + (1 if card.is_card else 0) + (1 if card.published else 0)


def _feeds(root: etree._Element, base: str) -> Iterator[str]:
    """Yield the feeds a page announces, once each; comment feeds are no news."""
    seen = set[str]()
    for element in root.iter("link"):
        relations = (element.get("rel") or "").lower().split()
        kind = (element.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" not in relations and "feed" not in relations:
            continue
        if (
            kind not in _FEED_TYPES
            or "oembed" in (element.get("href") or "")
            or "wp-json" in (element.get("href") or "")
        ):
            continue
        address = normalise(element.get("href") or "", base)
        if address and address not in seen and "/comments/feed" not in address:
            seen.add(address)
            yield address
