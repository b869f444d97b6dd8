"""Alerts and their deliveries: planned in the article's transaction, claimed with a lease, settled try by try.

The payload of a delivery is built once, when it is first claimed and before anything is sent, and
never changes after that. A lease that ran out means that the answer was lost: the delivery is
`unknown` and tried again under the same id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from monitor.model import (
    Access,
    Alert,
    AlertPlan,
    Delivery,
    DeliveryState,
    Match,
    Outcome,
    Target,
    WatchInfo,
)
from monitor.store.articles import sightings
from monitor.store.rows import (
    OUTLET_COLUMNS,
    Row,
    evidence_from_json,
    evidence_to_json,
    marks,
    moment,
    outlet_from_row,
    rows,
    stamp,
    to_json,
)

OPEN = "('pending', 'sending', 'unknown')"
ALSO_ON = 50  # other places named in one alert


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A delivery as `tocsin outbox` lists it."""

    id: str
    alert_id: str
    watch_id: str
    title: str
    channel: str
    label: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None
    last_reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sender took: deliveries to try, and those parked because their message could not be built."""

    deliveries: tuple[Delivery, ...]
    parked: tuple[Unbuilt, ...] = ()


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """A delivery whose message could not be built, and why."""

    id: str
    alert_id: str
    target: Target
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try of a delivery."""

    n: int
    started_at: datetime
    ended_at: datetime
    outcome: str
    status: int | None
    reason: str


def stable_id(prefix: str, *parts: str) -> str:
    """Return an id that the same parts always get: a repeated write cannot make a second message."""
    return f"{prefix}_{hashlib.blake2b(chr(0).join(parts).encode(), digest_size=15).hexdigest()}"


def told(db: Database, story_id: int) -> frozenset[str]:
    """Return the watches that have been told of a story."""
    return frozenset(row["watch_id"] for row in rows(db, "SELECT watch_id FROM alerts WHERE story_id = ?", [story_id]))


def alert_of(db: Database, watch_id: str, story_id: int) -> str | None:
    """Return the alert that told a watch of a story."""
    found = rows(db, "SELECT id FROM alerts WHERE watch_id = ? AND story_id = ?", [watch_id, story_id])
    return str(found[0]["id"]) if found else None


