"""Plain data into trees, noting every problem on the way.

A clause is a map whose keys are plug-ins of `clauses/`; all keys of one clause must hold. A clause
that nothing has to occur for would match everything, so it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from monitor.errors import Problem
from monitor.match import query
from monitor.match.ast import AllOf, AnyOf, Node, Reference, Term
from monitor.match.clauses._base import Clause, Path
from monitor.match.terms import read_string
from monitor.registry import discover

_DEEPEST = 20  # clauses inside clauses; nobody writes more, and a stack is finite


def clause_kinds() -> Mapping[str, Clause]:
    """Return the clauses of the watch language by key."""
    return discover("monitor.match.clauses", "CLAUSE", name="key")


class TreeReader:
    """Reads clauses and items; collects problems instead of raising them."""

    def __init__(
        self,
        kinds: Mapping[str, Clause],
        sets: Mapping[str, object],
        watch_ids: frozenset[str],
        problems: list[Problem],
    ) -> None:
        self._kinds = kinds
        self._set_values = sets
        self._watch_ids = watch_ids
        self._problems = problems
        self._sets: dict[str, Node | None] = {}
        self._open_sets: list[str] = []
        self._language: str | None = None
        self._depth = 0
        self.clause_keys = [key for kind in kinds.values() for key in (kind.key, *kind.options)]
        self._options = tuple((option, kind.key) for kind in kinds.values() for option in kind.options)
        self._terms: dict[tuple[str, str | None], Node] = {}

    def problem(self, path: Path, message: str, *, got: object = "", wanted: str = "") -> None:
        self._problems.append(Problem(path, message, describe(got), wanted))

    def unknown_key(self, path: Path, key: object, known: list[str]) -> None:
        near = get_close_matches(str(key), known, n=1, cutoff=0.6)
        wanted = f"{near[0]}, perhaps" if near else f"one of {', '.join(known)}"
        self.problem(
            (*path, key if isinstance(key, (str, int)) else str(key)), "unknown key", got=str(key), wanted=wanted
        )

    # ── clauses ──

    def clause(self, value: Mapping[str, object], path: Path) -> Node | None:
        """Read the clause keys of a map; other keys are the caller's business."""
        problems_before = len(self._problems)
        self._check_options(value, path)
        present = [kind for key, kind in self._kinds.items() if key in value]
        parts = [kind.read(self, value, path, None) for kind in present if not kind.wraps]
        nodes = [node for node in parts if node is not None]
        if not any(kind.finds for kind in present):
            self._problem_nothing_to_find(value, path)
        node = (nodes[0] if len(nodes) == 1 else AllOf(tuple(nodes))) if nodes else None
        for kind in present:
            if kind.wraps:
                node = kind.read(self, value, path, node)
        return node if len(self._problems) == problems_before else None

    def _check_options(self, value: Mapping[str, object], path: Path) -> None:
        for option, key in self._options:
            if option in value and key not in value:
                message = f"{option} only makes sense beside {key}"
                self.problem((*path, option), message, wanted=f"{key}: in the same clause")

    def _problem_nothing_to_find(self, value: Mapping[str, object], path: Path) -> None:
        wanted = "at least one of " + ", ".join(f"{kind.key}:" for kind in self._kinds.values() if kind.finds)
        if "none" in value:
            self.problem(path, "a clause of none alone holds for nearly everything", wanted=wanted)
        else:
            self.problem(
                path,
                "this clause looks for nothing, so it would match everything",
                got=value or "an empty clause",
                wanted=wanted,
            )

    # ── items ──

    def items(self, value: object, path: Path) -> tuple[Node, ...]:
        if not isinstance(value, (list, tuple)):
            self.problem(path, "a list is wanted here", got=value, wanted="[a, b], or one item a line with a dash")
            return ()
        if not value:
            self.problem(path, "an empty list", wanted="at least one item")
        nodes = (self.item(each, (*path, at)) for at, each in enumerate(value))
        return tuple(node for node in nodes if node is not None)

    def item(self, value: object, path: Path) -> Node | None:
        """Read a string or a clause."""
        if isinstance(value, str):
            return self._string(value, path)
        if isinstance(value, Mapping):
            return self._nested(value, path)
        self.problem(path, "a term is text, or a clause", got=value, wanted="a string; put numbers and dates in quotes")
        return None

    def _string(self, text: str, path: Path) -> Node | None:
        """Read a string; the same term is the same object wherever it stands."""
        kept = self._terms.get((text, self._language))
        if kept is None:
            kept = read_string(text, path, self, self._language)
            if isinstance(kept, Term):
                self._terms[text, self._language] = kept
        return kept

    def _nested(self, value: Mapping[str, object], path: Path) -> Node | None:
        if self._depth >= _DEEPEST:
            self.problem(path, "clauses are nested too deep", wanted=f"at most {_DEEPEST} levels")
            return None
        known = self.clause_keys
        for key in value:
            if key not in known:
                self.unknown_key(path, key, known)
        if value and not any(key in known for key in value):
            return None
        self._depth += 1
        try:
            return self.clause(value, path)
        finally:
            self._depth -= 1

    def query(self, value: object, path: Path) -> Node | None:
        """Read a boolean string; every problem in it says its column."""
        if not isinstance(value, str):
            self.problem(path, "a query is one string", got=value, wanted="query: >- and the string on the next line")
            return None

        def leaf(text: str, at: int) -> Node | None:
            before = len(self._problems)
            node = self._string(text, path)
            self._problems[before:] = [
                replace(each, message=f"{query.place(value, at)}: {each.message}") if each.path == path else each
                for each in self._problems[before:]
            ]
            return node

        try:
            return query.parse(value, leaf)
        except query.QueryError as error:
            message = f"{query.place(value, error.at)}: {error.message}"
            self.problem(path, message, got=error.got, wanted=error.wanted)
            return None

    # ── values ──

    def number(self, value: object, path: Path, *, least: int, most: int) -> int | None:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if (
            isinstance(text, str)
            and text.isascii()
            and text.isdigit()
            and len(text) < 10
            and least <= int(text) <= most
        ):
            return int(text)
        self.problem(path, "a whole number is wanted here", got=value, wanted=f"{least} to {most}")
        return None

    def choice(self, value: object, path: Path, choices: tuple[str, ...]) -> str | None:
        text = str(value).lower() if isinstance(value, (str, bool)) else ""
        if text in choices:
            return text
        self.problem(path, "that is not one of the choices", got=value, wanted=" or ".join(choices))
        return None

    def strings(self, value: object, path: Path) -> tuple[str, ...]:
        """Read a list of plain strings."""
        if not isinstance(value, (list, tuple)) or not value:
            self.problem(path, "a list of words is wanted here", got=value, wanted="[a, b]")
            return ()
        for at, each in enumerate(value):
            if not isinstance(each, str) or not each.strip():
                self.problem((*path, at), "a word is wanted here", got=each, wanted="text")
        return tuple(each.strip() for each in value if isinstance(each, str) and each.strip())

    # ── names ──

    def watch_node(self, watch_id: str, path: Path) -> Reference | None:
        if watch_id in self._watch_ids:
            return Reference(watch_id)
        near = get_close_matches(watch_id, sorted(self._watch_ids), n=1)
        self.problem(
            path,
            "there is no watch of this id",
            got=watch_id or "nothing",
            wanted=f"{near[0]}, perhaps" if near else "the id of another watch",
        )
        return None

    def set_node(self, name: str, path: Path) -> Node | None:
        if name not in self._set_values:
            near = get_close_matches(name, sorted(each for each in self._set_values if " " not in each), n=1)
            self.problem(
                path,
                "there is no set of this name",
                got=f"${name}",
                wanted=f"${near[0]}, perhaps" if near else "the name of a set under sets:",
            )
            return None
        if self._open_sets[-1:] == [name] and shipped_name(name) in self._set_values:
            name = shipped_name(name)
        if name in self._open_sets:
            ring = " -> ".join(f"${each}" for each in [*self._open_sets[self._open_sets.index(name) :], name])
            self.problem(
                path,
                "these sets contain one another in a ring",
                got=ring,
                wanted="a set that does not come back to itself",
            )
            return None
        if len(self._open_sets) >= _DEEPEST:
            self.problem(path, "sets are nested too deep", got=f"${name}", wanted=f"at most {_DEEPEST} levels")
            return None
        if name not in self._sets:
            self._sets[name] = self._read_set(name)
        return self._sets[name]

    def _read_set(self, name: str) -> Node | None:
        value, path = self._set_values[name], ("sets", name)
        outer = self._language
        self._open_sets.append(name)
        try:
            if isinstance(value, Mapping):
                nodes = [
                    node
                    for language, items in value.items()
                    for node in self._set_items(items, (*path, language), language)
                ]
                if not value:
                    self.problem(path, "an empty set", wanted="a list, or language: [words]")
            else:
                nodes = self._set_items(value, path, "*")
        finally:
            self._open_sets.pop()
            self._language = outer
        # Sets inside sets are spliced in, each term once: a set's size is its words, however it is built.
        flat = (item for node in nodes for item in (node.items if isinstance(node, AnyOf) else (node,)))
        return AnyOf(tuple(dict.fromkeys(flat))) if nodes else None

    def _set_items(self, value: object, path: Path, language: object) -> list[Node]:
        if not _is_language(language):
            self.problem(
                path, "that is no language", got=language, wanted='a tag of two or three letters (de, zh), or "*"'
            )
            return []
        self._language = None if language == "*" else str(language).lower().partition("-")[0]
        flat = _flatten(value) if isinstance(value, (list, tuple)) else value
        return list(self.items(flat, path))


def shipped_name(name: str) -> str:
    """Return under what a shipped set is kept that one of the user's replaces: a name no user can give."""
    return f"{name} as shipped"


def describe(got: object) -> str:
    """Write a value the user wrote, short enough for one line."""
    text = got if isinstance(got, str) else "nothing" if got is None else repr(got)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_language(tag: object) -> bool:
    if tag == "*":
        return True
    primary = tag.partition("-")[0] if isinstance(tag, str) else ""
    return primary.isascii() and primary.isalpha() and 2 <= len(primary) <= 3


def _flatten(items: list[object] | tuple[object, ...]) -> list[object]:
    """Lists inside a set's list are more items (a YAML anchor pasted in)."""
    flat: list[object] = []
    for item in items:
        flat += item if isinstance(item, list) else [item]
    return flat
