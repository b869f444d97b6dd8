"""What strangers wrote → text we keep: one normaliser for every field.

clean() drops what no reader sees and what deceives (controls, bidi overrides, lone surrogates);
one_line() folds a title; plain() turns an HTML fragment into text. All run in linear time.
The surprising rule: plain() decodes entities twice, because feeds escape their titles twice.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

LINE_CAP = 500  # characters of a title or name; the longest real headline seen has 330
_SHORT = 4_000  # characters: below it even a run of marks through all of it sorts within milliseconds
_MARKS_CAP = 30  # combining marks in a row, UAX #15 Stream-Safe: NFC sorts a run in quadratic time

# C0 and C1 without \t and \n, soft hyphen, zero-width space, word joiner, BOM, bidi embeddings,
# overrides and isolates (CVE-2021-42574), interlinear marks, noncharacters, lone surrogates.
# ZWJ and ZWNJ stay: Persian and the Indic scripts spell with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff]+"
)
_BREAKS = re.compile("\r\n|[\r\u2028\u2029]")
_BLANKS = re.compile(r"\s+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _words(
    "address article aside blockquote br caption center dd details dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr legend li main menu nav ol option p pre section summary table tbody td tfoot th "
    "thead tr ul video"
)
_SILENT = _words("script style noscript template iframe object svg math head textarea select title")
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:_-]{0,40})")
_QUOTE_OR_END = re.compile(r"[>\"']")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
# Tags left standing after decoding: a title escaped twice. Only what no headline writes about.
_LEFTOVER_TAG = re.compile(
    r"</?(?:b|i|u|em|strong|span|p|br|a|font|sup|sub|small|div|wbr|img)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE
)


def clean(text: str) -> str:
    """Return `text` in NFC, with line feeds only, without what is invisible or deceives. Idempotent."""
    if text.isascii() and text.isprintable():
        return text
    if "\r" in text or "\u2028" in text or "\u2029" in text:
        text = _BREAKS.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    if text.isascii():
        return text
    if len(text) > _SHORT:
        text = _mark_run().sub(r"\1", text)
    return unicodedata.normalize("NFC", text)


def one_line(text: str, limit: int = LINE_CAP) -> str:
    """Return `text` cleaned, on one line, in at most `limit` characters (an ellipsis marks the cut)."""
    # The slice bounds the work: a 10 MB title is not worth normalising for 500 characters of it.
    line = _BLANKS.sub(" ", clean(text[: limit * 8])).strip()
    if len(line) <= limit:
        return line
    return line[: limit - 1].rstrip() + "…"


def plain(html: str) -> str:
    """Return an HTML fragment as plain text: paragraphs on lines, no tags, entities decoded. Never fails."""
    if "<" not in html and "&" not in html:
        return _tidy(html)
    text = _decode("".join(_pieces(html)))
    if "<" in text:
        text = _LEFTOVER_TAG.sub(" ", text)
    return _tidy(text)


@cache
def _mark_run() -> re.Pattern[str]:
    """Match what exceeds the longest run of combining marks that a script needs."""
    marks = "".join(re.escape(chr(point)) for point in range(0x300, 0x1F000) if unicodedata.combining(chr(point)))
    return re.compile(f"([{marks}]{{{_MARKS_CAP}}})[{marks}]+")


def _decode(text: str) -> str:
    text = html.unescape(text)
    return html.unescape(text) if _ENTITY.search(text) else text


def _tidy(text: str) -> str:
    lines = (_BLANKS.sub(" ", line).strip() for line in clean(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(source: str) -> list[str]:
    """Return the text runs of `source`, with a line feed for every block tag."""
    return _Tags(source).text()


class _Tags:
    """Walk over markup once. What has no end is remembered, so that no text is searched twice for it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.missing: set[str] = set()  # strings that do not occur any more further on
        self.honours_quotes = True

    def text(self) -> list[str]:
        source, pieces, place = self.source, list[str](), 0
        while (start := source.find("<", place)) >= 0:
            pieces.append(_fold_source_lines(source[place:start]))
            end, shown = self._markup(start)
            pieces.append(shown)
            place = end
        pieces.append(_fold_source_lines(source[place:]))
        return pieces

    def _markup(self, start: int) -> tuple[int, str]:
        """Return where the markup at `start` ends and what it shows."""
        source = self.source
        if source.startswith("<!--", start):
            end = self._find("-->", start + 4)
            return (end + 3, "") if end >= 0 else (self._past(">", start), "")
        if source.startswith("<![CDATA[", start):
            end = self._find("]]>", start + 9)
            return (end + 3, source[start + 9 : end]) if end >= 0 else (start + 9, "")
        if source.startswith(("<!", "<?"), start):
            return self._past(">", start), ""
        name = _TAG_NAME.match(source, start + 1)
        if not name:
            return start + 1, "<"
        end = self._tag_end(name.end())
        if end < 0:
            return start + 1, "<"
        tag = name[1].lower()
        if tag in _SILENT and not source.startswith("/", start + 1) and source[end - 2] != "/":
            end = self._closing(tag, end)
        return end, "\n" if tag in _BLOCKS else ""

    def _find(self, wanted: str, start: int) -> int:
        if wanted in self.missing:
            return -1
        found = self.source.find(wanted, start)
        if found < 0:
            self.missing.add(wanted)
        return found

    def _past(self, wanted: str, start: int) -> int:
        found = self._find(wanted, start)
        return found + len(wanted) if found >= 0 else len(self.source)

    def _tag_end(self, start: int) -> int:
        """Return the place after the `>` of a tag, minding quotes; -1 where there is none."""
        place = start
        while self.honours_quotes and (mark := _QUOTE_OR_END.search(self.source, place)):
            if mark[0] == ">":
                return mark.end()
            close = self._find(mark[0], mark.end())
            place = close + 1 if close >= 0 else mark.end()
        self.honours_quotes = False  # a quote that swallows the rest: from here on a `>` is a `>`
        end = self._find(">", start)
        return end + 1 if end >= 0 else -1

    def _closing(self, tag: str, start: int) -> int:
        """Return the place after `</tag>`; `start` where it never comes, for then the text is shown."""
        key = f"</{tag}"
        if key in self.missing:
            return start
        found = _closing_tag(tag).search(self.source, start)
        if not found:
            self.missing.add(key)
            return start
        return self._past(">", found.end())


@cache
def _closing_tag(tag: str) -> re.Pattern[str]:
    return re.compile(f"</{tag}\\b", re.IGNORECASE)


def _fold_source_lines(text: str) -> str:
    """A line feed in markup is a space; only tags break lines."""
    return text.replace("\r", " ").replace("\n", " ")
