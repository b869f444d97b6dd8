"""JSON-LD in a page -> the nodes in it, and the one that is this article.

Publishers break JSON in known ways (raw line breaks in strings, trailing commas, HTML comments
around it); what still does not parse is left out. Nodes are followed through lists, `@graph` and
the properties that hold the main thing of a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from lxml.html import HtmlElement

Node = dict[str, Any]

_BLOCK_CHARS = 2_000_000
_NODES = 400
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?://\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>|"
    r"-->)?\s*;?\s*$"
)
_NOT_LETTERS = re.compile(r"[\W_]+")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_INNER = (
    "@graph",
    "mainEntity",
    "mainEntityOfPage",
    "itemListElement",
    "item",
    "hasPart",
    "subjectOf",
    "liveBlogUpdate",
)
_ARTICLE_TYPES = frozenset(
    [
        "article",
        "newsarticle",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "opinionnewsarticle",
        "backgroundnewsarticle",
        "reviewnewsarticle",
        "asknewsarticle",
        "askpublicnewsarticle",
        "advertisercontentarticle",
        "satiricalarticle",
        "scholarlyarticle",
        "techarticle",
        "report",
        "blogposting",
        "liveblogposting",
        "socialmediaposting",
        "webpage",
        "videoobject",
    ]
)
_SECOND_CHOICE = frozenset({"webpage", "videoobject", "socialmediaposting"})


def nodes(tree: HtmlElement) -> tuple[Node, ...]:
    """Return every node of every JSON-LD block of the page, in document order."""
    found: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            found.extend(_walk(_load(script.text)))
    return tuple(found[:_NODES])


def types(node: Node) -> frozenset[str]:
    """Return the types of a node in lower case, without namespace."""
    value = node.get("@type")
    names = value if isinstance(value, list) else [value]
    return frozenset(name.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for name in names if isinstance(name, str))


def article(found: tuple[Node, ...], title: str) -> Node:
    """Return the node that describes this page's article, or an empty one.

    Pages also carry nodes of other articles (teasers, lists): an agreeing headline decides, then
    the kind of node, then how much it says.
    """
    wanted = _letters(title)

    def worth(node: Node) -> tuple[bool, bool, bool, int]:
        headline = _letters(text_of(node, "headline") or text_of(node, "name"))
        agrees = bool(wanted and headline) and (headline in wanted or wanted in headline)
        return agrees, not types(node) <= _SECOND_CHOICE, "datePublished" in node, len(node)

    candidates = [node for node in found if types(node) & _ARTICLE_TYPES]
    return max(candidates, key=worth, default={})


def text_of(node: Node, key: str) -> str:
    """Return a property as plain text: entities and tags resolved, first of a list."""
    value = node.get(key)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    if not isinstance(value, str):
        return ""
    return re.sub(r"<[^<>]{0,300}>", " ", unescape(value)) if "<" in value or "&" in value else value


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())


def _load(text: str) -> Any:
    if len(text) > _BLOCK_CHARS:
        return None
    text = text.strip()
    for repair in (str, _unwrapped, _without_trailing_commas):
        text = repair(text)
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _unwrapped(text: str) -> str:
    for _ in range(2):
        text = _WRAPPING.sub("", text).strip()
    return text


def _without_trailing_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", text)


def _walk(value: Any) -> Iterator[Node]:
    """Yield the nodes in reading order; a stack, because depth is the stranger's choice."""
    stack, left = [value], _NODES
    while stack and left:
        each = stack.pop()
        left -= 1
        if isinstance(each, list):
            stack.extend(reversed(each[:_NODES]))
        elif isinstance(each, dict):
            yield each
            stack.extend(each[key] for key in reversed(_INNER) if isinstance(each.get(key), list | dict))
