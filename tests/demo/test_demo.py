"""`tocsin demo` as a user runs it: one process, no network, every promise kept."""

from __future__ import annotations

import asyncio
import io
import re
import signal
import sys
from datetime import UTC, datetime

import httpx
import pytest
from rich.console import Console

from monitor.cli.demo import Screen
from monitor.demo.play import Line, Play, summarise
from monitor.demo.press import read_manuscripts
from tests.data import ROOT

DEADLINE = 90.0  # seconds; far more than it takes, so that a busy machine does not fail it


async def read_until(stream: asyncio.StreamReader, words: str) -> str:
    """Return what a process says up to the line with these words, or all it ever says."""
    said = ""
    while line := (await stream.readline()).decode():
        said += line
        if words in line:
            break
    return said


@pytest.mark.process
async def test_the_demo_keeps_its_promises_stays_with_keep_and_ends_with_ctrl_c() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; from monitor.cli.main import main; sys.exit(main())",
        *("demo", "--keep", "--pause", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE):
            said = await read_until(process.stdout, "curl -H")
            newspaper = re.search(r"newspapers +(http://127\.0\.0\.1:\d+/)", said)
            assert newspaper is not None, said
            async with httpx.AsyncClient(verify=False) as client:
                feed = await client.get(f"{newspaper[1]}rss.xml", headers={"Host": "visnyk.test"})
            process.send_signal(signal.SIGINT)
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert feed.status_code == 200
    assert "BROKEN" not in said, said
    assert said.count("kept ") == 7
    assert "p50" in said
    assert "whsec_" not in said
    assert (process.returncode, errors.decode()) == (0, "")


# ── What the screen shows ────────────────────────────────────────────────────────────────────

LONG = "[bold]쿠르스크[/bold] " + "x" * 200


def shown(*, terminal: bool) -> list[str]:
    stream = io.StringIO()
    screen = Screen(Console(file=stream, width=80, force_terminal=terminal, no_color=True, legacy_windows=False))
    screen.show(Line("told", "한강일보", LONG, datetime.now(UTC)))
    screen.show(Line("copy", "Hafenblatt", "short", datetime.now(UTC)))
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()


def test_outside_a_terminal_every_line_is_plain_and_whole() -> None:
    first, second = shown(terminal=False)
    assert first.endswith(LONG)
    assert re.fullmatch(r" +0\.\ds  folded    Hafenblatt {14}short", second)


def test_on_a_terminal_a_line_is_cut_where_the_screen_ends() -> None:
    first, second = shown(terminal=True)
    assert first.endswith("x…")
    assert second.endswith("short")


def test_a_broken_promise_is_shown_with_what_broke_it() -> None:
    stream = io.StringIO()
    manuscripts = read_manuscripts()
    summary = summarise(Play(lambda line: None).ledger, manuscripts)
    Screen(Console(file=stream, width=80)).close(summary)
    said = stream.getvalue()
    assert "BROKEN  everything a watch asks for was told\n" in said
    assert all(f"          {watch}: {story}\n" in said for watch, story in manuscripts.expected())
    assert "webhook      nothing arrived" in said
