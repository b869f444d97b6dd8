"""What is remembered of watches: since when each is there, since when it is silent, what it did of late.

What a watch looks for stands in the user's file; here are only facts that a file cannot hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from monitor.store.rows import marks, rows, stamp


@dataclass(frozen=True, slots=True)
class WatchRecord:
    """What the store knows of a watch, and what it did since some time. `would_tell` counts alerts held by shadow."""

    id: str
    first_seen: datetime | None
    shadow_since: datetime | None
    matches: int
    alerts: int
    would_tell: int
    last_match_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """One alert that a shadow watch would have raised."""

    watch_id: str
    title: str
    url: str
    outlet: str
    score: int
    at: datetime


def register(db: Database, shadows: Mapping[str, timedelta | None], now: datetime) -> None:
    """Note the watches of the file that runs. A shadow that is new or other than before starts now."""
    db.conn.executemany(
        """INSERT INTO watches(id, first_seen, shadow_s, shadow_since) VALUES(:id, :now, :shadow, :now)
           ON CONFLICT(id) DO UPDATE SET shadow_s = excluded.shadow_s,
               shadow_since = iif(
                   watches.shadow_s IS excluded.shadow_s, watches.shadow_since, excluded.shadow_since)""",
        [
            {"id": id_, "now": stamp(now), "shadow": None if shadow is None else shadow.total_seconds()}
            for id_, shadow in shadows.items()
        ],
    )


def shadow_since(db: Database, watch_ids: tuple[str, ...]) -> dict[str, datetime]:
    """Return since when each of these watches has its present shadow; watches that are not known are left out."""
    found = rows(db, f"SELECT id, shadow_since FROM watches WHERE id IN ({marks(watch_ids)})", watch_ids)
    return {row["id"]: datetime.fromisoformat(row["shadow_since"]) for row in found}


def would_have_told(db: Database, story_id: int, prefix: str) -> frozenset[str]:
    """Return the watches that a story was held from by their shadow: decisions that start with `prefix`."""
    found = rows(
        db,
        """SELECT DISTINCT m.watch_id FROM articles a JOIN matches m ON m.article_id = a.id
           WHERE a.story_id = :story AND substr(m.decision, 1, length(:prefix)) = :prefix""",
        {"story": story_id, "prefix": prefix},
    )
    return frozenset(row["watch_id"] for row in found)


def records(db: Database, since: datetime, prefix: str) -> dict[str, WatchRecord]:
    """Return what is known of every watch the store ever saw, with what it did since then."""
    found = rows(
        db,
        """WITH known(id) AS (SELECT id FROM watches UNION SELECT watch_id FROM matches)
           SELECT known.id, w.first_seen, w.shadow_since,
                  count(m.at) AS matches, max(m.at) AS last_match_at,
                  coalesce(sum(substr(m.decision, 1, length(:prefix)) = :prefix), 0) AS would_tell,
                  (SELECT count(*) FROM alerts WHERE watch_id = known.id AND created_at >= :since) AS alerts
           FROM known LEFT JOIN watches w ON w.id = known.id
                LEFT JOIN matches m ON m.watch_id = known.id AND m.at >= :since
           GROUP BY known.id""",
        {"since": stamp(since), "prefix": prefix},
    )
    return {row["id"]: WatchRecord(**{**row, **_moments(row)}) for row in found}


def _moments(row: Mapping[str, str | None]) -> dict[str, datetime | None]:
    names = ("first_seen", "shadow_since", "last_match_at")
    return {name: datetime.fromisoformat(text) if (text := row[name]) else None for name in names}


def held(db: Database, since: datetime, prefix: str, *, limit: int) -> list[Held]:
    """Return the newest alerts that shadow watches would have raised."""
    found = rows(
        db,
        """SELECT m.watch_id, m.score, m.at, t.title, a.url, o.name AS outlet
           FROM matches m JOIN articles a ON a.id = m.article_id JOIN texts t ON t.id = a.id
                JOIN outlets o ON o.id = a.outlet_id
           WHERE m.at >= :since AND substr(m.decision, 1, length(:prefix)) = :prefix
           ORDER BY m.at DESC LIMIT :limit""",
        {"since": stamp(since), "prefix": prefix, "limit": limit},
    )
    return [Held(**{**row, "at": datetime.fromisoformat(row["at"])}) for row in found]


def words_like(db: Database, beginning: str, *, limit: int) -> list[tuple[str, int]]:
    """Return the words of the archive that begin so, folded, with the number of texts each is in; the commonest first.

    Scripts without spaces have no words in the index.
    """
    found = rows(
        db,
        "SELECT term, doc FROM words WHERE term >= :low AND term < :high ORDER BY doc DESC, term LIMIT :limit",
        {"low": beginning, "high": beginning + "\U0010ffff", "limit": limit},
    )
    return [(row["term"], row["doc"]) for row in found]
