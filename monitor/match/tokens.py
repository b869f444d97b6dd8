"""A document laid out for matching: one folded string, its fields, its sentences, its word positions.

The title stands first, the text after it, a line break between them; offsets into that string are
"places" and map back to the document. Sentences and positions are only worked out when asked for.
The lead is the first paragraph; one under 200 characters (a dateline, a kicker) takes the next
along; where paragraphs are endless, it ends with the sentence that passes 600. Captions and pulled
quotes at the top are no lead.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, cached_property
from importlib.resources import files

from monitor.match.filters import primary_language
from monitor.match.fold import fold, fold_word
from monitor.match.scripts import RUNNING, WORD, Kind, belongs
from monitor.match.tables import read_table
from monitor.match.teasers import blank_teasers
from monitor.model import Document, Field

LEAD_AT_LEAST = 200  # characters; shorter first paragraphs are datelines and kickers
LEAD_AT_MOST = 600  # characters; pages whose text is one paragraph
# A mark that may end a sentence, with closing quotes, before a space; East Asian and Indic marks need no space.
_BREAK = re.compile(r"\n|[。！？｡।۔]+|(?<![.!?…؟])[.!?…؟]+[\"'»”’“›)\]]*(?=\s)")
# Captions name the picture first or the photographer last; a pulled quote is nothing but a quote.
_CAPTION_MOST = 300  # characters; a longer line is a paragraph
_CAPTION = re.compile(
    r"^\W{0,3}(?:foto|fotos|fotograf|photo|photos|bild|bilder|picture|image|imagen|imagem|immagine|kuva|billede|bilde|"
    r"fotó|fotografie|zdjęcie|zdj\.?|слика|снимка|фото|здымак|φωτογραφία|fotoğraf|nuotrauka|attēls|صورة|الصورة|عکس|צילום|"
    r"사진|写真|画像|图|圖|图片|圖片|ภาพ|ảnh|फोटो|gambar|video|видео|відео|©)\s?(?:[:：/|]|©)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"(?:©|(?:foto|photo|bild|image|fotó|фото|kuva|zdj\.?|credit|crédit|crédito)\s?[:：/]"
    r"|getty images|/\s?(?:afp|reuters|dpa|ap))"
    r"[^.!?\n]{0,60}\)?$",
    re.IGNORECASE,
)
_PULLED_QUOTE = re.compile(r"^[„“”\"«»‹›「『][^„“”\"«»「」『』]{10,280}[“”\"»«‹›」』]$")
_ABBREVIATION_MOST = 16  # characters before a point that are looked at
# Languages that write ordinal numbers with a point: 6. August, 14. Division, Wilhelm II. In the others 12. ends a
# sentence; where the language is not known only days of the month are taken for ordinals.
_ORDINAL_LANGUAGES = frozenset(
    ("az", "bs", "cs", "da", "de", "et", "fi", "fo", "hr", "hu", "is", "lb", "lv", "no", "pl", "sk", "sl", "sr", "tr")
)
_ORDINAL_MOST = 3  # digits
_DAY_MOST = 2
_ROMAN = re.compile("[ivx]{1,5}")
_NEXT_LETTER = re.compile(r"[ \t]{0,8}[^\W\d_]")
_RUNNING_CHAR = re.compile(f"[{RUNNING}]")
_SNIPPET_WORDS = 6  # on each side
_SNIPPET_CHARS = 70  # on each side; scripts without spaces get half


class Layout:
    """One document, folded and laid out. Not changed after it was made, but for its caches."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._language = primary_language(document.language)
        self._has_ordinals = self._language in _ORDINAL_LANGUAGES
        self._title = fold(document.title)
        self._text = fold(blank_teasers(document.text))
        self.text_start = len(self._title.text) + 1
        self.haystack = f"{self._title.text}\n{self._text.text}"

    @cached_property
    def lead_end(self) -> int:
        """Where the lead ends, as an offset into the document's text."""
        return lead_end(self.document.text)

    @cached_property
    def _lead_start(self) -> int:
        return lead_start(self.document.text)

    def locate(self, start: int, end: int) -> tuple[Field, int, int]:
        """Return the field of a place and its original span in the title or the text."""
        if start < self.text_start:
            return (Field.TITLE, *self._title.span(start, end))
        first, last = self._text.span(start - self.text_start, end - self.text_start)
        return Field.LEAD if self._lead_start <= first < self.lead_end else Field.BODY, first, last

    def original(self, start: int, end: int) -> str:
        """Return the original characters of a place."""
        field, first, last = self.locate(start, end)
        return (self.document.title if field is Field.TITLE else self.document.text)[first:last]

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [found.end() for found in _BREAK.finditer(self.haystack) if self._is_break(found)]

    def _is_break(self, found: re.Match[str]) -> bool:
        if not found.group().startswith("."):
            return True
        following = _NEXT_LETTER.match(self.haystack, found.end())
        if following is not None and self.original(following.end() - 1, following.end())[:1].islower():
            return False
        return not self.is_abbreviation(found.start())

    def is_abbreviation(self, point: int) -> bool:
        """Whether the point at a place belongs to the word before it: an initial, a title, an ordinal number."""
        start = point
        while start > 0 and point - start < _ABBREVIATION_MOST and belongs(self.haystack[start - 1], Kind.SPACED):
            start -= 1
        word = self.haystack[start:point]
        if word.isdecimal():
            return len(word) <= (_ORDINAL_MOST if self._has_ordinals else 0 if self._language else _DAY_MOST)
        if len(word) == 1:
            return True
        if self._has_ordinals and _ROMAN.fullmatch(word):
            return self.original(start, point).isupper()
        return word in abbreviations(self._language)

    def sentence(self, place: int) -> int:
        """Return the number of the sentence a place is in, counted over title and text."""
        return bisect_right(self._sentence_ends, place)

    @cached_property
    def _words(self) -> tuple[list[int], Sequence[int]]:
        """Starts of words and how many half words stand before each: a character of running script is half a word."""
        if _RUNNING_CHAR.search(self.haystack) is None:
            firsts = [found.start() for found in WORD.finditer(self.haystack)]
            return firsts, range(0, 2 * len(firsts), 2)
        starts, halves, count = [], [], 0
        for found in WORD.finditer(self.haystack):
            starts.append(found.start())
            halves.append(count)
            count += found.end() - found.start() if _RUNNING_CHAR.match(found.group()) else 2
        return starts, halves

    def position(self, place: int) -> int:
        """Return how many half words stand before the word at a place."""
        starts, halves = self._words
        at = bisect_right(starts, place) - 1
        if at < 0:
            return 0
        is_running = _RUNNING_CHAR.match(self.haystack, starts[at]) is not None
        return halves[at] + (place - starts[at] if is_running else 0)

    def snippet(self, field: Field, start: int, end: int) -> str:
        """Return the original words around a span of the title or the text, on one line."""
        text = self.document.title if field is Field.TITLE else self.document.text
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", end)
        before = _last_words(
            text[max(line_start, start - _SNIPPET_CHARS) : start], is_cut=start - _SNIPPET_CHARS > line_start
        )
        after = _first_words(text[end : min(end + _SNIPPET_CHARS, line_end if line_end >= 0 else len(text))])
        return " ".join(f"{before}{text[start:end]}{after}".split())


