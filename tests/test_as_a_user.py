"""What a user types, and what a careless or hostile world sends: the answers must stay right and readable."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor.schedule import Ticker
from tests.builders import OTHER, WIRE
from tests.data import ROOT
from tests.house import MAIN
from tests.prints import piece


def tocsin(*command: str, stdin: str | bytes = b"", folder: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    """Run one command as a process of its own."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    return subprocess.run(
        [sys.executable, "-c", MAIN, *command], input=given, capture_output=True, cwd=folder, timeout=60, check=False
    )


def lines(records: Sequence[object]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def answers(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    """Return the JSON lines printed; what Python reads and other programs do not (NaN) is refused."""
    return [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.decode().splitlines()]


def on_screen(mine: int, its: int) -> str:
    """Return what was written to a terminal, and close it."""
    os.set_blocking(mine, False)
    shown = b""
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(mine, 65_536):
            shown += chunk
    os.close(its)
    os.close(mine)
    return shown.decode()


# ── Input that cannot be used ────────────────────────────────────────────────────────────────


@pytest.mark.process
def test_each_bad_line_is_told_what_was_got_and_where(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.xml").write_bytes(b"")
    bad = [
        (b'{"id": 1, "path": "nowhere.xml"}', "nowhere.xml: there is no such file"),
        (b'{"id": 2, "path": "folder"}', "folder: a folder or device, no file"),
        (b'{"id": 3, "path": "empty.xml"}', "an empty answer, not a feed"),
        (b'{"id": 4, "path": 7}', "'path' is no text; got a number"),
        (b"[1]", "line 5 is no JSON object; got a list"),
        (b'{"id": NaN, "path": "empty.xml"}', "line 6 is no JSON: NaN is no JSON number"),
        (b'{"id": 1e999, "path": "empty.xml"}', "line 7 is no JSON: 1e999 is no JSON number"),
        (b'{"id": 8, "path": "' + b"x" * 5_000 + b'"}', "x…: File name too long"),
        (b'\xff{"id": 9}', "line 9 is no JSON"),
        (b'{"id": 10}', "names neither a path nor a url"),
    ]
    done = tocsin("try", "feed", stdin=b"\xef\xbb\xbf" + b"\r\n".join(line for line, _ in bad), folder=tmp_path)
    told = answers(done)
    assert [found["source"] for found in told] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    for found, (_, wanted) in zip(told, bad, strict=True):
        assert wanted in found["error"]
        assert len(found["error"]) < 300
    assert done.returncode == 1, "nothing could be read"
    assert done.stderr == b""


@pytest.mark.process
def test_a_reader_that_leaves_early_hears_no_complaint(tmp_path: Path) -> None:
    for number in range(60):
        article = piece("harbour.example", f"n{number}")
        (tmp_path / f"{number}.html").write_text(article.html, encoding="utf-8")
    given = lines([{"id": number, "path": f"{number}.html"} for number in range(60)])
    (tmp_path / "in.jsonl").write_text(given, encoding="utf-8")
    with (tmp_path / "in.jsonl").open("rb") as source:
        reading = subprocess.Popen(
            [sys.executable, "-u", "-c", MAIN, "try", "page"],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
        )
        assert reading.stdout is not None
        assert reading.stderr is not None
        with reading:
            first = json.loads(reading.stdout.readline())
            reading.stdout.close()
            complaints = reading.stderr.read()
    assert first["id"] == 0
    assert complaints == b""
    assert reading.returncode == 1


@pytest.mark.process
@pytest.mark.parametrize(
    "command", [("page",), ("stories",), ("match", "--config", "w.yml")], ids=lambda words: words[0]
)
def test_who_writes_one_line_and_waits_gets_its_answer(tmp_path: Path, command: Sequence[str]) -> None:
    (tmp_path / "w.yml").write_text("watches: [{id: ferry, any: [ferry]}]", encoding="utf-8")
    (tmp_path / "a.html").write_text(piece("harbour.example", "a").html, encoding="utf-8")
    reading = subprocess.Popen(
        [sys.executable, "-c", MAIN, "try", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    )
    assert reading.stdin is not None
    assert reading.stdout is not None
    with reading:
        for number in range(3):
            line = {"id": number, "path": "a.html", "title": f"Ferry {number}", "text": WIRE}
            reading.stdin.write(json.dumps(line).encode() + b"\n")
            reading.stdin.flush()
            is_there, _, _ = select.select([reading.stdout], [], [], 30)
            if not is_there:
                reading.kill()
            assert is_there, "no answer within 30 s"
            assert json.loads(reading.stdout.readline())["id"] == number
        reading.stdin.close()
    assert reading.returncode == 0


@pytest.mark.process
def test_results_go_to_the_file_they_are_sent_to_though_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    given = lines([{"id": number, "title": f"Bericht {number}", "text": WIRE} for number in range(9)])
    mine, its = os.openpty()
    out = tmp_path / "out.jsonl"
    with out.open("wb") as kept:
        told = subprocess.run(
            [sys.executable, "-c", MAIN, "try", "stories"],
            input=given.encode(),
            stdout=kept,
            stderr=its,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
    shown = on_screen(mine, its)
    assert told.returncode == 0
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == list(range(9))
    assert "articles" in shown
    assert '"verdict"' not in shown


@pytest.mark.process
def test_a_table_on_a_terminal_shows_addresses_whole_and_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    link = "http://harbour.example/" + "a-long-way-to-the-news/" * 5
    title = "&#x202e;A&#x9b;2J [red]B"
    feed = f"<rss version='2.0'><channel><item><title>{title}</title><link>{link}</link></item></channel></rss>"
    (tmp_path / "f.xml").write_text(feed, encoding="utf-8")
    mine, its = os.openpty()
    command = [sys.executable, "-c", MAIN, "try", "feed", "f.xml"]
    subprocess.run(command, stdout=its, stderr=its, cwd=tmp_path, timeout=60, check=True)
    shown = re.sub("\x1b\\[[0-9;]*m", "", on_screen(mine, its))
    rows = [re.split("  +", row.strip()) for row in shown.splitlines()[3:]]
    assert link in "".join(row[-1] for row in rows)
    assert "[red]B" in shown
    assert not re.search("[\x1b\x9b\u202e]", shown)


# ── Careless publishers ──────────────────────────────────────────────────────────────────────


@pytest.mark.process
def test_reports_under_one_headline_and_one_claimed_address_stay_apart_where_their_texts_do() -> None:
    """A ticker whose every report is called the same and names the section as its address."""
    reports = [
        {
            "id": name,
            "title": "Polizeimeldungen aus der Region",
            "text": text,
            "url": f"https://mainbote.example/blaulicht/{name}.html",
            "canonical_url": "https://mainbote.example/blaulicht",
            "published": "2026-03-02T12:00:00+01:00",
        }
        for name, text in (("erster", WIRE), ("zweiter", OTHER))
    ]
    told = answers(tocsin("try", "stories", stdin=lines(reports)))
    assert [each["story"] for each in told] == ["erster", "zweiter"]
    assert {each["verdict"] for each in told} == {"new"}


@pytest.mark.process
def test_links_of_a_feed_without_any_base_are_handed_out_as_written(tmp_path: Path) -> None:
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="#top"><title>x</title>'
        '<entry><id>1</id><title>Ferry</title><link href="/news/ferry"/></entry></feed>'
    )
    (tmp_path / "f.atom").write_text(feed, encoding="utf-8")
    assert answers(tocsin("try", "feed", "f.atom", folder=tmp_path))[0]["link"] == "/news/ferry"
    known = answers(tocsin("try", "feed", "--url", "https://harbour.example/rss", "f.atom", folder=tmp_path))
    assert known[0]["link"] == "https://harbour.example/news/ferry"


@pytest.mark.process
def test_a_wall_that_sells_reading_without_advertisements_is_no_article(tmp_path: Path) -> None:
    wall = (
        "<!doctype html><html lang=de><head><title>Hafenblatt</title></head><body><div><h1>Mit Werbung weiterlesen</h1>"
        "<p>Besuchen Sie hafenblatt.example wie gewohnt mit Werbung und Tracking. Ihre Zustimmung ist jederzeit "
        "widerrufbar.</p><button>Alle akzeptieren</button><h2>Oder werbefrei lesen</h2></div></body></html>"
    )
    (tmp_path / "wall.html").write_text(wall, encoding="utf-8")
    assert answers(tocsin("try", "page", "wall.html", folder=tmp_path))[0]["access"] == "consent"


# ── The log ──────────────────────────────────────────────────────────────────────────────────


async def test_a_tick_that_outlasts_its_interval_is_no_event(caplog: pytest.LogCaptureFixture) -> None:
    begun, others, over = 0, 0, asyncio.Event()

    async def long() -> None:
        nonlocal begun
        begun += 1
        await over.wait()

    async def short() -> None:
        nonlocal others
        others += 1
        if others == 4:
            over.set()

    ticker = Ticker()
    with caplog.at_level(logging.WARNING):
        ticker.every(0.01, "long", long)
        ticker.every(0.02, "short", short)
        ticker.start()
        async with asyncio.timeout(30):
            await over.wait()
        ticker.stop()
    assert begun == 1
    assert caplog.messages == []
