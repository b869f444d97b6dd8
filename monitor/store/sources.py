"""What is remembered of sources: when each is due, how its last visits went, what it has shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from monitor.model import Resolved, Source, SourceDue, Visit, VisitOutcome
from monitor.store.rows import marks, moment, rows, stamp, to_json


@dataclass(frozen=True, slots=True)
class SeenRow:
    """One entry a source has shown before."""

    source_id: str
    url_key: bytes
    feed_id: bytes | None
    title_key: bytes | None
    state: bytes
    last_seen: datetime
    reread_day: str | None
    rereads: int


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source as `tocsin status` shows it."""

    id: str
    outlet: str
    kind: str
    url: str
    next_due: datetime
    due_reason: str
    failures: int
    baseline_at: datetime | None
    last_visit_at: datetime | None
    last_ok_at: datetime | None
    last_new_at: datetime | None
    last_outcome: str | None
    last_reason: str | None
    articles: int
    waiting: int


def register(db: Database, sources: Sequence[Source], now: datetime) -> None:
    """Make the store know the sources of the file that runs, and no others as active.

    A source that is new is due at once, and so is one that our own guard or robots.txt refused: the
    file may have changed. One that came back keeps all that is remembered of it.
    Leases of a former process end: only one process works on a store.
    """
    db.execute("UPDATE sources SET is_active = 0, lease_until = NULL")
    for source in sources:
        outlet = source.outlet
        db.execute(
            """INSERT INTO outlets(id, name, domain, country, language, tags) VALUES(?, ?, ?, ?, ?, ?)
               ON CONFLICT(id) DO UPDATE SET name = excluded.name, domain = excluded.domain,
               country = excluded.country, language = excluded.language, tags = excluded.tags""",
            [outlet.id, outlet.name, outlet.domain, outlet.country, outlet.language, to_json(outlet.tags)],
        )
        db.execute(
            """INSERT INTO sources(id, outlet_id, kind, url, added_at, next_due, due_reason)
               VALUES(?, ?, ?, ?, ?, ?, 'first visit')
               ON CONFLICT(id) DO UPDATE SET is_active = 1, outlet_id = excluded.outlet_id,
               next_due = CASE WHEN last_outcome = 'refused' THEN excluded.next_due ELSE next_due END""",
            [source.id, outlet.id, source.kind, source.url, stamp(now), stamp(now)],
        )


def claim_due(
    db: Database, sources: dict[str, Source], now: datetime, lease_until: datetime, limit: int
) -> list[SourceDue]:
    """Lease up to `limit` sources whose time has come, the longest overdue first."""
    claimed = rows(
        db,
        """UPDATE sources SET lease_until = :until WHERE id IN (
               SELECT id FROM sources
               WHERE is_active = 1 AND next_due <= :now AND (lease_until IS NULL OR lease_until <= :now)
               ORDER BY next_due LIMIT :limit)
           RETURNING *, (SELECT min(o.added_at) FROM sources o WHERE o.outlet_id = sources.outlet_id) AS since""",
        {"until": stamp(lease_until), "now": stamp(now), "limit": limit},
    )
    claimed.sort(key=lambda row: row["next_due"])
    return [
        SourceDue(
            source=sources[row["id"]],
            etag=row["etag"],
            last_modified=row["last_modified"],
            body_hash=row["body_hash"],
            is_first=row["baseline_at"] is None,
            failures=row["failures"],
            last_full_at=moment(row["last_full_at"]),
            watched_since=moment(row["since"]),
            resolved=Resolved(row["resolved_kind"], row["resolved_url"]) if row["resolved_url"] else None,
        )
        for row in claimed
        if row["id"] in sources
    ]


def release(db: Database, source_ids: Sequence[str]) -> None:
    """Give back leases of visits that never began; they are due as before."""
    db.execute(f"UPDATE sources SET lease_until = NULL WHERE id IN ({marks(source_ids)})", list(source_ids))


