"""Bytes of a feed or sitemap → a tree: decode, look for its root, parse strictly, repair, recover.

No parser of ours ever sees a prologue: all before the root element is cut off, so there is no DTD,
no entity of the sender's making and no encoding to argue about.
The surprising rule: a prologue that declares entities is refused, unless they only spell HTML's.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from html.entities import html5

from lxml import etree

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.IGNORECASE)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
# What a label means in practice (WHATWG Encoding): senders write the standard's name and send the vendor's superset.
_SUPERSETS = {
    "iso8859-1": "windows-1252",
    "ascii": "windows-1252",
    "iso8859-9": "windows-1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
# UTF-7 smuggles markup past every filter; the others are no charsets of documents.
_REFUSED = frozenset(
    (
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "unicode-escape",
        "raw-unicode-escape",
        "idna",
        "punycode",
        "undefined",
    )
)

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]+")
_ENTITY_DECLARATION = re.compile(r"<!ENTITY\s+(%\s+)?([^\s>]+)\s+([^>]{0,300})", re.IGNORECASE)
_STRAY_AMPERSAND = re.compile(r"&(?:([a-zA-Z][a-zA-Z0-9]{1,31});|(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};))")
_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_UPPER_HEX = re.compile(r"&#X(?=[0-9a-fA-F]{1,6};)")
# libxml2 compares each attribute of a tag with all before it: 40,000 of them took 15 s.
_TOO_MANY_ATTRIBUTES = re.compile(r"<[A-Za-z](?:[^<>=]*=){1000}")
_STRAY_ANGLE = re.compile(r"<(?![A-Za-z_/!?])")


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed document. `text` is what was parsed, from the root element on."""

    root: etree._Element
    text: str
    faults: tuple[str, ...] = ()


class NoTree(Exception):
    """There is no such tree in these bytes; the message says what there is instead."""


def decode(body: bytes, content_type: str | None) -> str:
    """Return the text of an XML body: byte order mark, then header, then declaration, then UTF-8.

    What decodes strictly as UTF-8 and is not pure ASCII is UTF-8, whatever anybody says; utf-7 and
    codecs that are no charsets are passed over. Undecodable bytes become U+FFFD; never raises.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    for sign, name in _UNMARKED:
        if body.startswith(sign):
            return body.decode(name, "replace")
    names = _claimed(body, content_type)
    for name in ("utf-8", *names):
        try:
            text = body.decode(name)
        except UnicodeDecodeError:
            continue
        # ISO-2022-JP is ASCII to the eye: only a claim can tell.
        if name == "utf-8" and "\x1b" in text and any(each.startswith("iso2022") for each in names):
            continue
        return text
    return _mostly(body, names)


def _claimed(body: bytes, content_type: str | None) -> list[str]:
    """Return the codecs that header and declaration name, as far as we know and trust them."""
    header = _IN_HEADER.search(content_type or "")
    declaration = _DECLARED.search(body[:1024])
    labels = [header[1] if header else None, declaration[1].decode("ascii", "replace") if declaration else None]
    return [name for label in labels if label and (name := _codec(label))]


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    # Binary codecs (hex, zlib, rot13) are marked in a field that only CPython's own code reads.
    if info.name in _REFUSED or not getattr(info, "_is_text_encoding", True):
        return None
    return _SUPERSETS.get(info.name, info.name)


def _mostly(body: bytes, names: list[str]) -> str:
    """Decode what no codec takes strictly: UTF-8 with a few torn characters, or an old page of Windows."""
    text = body.decode("utf-8", "replace")
    torn = text.count("\ufffd")
    foreign = sum(1 for letter in text if letter > "\x7f") - torn if torn < 50_000 else 0
    if torn <= foreign // 10 + 1 and foreign:
        return text
    return body.decode(names[0] if names else "windows-1252", "replace")


def read(body: bytes, content_type: str | None, roots: re.Pattern[str]) -> Tree:
    """Return the tree whose root element `roots` finds; raises NoTree."""
    text = decode(body, content_type)
    found = roots.search(text)
    if found is None:
        raise NoTree("no root element of this kind")
    prologue = text[: found.start()]
    if declared := _foreign_entity(prologue):
        raise NoTree(
            f"a document type that declares the entity {declared!r}; refused, for such documents can grow without bound"
        )
    document = _ILLEGAL.sub("", text[found.start() :])
    if _TOO_MANY_ATTRIBUTES.search(document):
        raise NoTree("a tag of more than a thousand attributes")
    faults = ("text before the document",) if _is_clutter(prologue) else ()
    return _parsed(document, faults)


def _parsed(document: str, faults: tuple[str, ...]) -> Tree:
    try:
        return Tree(etree.fromstring(document.encode("utf-8"), _strict()), document, faults)
    except etree.XMLSyntaxError as error:
        first = error
    fault = f"malformed XML: {str(first)[:200]}"
    repaired = repair(document)
    try:
        return Tree(etree.fromstring(repaired.encode("utf-8"), _strict()), repaired, (*faults, fault))
    except etree.XMLSyntaxError:
        root = etree.fromstring(repaired.encode("utf-8"), _lenient())
    if root is None:
        raise NoTree(fault)
    return Tree(root, repaired, (*faults, fault))


def repair(document: str) -> str:
    """Escape stray ampersands and angles, and spell out HTML's entities, outside CDATA sections."""
    pieces, place = list[str](), 0
    # By find, not by a pattern: one that looks for the end of each of many unclosed sections is quadratic.
    while (start := document.find("<![CDATA[", place)) >= 0 and (end := document.find("]]>", start)) >= 0:
        pieces += (_escaped(document[place:start]), document[start : end + 3])
        place = end + 3
    pieces.append(_escaped(document[place:]))
    return "".join(pieces)


def _escaped(piece: str) -> str:
    piece = _STRAY_AMPERSAND.sub(_spelled_out, _UPPER_HEX.sub("&#x", piece))
    return _STRAY_ANGLE.sub("&lt;", piece)


def _spelled_out(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    if name in _XML_ENTITIES:
        return found[0]
    letter = html5.get(f"{name};")
    return letter.replace("&", "&amp;").replace("<", "&lt;") if letter else f"&amp;{name};"


def _foreign_entity(prologue: str) -> str | None:
    """Return the name of an entity that a prologue declares and HTML does not know."""
    if "<!entity" not in prologue.lower():
        return None
    for is_parameter, name, value in _ENTITY_DECLARATION.findall(prologue):
        is_html_set = is_parameter and value.upper().startswith("PUBLIC") and "-//W3C//ENTITIES" in value.upper()
        is_html_letter = not is_parameter and f"{name};" in html5 and "&" not in value.replace("&#", "")
        if not (is_html_set or is_html_letter):
            return str(name)[:40]
    return None if _ENTITY_DECLARATION.search(prologue) else "?"


def _is_clutter(prologue: str) -> bool:
    return bool(re.sub(r"<[?!][^>]*>|\s|\ufeff|--|[\]>]", "", prologue[:2000]))


def _strict() -> etree.XMLParser:
    return _parser(recover=False)


def _lenient() -> etree.XMLParser:
    return _parser(recover=True)


def _parser(*, recover: bool) -> etree.XMLParser:
    """Return a parser that knows no entity, network or DTD, and hashes no ids (CVE-2026-7210's class)."""
    return etree.XMLParser(
        recover=recover,
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
