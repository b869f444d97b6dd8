"""The small HTTP/1.1 server under the demo newspaper and the demo webhook receiver.

A connection becomes Requests, each Request is answered by one function, and the connection stays
open for the next as HTTP/1.1 wants it. The answering function writes to the connection itself,
because a newspaper must also be able to answer wrongly: too slowly, too short, or with a reset.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import urlsplit

from monitor.demo._opened import Opened

HEAD_LIMIT_BYTES = 64 * 1024
BODY_LIMIT_BYTES = 32 * 1024 * 1024
_BACKLOG = 1024  # thousands of tests' connections may come at once


class RequestError(Exception):
    """What came over the connection is no HTTP/1.1 request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came. `path` has the query; header names are in lower case; `at` is in UTC."""

    method: str
    host: str  # without the port, lower case
    path: str
    headers: Mapping[str, str]
    at: datetime
    body: bytes = b""
    connection: int = 0  # counts connections, so that keep-alive can be seen


class HangUpError(Exception):
    """Raised by an answer that is over with the connection."""


class Line:
    """One open connection, as an answer sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Write and wait until the system took it."""
        self._writer.write(data)
        await self._writer.drain()

    async def left(self) -> None:
        """Wait until the client closes the connection; whatever it still says is lost."""
        while await self._reader.read(HEAD_LIMIT_BYTES):
            pass

    def reset(self) -> NoReturn:
        """End the connection with a TCP RST instead of a goodbye."""
        sock = self._writer.get_extra_info("socket")
        # SO_LINGER with zero seconds: the kernel drops what is unsent and answers with RST.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        raise HangUpError


Answer = Callable[[Request, Line], Awaitable[None]]


@dataclass(slots=True)
class Server(Opened):
    """Serve `answer` on loopback. An answer raises HangUpError (or closes) to end the connection."""

    answer: Answer
    _listeners: list[asyncio.Server] = field(default_factory=list)
    _conversations: set[asyncio.Task[None]] = field(default_factory=set)
    _connections: int = 0

    async def start(self, port: int = 0, *, address: str = "127.0.0.1") -> int:
        """Listen on a port (0: any free one) and return its number; may be called again for more ports."""
        listener = await asyncio.start_server(
            self._converse, address, port, limit=HEAD_LIMIT_BYTES, backlog=_BACKLOG, reuse_address=True
        )
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports it listens on, in the order they were opened."""
        return tuple(int(each.sockets[0].getsockname()[1]) for each in self._listeners if each.sockets)

    async def stop(self) -> None:
        """Close every port and hang up on everyone, also on answers that would never end."""
        for listener in self._listeners:
            listener.close()
        conversations = tuple(self._conversations)
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        for listener in self._listeners:
            await listener.wait_closed()
        self._listeners.clear()

    def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A plain function with a task of our own: asyncio's own wrapper logs a cancelled conversation as an error.
        self._connections += 1
        task = asyncio.ensure_future(self._talk(reader, writer, self._connections))
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        line = Line(reader, writer)
        try:
            while (request := await read_request(reader, number)) is not None:
                await self.answer(request, line)
                if not wants_keep_alive(request):
                    return
        except RequestError as error:
            await _complain(line, str(error))
        except (HangUpError, ConnectionError, asyncio.IncompleteReadError):
            return  # either side left; what was said so far is in the log
        except asyncio.CancelledError:
            writer.transport.abort()  # a slow reader must not hold up the end
            raise
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _complain(line: Line, reason: str) -> None:
    try:
        await line.send(render_head(400, {"Connection": "close"}, len(reason)) + reason.encode())
    except ConnectionError:
        return  # nobody is there to hear it


async def read_request(reader: asyncio.StreamReader, connection: int = 0) -> Request | None:
    """Read one request; None where the client has closed the connection. Raises RequestError."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise RequestError("the request breaks off in its head") from error
        return None
    except asyncio.LimitOverrunError as error:
        raise RequestError(f"the head is longer than {HEAD_LIMIT_BYTES} bytes") from error
    method, target, headers = _parse_head(head.decode("latin-1"))
    host, path = _address(target, headers.get("host", ""))
    return Request(
        method=method,
        host=host,
        path=path,
        headers=headers,
        at=datetime.now(UTC),
        body=await _read_body(reader, headers),
        connection=connection,
    )


def _parse_head(head: str) -> tuple[str, str, dict[str, str]]:
    first, *rest = head.strip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise RequestError(f"no HTTP/1.1 request line: {first[:80]!r}")
    headers: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon:
            raise RequestError(f"no header: {line[:80]!r}")
        headers[name.strip().lower()] = value.strip()
    return words[0], words[1], headers


def _address(target: str, host_header: str) -> tuple[str, str]:
    """Return host and path; the target may be absolute (RFC 9112 §3.2.2)."""
    if target.startswith("/"):
        return _without_port(host_header), target
    parts = urlsplit(target)
    path = parts.path or "/"
    return (parts.hostname or "").lower(), f"{path}?{parts.query}" if parts.query else path


def _without_port(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_LIMIT_BYTES:
        raise RequestError(f"a body of {length[:20]} bytes")
    return await reader.readexactly(int(length))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = await reader.readline()
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError as error:
            raise RequestError(f"no chunk size: {size[:20]!r}") from error
        if length < 0 or len(body) + length > BODY_LIMIT_BYTES:
            raise RequestError("the chunks are too long")
        body += await reader.readexactly(length)
        await reader.readline()  # ends the chunk; after the last one, the trailer we never expect
        if length == 0:
            return bytes(body)


def wants_keep_alive(request: Request) -> bool:
    """Whether the client leaves the connection open for another request."""
    return request.headers.get("connection", "").lower() != "close"


def render_head(status: int, headers: Mapping[str, str], length: int | None) -> bytes:
    """Return status line and headers; `length` None leaves Content-Length out (as a 304 does)."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines.extend(f"{name}: {value}" for name, value in headers.items())
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
