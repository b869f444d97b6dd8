"""`tocsin try match`: which watches a text meets, and by which words."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli._batch import Input, explain, json_lines
from monitor.cli._output import Table, is_terminal, meter, write_json
from monitor.errors import Unreadable
from monitor.load import load_watches
from monitor.match.matcher import Matcher
from monitor.model import Document, Evidence, Match
from monitor.parse.language import detect

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def match(
    config: Annotated[Path, typer.Option("--config", "-c", help="The file with the watches.")] = Path("tocsin.yml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """Hold the watches of a file against texts: JSON lines {"id", "title", "text", "language"} on standard input.

    A text without a language is given the one it seems to be written in. Evidence counts characters from 0: in the
    title for field title, in the text for lead and body.
    """
    matcher = Matcher(load_watches(config, os.environ))
    return _match_all(json_lines(), matcher, as_json=as_json or not is_terminal())


def _match_all(items: Iterable[Input], matcher: Matcher, *, as_json: bool) -> int:
    table = Table("id", "watch", "score", "field", "in context")
    done = failed = 0
    with meter(None, "texts") as count:
        for record in (match_text(item, matcher) for item in items):
            write_json(record) if as_json else _add(table, record)
            count.step()
            done += 1
            failed += "error" in record
    if not as_json:
        table.show()
    return 1 if done and failed == done else 0


def match_text(item: Input, matcher: Matcher) -> dict[str, Any]:
    """Return the record of one text: the watches it meets with their evidence, or why it cannot be read."""
    try:
        document = read_document(item)
    except Unreadable as error:
        return {"id": item.id, "watches": {}, "error": explain(error)}
    return {"id": item.id, "watches": {found.watch_id: _match_record(found) for found in matcher.match(document)}}


def read_document(item: Input) -> Document:
    """Return the text of an input; raises Unreadable."""
    if item.fault:
        raise Unreadable(item.fault)
    title, text = item.text("title"), item.text("text")
    if not title and not text:
        raise Unreadable("has neither a title nor a text")
    return Document(title, text, item.text("language") or detect(f"{title}\n{text}"))


def _match_record(found: Match) -> dict[str, Any]:
    return {"score": found.score, "evidence": [_evidence_record(each) for each in found.evidence]}


def _evidence_record(each: Evidence) -> dict[str, Any]:
    return {
        "field": each.field.value,
        "term": each.term,
        "snippet": each.snippet,
        "start": each.start,
        "end": each.end,
    }


def _add(table: Table, record: dict[str, Any]) -> None:
    if "error" in record:
        table.add(str(record["id"]), "", "", "", f"cannot be read: {record['error']}")
    for watch, found in record["watches"].items():
        for index, each in enumerate(found["evidence"] or [{"field": "", "snippet": ""}]):
            first = (str(record["id"]), watch, str(found["score"])) if index == 0 else ("", "", "")
            table.add(*first, each["field"], each["snippet"])
