"""The schema as named steps; a step that was released is never edited (docs/operations.md, upgrade).

Times are ISO 8601 text in UTC with microseconds, so that they sort as text and read as times.
Keys are 16-byte hashes. JSON columns hold lists written by this program only.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("tocsin")

FIRST = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE outlets (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    domain TEXT NOT NULL,
    country TEXT,
    language TEXT,
    tags TEXT NOT NULL DEFAULT '[]'
) STRICT;

-- What is remembered of a source; what it is stands in the user's file.
CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    outlet_id TEXT NOT NULL REFERENCES outlets(id),
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1,  -- it stands in the file that runs
    added_at TEXT NOT NULL,                -- when it first did
    next_due TEXT NOT NULL,
    due_reason TEXT NOT NULL DEFAULT '',
    lease_until TEXT,                      -- a visit is under way; a crash lets it run out
    baseline_at TEXT,                      -- the first visit that succeeded: before it, everything is history
    etag TEXT,
    last_modified TEXT,
    body_hash BLOB,
    last_full_at TEXT,                     -- the last answer that was read whole
    failures INTEGER NOT NULL DEFAULT 0,   -- in a row
    last_visit_at TEXT,
    last_ok_at TEXT,
    last_new_at TEXT,
    last_outcome TEXT,
    last_reason TEXT,
    resolved_kind TEXT,                    -- what a bare address turned out to be
    resolved_url TEXT
) STRICT;
CREATE INDEX sources_due ON sources(next_due) WHERE is_active = 1;  -- claim_due

CREATE TABLE visits (
    id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources(id),
    started_at TEXT NOT NULL,
    took_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    entries INTEGER NOT NULL,
    fresh INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX visits_source ON visits(source_id, started_at);  -- a source's history
CREATE INDEX visits_time ON visits(started_at);               -- pruning

-- Every entry a source ever showed, so that none is news twice.
CREATE TABLE seen (
    source_id TEXT NOT NULL,
    url_key BLOB NOT NULL,
    feed_id BLOB,
    title_key BLOB,
    state BLOB NOT NULL,                   -- what the source said of it; another state may mean an edit
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    reread_day TEXT,
    rereads INTEGER NOT NULL DEFAULT 0,    -- on reread_day
    PRIMARY KEY (source_id, url_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_feed_id ON seen(source_id, feed_id) WHERE feed_id IS NOT NULL;
CREATE INDEX seen_title ON seen(source_id, title_key) WHERE title_key IS NOT NULL;
CREATE INDEX seen_url ON seen(url_key);    -- the same address in another source

-- Discovered articles that wait to be read. A row goes when its article is recorded.
CREATE TABLE frontier (
    id INTEGER PRIMARY KEY,
    url_key BLOB NOT NULL UNIQUE,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    source_id TEXT NOT NULL REFERENCES sources(id),
    entry TEXT NOT NULL,                   -- JSON
    is_quiet INTEGER NOT NULL,
    why TEXT NOT NULL,
    discovered_at TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    lease_until TEXT,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'given_up')),
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX frontier_due ON frontier(is_quiet, next_try_at) WHERE state = 'waiting';

CREATE TABLE articles (
    id INTEGER PRIMARY KEY,
    story_id INTEGER NOT NULL,             -- the id of the story's first article
    url TEXT NOT NULL,
    canonical_url TEXT,
    outlet_id TEXT NOT NULL REFERENCES outlets(id),
    source_id TEXT NOT NULL,
    feed_id TEXT,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    authors TEXT NOT NULL,                 -- JSON
    published TEXT,
    modified TEXT,
    language TEXT,
    site_name TEXT,
    image TEXT,
    access TEXT NOT NULL,
    discovered_at TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    is_quiet INTEGER NOT NULL,
    verdict TEXT NOT NULL,                 -- of the first reading
    reason TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    text_length INTEGER NOT NULL,
    text_hash BLOB NOT NULL,
    signature BLOB,
    shingles INTEGER,
    scheme TEXT
) STRICT;
CREATE INDEX articles_story ON articles(story_id);
CREATE INDEX articles_seen ON articles(first_seen);

-- The searched text, apart from the rest, so that only a change of text costs an index update.
CREATE TABLE texts (id INTEGER PRIMARY KEY REFERENCES articles(id), title TEXT NOT NULL, text TEXT NOT NULL) STRICT;

CREATE TABLE revisions (                   -- what an edited article said before
    article_id INTEGER NOT NULL REFERENCES articles(id),
    revision INTEGER NOT NULL,
    read_at TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (article_id, revision)
) STRICT, WITHOUT ROWID;

-- By what an article is known again; body keys are bands of its MinHash.
CREATE TABLE identity (
    key BLOB NOT NULL,
    article_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (key, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_article ON identity(article_id);

CREATE TABLE matches (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    watch_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    score INTEGER NOT NULL,
    evidence TEXT NOT NULL,                -- JSON
    at TEXT NOT NULL,
    alert_id TEXT,                         -- the alert it raised or joined
    decision TEXT NOT NULL,                -- why it was told, or what held it
    PRIMARY KEY (article_id, watch_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    watch_id TEXT NOT NULL,
    watch_name TEXT NOT NULL,
    watch_tags TEXT NOT NULL,
    story_id INTEGER NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles(id),
    score INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    created_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (watch_id, story_id)            -- a story is told once
) STRICT;
CREATE INDEX alerts_time ON alerts(created_at);

CREATE TABLE outbox (
    id TEXT PRIMARY KEY,                   -- webhook-id, left part of the Message-ID: stable over all tries
    alert_id TEXT NOT NULL REFERENCES alerts(id),
    target_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    payload BLOB,                          -- built once, before the first try; never changed
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'unknown', 'delivered', 'parked')),
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    next_at TEXT,
    lease_until TEXT,
    last_status INTEGER,
    last_reason TEXT NOT NULL DEFAULT '',
    delivered_at TEXT,
    UNIQUE (alert_id, target_id)
) STRICT;
CREATE INDEX outbox_due ON outbox(target_id, next_at) WHERE state IN ('pending', 'sending', 'unknown');

CREATE TABLE attempts (
    outbox_id TEXT NOT NULL REFERENCES outbox(id),
    n INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    reason TEXT NOT NULL,
    PRIMARY KEY (outbox_id, n)
) STRICT, WITHOUT ROWID;
"""


WATCHES = """
-- When a watch first stood in the user's file, and since when with its present `shadow`.
CREATE TABLE watches (
    id TEXT PRIMARY KEY,
    first_seen TEXT NOT NULL,
    shadow_s REAL,                         -- seconds it stays silent; NULL: it tells
    shadow_since TEXT NOT NULL
) STRICT;
CREATE INDEX matches_time ON matches(at);  -- what matched of late

-- The words of all texts, folded, with the number of texts each is in; a view of the search index, stored nowhere.
CREATE VIRTUAL TABLE words USING fts5vocab(texts_fts, row);
"""


@migrations()
def m001_first(db: Database) -> None:
    """Everything the first release keeps."""
    db.executescript(FIRST)  # statement by statement, inside the migration's transaction
    db.table("texts").enable_fts(["title", "text"], create_triggers=True, tokenize="unicode61 remove_diacritics 2")


@migrations()
def m002_watches(db: Database) -> None:
    """Shadow watches go live a while after they were first seen; rules are written by the words that were read."""
    db.executescript(WATCHES)
