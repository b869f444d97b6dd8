"""Bytes of a JSON Feed 1.0 or 1.1 → Feed.

The standard is short and senders keep it; the care goes into types, for any field may be anything.
The surprising rule: `url` before `external_url`, though a link blog is about the latter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from monitor.errors import FeedUnreadable
from monitor.model import Entry, Feed
from monitor.parse._feed_caps import AUTHORS_CAP, ENTRIES_CAP, ID_CAP, NAME_CAP, SUMMARY_CAP
from monitor.parse.dates import parse_date
from monitor.parse.text import clean, one_line, plain
from monitor.parse.urls import URL_CAP

MARKUP_CAP = 40_000  # characters of content worth turning into a summary


def parse_json_feed(body: bytes, *, url: str) -> Feed:
    """Return what a JSON Feed claims; raises FeedUnreadable where `body` is none."""
    document = _document(body)
    items = document.get("items")
    if not isinstance(items, list):
        raise FeedUnreadable("JSON, but not a JSON Feed: it has no list of items")
    version = _text(document.get("version"))
    base = _text(document.get("home_page_url")) or url
    language = _language(document.get("language"))
    entries = [entry for item in items[:ENTRIES_CAP] if (entry := _entry(item, url or base, language))]
    return Feed(
        entries=tuple(entries),
        title=one_line(_text(document.get("title"))),
        link=_text(document.get("home_page_url")) or None,
        language=language,
        format="json11" if version.endswith("1.1") else "json1",
        faults=tuple(_faults(items, len(entries))),
    )


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise FeedUnreadable(f"neither XML nor JSON: {str(error)[:100]}") from error
    if not isinstance(document, dict):
        raise FeedUnreadable("JSON, but not a JSON Feed: it is a list")
    return document


def _faults(items: list[Any], kept: int) -> Iterator[str]:
    if len(items) > ENTRIES_CAP:
        yield f"more than {ENTRIES_CAP} entries: the rest was left out"
    if empty := min(len(items), ENTRIES_CAP) - kept:
        yield f"{empty} empty entries"


def _entry(item: Any, base: str, language: str | None) -> Entry | None:
    if not isinstance(item, dict):
        return None
    id_text = _text(item.get("id"))[:ID_CAP]
    link = _text(item.get("url")) or _text(item.get("external_url"))
    if not link and id_text.startswith(("http://", "https://")):
        link = id_text
    title = one_line(plain(_text(item.get("title"))))
    summary = _summary(item)
    if not (link or id_text or title or summary):
        return None
    return Entry(
        link=_absolute(link, base),
        id=id_text or None,
        title=title,
        published=parse_date(_text(item.get("date_published"))),
        updated=parse_date(_text(item.get("date_modified"))),
        authors=_authors(item),
        summary=summary,
        language=_language(item.get("language")) or language,
        image=_absolute(_text(item.get("image")) or _text(item.get("banner_image")), base) or None,
    )


def _text(value: Any) -> str:
    """Return a string field; numbers are spelled out (ids often are), the rest is nothing."""
    if isinstance(value, str):
        return clean(value[:MARKUP_CAP]).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _summary(item: dict[str, Any]) -> str:
    text = (
        plain(_text(item.get("summary")))
        or plain(_text(item.get("content_html")))
        or clean(_text(item.get("content_text")))
    )
    return text if len(text) <= SUMMARY_CAP else text[: SUMMARY_CAP - 1].rstrip() + "…"


def _absolute(link: str, base: str) -> str:
    if not link:
        return ""
    try:
        absolute = urljoin(base, link.replace("\n", "").replace("\t", ""))[:URL_CAP]
    except ValueError:
        return ""
    return absolute if ":" in absolute else ""


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    people = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    names = (one_line(_text(person.get("name")), NAME_CAP) for person in people or [] if isinstance(person, dict))
    return tuple(dict.fromkeys(name for name in names if name))[:AUTHORS_CAP]


def _language(value: Any) -> str | None:
    primary = _text(value).lower().replace("_", "-").partition("-")[0]
    return primary if 2 <= len(primary) <= 3 and primary.isascii() and primary.isalpha() else None
