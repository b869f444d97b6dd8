"""A webhook receiver on loopback that follows a script and keeps a ledger of what it was sent.

Each request takes the next reply of the script; the last one is repeated. Besides answering it can
hang, reset the line, drip, or never stop talking.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

Act = Literal["answer", "hang", "reset", "close", "trickle", "endless"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `trickle` sends the head, then a byte now and then; `endless` never ends its body."""

    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    act: Act = "answer"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    server_name: str | None = None  # what TLS was asked for


@dataclass(slots=True)
class WebhookReceiver:
    """`async with WebhookReceiver([Reply(503), Reply()]) as receiver:` opens it on 127.0.0.1."""

    script: Sequence[Reply] = (Reply(),)
    tls: ssl.SSLContext | None = None
    ledger: list[Request] = field(default_factory=list)
    connections: int = 0
    sent_bytes: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _names: list[str | None] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        if self.tls is not None:
            self.tls.sni_callback = lambda _sock, name, _context: self._names.append(name)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # the loop takes leave of closed lines at its next turn

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._answer(await self._read(reader), writer)
        except asyncio.CancelledError:
            pass  # the receiver closes; asyncio's own callback would log it
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _read(self, reader: asyncio.StreamReader) -> Reply:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        self.ledger.append(Request(method, target, headers, body, self._names[-1] if self._names else None))
        return self.script[min(len(self.ledger), len(self.script)) - 1]

    async def _answer(self, reply: Reply, writer: asyncio.StreamWriter) -> None:
        if reply.act == "hang":
            await asyncio.Event().wait()
        if reply.act == "reset":
            line = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if reply.act in ("reset", "close"):
            return
        head = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
        length = f"Content-Length: {len(reply.body)}\r\n" if reply.act == "answer" and reply.status != 204 else ""
        await self._say(writer, f"HTTP/1.1 {reply.status} Scripted\r\n{head}{length}\r\n".encode() + reply.body)
        while reply.act in ("trickle", "endless"):
            await self._say(writer, b"x" if reply.act == "trickle" else b"x" * 65_536)
            if reply.act == "trickle":
                await asyncio.sleep(0.05)
        with contextlib.suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def _say(self, writer: asyncio.StreamWriter, words: bytes) -> None:
        writer.write(words)
        await writer.drain()
        self.sent_bytes += len(words)
