"""`/pattern/` into what the automaton needs (a literal that every match contains) and what finds the match.

A pattern is held against folded text, as every term is: any case, any accent. RE2 runs it, in time
linear in the text whatever the pattern; what RE2 cannot do (backreferences, look-around) is refused,
and so is a pattern without three letters in a row, for it would have to be tried on every article.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import re2  # type: ignore[import-untyped]  # it ships no types

from monitor.match.ast import Mode, Term, Word
from monitor.match.fold import fold_word
from monitor.match.scripts import Kind, kind_of

REGEX_MOST = 200  # characters
MENTIONS_MOST = 200  # per text: a field counts three, and 200 bounds the work on a text made to match
_REPEAT_MOST = 100
_LEAST_LITERAL = 3  # letters
_LEAST_LITERAL_RUNNING = 2  # characters of scripts that write a syllable or a word in one
_PROGRAM_MOST = 20_000  # RE2 instructions: `\w{10}` has 7,000
_WORD = r"\pL\pN\pM_"
_CLASSES = {"w": _WORD, "d": r"\p{Nd}", "s": r"\s\pZ"}
_ESCAPES = {"n": r"\n", "t": r"\t", "r": r"\r"}
_REPEAT = re.compile(r"(?:[*+?]|\{(\d+)(?:,(\d*))?\})")
SURROGATES = re.compile("[\ud800-\udfff]")  # RE2 takes UTF-8, in which they cannot be written
_SYNTAX = frozenset("\\.+*?()|[]{}^$-")


class RegexError(Exception):
    """A pattern that is refused: why, and what is wanted instead."""

    def __init__(self, message: str, wanted: str) -> None:
        super().__init__(message)
        self.message, self.wanted = message, wanted


def is_regex(written: str) -> bool:
    """Whether a string is written as a pattern."""
    return len(written) > 1 and written.startswith("/") and re.fullmatch(r"/.*/[a-z]*", written, re.DOTALL) is not None


def read_regex(written: str) -> tuple[Term, ...]:
    """Return one term for each alternative of `/pattern/`; raises RegexError."""
    if len(written) > REGEX_MOST:
        raise RegexError("this pattern is too long", f"at most {REGEX_MOST} characters")
    body, _, flags = written[1:].rpartition("/")
    if flags not in {"", "i"}:
        raise RegexError(
            f"the flags {flags} are not understood", "none: case never counts, ^ and $ are those of a line"
        )
    branches = _Parser(unicodedata.normalize("NFC", body).replace("\\/", "/")).branches()
    terms = []
    for branch in branches:
        literal = branch.literal()
        term = Term(f"/{branch.source}/", (Word(literal, None, Mode.REGEX),))
        _compiled(term.written)
        terms.append(term)
    return tuple(terms)


def find(term: Term, haystack: str) -> Iterator[tuple[int, int]]:
    """Give the spans at which a pattern stands in a folded text, the first 200."""
    haystack = SURROGATES.sub("\ufffd", haystack)
    program = _compiled(term.written)
    found = program.search(haystack)
    for _ in range(MENTIONS_MOST):
        if found is None:
            return
        yield found.span(1)
        # From the end of the group, not of the match: the edge of one word may be that of the next.
        found = program.search(haystack, found.end(1))


@lru_cache(maxsize=5_000)
def _compiled(written: str) -> re2._Regexp:
    """Return the program of one alternative; raises RegexError."""
    (branch,) = _Parser(written[1:-1]).branches()
    options = re2.Options()
    options.log_errors = False
    options.never_capture = False
    try:
        program = re2.compile(branch.pattern(), options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise RegexError(f"this pattern cannot be used: {reason}", "a simpler one") from error
    if program.programsize > _PROGRAM_MOST:
        raise RegexError("this pattern is too costly", "fewer or smaller repeats of \\w")
    return program


@dataclass(slots=True)
class _Branch:
    """One alternative: as written, as RE2 takes it, and the runs of letters that every match contains."""

    source: str
    folded: str
    runs: tuple[str, ...]
    opens_word: bool = False  # it began with \b
    closes_word: bool = False

    def pattern(self) -> str:
        # RE2's own \b knows only ASCII letters, so a word's edge is a character that is none of a word.
        before = f"(?:^|[^{_WORD}])" if self.opens_word else ""
        after = f"(?:$|[^{_WORD}])" if self.closes_word else ""
        return f"(?im){before}({self.folded}){after}"

    def literal(self) -> str:
        """Return the longest run; raises RegexError where none is long enough to search for."""
        longest = max(self.runs, key=len, default="")
        least = _LEAST_LITERAL if not longest or kind_of(longest) is Kind.SPACED else _LEAST_LITERAL_RUNNING
        if len(longest) < least:
            message = "no three letters in a row are in every match, so every article would have to be tried"
            raise RegexError(message, "three letters outside brackets, * and ?; alternatives as items of their own")
        return longest


@dataclass(slots=True)
class _Atom:
    """One piece of a pattern: as RE2 takes it, and the letters it stands for, if it stands for no others."""

    folded: str
    letters: str | None = None
    runs: tuple[str, ...] = ()  # within a group
    is_edge: bool = False  # \b


class _Parser:
    """Reads a pattern, folds its letters, and refuses what has no linear meaning."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def branches(self) -> list[_Branch]:
        found = self._alternatives()
        if self._at < len(self._text):
            raise RegexError(
                f"character {self._at + 1} closes a bracket that was never opened", "\\) for the sign itself"
            )
        return found

    def _alternatives(self) -> list[_Branch]:
        found = [self._sequence()]
        while self._next("|"):
            found.append(self._sequence())
        if any(not branch.source for branch in found):
            raise RegexError("an empty alternative would match everything", "letters on both sides of |")
        return found

    def _next(self, sign: str) -> bool:
        is_next = self._text.startswith(sign, self._at)
        self._at += len(sign) * is_next
        return is_next

    def _sequence(self) -> _Branch:
        start = self._at
        atoms: list[_Atom] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            atoms.append(self._repeated(self._atom()))
        opens, closes = bool(atoms) and atoms[0].is_edge, len(atoms) > 1 and atoms[-1].is_edge
        inner = atoms[opens : len(atoms) - closes]
        if any(atom.is_edge for atom in inner) or (self._depth and (opens or closes)):
            raise RegexError("\\b can only stand at the start or the end", "\\b at the edges of the whole pattern")
        folded = "".join(atom.folded for atom in inner)
        return _Branch(self._text[start : self._at], folded, _runs(inner), opens, closes)

    def _atom(self) -> _Atom:
        char = self._text[self._at]
        self._at += 1
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._class()
        if char == "(":
            return self._group()
        if char in ".^$":
            return _Atom(char)
        if char in "*+?" or (char == "{" and _REPEAT.match(self._text, self._at - 1)):
            raise RegexError(f"{char} has nothing to repeat", f"\\{char} for the sign itself")
        return _letter(char)

    def _escape(self) -> _Atom:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        if char.lower() in _CLASSES and char:
            return _Atom(f"[{'^' if char.isupper() else ''}{_CLASSES[char.lower()]}]")
        if char == "b":
            return _Atom("", is_edge=True)
        if char in _ESCAPES:
            return _Atom(_ESCAPES[char])
        if char in {"p", "P"}:
            return _Atom(self._property(char))
        return _letter(self._sign(char))

    def _sign(self, char: str) -> str:
        if char.isdigit():
            raise RegexError("backreferences are not understood", "the letters themselves")
        if not char or char.isalpha():
            raise RegexError(f"\\{char} is not understood", "letters as they are, \\w \\d \\s \\b, or \\ before a sign")
        return char

    def _property(self, char: str) -> str:
        found = re.compile(r"[A-Z]|\{\^?[A-Za-z_]+\}").match(self._text, self._at)
        if found is None:
            raise RegexError(f"\\{char} names no kind of letters", "\\p{Cyrillic}, say")
        self._at = found.end()
        return f"\\{char}{found.group()}"

    def _group(self) -> _Atom:
        self._depth += 1
        if self._depth > 10:
            raise RegexError("brackets are nested too deep", "at most ten levels")
        if not (self._next("?:") or self._next("?i:")) and self._text.startswith("?", self._at):
            raise RegexError("look-around and named groups are not understood", "( or (?:")
        branches = self._alternatives()
        if not self._next(")"):
            raise RegexError("a bracket is never closed", "), or \\( for the sign itself")
        self._depth -= 1
        runs = branches[0].runs if len(branches) == 1 else ()
        return _Atom(f"(?:{'|'.join(branch.folded for branch in branches)})", runs=runs)

    def _class(self) -> _Atom:
        pieces = ["[^" if self._next("^") else "["]
        members: list[str] = []
        while not members or not self._next("]"):  # a ] right after the [ is a member
            if self._at >= len(self._text):
                raise RegexError("a [ is never closed", "], or \\[ for the sign itself")
            members.append(self._member())
        return _Atom("".join([*pieces, *members, "]"]))

    def _member(self) -> str:
        first = self._class_char()
        if len(first) > 1 or not self._text.startswith("-", self._at) or self._text.startswith("-]", self._at):
            return first if len(first) > 1 else _in_class(first)
        self._at += 1
        last = self._class_char()
        ends = (first.casefold(), last.casefold())
        if len(last) != 1 or any(fold_word(end) != end for end in ends) or first > last:
            raise RegexError(f"[{first}-{last}] is no range of letters without accents", "letters one by one, or \\w")
        return f"{_quoted(first)}-{_quoted(last)}"

    def _class_char(self) -> str:
        """Return one character, or the inside of a class that an escape stands for."""
        char = self._text[self._at : self._at + 1]
        self._at += 1
        if char != "\\":
            return char
        char = self._text[self._at : self._at + 1]
        self._at += 1
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char in {"p", "P"}:
            return self._property(char)
        return self._sign(char)

    def _repeated(self, atom: _Atom) -> _Atom:
        found = _REPEAT.match(self._text, self._at)
        if found is None:
            return atom
        if atom.is_edge or not atom.folded:
            raise RegexError(f"{found.group()} has nothing to repeat", "a letter before it")
        self._at = found.end()
        least, most = int(found[1] or 0), int(found[2] or found[1] or 0)
        if max(least, most) > _REPEAT_MOST:
            raise RegexError(f"{found.group()} repeats too often", f"at most {_REPEAT_MOST}")
        lazy = "?" if self._next("?") else ""
        if self._next("+") or _REPEAT.match(self._text, self._at):
            raise RegexError("a repeat of a repeat is not understood", "one of * + ? {n,m}")
        is_needed = found.group() == "+" or least > 0
        runs = (*atom.runs, *([atom.letters] if atom.letters else [])) if is_needed else ()
        return _Atom(f"{_unit(atom.folded)}{found.group()}{lazy}", runs=runs)


def _unit(folded: str) -> str:
    """What a repeat may follow: two letters that one was folded into are bracketed."""
    return folded if len(folded) == 1 or folded[0] in "\\[(" else f"(?:{folded})"


def _letter(char: str) -> _Atom:
    letters = fold_word(char)
    return _Atom("".join(_quoted(each) for each in letters), letters if letters.isalnum() else None)


def _quoted(char: str) -> str:
    return f"\\{char}" if char in _SYNTAX else char


def _in_class(char: str) -> str:
    folded = fold_word(char)
    if len(folded) > 1:
        raise RegexError(f"{char} is more than one letter when accents and ligatures are undone", "(?:a|b) for [ab]")
    return _quoted(folded or char)


def _runs(atoms: list[_Atom]) -> tuple[str, ...]:
    """Return the runs of letters that a sequence always contains."""
    runs, run = [], ""
    for atom in atoms:
        if atom.letters is not None:
            run += atom.letters
            continue
        runs += [run, *atom.runs]
        run = ""
    return tuple(each for each in (*runs, run) if each)
