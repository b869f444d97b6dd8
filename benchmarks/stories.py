"""How well stories fold together, and what it costs: `python -m benchmarks.stories [folder of real data]`.

Prints recall per kind of variant (pairwise, and with all articles in one line), the false merges, the precision
of stories against hand-labelled events, and microseconds per article beside the bare rensa signature.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from rensa import RMinHash

from benchmarks._table import Skipped
from monitor.decide.identity import BANDS, ROWS, IdentityFacts, identity_keys, text_hash
from monitor.decide.novelty import Candidate, judge, similarity
from monitor.flows.stories import StoryLine
from monitor.model import KeyKind, KnownArticle, Page
from monitor.parse.fingerprint import fingerprint
from tests.data import data_root

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recall:
    """How the variants of one kind were placed."""

    kind: str
    label: str
    articles: int
    joined: int  # put into the story of the article they were made from
    strayed: int  # put into a story they have nothing to do with


def load(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def page_of(row: dict[str, Any]) -> Page:
    """Return a row as a page with neither address nor date: its words are all there is."""
    text = row["text"]
    return Page(url="", canonical_url=None, title=row.get("title") or "", text=text, fingerprint=fingerprint(text))


def pairwise(rows: list[dict[str, Any]]) -> list[Recall]:
    """Place each variant after its origin alone."""
    pages = {row["id"]: page_of(row) for row in rows}
    joined, total, labels = Counter[str](), Counter[str](), {}
    for row in rows:
        if row["kind"] == "orig":
            continue
        line = StoryLine()
        origin = line.add("origin", pages[f"{row['origin']}#orig"], NOW)
        total[row["kind"]] += 1
        labels[row["kind"]] = row["label"]
        joined[row["kind"]] += line.add("variant", pages[row["id"]], NOW).story == origin.story
    return [Recall(kind, labels[kind], total[kind], joined[kind], 0) for kind in total]


def together(rows: list[dict[str, Any]]) -> list[Recall]:
    """Place all originals, then all variants, in one line; a variant mixed from two articles may join either."""
    line = StoryLine()
    story: dict[str, str] = {}
    by_id = {row["id"]: row for row in rows}
    ordered = sorted(rows, key=lambda row: row["kind"] != "orig")
    joined, strayed, total, labels = Counter[str](), Counter[str](), Counter[str](), {}
    for row in ordered:
        placed = line.add(row["id"], page_of(row), NOW).story
        if row["kind"] == "orig":
            story[row["origin"]] = placed
        own = placed == story.get(row["origin"])
        akin = placed == row["id"] or _owners(by_id[placed]) == _owners(row)
        total[row["kind"]] += 1
        labels[row["kind"]] = row["label"]
        joined[row["kind"]] += own
        strayed[row["kind"]] += not own and not akin
    return [Recall(kind, labels[kind], total[kind], joined[kind], strayed[kind]) for kind in total]


def cross_origin(rows: list[dict[str, Any]]) -> tuple[int, list[tuple[str, str]]]:
    """Judge every pair of different origins, keys or not; return how many pairs, and those that merge wrongly."""
    pages = {row["id"]: page_of(row) for row in rows}
    candidates = {row["id"]: candidate_of(pages[row["id"]]) for row in rows}
    known = {row["id"]: known_of(number, row["id"], pages[row["id"]]) for number, row in enumerate(rows)}
    pairs, wrong = 0, []
    for row in rows:
        for other in rows:
            if row["id"] >= other["id"] or _are_akin(row, other):
                continue
            pairs += 1
            if judge(candidates[row["id"]], [known[other["id"]]]).story_id is not None:
                wrong.append((row["id"], other["id"]))
    return pairs, wrong


def _are_akin(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two rows hold most of one article; a negative is its donor's text, not its origin's."""
    return bool(_owners(a) & _owners(b)) and not _is_denied(a, b)


def _owners(row: dict[str, Any]) -> set[str]:
    return {row["mixed_with"]} if row["kind"] == "neg_shared_paragraph" else {row["origin"]}


def _is_denied(a: dict[str, Any], b: dict[str, Any]) -> bool:
    kinds = {a["kind"], b["kind"]}
    return "neg_shared_paragraph" in kinds and a["origin"] == b["origin"] and a["kind"] != b["kind"]


def candidate_of(page: Page) -> Candidate:
    return Candidate(
        url="",
        outlet_id="",
        source_id="",
        title=page.title,
        published=page.published,
        text_length=len(page.text),
        text_hash=text_hash(page.text),
        seen_at=NOW,
        fingerprint=page.fingerprint,
    )


def known_of(number: int, name: str, page: Page) -> KnownArticle:
    return KnownArticle(
        id=number,
        story_id=number,
        outlet_id="",
        source_id="",
        url=name,
        title=page.title,
        published=page.published,
        first_seen=NOW,
        shared=frozenset({KeyKind.BODY}),
        text_length=len(page.text),
        text_hash=text_hash(page.text),
        fingerprint=page.fingerprint,
    )


