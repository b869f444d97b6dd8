"""YAML to plain text, with the place of every value.

The file becomes mappings, lists and strings, and nothing else: `NO` stays `NO` and `12:30` stays
`12:30`, because the words of a watch are text in every language. What YAML would quietly turn
into something else (aliases, tags, a key given twice) is refused with its place and the cure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from monitor.errors import ConfigError, Problem

Steps = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, counted from 1

UNKNOWN_KEY = "unknown key"  # such a problem stands where the key stands, not its value
SIZE_CAP_BYTES = 10_000_000  # 100,000 watches are about 8 MB
DEPTH_CAP = 60  # the deepest clause anyone wrote has 7 levels

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_UNWRITABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RESERVED = "*&!@`%|>:"


@dataclass(frozen=True, slots=True)
class Document:
    """A file as data (mappings, lists, strings) with the place of each value and key."""

    data: Any
    file: str
    values: Mapping[Steps, Place] = field(repr=False)
    keys: Mapping[Steps, Place] = field(repr=False)

    def mark(self, path: Steps, *, key: bool = False) -> Place:
        """Return line and column of the value (or key) at `path`, or of the nearest thing around it."""
        if key and path in self.keys:
            return self.keys[path]
        for length in range(len(path), -1, -1):
            if path[:length] in self.values:
                return self.values[path[:length]]
        return (1, 1)


def value_at(data: Any, path: Steps) -> Any:
    """Return what stands at a place, None where nothing does."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def load_document(source: Path | str) -> Document:
    """Read a file (a Path) or a text (a str). Raises ConfigError naming every fault of its YAML."""
    if isinstance(source, str):
        return _Reader("", source).read()
    return _Reader(str(source), _read_text(source)).read()


def locate(problems: Iterable[Problem], document: Document) -> tuple[Problem, ...]:
    """Return the problems with file, line and column filled in where they were missing."""
    return tuple(each if each.line else _locate(each, document) for each in problems)


def _locate(problem: Problem, document: Document) -> Problem:
    line, column = document.mark(problem.path, key=problem.message == UNKNOWN_KEY)
    return replace(problem, file=problem.file or document.file, line=line, column=column)


