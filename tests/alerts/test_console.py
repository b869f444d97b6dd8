"""Alerts on a terminal."""

from __future__ import annotations

import io
import os
import sys

import pytest

from monitor.egress import Egress
from monitor.model import OutcomeKind
from tests.alerts.build import NOW, alert, delivery, notifier


async def test_an_alert_is_printed_with_its_watch_title_outlet_and_link(capsys: pytest.CaptureFixture[str]) -> None:
    console = notifier("console", Egress())
    target = console.targets[0]
    payload = console.freeze(alert(), target, delivery_id="msg_01", now=NOW)
    outcome = await console.send(delivery(target, payload), now=NOW)
    printed = capsys.readouterr().out
    assert outcome.kind is OutcomeKind.SENT
    assert printed.splitlines() == [
        "● Earthquakes: Erdbeben erschüttert Küste",
        "  Küstenbote, 2026-03-29 12:27 UTC",
        "  https://news.example.org/erdbeben?id=1&x=2",
        "  title: Erdbeben erschüttert Küste",
        "  also on Inselblatt",
    ]


async def test_a_terminal_that_knows_no_umlauts_still_gets_the_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    console = notifier("console", Egress())
    outcome = await console.send(delivery(console.targets[0], "Küste 地震\n".encode()), now=NOW)
    assert (outcome.kind, raw.getvalue()) == (OutcomeKind.SENT, b"K?ste ??\n")


async def test_a_broken_pipe_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    out = io.TextIOWrapper(os.fdopen(writing, "wb", buffering=0), encoding="utf-8", write_through=True)
    monkeypatch.setattr(sys, "stdout", out)
    console = notifier("console", Egress())
    outcome = await console.send(delivery(console.targets[0], b"x\n"), now=NOW)
    assert outcome.kind is OutcomeKind.RETRY
    out.close()


async def test_closed_standard_output_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    console = notifier("console", Egress())
    outcome = await console.send(delivery(console.targets[0], b"x\n"), now=NOW)
    assert outcome.kind is OutcomeKind.RETRY


async def test_while_nobody_reads_the_pipe_the_service_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    out = os.fdopen(writing, "w", encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr("alerts.console.SECONDS", 0.1)
    console = notifier("console", Egress())
    target = console.targets[0]
    stuck = await console.send(delivery(target, b"x" * 1_000_000), now=NOW)
    waiting = await console.send(delivery(target, b"y\n"), now=NOW)
    assert (stuck.kind, waiting.kind) == (OutcomeKind.UNKNOWN, OutcomeKind.RETRY)
    taken = 0
    while taken < 1_000_000:
        taken += len(os.read(reading, 65_536))
    console._busy.acquire()  # the writer lets go of the line once it is through
    out.close()
    os.close(reading)
