"""`tocsin try page`: what is read from article pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from monitor.cli._batch import CORES, Bodies, Input, explain, in_order, inputs
from monitor.cli._output import Table, is_terminal, meter, moment, plain, say, write_json
from monitor.errors import TocsinError
from monitor.model import Access, Page
from monitor.workers import Workers

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def page(
    pages: Annotated[list[str] | None, typer.Argument(help="Saved pages or addresses.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the one saved page came from.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """Read article pages: title, text, authors, dates, language, image, access.

    Without arguments, reads JSON lines {"id", "path", "url"} on standard input. A page that cannot be read gives
    a line with access "error" and the reason.
    """
    found = inputs(pages or [], url)
    return asyncio.run(_read_all(found, as_json=as_json or not is_terminal()))


async def _read_all(items: Iterable[Input], *, as_json: bool) -> int:
    total = len(items) if isinstance(items, list) else None
    show = write_json if as_json else _print
    async with Workers(CORES) as workers, Bodies() as bodies:
        with meter(total, "pages", is_talking=True) as count:
            async for record in in_order(items, lambda item: read_page(item, workers, bodies)):
                show(record)
                count.step(is_failed="error" in record)
    return count.exit_code


async def read_page(item: Input, workers: Workers, bodies: Bodies) -> dict[str, Any]:
    """Return the record of one page; of one that cannot be read, why."""
    try:
        body = await bodies.read(item)
        return page_record(item.id, await workers.page(body.content, url=body.url, content_type=body.content_type))
    except (TocsinError, OSError) as error:
        url = item.fields.get("url")
        unread = Page(url if isinstance(url, str) else "", None, "", "", access=Access.ERROR)
        return {**page_record(item.id, unread), "error": explain(error)}


def page_record(name: Any, read: Page) -> dict[str, Any]:
    """Return a page as one JSON object."""
    return {
        "id": name,
        "url": read.url or None,
        "canonical_url": read.canonical_url,
        "title": read.title,
        "text": read.text,
        "authors": list(read.authors),
        "published": moment(read.published),
        "modified": moment(read.modified),
        "language": read.language,
        "site_name": read.site_name,
        "image": read.image,
        "access": read.access.value,
    }


def _print(record: dict[str, Any]) -> None:
    """Show one page to a person: its facts, then its text."""
    facts = Table("", plain(str(record["id"])))
    for name, value in record.items():
        if name not in ("id", "text") and value:
            facts.add(name, ", ".join(value) if isinstance(value, list) else str(value))
    facts.show()
    for paragraph in record["text"].splitlines():
        say(paragraph)
    say()
