"""Decide which addresses a message may link to, and how their host is shown.

Only http and https with a plain host are links; anything else is text without a link. A host in
another script is shown in its xn-- form, so that a look-alike cannot pass for the real one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import quote, urlsplit

LINK_CAP = 2_048  # code points; longer ones are not openable everywhere, and half a link is none
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\.?")
_KEPT = "%/:=&?~+!$,;@()*[]"  # with letters, digits and -._ what RFC 3986 lets stand; ' " < > are encoded


@dataclass(frozen=True, slots=True)
class Link:
    """An address fit to be opened: pure ASCII, http or https, without user name."""

    href: str
    host: str  # as it is looked up, without `www.`


def safe_link(url: str, *, limit: int = LINK_CAP) -> Link | None:
    """Return the link for `url`, or None where it must stay text (H2, H6)."""
    url = url.strip(" \t\r\n") if len(url) <= limit * 2 else ""
    if not url or _CONTROL.search(url):
        return None
    try:
        parts = urlsplit(url)
        host, port = _ascii_host(parts.hostname or ""), parts.port
    except ValueError:  # a port that is no number, a bracket that never closes, a label IDNA refuses
        return None
    if parts.scheme not in ("http", "https") or host is None or "@" in parts.netloc:
        return None
    authority = host if port is None else f"{host}:{port}"
    query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=_KEPT)}" if parts.fragment else ""
    href = f"{parts.scheme}://{authority}{quote(parts.path, safe=_KEPT)}{query}{fragment}"
    return Link(href, host.removeprefix("www.")) if len(href) <= limit else None


def _ascii_host(host: str) -> str | None:
    if ":" in host:
        return f"[{IPv6Address(host)}]"
    ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    return ascii_host.lower() if _HOST.fullmatch(ascii_host.lower()) else None
