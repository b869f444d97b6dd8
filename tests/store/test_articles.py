"""Articles, their former texts, what they met, and the search over them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.model import Verdict, VerdictKind
from monitor.store import articles
from monitor.store.database import Connection, Store
from tests.builders import NOON, OTHER, WIRE, article, page, source
from tests.stock import match, put_article


async def titles(store: Store, query: str = "", **facts: Any) -> list[str]:
    return [found.title for found in await store.read(articles.search, query, **facts)]


async def test_a_new_article_opens_a_story_and_a_copy_joins_it(store: Store) -> None:
    first = await store.write(put_article)
    copy = await store.write(
        put_article, article("b1", source("Hafenblatt")), Verdict(VerdictKind.COPY, "same text", story_id=first)
    )
    places = await store.read(articles.sightings, first)
    assert [(article_id, place.outlet) for article_id, place in places] == [
        (first, "Rheinblick"),
        (copy, "Hafenblatt"),
    ]
    assert await store.read(articles.counts) == {"articles": 2, "stories": 1, "alerts": 0}


async def test_a_revision_keeps_the_former_text_and_the_search_finds_the_new(store: Store) -> None:
    number = await store.write(put_article)
    edited = article(page=page(text=OTHER, title="Landesrekord in Turku"))
    assert await store.write(articles.revise, number, edited, b"h" * 16, NOON) == 2
    assert await titles(store, "Turku") == ["Landesrekord in Turku"]
    assert await titles(store, "Rheinbrücke") == []
    kept = await store.read(lambda db: db.execute("SELECT revision, title, text FROM revisions").fetchall())
    assert kept == [(1, "Zweite Rheinbrücke beschlossen", WIRE)]


async def test_a_match_is_kept_once_with_its_last_decision_and_never_loses_its_alert(store: Store) -> None:
    number = await store.write(put_article)

    def keep(db: Connection, revision: int, alert_id: str | None, decision: str) -> None:
        articles.keep_match(db, number, match(), revision=revision, alert_id=alert_id, decision=decision, now=NOON)

    await store.write(keep, 1, "alr_1", "told")
    await store.write(keep, 2, None, "not told: this watch has had this story")
    rows = await store.read(lambda db: db.execute("SELECT revision, alert_id, decision FROM matches").fetchall())
    assert rows == [(2, "alr_1", "not told: this watch has had this story")]


@pytest.mark.parametrize(
    ("is_quiet", "alert_id", "expected"),
    [(True, None, {"bridge"}), (True, "alr_1", set()), (False, None, set())],
    ids=["history", "history that was told later", "news"],
)
async def test_a_watch_met_an_article_as_history_only_on_a_first_visit(
    store: Store, is_quiet: bool, alert_id: str | None, expected: set[str]
) -> None:
    number = await store.write(put_article, article(is_quiet=is_quiet))
    await store.write(
        lambda db: articles.keep_match(
            db, number, match(), revision=1, alert_id=alert_id, decision="whatever", now=NOON
        )
    )
    assert await store.read(articles.met_as_history, number) == expected


TEXTS = {
    "de": ("Überschwemmung in Köln", "Der Rhein steigt weiter, sagte die Feuerwehr."),
    "ru": ("Наводнение в Курске", "Вода поднимается, сообщили власти области."),
    "ko": ("쿠르스크에 북한군", "당국은 북한 병사가 쿠르스크에 있다고 밝혔다."),
    "ja": ("クルスクで戦闘", "北朝鮮の兵士がクルスク州で戦っている。"),
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Köln", ["de"]),
        ("koln", ["de"]),
        ('"rhein steigt"', ["de"]),
        ('"steigt rhein"', []),
        ("überschw*", ["de"]),
        ("курске", ["ru"]),
        ("북한군", ["ko"]),
        ("クルスク", ["ja"]),
        ("クルスク 北朝鮮", ["ja"]),
        ("クルスク 大阪", []),
        ("NEAR(", []),
        ("title:Köln", []),
        ("", ["ja", "ko", "ru", "de"]),
    ],
)
async def test_words_are_found_in_every_script_and_nothing_a_user_types_is_an_operator(
    store: Store, query: str, found: list[str]
) -> None:
    for language, (title, text) in TEXTS.items():
        await store.write(put_article, article(language, page=page(language, title=title, text=text)))
    assert await titles(store, query) == [TEXTS[language][0] for language in found]


async def test_the_archive_can_be_narrowed_by_time_outlet_and_watch(store: Store) -> None:
    number = await store.write(put_article)
    other = article("b1", source("Hafenblatt"), page=page("b1", title="Hafen", text=OTHER))
    await store.write(put_article, other)
    await store.write(
        lambda db: articles.keep_match(db, number, match(), revision=1, alert_id=None, decision="x", now=NOON)
    )
    assert await titles(store, outlet="hafenblatt") == ["Hafen"]
    assert await titles(store, watch="bridge") == ["Zweite Rheinbrücke beschlossen"]
    assert await titles(store, since=NOON + timedelta(seconds=1)) == []
    assert len(await titles(store, since=NOON, limit=1)) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(query=st.text(st.characters(exclude_categories=("Cs",)), max_size=40) | st.text('"*():^-+ ANDORT', max_size=20))
async def test_F9_no_query_breaks_the_search(store: Store, query: str) -> None:
    await store.read(articles.search, query)
