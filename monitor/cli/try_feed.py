"""`tocsin try feed`: what feeds claim, entry by entry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from monitor.cli._batch import CORES, Bodies, Input, explain, in_order, inputs
from monitor.cli._output import Table, is_terminal, meter, moment, write_json
from monitor.errors import TocsinError
from monitor.model import Entry
from monitor.workers import Workers

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def feed(
    feeds: Annotated[list[str] | None, typer.Argument(help="Saved feeds or addresses.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the one saved feed came from.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """Read feeds (RSS, Atom, RDF, JSON Feed): one line per entry.

    Without arguments, reads JSON lines {"id", "path", "url"} on standard input. What is no feed gives a line
    {"source", "error"}.
    """
    found = inputs(feeds or [], url)
    return asyncio.run(_read_all(found, as_json=as_json or not is_terminal()))


async def _read_all(items: Iterable[Input], *, as_json: bool) -> int:
    total = len(items) if isinstance(items, list) else None
    table = Table("source", "published", "title", "link")
    async with Workers(CORES) as workers, Bodies() as bodies:
        with meter(total, "feeds", is_talking=as_json) as count:
            async for records in in_order(items, lambda item: read_feed(item, workers, bodies)):
                for record in records:
                    write_json(record) if as_json else _add(table, record)
                count.step(is_failed=any("error" in record for record in records))
    if not as_json:
        table.show()
    return count.exit_code


async def read_feed(item: Input, workers: Workers, bodies: Bodies) -> list[dict[str, Any]]:
    """Return the records of one feed's entries; of what is no feed, one that says why."""
    try:
        body = await bodies.read(item)
        read = await workers.feed(body.content, url=body.url, content_type=body.content_type)
    except (TocsinError, OSError) as error:
        return [{"source": item.id, "error": explain(error)}]
    return [entry_record(item.id, entry) for entry in read.entries]


def entry_record(source: Any, entry: Entry) -> dict[str, Any]:
    """Return an entry as one JSON object."""
    return {
        "source": source,
        "id": entry.id,
        "link": entry.link,
        "title": entry.title,
        "published": moment(entry.published),
        "updated": moment(entry.updated),
        "authors": list(entry.authors),
        "summary": entry.summary,
    }


def _add(table: Table, record: dict[str, Any]) -> None:
    if "error" in record:
        table.add(str(record["source"]), "", f"cannot be read: {record['error']}", "")
    else:
        table.add(str(record["source"]), record["published"] or "", record["title"], record["link"])
