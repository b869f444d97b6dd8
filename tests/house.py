"""`tocsin run` as a process of its own, followed by its log: a test waits for events, never for time.

A configuration is a dict (JSON is YAML), the log is read line by line as it is written, the store is
looked at when the process has ended, or on a connection that cannot write.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.data import ROOT

Facts = dict[str, Any]
Condition = Callable[[Sequence[Facts]], bool]

DEADLINE = 60.0  # seconds without the awaited event; far more than any takes, so that a busy machine fails no test
MAIN = "import sys; from monitor.cli.main import main; sys.exit(main())"

KURSK = {"id": "kursk", "name": "Kursk", "any": ["Kursk", "Курск"]}
TROOPS = {
    "id": "north-korean-troops",
    "name": "North Korean troops",
    "near": [{"any": ["Nordkorea", "nordkoreanisch", "North Korean"]}, {"any": ["Soldat", "Truppe", "troops"]}],
    "within": "6",
}
BOTH = {"id": "both", "name": "North Korean troops in Kursk", "all": ["watch:kursk", "watch:north-korean-troops"]}


def write_config(
    folder: Path,
    outlets: Sequence[object],
    *,
    dial: str,
    watches: Sequence[object] = (),
    channels: Mapping[str, object] | None = None,
    routes: Sequence[object] = (),
    network: Mapping[str, object] | None = None,
    schedule: Mapping[str, object] | None = None,
) -> Path:
    """Write a tocsin.yml in which every host name is dialled at `dial`, quick enough for a test; return its path."""
    settings = {
        "outlets": list(outlets),
        "watches": list(watches),
        "channels": dict(channels or {}),
        "routes": list(routes),
        "network": {
            "allow": ["127.0.0.1"],
            "hosts": {"*": dial},
            "delay": "0s",
            "per_host": "4",
            **(network or {}),
        },
        "schedule": {"interval": "1s", "settle": "0s", "workers": "2", **(schedule or {})},
    }
    path = folder / "tocsin.yml"
    filled = {name: value for name, value in settings.items() if value}
    path.write_text(json.dumps(filled, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def fits(event: Facts, name: str, facts: Facts) -> bool:
    """Whether an event has this name and these facts."""
    return event.get("event") == name and all(event.get(key) == value for key, value in facts.items())


class House:
    """One run of the service. `async with House(path) as house:` starts it and ends it, by force if need be.

    `events` is its log so far, over all starts of this object.
    """

    def __init__(self, config: Path) -> None:
        self.config = config
        self.store = config.parent / "tocsin.db"
        self.events: list[Facts] = []
        self.other_lines: list[str] = []  # what it said that is no event: a traceback, a warning
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start the process and wait until it says that it is ready."""
        begun = len(self.events)
        await self.launch()
        await self.until(lambda events: any(each["event"] == "started" for each in events[begun:]))

    async def launch(self) -> None:
        """Start the process."""
        command = ("run", "--config", str(self.config), "--json")
        self._process = await run_tocsin(*command)
        self._reading = asyncio.create_task(self._read(self._process))

    async def kill(self) -> None:
        """End the process as a power cut would; nothing where it has ended."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self.ended()

    async def stop(self) -> int:
        """Ask the process to end, and return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until the process has ended and all its words are read; return its exit code."""
        if self._process is None or self._reading is None:
            return 0
        async with asyncio.timeout(DEADLINE):
            code = await self._process.wait()
            await self._reading
        return code

    async def until(self, condition: Condition) -> None:
        """Wait until the events so far meet a condition; fail where the process ends before that."""
        assert self._reading is not None
        try:
            async with asyncio.timeout(DEADLINE), self._changed:
                await self._changed.wait_for(lambda: condition(self.events) or self._has_ended)
        except TimeoutError:
            raise AssertionError(f"it did not happen in {DEADLINE:g} s; the log ends:\n{self.tail()}") from None
        assert condition(self.events), f"the process ended before; the log ends:\n{self.tail()}"

    async def saw(self, name: str, *, times: int = 1, **facts: Any) -> Facts:
        """Wait for an event with these facts to be told `times` times; return the last of these."""
        await self.until(lambda _: len(self.all(name, **facts)) >= times)
        return self.all(name, **facts)[times - 1]

    def all(self, name: str, **facts: Any) -> list[Facts]:
        """Return the events of a name with these facts, in order."""
        return [each for each in self.events if fits(each, name, facts)]

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Ask the store on a connection that cannot write."""
        return ask(self.store, sql, *parameters)

    def tail(self, lines: int = 25) -> str:
        """Return the end of the log, for a failing test."""
        told = [json.dumps(each, ensure_ascii=False)[:300] for each in self.events[-lines:]]
        return "\n".join([*told, *self.other_lines[-lines:]])

    @property
    def _has_ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            async with self._changed:
                self._take(line.decode("utf-8", "replace"))
                self._changed.notify_all()
        await process.wait()
        async with self._changed:
            self._changed.notify_all()

    def _take(self, line: str) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            self.other_lines.append(line.rstrip())
            return
        self.events.append(event)


async def run_tocsin(*command: str) -> asyncio.subprocess.Process:
    """Start `tocsin` with these arguments; its words come by pipe."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", MAIN),
        *command,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        limit=2**22,
    )


def ask(path: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Ask a store on a connection that cannot write."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(sql, parameters).fetchall()
