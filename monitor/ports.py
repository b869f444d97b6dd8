"""What the wings and the children promise the house.

The house calls; a plug-in keeps these shapes. Nothing here imports a library that touches the
world, so every room may.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any, ClassVar, Protocol

from monitor.model import (
    Alert,
    Delivery,
    Entry,
    Feed,
    FrontierItem,
    LinkPage,
    Outcome,
    Page,
    ReadFailure,
    Sitemap,
    SourceDue,
    Target,
    Visit,
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address the guard has let out: dial exactly this, not the name again."""

    ip: IPv4Address | IPv6Address
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET if self.ip.version == 4 else socket.AF_INET6


class Gate(Protocol):
    """The only resolver: turns a name into addresses that may be dialled (monitor.egress keeps it)."""

    async def resolve(self, host: str, port: int) -> tuple[Address, ...]:
        """Return where to dial; raise EgressRefused where the guard forbids it, OSError where no name is found."""
        ...

    def check(self, ip: str, port: int) -> None:
        """Raise EgressRefused unless this literal address and port may be dialled."""
        ...

    def connect_blocking(self, host: str, port: int, timeout: float) -> socket.socket:
        """Resolve, check, connect, for libraries that want a socket; seconds."""
        ...


class Extractor(Protocol):
    """Bytes to words, in a killable child. Each raises Unreadable, WorkerTimeout or WorkerCrashed."""

    async def feed(self, body: bytes, *, url: str, content_type: str | None) -> Feed: ...

    async def sitemap(self, body: bytes, *, url: str, content_type: str | None) -> Sitemap: ...

    async def links(self, body: bytes, *, url: str, content_type: str | None, selector: str | None) -> LinkPage: ...

    async def page(self, body: bytes, *, url: str, content_type: str | None, hint: str | None = None) -> Page:
        """`hint` is the language the outlet is known to write in."""
        ...


class Desk(Protocol):
    """Where spiders hand in what they found, and are told what to do next."""

    async def discovered(self, due: SourceDue, visit: Visit, entries: tuple[Entry, ...]) -> tuple[FrontierItem, ...]:
        """Take the result of one visit; return the articles that the same crawl shall read.

        The service returns none: it reads from the frontier, which a crash does not empty.
        """
        ...

    async def read(self, item: FrontierItem, page: Page, *, url: str) -> None:
        """Take an article page that was read; `url` is where it was found after redirects."""
        ...

    async def unread(
        self,
        item: FrontierItem,
        failure: ReadFailure,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Take the news that a page could not be read this time; `retry_after` in seconds."""
        ...


class Crawler(Protocol):
    """Runs crawls; each ends by itself, and reports to the desk as it goes."""

    async def visit(self, kind: str, dues: Sequence[SourceDue]) -> None:
        """Visit sources of one kind."""
        ...

    async def read(self, items: Sequence[FrontierItem]) -> None:
        """Read articles."""
        ...


class Notifier(Protocol):
    """Code that reaches one kind of channel. One module in alerts/, one class named by NOTIFIER.

    It is constructed once per channel: `NOTIFIER(name, options, gate)`; `Options` is a pydantic
    model whose field named like `kind` marks the channel as its own in the user's file.
    """

    kind: ClassVar[str]
    Options: ClassVar[type[Any]]

    def __init__(self, channel: str, options: Any, gate: Gate) -> None: ...

    @property
    def targets(self) -> tuple[Target, ...]:
        """The receivers of this channel; each gets its own delivery, state and retries."""
        ...

    def freeze(self, alert: Alert, target: Target, *, delivery_id: str, now: datetime) -> bytes:
        """Return the bytes that will be sent at every try. Pure; must not fail on any text."""
        ...

    async def send(self, delivery: Delivery, *, now: datetime) -> Outcome:
        """Try once, within the channel's own deadline. Never raises for what a receiver may do."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
