"""Page tree -> the article's text, one paragraph a line.

Furniture is pruned first, trafilatura finds the text, and three things it is known to lose or keep
are mended: the standfirst, which it takes for a teaser; the title and by-lines, which are not text;
and a page whose text lies outside the container it chose.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from monitor.parse import _furniture, dates
from monitor.parse.metadata import Metadata
from monitor.parse.text import one_line

# The extractor tells its own story of every page it finds nothing in; the caller's reason is enough.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_NOT_LETTERS = re.compile(r"[\W_]+")
_LINE_CHARS = 100_000
_SHORT_PARAGRAPH = 60
_PROSE_LINE = 100
_AMPLE_CHARS = 6_000
_SUBHEAD_CHARS = 160
_TOP_LINES = 6
_NOTE_CHARS = 400
_NOTES = 3  # more lines in italics are a text in italics
_SPACE_BEFORE_STOP = re.compile(r"(?<=\w) ([.,])(?=\s|$)")  # left by links that end a sentence
_CREDIT = re.compile(
    r"^(?:©|\(c\)|copyright\b|(?:foto|photo|bild|image|imagem|imagen|picture|quelle|credit|fotografia|fot\.|"
    r"фото|사진|写真)s?\s*(?:credit)?\s*[:：/])",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^(?:by|von|par|por|di|door|av|af|przez)\s+(?:[A-ZÀ-ÖØ-Þ][\w.'’-]*(?:,|\s+(?:und|and|et|y|e|i|og|och|von|"
    r"van|de|der|di|da))?\s*){1,8}$"
)
# What stands in an article where a film or a post of another site is to be loaded.
_EMBED = re.compile(
    r"extern\w* inhalt\w*.{0,200}(?:angezeigt|anzeigen|personenbezogen|drittplattform)|empfohlener "
    r"(?:redaktioneller|externer) inhalt|an dieser stelle finden sie.{0,80}(?:extern|inhalt)|"
    r"(?:external|third.party) content.{0,200}(?:consent|personal data|cookies)|contenus? (?:externe|"
    r"tiers).{0,200}(?:cookies|données)|contenido externo.{0,200}(?:cookies|datos)|"
    r"(?:enable|activate|accept) (?:javascript|cookies) to (?:view|see|watch)|sign up (?:for|to) (?:our|the) "
    r".{0,60}newsletter",
    re.IGNORECASE,
)
# Each form above has one of these in it; they are found in a tenth of the time.
_EMBED_STEMS = (
    "inhalt", "an dieser stelle", "content", "contenu", "contenido", "javascript", "cookies", "newsletter",
)  # fmt: skip
_STANDFIRST = re.compile(
    r"(?:^|[\s_-])(?:stand-?first|lead|lede|lead-?text|intro|intro-?text|introduction|dek|deck|sub-?title|"
    r"sub-?headline|sub-?heading|teaser|teaser-?text|excerpt|summary|"
    r"vorspann|anriss|unterzeile|chapo|chapeau|entradilla|bajada|sumario|sommario|occhiello|zajawka|abstract|"
    r"description|preamble|ingress|perex|anleser)(?:$|[\s_-])",
    re.IGNORECASE,
)
_STANDFIRST_TAGS = frozenset({"p", "h2", "h3", "div", "span", "strong", "section", "header", "em", "b"})
_STANDFIRST_CHARS = (40, 900)
_RUNNING_TEXT = 200
_PARAGRAPHS_BEFORE = 2
_PROOF_LETTERS = 60  # as many equal letters are no accident


def body(tree: HtmlElement, facts: Metadata, *, url: str) -> str:
    """Return the text of the article without its title and without furniture; changes the tree."""
    _furniture.prune(tree, frozenset(_letters(title) for title in facts.titles if title))
    standfirst = _standfirst(tree, facts)
    lines = _chosen(_extracted(tree, url), tree, facts)
    lines = _with_subheads(lines, tree)
    lines = _without_closing_note(list(_without_furniture(lines, facts)), tree)
    return "\n".join(_with_standfirst(lines, standfirst))


def _extracted(tree: HtmlElement, url: str) -> list[str]:
    found: Any = bare_extraction(tree, url=url, fast=True, include_comments=False, with_metadata=False)
    return _lines(found.text or "") if found else []


def _lines(text: str) -> list[str]:
    return [_SPACE_BEFORE_STOP.sub(r"\1", line) for each in text.splitlines() if (line := one_line(each, _LINE_CHARS))]


def _chosen(lines: list[str], tree: HtmlElement, facts: Metadata) -> list[str]:
    """Return the extracted lines, or what a second witness has where they are far too few."""
    size = _size(lines)
    # Lines are never longer than what they are read from.
    stated = _lines(facts.body) if size < 0.6 * len(facts.body) else []
    if size < 0.6 * _size(stated):
        return stated
    # A text that fills the page needs no second opinion.
    gathered = _gathered(tree) if size < _AMPLE_CHARS else []
    if size < 0.4 * _size(gathered):
        return gathered
    prose = _size(line for line in gathered if len(line) > _PROSE_LINE)
    return gathered if size < 0.6 * prose and _extends(gathered, lines) else lines


def _extends(gathered: list[str], lines: list[str]) -> bool:
    """Tell whether one text holds nearly all of the other: then what was extracted is a part of the article."""
    present = {_letters(line[:200])[:60] for line in gathered}
    held = [_letters(line[:200])[:60] in present for line in lines if len(line) > _SHORT_PARAGRAPH]
    return bool(held) and sum(held) >= 0.8 * len(held)


def _gathered(tree: HtmlElement) -> list[str]:
    """Return the paragraphs and subheads of the element that holds most of the page's running text."""
    weights: dict[HtmlElement, int] = {}
    total = 0
    for p in tree.iter("p"):
        weight = len(p.text_content()) - _SHORT_PARAGRAPH
        if weight > 0 and _furniture.link_share(p) < 0.5:
            total += weight
            for ancestor in p.iterancestors():
                weights[ancestor] = weights.get(ancestor, 0) + weight
    holders = [element for element, weight in weights.items() if weight > 0.8 * total]
    # The dictionary is filled from the inside outwards: the first holder found is the innermost.
    if not holders:
        return []
    blocks = (
        one_line(block.text_content(), _LINE_CHARS)
        for block in holders[0].iter("p", "h2", "h3", "h4", "li")
        if _furniture.link_share(block) < 0.6
    )
    return [block for block in dict.fromkeys(blocks) if block]


