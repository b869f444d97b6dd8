"""Deliveries that are due are tried; what becomes of each try is in the store, and nothing stops the others."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from monitor.flows.deliver import LEASE, Deliver
from monitor.model import DeliveryState, Outcome, OutcomeKind
from monitor.store import outbox
from monitor.store.database import Store
from tests.builders import NOON, Clock
from tests.stock import LATER, LOST, NEVER, SENT, Log, ScriptedNotifier, put_alert


class Bench:
    """A sender with scripted channels, on a clock that the test turns."""

    def __init__(self, store: Store, *notifiers: ScriptedNotifier) -> None:
        self.store = store
        self.log = Log()
        self.clock = Clock()
        channels = {each.targets[0].channel: each for each in notifiers}
        self.deliver = Deliver(store, self.log.journal, notifiers=channels, clock=self.clock, chance=lambda: 0.5)

    async def run(self) -> None:
        """Try what is due, until all tries that began are over."""
        await self.deliver.deliver_due()
        await self.over()

    async def over(self) -> None:
        """Wait until all tries that began are over."""
        while self.deliver.under_way:
            await asyncio.sleep(0)  # lets the tries go on

    async def states(self) -> dict[str, str]:
        return {row.id: row.state.value for row in await self.store.read(outbox.listing)}

    async def row(self) -> outbox.OutboxRow:
        (row,) = await self.store.read(outbox.listing)
        return row


async def test_what_is_due_is_sent_and_recorded_as_delivered(store: Store) -> None:
    desk = ScriptedNotifier()
    bench = Bench(store, desk)
    await store.write(put_alert, *desk.targets)
    await bench.run()
    row = await bench.row()
    assert (row.state, row.attempts, row.delivered_at, row.last_status) == (DeliveryState.DELIVERED, 1, NOON, 204)
    (told,) = bench.log.named("delivered")
    assert (told["delivery"], told["attempts"]) == (row.id, 1)
    assert [each.outcome for each in await store.read(outbox.attempts, row.id)] == ["sent"]
    await bench.run()
    assert len(desk.sent) == 1


@pytest.mark.parametrize(
    ("outcome", "state", "wait"),
    [
        (LATER, DeliveryState.PENDING, timedelta(seconds=5)),
        (LOST, DeliveryState.UNKNOWN, timedelta(seconds=5)),
        (Outcome(OutcomeKind.RETRY, "429", 429, timedelta(minutes=7)), DeliveryState.PENDING, timedelta(minutes=7)),
        (ZeroDivisionError("by nought"), DeliveryState.PENDING, timedelta(seconds=5)),
        (NEVER, DeliveryState.PARKED, None),
    ],
    ids=["not now", "the answer was lost", "not before", "the notifier is broken", "never"],
)
async def test_a_try_that_failed_is_recorded_with_when_it_is_made_again(
    store: Store, outcome: Any, state: DeliveryState, wait: timedelta | None
) -> None:
    desk = ScriptedNotifier(script=(outcome, SENT))
    bench = Bench(store, desk)
    await store.write(put_alert, *desk.targets)
    await bench.run()
    row = await bench.row()
    assert (row.state, row.next_at) == (state, None if wait is None else NOON + wait)
    assert row.last_reason
    assert [name for name, _ in bench.log.events] == ["parked" if wait is None else "delivery failed"]


async def test_A2_a_try_again_has_the_same_id_and_the_same_bytes(store: Store) -> None:
    desk = ScriptedNotifier(script=(LATER, LOST, SENT))
    bench = Bench(store, desk)
    await store.write(put_alert, *desk.targets)
    for _ in range(3):
        await bench.run()
        bench.clock.turn(hours=1)
    assert [delivery.attempts for delivery in desk.sent] == [0, 1, 2]
    assert len({(delivery.id, delivery.payload) for delivery in desk.sent}) == 1
    assert desk.frozen == [desk.sent[0].id], "it was written down once"
    row = await bench.row()
    assert row.state is DeliveryState.DELIVERED
    assert [each.outcome for each in await store.read(outbox.attempts, row.id)] == ["retry", "unknown", "sent"]


async def test_A4_a_receiver_that_is_down_for_70_hours_gets_it_in_the_end(store: Store) -> None:
    desk = ScriptedNotifier(script=[LATER] * 9 + [SENT])
    bench = Bench(store, desk)
    await store.write(put_alert, *desk.targets)
    while (row := await bench.row()).state is not DeliveryState.DELIVERED:
        assert row.next_at is not None, "it is never given up before its time"
        bench.clock.now = row.next_at
        await bench.run()
    assert bench.clock.now - NOON > timedelta(hours=70)


async def test_B4_a_receiver_that_stays_down_is_parked_and_can_be_replayed(store: Store) -> None:
    desk = ScriptedNotifier(script=[LATER] * 10 + [SENT])
    bench = Bench(store, desk)
    await store.write(put_alert, *desk.targets)
    while (row := await bench.row()).next_at is not None:
        bench.clock.now = row.next_at
        await bench.run()
    assert row.state is DeliveryState.PARKED
    assert row.attempts == 10
    (parked,) = bench.log.named("parked")
    assert parked["reason"]
    assert await store.write(outbox.replay, [row.id], bench.clock.now) == 1
    await bench.run()
    assert (await bench.row()).state is DeliveryState.DELIVERED
    assert len({(delivery.id, delivery.payload) for delivery in desk.sent}) == 1


async def test_B2_a_receiver_that_hangs_holds_up_only_its_own(store: Store) -> None:
    desk, mute = ScriptedNotifier(channel="desk"), ScriptedNotifier(channel="mute")
    mute.hold = asyncio.Event()
    bench = Bench(store, desk, mute)
    for number in range(3):
        await store.write(put_alert, *desk.targets, *mute.targets, path=f"a{number}")
    await bench.deliver.deliver_due()
    await desk.began(3)
    await mute.began(1)
    assert len(mute.sent) == 1, "one try at a time per receiver"
    mute.hold.set()
    await bench.over()
    assert [len(each.sent) for each in (desk, mute)] == [3, 3]
    assert set((await bench.states()).values()) == {"delivered"}


async def test_what_waits_for_one_receiver_goes_out_oldest_first(store: Store) -> None:
    desk = ScriptedNotifier()
    bench = Bench(store, desk)
    for number in (2, 0, 1):
        await store.write(put_alert, *desk.targets, path=f"a{number}", now=NOON - timedelta(minutes=number))
    await bench.run()
    assert [delivery.created_at for delivery in desk.sent] == [NOON - timedelta(minutes=each) for each in (2, 1, 0)]


async def test_B7_an_alert_that_cannot_be_written_down_is_parked_with_the_reason_and_the_others_flow(
    store: Store,
) -> None:
    desk = ScriptedNotifier()
    bench = Bench(store, desk)
    poisoned, _ = await store.write(put_alert, *desk.targets, path="a1", now=NOON - timedelta(minutes=1))
    await store.write(put_alert, *desk.targets, path="a2")
    desk.poison(poisoned)
    await bench.run()
    bench.clock.turn(seconds=1)
    await bench.run()
    found = {row.alert_id: row for row in await store.read(outbox.listing)}
    assert found[poisoned].state is DeliveryState.PARKED
    assert "no words for it" in found[poisoned].last_reason
    assert [facts["delivery"] for facts in bench.log.named("parked")] == [found[poisoned].id]
    assert [row.state for id_, row in found.items() if id_ != poisoned] == [DeliveryState.DELIVERED]


async def test_an_alert_waits_until_its_copies_had_time_to_arrive(store: Store) -> None:
    desk = ScriptedNotifier()
    bench = Bench(store, desk)
    await store.write(put_alert, *desk.targets, settle=timedelta(seconds=5))
    await bench.run()
    bench.clock.turn(seconds=4.9)
    await bench.run()
    assert desk.sent == []
    bench.clock.turn(seconds=0.1)
    await bench.run()
    assert len(desk.sent) == 1


async def test_a_lease_that_ran_out_is_tried_again_under_its_id_as_unknown(store: Store) -> None:
    dead, desk = ScriptedNotifier(), ScriptedNotifier()
    dead.hold = asyncio.Event()
    first, second = Bench(store, dead), Bench(store, desk)
    await store.write(put_alert, *desk.targets)
    await first.deliver.deliver_due()
    await dead.began()
    second.clock.turn(seconds=LEASE.total_seconds() - 1)
    await second.run()
    assert desk.sent == [], "somebody is at it"
    second.clock.turn(seconds=1)
    await second.run()
    assert [(each.id, each.payload) for each in desk.sent] == [(each.id, each.payload) for each in dead.sent]
    dead.hold.set()
    await first.deliver.drain(5.0)


async def test_deliveries_of_a_receiver_that_left_the_file_stay_for_its_return(store: Store) -> None:
    gone, desk = ScriptedNotifier("old@desk.test"), ScriptedNotifier("new@desk.test")
    await store.write(put_alert, *gone.targets, *desk.targets)
    bench = Bench(store, desk)
    await bench.run()
    assert [row.label for row in await store.read(outbox.listing, state=DeliveryState.PENDING)] == ["old@desk.test"]
    await Bench(store, gone).run()
    assert [delivery.target for delivery in gone.sent] == list(gone.targets)


async def test_D10_a_sender_that_stops_ends_what_is_under_way_and_begins_nothing(store: Store) -> None:
    desk = ScriptedNotifier()
    desk.hold = asyncio.Event()
    bench = Bench(store, desk)
    for number in range(3):
        await store.write(put_alert, *desk.targets, path=f"a{number}")
    await bench.deliver.deliver_due()
    await desk.began()
    stopping = asyncio.create_task(bench.deliver.drain(30.0))
    await asyncio.sleep(0)  # the stop is under way
    desk.hold.set()
    await stopping
    assert await bench.deliver.deliver_due() == 0
    assert len(desk.sent) == 1
    assert sorted((await bench.states()).values()) == ["delivered", "pending", "pending"]


async def test_D10_a_try_that_outlasts_the_stop_is_cut_off_and_told_as_unknown_by_the_next_start(store: Store) -> None:
    mute = ScriptedNotifier()
    mute.hold = asyncio.Event()
    bench = Bench(store, mute)
    await store.write(put_alert, *mute.targets)
    await bench.deliver.deliver_due()
    await mute.began()
    await bench.deliver.drain(0.0)
    assert set((await bench.states()).values()) == {"sending"}
    await store.write(outbox.free_leases)
    assert set((await bench.states()).values()) == {"unknown"}
    mute.hold.set()
    await Bench(store, mute).run()
    assert len({(each.id, each.payload) for each in mute.sent}) == 1
