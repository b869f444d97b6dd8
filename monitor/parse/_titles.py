"""The forms of a title a page carries -> the publisher's headline.

JSON-LD states it most cleanly; where it is missing, the visible heading and the title for social
networks correct each other: a heading that begins the longer title is the headline, and what
follows a separator and names the site is not.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SEPARATOR = re.compile(r"\s+(?:[-–—―|·•»›«:/~]|::|>>|\|\|)\s+|\s*[｜|»›]\s*|(?<=[\u3040-\u9fff」』])\s*[：:_-]\s*")
_NOT_LETTERS = re.compile(r"[\W_]+")
_DATE = re.compile(r"^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$")
_ELLIPSIS = ("…", "...")
_CUT_AT = 105  # characters: search engines ask for at most 110, and publishers cut there
_LEAST_HEADING = 12  # shorter lone headings are section names ("Menu", "News")


def headline(*, h1s: tuple[str, ...], og: str, ld: str, page: str, site: str, url: str) -> tuple[str, tuple[str, ...]]:
    """Return the headline, and every form of it that the page shows (to be cut from the text)."""
    owners = _owners(site, url)
    h1s = tuple(h1 for h1 in h1s if _letters(h1) not in owners)
    og, page = _without_site(og, owners, (*h1s, ld)), _without_site(page, owners, (*h1s, ld, og))
    ld = "" if _letters(ld) in owners else _without_site(ld, owners, h1s)
    best = _stated(ld, og, page, h1s) if ld else _agreed(h1s, og, page)
    forms = tuple(dict.fromkeys(form for form in (best, ld, og, page, *_agreeing(h1s, (best, og, page))) if form))
    return best, forms


def _stated(ld: str, og: str, page: str, h1s: tuple[str, ...]) -> str:
    """Choose between JSON-LD and the title for social networks.

    Where they differ, the one that repeats <title> was written for search engines and the other
    one by the newsroom (8 of 11 such pages; 2026-11).
    """
    if og and (_letters(og) == _letters(ld) or (_letters(ld) == _letters(page) != _letters(og) and not _is_cut(ld))):
        return og
    return _whole(ld, (*h1s, og, page))


def _is_cut(title: str) -> bool:
    return title.endswith(_ELLIPSIS) or len(title) >= _CUT_AT


def _agreed(h1s: tuple[str, ...], og: str, page: str) -> str:
    """Choose between heading and title tags by whether one contains the other."""
    for h1 in h1s:
        if any(other and (_letters(other) == _letters(h1) or other.startswith(h1 + " ")) for other in (og, page)):
            return h1
    for other in (og, page):
        # A heading with a kicker in it ends with the headline.
        if other and any(_letters(h1).endswith(_letters(other)) for h1 in h1s if len(other) >= _LEAST_HEADING):
            return other
    for h1 in h1s:
        if len(h1) >= _LEAST_HEADING and any(_likeness(h1, other) >= 0.5 for other in (og, page) if other):
            return h1
    if og:
        return og
    longest = max(h1s, key=len, default="")
    return page if page and len(longest) < _LEAST_HEADING else longest or page


def _whole(cut: str, forms: tuple[str, ...]) -> str:
    """Return the longer form of a headline that was cut, or the headline itself."""
    stem = cut.rstrip("…. ")
    if _is_cut(cut):
        for form in forms:
            if len(form) > len(cut) and form.startswith(stem) and not form.endswith(_ELLIPSIS):
                return form
    return cut


def _agreeing(h1s: tuple[str, ...], forms: tuple[str, ...]) -> list[str]:
    return [h1 for h1 in h1s if any(_likeness(h1, form) >= 0.5 for form in forms if form)]


def _without_site(title: str, owners: frozenset[str], others: tuple[str, ...]) -> str:
    """Cut the site's name, a section or a date behind (or before) a separator."""
    others = tuple(other for other in others if other)
    for _ in range(4):
        marks = list(_SEPARATOR.finditer(title))
        if not marks:
            break
        head, tail = title[: marks[-1].start()].strip(), title[marks[-1].end() :].strip()
        front, rest = title[: marks[0].start()].strip(), title[marks[0].end() :].strip()
        if head and (_letters(tail) in owners or _DATE.match(tail) or any(head == other for other in others)):
            title = head
        elif rest and _letters(front) in owners:
            title = rest
        elif any(title != other and title.startswith(other) and _starts_mark(title[len(other) :]) for other in others):
            title = next(other for other in others if title.startswith(other) and _starts_mark(title[len(other) :]))
            break
        else:
            break
    return title


def _starts_mark(rest: str) -> bool:
    return _SEPARATOR.match(rest) is not None


def _owners(site: str, url: str) -> frozenset[str]:
    """Return the names a site goes by, as letters: its name, its parts, its host."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    parts = [site, *re.split(r"\s*[|\-–—:]\s+", site), host, host.partition(".")[0], *host.split(".")[:-1]]
    names = {_letters(part) for part in parts}
    return frozenset({name for name in names if len(name) > 1} | {""})


def _likeness(one: str, other: str) -> float:
    """Return the share of words in common, of the shorter title."""
    mine, its = set(re.findall(r"\w+", one.casefold())), set(re.findall(r"\w+", other.casefold()))
    return len(mine & its) / max(min(len(mine), len(its)), 1)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())
