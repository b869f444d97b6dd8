"""What the store costs: commits alone and grouped, articles with their search index, and the search itself.

    python -m benchmarks.store [--rows 2000]

Each beside bare sqlite3 on the same disk with the same pragmas (WAL, synchronous=FULL) and the same
tables or one as large. A commit alone waits for the one before it; grouped, 64 wait at once.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from benchmarks._table import describe_machine, print_table, print_title
from monitor.model import Article, Entry, Outlet, Page, Source, Verdict, VerdictKind, Visit, VisitOutcome
from monitor.store import articles, sources
from monitor.store.database import Connection, Store, connect, sqlite_version

WORDS = 600  # of an article
AT_ONCE = 64
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
OUTLET = Outlet(id="paper", name="Paper", domain="paper.example")
VERDICT = Verdict(VerdictKind.NEW, "none like it")
_chance = random.Random(7)
# A vocabulary whose few common and many rare words are spread roughly as in a language.
VOCABULARY = ["".join(_chance.choices("abcdefghiklmnoprstuvwz", k=_chance.randint(3, 11))) for _ in range(30_000)]
WEIGHTS = [1 / (rank + 5) for rank in range(len(VOCABULARY))]


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=2000)
    count = options.parse_args(arguments).rows
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder), count))


async def _measure(folder: Path, count: int) -> None:
    texts = [" ".join(_chance.choices(VOCABULARY, WEIGHTS, k=WORDS)) for _ in range(count)]
    store = Store.open(folder / "tocsin.db")
    bare = connect(folder / "bare.db", checkpoint=True)
    bare.conn.execute("CREATE TABLE small(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c INTEGER)")
    bare.conn.execute("CREATE VIRTUAL TABLE texts USING fts5(title, text, tokenize='unicode61 remove_diacritics 2')")
    source = Source("s", OUTLET, "feed", "https://paper.example/feed", timedelta(minutes=5))
    await store.write(sources.register, [source], NOW)
    print_title("Writes", f"{count} of each; SQLite {sqlite_version()}; {describe_machine()}")
    alone, grouped = await _visits(store, 1, count // 4), await _visits(store, AT_ONCE, count)
    floor = _commits(bare, count // 4)
    kept = await _articles(store, texts)
    indexed = _indexed(bare, texts)
    print_table(
        ("", "per second", "of the floor"),
        [
            ("visits recorded, one after the other", alone, alone / floor),
            (f"visits recorded, {AT_ONCE} at once", grouped, grouped / floor),
            ("bare sqlite3: a row, a commit", floor, 1.0),
            (f"articles of {WORDS} words with search index, {AT_ONCE} at once", kept, kept / indexed),
            ("bare sqlite3: the same texts into FTS5, 64 a commit", indexed, 1.0),
        ],
    )
    print_title("Search", f"{count} articles; milliseconds")
    searches = {
        "newest 20": "",
        "a common word": VOCABULARY[3],
        "two words": f"{VOCABULARY[10]} {VOCABULARY[40]}",
        "a rare word": VOCABULARY[20_000],
        "the beginning of a word": f"{VOCABULARY[200][:4]}*",
    }
    print_table(("", "median", "worst"), [(name, *await _search(store, query)) for name, query in searches.items()])
    store.close()
    bare.close()


async def _visits(store: Store, at_once: int, count: int) -> float:
    visit = Visit("s", VisitOutcome.UNCHANGED, "not modified", NOW, NOW, status=304)

    async def record() -> None:
        for _ in range(count // at_once):
            await store.write(sources.record_visit, visit, next_due=NOW, due_reason="at its pace", fresh=0)

    started = time.perf_counter()
    await asyncio.gather(*(record() for _ in range(at_once)))
    return (count // at_once) * at_once / (time.perf_counter() - started)


def _commits(bare: Connection, count: int) -> float:
    def work() -> None:
        for number in range(count):
            bare.conn.execute("BEGIN IMMEDIATE")
            bare.conn.execute("INSERT INTO small(a, b, c) VALUES('one', 'two', ?)", [number])
            bare.conn.execute("COMMIT")

    return _rate(work, count)


async def _articles(store: Store, texts: Sequence[str]) -> float:
    waiting = iter(enumerate(texts))

    async def keep() -> None:
        for number, text in waiting:
            article = _article(number, text)
            digest = blake2b(text.encode(), digest_size=16).digest()
            await store.write(articles.insert, article, VERDICT, digest, NOW)

    started = time.perf_counter()
    await asyncio.gather(*(keep() for _ in range(AT_ONCE)))
    return len(texts) / (time.perf_counter() - started)


def _article(number: int, text: str) -> Article:
    url = f"https://paper.example/{number}"
    page = Page(url=url, canonical_url=url, title=text[:60], text=text)
    return Article(
        page=page,
        outlet=OUTLET,
        source_id="s",
        entry=Entry(link=url),
        url=url,
        fetched_at=NOW,
        discovered_at=NOW,
    )


def _indexed(bare: Connection, texts: Sequence[str]) -> float:
    def work() -> None:
        for start in range(0, len(texts), AT_ONCE):
            bare.conn.execute("BEGIN IMMEDIATE")
            group = [(text[:60], text) for text in texts[start : start + AT_ONCE]]
            bare.conn.executemany("INSERT INTO texts(title, text) VALUES(?, ?)", group)
            bare.conn.execute("COMMIT")

    return _rate(work, len(texts))


async def _search(store: Store, query: str) -> tuple[float, float]:
    spent = []
    for _ in range(20):
        started = time.perf_counter()
        await store.read(articles.search, query)
        spent.append(1000 * (time.perf_counter() - started))
    return statistics.median(spent), max(spent)


def _rate(work: Callable[[], None], count: int) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
