"""Alerts on standard output: a few lines each. What is used where no channel is configured.

Whoever reads a terminal reads what strangers wrote, so nothing that a terminal obeys is printed.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.model import Alert, Delivery, Outcome, OutcomeKind, Target
from monitor.ports import Gate
from monitor.render.lines import text_lines

SECONDS = 10.0  # a pipe whose reader sleeps blocks the write; the alert waits, the service does not


class ConsoleOptions(BaseModel):
    """Standard output."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    console: Literal[True] = Field(default=True, description="Print each alert on standard output.")


class Console:
    """Notifier of kind `console`."""

    kind: ClassVar[str] = "console"
    Options: ClassVar[type[ConsoleOptions]] = ConsoleOptions

    def __init__(self, channel: str, options: ConsoleOptions, gate: Gate) -> None:
        self._target = Target(f"console:{channel}", channel, self.kind, "standard output")
        self._busy = threading.Lock()

    @property
    def targets(self) -> tuple[Target, ...]:
        """The one terminal."""
        return (self._target,)

    def freeze(self, alert: Alert, target: Target, *, delivery_id: str, now: datetime) -> bytes:
        """Return the lines to print, in UTF-8."""
        return text_lines(alert).encode()

    async def send(self, delivery: Delivery, *, now: datetime) -> Outcome:
        """Print; tried again where standard output is closed or nobody reads it."""
        if not self._busy.acquire(blocking=False):
            return Outcome(OutcomeKind.RETRY, "standard output still waits for its reader")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._write, args=(delivery.payload.decode(), written), daemon=True).start()
        try:
            async with asyncio.timeout(SECONDS):
                await written
        except TimeoutError:
            return Outcome(OutcomeKind.UNKNOWN, f"standard output was not read within {SECONDS:g} s")
        except (OSError, ValueError) as error:  # ValueError: it is closed
            return Outcome(OutcomeKind.RETRY, f"standard output: {error}")
        return Outcome(OutcomeKind.SENT, "printed")

    async def aclose(self) -> None:
        """Standard output is not ours to close."""

    def _write(self, text: str, written: asyncio.Future[None]) -> None:
        try:
            encoding = sys.stdout.encoding or "utf-8"
            sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            _tell(written, error)
        else:
            _tell(written, None)
        finally:
            self._busy.release()


def _tell(written: asyncio.Future[None], error: Exception | None) -> None:
    """Settle `written` from another thread; its loop may have gone."""

    def settle() -> None:
        if not written.done():
            written.set_result(None) if error is None else written.set_exception(error)

    loop = written.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)


NOTIFIER = Console
