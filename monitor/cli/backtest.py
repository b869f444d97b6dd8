"""`tocsin backtest`: what rules would have told of the articles that were read already."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli._archive import ago, open_archive
from monitor.cli._output import Table, is_terminal, meter, moment, say, write_json
from monitor.config.config import suggest
from monitor.decide.shadow import SHADOW
from monitor.errors import TocsinError
from monitor.flows.backtest import Backtest, WatchReport
from monitor.load import load_watches
from monitor.match.ast import Rules
from monitor.match.matcher import Matcher
from monitor.store import replay
from monitor.store.replay import Telling

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Against(StrEnum):
    """What the rehearsed rules are compared with."""

    RECORDED = "recorded"
    RUNNING = "running"


@app.command()
def backtest(
    watches: Annotated[
        list[str] | None, typer.Argument(help="Ids of watches, or patterns like desk-*; else all.")
    ] = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="Your file.")] = Path("tocsin.yml"),
    since: Annotated[str, typer.Option(help="Articles of the last 12h, 30d, 8w.")] = "30d",
    rules: Annotated[Path | None, typer.Option(help="Another file, with the watches to try (default: yours).")] = None,
    against: Annotated[
        Against | None,
        typer.Option(
            help="recorded: what the service told; running: the watches of your file, rehearsed as well. "
            "Default: running with --rules, else recorded.",
        ),
    ] = None,
    budget: Annotated[str, typer.Option(help="Exit with 1 if a watch tells more than so much: 20/day.")] = "",
    samples: Annotated[int, typer.Option(min=0, help="Show so many gained and lost of each watch.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """Rehearse watches on the archive: alerts a day, and what is gained and lost against the rules in force.

    A story is told once, as in the service; nothing is written, nobody is told.
    """
    allowed = _read_budget(budget)
    now = datetime.now(UTC)
    begin = now - ago(since)
    running = load_watches(config, os.environ)
    tried = load_watches(rules, os.environ) if rules is not None else running
    names = _chosen(tried, running, watches or ["*"])
    compared = against or (Against.RUNNING if rules is not None else Against.RECORDED)
    test = Backtest(Matcher(tried), since=begin, against=Matcher(running) if compared is Against.RUNNING else None)
    with open_archive(config, os.environ) as db:
        keys = replay.keys_since(db, begin)
        with meter(len(keys), "articles", is_talking=False) as count:
            for text in replay.texts(db, keys):
                test.read(text)
                count.step()
        recorded = list(replay.recorded(db, begin, SHADOW)) if compared is Against.RECORDED else []
    reports = test.reports(names, now, recorded)
    if as_json or not is_terminal():
        for report in reports:
            write_json(_record(report, samples, allowed))
    else:
        _show(reports, len(keys), samples, allowed, compared)
    return 1 if any(_is_over(report, allowed) for report in reports) else 0


def _read_budget(text: str) -> float | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:/\s*(day|d|week|w))?", text.strip())
    if found is None:
        raise TocsinError(f"--budget: got {text!r}, wanted a number of alerts, as in 20/day")
    return float(found[1]) / (7 if found[2] in {"week", "w"} else 1)


def _chosen(tried: Rules, running: Rules, patterns: Sequence[str]) -> list[str]:
    """Return the ids the patterns mean, also of watches that only one of the files has."""
    ids = list(dict.fromkeys(info.id for info in (*tried.infos, *running.infos)))
    for pattern in patterns:
        if not any(fnmatchcase(id_, pattern) for id_ in ids) and ids:
            raise TocsinError(f"there is no watch {pattern!r}; {suggest(pattern, ids)}")
    return [id_ for id_ in ids if any(fnmatchcase(id_, pattern) for pattern in patterns)]


def _is_over(report: WatchReport, allowed: float | None) -> bool:
    return allowed is not None and report.per_day > allowed


def _record(report: WatchReport, samples: int, allowed: float | None) -> dict[str, Any]:
    return {
        "watch": report.watch_id,
        "alerts": len(report.told),
        "days": round(report.days, 1),
        "per_day": round(report.per_day, 2),
        "busiest_day": report.busiest,
        "before": report.before,
        "gained": len(report.gained),
        "lost": len(report.lost),
        "over_budget": _is_over(report, allowed),
        "gained_samples": [_sample(each) for each in report.gained[-samples:]] if samples else [],
        "lost_samples": [_sample(each) for each in report.lost[-samples:]] if samples else [],
    }


def _sample(told: Telling) -> dict[str, Any]:
    return {
        "at": moment(told.at),
        "outlet": told.outlet,
        "title": told.title,
        "url": told.url,
        "score": told.score,
        "evidence": [each.snippet for each in told.evidence],
    }


def _show(reports: Sequence[WatchReport], read: int, samples: int, allowed: float | None, compared: Against) -> None:
    table = Table("watch", "alerts", "a day", "busiest day", "before", "gained", "lost", "")
    for each in reports:
        numbers = (len(each.told), f"{each.per_day:.1f}", each.busiest, each.before, len(each.gained), len(each.lost))
        table.add(each.watch_id, *map(str, numbers), "over budget" if _is_over(each, allowed) else "")
    table.show()
    days = reports[0].days if reports else 0.0
    meant = "what the service told" if compared is Against.RECORDED else "the watches of your file"
    say(f"{read} texts of {days:.1f} days; before: {meant}")
    for report in reports:
        for sign, found in (("+", report.gained), ("-", report.lost)):
            for told in found[-samples:] if samples else ():
                say(f"{sign} {report.watch_id}: {told.at.astimezone():%Y-%m-%d %H:%M} {told.outlet}: {told.title}")
                for mention in told.evidence:
                    say(f"      {mention.field.value}: {mention.snippet}")
