"""Articles, their texts and former texts, what they matched, and the search over them."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from monitor.model import Article, Match, Sighting, Verdict
from monitor.store.rows import Row, evidence_to_json, moment, rows, stamp, to_json


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """An article as the archive shows it."""

    id: int
    story_id: int
    outlet: str
    title: str
    url: str
    published: datetime | None
    first_seen: datetime
    language: str | None
    access: str
    verdict: str
    reason: str
    revision: int
    snippet: str
    watches: tuple[str, ...]


def insert(db: Database, article: Article, verdict: Verdict, text_hash: bytes, now: datetime) -> int:
    """Write a new article and return its id; without a story of its own it opens one."""
    page = article.page
    mark = page.fingerprint
    cursor = db.conn.execute(
        """INSERT INTO articles(story_id, url, canonical_url, outlet_id, source_id, feed_id, title, description,
               authors, published, modified, language, site_name, image, access, discovered_at, first_seen,
               fetched_at, is_quiet, verdict, reason, text_length, text_hash, signature, shingles, scheme)
           VALUES(:story_id, :url, :canonical_url, :outlet_id, :source_id, :feed_id, :title, :description,
               :authors, :published, :modified, :language, :site_name, :image, :access, :discovered_at, :now,
               :fetched_at, :is_quiet, :verdict, :reason, :text_length, :text_hash, :signature, :shingles, :scheme)""",
        {
            "story_id": verdict.story_id or 0,
            "url": article.url,
            "canonical_url": page.canonical_url,
            "outlet_id": article.outlet.id,
            "source_id": article.source_id,
            "feed_id": article.entry.id,
            "title": article.title,
            "description": article.summary,
            "authors": to_json(page.authors or article.entry.authors),
            "published": stamp(article.published),
            "modified": stamp(page.modified),
            "language": article.language,
            "site_name": page.site_name,
            "image": page.image or article.entry.image,
            "access": page.access.value,
            "discovered_at": stamp(article.discovered_at),
            "now": stamp(now),
            "fetched_at": stamp(article.fetched_at),
            "is_quiet": article.is_quiet,
            "verdict": verdict.kind.value,
            "reason": verdict.reason,
            "text_length": len(page.text),
            "text_hash": text_hash,
            "signature": mark.signature if mark else None,
            "shingles": mark.shingles if mark else None,
            "scheme": mark.scheme if mark else None,
        },
    )
    article_id = int(cursor.lastrowid or 0)
    if verdict.story_id is None:
        db.execute("UPDATE articles SET story_id = id WHERE id = ?", [article_id])
    db.execute("INSERT INTO texts(id, title, text) VALUES(?, ?, ?)", [article_id, article.title, page.text])
    return article_id


def revise(db: Database, article_id: int, article: Article, text_hash: bytes, now: datetime) -> int:
    """Write a new text of a known article, keep the former one, and return the new revision's number."""
    page = article.page
    mark = page.fingerprint
    db.execute(
        """INSERT INTO revisions(article_id, revision, read_at, title, text)
           SELECT a.id, a.revision, a.fetched_at, t.title, t.text
           FROM articles a JOIN texts t ON t.id = a.id WHERE a.id = ?""",
        [article_id],
    )
    db.execute(
        """UPDATE articles SET title = ?, description = ?, modified = ?, access = ?, fetched_at = ?,
               revision = revision + 1, text_length = ?, text_hash = ?, signature = ?, shingles = ?, scheme = ?
           WHERE id = ?""",
        [
            article.title,
            article.summary,
            stamp(page.modified),
            page.access.value,
            stamp(now),
            len(page.text),
            text_hash,
            mark.signature if mark else None,
            mark.shingles if mark else None,
            mark.scheme if mark else None,
            article_id,
        ],
    )
    db.execute("UPDATE texts SET title = ?, text = ? WHERE id = ?", [article.title, page.text, article_id])
    return revision(db, article_id)


def revision(db: Database, article_id: int) -> int:
    """Return the number of an article's current text, from 1."""
    return int(db.execute("SELECT revision FROM articles WHERE id = ?", [article_id]).fetchone()[0])


def keep_match(
    db: Database, article_id: int, match: Match, *, revision: int, alert_id: str | None, decision: str, now: datetime
) -> None:
    """Write that an article met a watch, with the evidence and what was decided.

    That it would have been told, but for its shadow, stays written until it is told.
    """
    db.execute(
        """INSERT INTO matches(article_id, watch_id, revision, score, evidence, at, alert_id, decision)
           VALUES(?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT(article_id, watch_id) DO UPDATE SET revision = excluded.revision, score = excluded.score,
               evidence = excluded.evidence, at = excluded.at, alert_id = coalesce(excluded.alert_id, alert_id),
               decision = CASE WHEN decision LIKE 'shadow: %' AND excluded.alert_id IS NULL THEN decision
                               ELSE excluded.decision END""",
        [
            article_id,
            match.watch_id,
            revision,
            match.score,
            evidence_to_json(match.evidence),
            stamp(now),
            alert_id,
            decision,
        ],
    )


