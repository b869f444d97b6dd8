"""Whatever a page says about who wrote it -> the names of persons.

JSON-LD first, then meta tags, then what the reader sees: `rel=author`, microdata, by-lines. A witness
that names only a house (an agency, the outlet itself) gives way to the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lxml.html import HtmlElement

from monitor.parse import _jsonld
from monitor.parse.text import one_line

_META = (
    "author", "article:author", "article:author_name", "parsely-author", "sailthru.author", "dc.creator",
    "dc.contributor.author", "dcterms.creator", "dc:creator", "citation_author", "byl", "cxenseparse:author",
    "vr:author", "og:author", "article_author", "authors", "author_name", "twitter:data1:author",
)  # fmt: skip
_SPLIT = re.compile(
    r"\s*[;|•·/]\s*|\s*,\s+(?:(?:and|und|et|y|e|och|og|en|i|oraz|и)\s+)?|\s+[&+]\s+|\s*[、・，]\s*|"
    r"\s+(?:and|und|et|y|och|og|oraz|и|та|і|ve|dan|sowie|with|mit)\s+(?=\S)|(?<=\w)\s+(?:e|en|i|"
    r"a)\s+(?=[A-ZÀ-ÖØ-ÞА-Я][^\W\d_])"
)
_BY = re.compile(
    r"^\W*(?:(?:written|posted|story|words|reported|reporting|report|published|analysis|opinion|"
    r"text)\s+)?(?:by|von|par|por|di|da|door|av|af|przez|от|autore?|auth?or(?:in|en|s)?|erstellt von|"
    r"eingestellt von|mehr artikel von|more articles by|all articles (?:of|by)|"
    r"auteure?|autora|redactor|text|texte|texto|testo|foto|автор|текст|penulis|oleh|yazan|a cura di|ein "
    r"(?:kommentar|gastbeitrag|interview) von|"
    r"(?:eine )?(?:analyse|kolumne|reportage|glosse) von)(?:\s*:\s*|\s+)",
    re.IGNORECASE,
)  # fmt: skip
_BEHIND = re.compile(
    r"\s*(?:[\(\[<{].*|\s[-–—|@]\s.*|\b(?:for|für|pour|para)\s+(?:the|die|das|den|le|la|el)\b.*|\b(?:is|ist|"
    r"est) (?:a|an|the|ein|une?|la|le)\b.*|"
    r"\b(?:published|updated|posted|veröffentlicht|aktualisiert|publié|mis à jour|publicado|on|am|at|um|in|"
    r"aus)\s+[\w\d].*)$",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"\b(?:redaktion|redaction|rédaction|redacción|redazione|redação|redaksi|redakcja|redakce|newsroom|news "
    r"?desk|editorial|editor(?:s|ial)?|staff|team|desk|agency|agentur|agence|"
    r"agencia|agencias|agenzia|dpa|afp|reuters|ap|apa|efe|ansa|sid|kna|epd|tass|interfax|online|newspaper|"
    r"zeitung|magazin(?:e)?|news|press|media|tv|radio|com|contributors?|correspondents?|"
    r"reporters?|admin|administrator|webmaster|guest|gast(?:beitrag|autor)|unknown|anonym(?:ous)?|archiv|"
    r"verlag|gmbh|inc|ltd|llc|company|institute?|"
    r"университет|редакция|агентство|новости|associated|bloomberg|bureau|service|office|network|group|"
    r"foundation|http\S*|www\S*)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    [
        "von",
        "van",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "das",
        "do",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ben",
        "ter",
        "ten",
        "zu",
        "zur",
        "vom",
        "af",
        "av",
        "y",
        "e",
        "i",
        "abu",
        "bint",
        "ap",
        "mac",
        "st",
    ]
)
_AUTHOR_CLASS = re.compile(
    r"(?:^|[\s_-])(?:authors?|author-?(?:name|text|link)|by-?line\w*|autor|autoren|autorin|auteur|autore|"
    r"writer|journalist|reporter|posted-?by|contributor|vcard|fn)(?:$|[\s_-])|"
    r"authorname|bylineauthor",
    re.IGNORECASE,
)
_NAME_CLASS = frozenset({"author", "fn", "author-name", "authorname", "byline-name", "author-link"})
_NOT_LETTERS = re.compile(r"[\W_]+")
_NO_NAME = re.compile(r"@|://|/|\d\s|\d\d|\bwww\.|\.(?:com|de|net|org|fr|it|es|at|ch|co|info|eu)\b", re.IGNORECASE)
_NAMES_KEPT, _NAMES_CHARS = 8_192, 1_000  # verdicts remembered; characters, beyond which no honest name ends
_BYLINE_CHARS = 160
_BYLINE_BOX_CHARS = 400
_AUTHOR_PAGE = re.compile(
    r"/(?:authors?|autor(?:e?s|en|in|innen)?|auteurs?|autore|autori|forfatter|auteur-profile|by|journalists?|"
    r"staff|contributors?|columnists?|reporters?|writers?|redakteure?|penulis|profile)/[^/?#]{3,}",
    re.IGNORECASE,
)
_FOREIGN = re.compile(r"(?:^|\s)comments?(?:$|[\s_-])|commentlist|comment-(?:body|meta|author)|related|sidebar|teaser")


def persons(tree: HtmlElement, meta: Mapping[str, str], node: _jsonld.Node, houses: frozenset[str]) -> tuple[str, ...]:
    """Return the authors' names in the page's order, each once; `houses` are the outlet's own names as letters.

    Persons from the first witness that knows any; an agency or the outlet only where nobody is named.
    """
    stated = _stated(node)
    claims = [stated, *([meta[name]] for name in _META if name in meta and "://" not in meta[name])]
    for claim in claims:
        names = [name for text in claim for name in _names(text)]
        if any(_is_person(name, houses) for name in names):
            return tuple(dict.fromkeys(name for name in names if _letters(name) not in houses))
    visible = _visible(tree, houses)
    if visible:
        return tuple(visible)
    return tuple(dict.fromkeys(name for claim in claims[:2] for text in claim for name in _names(text)))[:6]


def _stated(node: _jsonld.Node) -> list[str]:
    for key in ("author", "creator"):
        value = node.get(key)
        found = [name for each in (value if isinstance(value, list) else [value])[:50] for name in _of_claim(each)]
        if found:
            return found
    return []


def _of_claim(claim: Any) -> list[str]:
    name = claim.get("name") if isinstance(claim, dict) else claim
    return [each for each in (name if isinstance(name, list) else [name]) if isinstance(each, str)]


def _visible(tree: HtmlElement, houses: frozenset[str]) -> list[str]:
    """Read by-lines as strictly as prose demands: only what looks like a name."""
    by_mark: dict[int, list[str]] = {}
    first: dict[int, HtmlElement] = {}
    for element in tree.iter(
        "a",
        "span",
        "p",
        "div",
        "address",
        "li",
        "strong",
        "em",
        "b",
        "cite",
        "h3",
        "h4",
        "h5",
        "td",
        "section",
        "header",
        "author",
    ):
        mark = _mark(element)
        if mark is None or len(by_mark.get(mark, ())) >= 6:
            continue
        text = one_line(element.text_content(), _BYLINE_CHARS + 1)
        if not text or len(text) > _BYLINE_CHARS or _is_in_foreign_place(element):
            continue
        linked = [one_line(link.text_content(), 80) for link in element.iter("a") if link is not element]
        is_name = mark < 2 or not _NAME_CLASS.isdisjoint((element.get("class") or "").split())
        names = [
            name
            for each in (linked or [text])
            for name in _names(each)
            if _looks_like_name(name, is_name) and _is_person(name, houses)
        ]
        if (
            names
            and (is_name or _BY.match(text) or len(text) < 60)
            and _is_beside(first.setdefault(mark, element), element)
        ):
            by_mark.setdefault(mark, []).extend(names)
    for mark in sorted(by_mark):
        return list(dict.fromkeys(by_mark[mark]))[:6]
    return []


def _is_beside(first: HtmlElement, element: HtmlElement) -> bool:
    """Tell whether two names stand in one by-line: those further down are of teasers and other articles."""
    around = {first, *first.iterancestors()}
    both = next(each for each in (element, *element.iterancestors()) if each in around)
    return len(" ".join(both.text_content().split())) <= _BYLINE_BOX_CHARS


def _mark(element: HtmlElement) -> int | None:
    """Return how plainly an element is an author's name: 0 said so, 1 marked so, 2 styled so, 3 linked so."""
    rel = element.get("rel")
    if rel and "author" in rel.lower().split():
        return 0
    itemprop = element.get("itemprop")
    if itemprop and itemprop.lower() in {"author", "creator"}:
        return 1
    class_names, id_name = element.get("class"), element.get("id")
    names = f"{class_names or ''} {id_name or ''}"
    if 3 < len(names) < 300 and _is_author_class(names):
        return 2
    # Where class names are hashed, the address of the author's page is what is left.
    if element.tag == "a" and _AUTHOR_PAGE.search(element.get("href") or "") and not _is_in_prose(element):
        return 3
    return None


