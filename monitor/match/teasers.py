"""Lines in an article's text that announce other articles: not searched.

A line that opens with a cue ("Lesen Sie auch", "関連記事"), the headlines under a cue that stands alone,
and headlines left over at the end of a text of sentences. A text without sentence marks (a ticker, a
poem, Thai) keeps its last lines: there is nothing to tell a headline by. A last paragraph that only
lacks its full stop is kept where its length or a sentence inside shows that it is one.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import chain

from monitor.match.scripts import RUNNING
from monitor.match.tables import read_table

_HEADLINE_MOST = 160  # characters; a longer line is a paragraph
_TEASER_MOST = 400  # characters after a cue; a longer line is a paragraph that happens to start so
_FIRST_LETTERS = 2  # of a cue: enough to pass over nearly every line without a look at the whole list
_BULLETS = " \t>»›→▶►•·*+-–—|[("
_TRAILING_MOST = 12  # headlines cut off the end
_LAST_HEADLINE_MOST = 100  # characters of a headline without a cue; scripts without spaces say it in fewer
_LAST_HEADLINE_MOST_RUNNING = 40
_UNDER_CUE_MOST = 12  # headlines under a cue
_UNDER_CUE_MOST_UNPUNCTUATED = 3  # where headlines and paragraphs look the same
_INNER_END = re.compile(r"[^\W\d][.!?…]\s+\w{2}|[。！？।۔].")
_RUNNING_CHAR = re.compile(f"[{RUNNING}]")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟۔][\"'»”’“›)\]」』*]*\s*$")
_HEADLINE_END = re.compile(r"[?!？！؟][\"'»”’“›)\]」』*]*\s*$")


@cache
def _cues() -> tuple[frozenset[str], re.Pattern[str], re.Pattern[str]]:
    """Return the first letters of all cues, what opens a teaser line, and what opens one within a line."""
    table = read_table(files(__package__).joinpath("teasers.yml").read_text("utf-8"))
    lists = [cues for cues in table.values() if isinstance(cues, list)]
    cues = sorted({str(cue) for cue in chain.from_iterable(lists)}, key=len, reverse=True)
    any_cue = "(?:" + "|".join(re.escape(cue) for cue in cues) + ")"
    opens = re.compile(
        rf"[{re.escape(_BULLETS)}]*{any_cue}(?P<rest>\s*[:：|»>\-–—\])]|\s*$|(?P<word>(?!\w)))", re.IGNORECASE
    )
    within = re.compile(rf"(?<=[.!?…。！？।؟۔])\s*[\[(]?{any_cue}\s*[:：]", re.IGNORECASE)
    return frozenset(cue[:_FIRST_LETTERS].casefold() for cue in cues), opens, within


def blank_teasers(text: str) -> str:
    """Return `text` with its teasers replaced by line breaks, so that every offset stays."""
    lines = text.splitlines(keepends=True)
    is_cut = [False] * len(lines)
    _mark_cues(lines, is_cut)
    _mark_trailing(lines, is_cut)
    _, _, within = _cues()
    return "".join(
        _blank(line) if cut else _blank_within(line, within) for line, cut in zip(lines, is_cut, strict=True)
    )


def _blank(line: str) -> str:
    return "\n" * len(line)


def _blank_within(line: str, within: re.Pattern[str]) -> str:
    at = max(0, len(line) - _TEASER_MOST)
    found = within.search(line, at) if ":" in line[at:] or "：" in line[at:] else None
    if found is None:
        return line
    return line[: found.start()] + _blank(line[found.start() :])


def _mark_cues(lines: list[str], is_cut: list[bool]) -> None:
    letters, opens, _ = _cues()
    most = _UNDER_CUE_MOST if any(map(_SENTENCE_END.search, lines)) else _UNDER_CUE_MOST_UNPUNCTUATED
    left = 0  # headlines that may still follow the cue above
    for at, line in enumerate(lines):
        text = line.strip()
        if not text:
            continue
        may_be = len(line) <= _TEASER_MOST and text.lstrip(_BULLETS)[:_FIRST_LETTERS].casefold() in letters
        found = opens.match(line) if may_be else None
        if found is not None and _is_teaser(line, found):
            is_cut[at] = True
            left = 0 if line[found.end() :].strip(" :：\t\r\n") else most
        elif left and _is_headline(text):
            is_cut[at] = True
            left -= 1
        else:
            left = 0


def _is_teaser(line: str, found: re.Match[str]) -> bool:
    """A cue with a colon or alone on its line; or one that runs into a headline, which ends without a full stop."""
    return found["word"] is None or _is_headline(line.strip())


def _mark_trailing(lines: list[str], is_cut: list[bool]) -> None:
    """Mark the headlines after the last sentence, if they follow a text of sentences."""
    kept = [at for at, line in enumerate(lines) if line.strip() and not is_cut[at]]
    trailing: list[int] = []
    while kept and _is_last_headline(lines[kept[-1]].strip()):
        trailing.append(kept.pop())
    if kept and len(trailing) <= _TRAILING_MOST and _SENTENCE_END.search(lines[kept[-1]]):
        for at in trailing:
            is_cut[at] = True


def _is_headline(text: str) -> bool:
    return len(text) <= _HEADLINE_MOST and (
        _SENTENCE_END.search(text) is None or _HEADLINE_END.search(text) is not None
    )


def _is_last_headline(text: str) -> bool:
    """A headline that no cue announces: short, one sentence, and not the rest of one."""
    most = _LAST_HEADLINE_MOST_RUNNING if _RUNNING_CHAR.search(text) else _LAST_HEADLINE_MOST
    return len(text) <= most and not text[0].islower() and _is_headline(text) and _INNER_END.search(text) is None
