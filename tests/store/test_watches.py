"""What the store remembers of watches, and that a database of the step before learns it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.match.ast import SHADOW_FOR_GOOD
from monitor.store import articles, watches
from monitor.store.database import Connection, Store, connect
from monitor.store.schema import migrations
from tests.builders import NOON, article, page
from tests.stock import match, put_article

WEEK = timedelta(days=7)


@pytest.fixture
def db(tmp_path: Path) -> Connection:
    Store.open(tmp_path / "tocsin.db").close()
    with closing(connect(tmp_path / "tocsin.db")) as opened:
        yield opened


def since(db: Connection, watch_id: str) -> datetime:
    return watches.shadow_since(db, (watch_id,))[watch_id]


@pytest.mark.parametrize(
    ("first", "then", "starts_again"),
    [
        (None, None, False),
        (None, WEEK, True),
        (WEEK, WEEK, False),
        (WEEK, 2 * WEEK, True),
        (WEEK, None, True),
        (SHADOW_FOR_GOOD, SHADOW_FOR_GOOD, False),
    ],
)
def test_a_shadow_starts_when_it_is_new_or_other_than_before(
    db: Connection, first: timedelta | None, then: timedelta | None, starts_again: bool
) -> None:
    watches.register(db, {"a": first}, NOON)
    watches.register(db, {"a": then, "b": None}, NOON + WEEK)
    assert since(db, "a") == NOON + WEEK * starts_again
    assert watches.records(db, NOON, "shadow: ")["a"].first_seen == NOON


def test_a_watch_that_is_gone_for_a_while_is_not_on_probation_again(db: Connection) -> None:
    watches.register(db, {"a": WEEK}, NOON)
    watches.register(db, {}, NOON + WEEK)
    watches.register(db, {"a": WEEK}, NOON + 2 * WEEK)
    assert since(db, "a") == NOON


def test_what_a_shadow_held_back_stays_written_until_it_is_told(db: Connection) -> None:
    article_id = put_article(db)

    def keep(decision: str, alert_id: str | None = None) -> str:
        articles.keep_match(db, article_id, match(), revision=1, alert_id=alert_id, decision=decision, now=NOON)
        return str(db.execute("SELECT decision FROM matches").fetchone()[0])

    assert keep("not told: seen") == "not told: seen"
    assert keep("shadow: a new story") == "shadow: a new story"
    assert watches.would_have_told(db, article_id, "shadow: ") == {match().watch_id}
    assert keep("not told: this watch has had this story") == "shadow: a new story"
    assert keep("a new text of a story", "alr_1") == "a new text of a story"
    assert watches.would_have_told(db, article_id, "shadow: ") == frozenset()


def test_words_that_begin_alike_come_with_their_number_of_texts(db: Connection) -> None:
    put_article(db, article("a1", page=page("a1", text="Die Brücke, die BRÜCKEN und ein Brückner")))
    put_article(db, article("a2", page=page("a2", text="Noch eine Brücke über den Bach", title="Bau")))
    assert watches.words_like(db, "bruck", limit=2) == [("brucke", 2), ("brucken", 1)]


def test_a_store_of_the_step_before_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "tocsin.db")) as old:
        migrations.apply(old, stop_before="m002_watches")
        put_article(old)
    Store.open(tmp_path / "tocsin.db").close()
    with closing(connect(tmp_path / "tocsin.db", read_only=True)) as new:
        assert watches.words_like(new, "rheinbruck", limit=1) != []
        assert watches.records(new, NOON, "shadow: ") == {}
