"""`tocsin articles QUERY`: what was read so far, searched."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli._archive import ago, open_archive, print_json, print_table
from monitor.store import articles as archive

app = typer.Typer(add_completion=False)


@app.command()
def articles(
    query: Annotated[str, typer.Argument(help='Words, all of which must occur; "a phrase"; a beginning*.')] = "",
    config: Annotated[Path, typer.Option("--config", "-c", help="Your file.")] = Path("tocsin.yml"),
    since: Annotated[str, typer.Option(help="Seen in the last 90m, 12h, 7d …")] = "",
    outlet: Annotated[str, typer.Option(help="Only of this outlet (name or id).")] = "",
    watch: Annotated[str, typer.Option(help="Only those that met this watch.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show and search the articles read so far, the newest first."""
    now = datetime.now(UTC)
    with open_archive(config, os.environ) as db:
        found = archive.search(
            db,
            query,
            since=now - ago(since) if since else None,
            outlet=outlet or None,
            watch=watch or None,
            limit=limit,
        )
    if json:
        print_json(found)
        return
    print_table(
        ("seen", "outlet", "title", "story", "watches", "url"),
        [
            (
                each.first_seen.astimezone().strftime("%Y-%m-%d %H:%M"),
                each.outlet,
                each.title,
                each.verdict if each.story_id == each.id else f"{each.verdict} of {each.story_id}",
                " ".join(each.watches),
                each.url,
            )
            for each in found
        ],
        empty="no article found",
    )
