"""What the user wants, checked and frozen: channels, and how Tocsin behaves; Config holds it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import BaseModel

from monitor.config.loader import Document
from monitor.model import Outlet, Route, Source


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured place to tell; `options` is the model of its notifier."""

    name: str
    kind: str
    options: BaseModel = field(repr=False)

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports its options say it must dial besides the web's: who names a mail server wants it dialled."""
        return tuple(getattr(self.options, "ports", ()))


@dataclass(frozen=True, slots=True)
class Network:
    """How Tocsin behaves on the network."""

    user_agent: str
    contact: str | None
    timeout: timedelta
    max_body: int  # bytes
    delay: timedelta
    per_host: int
    concurrency: int
    robots: str  # obey or ignore
    allow: tuple[IPv4Network | IPv6Network, ...]
    ports: tuple[int, ...]
    hosts: Mapping[str, str]  # pattern of a name -> where to dial: address or name, with or without a port

    @property
    def agent(self) -> str:
        """The User-Agent header: the name, and how to reach whoever runs it."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where Tocsin keeps what it knows."""

    path: Path


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often Tocsin looks, and with how many hands."""

    interval: timedelta
    jitter: float  # share of the interval, 0 to 1
    settle: timedelta
    workers: int
    parse_timeout: timedelta
    first_visit: str


@dataclass(frozen=True, slots=True)
class Config:
    """What the user wants, checked. `watches` and `sets` are as written, for `monitor.match`."""

    path: Path | None
    outlets: tuple[Outlet, ...]
    sources: tuple[Source, ...] = field(repr=False)  # headers may hold a cookie
    watches: tuple[object, ...]
    sets: Mapping[str, object]
    channels: Mapping[str, Channel]
    routes: tuple[Route, ...]
    network: Network
    store: StoreSettings
    schedule: Schedule
    document: Document = field(repr=False)
    secrets: frozenset[str] = field(repr=False)  # what must never be shown: register them with the log
