"""What one article costs the matcher, beside a bare automaton scan of the same text, in one run.

python -m benchmarks.match        texts from $TOCSIN_DATA/fundus/gold.jsonl
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence

from monitor.match.fold import fold
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.shipped import shipped_sets
from monitor.model import Document
from tests.data import data_root

ARTICLES = 120
ROUNDS = 5
COLUMNS = ("watches", "literals", "build", "fold", "scan", "match", "match p95", "irrelevant")
SETS = ("kursk", "north_korea", "troops")


def main() -> None:
    root = data_root()
    if root is None:
        raise SystemExit("no data: set TOCSIN_DATA")
    articles = _articles((root / "fundus" / "gold.jsonl").read_text("utf-8"))
    irrelevant = Document(
        "Wetter", ("Der Regen zieht am Abend langsam nach Osten ab, morgen scheint die Sonne. " * 90)[:6000], "de"
    )
    length = statistics.median(len(each.text) for each in articles)
    print(f"{len(articles)} articles, median {length:.0f} characters; milliseconds, per article but for build")
    print("".join(f"{name:>12}" for name in COLUMNS))
    for count in (3, 100):
        _report(count, articles, irrelevant)


def _report(count: int, articles: Sequence[Document], irrelevant: Document) -> None:
    started = time.perf_counter()
    matcher = Matcher(load_rules(_watches(count), {}))
    built = time.perf_counter() - started
    index = matcher._index
    folded = [fold(f"{each.title}\n{each.text}").text for each in articles]
    fold_costs = [_cost(lambda each=each: fold(each.text)) for each in articles]
    scan_costs = [_cost(lambda text=text: index.scan(text)) for text in folded]
    match_costs = sorted(_cost(lambda each=each: matcher.match(each)) for each in articles)
    row = (
        statistics.median(fold_costs),
        statistics.median(scan_costs),
        statistics.median(match_costs),
        match_costs[int(len(match_costs) * 0.95)],
        _cost(lambda: matcher.match(irrelevant)),
    )
    print(f"{count:>12}{len(index.literals):>12}{built * 1000:>12.0f}" + "".join(f"{each:>12.3f}" for each in row))


def _watches(count: int) -> list[dict[str, object]]:
    """The two shipped sets and their meeting, then watches of two words from the shipped sets."""
    watches: list[dict[str, object]] = [
        {"id": "kursk", "any": ["$kursk"]},
        {"id": "nk", "any": ["$north_korea ~ $troops"]},
        {"id": "both", "all": ["watch:kursk", "watch:nk"]},
    ]
    sets = (shipped_sets()[name] for name in SETS)
    words = [
        str(word)
        for each in sets
        if isinstance(each, dict)
        for items in each.values()
        for word in items
        if len(word) > 1
    ]
    for number in range(count - len(watches)):
        pair = [words[(number * 7) % len(words)], words[(number * 13 + 5) % len(words)]]
        watches.append({"id": f"w{number}", "near": pair} if number % 3 else {"id": f"w{number}", "any": pair})
    return watches


def _articles(lines: str) -> list[Document]:
    rows = [json.loads(line) for line in lines.splitlines()]
    found = [Document(row["title"] or "", row["text"], row["default_language"]) for row in rows if row.get("text")]
    return found[:: max(1, len(found) // ARTICLES)][:ARTICLES]


def _cost(work: Callable[[], object]) -> float:
    """Return the best of some rounds, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times) * 1000


if __name__ == "__main__":
    main()