def raise_alert(
    db: Database,
    *,
    store_identity: str,
    plan: AlertPlan,
    watch: WatchInfo,
    match: Match,
    article_id: int,
    story_id: int,
    now: datetime,
    first_try_at: datetime,
) -> tuple[str, int]:
    """Write an alert with one delivery per target; return its id and the number of deliveries.

    Told once: if the story was told to this watch already, nothing is written (0 deliveries).
    """
    # With the story's beginning: a restored backup gives its numbers out again, to other stories.
    opened_at = db.execute("SELECT first_seen FROM articles WHERE id = ?", [story_id]).fetchone()[0]
    alert_id = stable_id("alr", store_identity, watch.id, str(story_id), opened_at)
    raised = db.conn.execute(
        """INSERT INTO alerts(id, watch_id, watch_name, watch_tags, story_id, article_id, score, evidence, created_at,
               reason)
           VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
        [
            alert_id,
            watch.id,
            watch.name,
            to_json(watch.tags),
            story_id,
            article_id,
            match.score,
            evidence_to_json(match.evidence),
            stamp(now),
            plan.reason,
        ],
    )
    if not raised.rowcount:
        return alert_id, 0
    for target in plan.targets:
        db.execute(
            """INSERT INTO outbox(id, alert_id, target_id, channel, kind, label, state, created_at, next_at)
               VALUES(?, ?, ?, ?, ?, ?, 'pending', ?, ?) ON CONFLICT DO NOTHING""",
            [
                stable_id("msg", alert_id, target.id),
                alert_id,
                target.id,
                target.channel,
                target.kind,
                target.label,
                stamp(now),
                stamp(first_try_at),
            ],
        )
    return alert_id, len(plan.targets)


def refresh(db: Database, alert_id: str, article_id: int, match: Match) -> None:
    """Give an alert whose message is not built yet the evidence of its article's newer text.

    The message takes its headline from the article as it then is; evidence of an older one would not fit it.
    """
    db.execute(
        """UPDATE alerts SET score = ?, evidence = ? WHERE id = ? AND article_id = ?
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE alert_id = alerts.id AND payload IS NOT NULL)""",
        [match.score, evidence_to_json(match.evidence), alert_id, article_id],
    )


def claim_due(
    db: Database,
    targets: dict[str, Target],
    busy: Iterable[str],
    now: datetime,
    lease_until: datetime,
    freeze: Callable[[Alert, Target, str], bytes],
) -> Claim:
    """Lease the oldest due delivery of every target that is not `busy`, its payload built.

    Deliveries of targets that the running file no longer has stay where they are.
    """
    idle = sorted(set(targets) - set(busy))
    if not idle:
        return Claim(())
    claimed = rows(
        db,
        f"""UPDATE outbox SET state = CASE WHEN state = 'sending' THEN 'unknown' ELSE state END, lease_until = ?
            WHERE id IN (SELECT id FROM (
                SELECT id, row_number() OVER (PARTITION BY target_id ORDER BY next_at, created_at, id) AS place
                FROM outbox WHERE state IN {OPEN} AND target_id IN ({marks(idle)}) AND next_at <= ?
                      AND (lease_until IS NULL OR lease_until <= ?))
                WHERE place = 1)
            RETURNING *""",
        [stamp(lease_until), *idle, stamp(now), stamp(now)],
    )
    taken = [_claim(db, row, targets[row["target_id"]], freeze) for row in claimed]
    return Claim(
        deliveries=tuple(each for each in taken if isinstance(each, Delivery)),
        parked=tuple(each for each in taken if isinstance(each, Unbuilt)),
    )


def _claim(db: Database, row: Row, target: Target, freeze: Callable[[Alert, Target, str], bytes]) -> Delivery | Unbuilt:
    payload: bytes | None = row["payload"]
    if payload is None:
        try:
            payload = freeze(read_alert(db, row["alert_id"]), target, row["id"])
        except Exception as error:  # noqa: BLE001  # an alert that cannot be written down must not stop the others
            reason = f"the message could not be built: {type(error).__name__}: {error}"
            db.execute(
                "UPDATE outbox SET state = 'parked', lease_until = NULL, last_reason = ? WHERE id = ?",
                [reason, row["id"]],
            )
            return Unbuilt(row["id"], row["alert_id"], target, reason)
    db.execute("UPDATE outbox SET state = 'sending', payload = ? WHERE id = ?", [payload, row["id"]])
    return Delivery(
        id=row["id"],
        alert_id=row["alert_id"],
        target=target,
        payload=payload,
        attempts=row["attempts"],
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def settle(
    db: Database,
    delivery_id: str,
    outcome: Outcome,
    *,
    state: DeliveryState,
    next_at: datetime | None,
    reason: str,
    started_at: datetime,
    ended_at: datetime,
) -> None:
    """Write how a try went and what becomes of the delivery."""
    db.execute(
        """UPDATE outbox SET state = ?, attempts = attempts + 1, next_at = ?, lease_until = NULL, last_status = ?,
               last_reason = ?, delivered_at = CASE WHEN ? = 'delivered' THEN ? ELSE delivered_at END WHERE id = ?""",
        [state.value, stamp(next_at), outcome.status, reason, state.value, stamp(ended_at), delivery_id],
    )
    db.execute(
        """INSERT INTO attempts(outbox_id, n, started_at, ended_at, outcome, status, reason)
           SELECT id, attempts, ?, ?, ?, ?, ? FROM outbox WHERE id = ?""",
        [stamp(started_at), stamp(ended_at), outcome.kind.value, outcome.status, outcome.reason, delivery_id],
    )


def free_leases(db: Database) -> None:
    """At the start no try is under way: what was being sent may have arrived, and is tried again under its id."""
    db.execute("UPDATE outbox SET state = 'unknown', lease_until = NULL WHERE state = 'sending'")


def replay(db: Database, ids: Sequence[str], now: datetime, *, all_parked: bool = False) -> int:
    """Make parked or delivered messages due again, same id and bytes; return how many."""
    where = "state = 'parked'" if all_parked else f"id IN ({marks(ids)}) AND state IN ('parked', 'delivered')"
    return int(
        db.conn.execute(
            f"UPDATE outbox SET state = 'pending', next_at = ?, lease_until = NULL WHERE {where}",
            [stamp(now), *([] if all_parked else ids)],
        ).rowcount
    )


def next_due(db: Database) -> datetime | None:
    """Return when the next delivery falls due (it may be past), or None where none waits."""
    found: str | None = db.execute(
        f"SELECT min(next_at) FROM outbox WHERE state IN {OPEN} AND lease_until IS NULL"
    ).fetchone()[0]
    return moment(found)


def read_alert(db: Database, alert_id: str) -> Alert:
    """Return all that a message can say of an alert, with the places the story stands at by now."""
    row = rows(
        db,
        f"""SELECT l.*, a.title, a.url, a.published, a.first_seen, a.language, a.authors, a.description, a.access,
                   {OUTLET_COLUMNS}
            FROM alerts l JOIN articles a ON a.id = l.article_id JOIN outlets o ON o.id = a.outlet_id WHERE l.id = ?""",
        [alert_id],
    )[0]
    elsewhere = [sighting for article_id, sighting in sightings(db, row["story_id"]) if article_id != row["article_id"]]
    return Alert(
        id=row["id"],
        watch=WatchInfo(row["watch_id"], row["watch_name"], tuple(json.loads(row["watch_tags"]))),
        story_id=row["story_id"],
        article_id=row["article_id"],
        title=row["title"],
        url=row["url"],
        outlet=outlet_from_row(row),
        published=moment(row["published"]),
        seen_at=datetime.fromisoformat(row["first_seen"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        language=row["language"],
        authors=tuple(json.loads(row["authors"])),
        summary=row["description"],
        score=row["score"],
        evidence=evidence_from_json(row["evidence"]),
        also_on=tuple(elsewhere[:ALSO_ON]),
        access=Access(row["access"]),
    )


def listing(
    db: Database, *, state: DeliveryState | None = None, channel: str | None = None, limit: int = 50
) -> list[OutboxRow]:
    """Return deliveries, the newest first."""
    found = rows(
        db,
        """SELECT x.*, l.watch_id, a.title
           FROM outbox x JOIN alerts l ON l.id = x.alert_id JOIN articles a ON a.id = l.article_id
           WHERE (:state IS NULL OR x.state = :state) AND (:channel IS NULL OR x.channel = :channel)
           ORDER BY x.created_at DESC, x.id LIMIT :limit""",
        {"state": state.value if state else None, "channel": channel, "limit": limit},
    )
    return [
        OutboxRow(
            id=row["id"],
            alert_id=row["alert_id"],
            watch_id=row["watch_id"],
            title=row["title"],
            channel=row["channel"],
            label=row["label"],
            state=DeliveryState(row["state"]),
            attempts=row["attempts"],
            created_at=datetime.fromisoformat(row["created_at"]),
            next_at=moment(row["next_at"]),
            delivered_at=moment(row["delivered_at"]),
            last_status=row["last_status"],
            last_reason=row["last_reason"],
        )
        for row in found
    ]


def exists(db: Database, delivery_id: str) -> bool:
    """Whether there is a delivery of this id."""
    return bool(rows(db, "SELECT 1 FROM outbox WHERE id = ?", [delivery_id]))


def attempts(db: Database, delivery_id: str) -> list[AttemptRow]:
    """Return every try of a delivery, the first first."""
    found = rows(db, "SELECT * FROM attempts WHERE outbox_id = ? ORDER BY n", [delivery_id])
    return [
        AttemptRow(
            n=row["n"],
            started_at=datetime.fromisoformat(row["started_at"]),
            ended_at=datetime.fromisoformat(row["ended_at"]),
            outcome=row["outcome"],
            status=row["status"],
            reason=row["reason"],
        )
        for row in found
    ]


def payload(db: Database, delivery_id: str) -> bytes | None:
    """Return the frozen bytes of a delivery, or None while they are not built."""
    found = rows(db, "SELECT payload FROM outbox WHERE id = ?", [delivery_id])
    return found[0]["payload"] if found else None


def counts(db: Database) -> dict[str, int]:
    """Return how many deliveries stand in each state."""
    return {row["state"]: row["n"] for row in rows(db, "SELECT state, count(*) AS n FROM outbox GROUP BY state")}