def met_as_history(db: Database, article_id: int) -> frozenset[str]:
    """Return the watches that met an article which a first visit brought, and were not told of it."""
    found = rows(
        db,
        """SELECT m.watch_id FROM matches m JOIN articles a ON a.id = m.article_id
           WHERE a.id = ? AND a.is_quiet AND m.alert_id IS NULL""",
        [article_id],
    )
    return frozenset(row["watch_id"] for row in found)


def sightings(db: Database, story_id: int) -> list[tuple[int, Sighting]]:
    """Return where a story stands, the first first, each with the article's id."""
    found = rows(
        db,
        """SELECT a.id, a.url, a.title, a.published, a.first_seen, o.name AS outlet
           FROM articles a JOIN outlets o ON o.id = a.outlet_id WHERE a.story_id = ? ORDER BY a.id""",
        [story_id],
    )
    return [(row["id"], _sighting(row)) for row in found]


def _sighting(row: Row) -> Sighting:
    return Sighting(
        outlet=row["outlet"],
        url=row["url"],
        title=row["title"],
        published=moment(row["published"]),
        seen_at=datetime.fromisoformat(row["first_seen"]),
    )


# ── The archive ──────────────────────────────────────────────────────────────────────────────

_WORDLESS = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TERM = re.compile(r'"([^"]+)"|(\S+)')


def search(
    db: Database,
    query: str = "",
    *,
    since: datetime | None = None,
    outlet: str | None = None,
    watch: str | None = None,
    limit: int = 20,
) -> list[FoundArticle]:
    """Return the newest articles that hold all words of `query` (quotes make a phrase, `word*` a beginning).

    Scripts without spaces are not words to the index: a query in one of them is searched as a
    piece of text, which reads the archive instead of the index.
    """
    where: list[str] = ["1"]
    parameters: dict[str, object] = {"limit": limit}
    source, newest = "articles a", "a.id"
    snippet = "substr(t.text, 1, 160)"
    if query.strip() and _WORDLESS.search(query):
        for number, term in enumerate(_terms(query)):
            where.append(f"(instr(t.title, :term{number}) OR instr(t.text, :term{number}))")
            parameters[f"term{number}"] = term
    elif query.strip():
        # From the index outwards, in its own order: only the articles that are shown are looked at.
        source, newest = "texts_fts f CROSS JOIN articles a ON a.id = f.rowid", "f.rowid"
        where.append("texts_fts MATCH :query")
        parameters["query"] = _fts_query(query)
        snippet = "snippet(texts_fts, 1, '', '', '…', 24)"
    if since is not None:
        where.append("a.first_seen >= :since")
        parameters["since"] = stamp(since)
    if outlet is not None:
        where.append("(o.id = :outlet OR o.name = :outlet COLLATE NOCASE)")
        parameters["outlet"] = outlet
    if watch is not None:
        where.append("EXISTS (SELECT 1 FROM matches m WHERE m.article_id = a.id AND m.watch_id = :watch)")
        parameters["watch"] = watch
    found = rows(
        db,
        f"""SELECT a.*, o.name AS outlet, {snippet} AS snippet,
                   (SELECT json_group_array(watch_id) FROM matches m WHERE m.article_id = a.id) AS watches
            FROM {source} CROSS JOIN texts t ON t.id = a.id CROSS JOIN outlets o ON o.id = a.outlet_id
            WHERE {" AND ".join(where)} ORDER BY {newest} DESC LIMIT :limit""",
        parameters,
    )
    return [_found(row) for row in found]


def _terms(query: str) -> list[str]:
    return [unicodedata.normalize("NFC", phrase or word) for phrase, word in _TERM.findall(query)]


def _fts_query(query: str) -> str:
    """Quote every term, so that nothing a user types is an operator by accident; a final * stays one."""
    terms = []
    for term in _terms(query):
        bare = term.rstrip("*").replace('"', " ")
        if bare.strip():
            terms.append(f'"{bare}"' + ("*" if term.endswith("*") else ""))
    return " ".join(terms) or '""'


def _found(row: Row) -> FoundArticle:
    return FoundArticle(
        id=row["id"],
        story_id=row["story_id"],
        outlet=row["outlet"],
        title=row["title"],
        url=row["url"],
        published=moment(row["published"]),
        first_seen=datetime.fromisoformat(row["first_seen"]),
        language=row["language"],
        access=row["access"],
        verdict=row["verdict"],
        reason=row["reason"],
        revision=row["revision"],
        snippet=" ".join(str(row["snippet"]).split()),
        watches=tuple(json.loads(row["watches"])),
    )


def counts(db: Database) -> dict[str, int]:
    """Return how many articles, stories and alerts there are."""
    found = rows(
        db,
        """SELECT (SELECT count(*) FROM articles) AS articles,
                  (SELECT count(DISTINCT story_id) FROM articles) AS stories,
                  (SELECT count(*) FROM alerts) AS alerts""",
    )
    return dict(found[0])
