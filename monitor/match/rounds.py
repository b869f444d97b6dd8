"""Live tickers and round-ups: one page, many happenings, each to be matched for itself.

A text is a ticker when many of its lines open with a time of day, and a round-up when it is made of
many short pieces under headings and says so in its title. Each entry becomes a document of its own. The
title counts with what stands before the first entry; for the others it is only said of what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import chain, pairwise

from monitor.match.fold import fold_word
from monitor.match.tables import read_table
from monitor.model import Document

_LEAST_STAMPS = 4  # lines that open with a time; a report of a day names two or three
_LEAST_HEADINGS = 4
_HEADING_MOST = 110  # characters
_ENTRY_MOST = 900  # characters between headings, for most of them: longer ones are the chapters of one article
_ENTRIES_MOST = 200  # of one page; what follows stays together
# A time of day that opens a line: 10:42, 10.42 Uhr, 10h42, [10:42], +++ 10:42 Uhr, 6:05 p.m., 18時30分, 18시 30분.
_STAMP = re.compile(
    r"[ \t\[(+•*▪►–-]{0,8}(?:\d{1,2}[./]\d{1,2}[./]?(?:\d{2,4})?,?\s{1,2})?"
    r"(?:[01]?\d|2[0-4])(?:[:h]|\.(?=\d\d\s?(?:uhr|u\b|kl|h\b))|\s?[時时點点시]\s?)[0-5]\d(?!\d)",
    re.IGNORECASE,
)
_PLUSES = re.compile(r"\s*\+\+\+.{3,150}")
_SENTENCE_END = re.compile(r"[.…。।۔][\"'»”’“›)\]」』*]*\s*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One happening of a page: `offset` is where its text starts in the page's."""

    offset: int
    document: Document
    is_title_its_own: bool = True  # else the title is that of the page: context, no mention


def entries(document: Document) -> tuple[Entry, ...]:
    """Return the entries of a ticker or round-up; any other document is one."""
    starts = _stamps(document.text) or _headings(document)
    if not starts:
        return (Entry(0, document),)
    text = document.text
    cuts = [*starts[:_ENTRIES_MOST], len(text)]
    rest = (Entry(start, replace(document, text=text[start:end]), False) for start, end in pairwise(cuts))
    return (Entry(0, replace(document, text=text[: cuts[0]])), *rest)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line
        at += len(line)


def _stamps(text: str) -> Sequence[int]:
    if ":" not in text and "h" not in text and "." not in text and not re.search("[時时點点시]", text):
        return ()
    starts = [at for at, line in _lines(text) if _STAMP.match(line) or _PLUSES.match(line)]
    return starts if len(starts) >= _LEAST_STAMPS else ()


def _headings(document: Document) -> Sequence[int]:
    if not _says_so(document.title):
        return ()
    rows = [(at, line.strip()) for at, line in _lines(document.text) if line.strip()]
    starts = [
        at
        for (at, line), (_, following) in pairwise(rows)
        if len(line) <= _HEADING_MOST and not _SENTENCE_END.search(line) and _SENTENCE_END.search(following)
    ]
    lengths = sorted(end - start for start, end in pairwise([*starts, len(document.text)]))
    is_short = len(starts) >= _LEAST_HEADINGS and lengths[len(lengths) // 2] <= _ENTRY_MOST
    return starts if is_short else ()


def _says_so(title: str) -> bool:
    return _cues().search(fold_word(title)) is not None if title else False


@cache
def _cues() -> re.Pattern[str]:
    table = read_table(files(__package__).joinpath("rounds.yml").read_text("utf-8"))
    cues = chain.from_iterable(cues for cues in table.values() if isinstance(cues, list))
    folded = sorted({fold_word(str(cue)) for cue in cues}, key=len, reverse=True)
    # Scripts without spaces have no word borders to ask for.
    return re.compile(
        "|".join(rf"(?<!\w){re.escape(cue)}(?!\w)" if cue < "\u0e00" else re.escape(cue) for cue in folded)
    )
