"""What one article costs the matcher at 3, 100, 10,000 and 100,000 watches, in time and memory.

python -m benchmarks.match_speed [watches ...]      texts from $TOCSIN_DATA/fundus/gold.jsonl

Synthetic watches, the same ones every time: 40 % keywords, 30 % phrases, 20 % and/not, 10 % near on
shared sets, words of five languages. Each size runs in a process of its own; beside the matcher stand,
in the same run over the same articles, the bare automaton scan (the floor) and brute force, which holds
every watch of a sample against the text without any prefilter, scaled to all of them.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks._table import Skipped, best_of, describe_machine, print_table, print_title
from monitor.match.evaluate import Scope, compile_node
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.scan import View
from monitor.match.tokens import Layout
from monitor.model import Document
from tests.data import data_root

SIZES = (3, 100, 10_000, 100_000)
ARTICLES = 40
ROUNDS = 3
SAMPLE = 2_000  # watches held against a text by brute force
LANGUAGES = ("de", "en", "es", "fr", "ko")
COLUMNS = (
    "watches",
    "literals",
    "load s",
    "compile s",
    "MB",
    "scan",
    "irrelevant",
    "median",
    "p95",
    "candidates",
    "matches",
    "brute force",
    "times scan",
)
KURSK: list[dict[str, object]] = [
    {"id": "kursk", "any": ["$kursk"]},
    {"id": "nk", "any": ["$north_korea ~ $troops"]},
    {"id": "both", "all": ["watch:kursk", "watch:nk"]},
]
SETS = ("kursk", "north_korea", "troops")


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    if data_root() is None:
        raise Skipped("the real articles (set TOCSIN_DATA)")
    print_title("One article against all watches, milliseconds", describe_machine())
    rows = []
    for size in sizes:
        command = [sys.executable, "-c", f"from benchmarks.match_speed import report; report({size})"]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    print_table(COLUMNS, rows)


def report(size: int) -> None:
    """Print the row of one size as JSON: run in a process of its own, so that its memory is its own."""
    articles, others = read_articles()
    watches = make_watches(size, others)
    before = _resident()
    started = time.perf_counter()
    rules = load_rules(watches, {})
    loaded = time.perf_counter()
    matcher = Matcher(rules)
    compiled = time.perf_counter()
    memory = _resident() - before
    irrelevant = Document(
        "Wetter", ("Der Regen zieht am Abend langsam nach Osten ab, morgen scheint die Sonne. " * 90)[:6000], "de"
    )
    index = matcher.index
    layouts = [Layout(each) for each in articles]
    scans = [best_of(ROUNDS, lambda each=each: index.scan(each.haystack)) for each in layouts]
    costs = sorted(best_of(ROUNDS, lambda each=each: matcher.match(each)) for each in articles)
    row = (
        size, len(index.literals), loaded - started, compiled - loaded, memory,
        statistics.median(scans) * 1000,
        best_of(ROUNDS, lambda: matcher.match(irrelevant)) * 1000,
        statistics.median(costs) * 1000,
        costs[int(len(costs) * 0.95)] * 1000,
        statistics.mean(len(matcher.candidates(each)) for each in articles),
        statistics.mean(len(matcher.match(each)) for each in articles),
        _brute_force(matcher, layouts) * 1000,
        statistics.median(costs) / statistics.median(scans),
    )  # fmt: skip
    print(json.dumps(row))


def _brute_force(matcher: Matcher, layouts: Sequence[Layout]) -> float:
    """Return the median seconds per text of evaluating every watch, from a sample of watches scaled up."""
    watches = matcher.rules.watches
    sample = [each for each in watches[:: max(1, len(watches) // SAMPLE)] if not _refers(each.info.id)]
    evaluators = [compile_node(each.clause, matcher.index) for each in sample]
    costs = []
    for layout in layouts[:10]:
        view = View(matcher.index, layout, matcher.index.scan(layout.haystack), layout.document.language)
        started = time.perf_counter()
        for holds in evaluators:
            holds(Scope(view, {}))
        costs.append(time.perf_counter() - started)
    return statistics.median(costs) * len(watches) / len(sample)


def _refers(watch_id: str) -> bool:
    return watch_id == "both"


def make_watches(size: int, articles: Sequence[Document]) -> list[dict[str, object]]:
    """Return the three watches on Kursk, then synthetic ones up to `size`."""
    chance = random.Random(7)
    words = _Words(articles, chance)
    return [*KURSK, *({"id": f"w{at}", **_clause(words, chance)} for at in range(size - len(KURSK)))][:size]


def _clause(words: _Words, chance: random.Random) -> dict[str, object]:
    language = chance.choice(words.languages)
    kind = chance.random()
    if kind < 0.4:
        return {"any": [words.word(language) for _ in range(chance.randint(1, 3))]}
    if kind < 0.7:
        return {"any": [words.phrase(language) for _ in range(chance.randint(1, 2))]}
    if kind < 0.9:
        return {
            "all": [words.word(language), {"any": [words.word(language), words.word(language)]}],
            "none": [words.word(language)],
        }
    return {"near": [words.word(language), f"${chance.choice(SETS)}"]}


class _Words:
    """Words of real articles, and words made of halves of two of them, for there are not enough real ones."""

    def __init__(self, articles: Sequence[Document], chance: random.Random) -> None:
        found = {
            language: sorted(
                {
                    word
                    for each in articles
                    if each.language == language
                    for word in re.findall(r"[^\W\d_]{3,}", each.text)
                }
            )
            for language in LANGUAGES
        }
        self._found = {
            language: [word for word in words if len(word) >= (3 if language == "ko" else 6)]
            for language, words in found.items()
        }
        self.languages = [language for language, words in self._found.items() if len(words) > 50]
        self._chance = chance

    def word(self, language: str) -> str:
        words = self._found[language]
        one, other = self._chance.choice(words), self._chance.choice(words)
        if self._chance.random() < 0.1:
            return one
        return one[: len(one) // 2 + 1] + other[len(other) // 2 :]

    def phrase(self, language: str) -> str:
        return f"{self._chance.choice(self._found[language])} {self.word(language)}"


def read_articles() -> tuple[list[Document], list[Document]]:
    """Return the real articles that are measured, and others, from which the words of the watches come."""
    root = data_root()
    assert root is not None
    rows = [json.loads(line) for line in (root / "fundus" / "gold.jsonl").read_text("utf-8").splitlines()]
    found = [Document(row["title"] or "", row["text"], row["default_language"]) for row in rows if row.get("text")]
    return found[::2][:ARTICLES], found[1::2]


def _resident() -> float:
    """Return the memory this process holds, in megabytes of 10^6 bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  a file of the system, not of ours
        return int(file.read().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    main()
