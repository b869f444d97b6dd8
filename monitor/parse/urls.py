"""An address as somebody wrote it → the one we fetch, the one we compare, and what they belong to.

normalise() makes what is fetched (`_web_url`), canonical() what is compared (`_folding`), url_key() that in
16 bytes. registrable_domain() and network_id() say to whom it belongs, display_host() what a reader sees.
The surprising rule: an address with a user name or password in it is refused, wherever it points.
"""

from __future__ import annotations

import hashlib
import re

from monitor.parse._domains import registrable_domain
from monitor.parse._folding import canonical
from monitor.parse._homographs import shown_label
from monitor.parse._web_url import URL_CAP, normalise, split

__all__ = ["URL_CAP", "canonical", "display_host", "network_id", "normalise", "registrable_domain", "url_key"]

# Article numbers as publisher networks write them, the shared desk's mark left out.
_NETWORK_SHAPES = (
    ("article", re.compile(r"/article-?(\d{7,15})(?=[/.]|$)")),  # Funke, Welt
    ("id", re.compile(r"[/\-_]id[_-]?(\d{7,15})(?=[/.]|$)")),  # Ströer
    ("a", re.compile(r"[/-]a-(\d{7,15})(?=[/.]|$)")),  # DW, and others of its house system
    ("n", re.compile(r"(?<=[-_/.])(\d{7,15})(?:\.[a-z]{3,5})?/?$")),  # Ippen: …-zr-93036630.html and …-93036630.html
)
_DATE_NUMBER = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{2}|\d{4}|\d{6})?$")


def url_key(url: str) -> bytes:
    """Return 16 bytes that are equal for two addresses of one article."""
    return hashlib.blake2b(canonical(url).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def network_id(url: str) -> str | None:
    """Return the article number that a publisher network shares over its sites, with its shape; or None.

    `n:93036630` of `…-zr-93036630.html`. Equal numbers hint at one article, they do not prove it.
    """
    parts = split(normalise(url) or "")
    if parts is None:
        return None
    path = parts[3]
    for shape, pattern in _NETWORK_SHAPES:
        for number in pattern.findall(path):
            if not _DATE_NUMBER.match(number) and len(set(number)) > 1:
                return f"{shape}:{number}"
    return None


def display_host(url: str) -> str:
    """Return the host to show a reader: in its own script, or as xn-- where it could pass for another."""
    parts = split(normalise(url) or "")
    if parts is None:
        return ""
    return ".".join(shown_label(label) for label in parts[1].split("."))
