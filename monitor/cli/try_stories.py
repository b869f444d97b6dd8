"""`tocsin try stories`: how a pile of articles folds into stories: what is news, a copy, an update."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from monitor.cli._batch import CORES, Input, explain, in_order, json_lines
from monitor.cli._output import Table, is_terminal, meter, write_json
from monitor.errors import TocsinError
from monitor.flows.stories import StoryLine
from monitor.model import Page
from monitor.workers import Workers

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_FINGERPRINT = "monitor.parse.fingerprint:fingerprint"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An input with its page, or with what is wrong with it."""

    item: Input
    page: Page | None
    fault: str = ""


@app.command()
def stories(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """Fold articles into stories, in the order they come: JSON lines on standard input.

    A line is {"id", "title", "text"} and, where known, "url", "canonical_url", "published", "language". The answer
    names the story by the id of its first article, with the verdict and its reason.
    """
    return asyncio.run(_fold(json_lines(), as_json=as_json or not is_terminal()))


async def _fold(items: Iterable[Input], *, as_json: bool) -> int:
    table = Table("id", "story", "verdict", "reason")
    folder = Folder(datetime.now(UTC))
    async with Workers(CORES, preload=("monitor.parse.fingerprint",)) as workers:
        with meter(None, "articles", is_talking=as_json) as count:
            async for prepared in in_order(items, lambda item: prepare(item, workers)):
                record = folder.fold(prepared)
                write_json(record) if as_json else _add(table, record)
                count.step(is_failed="error" in record)
    if not as_json:
        table.show()
    return count.exit_code


async def prepare(item: Input, workers: Workers) -> Prepared:
    """Read one input and take the fingerprint of its text, in a child."""
    try:
        page = read_page(item)
        fingerprint = await workers.call(_FINGERPRINT, page.text)
    except TocsinError as error:
        return Prepared(item, None, explain(error))
    return Prepared(item, replace(page, fingerprint=fingerprint))


def read_page(item: Input) -> Page:
    """Return the article of an input; raises Unreadable."""
    title, text = item.article()
    return Page(
        url=item.text("url"),
        canonical_url=item.text("canonical_url") or None,
        title=title,
        text=text,
        published=item.time("published"),
        language=item.text("language") or None,
    )


class Folder:
    """Places one article after the other; all arrive at the same `now`, however old they are."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._line = StoryLine()
        self._ids: list[Any] = []  # the caller's ids may be of any kind and may repeat

    def fold(self, prepared: Prepared) -> dict[str, Any]:
        """Return the record of one article."""
        item = prepared.item
        if prepared.page is None:
            return {"id": item.id, "story": None, "event": None, "verdict": None, "reason": "", "error": prepared.fault}
        placed = self._line.add(str(len(self._ids)), prepared.page, self._now)
        self._ids.append(item.id)
        story = self._ids[int(placed.story)]
        verdict = placed.verdict
        return {"id": item.id, "story": story, "event": story, "verdict": verdict.kind.value, "reason": verdict.reason}


def _add(table: Table, record: dict[str, Any]) -> None:
    if "error" in record:
        table.add(str(record["id"]), "", "", f"cannot be read: {record['error']}")
    else:
        table.add(str(record["id"]), str(record["story"]), record["verdict"], record["reason"])
