"""The loopback press in a process of its own, and the figures of processes: shared by the service's benchmarks."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from monitor.demo.newspaper import Newspaper

_CONTEXT = multiprocessing.get_context("spawn")
_TICK = os.sysconf("SC_CLK_TCK")

Print = Callable[[Newspaper], object]  # puts something on the stands; what it returns is handed on


@dataclass(frozen=True, slots=True)
class Press:
    """A newspaper that runs: `dial` is its address, `printed` what its function returned."""

    dial: str
    printed: object
    pid: int


@contextmanager
def press(prints: Print) -> Iterator[Press]:
    """Run a newspaper in another process while the block lasts. `prints` must be importable."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_run, args=(prints, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        dial, printed = ours.recv()
        yield Press(dial, printed, process.pid or 0)
    finally:
        process.kill()
        process.join()


def _run(prints: Print, end: Connection) -> None:
    asyncio.run(_serve(prints, end))


async def _serve(prints: Print, end: Connection) -> None:
    async with Newspaper() as paper:
        printed = await asyncio.to_thread(prints, paper)
        end.send((paper.address, printed))
        with contextlib.suppress(EOFError):  # the other end closes with the process that wants the newspaper
            await asyncio.to_thread(end.recv)


# ── Figures of processes ─────────────────────────────────────────────────────────────────────


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def family(pid: int) -> tuple[int, ...]:
    """Return a process and all it has started, as they are now."""
    children = [int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in _children(task)]
    return (pid, *(member for child in children for member in family(child)))


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []  # the thread has just ended


def idle_seconds() -> float:
    """Return how long this machine's cores have idled since it started, all of them added up."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()
    return int(fields[4]) / _TICK


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of 10^6 bytes. `rss` counts shared pages in every process, `pss` once in all."""

    rss: float
    pss: float


def memory(pid: int) -> Memory:
    """Return the memory a process holds."""
    found: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]:
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0]) * 1024 / 1e6
    return Memory(found["Rss"], found["Pss"])
