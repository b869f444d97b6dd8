"""Many inputs, one after the other or side by side, answers in the order of the inputs.

Inputs are paths and addresses on the command line, or JSON lines on standard input. One that
cannot be used becomes an answer that says why; the others go on.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import select
import sys
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import typer

from monitor.config.config import default_agent
from monitor.egress import Egress
from monitor.errors import Unreadable

FILE_CAP_BYTES = 50_000_000  # the largest feed seen has 3 MB
PATH_SHOWN = 200  # characters of a path in a message
CORES = os.cpu_count() or 1
WIDTH = 4 * CORES  # under way at a time: no child waits for its next job

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Input:
    """One line of standard input, or one word of the command line; `fault` says why it cannot be used."""

    id: Any
    fields: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""

    def text(self, name: str) -> str:
        """Return a text of the input, empty where there is none; raises Unreadable for anything but a text."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Unreadable(f"{name!r} is no text; got {_kind(value)}")
        return value

    def article(self) -> tuple[str, str]:
        """Return title and text, of which one may be empty; raises Unreadable where the input gives neither."""
        if self.fault:
            raise Unreadable(self.fault)
        title, text = self.text("title"), self.text("text")
        if not title and not text:
            raise Unreadable("has neither a title nor a text")
        return title, text

    def time(self, name: str) -> datetime | None:
        """Return a time of the input (ISO 8601; UTC where no zone is given)."""
        text = self.text(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise Unreadable(f"{name!r} is no time in ISO 8601: {text[:40]!r}") from error


def inputs(words: Sequence[str], url: str | None = None) -> Iterable[Input]:
    """Return what the command line names, or else the JSON lines on standard input.

    `url` is where a saved file came from.
    """
    if url is not None and (len(words) != 1 or is_address(words[0])):
        raise typer.BadParameter("--url goes with one saved file", param_hint="--url")
    if not words:
        return json_lines()
    named = [{"url": word} if is_address(word) else {"path": word, "url": url} for word in words]
    return [Input(word, given) for word, given in zip(words, named, strict=True)]


def json_lines() -> Iterator[Input]:
    """Read standard input, one JSON object a line; empty lines are passed over."""
    if sys.stdin.isatty():
        raise typer.BadParameter("give paths or addresses, or JSON lines on standard input")
    return _json_lines()


def _json_lines() -> Iterator[Input]:
    for number, line in enumerate(sys.stdin.buffer, 1):
        if line.strip():
            yield _json_line(line, number)


def _json_line(line: bytes, number: int) -> Input:
    try:
        # A number that JSON has no word for could not be given back as an id.
        record = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        return Input(number, fault=f"line {number} is no JSON: {error}")
    if not isinstance(record, dict):
        return Input(number, fault=f'line {number} is no JSON object; got {_kind(record)}, wanted {{"id": …}}')
    name = record.get("id")
    return Input(record.get("path") or record.get("url") or number if name is None else name, record)


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _refuse(digits)


def _kind(value: object) -> str:
    """Return what a JSON value is, in a word."""
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")


def is_address(word: str) -> bool:
    return word.lower().startswith(("http://", "https://"))


async def in_order(
    items: Iterable[In], work: Callable[[In], Awaitable[Out]], *, width: int = WIDTH
) -> AsyncIterator[Out]:
    """Yield `work` of each item, in their order, with at most `width` under way.

    Before it would wait for standard input, it hands out what is done: who writes a line may wait for its answer.
    """
    pending: deque[asyncio.Future[Out]] = deque()
    may_wait = not isinstance(items, list)
    try:
        for item in items:
            pending.append(asyncio.ensure_future(work(item)))
            while pending and (len(pending) >= width or (may_wait and not _has_input())):
                yield await pending.popleft()
        while pending:
            yield await pending.popleft()
    finally:
        for task in pending:
            task.cancel()


def _has_input() -> bool:
    """Whether a look at standard input would find something, or its end, without waiting."""
    try:
        return bool(select.select([sys.stdin.buffer], [], [], 0)[0])
    except (OSError, ValueError):  # no file at all, as in tests
        return True


@dataclass(frozen=True, slots=True)
class Body:
    """What was found at a path or an address; `url` is empty for a file of unknown origin."""

    url: str
    content_type: str | None
    content: bytes


class Bodies:
    """Reads files and addresses. Addresses go through the same guard and limits as the service's."""

    def __init__(self) -> None:
        self._session: Any = None
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one request to a host at a time

    async def read(self, item: Input) -> Body:
        """Return the bytes an input names; raises TocsinError or OSError."""
        if item.fault:
            raise Unreadable(item.fault)
        path, url = item.text("path"), item.text("url")
        if path:
            return Body(url, None, _read_file(Path(path)))
        if not url:
            raise Unreadable("names neither a path nor a url")
        return await self._fetch(url)

    async def _fetch(self, url: str) -> Body:
        if self._session is None:
            # By name, because the house does not import its wings; and only here, because aiohttp takes 0.3 s.
            wing = importlib.import_module("spiders._session")
            self._session = wing.open_session(Egress(), user_agent=default_agent())
        async with self._turns[urlsplit(url).netloc]:
            answer = await self._session.follow(url)
        if answer.status != 200:
            raise Unreadable(f"{url}: the server answered {answer.status}; wanted 200")
        return Body(answer.url, answer.header("content-type"), answer.body)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()


def _read_file(path: Path) -> bytes:
    try:
        if not path.is_file():
            kind = "a folder or device, no file" if path.exists() else "there is no such file"
            raise Unreadable(f"{_shown(path)}: {kind}")
        if (size := path.stat().st_size) > FILE_CAP_BYTES:
            raise Unreadable(f"{_shown(path)}: the file has {size} bytes; at most {FILE_CAP_BYTES} are read")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{_shown(path)}: {error.strerror or error}") from error


def _shown(path: Path) -> str:
    text = str(path)
    return text if len(text) <= PATH_SHOWN else f"{text[:PATH_SHOWN]}…"


def explain(error: Exception) -> str:
    """Return what went wrong with one input, in words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
