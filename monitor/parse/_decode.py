"""Bytes -> text: byte order mark, then what the bytes themselves prove, then what header and page claim.

A body that is valid UTF-8 with non-ASCII in it is UTF-8, whatever header and meta say: no other
encoding produces that by chance. Labels are looked up in an allow-list, so `utf-7` or `hex` in a
header is no encoding at all. Undecodable bytes become U+FFFD, never an error.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# What browsers read behind a label (WHATWG Encoding): old labels mean their larger successors.
_LARGER = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "windows-949": "cp949",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
    "x-cp1251": "cp1251",
    "win-1251": "cp1251",
    "unicode": "utf-16-le",
    "utf-16": "utf-16-le",
}
_ALLOWED = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5hkscs", "cp932", "euc_jp", "iso2022_jp", "cp949", "hz"),
        *("cp866", "cp874", "koi8-r", "koi8-u", "mac_roman", "mac_cyrillic"),
        *(f"cp{page}" for page in range(1250, 1259)),
        *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
    )
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LOOK_BYTES = 16_384  # browsers look at 1024; pages with the meta behind a long script exist
_SAMPLE_BYTES = 65_536
_WESTERN = codecs.lookup("cp1252").name
_STRANGE_SHARE = 0.35  # of all letters non-ASCII: no language in a Western code page comes near (French 0.05)


def decode(body: bytes, content_type: str | None) -> str:
    """Return the text of an HTML body; never raises."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    wide = _wide(body[:400])
    if wide:
        return body.decode(wide, "replace")
    header, meta = _declared_by_header(content_type), _declared_by_page(body)
    if body.isascii() and "iso2022_jp" not in (header, meta) and "hz" not in (header, meta):
        return body.decode("ascii")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, header, meta)


def _decode_other(body: bytes, header: str | None, meta: str | None) -> str:
    """Decode what is not clean UTF-8: cut or mixed UTF-8, or one of the older encodings."""
    if _is_damaged_utf8(body):
        return body.decode("utf-8", "replace")
    # Servers send their default (Latin-1) for pages in any encoding; a page knows better.
    order = (meta, header) if header == _WESTERN else (header, meta)
    for name in order:
        if name is None or name == "utf-8":
            continue
        text = body.decode(name, "replace")
        if name == _WESTERN and _is_strange(text):
            break
        if text.count("\ufffd") * 200 <= len(text):
            return text
    return body.decode(_guessed(body) or _WESTERN, "replace")


def _declared_by_header(content_type: str | None) -> str | None:
    found = _HEADER.search(content_type or "")
    return _codec(found[1]) if found else None


def _declared_by_page(body: bytes) -> str | None:
    head = body[:_LOOK_BYTES]
    found = _META.search(head) or _XML.search(head)
    name = _codec(found[1].decode("ascii")) if found else None
    # We could read the tag as ASCII, so the page is not UTF-16 (HTML, "prescan a byte stream").
    return "utf-8" if name and name.startswith("utf-16") else name


def _codec(label: str) -> str | None:
    """Return Python's name for an encoding label, or None where the label is no text encoding we read."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_LARGER.get(label, label)).name
    except (LookupError, ValueError):
        return None
    name = codecs.lookup(_LARGER.get(name, name)).name
    return name if name in _ALLOWED else None


def _wide(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark: every other byte of a page's ASCII beginning is NUL."""
    if len(head) < 20 or head.count(0) * 3 < len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _is_damaged_utf8(body: bytes) -> bool:
    """Tell UTF-8 with a few bad bytes from another encoding by how many sequences are whole."""
    text = body[: _SAMPLE_BYTES * 4].decode("utf-8", "replace")
    bad = text.count("\ufffd")
    whole = sum(1 for char in text if char > "\x7f") - bad
    return whole > 4 * bad


def _is_strange(text: str) -> bool:
    sample = re.sub(r"<[^>]*>", "", text[:200_000])
    letters = sum(map(str.isalpha, sample))
    return sum(1 for char in sample if char > "\x7f" and char.isalpha()) > _STRANGE_SHARE * max(letters, 1)


def _guessed(body: bytes) -> str | None:
    foreign = bytes(
        re.sub(
            rb"<(script|style)\b.{0,200000}?</\1>|<[^>]*>|\s+",
            b" ",
            body[: 4 * _SAMPLE_BYTES],
            flags=re.DOTALL | re.IGNORECASE,
        )
    )
    best = from_bytes(foreign[:_SAMPLE_BYTES]).best()
    return _codec(best.encoding) if best is not None else None