def _read_text(path: Path) -> str:
    try:
        body = path.read_bytes()
    except FileNotFoundError as error:
        cure = "a file that exists; `tocsin init` writes a starter"
        raise ConfigError((Problem((), "there is no such file", wanted=cure, file=str(path)),)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError((Problem((), f"cannot be read: {reason}", file=str(path)),)) from error
    if len(body) > SIZE_CAP_BYTES:
        message = f"the file has {len(body)} bytes"
        raise ConfigError((Problem((), message, wanted=f"at most {SIZE_CAP_BYTES}", file=str(path)),))
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8")
        line, column = _place(before)
        fault = Problem(
            (),
            "not UTF-8",
            got=f"the byte 0x{body[error.start]:02x}",
            wanted="the file saved as UTF-8",
            file=str(path),
            line=line,
            column=column,
        )
        raise ConfigError((fault,)) from error


def _place(before: str) -> Place:
    """Return line and column of what follows `before`."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


class _Stop(Exception):
    """No use in reading on."""


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    path: Steps
    value: dict[str, Any] | list[Any]
    key: str | None = None  # of a mapping: the key that waits for its value


class _Reader:
    """Turns the events of one YAML text into a Document; notes faults as it goes."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text.removeprefix("\ufeff")
        self._values: dict[Steps, Place] = {}
        self._keys: dict[Steps, Place] = {}
        self._problems: list[Problem] = []
        self._open: list[_Open] = []
        self._roots: list[Any] = []

    def read(self) -> Document:
        try:
            self._refuse_unwritable()
            for event in self._events():
                self._take(event)
        except _Stop:
            pass
        if not self._problems and not self._roots:
            self._note((), "the file is empty", (1, 1), wanted="outlets, watches and channels")
        if self._problems:
            raise ConfigError(tuple(self._problems))
        return Document(self._roots[0], self._file, self._values, self._keys)

    def _note(self, path: Steps, message: str, place: Place, *, got: str = "", wanted: str = "") -> None:
        self._problems.append(Problem(path, message, got, wanted, self._file, *place))

    # ── What no event is made of ────────────────────────────────────────────────────────────

    def _refuse_unwritable(self) -> None:
        found = _UNWRITABLE.search(self._text)
        if found:
            place = _place(self._text[: found.start()])
            code = f"U+{ord(found[0]):04X}"
            self._note((), "a character that no text file should hold", place, got=code, wanted="it removed")
            raise _Stop

    def _events(self) -> Iterator[Any]:
        try:
            yield from yaml.parse(self._text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            self._note_syntax(error)
            raise _Stop from error
        except yaml.YAMLError as error:
            self._note((), f"no YAML: {error}", (1, 1))
            raise _Stop from error

    def _note_syntax(self, error: yaml.MarkedYAMLError) -> None:
        """Say what is wrong and, where the cause is known, what to write instead."""
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        started = error.context_mark
        if started and "quoted scalar" in str(error.context):
            place = (started.line + 1, started.column + 1)
            self._note(self._here(), "this quote is never closed", place, wanted="a closing quote")
            return
        if started and self._sign((started.line + 1, started.column + 1)) in "*&!":
            place = (started.line + 1, started.column + 1)
        sign = self._sign(place)
        if sign == "\t" or "\t" in self._indent(place):
            self._note(self._here(), "a tab stands in the indentation", place, wanted="spaces")
        elif sign and sign in _RESERVED and "mapping values" not in str(error.problem):
            self._note(self._here(), f"a bare text cannot start with {sign}", place, wanted=_quote_it(sign))
        else:
            self._note(self._here(), *_say(error, place))

    def _here(self) -> Steps:
        return self._step() if self._open else ()

    def _line(self, place: Place) -> str:
        lines = self._text.split("\n")
        return lines[place[0] - 1] if place[0] <= len(lines) else ""

    def _sign(self, place: Place) -> str:
        return self._line(place)[place[1] - 1 : place[1]]

    def _indent(self, place: Place) -> str:
        line = self._line(place)
        return line[: len(line) - len(line.lstrip())]

    # ── One event after the other ───────────────────────────────────────────────────────────

    def _take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                if self._roots:
                    place = _at(event)
                    self._note((), "a second document starts here", place, wanted="one document, without ---")
                    raise _Stop
            case yaml.AliasEvent():
                self._refuse_sign(event, "*", str(event.anchor))
                self._add("", event)
            case yaml.ScalarEvent():
                self._refuse_signs(event)
                self._add(event.value, event)
            case yaml.MappingStartEvent():
                self._enter({}, event)
            case yaml.SequenceStartEvent():
                self._enter([], event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._open.pop()

    def _enter(self, empty: dict[str, Any] | list[Any], event: Any) -> None:
        self._refuse_signs(event)
        if len(self._open) >= DEPTH_CAP:
            self._note(self._here(), "nested too deeply", _at(event), wanted=f"at most {DEPTH_CAP} levels")
            raise _Stop
        if self._awaits_key():
            what = "a mapping" if isinstance(empty, dict) else "a list"
            self._note(self._open[-1].path, "a key must be a text", _at(event), got=what)
            raise _Stop
        path = self._step() if self._open else ()
        self._add(empty, event)
        self._open.append(_Open(path, empty))

    def _add(self, value: Any, event: Any) -> None:
        """Put a value where it belongs: a key or value of a mapping, an item of a list, or the whole file."""
        if not self._open:
            self._values[()] = _at(event)
            self._roots.append(value)
            return
        if self._awaits_key():
            self._open_key(str(value), event)
            return
        path = self._step()
        top = self._open[-1]
        self._values.setdefault(path, _at(event))
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value.setdefault(top.key, value)
            top.key = None

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _open_key(self, key: str, event: Any) -> None:
        top = self._open[-1]
        path = (*top.path, key)
        if path in self._keys:
            first = self._keys[path][0]
            self._note(path, f"the key {key!r} stands twice", _at(event), got=f"it also stands in line {first}")
        self._keys.setdefault(path, _at(event))
        top.key = key

    def _step(self) -> Steps:
        """Return the path of the value that comes next."""
        top = self._open[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return (*top.path, top.key) if top.key is not None else top.path

    def _refuse_signs(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse_sign(event, "&", event.anchor)
        if event.tag is not None:
            self._refuse_sign(event, "!", event.tag.removeprefix("!"))

    def _refuse_sign(self, event: Any, sign: str, rest: str) -> None:
        message = f"a bare text cannot start with {sign}"
        self._note(self._here(), message, _at(event), got=sign + rest, wanted=_quote_it(sign))


def _at(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _quote_it(sign: str) -> str:
    return f"quotes around a term that starts with {sign}"


def _say(error: yaml.MarkedYAMLError, place: Place) -> tuple[str, Place]:
    """Translate the commonest complaints of the YAML parser; pass on the rest."""
    problem = str(error.problem or "no YAML")
    if "mapping values are not allowed" in problem:
        return "a colon where none can stand: check the indentation, or quote a text that holds ': '", place
    if "block collection" in str(error.context):
        return "this does not belong to the list above: start it with '- ', indent it, or quote the whole text", place
    if "block mapping" in str(error.context):
        return "this does not line up with the keys above: check the indentation, or quote the whole text", place
    if "flow" in str(error.context):
        return f"a list in [ ] or a mapping in {{ }} is never closed: {problem}", place
    return problem, place
