"""A webhook receiver that believes nothing: it checks each signature with the Standard Webhooks library.

What is genuine goes into the ledger with its time of arrival, what is not is answered 401 and
written down with the reason. It can be told to fail first, so that retries can be seen.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from monitor.demo._opened import OnLoopback
from monitor.demo.server import Line, Request, Server, render_head


@dataclass(frozen=True, slots=True)
class Arrival:
    """One genuine message: `payload` is its JSON, `at` the time it came, in UTC."""

    id: str  # webhook-id
    payload: Any
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Turned:
    """One message that was not taken, and why; `status` is what the sender was told."""

    id: str
    status: int
    reason: str
    at: datetime


class Receiver(OnLoopback):
    """A webhook endpoint on 127.0.0.1. `async with Receiver(secret) as desk:` opens it.

    `secret` is a whsec_ string. `arrivals` and `turned` are the ledger, in order; `on_message` is
    called with each line of it.
    """

    def __init__(self, secret: str, on_message: Callable[[Arrival | Turned], None] | None = None) -> None:
        self.arrivals: list[Arrival] = []
        self.turned: list[Turned] = []
        self._webhook = Webhook(secret)
        self._on_message = on_message
        self._server = Server(self._answer)
        self._failures: list[int] = []
        self._retry_after: int | None = None
        self._changed = asyncio.Condition()

    async def start(self, port: int = 0) -> int:
        """Open a port (0: any free one) and return its number."""
        return await self._server.start(port)

    async def stop(self) -> None:
        """Close the port and hang up."""
        await self._server.stop()

    @property
    def port(self) -> int:
        return self._server.ports[0]

    def fail(self, times: int, *, status: int = 503, retry_after: int | None = None) -> None:
        """Answer the next `times` messages with an error status, whatever they say; `retry_after` in seconds."""
        self._failures = [status] * times
        self._retry_after = retry_after

    @property
    def ids(self) -> tuple[str, ...]:
        """The webhook-ids that arrived, each once, in order of first arrival."""
        return tuple(dict.fromkeys(each.id for each in self.arrivals))

    @property
    def duplicates(self) -> tuple[str, ...]:
        """The webhook-ids that arrived more than once."""
        return tuple(name for name, times in Counter(each.id for each in self.arrivals).items() if times > 1)

    async def arrived(self, count: int = 1) -> tuple[Arrival, ...]:
        """Wait until `count` genuine messages have come; return all there are."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.arrivals) >= count)
        return tuple(self.arrivals)

    async def refused(self, count: int = 1) -> tuple[Turned, ...]:
        """Wait until `count` messages were not taken; return all there are."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.turned) >= count)
        return tuple(self.turned)

    async def _answer(self, request: Request, line: Line) -> None:
        status, headers = await self._take(request)
        await line.send(render_head(status, headers, 0))

    async def _take(self, request: Request) -> tuple[int, dict[str, str]]:
        async with self._changed:
            judged = self._judge(request)
            if isinstance(judged, Arrival):
                self.arrivals.append(judged)
            else:
                self.turned.append(judged)
            self._changed.notify_all()
        if self._on_message is not None:
            self._on_message(judged)
        if isinstance(judged, Arrival):
            return 204, {}
        return judged.status, self._patience(judged.status)

    def _patience(self, status: int) -> dict[str, str]:
        wait = self._retry_after if status in (429, 503) else None
        return {} if wait is None else {"Retry-After": str(wait)}

    def _judge(self, request: Request) -> Arrival | Turned:
        name, now = request.headers.get("webhook-id", ""), datetime.now(UTC)
        if request.method != "POST":
            return Turned(name, 405, f"a {request.method}, not a POST", now)
        if self._failures:
            status = self._failures.pop(0)
            return Turned(name, status, f"told to answer {status}", now)
        try:
            payload = self._webhook.verify(request.body, dict(request.headers))
        except WebhookVerificationError as error:
            return Turned(name, 401, str(error), now)
        except (ValueError, json.JSONDecodeError) as error:
            # The library lets a malformed signature header or body through as ValueError.
            return Turned(name, 401, f"malformed: {error}", now)
        return Arrival(name, payload, request.body, now)
