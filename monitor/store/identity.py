"""By what articles are known again: keys in, the articles that share one out; never a scan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlite_utils import Database

from monitor.model import Fingerprint, IdentityKey, KeyKind, KnownArticle
from monitor.store.rows import Row, marks, moment, rows, stamp

SHARERS = 40  # articles taken per key, the newest first: a key that more share tells nothing apart
CANDIDATES = 60  # articles judged at most


def neighbours(db: Database, keys: Sequence[IdentityKey], body_since: datetime) -> list[KnownArticle]:
    """Return the known articles that share a key; by body only those seen since `body_since`."""
    shared: dict[int, set[KeyKind]] = {}
    weight: dict[int, int] = {}
    for row in _sharers(db, keys, body_since):
        kind = KeyKind(row["kind"])
        shared.setdefault(row["article_id"], set()).add(kind)
        weight[row["article_id"]] = weight.get(row["article_id"], 0) + (1 if kind is KeyKind.BODY else 1000)
    if not shared:
        return []
    chosen = sorted(shared, key=lambda article_id: (-weight[article_id], article_id))[:CANDIDATES]
    found = rows(
        db,
        f"""SELECT id, story_id, outlet_id, source_id, url, title, published, first_seen, text_length, text_hash,
                   signature, shingles, scheme FROM articles WHERE id IN ({marks(chosen)}) ORDER BY id""",
        chosen,
    )
    return [
        KnownArticle(
            id=row["id"],
            story_id=row["story_id"],
            outlet_id=row["outlet_id"],
            source_id=row["source_id"],
            url=row["url"],
            title=row["title"],
            published=moment(row["published"]),
            first_seen=datetime.fromisoformat(row["first_seen"]),
            shared=frozenset(shared[row["id"]]),
            text_length=row["text_length"],
            text_hash=row["text_hash"],
            fingerprint=Fingerprint(row["signature"], row["shingles"], row["scheme"]) if row["signature"] else None,
        )
        for row in found
    ]


def _sharers(db: Database, keys: Sequence[IdentityKey], body_since: datetime) -> list[Row]:
    values = ", ".join(["(?)"] * len(keys))
    if not keys:
        return []
    return rows(
        db,
        f"""WITH wanted(key) AS (VALUES {values})
            SELECT article_id, kind FROM (
                SELECT i.article_id, i.kind, row_number() OVER (PARTITION BY i.key ORDER BY i.article_id DESC) AS place
                FROM wanted w JOIN identity i ON i.key = w.key
                WHERE i.kind <> 'body' OR i.at >= ?)
            WHERE place <= {SHARERS}""",
        [*(key.key for key in keys), stamp(body_since)],
    )


def keep(db: Database, article_id: int, keys: Iterable[IdentityKey], now: datetime) -> None:
    """Write the keys of an article; the body keys of a former revision go."""
    db.execute("DELETE FROM identity WHERE article_id = ? AND kind = 'body'", [article_id])
    db.conn.executemany(
        "INSERT INTO identity(key, article_id, kind, at) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(key.key, article_id, key.kind.value, stamp(now)) for key in keys],
    )


def forget_bodies(db: Database, before: datetime) -> int:
    """Drop body keys older than the window they are compared in; return how many."""
    return int(db.conn.execute("DELETE FROM identity WHERE kind = 'body' AND at < ?", [stamp(before)]).rowcount)