@cache
def abbreviations(language: str | None) -> frozenset[str]:
    """Return the folded words of a language after which a point ends no sentence."""
    table = _abbreviation_table()
    found = table.get(language or "", [])
    if isinstance(found, dict):
        found = table[found["like"]]
    assert isinstance(found, list)
    common = table["*"]
    assert isinstance(common, list)
    return frozenset(fold_word(str(word)) for word in (*common, *found))


@cache
def _abbreviation_table() -> dict[str, object]:
    return read_table(files(__package__).joinpath("abbreviations.yml").read_text("utf-8"))


def lead_start(text: str) -> int:
    """Return where the lead of a text starts: behind empty lines, captions and pulled quotes."""
    at = 0
    while at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        line = text[at : min(line_end, at + _CAPTION_MOST + 1)].strip()
        if line and not _is_beside_the_text(line):
            return at
        at = line_end + 1
    return 0  # nothing else is there


def _is_beside_the_text(line: str) -> bool:
    return len(line) <= _CAPTION_MOST and any(each.search(line) for each in (_CAPTION, _CREDIT, _PULLED_QUOTE))


def lead_end(text: str) -> int:
    """Return where the lead of a text ends, in code points."""
    end = start = lead_start(text)
    while end - start < LEAD_AT_LEAST and end < len(text):
        line_end = text.find("\n", end + 1)
        end = len(text) if line_end < 0 else line_end
    if end - start <= LEAD_AT_MOST:
        return end
    found = _BREAK.search(text, start + LEAD_AT_MOST)
    return min(end, found.end() if found else end)


def _last_words(text: str, *, is_cut: bool) -> str:
    if _RUNNING_CHAR.search(text) and len(text) > _SNIPPET_CHARS // 2:
        return text[-_SNIPPET_CHARS // 2 :]
    words = re.split(r"(\s+)", text)
    kept = words[-2 * _SNIPPET_WORDS - 1 :]
    return "".join(kept[1:] if is_cut and len(kept) == len(words) and len(kept) > 1 else kept)


def _first_words(text: str) -> str:
    if _RUNNING_CHAR.search(text) and len(text) > _SNIPPET_CHARS // 2:
        return text[: _SNIPPET_CHARS // 2]
    words = re.split(r"(\s+)", text)
    is_cut = len(text) == _SNIPPET_CHARS and len(words) > 1 and len(words) <= 2 * _SNIPPET_WORDS
    return "".join((words[:-1] if is_cut else words)[: 2 * _SNIPPET_WORDS + 1])