# Outlets name their boxes alike on every page, so a verdict is passed once for each name.
@lru_cache(maxsize=_NAMES_KEPT)
def _is_foreign_class(names: str) -> bool:
    return _FOREIGN.search(names.lower()) is not None


@lru_cache(maxsize=_NAMES_KEPT)
def _is_author_class(names: str) -> bool:
    return _AUTHOR_CLASS.search(names) is not None


def _is_in_prose(link: HtmlElement) -> bool:
    parent = link.getparent()
    return parent is not None and len(parent.text_content()) > 2 * _BYLINE_CHARS


def _is_in_foreign_place(element: HtmlElement) -> bool:
    """Tell whether a by-line belongs to a comment, a teaser list or the page's foot."""
    for ancestor in element.iterancestors():
        if ancestor.tag in {"nav", "aside"}:
            return True
        # An article's own footer may carry its by-line (HTML, 4.3.8).
        if ancestor.tag == "footer" and not any(each.tag == "article" for each in ancestor.iterancestors()):
            return True
        names = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"
        if _is_foreign_class(names[:_NAMES_CHARS]):
            return ancestor.find(".//h1") is None
    return False


def _names(text: str) -> list[str]:
    parts = [_tidy(part) for part in _SPLIT.split(_BY.sub("", one_line(text, 400))) if part]
    return [part for part in parts if _is_name(part)]


def _tidy(part: str) -> str:
    return _BEHIND.sub("", _BY.sub("", part)).strip(" ,.;:|-–—*•→\"“”„'")


def _is_name(name: str) -> bool:
    return 2 <= len(name) <= 60 and len(name.split()) <= 6 and not _NO_NAME.search(name)


def _is_person(name: str, houses: frozenset[str]) -> bool:
    return _letters(name) not in houses and not _HOUSE.search(name)


def _looks_like_name(name: str, may_be_one_word: bool) -> bool:
    words = name.split()
    if len(words) == 1 and not (may_be_one_word and words[0][0].isupper()):
        return (
            not words[0].isascii()
            and not words[0][0].isupper()
            and not words[0][0].islower()
            and 2 <= len(words[0]) <= 5
        )
    return (
        all(
            word[0].isupper() or word.lower() in _PARTICLES or not word[0].isalpha() or not word[0].islower()
            for word in words
        )
        and len(words) <= 5
    )


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())
