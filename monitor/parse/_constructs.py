"""What the elements of one entry say: texts, however typed and escaped, links, persons and pictures.

One element at a time, without the feed around it: addresses come out as written, the reader of the
feed makes them absolute.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree

from monitor.parse._dialects import field_of, key_of
from monitor.parse._feed_caps import AUTHORS_CAP, MARKUP_CAP, NAME_CAP, SUMMARY_CAP
from monitor.parse.text import one_line, plain

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LOOKS_LIKE_HTML = re.compile(r"</[a-zA-Z]|<[a-zA-Z]+[^<>]*/?>|&#?\w{2,30};")
_MAIL_NAME = re.compile(r"[^\s@()<>]+@[^\s@()<>]+\s*\(([^()]+)\)|([^<>@]+?)\s*<[^<>]*>")
_HTML_TYPES = ("", "text/html", "application/xhtml+xml", "html", "text/xhtml", "text/plain")


def text_of(element: etree._Element | None) -> str:
    """Return all characters of an element, trimmed."""
    if element is None:
        return ""
    if len(element):
        return "".join(map(str, element.itertext())).strip()
    return (element.text or "").strip()


def shown(element: etree._Element | None) -> str:
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


def cut(text: str) -> str:
    """Return a text of at most SUMMARY_CAP characters."""
    return text if len(text) <= SUMMARY_CAP else text[: SUMMARY_CAP - 1].rstrip() + "…"


def primary_language(tag: str) -> str | None:
    """Return the primary subtag of a language tag in lower case, or None where it is none."""
    primary = re.split(r"[-_,; ]", tag.strip().lower(), maxsplit=1)[0]
    return primary if 2 <= len(primary) <= 3 and primary.isascii() and primary.isalpha() else None


def best_link(links: list[etree._Element]) -> tuple[str, etree._Element | None]:
    """Return the address of the article: RSS's text, else Atom's alternate, else a link of no relation."""
    fallback: tuple[str, etree._Element | None] = ("", None)
    for link in links:
        href, text = (link.get("href") or "").strip(), text_of(link)
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


def hang(base: str, link: str) -> str:
    """Return a link made absolute by its base; "" where neither makes an address."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link if SCHEME.match(link) else ""


def authors_of(people: list[tuple[str, etree._Element]]) -> tuple[str, ...]:
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
        if key_of(child.tag) in ("name", "itunes:name"):
            if name := one_line(plain(text_of(child)), NAME_CAP):
                return name
        elif key_of(child.tag) in ("email", "itunes:email"):
            mail = text_of(child)
    if len(element):
        return one_line(mail or plain(element.text or ""), NAME_CAP)
    text = one_line(plain_name(element.text or ""), NAME_CAP)
    found = _MAIL_NAME.fullmatch(text)
    return (found[1] or found[2]).strip() if found else text


def plain_name(text: str) -> str:
    """Return a name without markup; `<a@b>` is an address, not a tag."""
    return text if "<" in text and "@" in text else plain(text)


def picture_of(pictures: list[tuple[str, etree._Element]]) -> tuple[str, etree._Element | None]:
    """Return the address that is most surely the entry's picture, as written, and the element that holds it."""
    best: tuple[str, etree._Element | None] = ("", None)
    best_rank = 0
    for kind, child in _flat(pictures):
        address, rank = _picture_in(kind, child)
        if address and rank > best_rank:
            best, best_rank = (address, child), rank
    return best


def _flat(pictures: list[tuple[str, etree._Element]]) -> Iterator[tuple[str, etree._Element]]:
    for kind, element in pictures:
        yield kind, element
        if kind in ("group", "media"):
            for child in element:
                if (inner := field_of(child.tag)) in ("media", "thumbnail"):
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
        return address or next((text_of(child) for child in element if key_of(child.tag) == "url"), "") or text_of(
            element
        ), 2
    return "", 0
