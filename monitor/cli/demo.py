"""`tocsin demo`: a newspaper network on this machine, the real service, and what comes of it.

On a terminal the lines are coloured and a bar counts along; elsewhere they are plain lines. It
ends with the figures and exits with 1 if any promise was broken, so it is a smoke test as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from monitor.app import App
from monitor.demo.play import Latency, Ledger, Line, Play, Summary
from monitor.demo.stage import Stage
from monitor.load import load
from monitor.log import configure

app = typer.Typer(add_completion=False)

_STYLES = {  # kind of a line: what it is called, how it looks
    "published": ("published", "bold blue"),
    "corrected": ("corrected", "bold blue"),
    "visited": ("visited", "cyan"),
    "new": ("read", ""),
    "copy": ("folded", "yellow"),
    "update": ("updated", "yellow"),
    "seen": ("seen", "dim"),
    "matched": ("matched", "magenta"),
    "told": ("TOLD", "bold green"),
    "refused": ("refused", "red"),
    "trouble": ("trouble", "red"),
}


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end, until Ctrl-C.")] = False,
    pause: Annotated[
        float, typer.Option(help="Seconds between two editions of the newspapers, at least.", min=0.0)
    ] = 3.0,
) -> None:
    """Start seven invented newspapers on this machine, watch them, and show each alert arrive. Needs no network."""
    configure(level="error")  # the show itself says what the log would
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
        summary = asyncio.run(_perform(Path(folder), Screen(Console()), keep=keep, pause=timedelta(seconds=pause)))
    if not summary.is_good:
        raise typer.Exit(1)


async def _perform(folder: Path, screen: Screen, *, keep: bool, pause: timedelta) -> Summary:
    play = Play(screen.show)
    async with Stage(folder, on_message=play.on_message, on_letter=play.on_letter) as stage:
        screen.open(stage.yaml)
        service = App(load(stage.config_path, {**os.environ, **stage.env}), watcher=play.on_event)
        try:
            with screen.counting(play.ledger):
                summary = await play.perform(stage, service, pause=pause)
            screen.close(summary)
            if keep:
                screen.say_where(stage)
                await _interrupted()
        finally:
            await service.stop()
    return summary


async def _interrupted() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, asked.set)
    await asked.wait()


class Screen:
    """Shows a play on a console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = datetime.now(UTC)

    def open(self, yaml: str) -> None:
        """Show the file that the service is started with."""
        self._headline("tocsin.yml")
        text = Text(yaml)
        text.highlight_regex(r"(?m)^[ -]*[\w-]+:", "cyan")  # readable on dark and on light terminals
        text.highlight_regex(r"#.*", "dim")
        self._plain(text)
        self._headline("what happens")
        self._started = datetime.now(UTC)

    def show(self, line: Line) -> None:
        """Show one line of the play."""
        name, style = _STYLES[line.kind]
        seconds = (line.at - self._started).total_seconds()
        who = Text(line.who)
        who.truncate(22, pad=True)  # counts cells: a Korean letter is two wide
        self._plain(Text.assemble((f"{seconds:6.1f}s  ", "dim"), (f"{name:<10}", style), who, f"  {line.text}"))

    @contextlib.contextmanager
    def counting(self, ledger: Ledger) -> Iterator[None]:
        """Keep a line of figures at the foot of a terminal."""
        if not self._console.is_terminal:
            yield
            return
        bar = Bar(ledger)
        with Live(bar, console=self._console, refresh_per_second=8, transient=True):
            yield

    def close(self, summary: Summary) -> None:
        """Show what it came to."""
        self._headline("what it came to")
        for name, figure in _figures(summary):
            self._plain(Text.assemble((f"{name:<13}", "bold"), figure))
        self._plain(Text())
        for check in summary.checks:
            mark = ("kept    ", "green") if check.is_kept else ("BROKEN  ", "bold red")
            self._plain(Text.assemble(mark, check.promise))
            for fault in check.faults:
                self._plain(Text(f"          {fault}", style="red"))

    def say_where(self, stage: Stage) -> None:
        """Say what still runs and how to look at it."""
        self._headline("still running, until Ctrl-C")
        self._plain(Text(f"file        {stage.config_path}"))
        self._plain(Text(f"newspapers  http://{stage.newspaper.address}/ by Host header, such as"))
        self._plain(Text(f"            curl -H 'Host: visnyk.test' http://{stage.newspaper.address}/rss.xml"))

    def _headline(self, text: str) -> None:
        self._plain(Text())
        self._plain(Text(f"── {text} ──", style="bold"))

    def _plain(self, text: Text) -> None:
        # On a terminal a line is a line, cut where it ends; a file gets it whole.
        if self._console.is_terminal:
            self._console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            self._console.print(text, soft_wrap=True)


class Bar:
    """The line of figures at the foot; rich asks it for its present state."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __rich__(self) -> Text:
        counts = self._ledger.counts
        figures = (
            f"visited {counts['visits']}",
            f"fetched {counts['pages']}",
            f"folded {counts['copy'] + counts['update']}",
            f"matched {counts['matches']}",
            f"told {len(self._ledger.arrivals)} + {len(self._ledger.letters)} by mail",
        )
        return Text(" " + " · ".join(figures) + " ", style="reverse")


def _figures(summary: Summary) -> Iterator[tuple[str, str]]:
    yield "visited", f"{summary.visits} looks at sources, {summary.unchanged} of them with nothing new"
    yield "fetched", f"{summary.pages} article pages"
    yield "folded", f"copies into their stories: {summary.copies}, corrected texts: {summary.updates}"
    yield "matched", f"{summary.matches} times an article met a watch"
    yield "told", f"{summary.alerts} alerts: {summary.webhooks} by webhook, {summary.mails} by mail"
    yield "tried again", f"{summary.retries} deliveries"
    yield "webhook", _latency(summary.webhook_latency)
    yield "mail", _latency(summary.mail_latency)


def _latency(latency: Latency | None) -> str:
    if latency is None:
        return "nothing arrived"
    p50, longest = latency.p50.total_seconds(), latency.longest.total_seconds()
    return f"from publication to arrival: p50 {p50:.1f} s, max {longest:.1f} s ({latency.count} messages)"
