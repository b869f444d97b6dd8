"""Jobs for parsing children in tests: each does one thing a parser might do to us."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.errors import FeedUnreadable, PageUnreadable
from monitor.model import Access, Entry, Feed, Page


def echo(value: Any) -> Any:
    return value


def pid() -> int:
    return os.getpid()


def measure(body: bytes) -> int:
    return len(body)


def hang() -> None:
    threading.Event().wait()


def hang_in_c() -> None:
    """Hold the interpreter lock for ages: backtracking without end inside one call."""
    re.match(r"(a+)+$", "a" * 64 + "!")


def hang_after_telling(path: str) -> None:
    """Write our process id to `path`, then hold the lock for ages."""
    Path(path).write_text(str(os.getpid()), encoding="ascii")
    hang_in_c()


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(3)


def fill_memory() -> int:
    return sum(len(block) for block in [bytearray(10_000_000) for _ in range(200)])


def print_garbage() -> str:
    sys.stdout.write("\x00\x00garbage" * 1000)
    sys.stdout.flush()
    os.write(1, b"\xff" * 5000)
    return "clean"


def read_standard_input() -> str:
    return sys.stdin.read()


def raise_unreadable() -> None:
    raise PageUnreadable("no text in it")


def raise_feed_unreadable() -> None:
    raise FeedUnreadable("no <item>")


def raise_other() -> None:
    raise ZeroDivisionError("by nought")


def answer_with_a_function() -> Any:
    return echo


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 1)


def environment() -> list[str]:
    return sorted(os.environ)


def page() -> Page:
    return Page(
        url="https://example.org/a",
        canonical_url=None,
        title="Überschwemmung in Łódź \ud83d",
        text="first\nsecond",
        authors=("A", "B"),
        published=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
        access=Access.PAYWALL,
    )


def feed(count: int) -> Feed:
    entry = Entry(link="https://example.org/a", id="1", title="Flood", published=datetime(2026, 5, 4, tzinfo=UTC))
    return Feed(entries=(entry,) * count, title="x", faults=("cut",))
