"""Which documents a watch looks at: language, country, outlet, told before any text is read.

Languages and countries exclude what is known to be another: an unknown one passes, for a filter
should not lose an alert because a page forgot to say its language.
"""

from __future__ import annotations

from monitor.match.ast import Filter
from monitor.model import Document, Outlet

# Tags that pages and language detectors use for what readers call one language.
_SAME_LANGUAGE = {
    "nb": "no",
    "nn": "no",
    "iw": "he",
    "in": "id",
    "cmn": "zh",
    "yue": "zh",
    "wuu": "zh",
    "tl": "fil",
    "ckb": "ku",
    "mo": "ro",
}


def primary_language(tag: str | None) -> str | None:
    """Return the primary subtag in the spelling watches use (`zh-Hant` is zh, `nb` is no)."""
    primary = (tag or "").strip().lower().replace("_", "-").partition("-")[0]
    return _SAME_LANGUAGE.get(primary, primary) or None


def passes(wanted: Filter, document: Document, language: str | None) -> bool:
    """Whether a document with this language is looked at."""
    outlet = document.outlet
    if wanted.languages and language is not None and language not in wanted.languages:
        return False
    if wanted.countries and outlet is not None and outlet.country and outlet.country.upper() not in wanted.countries:
        return False
    if any(_is_outlet(name, outlet) for name in wanted.exclude):
        return False
    return not wanted.include or any(_is_outlet(name, outlet) for name in wanted.include)


def _is_outlet(name: str, outlet: Outlet | None) -> bool:
    """Whether `name` is this outlet's id, name, a tag of it, or its domain or one above it."""
    if outlet is None:
        return False
    domain = outlet.domain.casefold()
    return name in {
        outlet.id.casefold(),
        outlet.name.casefold(),
        domain,
        *(tag.casefold() for tag in outlet.tags),
    } or domain.endswith(f".{name}")
