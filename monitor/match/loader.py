"""The user's watches and sets, as plain data, into Rules; or every problem in them at once.

Sets are the shipped lexicon with the user's own on top: a set of the same name replaces the shipped
one, and may contain it. Watches refer to sets by $name and to each other by watch:id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from monitor.errors import ConfigError, Problem
from monitor.match.ast import SHADOW_FOR_GOOD, Filter, Node, Rules, Watch
from monitor.match.clauses._base import Path
from monitor.match.filters import primary_language
from monitor.match.heap import uncollected
from monitor.match.reader import TreeReader, clause_kinds, describe, shipped_name
from monitor.match.shipped import shipped_sets
from monitor.match.terms import lonely
from monitor.match.tree import References
from monitor.model import WatchInfo

DEFAULT_MIN_SCORE = 2  # one passing mention deep in the body is kept, but does not alert
_LONGEST_CHAIN = 30  # watches; nobody refers further
_ID = re.compile(r"[\w][\w.\-]{0,63}")
_SPAN = re.compile(r"([1-9][0-9]{0,2}) ?([hdw])")
_SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SET_NAME = re.compile(r"[\w][\w.\-]{0,63}")
_FILTER_KEYS = frozenset({"lang", "country", "outlets"})
_NO_FILTER = Filter()
WATCH_KEYS: Mapping[str, Mapping[str, Any]] = {
    "id": {
        "type": "string",
        "pattern": "^\\w[\\w.-]{0,63}$",
        "description": "Names the watch in routes, alerts and watch:id; never shown to readers.",
    },
    "name": {"type": "string", "description": "What readers of an alert see; the id where it is missing."},
    "tags": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Words of your own, handed on with every alert.",
    },
    "min_score": {
        "type": ["integer", "string"],
        "default": DEFAULT_MIN_SCORE,
        "description": "3 for a mention in the title, 2 in the lead, 1 in the body, three mentions counted per field. "
        "The default of 2 lets one passing mention deep in the body not alert.",
    },
    "min_mentions": {
        "type": ["integer", "string"],
        "default": 1,
        "description": "How many mentions there must be in all.",
    },
    "lang": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Only texts in these languages, and texts whose language is unknown.",
    },
    "country": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Only outlets of these countries, and outlets whose country is unknown.",
    },
    "outlets": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "include": {"type": "array", "items": {"type": "string"}},
            "exclude": {"type": "array", "items": {"type": "string"}},
        },
        "description": "Only these outlets, or all but these: by id, name, tag or domain.",
    },
    "shadow": {
        "type": ["boolean", "string"],
        "pattern": "^(true|false|[1-9][0-9]{0,2} ?[hdw])$",
        "description": "Match without telling anyone: true, or for so long from the first start with it (12h, 7d, 2w). "
        "`tocsin watches` shows what would have been told.",
    },
}


def load_rules(watches: Sequence[object], sets: Mapping[str, object]) -> Rules:
    """Return the rules in plain data as a YAML loader leaves it; raise ConfigError with every problem found."""
    with uncollected():
        return _load(watches, sets)


def _load(watches: Sequence[object], sets: Mapping[str, object]) -> Rules:
    problems: list[Problem] = []
    if not isinstance(watches, (list, tuple)):
        raise ConfigError((Problem(("watches",), "a list of watches is wanted here", describe(watches), "- id: …"),))
    if not isinstance(sets, Mapping):
        raise ConfigError((Problem(("sets",), "a map of sets is wanted here", describe(sets), "name: [words]"),))
    ids = _ids(watches, problems)
    reader = TreeReader(clause_kinds(), _all_sets(sets, problems), frozenset(ids.values()), problems)
    read = [_Reading(reader, value, ("watches", at), ids.get(at)).watch() for at, value in enumerate(watches)]
    for name in sets:
        if isinstance(name, str) and _SET_NAME.fullmatch(name):
            reader.set_node(name, ("sets", name))
    found = {watch.info.id: watch for watch in read if watch is not None}
    _check_rings(found, ids, problems)
    if problems:
        raise ConfigError(tuple(dict.fromkeys(problems)))
    return Rules(tuple(found.values()))


def _ids(watches: Sequence[object], problems: list[Problem]) -> dict[int, str]:
    """Return each watch's id by its place; note what is missing, misshapen or taken."""
    ids: dict[int, str] = {}
    taken: set[str] = set()
    for at, value in enumerate(watches):
        watch_id = value.get("id") if isinstance(value, Mapping) else ""
        path: Path = ("watches", at, "id")
        if not isinstance(value, Mapping):
            continue
        if watch_id is None:
            problems.append(
                Problem(
                    ("watches", at),
                    "a watch needs an id",
                    describe(value.get("name")) if value.get("name") else "",
                    "id: a-short-name",
                )
            )
        elif not isinstance(watch_id, str) or not _ID.fullmatch(watch_id):
            problems.append(
                Problem(path, "that is no id", describe(watch_id), "letters, digits, dots, dashes, at most 64")
            )
        elif watch_id in taken:
            problems.append(Problem(path, "another watch has this id", watch_id, "an id of its own"))
        else:
            ids[at] = watch_id
            taken.add(watch_id)
    return ids


def _all_sets(sets: Mapping[str, object], problems: list[Problem]) -> dict[str, object]:
    """Lay the user's sets over the shipped ones; `$name` inside the user's `name` means the shipped one."""
    together = dict(shipped_sets())
    for name, value in sets.items():
        if not isinstance(name, str) or not _SET_NAME.fullmatch(name):
            problems.append(
                Problem(
                    ("sets", str(name)), "that is no name for a set", describe(name), "letters, digits, dots, dashes"
                )
            )
            continue
        if name in together:
            together[shipped_name(name)] = together[name]
        together[name] = value
    return together


