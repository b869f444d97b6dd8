"""Articles in line: each once, claimed with a lease, tried again, given up with a reason, gone when read."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Entry
from monitor.store import frontier
from monitor.store.database import Connection, Store
from monitor.store.rows import entry_from_json, entry_to_json
from tests.builders import NOON, entry, source
from tests.stock import register

FEED, OTHER = source(), source("Hafenblatt")
MINUTE = timedelta(minutes=1)


def put(db: Connection, name: str, *, host: str = "a.example", at: timedelta = timedelta(0), **facts: object) -> bool:
    known = {"source_id": FEED.id, "entry": entry(name), "is_quiet": False, "why": "new", **facts}
    url = f"http://{host}/{name}"
    return frontier.add(db, url_key=name.encode(), url=url, host=host, now=NOON + at, **known)  # type: ignore[arg-type]  # known names real arguments


def claim(db: Connection, *, at: timedelta = timedelta(0), limit: int = 100, per_host: int = 100) -> list[str]:
    """Lease for a minute; return names."""
    now = NOON + at
    watched = {each.id: each for each in (FEED, OTHER)}
    items = frontier.claim_due(db, watched, now, now + MINUTE, limit=limit, per_host=per_host)
    return [item.url.rpartition("/")[2] for item in items]


async def test_an_article_stands_in_line_once(store: Store) -> None:
    await store.write(register, FEED)
    assert [await store.write(put, "a"), await store.write(put, "a", source_id=OTHER.id)] == [True, False]
    assert await store.write(claim) == ["a"]


async def test_a_lease_keeps_others_away_until_it_ends(store: Store) -> None:
    await store.write(register, FEED)
    await store.write(put, "a")
    claims = [await store.write(claim, at=at) for at in (timedelta(0), MINUTE - timedelta(seconds=1), MINUTE)]
    assert claims == [["a"], [], ["a"]]


async def test_at_the_start_no_reading_is_under_way(store: Store) -> None:
    await store.write(register, FEED)
    await store.write(put, "a")
    await store.write(claim)
    await store.write(frontier.free_leases)
    assert await store.write(claim) == ["a"]


async def test_what_is_under_way_counts_against_its_host(store: Store) -> None:
    await store.write(register, FEED)
    for number in range(5):
        await store.write(put, f"a{number}", host="a.example")
        await store.write(put, f"b{number}", host="b.example", at=timedelta(seconds=1))
    first = await store.write(claim, at=timedelta(seconds=1), limit=3, per_host=2)
    second = await store.write(claim, at=timedelta(seconds=2), per_host=2)
    assert sorted(first + second) == ["a0", "a1", "b0", "b1"]
    assert await store.write(claim, at=timedelta(seconds=3), per_host=2) == []


async def test_every_host_has_its_turn_before_any_has_a_second(store: Store) -> None:
    await store.write(register, FEED)
    for number in range(5):
        await store.write(put, f"a{number}", host="a.example")
    await store.write(put, "b0", host="b.example", at=timedelta(seconds=1))
    assert sorted(await store.write(claim, at=MINUTE, limit=2)) == ["a0", "b0"]


async def test_news_go_before_history_of_any_age(store: Store) -> None:
    await store.write(register, FEED)
    await store.write(put, "old", is_quiet=True)
    await store.write(put, "new", at=timedelta(seconds=1))
    assert await store.write(claim, at=MINUTE) == ["new", "old"]


async def test_articles_of_a_source_that_left_the_file_wait_for_its_return(store: Store) -> None:
    await store.write(register, FEED, OTHER)
    await store.write(put, "a")
    await store.write(register, OTHER)
    assert await store.write(claim) == []
    await store.write(register, FEED, OTHER)
    assert await store.write(claim) == ["a"]


async def test_a_try_that_failed_moves_the_next_and_a_given_back_lease_counts_as_none(store: Store) -> None:
    await store.write(register, FEED)
    await store.write(put, "a")
    await store.write(frontier.try_again, 1, NOON + MINUTE, "timed out")
    await store.write(frontier.release, [1], NOON + 2 * MINUTE)
    assert await store.write(claim, at=MINUTE) == []
    (item,) = await store.write(frontier.claim_due, {FEED.id: FEED}, NOON + 2 * MINUTE, NOON, limit=1, per_host=1)
    assert item.tries == 1


async def test_what_was_given_up_can_be_asked_about_and_begins_anew_when_it_is_shown_again(store: Store) -> None:
    await store.write(register, FEED)
    await store.write(put, "a")
    await store.write(frontier.give_up, 1, "robots.txt forbids it")
    assert await store.read(frontier.counts) == {"given_up": 1}
    assert await store.write(claim, at=MINUTE) == []
    assert await store.write(put, "a") is True
    assert await store.read(frontier.counts) == {"waiting": 1}
    (item,) = await store.write(frontier.claim_due, {FEED.id: FEED}, NOON, NOON, limit=1, per_host=1)
    assert item.tries == 0


async def test_a_read_article_leaves_the_line(store: Store) -> None:
    await store.write(register, FEED)
    await store.write(put, "a")
    await store.write(frontier.done, 1)
    assert await store.read(frontier.counts) == {}


MOMENTS = st.none() | st.integers(-(10**10), 10**10).map(lambda seconds: NOON + timedelta(seconds=seconds))
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)  # the parsers let no lone surrogate through
ENTRIES = st.builds(
    Entry,
    link=TEXTS,
    id=st.none() | TEXTS.filter(bool),
    title=TEXTS,
    published=MOMENTS,
    updated=MOMENTS,
    authors=st.lists(TEXTS, max_size=3).map(tuple),
    summary=TEXTS,
    language=st.none() | TEXTS.filter(bool),
    image=st.none() | TEXTS.filter(bool),
)


@given(ENTRIES)
def test_an_entry_comes_out_of_the_line_as_it_went_in(told: Entry) -> None:
    assert entry_from_json(entry_to_json(told)) == told
