"""Discovered articles that wait to be read: claimed with a lease, retried, read or given up with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from monitor.model import Entry, FrontierItem, Source
from monitor.store.rows import entry_from_json, entry_to_json, marks, rows, stamp


def add(
    db: Database,
    *,
    url_key: bytes,
    url: str,
    host: str,
    source_id: str,
    entry: Entry,
    is_quiet: bool,
    why: str,
    now: datetime,
) -> bool:
    """Put an article in line to be read; return whether it was not in line already.

    One that was given up is tried afresh: the source shows it again, with something changed.
    """
    added = db.conn.execute(
        """INSERT INTO frontier(url_key, url, host, source_id, entry, is_quiet, why, discovered_at, next_try_at)
           VALUES(:url_key, :url, :host, :source_id, :entry, :is_quiet, :why, :now, :now)
           ON CONFLICT(url_key) DO UPDATE SET state = 'waiting', tries = 0, next_try_at = :now, entry = excluded.entry,
               why = excluded.why, reason = '' WHERE state = 'given_up'""",
        {
            "url_key": url_key,
            "url": url,
            "host": host,
            "source_id": source_id,
            "entry": entry_to_json(entry),
            "is_quiet": is_quiet,
            "why": why,
            "now": stamp(now),
        },
    )
    return bool(added.rowcount)


def claim_due(
    db: Database, sources: Mapping[str, Source], now: datetime, lease_until: datetime, *, limit: int, per_host: int
) -> list[FrontierItem]:
    """Lease up to `limit` articles that may be read now, at most `per_host` under way per host.

    News before history; then the first of every host before the second of any, for a host is asked slowly.
    """
    claimed = rows(
        db,
        """WITH busy AS (
               SELECT host, count(*) AS n FROM frontier WHERE state = 'waiting' AND lease_until > :now GROUP BY host
           ), ready AS (
               SELECT f.id, f.is_quiet, f.next_try_at,
                      coalesce(b.n, 0) + row_number() OVER (
                          PARTITION BY f.host ORDER BY f.is_quiet, f.next_try_at, f.id) AS place
               FROM frontier f JOIN sources s ON s.id = f.source_id LEFT JOIN busy b ON b.host = f.host
               WHERE f.state = 'waiting' AND f.next_try_at <= :now AND (f.lease_until IS NULL OR f.lease_until <= :now)
                     AND s.is_active = 1
           )
           UPDATE frontier SET lease_until = :until WHERE id IN (
               SELECT id FROM ready WHERE place <= :per_host ORDER BY is_quiet, place, next_try_at, id LIMIT :limit)
           RETURNING *""",
        {"now": stamp(now), "until": stamp(lease_until), "limit": limit, "per_host": per_host},
    )
    claimed.sort(key=lambda row: (row["is_quiet"], row["next_try_at"], row["id"]))
    return [
        FrontierItem(
            id=row["id"],
            url=row["url"],
            entry=entry_from_json(row["entry"]),
            source=sources[row["source_id"]],
            discovered_at=datetime.fromisoformat(row["discovered_at"]),
            is_quiet=bool(row["is_quiet"]),
            tries=row["tries"],
        )
        for row in claimed
        if row["source_id"] in sources
    ]


def free_leases(db: Database) -> None:
    """End all leases: at the start, no reading is under way."""
    db.execute("UPDATE frontier SET lease_until = NULL WHERE lease_until IS NOT NULL")


def release(db: Database, ids: Sequence[int], next_try_at: datetime) -> None:
    """Give back articles whose reading never came to an answer; it counts as no try."""
    db.execute(
        f"UPDATE frontier SET lease_until = NULL, next_try_at = ? WHERE id IN ({marks(ids)})",
        [stamp(next_try_at), *ids],
    )


def try_again(db: Database, item_id: int, at: datetime, reason: str) -> None:
    """Write that a try failed and when the next is."""
    db.execute(
        "UPDATE frontier SET lease_until = NULL, tries = tries + 1, next_try_at = ?, reason = ? WHERE id = ?",
        [stamp(at), reason, item_id],
    )


def give_up(db: Database, item_id: int, reason: str) -> None:
    """Write that an article will not be read, and why; the row stays, so that it can be asked about."""
    db.execute(
        "UPDATE frontier SET lease_until = NULL, tries = tries + 1, state = 'given_up', reason = ? WHERE id = ?",
        [reason, item_id],
    )


def done(db: Database, item_id: int) -> None:
    """Take a read article out of line."""
    db.execute("DELETE FROM frontier WHERE id = ?", [item_id])


def counts(db: Database) -> dict[str, int]:
    """Return how many articles wait and how many were given up."""
    return {row["state"]: row["n"] for row in rows(db, "SELECT state, count(*) AS n FROM frontier GROUP BY state")}
