"""Alerts as lines of JSON at the end of a file: what the webhook would send, one line each.

A line is on the disk before it counts as delivered. A line torn by a crash or a full disk is ended
by the next one, so that it never spoils its neighbour.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from monitor.model import Alert, Delivery, Outcome, OutcomeKind, Target
from monitor.ports import Gate
from monitor.render.payload import webhook_payload


class FileOptions(BaseModel):
    """A file that grows by one line for each alert."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path = Field(description="Where to append, one JSON object a line; made if absent, its folder is not.")


class File:
    """Notifier of kind `file`."""

    kind: ClassVar[str] = "file"
    Options: ClassVar[type[FileOptions]] = FileOptions

    def __init__(self, channel: str, options: FileOptions, gate: Gate) -> None:
        self._path = options.file.expanduser()
        self._target = Target(f"file:{channel}", channel, self.kind, self._path.name)
        self._turn = asyncio.Lock()

    @property
    def targets(self) -> tuple[Target, ...]:
        """The one file."""
        return (self._target,)

    def freeze(self, alert: Alert, target: Target, *, delivery_id: str, now: datetime) -> bytes:
        """Return the JSON of the alert and a line end."""
        return webhook_payload(alert) + b"\n"

    async def send(self, delivery: Delivery, *, now: datetime) -> Outcome:
        """Append and fsync; tried again where the disk or the folder does not let us."""
        try:
            async with self._turn:
                await asyncio.to_thread(append_line, self._path, delivery.payload)
        except OSError as error:
            return Outcome(OutcomeKind.RETRY, f"{self._path.name}: {error.strerror or error}")
        return Outcome(OutcomeKind.SENT, "written")

    async def aclose(self) -> None:
        """Nothing is kept open between lines."""


def append_line(path: Path, line: bytes) -> None:
    """Put `line` at the end of `path` and on the disk; OSError where it is not there whole."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        is_torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        whole = b"\n" + line if is_torn else line
        if os.write(handle, whole) != len(whole):
            raise OSError("only a part of the line could be written")
        os.fsync(handle)
    finally:
        os.close(handle)
    if size == 0:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Put the name of a new file on the disk: fsync of the file alone does not."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


NOTIFIER = File