def _size(lines: Iterable[str]) -> int:
    return sum(map(len, lines))


def _with_subheads(lines: list[str], tree: HtmlElement) -> list[str]:
    """Put back the subheads that the extraction left out, each before the paragraph it stands over."""
    if next(tree.iter("h2", "h3", "h4"), None) is None:
        return lines
    places = {_letters(line[:400])[:80]: at for at, line in reversed(list(enumerate(lines)))}
    present = {_letters(line) for line in lines if len(line) <= _SUBHEAD_CHARS}
    before: dict[int, str] = {}
    pending = ""
    for element in tree.iter("h2", "h3", "h4", "p"):
        text = element.text_content()
        if element.tag != "p":
            pending = one_line(text) if len(text) <= _SUBHEAD_CHARS and _furniture.link_share(element) < 0.5 else ""
        elif len(text) > _SHORT_PARAGRAPH:
            at = places.get(_letters(text[:400])[:80]) if pending else None
            if at is not None and at > 0 and _letters(pending) not in present:
                before[at] = pending
            pending = ""
    return [each for at, line in enumerate(lines) for each in ((before[at], line) if at in before else (line,))]


def _without_furniture(lines: list[str], facts: Metadata) -> Iterable[str]:
    titles = {_letters(title) for title in facts.titles if title}
    authors = {_letters(author) for author in facts.authors}
    for at, line in enumerate(lines):
        letters = _letters(line[:600])
        if (
            not letters
            or letters in titles
            or letters in authors
            or _furniture.is_teaser_heading(line)
            or _furniture.is_teaser_line(line)
        ):
            continue
        if len(line) < 120 and _CREDIT.match(line):
            continue
        if len(line) < 600 and _is_embed(line):
            continue
        if at < _TOP_LINES and _is_dressing(line, letters, titles, authors):
            continue
        yield line


