"""`tocsin status`: how every source, the frontier and the outbox are doing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli._archive import open_archive, print_json, print_line, print_table, since_words
from monitor.store import articles, frontier, outbox, sources

app = typer.Typer(add_completion=False)


@app.command()
def status(
    config: Annotated[Path, typer.Option("--config", "-c", help="Your file.")] = Path("tocsin.yml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show every source, those in trouble first, and what waits."""
    now = datetime.now(UTC)
    with open_archive(config, os.environ) as db:
        found = sources.status(db)
        counts = articles.counts(db)
        waiting = frontier.counts(db)
        deliveries = outbox.counts(db)
    if json:
        print_json(found)
        return
    print_table(
        ("outlet", "kind", "last visit", "how", "articles", "waiting", "next", "source"),
        [
            (
                each.outlet,
                each.kind,
                since_words(each.last_visit_at, now),
                f"{each.last_outcome or 'not yet visited'}"
                + (f" ({each.failures} in a row): {each.last_reason}" if each.failures else ""),
                str(each.articles),
                str(each.waiting),
                since_words(each.next_due, now),
                each.url,
            )
            for each in found
        ],
        empty="no sources",
    )
    print_line(
        f"{counts['articles']} articles in {counts['stories']} stories, {counts['alerts']} alerts; "
        f"to be read {waiting.get('waiting', 0)}, given up {waiting.get('given_up', 0)}; "
        "deliveries: " + (", ".join(f"{n} {state}" for state, n in sorted(deliveries.items())) or "none")
    )
