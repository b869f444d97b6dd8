"""`tocsin articles`, `status` and `outbox` look into a store, and need none of the channels' secrets for it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from monitor.model import DeliveryState, Outcome, OutcomeKind
from monitor.store import outbox
from monitor.store.database import Store
from tests.builders import NOON, target
from tests.cli.conftest import Cli
from tests.stock import put_alert

DESK = target("desk")
CONFIG = """
outlets: ["http://rheinblick.example/feed.xml"]
watches: [{id: bridge, any: [Rheinbrücke]}]
channels: {desk: {webhook: "https://desk.example/hook", secret: "${NOBODY_HAS_SET_THIS}"}}
store: {path: t.db}
"""


@pytest.fixture
def delivery(tmp_path: Path) -> str:
    """Fill a store with one article, one alert and one parked delivery; return the delivery's id."""
    (tmp_path / "tocsin.yml").write_text(CONFIG, encoding="utf-8")

    async def fill() -> str:
        store = Store.open(tmp_path / "t.db")
        await store.write(put_alert, DESK)
        (row,) = await store.read(outbox.listing)
        refused = Outcome(OutcomeKind.REFUSED, "answered 410", 410)
        await store.write(
            outbox.settle,
            row.id,
            refused,
            state=DeliveryState.PARKED,
            next_at=None,
            reason=refused.reason,
            started_at=NOON,
            ended_at=NOON,
        )
        store.close()
        return row.id

    return asyncio.run(fill())


def test_articles_are_found_by_their_words(cli: Cli, delivery: str) -> None:
    found = [json.loads(line) for line in cli("articles", "Rheinbrücke", "--json").out.splitlines()]
    assert [each["title"] for each in found] == ["Zweite Rheinbrücke beschlossen"]
    assert "no article found" in cli("articles", "Vulkanausbruch").out


def test_status_tells_what_waits_and_what_was_parked(cli: Cli, delivery: str) -> None:
    assert "1 articles in 1 stories, 1 alerts; to be read 0, given up 0; deliveries: 1 parked" in cli("status").out


def test_the_outbox_lists_deliveries_and_every_try_of_one(cli: Cli, delivery: str) -> None:
    (row,) = [json.loads(line) for line in cli("outbox", "--state", "parked", "--json").out.splitlines()]
    assert (row["id"], row["state"], row["last_status"]) == (delivery, "parked", 410)
    assert cli("outbox", "--state", "pending").out.strip() == "no deliveries"
    (tried,) = [json.loads(line) for line in cli("outbox", delivery, "--json").out.splitlines()]
    assert (tried["n"], tried["reason"]) == (1, "answered 410")


@pytest.mark.parametrize("which", ["parked", "its id"])
def test_a_parked_message_is_due_again_under_its_id(cli: Cli, delivery: str, which: str) -> None:
    assert cli("outbox", "--replay", delivery if which == "its id" else which).code == 0
    (row,) = [json.loads(line) for line in cli("outbox", "--json").out.splitlines()]
    assert (row["id"], row["state"]) == (delivery, "pending")


def test_a_replay_of_nothing_says_so(cli: Cli, delivery: str) -> None:
    result = cli("outbox", "--replay", "msg_unknown")
    assert result.code == 1
    assert "msg_unknown: no parked or delivered message of that id" in result.err
