"""A scripted HTTP server on loopback: it answers what a test wrote, byte for byte, and keeps a ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    at: float  # loop time


Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """`answers`: path -> bytes to send, a list of them to send in turn, or a coroutine that writes."""

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    ledger: list[Asked] = field(default_factory=list)
    port: int = 0
    active: int = 0
    most_active: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    conversations: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def asked(self, path: str) -> list[Asked]:
        return [each for each in self.ledger if each.path == path]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self.conversations.add(task)
        task.add_done_callback(self.conversations.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            self.ledger.append(Asked(method, path, headers, asyncio.get_running_loop().time()))
            self.came.set()
            await self._answer(path, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.active -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        answer = self.answers.get(path, response(b"not here", status=404))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            await answer(writer)
        await writer.drain()


@asynccontextmanager
async def serving(answers: dict[str, Answer | list[Answer]] | None = None) -> AsyncIterator[Server]:
    server = Server(dict(answers or {}))
    listener = await asyncio.start_server(server._accept, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        left = tuple(server.conversations)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def response(
    body: bytes = b"", *, status: int = 200, length: int | None = None, headers: dict[str, str] | None = None
) -> bytes:
    fields = {"Content-Length": str(len(body) if length is None else length), "Connection": "close"} | (headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Some Words\r\n{head}\r\n".encode("latin-1") + body


def redirect(location: str, status: int = 302) -> bytes:
    return response(status=status, headers={"Location": location})


async def silence(writer: asyncio.StreamWriter) -> None:
    """Accept and say nothing until the client goes."""
    await asyncio.Event().wait()


def trickle(*beginnings: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    """Send the beginnings, then one byte now and then for ever."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(beginnings))
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    return write
