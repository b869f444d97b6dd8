"""How well do watches tell texts apart? Precision, recall and F1 on labelled texts, beside two simpler matchers.

python -m benchmarks.match_quality [texts.jsonl] [watches.yml ...] [label=watch-id ...]

Texts are JSON lines {lang, title, text, labels {name: true or false}}; without arguments the labelled texts
and the watch files of $TOCSIN_DATA/match. The two others know the watch's plain terms only, each of them
enough: as substrings of the folded text, and as phrases of Snowball stems (left out where not installed).
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from benchmarks._table import Skipped, print_table, print_title
from benchmarks.match_forms import SNOWBALL
from monitor.match.ast import Context, Ignoring, Mode, Node, NoneOf, Reference, Rules, Term
from monitor.match.fold import fold_word
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.scripts import WORD
from monitor.match.tree import children
from monitor.model import Document
from tests.data import data_root

Finder = Callable[[Document], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and the watches a reader says it meets."""

    document: Document
    wanted: frozenset[str]
    judged: frozenset[str]


def main() -> None:
    texts, watch_files, names = _arguments(sys.argv[1:])
    rules = _rules(watch_files)
    rows = [_labelled(json.loads(line), names) for line in texts.read_text("utf-8").splitlines() if line.strip()]
    known = {watch.info.id for watch in rules.watches}
    if unknown := {name for row in rows for name in row.judged} - known:
        raise SystemExit(f"no watch is called {', '.join(sorted(unknown))}: say label=watch-id for each")
    matcher = Matcher(rules)
    finders: dict[str, Finder] = {
        "ours": lambda document: frozenset(match.watch_id for match in matcher.match(document)),
        "substring": _substrings(rules),
    }
    if (snowball := _snowball(rules)) is not None:
        finders["Snowball"] = snowball
    else:
        print("Snowball left out: snowballstemmer is not installed")
    tallies = {name: _tally(rows, finder) for name, finder in finders.items()}
    print_title("Labelled texts", f"{texts.name}: {len(rows)} texts; P, R, F1 in percent")
    columns = ("", "wanted", *(f"{name} {figure}" for name in finders for figure in ("P", "R", "F1")))
    groups = sorted(tallies["ours"], key=lambda group: (group != "all", len(group) <= 2, group))
    print_table(columns, (_cells(group, tallies.values()) for group in groups))


def _arguments(given: Sequence[str]) -> tuple[Path, list[Path], dict[str, str]]:
    names = dict(each.split("=", 1) for each in given if "=" in each)
    files = [Path(each) for each in given if "=" not in each]
    texts = next((each for each in files if each.suffix == ".jsonl"), None)
    watches = [each for each in files if each.suffix != ".jsonl"]
    root = data_root()
    if root is None and (texts is None or not watches):
        raise Skipped("no data: set TOCSIN_DATA")
    folder = (root or Path()) / "match"
    return (
        texts or folder / "eval-dev.jsonl",
        watches or [folder / "watches" / name for name in ("lexicon.yaml", "kursk.yaml")],
        names,
    )


def _rules(watch_files: Iterable[Path]) -> Rules:
    watches: list[Any] = []
    sets: dict[str, Any] = {}
    for file in watch_files:
        table = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)
        watches += table.get("watches", [])
        sets |= table.get("sets", {})
    return load_rules(watches, sets)


def _labelled(row: Mapping[str, Any], names: Mapping[str, str]) -> Labelled:
    labels = {names.get(name, name): value for name, value in row["labels"].items()}
    wanted = frozenset(name for name, is_wanted in labels.items() if is_wanted)
    return Labelled(Document(row["title"], row["text"], row["lang"]), wanted, frozenset(labels))


def _tally(rows: Iterable[Labelled], finder: Finder) -> Mapping[str, Counter[str]]:
    """Count right, wrong and missed matches: over all, per watch, per language."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found = finder(row.document)
        for watch_id in row.judged:
            kind = {(True, True): "right", (True, False): "wrong", (False, True): "missed"}.get(
                (watch_id in found, watch_id in row.wanted)
            )
            if kind is not None:
                for group in ("all", f"watch {watch_id}", row.document.language or "?"):
                    counts[group][kind] += 1
    return counts


def _cells(group: str, tallies: Iterable[Mapping[str, Counter[str]]]) -> tuple[str | int | float, ...]:
    cells: list[str | int | float] = []
    for tally in tallies:
        count = tally.get(group, Counter())
        right, wrong, missed = count["right"], count["wrong"], count["missed"]
        if not cells:
            cells += (group, right + missed)
        cells += (
            100 * right / max(1, right + wrong),
            100 * right / max(1, right + missed),
            200 * right / max(1, 2 * right + wrong + missed),
        )
    return tuple(cells)


def _plain_terms(rules: Rules) -> Mapping[str, frozenset[Term]]:
    """Return the terms a watch is about: no context, nothing ignored; referred watches' terms count as its own."""
    clauses = {watch.info.id: watch.clause for watch in rules.watches}

    def walk(node: Node) -> Iterator[Term]:
        if isinstance(node, Term):
            if node.words and node.words[0].mode in {Mode.PLAIN, Mode.EXACT}:
                yield node
        elif isinstance(node, Reference):
            yield from walk(clauses[node.watch_id])
        elif isinstance(node, Ignoring):
            yield from walk(node.item)
        elif not isinstance(node, NoneOf | Context):
            for child in children(node):
                yield from walk(child)

    return {watch_id: frozenset(walk(clause)) for watch_id, clause in clauses.items()}


def _substrings(rules: Rules) -> Finder:
    wanted = {
        watch_id: {fold_word(term.written.removeprefix("=")) for term in terms}
        for watch_id, terms in _plain_terms(rules).items()
    }

    def find(document: Document) -> frozenset[str]:
        text = fold_word(f"{document.title}\n{document.text}")
        return frozenset(watch_id for watch_id, words in wanted.items() if any(word in text for word in words))

    return find


def _snowball(rules: Rules) -> Finder | None:
    """Return phrases of stems by the text's language, or None where Snowball is not installed."""
    try:
        import snowballstemmer  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415  optional
    except ImportError:
        return None
    terms = _plain_terms(rules)

    @lru_cache(maxsize=100_000)
    def stem(word: str, language: str | None) -> str:
        name = SNOWBALL.get(language or "")
        return str(stemmer(name).stemWord(word)) if name else word

    @lru_cache
    def stemmer(name: str) -> Any:
        return snowballstemmer.stemmer(name)

    def stems(text: str, language: str | None) -> str:
        return " ".join(("", *(stem(word, language) for word in WORD.findall(fold_word(text))), ""))

    @lru_cache
    def phrases(language: str | None) -> Mapping[str, frozenset[str]]:
        return {watch_id: frozenset(stems(term.written, language) for term in each) for watch_id, each in terms.items()}

    def find(document: Document) -> frozenset[str]:
        text = stems(f"{document.title}\n{document.text}", document.language)
        wanted = phrases(document.language).items()
        return frozenset(watch_id for watch_id, each in wanted if any(phrase in text for phrase in each))

    return find


if __name__ == "__main__":
    try:
        main()
    except Skipped as reason:
        print(f"skipped: {reason}")
