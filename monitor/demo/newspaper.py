"""A scripted newspaper on loopback: any number of host names, one small server.

What is published under (host, path) is served with ETag and Last-Modified, answers 304 to who has
it already, and every request is written into a log. A script makes single answers go wrong, as
real servers do: slow, hanging, trickling, reset, of a wrong length, with another status. The demo
prints its editions here, and the tests use the same newspaper.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from monitor.demo._opened import OnLoopback
from monitor.demo.server import HangUpError, Line, Request, Server, render_head

HTML = "text/html; charset=utf-8"
_TYPES = {
    ".xml": "application/xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".gz": "application/gzip",
}


# ── What an answer may do wrong ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with another status."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Slow:
    """Answer rightly, after some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """Send the first bytes of the answer and then nothing more, until the client leaves or the newspaper stops."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Trickle:
    """Send the answer in small pieces with a pause (seconds) before each."""

    piece_bytes: int = 1
    pause: float = 0.01


@dataclass(frozen=True, slots=True)
class Reset:
    """Send the first bytes of the answer, then a TCP reset."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class WrongLength:
    """Promise more bytes than are sent, then close."""

    missing_bytes: int = 100


@dataclass(frozen=True, slots=True)
class Raw:
    """Send exactly these bytes, which need not be HTTP, then close."""

    data: bytes


@dataclass(frozen=True, slots=True)
class AsPublished:
    """Answer rightly: a place holder between two troubles."""


Step = Status | Slow | Hang | Trickle | Reset | WrongLength | Raw | AsPublished


@dataclass(frozen=True, slots=True)
class Printed:
    """One published resource. `body` is read from the disk at each request where it is a path."""

    body: bytes | Path
    status: int
    headers: Mapping[str, str]
    has_validators: bool
    at: datetime

    def read(self) -> bytes:
        return self.body.read_bytes() if isinstance(self.body, Path) else self.body


class Newspaper(OnLoopback):
    """Every host of the demo's press. `async with Newspaper() as paper:` opens one port on 127.0.0.1.

    `requests` is the log, in order of arrival. `clock` dates what is published (Last-Modified).
    """

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.requests: list[Request] = []
        self._clock = clock
        self._server = Server(self._answer)
        self._printed: dict[tuple[str, str], Printed] = {}
        self._archive: Mapping[str, Path | bytes] = {}
        self._scripts: dict[tuple[str, str], list[Step]] = {}
        self._always: dict[tuple[str, str], Step] = {}
        self._asked = asyncio.Condition()
        self._asked_for: Counter[tuple[str, str | None]] = Counter()  # so that waiting costs nothing in a long log

    # ── Opening hours ────────────────────────────────────────────────────────────────────────

    async def start(self, port: int = 0) -> int:
        """Open a port (0: any free one) and return its number; call again for more ports."""
        return await self._server.start(port)

    async def stop(self) -> None:
        """Close all ports and hang up on all clients."""
        await self._server.stop()

    @property
    def ports(self) -> tuple[int, ...]:
        return self._server.ports

    @property
    def port(self) -> int:
        """The first port that was opened."""
        return self._server.ports[0]

    # ── The editor's desk ────────────────────────────────────────────────────────────────────

    def publish(
        self,
        host: str,
        path: str,
        body: bytes | str | Path,
        *,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        status: int = 200,
        validators: bool = True,
    ) -> None:
        """Put a resource on the stand, or a new version of it. `path` may have a query.

        `validators=False` sends neither ETag nor Last-Modified. The content type follows the
        path's ending where none is given; HTML without one.
        """
        all_headers = {"Content-Type": content_type or _guess_type(path), **(headers or {})}
        content = body.encode() if isinstance(body, str) else body
        self._printed[host.lower(), path] = Printed(content, status, all_headers, validators, self._clock())

    def publish_url(self, url: str, body: bytes | str | Path, *, content_type: str | None = None) -> None:
        """Put a resource on the stand under its URL."""
        host, path = _split(url)
        self.publish(host, path, body, content_type=content_type)

    def withdraw(self, host: str, path: str) -> None:
        """Take a resource away: it answers 404 again."""
        del self._printed[host.lower(), path]

    def robots(self, host: str, text: str) -> None:
        """Set a host's robots.txt; a host without one answers 404 for it."""
        self.publish(host, "/robots.txt", text, content_type=_TYPES[".txt"])

    def redirect(self, host: str, path: str, to: str, *, status: int = 301) -> None:
        """Send whoever asks for `path` to another URL."""
        self.publish(host, path, b"", headers={"Location": to}, status=status, validators=False)

    def serve(self, archive: Mapping[str, Path | bytes]) -> None:
        """Serve {URL: page or path of a page} for what is not published; read from the disk when asked for.

        Scheme and port of the URLs do not count. Replaces an archive given earlier.
        """
        self._archive = {"".join(_split(url)): page for url, page in archive.items()}

    def script(self, host: str, path: str, *steps: Step, forever: Step | None = None) -> None:
        """Make the next answers for a path go as the steps say, one request a step, replacing an older script.

        Afterwards it answers `forever` in that way, or as published.
        """
        place = (host.lower(), path)
        self._scripts[place] = list(steps)
        self._always.pop(place, None)
        if forever is not None:
            self._always[place] = forever

    # ── The log ──────────────────────────────────────────────────────────────────────────────

    def seen(self, host: str, path: str | None = None) -> tuple[Request, ...]:
        """Return the requests for a host, or for one path of it, in order of arrival."""
        return tuple(each for each in self.requests if each.host == host and path in (None, each.path))

    async def asked(self, host: str, path: str | None = None, *, times: int = 1) -> Request:
        """Wait until a host (or one path of it) was asked for `times` times; return the last of these requests."""
        async with self._asked:
            await self._asked.wait_for(lambda: self._asked_for[host, path] >= times)
        return self.seen(host, path)[times - 1]

    # ── Answering ────────────────────────────────────────────────────────────────────────────

    async def _answer(self, request: Request, line: Line) -> None:
        step = self._next_step(request)
        await self._note(request)
        if isinstance(step, Raw):
            await line.send(step.data)
            raise HangUpError
        if isinstance(step, Status):
            head = render_head(step.status, {"Content-Type": HTML, **step.headers}, len(step.body))
            await line.send(head + _body_for(request, step.body))
            return
        await _deliver(self._right_answer(request), step, line)

    async def _note(self, request: Request) -> None:
        async with self._asked:
            self.requests.append(request)
            self._asked_for.update([(request.host, request.path), (request.host, None)])
            self._asked.notify_all()

    def _next_step(self, request: Request) -> Step:
        place = (request.host, request.path)
        waiting = self._scripts.get(place)
        return waiting.pop(0) if waiting else self._always.get(place, AsPublished())

    def _right_answer(self, request: Request) -> tuple[bytes, bytes]:
        """Return head and body of what is printed, 304 where the client has it."""
        printed = self._find(request)
        if printed is None:
            body = b"<!doctype html><title>404</title><h1>Not found</h1>"
            return render_head(404, {"Content-Type": HTML}, len(body)), _body_for(request, body)
        body = printed.read()
        headers = dict(printed.headers)
        if printed.has_validators:
            headers |= {"ETag": _etag(body), "Last-Modified": format_datetime(printed.at, usegmt=True)}
            if printed.status == 200 and _has_it(request, headers["ETag"], printed.at):
                return render_head(304, headers, None), b""
        return render_head(printed.status, headers, len(body)), _body_for(request, body)

    def _find(self, request: Request) -> Printed | None:
        printed = self._printed.get((request.host, request.path))
        if printed is None and (page := self._archive.get(request.host + request.path)) is not None:
            return Printed(page, 200, {"Content-Type": _guess_type(request.path)}, True, _ARCHIVED_AT)
        return printed