def _is_embed(line: str) -> bool:
    folded = line.casefold()
    return any(stem in folded for stem in _EMBED_STEMS) and _EMBED.search(line) is not None


def _without_closing_note(lines: list[str], tree: HtmlElement) -> list[str]:
    """Cut what follows the text in italics: who wrote it, where to read on, what the desk wants to add."""
    slanted = {
        _letters(p.text_content()[:_NOTE_CHARS])
        for p in tree.iter("p")
        if len(p) and p[0].tag in {"em", "i"} and not (p.text or "").strip()
        and _letters(p[0].text_content()) == _letters(p.text_content())
    }  # fmt: skip
    notes = list(takewhile(lambda line: len(line) < _NOTE_CHARS and _letters(line) in slanted, reversed(lines)))
    is_note = 0 < len(notes) <= _NOTES and len(notes) * 2 < len(lines)
    return lines[: -len(notes)] if is_note else lines


def _is_dressing(line: str, letters: str, titles: set[str], authors: set[str]) -> bool:
    """Tell what stands between headline and text: by-line, date, the title with its kicker."""
    if len(line) < 60 and any(char.isdigit() for char in line) and dates.parse_date(line) is not None:
        return True
    if len(line) < 100 and (
        _BYLINE.match(line) or any(author in letters and len(letters) < 3 * len(author) for author in authors)
    ):
        return True
    return any(len(title) > 15 and title in letters and len(letters) < 1.8 * len(title) for title in titles)


def _standfirst(tree: HtmlElement, facts: Metadata) -> str:
    """Return the standfirst as the page shows it: behind the headline, and in its description or marked as one."""
    wanted = _letters(facts.description)[:_PROOF_LETTERS]
    titles = {_letters(title) for title in facts.titles}
    marked = ""
    is_behind_headline = False
    paragraphs = 0
    for element in tree.iter("h1", *_STANDFIRST_TAGS):
        is_behind_headline = is_behind_headline or element.tag == "h1"
        if not is_behind_headline or len(element) > 8:
            continue
        paragraphs += element.tag == "p" and len(element.text_content()) > _RUNNING_TEXT
        if paragraphs > _PARAGRAPHS_BEFORE:
            break  # a `description` this far down is the outlet's own, in the page's foot
        is_marked = (
            not marked and _STANDFIRST.search(f"{element.get('class') or ''} {element.get('id') or ''}") is not None
        )
        if not is_marked and len(wanted) < _PROOF_LETTERS // 2:
            continue
        text = element.text_content()
        if not _STANDFIRST_CHARS[0] <= len(text) <= 3 * _STANDFIRST_CHARS[1]:
            continue
        text = " ".join(text.split())
        letters = _letters(text)
        if not _STANDFIRST_CHARS[0] <= len(text) <= _STANDFIRST_CHARS[1] or letters in titles:
            continue
        if len(wanted) >= _PROOF_LETTERS // 2 and wanted in letters[: 2 * _PROOF_LETTERS]:
            return one_line(text)
        if is_marked:
            marked = text
    return one_line(marked)


def _with_standfirst(lines: list[str], standfirst: str) -> list[str]:
    if not standfirst or not lines:
        return lines
    letters = _letters(standfirst)
    if letters in _letters(" ".join(lines[:6])) or any(_letters(line).startswith(letters[:60]) for line in lines[:10]):
        return lines
    return [standfirst, *lines]


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())
