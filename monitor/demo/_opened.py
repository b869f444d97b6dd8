"""What every server of the demo has in common: `async with` opens and closes it, and it stands at one address."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Opened(ABC):
    """Something that is started on the way into `async with` and stopped on the way out."""

    @abstractmethod
    async def start(self) -> object:
        """Open it."""

    @abstractmethod
    async def stop(self) -> None:
        """Close it."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


class OnLoopback(Opened):
    """Something that listens on a port of 127.0.0.1."""

    @property
    @abstractmethod
    def port(self) -> int:
        """The first port that was opened."""

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`, as `network.hosts` wants it."""
        return f"127.0.0.1:{self.port}"
