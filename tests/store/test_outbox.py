"""Alerts and deliveries: told once, claimed by one, written down once, kept until they are delivered or replayed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Alert, AlertPlan, Delivery, DeliveryState, Target, Verdict, VerdictKind
from monitor.store import outbox
from monitor.store.database import Connection, Store
from tests.builders import NOON, article, source, target
from tests.stock import LATER, QUAKE, SENT, census, match, opened, put_alert, put_article

DESK, MAIL = target("desk"), target("mail", "a@desk.test")
MINUTE = timedelta(minutes=1)


def freeze(alert: Alert, to: Target, delivery_id: str) -> bytes:
    return f"{alert.title} to {to.label}, also on {len(alert.also_on)}".encode()


def claim(
    db: Connection, *targets: Target, busy: tuple[str, ...] = (), at: timedelta = timedelta(0)
) -> tuple[Delivery, ...]:
    """Lease for a minute."""
    now = NOON + at
    return outbox.claim_due(db, {each.id: each for each in targets}, busy, now, now + MINUTE, freeze).deliveries


def settle(db: Connection, delivery: Delivery, state: DeliveryState, *, next_at: timedelta | None = None) -> None:
    outcome = SENT if state is DeliveryState.DELIVERED else LATER
    outbox.settle(
        db,
        delivery.id,
        outcome,
        state=state,
        next_at=None if next_at is None else NOON + next_at,
        reason=outcome.reason,
        started_at=NOON,
        ended_at=NOON,
    )


async def test_a_story_is_told_to_a_watch_once_with_one_delivery_per_target(store: Store) -> None:
    first = await store.write(put_alert, DESK, MAIL)
    assert first[1] == 2

    def again(db: Connection) -> tuple[str, int]:
        row = db.execute("SELECT article_id, story_id FROM alerts").fetchone()
        return _raise(db, *row)

    assert await store.write(again) == (first[0], 0)
    assert await store.read(census, "alerts", "outbox") == {"alerts": 1, "outbox": 2}
    assert await store.read(outbox.told, 1) == {"bridge"}
    assert await store.read(outbox.alert_of, "bridge", 1) == first[0]


def _raise(db: Connection, article_id: int, story_id: int) -> tuple[str, int]:
    return outbox.raise_alert(
        db,
        store_identity="store",
        plan=AlertPlan("bridge", (DESK, MAIL), "again"),
        watch=QUAKE,
        match=match(),
        article_id=article_id,
        story_id=story_id,
        now=NOON,
        first_try_at=NOON,
    )


async def test_ids_are_the_same_for_the_same_alert_and_receiver_and_for_no_other(store: Store) -> None:
    first, _ = await store.write(put_alert, DESK, MAIL, path="a1")
    second, _ = await store.write(put_alert, DESK, MAIL, path="a2")
    ids = {row.id for row in await store.read(outbox.listing)}
    assert len(ids) == 4
    assert outbox.stable_id("msg", first, DESK.id) in ids
    assert first != second


async def test_a_story_number_given_out_again_after_a_restore_makes_another_alert(store: Store, tmp_path: Path) -> None:
    before, _ = await store.write(put_alert, DESK, path="a1", now=NOON)
    (tmp_path / "restored").mkdir()
    with opened(tmp_path / "restored") as restored:  # the same numbers, another story
        after, _ = await restored.write(put_alert, DESK, path="b1", now=NOON + timedelta(days=1))
    assert before != after


async def test_a_target_gets_its_oldest_due_delivery_one_at_a_time(store: Store) -> None:
    for number in (1, 2):
        await store.write(put_alert, DESK, MAIL, path=f"a{number}", now=NOON - number * MINUTE)
    taken = await store.write(claim, DESK, MAIL)
    assert [(each.target, each.created_at) for each in sorted(taken, key=lambda each: each.target.id)] == [
        (DESK, NOON - 2 * MINUTE),
        (MAIL, NOON - 2 * MINUTE),
    ]
    assert await store.write(claim, DESK, MAIL, busy=(DESK.id, MAIL.id)) == ()
    assert [each.target for each in await store.write(claim, DESK, MAIL, busy=(DESK.id,))] == [MAIL]


async def test_nothing_is_claimed_for_a_target_that_is_not_in_the_file(store: Store) -> None:
    await store.write(put_alert, DESK, MAIL)
    assert [each.target for each in await store.write(claim, DESK)] == [DESK]
    assert await store.write(claim) == ()


async def test_a_message_is_written_down_when_it_is_first_claimed_and_never_again(store: Store) -> None:
    await store.write(put_alert, DESK)
    (first,) = await store.write(claim, DESK)
    await store.write(settle, first, DeliveryState.PENDING, next_at=MINUTE)
    copy = Verdict(VerdictKind.COPY, "same text", story_id=1)
    await store.write(put_article, article("b1", source("Hafenblatt")), copy)
    (second,) = await store.write(claim, DESK, at=MINUTE)
    assert (second.id, second.payload, second.attempts) == (first.id, first.payload, 1)
    assert await store.read(outbox.payload, first.id) == first.payload
    assert first.payload.endswith(b"also on 0")


async def test_copies_that_came_before_it_was_written_down_are_in_it(store: Store) -> None:
    await store.write(put_alert, DESK)
    copy = Verdict(VerdictKind.COPY, "same text", story_id=1)
    for number in range(outbox.ALSO_ON + 3):
        await store.write(put_article, article(f"b{number}", source("Hafenblatt")), copy)
    (first,) = await store.write(claim, DESK)
    assert first.payload.endswith(f"also on {outbox.ALSO_ON}".encode())


async def test_a_lease_that_ran_out_is_unknown_and_due_again(store: Store) -> None:
    await store.write(put_alert, DESK)
    (first,) = await store.write(claim, DESK)
    assert await store.write(claim, DESK, at=MINUTE - timedelta(seconds=1)) == ()
    (again,) = await store.write(claim, DESK, at=MINUTE)
    assert (again.id, again.payload) == (first.id, first.payload)


async def test_at_the_start_what_was_being_sent_is_unknown(store: Store) -> None:
    await store.write(put_alert, DESK)
    await store.write(claim, DESK)
    assert await store.read(outbox.counts) == {"sending": 1}
    await store.write(outbox.free_leases)
    assert await store.read(outbox.counts) == {"unknown": 1}
    assert len(await store.write(claim, DESK)) == 1


async def test_a_message_that_cannot_be_built_is_parked_with_the_reason(store: Store) -> None:
    await store.write(put_alert, DESK)

    def poison(alert: Alert, to: Target, delivery_id: str) -> bytes:
        raise ValueError("no words for it")

    claimed = await store.write(outbox.claim_due, {DESK.id: DESK}, (), NOON, NOON + MINUTE, poison)
    assert claimed.deliveries == ()
    (row,) = await store.read(outbox.listing, state=DeliveryState.PARKED)
    assert [(each.id, each.target) for each in claimed.parked] == [(row.id, DESK)]
    assert "no words for it" in row.last_reason


@pytest.mark.parametrize(
    ("state", "names_it", "replayed"),
    [
        (DeliveryState.PARKED, True, 1),
        (DeliveryState.PARKED, False, 1),
        (DeliveryState.DELIVERED, True, 1),
        (DeliveryState.DELIVERED, False, 0),
        (DeliveryState.PENDING, True, 0),
    ],
)
async def test_what_was_parked_or_delivered_can_be_sent_again_with_the_same_id_and_bytes(
    store: Store, state: DeliveryState, names_it: bool, replayed: int
) -> None:
    await store.write(put_alert, DESK)
    (first,) = await store.write(claim, DESK)
    await store.write(settle, first, state, next_at=timedelta(days=1) if state is DeliveryState.PENDING else None)
    ids = [first.id] if names_it else []
    assert await store.write(outbox.replay, ids, NOON, all_parked=not names_it) == replayed
    again = await store.write(claim, DESK)
    assert [(each.id, each.payload) for each in again] == [(first.id, first.payload)] * replayed
    for each in again:
        await store.write(settle, each, DeliveryState.DELIVERED)
        assert [attempt.n for attempt in await store.read(outbox.attempts, each.id)] == [1, 2]


async def test_the_listing_shows_the_newest_first_and_can_be_narrowed(store: Store) -> None:
    await store.write(put_alert, DESK, MAIL, path="a1")
    await store.write(put_alert, DESK, path="a2", now=NOON + MINUTE)
    rows = await store.read(outbox.listing)
    assert rows[0].channel == "desk"
    assert rows[0].created_at == NOON + MINUTE
    assert len(await store.read(outbox.listing, channel="mail")) == 1
    assert len(await store.read(outbox.listing, state=DeliveryState.DELIVERED)) == 0
    assert len(await store.read(outbox.listing, limit=2)) == 2


async def test_the_next_due_is_known(store: Store) -> None:
    assert await store.read(outbox.next_due) is None
    await store.write(put_alert, DESK, settle=MINUTE)
    assert await store.read(outbox.next_due) == NOON + MINUTE
