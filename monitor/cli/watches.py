"""`tocsin watches`: what every watch did of late; what those in shadow held back, and when they go live."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli._archive import ago, open_archive, print_line, print_table, since_words
from monitor.cli._output import moment, write_json
from monitor.decide.shadow import SHADOW, goes_live, is_silent
from monitor.load import load_watches
from monitor.match.ast import Watch
from monitor.store import watches as archive
from monitor.store.watches import Held, WatchRecord

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_UNKNOWN = WatchRecord("", None, None, 0, 0, 0, None)


@app.command()
def watches(
    config: Annotated[Path, typer.Option("--config", "-c", help="Your file.")] = Path("tocsin.yml"),
    since: Annotated[str, typer.Option(help="Count the last 90m, 12h, 7d …")] = "7d",
    held: Annotated[int, typer.Option(min=0, help="Show so many of the alerts that shadow held back.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show every watch of your file: its matches and alerts of late, and what shadow watches would have told."""
    now = datetime.now(UTC)
    begin = now - ago(since)
    rules = load_watches(config, os.environ)
    with open_archive(config, os.environ) as db:
        records = archive.records(db, begin, SHADOW)
        kept_back = archive.held(db, begin, SHADOW, limit=held)
    if as_json:
        for watch in rules.watches:
            write_json(_record(watch, records, kept_back, now))
        return
    print_table(
        ("watch", "matches", "alerts", "held back", "last match", "state"),
        [_line(watch, records.get(watch.info.id, _UNKNOWN), now) for watch in rules.watches],
        empty="no watches",
    )
    for each in kept_back:
        print_line(f"held back by {each.watch_id}: {each.at.astimezone():%Y-%m-%d %H:%M} {each.outlet}: {each.title}")


def _line(watch: Watch, known: WatchRecord, now: datetime) -> tuple[str, ...]:
    return (
        watch.info.id,
        str(known.matches),
        str(known.alerts),
        str(known.would_tell) if watch.shadow is not None or known.would_tell else "",
        since_words(known.last_match_at, now),
        _state(watch, known, now),
    )


def _state(watch: Watch, known: WatchRecord, now: datetime) -> str:
    if known.first_seen is None:
        return "not yet in the service"
    if watch.shadow is None:
        return "live"
    since = known.shadow_since or now
    live = goes_live(watch.shadow, since)
    if live is None:
        return "shadow, until you take it out"
    return f"shadow, live {since_words(live, now)}" if is_silent(watch.shadow, since, now) else "live after shadow"


def _record(watch: Watch, records: Mapping[str, WatchRecord], kept_back: list[Held], now: datetime) -> dict[str, Any]:
    known = records.get(watch.info.id, _UNKNOWN)
    since = known.shadow_since or now
    live = goes_live(watch.shadow, since) if watch.shadow is not None else None
    return {
        "watch": watch.info.id,
        "name": watch.info.name,
        "matches": known.matches,
        "alerts": known.alerts,
        "held_back": known.would_tell,
        "last_match": moment(known.last_match_at),
        "first_seen": moment(known.first_seen),
        "is_silent": is_silent(watch.shadow, since, now),
        "goes_live": moment(live),
        "held_back_samples": [
            {"at": moment(each.at), "outlet": each.outlet, "title": each.title, "url": each.url, "score": each.score}
            for each in kept_back
            if each.watch_id == watch.info.id
        ],
    }
