"""Killable child processes that read what strangers wrote: implements `monitor.ports.Extractor`.

A call takes a free child (or starts one), sends the job, waits for the answer until the deadline,
and gives the child back. The surprising rule: a child is never repaired. Late, dead, out of
memory, or its caller cancelled, it is killed, and the next call starts another.

Why not multiprocessing: a pool breaks as a whole when one child dies, cannot end one that hangs,
and leaves orphans behind a parent that was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pickle
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from monitor import errors
from monitor._child import ANSWER_CAP_BYTES, LENGTH, UNPACK_ERRORS, unpack
from monitor.errors import TocsinError, WorkerCrashed, WorkerTimeout
from monitor.model import Feed, LinkPage, Page, Sitemap

_Answer = TypeVar("_Answer")

PARSERS = ("monitor.parse.page", "monitor.parse.feed", "monitor.parse.sitemap", "monitor.parse.links")
MEMORY_BYTES = 256_000_000  # above the child's own ~80 MB: what one response may cost
START_SECONDS = 30.0  # importing the extractor takes 0.6 s; a machine that boots is slower
CLOSE_SECONDS = 1.0
PIPE_BYTES = 1_048_576  # a page in one piece: through the usual 64 KB it takes both sides several turns
LARGE_ANSWER_BYTES = 500_000  # from here unpacking would hold up the loop for more than some 10 ms

_ROOT = str(Path(__file__).resolve().parent.parent)
# A child needs to find Python and a place for temporary files; it must not see passwords.
_ENVIRONMENT_KEPT = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "VIRTUAL_ENV"})
_ERRORS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, TocsinError)
}


class Workers:
    """A pool of at most `size` children.

    `deadline`: seconds one job may take. `recycle`: jobs after which a child is replaced.
    `idle`: seconds after which a child without work is ended, so that a service at rest holds
    none. `memory`: bytes one job may use above what a fresh child has. `preload`: modules a
    child imports before its first job.
    """

    def __init__(
        self,
        size: int,
        *,
        deadline: float = 10.0,
        recycle: int = 500,
        idle: float = 60.0,
        memory: int = MEMORY_BYTES,
        preload: Sequence[str] = PARSERS,
    ) -> None:
        self._size = size
        self._deadline = deadline
        self._recycle = recycle
        self._idle_seconds = idle
        self._arguments = (str(deadline), str(memory), *preload)
        self._turns = asyncio.Semaphore(size)  # first come, first served
        self._warming = asyncio.Lock()  # two that gather all turns would wait for each other
        self._idle: list[_Child] = []  # the last used first, so that the others come to rest
        self._alive: set[_Child] = set()
        self._ends: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def feed(self, body: bytes, *, url: str, content_type: str | None) -> Feed:
        """Return the feed in `body`; raises FeedUnreadable, WorkerTimeout or WorkerCrashed."""
        return _expect(Feed, await self.call("monitor.parse.feed:parse_feed", body, url=url, content_type=content_type))

    async def sitemap(self, body: bytes, *, url: str, content_type: str | None) -> Sitemap:
        """Return the sitemap in `body`; raises SitemapUnreadable, WorkerTimeout or WorkerCrashed."""
        answer = await self.call("monitor.parse.sitemap:parse_sitemap", body, url=url, content_type=content_type)
        return _expect(Sitemap, answer)

    async def links(self, body: bytes, *, url: str, content_type: str | None, selector: str | None) -> LinkPage:
        """Return what a section page offers; raises Unreadable, WorkerTimeout or WorkerCrashed."""
        job = "monitor.parse.links:find_links"
        return _expect(LinkPage, await self.call(job, body, url=url, content_type=content_type, selector=selector))

    async def page(self, body: bytes, *, url: str, content_type: str | None, hint: str | None = None) -> Page:
        """Return the article in `body`; raises PageUnreadable, WorkerTimeout or WorkerCrashed."""
        job = "monitor.parse.page:parse_page"
        return _expect(Page, await self.call(job, body, url=url, content_type=content_type, hint=hint))

    async def call(self, job: str, /, *args: Any, **kwargs: Any) -> Any:
        """Run `job` ("module:function") in a child and return its answer, made of plain values and monitor.model.

        Errors of monitor.errors raised by the job come back as themselves; any other exception is
        a WorkerCrashed that names it.
        """
        request = pickle.dumps((job, args, kwargs), pickle.HIGHEST_PROTOCOL)
        async with self._turns:
            child = await self._take()
            try:
                async with asyncio.timeout(self._deadline):
                    answer = await child.ask(request)
            except TimeoutError as error:
                self._end(child)
                raise WorkerTimeout(f"{job}: no answer within {self._deadline:g} s; the child was killed") from error
            except (EOFError, OSError, ValueError) as error:
                self._end(child)
                raise WorkerCrashed(f"{job}: {await child.explain_death(error)}") from error
            except BaseException:  # the caller gave up: what the child is about to say belongs to nobody
                self._end(child)
                raise
            self._give_back(child, is_sound=answer[0] != "memory")
        return _conclude(job, answer)

    async def warm(self) -> None:
        """Start all children now, so that the first jobs find them ready."""
        async with self._warming, contextlib.AsyncExitStack() as turns:
            for _ in range(self._size):  # with every turn in hand, all children alive are at rest
                await turns.enter_async_context(self._turns)
            missing = self._size - len(self._alive)
            started = await asyncio.gather(*(self._start() for _ in range(missing)), return_exceptions=True)
            for child in started:
                if isinstance(child, _Child):
                    self._give_back(child, is_sound=True)
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the children alive now."""
        return tuple(sorted(child.pid for child in self._alive))

    async def close(self) -> None:
        """Kill every child, within a second; calls under way raise WorkerCrashed."""
        self._is_closed = True
        for child in tuple(self._alive):
            self._end(child)
        if self._ends:
            await asyncio.wait(self._ends, timeout=CLOSE_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _take(self) -> _Child:
        while self._idle and not self._is_closed:
            child = self._idle.pop()
            child.forget_rest()
            if child.is_running:
                return child
            self._end(child)  # killed from outside while it rested
        return await self._start()

    async def _start(self) -> _Child:
        self._refuse_if_closed()
        child = await _Child.start(self._arguments)
        self._alive.add(child)
        try:
            self._refuse_if_closed()  # close() came while the process was being made
            async with asyncio.timeout(START_SECONDS):
                await child.receive()
        except (EOFError, OSError, ValueError, TimeoutError) as error:
            self._end(child)
            raise WorkerCrashed(f"a parsing child did not start: {await child.explain_death(error)}") from error
        except BaseException:
            self._end(child)
            raise
        return child

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise WorkerCrashed("the parsing children have been stopped")

    def _give_back(self, child: _Child, *, is_sound: bool) -> None:
        if self._is_closed or not is_sound or child.jobs >= self._recycle:
            self._end(child)
            return
        self._idle.append(child)
        child.rest(self._idle_seconds, self._retire)

    def _retire(self, child: _Child) -> None:
        self._idle.remove(child)
        self._end(child)

    def _end(self, child: _Child) -> None:
        """Kill `child` now; what is left of it is cleared away behind the caller's back."""
        child.forget_rest()
        child.kill()
        if child in self._alive:
            self._alive.discard(child)
            task = asyncio.create_task(child.clear_away())
            self._ends.add(task)
            task.add_done_callback(self._ends.discard)


class _Child:
    """One process and the frames to and from it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests = process.stdin
        self._answers = process.stdout
        self._listening = asyncio.Lock()  # a stream has one reader at a time, or raises
        self._rest: asyncio.TimerHandle | None = None
        self.jobs = 0
        _widen(process.stdin.get_extra_info("pipe"))

    @classmethod
    async def start(cls, arguments: Sequence[str]) -> Self:
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "monitor._child",
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1_048_576,
                cwd=os.sep,
                env=_environment(),
            )
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: bytes) -> list[Any]:
        """Send one job and return the child's answer; EOFError, OSError or ValueError where it gives none."""
        self.jobs += 1
        self._requests.write(LENGTH.pack(len(request)))
        self._requests.write(request)
        await self._requests.drain()
        return await self.receive()

    async def receive(self) -> list[Any]:
        async with self._listening:
            (length,) = LENGTH.unpack(await self._answers.readexactly(LENGTH.size))
            if length > ANSWER_CAP_BYTES:
                raise ValueError(f"the answer has {length} bytes; at most {ANSWER_CAP_BYTES} are taken")
            body = await self._answers.readexactly(length)
        if length > LARGE_ANSWER_BYTES:
            return await asyncio.to_thread(_read_answer, body)
        return _read_answer(body)

    async def explain_death(self, error: Exception) -> str:
        """Return why a child that was killed gave no answer."""
        if isinstance(error, ValueError | TimeoutError):
            return str(error) or type(error).__name__
        status = await self._process.wait()
        return f"the child was ended by signal {-status}" if status < 0 else f"the child ended with status {status}"

    def rest(self, seconds: float, retire: Any) -> None:
        self._rest = asyncio.get_running_loop().call_later(seconds, retire, self)

    def forget_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def kill(self) -> None:
        """End the process now. Not by its own kill(), which reaps behind asyncio's back and loses the exit status."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def clear_away(self) -> None:
        """Wait for the end of a killed child and let go of its pipes."""
        self._requests.close()
        async with self._listening:  # who still waits for an answer hears the pipe's end first
            while await self._answers.read(1_048_576):
                pass
        await self._process.wait()


def _widen(pipe: Any) -> None:
    with contextlib.suppress(OSError, AttributeError):  # only Linux can, and not beyond what a user may have in all
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT_KEPT}
    paths = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    # One arena and one thread: each more would reserve address space that the memory limit counts.
    quiet = {"MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return kept | quiet | {"PYTHONPATH": os.pathsep.join(paths)}


def _read_answer(body: bytes) -> list[Any]:
    """Return the answer with its value built; ValueError where it is none of ours."""
    try:
        answer = json.loads(body)
        if answer[0] == "ok":
            return ["ok", unpack(answer[1])]
        return [str(part) for part in answer]
    except UNPACK_ERRORS as error:
        raise ValueError(f"the answer makes no sense: {type(error).__name__}: {error}") from error


def _conclude(job: str, answer: list[Any]) -> Any:
    match answer:
        case ["ok", value]:
            return value
        case ["raise", name, message] if name in _ERRORS and _ERRORS[name] is not errors.ConfigError:
            raise _ERRORS[name](message)
        case ["memory"]:
            raise WorkerCrashed(f"{job}: out of memory")
        case _:
            raise WorkerCrashed(f"{job}: {' '.join(answer[1:])}")


def _expect(kind: type[_Answer], answer: Any) -> _Answer:
    if not isinstance(answer, kind):
        raise WorkerCrashed(f"the child answered with a {type(answer).__name__}, not a {kind.__name__}")
    return answer