class _Reading:
    """One watch being read."""

    def __init__(self, reader: TreeReader, value: object, path: Path, watch_id: str | None) -> None:
        self._reader = reader
        self._value = value
        self._path = path
        self._id = watch_id

    def watch(self) -> Watch | None:
        value = self._value
        if not isinstance(value, Mapping):
            self._reader.problem(self._path, "a watch is a map", got=value, wanted="id: and any:, all: or near:")
            return None
        known = self._reader.clause_keys
        for key in value:
            if key not in WATCH_KEYS and key not in known:
                self._reader.unknown_key(self._path, key, [*WATCH_KEYS, *known])
        is_clause = any(key in self._reader.clause_keys for key in value)
        # A misspelt or unsupported key has its own problem; saying that nothing is looked for would only blur it.
        clause = (
            self._reader.clause(value, self._path) if is_clause or all(key in WATCH_KEYS for key in value) else None
        )
        self._check_lonely(clause)
        info = WatchInfo(self._id or "", self._name(value), self._strings("tags"))
        min_score = self._number("min_score", DEFAULT_MIN_SCORE, 18)
        min_mentions = self._number("min_mentions", 1, 1000)
        wanted = self._filter()
        shadow = self._shadow()
        if clause is None or self._id is None:
            return None
        return Watch(info, clause, min_score, min_mentions, wanted, shadow)

    def _name(self, value: Mapping[str, object]) -> str:
        name = value.get("name", self._id or "")
        if not isinstance(name, str) or (not name.strip() and "name" in value):
            self._reader.problem((*self._path, "name"), "a name is text", got=name, wanted="what readers should see")
            return ""
        return name.strip()

    def _number(self, key: str, default: int, most: int) -> int:
        value = self._mapping.get(key, default)
        found = self._reader.number(value, (*self._path, key), least=1, most=most)
        return default if found is None else found

    def _strings(self, key: str) -> tuple[str, ...]:
        return self._reader.strings(self._mapping[key], (*self._path, key)) if key in self._mapping else ()

    @property
    def _mapping(self) -> Mapping[str, object]:
        assert isinstance(self._value, Mapping)
        return self._value

    def _filter(self) -> Filter:
        if not self._mapping.keys() & _FILTER_KEYS:
            return _NO_FILTER
        languages = frozenset(primary_language(tag) or tag for tag in self._strings("lang"))
        countries = frozenset(country.upper() for country in self._strings("country"))
        for country in sorted(countries):
            if not (len(country) == 2 and country.isascii() and country.isalpha()):
                self._reader.problem(
                    (*self._path, "country"), "that is no country", got=country, wanted="a code of two letters (DE, FR)"
                )
        outlets = self._mapping.get("outlets", {})
        path = (*self._path, "outlets")
        if not isinstance(outlets, Mapping):
            self._reader.problem(path, "a map is wanted here", got=outlets, wanted="include: [..] or exclude: [..]")
            return Filter(languages, countries)
        for key in outlets:
            if key not in {"include", "exclude"}:
                self._reader.unknown_key(path, key, ["include", "exclude"])
        include, exclude = (
            tuple(name.casefold() for name in self._reader.strings(outlets[key], (*path, key)))
            if key in outlets
            else ()
            for key in ("include", "exclude")
        )
        return Filter(languages, countries, include, exclude)

    def _shadow(self) -> timedelta | None:
        value = self._mapping.get("shadow", "false")
        text = str(value).strip().lower() if isinstance(value, (str, bool)) else ""
        if text in {"true", "false"}:
            return SHADOW_FOR_GOOD if text == "true" else None
        found = _SPAN.fullmatch(text)
        if found is None:
            self._reader.problem(
                (*self._path, "shadow"), "that is no time to stay silent", got=value, wanted="true, or 12h, 7d, 2w"
            )
            return None
        return int(found[1]) * _SPANS[found[2]]

    def _check_lonely(self, clause: Node | None) -> None:
        for term in lonely(clause):
            self._reader.problem(
                self._path,
                "one letter alone matches far too much",
                got=term.written,
                wanted="a longer term, or with:, all:, near: beside it",
            )


def _check_rings(found: Mapping[str, Watch], ids: Mapping[int, str], problems: list[Problem]) -> None:
    """Note watches that refer to themselves, directly or through others, and endless chains of them."""
    places = {watch_id: at for at, watch_id in ids.items()}
    find = References()
    leads = {watch_id: find.of(watch.clause) for watch_id, watch in found.items()}
    done: set[str] = set()
    for start in leads:
        ring = _ring(start, leads, [], done)
        if ring:
            done.update(ring)  # one ring is told once, not once for each watch in it
            message = "these watches refer to one another in a ring, or through too many others"
            wanted = f"a watch that does not come back to itself, {_LONGEST_CHAIN} links at most"
            problems.append(Problem(("watches", places[ring[0]]), message, describe(" -> ".join(ring)), wanted))


def _ring(watch_id: str, leads: Mapping[str, tuple[str, ...]], trail: list[str], done: set[str]) -> list[str]:
    if watch_id in done:
        return []
    if watch_id in trail or len(trail) > _LONGEST_CHAIN:
        return [*trail[trail.index(watch_id) if watch_id in trail else 0 :], watch_id]
    for following in leads.get(watch_id, ()):
        ring = _ring(following, leads, [*trail, watch_id], done)
        if ring:
            return ring
    done.add(watch_id)
    return []
