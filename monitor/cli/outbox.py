"""`tocsin outbox`: deliveries and their tries; `--replay` sends parked or delivered ones again."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli._archive import open_archive, open_for_writing, print_json, print_line, print_table
from monitor.errors import TocsinError
from monitor.model import DeliveryState
from monitor.store import outbox as store

app = typer.Typer(add_completion=False)


@app.command()
def outbox(
    delivery: Annotated[str, typer.Argument(help="A delivery's id: show its tries and its message.")] = "",
    config: Annotated[Path, typer.Option("--config", "-c", help="Your file.")] = Path("tocsin.yml"),
    state: Annotated[DeliveryState | None, typer.Option(help="Only in this state.")] = None,
    channel: Annotated[str, typer.Option(help="Only of this channel.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    replay: Annotated[str, typer.Option(help="Send this delivery again, or all that are `parked`.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show deliveries, the newest first, or one with every try; or send some again."""
    if replay:
        _replay(config, replay)
        return
    with open_archive(config, os.environ) as db:
        if delivery:
            tries = store.attempts(db, delivery)
            message = store.payload(db, delivery)
            if not tries and message is None and not store.exists(db, delivery):
                raise TocsinError(f"{delivery}: there is no such delivery; `tocsin outbox` lists them")
        else:
            found = store.listing(db, state=state, channel=channel or None, limit=limit)
    if delivery:
        _show(delivery, tries, message, json=json)
    elif json:
        print_json(found)
    else:
        print_table(
            ("delivery", "state", "tries", "channel", "to", "watch", "title", "last answer"),
            [
                (x.id, x.state.value, str(x.attempts), x.channel, x.label, x.watch_id, x.title, x.last_reason)
                for x in found
            ],
            empty="no deliveries",
        )


def _show(delivery: str, tries: list[store.AttemptRow], message: bytes | None, *, json: bool) -> None:
    if json:
        print_json(tries)
        return
    print_table(
        ("try", "began", "seconds", "outcome", "status", "answer"),
        [
            (
                str(x.n),
                x.started_at.isoformat(timespec="seconds"),
                f"{(x.ended_at - x.started_at).total_seconds():.2f}",
                x.outcome,
                "" if x.status is None else str(x.status),
                x.reason,
            )
            for x in tries
        ],
        empty=f"{delivery}: no try yet",
    )
    if message is not None:
        print_line(message.decode("utf-8", "replace"))


def _replay(config: Path, what: str) -> None:
    with open_for_writing(config, os.environ) as db:
        count = store.replay(db, [what], datetime.now(UTC), all_parked=what == "parked")
    if not count:
        raise TocsinError(f"{what}: no parked or delivered message of that id; see `tocsin outbox`")
    print_line(f"{count} to be sent again, by the running service or the next one, under the same id")