_ARCHIVED_AT = datetime(2024, 1, 1, tzinfo=UTC)  # any fixed moment: archived pages do not change


async def _deliver(answer: tuple[bytes, bytes], step: Step, line: Line) -> None:
    head, body = answer
    whole = head + body
    match step:
        case Slow(seconds):
            await asyncio.sleep(seconds)
            await line.send(whole)
        case Hang(after_bytes):
            await line.send(whole[:after_bytes])
            await line.left()
            raise HangUpError
        case Trickle(piece_bytes, pause):
            for start in range(0, len(whole), piece_bytes):
                await asyncio.sleep(pause)
                await line.send(whole[start : start + piece_bytes])
        case Reset(after_bytes):
            await line.send(whole[:after_bytes])
            line.reset()
        case WrongLength(missing_bytes):
            promised, actual = len(body) + missing_bytes, len(body)
            await line.send(head.replace(f"Content-Length: {actual}".encode(), f"Content-Length: {promised}".encode()))
            await line.send(body)
            raise HangUpError
        case _:
            await line.send(whole)


def _body_for(request: Request, body: bytes) -> bytes:
    return b"" if request.method == "HEAD" else body


def _etag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'


def _has_it(request: Request, etag: str, modified: datetime) -> bool:
    """Whether the client's validators are current; If-None-Match goes before the date (RFC 9110 §13.2.2)."""
    offered = request.headers.get("if-none-match")
    if offered is not None:
        return _strong(etag) in _tags(offered) or offered.strip() == "*"
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False  # an unreadable date is ignored (RFC 9110 §13.1.3)


def _tags(offered: str) -> Iterable[str]:
    return [_strong(tag) for tag in offered.split(",")]


def _strong(tag: str) -> str:
    return tag.strip().removeprefix("W/")


def _guess_type(path: str) -> str:
    return _TYPES.get(Path(urlsplit(path).path).suffix, HTML)


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    path = parts.path or "/"
    return (parts.hostname or "").lower(), f"{path}?{parts.query}" if parts.query else path