def b_cubed(stories: list[str], gold: list[str]) -> tuple[float, float, float]:
    """Return B-cubed precision, recall and F1."""
    by_story, by_gold = defaultdict(set), defaultdict(set)
    for number, (story, event) in enumerate(zip(stories, gold, strict=True)):
        by_story[story].add(number)
        by_gold[event].add(number)
    shares = [
        (len(by_story[s] & by_gold[g]), len(by_story[s]), len(by_gold[g])) for s, g in zip(stories, gold, strict=True)
    ]
    precision = statistics.fmean(both / ours for both, ours, _ in shares)
    recall = statistics.fmean(both / theirs for both, _, theirs in shares)
    return precision, recall, 2 * precision * recall / (precision + recall)


def events(rows: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Fold the labelled texts into stories and hold them against their events."""
    line = StoryLine()
    return b_cubed([line.add(row["id"], page_of(row), NOW).story for row in rows], [row["event"] for row in rows])


def story_pairs(rows: list[dict[str, Any]]) -> Counter[tuple[bool, bool]]:
    """Return how often (labelled the same story, folded into one story)."""
    counts = Counter[tuple[bool, bool]]()
    for row in rows:
        line = StoryLine()
        first, second = (line.add(side, page_of(row[side]), NOW).story for side in ("a", "b"))
        counts[str(row["same_story"]) == "True", first == second] += 1
    return counts


def micros(work: Callable[[Any], object], things: Iterable[Any], repeat: int = 5) -> float:
    """Return the median of the best of `repeat` runs per thing, in microseconds."""
    best = []
    for thing in things:
        runs = []
        for _ in range(repeat):
            start = perf_counter()
            work(thing)
            runs.append(perf_counter() - start)
        best.append(min(runs))
    return statistics.median(best) * 1e6


def costs(rows: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Return microseconds per article of each step, the bare signature first."""
    texts = [row["text"] for row in rows if row["kind"] == "orig"]
    pages = [page_of(row) for row in rows if row["kind"] == "orig"]
    known = [known_of(number, str(number), page) for number, page in enumerate(pages)]
    candidates = [candidate_of(page) for page in pages]
    facts = [
        IdentityFacts(
            "o", "s", f"example.org/{number}", None, None, None, page.title, date(2026, 1, 7), page.fingerprint
        )
        for number, page in enumerate(pages)
    ]
    shingled = [
        [" ".join(words[at : at + 3]) for at in range(len(words) - 2)] for words in (text.split() for text in texts)
    ]
    pairs = [(a.fingerprint, b.fingerprint) for a, b in itertools.pairwise(pages) if a.fingerprint and b.fingerprint]

    def bare(shingles: list[str]) -> object:
        sketch = RMinHash(num_perm=128, seed=42)
        sketch.update(shingles)
        return sketch.digest()

    return [
        ("rensa signature alone, shingles given", micros(bare, shingled)),
        ("fingerprint (fold, shingle, sign)", micros(fingerprint, texts)),
        ("text hash", micros(text_hash, texts)),
        ("identity keys", micros(identity_keys, facts)),
        ("similarity of two", micros(lambda pair: similarity(*pair), pairs)),
        ("judge against 1 known", micros(lambda candidate: judge(candidate, known[:1]), candidates)),
        ("judge against 20 known", micros(lambda candidate: judge(candidate, known[:20]), candidates)),
    ]


def chance_table() -> list[tuple[float, float]]:
    """Return (Jaccard, chance that two articles share a band)."""
    return [(j, 1 - (1 - j**ROWS) ** BANDS) for j in (0.01, 0.1, 0.25, 0.42, 0.5, 0.59)]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data_root()
    if folder is None:
        raise Skipped("no real texts on this machine: name their folder, or set TOCSIN_DATA")
    rows = load(folder / "dup" / "synth_fundus.jsonl")
    print(f"Variants of {sum(row['kind'] == 'orig' for row in rows)} real articles: joined their origin")
    print(f"  {'kind':<22}{'label':<11}{'n':>4}{'pairwise':>10}{'together':>10}{'strayed':>9}")
    placed = {recall.kind: recall for recall in together(rows)}
    for one in pairwise(rows):
        both = placed[one.kind]
        share, all_in = one.joined / one.articles, both.joined / both.articles
        print(f"  {one.kind:<22}{one.label:<11}{one.articles:>4}{share:>10.3f}{all_in:>10.3f}{both.strayed:>9}")
    pairs, wrong = cross_origin(rows)
    print(f"  pairs of different articles: {pairs}, merged wrongly: {len(wrong)} {wrong[:5]}")

    precision, recall, f1 = events(load(folder / "dup" / "ecbplus_docs.jsonl"))
    print(f"\nECB+ events, stories only: B-cubed precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")
    counts = story_pairs(load(folder / "dup" / "tgcontest_pairs.jsonl"))
    print(f"Labelled pairs: same {counts[True, True]} of {counts[True, True] + counts[True, False]} folded, ", end="")
    print(f"different {counts[False, True]} of {counts[False, True] + counts[False, False]} folded")

    print(f"\nChance to meet in one of {BANDS} bands of {ROWS}:", end="")
    print("".join(f"  J {jaccard:.2f}: {chance:.5f}" for jaccard, chance in chance_table()))
    print("\nMicroseconds per article, median of best of 5")
    for name, cost in costs(rows):
        print(f"  {name:<40}{cost:>9.1f}")


if __name__ == "__main__":
    main()
