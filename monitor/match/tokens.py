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
from functools import cached_property

from monitor.match.fold import fold
from monitor.match.scripts import RUNNING, WORD
from monitor.match.teasers import blank_teasers
from monitor.model import Document, Field

LEAD_AT_LEAST = 200  # characters; shorter first paragraphs are datelines and kickers
LEAD_AT_MOST = 600  # characters; pages whose text is one paragraph
# A mark that may end a sentence, with closing quotes, before a space; East Asian and Indic marks need no space.
_BREAK = re.compile(r"\n|[。！？｡।۔]+|(?<![.!?…؟])[.!?…؟]+[\"'»”’“›)\]]*(?=\s)")
# What stands before a full stop that ends no sentence: an initial, a day of the month, a title.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(.\-])(?:[^\W\d_]|\d{1,2}|dr|mr|mrs|ms|st|gen|col|lt|sgt|prof|jr|sr|vs|no|nr|bzw|ca|etc|sen|rep|gov|ул|им|тыс|млн|млрд|обл)$"
)
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
_NEXT_LETTER = re.compile(r"[ \t]{0,8}[^\W\d_]")
_RUNNING_CHAR = re.compile(f"[{RUNNING}]")
_SNIPPET_WORDS = 6  # on each side
_SNIPPET_CHARS = 70  # on each side; scripts without spaces get half


class Layout:
    """One document, folded and laid out. Not changed after it was made, but for its caches."""

    def __init__(self, document: Document) -> None:
        self.document = document
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
        return _ABBREVIATION.search(self.haystack, max(0, found.start() - 6), found.start()) is None

    def sentence(self, place: int) -> int:
        """Return the number of the sentence a place is in, counted over title and text."""
        return bisect_right(self._sentence_ends, place)

    @cached_property
    def _words(self) -> tuple[list[int], list[int]]:
        """Starts of words and how many half words stand before each: a character of running script is half a word."""
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
