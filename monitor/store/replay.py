"""The archive in the order in which it was read, for rules that are held against it once more.

What comes first are keys, which are small; texts follow in batches, each its own short read, so that a long
replay holds no snapshot open beside a running service.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from monitor.model import Access, Evidence, Outlet, Verdict, VerdictKind
from monitor.store.rows import OUTLET_COLUMNS, Row, evidence_from_json, marks, outlet_from_row, rows, stamp

BATCH = 200  # texts in memory at a time


@dataclass(frozen=True, slots=True)
class TextKey:
    """One text of an article that was read at a time; an article that was edited has several."""

    article_id: int
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ArchivedText:
    """One text as it was read, with what was judged of it then."""

    key: TextKey
    story_id: int
    title: str
    text: str
    url: str
    language: str | None
    outlet: Outlet
    verdict: Verdict
    is_quiet: bool
    access: Access


@dataclass(frozen=True, slots=True)
class Telling:
    """An article that told a watch of a story, or would have."""

    watch_id: str
    story_id: int
    article_id: int
    at: datetime
    title: str
    url: str
    outlet: str
    score: int
    evidence: tuple[Evidence, ...]


def keys_since(db: Database, since: datetime) -> list[TextKey]:
    """Return every text of every story that was read or changed since then, also its earlier ones, oldest first."""
    found = db.conn.execute(
        """WITH stories(id) AS (
               SELECT DISTINCT story_id FROM articles WHERE first_seen >= :since OR fetched_at >= :since)
           SELECT a.id, a.revision, a.fetched_at AS at FROM articles a WHERE a.story_id IN stories
           UNION ALL
           SELECT r.article_id, r.revision, r.read_at FROM revisions r
               JOIN articles a ON a.id = r.article_id WHERE a.story_id IN stories
           ORDER BY at, 1, 2""",
        {"since": stamp(since)},
    )
    return [TextKey(id_, revision, datetime.fromisoformat(at)) for id_, revision, at in found]


def texts(db: Database, keys: Sequence[TextKey]) -> Iterator[ArchivedText]:
    """Give the texts of these keys, in their order."""
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        ids = list({key.article_id for key in batch})
        heads = {row["id"]: row for row in rows(db, _HEADS.format(ids=marks(ids)), ids)}
        former = {(row["article_id"], row["revision"]): row for row in rows(db, _FORMER.format(ids=marks(ids)), ids)}
        for key in batch:
            head = heads[key.article_id]
            yield _archived(key, head, former.get((key.article_id, key.revision), head))


_HEADS = f"""SELECT a.id, a.story_id, a.url, a.language, a.verdict, a.reason, a.is_quiet, a.access, a.revision,
                    t.title, t.text, {OUTLET_COLUMNS}
             FROM articles a JOIN texts t ON t.id = a.id JOIN outlets o ON o.id = a.outlet_id WHERE a.id IN ({{ids}})"""
_FORMER = "SELECT article_id, revision, title, text FROM revisions WHERE article_id IN ({ids})"


def _archived(key: TextKey, head: Row, words: Row) -> ArchivedText:
    is_first = key.revision == 1
    verdict = VerdictKind(head["verdict"]) if is_first else VerdictKind.UPDATE
    is_present = key.revision == head["revision"]
    return ArchivedText(
        key=key,
        story_id=head["story_id"],
        title=words["title"],
        text=words["text"],
        url=head["url"],
        language=head["language"],
        outlet=outlet_from_row(head),
        verdict=Verdict(verdict, head["reason"], head["story_id"], head["id"]),
        is_quiet=bool(head["is_quiet"]) and is_first,
        access=Access(head["access"]) if is_present else Access.OPEN,  # of former texts it is not kept
    )


def recorded(db: Database, since: datetime, shadow: str) -> Iterator[Telling]:
    """Give every alert since then, and what shadow watches (decisions that start with `shadow`) would have told."""
    found = rows(
        db,
        """SELECT told.*, t.title, a.url, o.name AS outlet FROM (
               SELECT watch_id, story_id, article_id, score, evidence, created_at AS at FROM alerts
               WHERE created_at >= :since
               UNION ALL
               SELECT m.watch_id, b.story_id, m.article_id, m.score, m.evidence, m.at
               FROM matches m JOIN articles b ON b.id = m.article_id
               WHERE m.at >= :since AND substr(m.decision, 1, length(:shadow)) = :shadow) told
           JOIN articles a ON a.id = told.article_id JOIN texts t ON t.id = a.id JOIN outlets o ON o.id = a.outlet_id
           ORDER BY told.at""",
        {"since": stamp(since), "shadow": shadow},
    )
    for row in found:
        row["at"] = datetime.fromisoformat(row["at"])
        row["evidence"] = evidence_from_json(row["evidence"])
        yield Telling(**row)
