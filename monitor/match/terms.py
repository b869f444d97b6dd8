"""One string of a watch into a node: words, phrases, =Exact, stem*, /regex/, $set, watch:id, A ~ B.

Strings that start or end with what looks like an operator of another product are refused with what
to write here instead; nothing is searched for that the user did not mean.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from monitor.match.ast import AnyOf, Mode, Near, Node, Reference, Term, Word
from monitor.match.clauses._base import Path
from monitor.match.clauses.near import DEFAULT_WITHIN, MOST_WITHIN
from monitor.match.fold import fold_word
from monitor.match.regex import RegexError, is_regex, read_regex
from monitor.match.scripts import WORD

TERM_MOST = 200  # characters; a longer string is a pasted text
_TILDES = re.compile(r"(?:^|\s)~(\d*)(?:\s|$)")
_BOOLEAN = r"(?:^|\s)(?:AND|OR|NOT|NEAR(?:/\d+)?|ONEAR(?:/\d+)?)(?:\s|$)"
_FIELD = r"(?i:^(?:title|intitle|lead|body|site|lang|author):)"
_OPERATOR = r"^[+&|@%^`<>~*?#/\\\[\](){},;:]"
_REFUSED = tuple(
    (re.compile(pattern), message, wanted)
    for pattern, message, wanted in (
        (_BOOLEAN, "boolean words are not understood inside a term", "any:, all:, none: or near:"),
        (_FIELD, "field prefixes are not understood", "in: beside the term, or lang:, outlets: of the watch"),
        (r"^[\"“”„«»]|[\"“”„«»]$", "quotes mean nothing here", "the words alone for a phrase, =Word for exactly this"),
        (r"^[-!]", "a leading minus or exclamation mark does not exclude", "the term under none: or ignore:"),
        (_OPERATOR, "a term cannot start with this sign", "a letter or a digit, = or $"),
        (r"[|\[\](){}\\]", "brackets and bars are not understood inside a term", "clauses: any:, all:, near:"),
    )
)
# Without one of these signs, and without a word in capitals, nothing above can apply.
_SUSPECT = re.compile(r"[^\w\s'’.]|\b(?:AND|OR|NOT|O?NEAR)\b")


class Names(Protocol):
    """Where the names in a string lead."""

    def set_node(self, name: str, path: Path) -> Node | None:
        """Return what `$name` stands for; note a problem and return None for an unknown one."""
        ...

    def watch_node(self, watch_id: str, path: Path) -> Reference | None:
        """Return a reference to a watch; note a problem and return None for an unknown one."""
        ...

    def problem(self, path: Path, message: str, *, got: object = "", wanted: str = "") -> None:
        """Note something wrong."""
        ...


def read_string(text: str, path: Path, names: Names, language: str | None) -> Node | None:
    """Return the node of one string of the user's, or None once a problem is noted."""
    text = text.strip()
    if "~" in text and _TILDES.search(text) and not text.startswith("=") and not is_regex(text):
        return _read_near(text, path, names, language)
    return _read_operand(text, path, names, language)


def _read_near(text: str, path: Path, names: Names, language: str | None) -> Node | None:
    pieces = _TILDES.split(text)
    sides, numbers = pieces[0::2], pieces[1::2]
    if any(not side.strip() for side in sides):
        names.problem(path, "~ needs something on either side", got=text, wanted="A ~ B, or A ~8 B for eight words")
        return None
    if len(sides) > 2 and len(set(numbers)) > 1:
        names.problem(
            path, "several ~ in one string must say the same distance", got=text, wanted="near: [A, B, C] with within:"
        )
        return None
    within = int(numbers[0]) if numbers[0] and len(numbers[0]) < 5 else DEFAULT_WITHIN if not numbers[0] else 0
    if not 1 <= within <= MOST_WITHIN:
        names.problem(
            path, "that is no distance", got=f"~{numbers[0]}", wanted=f"a number of words from 1 to {MOST_WITHIN}"
        )
        return None
    nodes = [_read_operand(side.strip(), path, names, language) for side in sides]
    found = tuple(node for node in nodes if node is not None)
    return Near(found, within) if len(found) == len(nodes) else None


def _read_operand(text: str, path: Path, names: Names, language: str | None) -> Node | None:
    if text.startswith("$"):
        return names.set_node(text[1:], path)
    if text.startswith("watch:"):
        return names.watch_node(text[len("watch:") :].strip(), path)
    if is_regex(text):
        return _read_regex(text, path, names)
    return _read_term(text, path, names, language)


def _read_regex(text: str, path: Path, names: Names) -> Node | None:
    try:
        terms = read_regex(text)
    except RegexError as error:
        names.problem(path, error.message, got=text, wanted=error.wanted)
        return None
    return terms[0] if len(terms) == 1 else AnyOf(terms)


def _read_term(text: str, path: Path, names: Names, language: str | None) -> Term | None:
    if not text:
        names.problem(path, "an empty term would match everything", wanted="a word")
        return None
    if len(text) > TERM_MOST:
        names.problem(path, "this is too long for a term", got=f"{len(text)} characters", wanted=f"at most {TERM_MOST}")
        return None
    if text.startswith("="):
        return _read_exact(text, path, names)
    for pattern, message, wanted in _REFUSED if _SUSPECT.search(text) else ():
        if pattern.search(text):
            names.problem(path, message, got=text, wanted=wanted)
            return None
    return _read_plain(text, path, names, language)


def _read_exact(text: str, path: Path, names: Names) -> Term | None:
    written = " ".join(unicodedata.normalize("NFC", text[1:]).split())
    pieces = _pieces(written)
    if not pieces:
        names.problem(path, "there is no word after =", got=text, wanted="=Word")
        return None
    # The words find the place; the whole spelling, marks included, is compared there.
    return Term(f"={written}", tuple(Word(piece, None, Mode.EXACT) for piece in pieces))


def _read_plain(text: str, path: Path, names: Names, language: str | None) -> Term | None:
    words: list[Word] = []
    for part in text.split():
        is_prefix = part.endswith("*")
        stem = part.rstrip("*")
        pieces = _pieces(stem)
        if "*" in stem or part.endswith("**") or (is_prefix and not pieces):
            names.problem(path, "a * may only stand at the end of a word", got=text, wanted="stem*")
            return None
        words += (Word(piece, language) for piece in pieces)
        if is_prefix:
            words[-1] = Word(words[-1].text, language, Mode.PREFIX)
    if not words:
        names.problem(path, "there is no letter or digit in this term", got=text, wanted="a word")
        return None
    if any(word.mode is Mode.PREFIX and len(word.text) < 2 for word in words):
        names.problem(
            path, "one letter and a * is too little to search for", got=text, wanted="at least two letters before the *"
        )
        return None
    return Term(text, tuple(words))


def _pieces(text: str) -> list[str]:
    """Return the folded words of a text; hyphens and apostrophes divide as spaces do."""
    return WORD.findall(fold_word(text))


def lonely(node: Node | None) -> list[Term]:
    """Return the one-letter terms any of which alone would make `node` hold."""
    if isinstance(node, Term):
        return [node] if len(node.words) == 1 and len(node.words[0].text) == 1 else []
    if isinstance(node, AnyOf):
        return [term for item in node.items for term in lonely(item)]
    return []
