"""How well `parse_page` reads real pages, beside bare trafilatura on the same pages in the same run.

    python -m benchmarks.page_quality [--set fundus|trafilatura|htmldate|postlight|readability|goose3] [--worst 10]

Metrics as the real data's README names them: 4-token shingle P/R/F1 over pages (CJK and Thai characters
are tokens of their own), paragraph recall, exact title, day of publication (wrong and missing apart),
author micro-F1, cover image; segments that must and must not be in the text.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dateutil import parser as dateparser
from lxml.html import document_fromstring
from trafilatura import bare_extraction

from benchmarks._table import Skipped
from monitor.errors import PageUnreadable
from monitor.parse.page import parse_page
from tests.data import data_root

Row = dict[str, Any]
_TOKEN = re.compile(
    "[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|"
    "[^\\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


@dataclass
class Answer:
    """What an extractor said of one page, in the shape the metrics need."""

    title: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    day_only: bool = False
    image: str | None = None


@dataclass
class Score:
    """Counts and sums of one extractor on one set."""

    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    pages: list[tuple[float, str]] = field(default_factory=list)

    def add(self, **amounts: float) -> None:
        for name, amount in amounts.items():
            self.sums[name] += amount

    def ratio(self, part: str, whole: str) -> float:
        return self.sums[part] / self.sums[whole] if self.sums[whole] else 0.0


def ours(body: bytes, row: Row) -> Answer:
    try:
        page = parse_page(body, url=_url(row))
    except PageUnreadable:
        return Answer()
    return Answer(page.title, page.text, page.authors, page.published, image=page.image)


def bare(body: bytes, row: Row, *, fast: bool = True) -> Answer:
    found: Any = bare_extraction(body, url=_url(row), fast=fast, include_comments=False, with_metadata=True)
    if found is None:
        return Answer()
    authors = tuple(part.strip() for part in (found.author or "").split(";") if part.strip())
    day = dateparser.parse(found.date).replace(tzinfo=UTC) if found.date else None
    return Answer(found.title or "", found.text or "", authors, day, day_only=True, image=found.image)


def _url(row: Row) -> str:
    return row.get("url") or f"https://{row.get('domain') or 'news.example'}/a/article-1"


def folded(text: str) -> str:
    return " ".join((text or "").split())


def shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[at : at + 4]) for at in range(max(1, len(tokens) - 3))) if tokens else Counter()


def overlap(text: str, gold: str) -> tuple[float, float]:
    """Return precision and recall of the shingles."""
    mine, true = shingles(text), shingles(gold)
    both = sum((mine & true).values())
    return both / max(sum(mine.values()), 1), both / max(sum(true.values()), 1)


def names(authors: Iterable[str]) -> set[str]:
    return {folded(author).casefold() for author in authors if author}


def score_title(score: Score, answer: Answer, gold: str | None) -> None:
    if gold:
        score.add(titles=1, title_exact=folded(answer.title) == folded(gold))


def score_day(score: Score, answer: Answer, gold: str | None) -> None:
    if not gold:
        return
    try:
        true = dateparser.parse(gold)
    except ValueError:
        return
    said = answer.published
    right = said is not None and said.date() == (true.astimezone(UTC) if true.tzinfo else true).date()
    # Gold days of the older sets are local days: a moment within 14 hours of the day counts for it.
    if said is not None and not right and not answer.day_only and (true.tzinfo is None):
        noon = true.replace(hour=12, minute=0, tzinfo=UTC)
        right = abs((said - noon).total_seconds()) <= 12 * 3600 + 14 * 3600 and (said.hour, said.minute) != (0, 0)
    score.add(days=1, day_right=right, day_missing=said is None, day_wrong=said is not None and not right)
    if true.tzinfo:
        score.add(minutes=1, minute_right=said is not None and abs((said - true).total_seconds()) <= 60)


def score_authors(score: Score, answer: Answer, gold: Iterable[str] | None) -> None:
    true, said = names(gold or ()), names(answer.authors)
    score.add(author_hit=len(true & said), author_said=len(said), author_true=len(true))


def score_image(score: Score, answer: Answer, versions: set[str]) -> None:
    if versions:
        score.add(images=1, image_right=bool(answer.image) and answer.image in versions)


def judge_fundus(score: Score, row: Row, answer: Answer) -> None:
    score_title(score, answer, row["title"])
    score_day(score, answer, row["publishing_date"])
    score_authors(score, answer, row["authors"])
    cover = [image for image in row["images"] or [] if image["is_cover"]][:1]
    score_image(score, answer, {address for image in cover for address in (*image["versions"], image["url"])})
    gold = row["text"] or ""
    if not row["body"] or not gold:
        return
    precision, recall = overlap(answer.text, gold)
    score.add(bodies=1, precision=precision, recall=recall)
    paragraphs = [folded(line) for line in gold.splitlines() if len(line) > 20]
    text = folded(answer.text)
    score.add(paragraphs=len(paragraphs), paragraph_hit=sum(line in text for line in paragraphs))
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    score.pages.append((f1, f"{f1:.3f} P {precision:.2f} R {recall:.2f} {row['id']}"))
    score.add(**{f"f1 {row['default_language']}": f1, f"n {row['default_language']}": 1})


def judge_trafilatura(score: Score, row: Row, answer: Answer) -> None:
    text = folded(answer.text)
    hits = sum(folded(segment) in text for segment in row["with"])
    falls = sum(folded(segment) in text for segment in row["without"])
    score.add(hits=hits, misses=len(row["with"]) - hits, falls=falls)
    score.pages.append(
        (-(len(row["with"]) - hits + falls), f"missed {len(row['with']) - hits} furniture {falls} {row['file']}")
    )
    score_title(score, answer, row.get("title"))
    score_day(score, answer, row.get("date"))
    gold = [row["author"]] if isinstance(row.get("author"), str) else row.get("author") or []
    if any(gold):
        score_authors(
            score, answer, [name for author in gold for name in re.split(r"\s*(?:[;,]|\bund\b)\s*", author) if name]
        )


def judge_htmldate(score: Score, row: Row, answer: Answer) -> None:
    score_day(score, answer, row["date"])
    if answer.published is None or str(answer.published.date()) != row["date"]:
        score.pages.append((answer.published is None, f"{answer.published} for {row['date']} {row['file']}"))


def judge_postlight(score: Score, row: Row, answer: Answer) -> None:
    score_title(score, answer, row.get("title"))
    score_day(score, answer, row.get("date_published"))
    if row.get("author"):
        score_authors(score, answer, [name for name in re.split(r"\s*(?:,|\band\b|&)\s*", row["author"]) if name])
    if row.get("lead_image_url"):
        score_image(score, answer, {row["lead_image_url"]})
    if row.get("first_words"):
        score.add(starts=1, start_right=folded(row["first_words"])[:60] in folded(answer.text))


def judge_readability(score: Score, row: Row, answer: Answer) -> None:
    score_title(score, answer, row.get("title"))
    gold = row["gold_text"]
    if gold:
        precision, recall = overlap(answer.text, gold)
        score.add(bodies=1, precision=precision, recall=recall)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        score.pages.append((f1, f"{f1:.3f} P {precision:.2f} R {recall:.2f} {row['id']}"))


def judge_goose3(score: Score, row: Row, answer: Answer) -> None:
    gold = row.get("expected") or {}
    score_title(score, answer, gold.get("title"))
    if gold.get("cleaned_text"):
        start = folded(gold["cleaned_text"])[:80]
        score.add(starts=1, start_right=start in folded(answer.text))
    if gold.get("authors"):
        score_authors(score, answer, gold["authors"])


Judge = Callable[[Score, Row, Answer], None]
SETS: dict[str, tuple[str, Judge]] = {
    "fundus": ("fundus", judge_fundus),
    "trafilatura": ("trafilatura_eval", judge_trafilatura),
    "htmldate": ("htmldate_eval", judge_htmldate),
    "postlight": ("postlight", judge_postlight),
    "readability": ("readability", judge_readability),
    "goose3": ("goose3", judge_goose3),
}


def rows(root: Path, folder: str) -> Iterable[tuple[Row, bytes]]:
    """Yield the gold rows whose page is here, with the page's bytes."""
    for line in (root / folder / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        body = _read(root, folder, row["file"])
        if body is None:
            continue
        if "expected_html" in row:
            row["gold_text"] = _plain(_read(root, folder, row["expected_html"]) or b"")
        yield row, body


def _read(root: Path, folder: str, name: str) -> bytes | None:
    for path in (root / folder / name, root / name):
        for each in (path, path.with_suffix("") if path.suffix == ".gz" else path):
            if each.is_file():
                data = each.read_bytes()
                return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return None


def _plain(html: bytes) -> str:
    if not html.strip():
        return ""
    tree = document_fromstring(b"<meta charset=utf-8>" + html)
    return "\n".join(text for text in tree.itertext() if text.strip())


def report(score: Score) -> dict[str, str]:
    """Return {metric: figure} of what was counted."""
    out: dict[str, str] = {}
    s = score.sums
    if s["bodies"]:
        p, r = score.ratio("precision", "bodies"), score.ratio("recall", "bodies")
        out |= {"body P": f"{p:.4f}", "body R": f"{r:.4f}", "body F1": f"{2 * p * r / (p + r):.4f}" if p + r else "0"}
    if s["paragraphs"]:
        out["paragraph recall"] = f"{score.ratio('paragraph_hit', 'paragraphs'):.4f}"
    if s["hits"] + s["misses"]:
        p, r = s["hits"] / max(s["hits"] + s["falls"], 1), s["hits"] / (s["hits"] + s["misses"])
        out |= {"segment P": f"{p:.4f}", "segment R": f"{r:.4f}", "segment F1": f"{2 * p * r / (p + r):.4f}"}
    for name, part, whole in (
        ("title exact", "title_exact", "titles"),
        ("day right", "day_right", "days"),
        ("day wrong", "day_wrong", "days"),
        ("day missing", "day_missing", "days"),
        ("within 60 s", "minute_right", "minutes"),
        ("cover image", "image_right", "images"),
        ("first words", "start_right", "starts"),
    ):
        if s[whole]:
            out[name] = f"{s[part]:.0f}/{s[whole]:.0f}"
    if s["author_true"]:
        out["author F1"] = f"{2 * s['author_hit'] / max(s['author_said'] + s['author_true'], 1):.3f}"
    for name in sorted(s):
        if name.startswith("f1 "):
            out[f"F1 {name[3:]} ({s['n ' + name[3:]]:.0f})"] = f"{s[name] / s['n ' + name[3:]]:.3f}"
    return out


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--set", choices=sorted(SETS), action="append")
    options.add_argument("--worst", type=int, default=0)
    options.add_argument("--default", action="store_true", help="also trafilatura's default mode")
    chosen = options.parse_args()
    root = data_root()
    if root is None:
        raise Skipped("no real pages on this machine: set TOCSIN_DATA")
    extractors: dict[str, Callable[[bytes, Row], Answer]] = {"tocsin": ours, "trafilatura fast": bare}
    if chosen.default:
        extractors["trafilatura"] = lambda body, row: bare(body, row, fast=False)
    for name in chosen.set or SETS:
        folder, judge = SETS[name]
        scores = {each: Score() for each in extractors}
        count = 0
        for row, body in rows(root, folder):
            count += 1
            for each, extract in extractors.items():
                judge(scores[each], row, extract(body, row))
        print_table(f"{name}: {count} pages", {each: report(score) for each, score in scores.items()})
        for _, line in sorted(scores["tocsin"].pages)[: chosen.worst]:
            print("   ", line)


def print_table(title: str, columns: dict[str, dict[str, str]]) -> None:
    print(f"\n{title}")
    print(f"{'':20}" + "".join(f"{name:>18}" for name in columns))
    for metric in dict.fromkeys(metric for column in columns.values() for metric in column):
        print(f"{metric:20}" + "".join(f"{column.get(metric, ''):>18}" for column in columns.values()))


if __name__ == "__main__":
    main()
