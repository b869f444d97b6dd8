"""`tocsin try alert`: sends a test alert through a channel, the way a real one would go."""

from __future__ import annotations

import asyncio
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli._output import Table, is_terminal, write_json
from monitor.config.config import Channel, Config, suggest
from monitor.egress import Egress
from monitor.errors import ConfigError, Problem
from monitor.load import load
from monitor.model import Alert, Delivery, Evidence, Field, Outcome, OutcomeKind, Outlet, Target, WatchInfo
from monitor.ports import Gate, Notifier
from monitor.registry import discover

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_TITLE = "This is a test from Tocsin"
_TEXT = "If you can read this, alerts reach this channel. Nothing has happened; nothing was stored."


@app.command()
def alert(
    channel: Annotated[str, typer.Argument(help="The name of a channel in the configuration.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = Path("tocsin.yml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """Send a test alert to every receiver of a channel, once. Exit code 1 if any did not get it."""
    loaded = load(config, os.environ).config
    chosen = _channel(loaded, channel)
    outcomes = asyncio.run(send(chosen, _gate(loaded, chosen), datetime.now(UTC)))
    _show(channel, outcomes, as_json=as_json or not is_terminal())
    return 0 if all(outcome.kind is OutcomeKind.SENT for _, outcome in outcomes) else 1


async def send(channel: Channel, gate: Gate, now: datetime) -> list[tuple[Target, Outcome]]:
    """Send one test alert to each receiver of a channel."""
    notifier: Notifier = discover("alerts", "NOTIFIER")[channel.kind](channel.name, channel.options, gate)
    try:
        return [(target, await _send_to(notifier, target, now)) for target in notifier.targets]
    finally:
        await notifier.aclose()


async def _send_to(notifier: Notifier, target: Target, now: datetime) -> Outcome:
    told = make_test_alert(now)
    delivery_id = f"msg_{uuid.uuid4().hex}"
    payload = notifier.freeze(told, target, delivery_id=delivery_id, now=now)
    return await notifier.send(Delivery(delivery_id, told.id, target, payload, 0, now), now=now)


def make_test_alert(now: datetime) -> Alert:
    """Return an alert that says of itself that it is a test."""
    return Alert(
        id=f"alr_{uuid.uuid4().hex}",
        watch=WatchInfo("test", "Test"),
        story_id=0,
        article_id=0,
        title=_TITLE,
        url="https://example.org/test",
        outlet=Outlet("tocsin", "Tocsin", "example.org"),
        published=now,
        seen_at=now,
        created_at=now,
        language="en",
        authors=(),
        summary=_TEXT,
        score=3,
        evidence=(Evidence(Field.TITLE, "test", _TITLE, 10, 14),),
        is_test=True,
    )


def _channel(config: Config, name: str) -> Channel:
    if name not in config.channels:
        wanted = suggest(name, config.channels)
        problem = Problem(("channels",), "there is no such channel", repr(name), wanted, str(config.path or ""))
        raise ConfigError((problem,))
    return config.channels[name]


def _gate(config: Config, channel: Channel) -> Egress:
    network = config.network
    ports = (*network.ports, *channel.ports)
    return Egress(allow=[str(each) for each in network.allow], ports=ports, hosts=network.hosts)


def _show(channel: str, outcomes: list[tuple[Target, Outcome]], *, as_json: bool) -> None:
    table = Table("channel", "receiver", "outcome", "reason")
    for target, outcome in outcomes:
        if as_json:
            write_json(_record(channel, target, outcome))
        else:
            table.add(channel, target.label, outcome.kind.value, outcome.reason)
    if not as_json:
        table.show()


def _record(channel: str, target: Target, outcome: Outcome) -> dict[str, Any]:
    return {
        "channel": channel,
        "target": target.label,
        "outcome": outcome.kind.value,
        "reason": outcome.reason,
        "status": outcome.status,
    }
