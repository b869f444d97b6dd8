"""The bytes of an article page -> a Page: title, text, times, and whether it is the article at all.

Decode, parse once, read the metadata, then extract the text from the same tree, judge access,
take the fingerprint. The text extractor is trafilatura in its fast mode, corrected where real
pages show it to be wrong.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lxml.etree import ElementDefaultClassLookup, LxmlError, XPath
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from monitor.errors import PageUnreadable
from monitor.model import Access, Page
from monitor.parse import access, metadata
from monitor.parse._body import body as extract_body
from monitor.parse._decode import decode
from monitor.parse.fingerprint import fingerprint
from monitor.parse.language import detect, primary
from monitor.parse.sniff import BodyKind, sniff
from monitor.parse.text import one_line

_PARSER = HTMLParser(collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
# One class for all elements: lxml.html's own choice, by tag and in Python, is a tenth of the cost of a page.
_PARSER.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
# libxml2 drops, without a word, all that stands more than 256 elements deep; its huge_tree is no cure: at
# 2,048 levels every walk over ancestors costs seconds. Boxes directly in boxes say nothing and go.
_ABYSS = re.compile(r"(?:<(?:div|span|section|font|b|i)\b[^<>]*+>\s*+){100,}+", re.IGNORECASE)
_ABYSS_BOXES = ("<div", "<span", "<section", "<font", "<b", "<i")
_ABYSS_TAGS, _ABYSS_CHARS = 100, 300  # so many, each three characters at least, and no end tag between
_BINARY = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"\x7fELF",
    b"7z\xbc\xaf",
    b"Rar!",
    b"OggS",
    b"ID3",
)
_TELLING_CHARS = 200  # a text as long settles its language
_SEEN_CHARS = 20_000
_SHOWN = XPath(
    "//body/descendant::text()[not(parent::script or parent::style or ancestor::template)]", smart_strings=False
)
_CONTROLS = bytes({*range(0x20)} - set(b"\t\n\r"))
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE_TO_CONTROL = re.compile(
    r"&#(?:[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF])|"
    r"0*(?:[0-8]|1[124-9]|2\d|3[01]|5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3])|6553[45]));?(?![0-9a-fA-F])"
)
_NOISE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_MARKUP = re.compile(
    r"<(?:!doctype\s+html|html|head|body|div|p|title|meta|h1|article|section|main|table|span|a|br)\b", re.IGNORECASE
)


def parse_page(body: bytes, *, url: str, content_type: str | None = None, hint: str | None = None) -> Page:
    """Return what an article page says; `hint` is the language its outlet is known to write in.

    A page in which no text is found is returned with an empty `text`. Raises PageUnreadable for
    what is no web page: PDF, archives, media, feeds, bytes without markup.
    """
    _refuse_other(body, content_type)
    source = decode(body, content_type)
    _refuse_without_markup(source)
    source = _printable(source)
    tree = _parse(source)
    facts = metadata.read(tree, url=url)
    text = extract_body(tree, facts, url=url)
    return Page(
        url=url,
        canonical_url=facts.canonical_url,
        title=facts.title,
        text=text,
        authors=facts.authors,
        published=facts.published,
        modified=facts.modified,
        language=_language(facts.language, text or facts.title, primary(hint)),
        site_name=facts.site_name,
        image=facts.image,
        description=facts.description,
        access=_access(text, facts, source, url),
        fingerprint=fingerprint(text),
    )


def _refuse_other(body: bytes, content_type: str | None) -> None:
    if not body.strip():
        raise PageUnreadable("the body is empty")
    kind = sniff(body, content_type)
    if kind in {BodyKind.FEED, BodyKind.SITEMAP}:
        raise PageUnreadable(f"the body is a {kind}, wanted a web page")
    if body.lstrip()[:8].startswith(_BINARY) or body[4:8] == b"ftyp":
        raise PageUnreadable("the body is a file of another kind (PDF, archive, picture or film), wanted a web page")


def _printable(source: str) -> str:
    """Drop what no XML tree may hold (lxml reads it and then refuses to move it) and towers of empty boxes."""
    if _holds_unprintable(source):
        source = _UNPRINTABLE.sub("", source)
    source = _REFERENCE_TO_CONTROL.sub("", source)
    return _ABYSS.sub("<div>", source) if _may_hold_abyss(source) else source


def _holds_unprintable(source: str) -> bool:
    """Ask the bytes, in a third of the time the pattern needs."""
    try:
        raw = source.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return True
    return len(raw.translate(None, _CONTROLS)) < len(raw) or "\ufffe" in source or "\uffff" in source


def _may_hold_abyss(source: str) -> bool:
    """Tell whether so many tags open anywhere without one that closes; looks from end tag to end tag."""
    place = 0
    while place < len(source):
        last = source.rfind("</", place, place + _ABYSS_CHARS)
        if last >= 0:
            place = last + 2
            continue
        end = source.find("</", place)
        end = end if end >= 0 else len(source)
        if source.count("<", place, end) >= _ABYSS_TAGS:
            stretch = source[place:end].lower()
            if sum(stretch.count(box) for box in _ABYSS_BOXES) >= _ABYSS_TAGS:
                return True
        place = end + 2
    return False


def _refuse_without_markup(source: str) -> None:
    if _MARKUP.search(source) is None:
        raise PageUnreadable("the body has no HTML markup")
    if 10 * len(_NOISE.findall(source, 0, _SEEN_CHARS)) > min(len(source), _SEEN_CHARS):
        raise PageUnreadable("the body is binary data, wanted a web page")


def _parse(text: str) -> HtmlElement:
    try:
        return document_fromstring(text.encode("utf-8", "replace"), parser=_PARSER)
    except (LxmlError, ValueError) as error:
        raise PageUnreadable(f"the HTML cannot be parsed: {error}") from error


def _language(claimed: str | None, text: str, hint: str | None) -> str | None:
    """Return what the text is written in: the page's claim, unless the text clearly speaks against it.

    Templates claim the language of the theme (`en`), so a claim that the outlet's own language
    contradicts, or that stands alone, is held against the text.
    """
    if claimed is not None and claimed == hint:
        return claimed
    heard = detect(text)
    if heard is None or heard == claimed:
        return claimed or hint
    if claimed is None or len(text) >= _TELLING_CHARS or heard == hint:
        return heard
    return claimed


def _access(text: str, facts: metadata.Metadata, source: str, url: str) -> Access:
    if len(text) >= access.SURE_CHARS:
        return Access.OPEN
    return access.judge(text, facts, url=url, seen=cache(lambda: _seen(source)), source=source)


def _seen(source: str) -> str:
    """Return what a reader sees first, from a fresh tree: of the old one the furniture was cut, and walls with it."""
    shown: Any = _SHOWN(_parse(source))
    words = " ".join(shown)[:_SEEN_CHARS].split()
    return one_line(" ".join(words), _SEEN_CHARS)


__all__ = ["parse_page"]
