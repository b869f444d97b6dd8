"""The last resort for a feed of which no tree could be made: feedparser, which reads what looks like items."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.model import Entry, Feed
from monitor.parse._constructs import SCHEME, cut, hang, primary_language
from monitor.parse._feed_caps import ENTRIES_CAP, ID_CAP, MARKUP_CAP, NAME_CAP
from monitor.parse.dates import parse_date
from monitor.parse.text import clean, one_line, plain
from monitor.parse.urls import URL_CAP


def read_loosely(text: str, faults: Sequence[str], url: str) -> Feed | None:
    """Return what feedparser makes of it, None where that is no entry. Bytes only: given a name it would open it."""
    import feedparser  # noqa: PLC0415  slow to import, rarely needed

    try:
        parsed = feedparser.parse(io.BytesIO(text.encode("utf-8")), sanitize_html=False, resolve_relative_uris=False)
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
        faults=(*faults, "read by the loose parser"),
    )


def _loose_entry(parsed: Mapping[str, Any], url: str) -> Entry:
    # Not by get(): a FeedParserDict maps missing keys to others, with a warning.
    said = {key: value[:MARKUP_CAP] for key, value in parsed.items() if isinstance(value, str)}
    link = hang(url, clean(said.get("link", "")).strip()[:URL_CAP])
    return Entry(
        link=link if SCHEME.match(link) else "",
        id=said.get("id", "")[:ID_CAP] or None,
        title=one_line(plain(said.get("title", ""))),
        published=parse_date(said.get("published", "")),
        updated=parse_date(said.get("updated", "")),
        authors=tuple(filter(None, [one_line(said.get("author", ""), NAME_CAP)])),
        summary=cut(plain(said.get("summary", ""))),
    )
