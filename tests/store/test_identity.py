"""Keys in, the articles that share one out."""

from __future__ import annotations

from datetime import timedelta

from monitor.model import Fingerprint, IdentityKey, KeyKind
from monitor.store import identity
from monitor.store.database import Connection, Store
from tests.builders import NOON, article, page
from tests.stock import census, put_article

DAY = timedelta(days=1)
URL, TITLE, BODY, BODY2 = (
    IdentityKey(KeyKind.URL, b"u" * 16),
    IdentityKey(KeyKind.TITLE_DAY, b"t" * 16),
    IdentityKey(KeyKind.BODY, b"b" * 8),
    IdentityKey(KeyKind.BODY, b"c" * 8),
)


def put(db: Connection, path: str, *keys: IdentityKey, ago: timedelta = timedelta(0)) -> int:
    article_id = put_article(db, article(path))
    identity.keep(db, article_id, keys, NOON - ago)
    return article_id


async def shared(store: Store, *keys: IdentityKey) -> dict[int, frozenset[KeyKind]]:
    found = await store.read(identity.neighbours, keys, NOON - 14 * DAY)
    return {each.id: each.shared for each in found}


async def test_whoever_shares_a_key_is_found_with_the_kinds_that_are_shared(store: Store) -> None:
    one = await store.write(put, "a1", URL, TITLE, BODY)
    two = await store.write(put, "a2", TITLE)
    await store.write(put, "a3", BODY2)
    assert await shared(store, URL, TITLE, BODY) == {
        one: frozenset({KeyKind.URL, KeyKind.TITLE_DAY, KeyKind.BODY}),
        two: frozenset({KeyKind.TITLE_DAY}),
    }
    assert await shared(store) == {}


async def test_a_body_is_compared_within_its_window_and_an_address_for_ever(store: Store) -> None:
    await store.write(put, "a1", BODY, ago=15 * DAY)
    old = await store.write(put, "a2", URL, ago=400 * DAY)
    assert await shared(store, URL, BODY) == {old: frozenset({KeyKind.URL})}


async def test_a_new_text_has_new_body_keys_and_keeps_the_others(store: Store) -> None:
    one = await store.write(put, "a1", URL, BODY)
    await store.write(identity.keep, one, [URL, BODY2], NOON)
    assert await shared(store, BODY) == {}
    assert await shared(store, URL, BODY2) == {one: frozenset({KeyKind.URL, KeyKind.BODY})}


async def test_of_a_key_that_all_share_only_the_newest_are_taken(store: Store) -> None:
    ids = [await store.write(put, f"a{number}", TITLE) for number in range(identity.SHARERS + 5)]
    assert sorted(await shared(store, TITLE)) == ids[5:]


async def test_an_address_outweighs_any_number_of_bands(store: Store) -> None:
    first = await store.write(put, "a0", URL)
    bands = [IdentityKey(KeyKind.BODY, bytes([number]) * 8) for number in range(4)]
    for number, band in enumerate(bands):
        for copy in range(identity.SHARERS):
            await store.write(put, f"b{number}-{copy}", band)
    found = await shared(store, URL, *bands)
    assert len(found) == identity.CANDIDATES
    assert first in found


async def test_what_is_known_comes_back_whole(store: Store) -> None:
    one = await store.write(put, "a1", URL)
    (known,) = await store.read(identity.neighbours, [URL], NOON)
    mark = page().fingerprint
    assert isinstance(mark, Fingerprint)
    assert (known.id, known.story_id, known.outlet_id, known.published) == (one, one, "rheinblick", NOON)
    assert known.fingerprint == mark


async def test_old_body_keys_are_forgotten_and_nothing_else(store: Store) -> None:
    await store.write(put, "a1", URL, TITLE, BODY, ago=40 * DAY)
    await store.write(put, "a2", BODY2)
    assert await store.write(identity.forget_bodies, NOON - 28 * DAY) == 1
    assert await store.read(census, "identity") == {"identity": 3}