def record_visit(
    db: Database, visit: Visit, *, next_due: datetime, due_reason: str, fresh: int, is_counted: bool = True
) -> None:
    """Write how a visit went and when the next is due; its validators count only if it succeeded.

    A failure that is not the source's own (`is_counted` false) leaves its row of failures as it is.
    """
    ok = visit.outcome in {VisitOutcome.OK, VisitOutcome.UNCHANGED}
    full = visit.outcome is VisitOutcome.OK
    db.execute(
        """UPDATE sources SET
               lease_until = NULL, next_due = :next_due, due_reason = :due_reason,
               last_visit_at = :at, last_outcome = :outcome, last_reason = :reason,
               failures = CASE WHEN :ok THEN 0 ELSE failures + :counted END,
               last_ok_at = CASE WHEN :ok THEN :at ELSE last_ok_at END,
               last_new_at = CASE WHEN :fresh > 0 THEN :at ELSE last_new_at END,
               baseline_at = CASE WHEN :full AND :entries > 0 THEN coalesce(baseline_at, :at) ELSE baseline_at END,
               last_full_at = CASE WHEN :full THEN :at ELSE last_full_at END,
               etag = CASE WHEN :full THEN :etag ELSE etag END,
               last_modified = CASE WHEN :full THEN :last_modified ELSE last_modified END,
               body_hash = CASE WHEN :full THEN :body_hash ELSE body_hash END,
               resolved_kind = CASE WHEN :unchanged THEN resolved_kind ELSE :resolved_kind END,
               resolved_url = CASE WHEN :unchanged THEN resolved_url ELSE :resolved_url END
           WHERE id = :id""",
        {
            "id": visit.source_id,
            "next_due": stamp(next_due),
            "due_reason": due_reason,
            "at": stamp(visit.ended_at),
            "outcome": visit.outcome.value,
            "reason": visit.reason,
            "ok": ok,
            "full": full,
            "counted": is_counted,
            "unchanged": visit.outcome is VisitOutcome.UNCHANGED,
            "resolved_kind": visit.resolved.kind if visit.resolved else None,
            "resolved_url": visit.resolved.url if visit.resolved else None,
            "fresh": fresh,
            "entries": visit.entries,
            "etag": visit.etag,
            "last_modified": visit.last_modified,
            "body_hash": visit.body_hash,
        },
    )
    took = int((visit.ended_at - visit.started_at).total_seconds() * 1000)
    db.execute(
        """INSERT INTO visits(source_id, started_at, took_ms, outcome, status, entries, fresh, reason)
           VALUES(?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            visit.source_id,
            stamp(visit.started_at),
            took,
            visit.outcome.value,
            visit.status,
            visit.entries,
            fresh,
            visit.reason,
        ],
    )


def seen_by_url(db: Database, url_keys: Sequence[bytes]) -> list[SeenRow]:
    """Return what any source has shown under these addresses."""
    return _seen(db, f"url_key IN ({marks(url_keys)})", url_keys)


def seen_by_feed_id(db: Database, source_id: str, feed_ids: Sequence[bytes]) -> list[SeenRow]:
    """Return what this source has shown under these ids."""
    return _seen(db, f"source_id = ? AND feed_id IN ({marks(feed_ids)})", [source_id, *feed_ids])


def seen_by_title(db: Database, source_id: str, title_keys: Sequence[bytes]) -> list[SeenRow]:
    """Return what this source has shown under these titles."""
    return _seen(db, f"source_id = ? AND title_key IN ({marks(title_keys)})", [source_id, *title_keys])


def _seen(db: Database, where: str, parameters: Sequence[object]) -> list[SeenRow]:
    found = rows(db, f"SELECT * FROM seen WHERE {where}", list(parameters))
    return [
        SeenRow(
            source_id=row["source_id"],
            url_key=row["url_key"],
            feed_id=row["feed_id"],
            title_key=row["title_key"],
            state=row["state"],
            last_seen=datetime.fromisoformat(row["last_seen"]),
            reread_day=row["reread_day"],
            rereads=row["rereads"],
        )
        for row in found
    ]


def remember(db: Database, row: SeenRow, now: datetime) -> None:
    """Write that a source shows an entry; its keys and state become what it shows now."""
    db.execute(
        """INSERT INTO seen(source_id, url_key, feed_id, title_key, state, first_seen, last_seen, reread_day, rereads)
           VALUES(:source_id, :url_key, :feed_id, :title_key, :state, :now, :now, :reread_day, :rereads)
           ON CONFLICT(source_id, url_key) DO UPDATE SET feed_id = coalesce(excluded.feed_id, feed_id),
               title_key = coalesce(excluded.title_key, title_key), state = excluded.state,
               last_seen = excluded.last_seen, reread_day = excluded.reread_day, rereads = excluded.rereads""",
        {
            "source_id": row.source_id,
            "url_key": row.url_key,
            "feed_id": row.feed_id,
            "title_key": row.title_key,
            "state": row.state,
            "now": stamp(now),
            "reread_day": row.reread_day,
            "rereads": row.rereads,
        },
    )


def status(db: Database) -> list[SourceStatus]:
    """Return all active sources, those in trouble first."""
    found = rows(
        db,
        """SELECT s.*, o.name AS outlet,
                  (SELECT count(*) FROM articles a WHERE a.source_id = s.id) AS articles,
                  (SELECT count(*) FROM frontier f WHERE f.source_id = s.id AND f.state = 'waiting') AS waiting
           FROM sources s JOIN outlets o ON o.id = s.outlet_id
           WHERE s.is_active = 1 ORDER BY s.failures DESC, o.name, s.url""",
    )
    return [
        SourceStatus(
            id=row["id"],
            outlet=row["outlet"],
            kind=row["kind"],
            url=row["url"],
            next_due=datetime.fromisoformat(row["next_due"]),
            due_reason=row["due_reason"],
            failures=row["failures"],
            baseline_at=moment(row["baseline_at"]),
            last_visit_at=moment(row["last_visit_at"]),
            last_ok_at=moment(row["last_ok_at"]),
            last_new_at=moment(row["last_new_at"]),
            last_outcome=row["last_outcome"],
            last_reason=row["last_reason"],
            articles=row["articles"],
            waiting=row["waiting"],
        )
        for row in found
    ]


def prune_visits(db: Database, before: datetime) -> int:
    """Forget visits older than `before`; return how many."""
    return int(db.conn.execute("DELETE FROM visits WHERE started_at < ?", [stamp(before)]).rowcount)
