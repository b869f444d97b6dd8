"""`tocsin try match`: which watches a text meets, and by which words."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli._batch import Input, explain, json_lines
from monitor.cli._output import Table, is_terminal, meter, say, write_json
from monitor.config.config import suggest
from monitor.errors import TocsinError, Unreadable
from monitor.load import load_watches
from monitor.match.explain import Explanation
from monitor.match.matcher import Matcher
from monitor.model import Document, Evidence, Match
from monitor.parse.language import detect

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def match(
    config: Annotated[Path, typer.Option("--config", "-c", help="The file with the watches.")] = Path("tocsin.yml"),
    why_not: Annotated[str, typer.Option("--why-not", metavar="ID", help="Explain the text of this id.")] = "",
    watch: Annotated[str, typer.Option(help="With --why-not: only this watch, whether it matches or not.")] = "",
    diff: Annotated[
        Path | None, typer.Option(help="Show what the watches of this file find that the others do not, and miss.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """Hold the watches of a file against texts: JSON lines {"id", "title", "text", "language"} on standard input.

    A text without a language is given the one it seems to be written in. Evidence counts characters from 0: in the
    title for field title, in the text for lead and body. --why-not says clause by clause what failed; --diff compares
    two files, text by text.
    """
    if diff is not None and why_not:
        raise typer.BadParameter("give one of --diff and --why-not")
    if watch and not why_not:
        raise typer.BadParameter("--watch goes with --why-not", param_hint="--watch")
    matcher = Matcher(load_watches(config, os.environ))
    as_json = as_json or not is_terminal()
    if why_not:
        return _explain(json_lines(), matcher, why_not, watch, as_json=as_json)
    if diff is not None:
        return _compare(json_lines(), matcher, Matcher(load_watches(diff, os.environ)), as_json=as_json)
    return _match_all(json_lines(), matcher, as_json=as_json)


def _match_all(items: Iterable[Input], matcher: Matcher, *, as_json: bool) -> int:
    table = Table("id", "watch", "score", "field", "in context")
    with meter(None, "texts", is_talking=as_json) as count:
        for record in (match_text(item, matcher) for item in items):
            write_json(record) if as_json else _add(table, record)
            count.step(is_failed="error" in record)
    if not as_json:
        table.show()
    return count.exit_code


def match_text(item: Input, matcher: Matcher) -> dict[str, Any]:
    """Return the record of one text: the watches it meets with their evidence, or why it cannot be read."""
    try:
        document = read_document(item)
    except Unreadable as error:
        return {"id": item.id, "watches": {}, "error": explain(error)}
    return {"id": item.id, "watches": {found.watch_id: _match_record(found) for found in matcher.match(document)}}


def read_document(item: Input) -> Document:
    """Return the text of an input; raises Unreadable."""
    title, text = item.article()
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


# ── Why not ──────────────────────────────────────────────────────────────────────────────────


def _explain(items: Iterable[Input], matcher: Matcher, name: str, watch: str, *, as_json: bool) -> int:
    """Explain one text: why each watch that it does not meet is not met, or all of one watch."""
    known = [info.id for info in matcher.infos]
    if watch and watch not in known:
        raise TocsinError(f"--watch: there is no watch {watch!r}; {suggest(watch, known)}")
    item = next((item for item in items if str(item.id) == name), None)
    if item is None:
        raise TocsinError(f"--why-not: no text on standard input has the id {name!r}")
    document = read_document(item)
    met = {found.watch_id for found in matcher.match(document)}
    for id_ in [watch] if watch else [each for each in known if each not in met]:
        found = matcher.explain(document, id_)
        if as_json:
            write_json({"id": item.id, "watch": id_, **_explanation_record(found)})
        else:
            _say_explanation(found, 0)
    return 0


def _explanation_record(found: Explanation) -> dict[str, Any]:
    return {
        "what": found.what,
        "is_met": found.is_met,
        "reason": found.reason,
        "mentions": [_evidence_record(each) for each in found.mentions],
        "voided": [
            {"hit": _evidence_record(each.hit), "ignored_by": _evidence_record(each.ignored_by)}
            for each in found.voided
        ],
        "parts": [_explanation_record(part) for part in found.parts],
    }


def _say_explanation(found: Explanation, depth: int) -> None:
    say(f"{'  ' * depth}{'met ' if found.is_met else 'NOT '} {found.what}: {found.reason}")
    for each in found.mentions if not found.parts else ():
        say(f"{'  ' * depth}     {each.field.value}: {each.snippet}")
    for voided in found.voided:
        say(f"{'  ' * depth}     ignored: {voided.hit.snippet} ({voided.ignored_by.term})")
    for part in found.parts:
        _say_explanation(part, depth + 1)


# ── What two files disagree on ───────────────────────────────────────────────────────────────


def _compare(items: Iterable[Input], matcher: Matcher, other: Matcher, *, as_json: bool) -> int:
    """Show each text that one of two files finds by a watch and the other does not."""
    table = Table("", "id", "watch", "field", "in context")
    changes: Counter[tuple[str, str]] = Counter()
    with meter(None, "texts", is_talking=as_json) as count:
        for record in (compare_text(item, matcher, other) for item in items):
            count.step(is_failed="error" in record)
            differences = [(sign, watch) for sign in ("gained", "lost") for watch in record[sign]]
            changes.update(differences)
            if as_json and (differences or "error" in record):
                write_json(record)
            for sign, watch in () if as_json else differences:
                for each in record[sign][watch]["evidence"][:1]:
                    table.add(
                        "+" if sign == "gained" else "-", str(record["id"]), watch, each["field"], each["snippet"]
                    )
    if not as_json:
        table.show()
        for watch in dict.fromkeys(watch for _, watch in changes):
            say(f"{watch}: {changes['gained', watch]} gained, {changes['lost', watch]} lost")
        say(f"{count.done} texts, {count.failed} unreadable")
    return count.exit_code


def compare_text(item: Input, matcher: Matcher, other: Matcher) -> dict[str, Any]:
    """Return by which watches `other` finds a text and `matcher` does not (gained), and the reverse (lost)."""
    before, after = match_text(item, matcher), match_text(item, other)
    if "error" in before:
        return {"id": item.id, "gained": {}, "lost": {}, "error": before["error"]}
    old, new = before["watches"], after["watches"]
    return {
        "id": item.id,
        "gained": {watch: found for watch, found in new.items() if watch not in old},
        "lost": {watch: found for watch, found in old.items() if watch not in new},
    }
