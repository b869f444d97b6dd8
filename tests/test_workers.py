"""Parsing children: whatever a parser does to its process, the parent answers in time and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor._child import LENGTH, UNPACK_ERRORS, pack, unpack
from monitor.errors import FeedUnreadable, PageUnreadable, WorkerCrashed, WorkerTimeout
from monitor.model import Access, Entry, Feed, Fingerprint, LinkPage, Page, Sitemap, SitemapLink
from monitor.workers import Workers
from tests import jobs
from tests.data import ROOT

pytestmark = pytest.mark.process


@contextlib.asynccontextmanager
async def open_workers(size: int = 1, **options: Any) -> AsyncIterator[Workers]:
    """Children without the parsers, which would only make them slow to start."""
    async with Workers(size, **({"preload": (), "deadline": 20.0} | options)) as workers:
        yield workers


async def is_gone(pid: int) -> bool:
    """Wait for the end of a process by its file descriptor (Linux) or by asking for it."""
    try:
        end = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool((await asyncio.to_thread(select.select, [end], [], [], 5.0))[0])
    finally:
        os.close(end)


async def test_a_page_comes_back_as_it_was_made() -> None:
    async with open_workers() as workers:
        assert await workers.call("tests.jobs:page") == jobs.page()
        assert await workers.call("tests.jobs:measure", b"\x00\xff" * 90_000) == 180_000


async def test_a_long_answer_comes_back_whole() -> None:
    async with open_workers() as workers:
        assert len((await workers.call("tests.jobs:feed", 8_000)).entries) == 8_000


@pytest.mark.parametrize(
    ("job", "error", "words"),
    [
        ("raise_unreadable", PageUnreadable, "no text in it"),
        ("raise_feed_unreadable", FeedUnreadable, "no <item>"),
        ("raise_other", WorkerCrashed, "ZeroDivisionError: by nought"),
        ("answer_with_a_function", WorkerCrashed, "may not answer with a builtins.function"),
        ("there_is_none", WorkerCrashed, "AttributeError"),
    ],
)
async def test_an_error_in_a_job_comes_back_and_the_child_lives_on(
    job: str, error: type[Exception], words: str
) -> None:
    async with open_workers() as workers:
        before = await workers.call("tests.jobs:pid")
        with pytest.raises(error, match=words):
            await workers.call(f"tests.jobs:{job}")
        assert await workers.call("tests.jobs:pid") == before


@pytest.mark.parametrize("job", ["hang", "hang_in_c"])
async def test_d3_a_job_that_hangs_is_killed_at_the_deadline_and_the_next_one_runs(job: str) -> None:
    async with open_workers(deadline=0.5) as workers:
        before = await workers.call("tests.jobs:pid")
        with pytest.raises(WorkerTimeout, match=job):
            await workers.call(f"tests.jobs:{job}")
        assert await is_gone(before)
        assert await workers.call("tests.jobs:echo", "next") == "next"


@pytest.mark.parametrize(
    ("job", "words"), [("die", "signal 11"), ("leave", "status 3"), ("fill_memory", "out of memory")]
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps to a memory limit")
async def test_a_child_that_dies_or_runs_out_of_memory_is_replaced(job: str, words: str) -> None:
    async with open_workers() as workers:
        before = await workers.call("tests.jobs:pid")
        with pytest.raises(WorkerCrashed, match=words):
            await workers.call(f"tests.jobs:{job}")
        assert await workers.call("tests.jobs:pid") != before
        assert await is_gone(before)


async def test_a_child_killed_in_the_middle_of_a_job_is_told_and_replaced() -> None:
    async with open_workers() as workers:
        (pid, call) = (await workers.call("tests.jobs:pid"), asyncio.create_task(workers.call("tests.jobs:hang")))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerCrashed, match="signal 9"):
            await call
        assert await workers.call("tests.jobs:echo", 1) == 1


async def test_a_child_killed_at_rest_is_replaced_without_a_word() -> None:
    async with open_workers() as workers:
        pid = await workers.call("tests.jobs:pid")
        os.kill(pid, signal.SIGKILL)
        assert await is_gone(pid)
        await asyncio.to_thread(lambda: None)  # let the loop hear of it
        with contextlib.suppress(WorkerCrashed):
            await workers.call("tests.jobs:pid")
        assert await workers.call("tests.jobs:pid") != pid


async def test_what_a_parser_prints_does_not_reach_the_frames() -> None:
    async with open_workers() as workers:
        assert await workers.call("tests.jobs:print_garbage") == "clean"
        assert await workers.call("tests.jobs:read_standard_input") == ""
        assert await workers.call("tests.jobs:echo", (1, "zwei")) == (1, "zwei")


async def test_a_cancelled_call_gives_its_answer_to_nobody_else() -> None:
    async with open_workers() as workers:
        await workers.call("tests.jobs:pid")
        for number in range(5):
            call = asyncio.create_task(workers.call("tests.jobs:echo", f"abandoned {number}"))
            for _ in range(number):
                await asyncio.sleep(0)
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call
            assert await workers.call("tests.jobs:echo", number) == number


async def test_calls_beyond_the_size_wait_their_turn_and_no_more_children_start() -> None:
    async with open_workers(2) as workers:
        finished: list[int] = []

        async def ask(number: int) -> None:
            assert await workers.call("tests.jobs:echo", number) == number
            finished.append(number)

        await asyncio.gather(*(ask(number) for number in range(20)))
        assert sorted(finished) == list(range(20))
        assert len(workers.pids) <= 2


async def test_a_child_is_replaced_after_its_share_of_jobs() -> None:
    async with open_workers(recycle=2) as workers:
        pids = [await workers.call("tests.jobs:pid") for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_an_idle_service_holds_no_child() -> None:
    async with open_workers(idle=0.01) as workers:
        pid = await workers.call("tests.jobs:pid")
        assert await is_gone(pid)
        assert workers.pids == ()
        assert await workers.call("tests.jobs:echo", 1) == 1


async def test_warm_starts_all_children_beforehand() -> None:
    async with open_workers(2) as workers:
        await asyncio.gather(workers.warm(), workers.call("tests.jobs:pid"), workers.warm())
        assert len(workers.pids) == 2
        assert await workers.call("tests.jobs:pid") in workers.pids


async def test_closing_ends_children_and_the_calls_that_wait_for_them() -> None:
    workers = Workers(1, preload=(), deadline=20.0)
    pid = await workers.call("tests.jobs:pid")
    calls = [asyncio.create_task(workers.call("tests.jobs:hang")) for _ in range(3)]
    await asyncio.sleep(0)
    await workers.close()
    assert await is_gone(pid)
    assert all(isinstance(each, WorkerCrashed) for each in await asyncio.gather(*calls, return_exceptions=True))
    with pytest.raises(WorkerCrashed, match="stopped"):
        await workers.call("tests.jobs:pid")


async def test_an_answer_of_the_wrong_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_workers() as workers:

        async def call(job: str, /, *args: Any, **kwargs: Any) -> Any:
            return "not a page"

        monkeypatch.setattr(workers, "call", call)
        with pytest.raises(WorkerCrashed, match="str, not a Page"):
            await workers.page(b"", url="https://example.org/", content_type=None)


async def test_promise_12_a_child_may_not_open_connections_or_see_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with open_workers() as workers:
            with pytest.raises(WorkerCrashed, match="PermissionError"):
                await workers.call("tests.jobs:connect", listener.getsockname()[1])
            assert "SMTP_PASSWORD" not in await workers.call("tests.jobs:environment")


_PARENT = """
import asyncio, sys
from monitor.workers import Workers
async def main():
    workers = Workers(1, preload=(), deadline=60.0)
    await workers.call("tests.jobs:hang_after_telling", sys.argv[1])
asyncio.run(main())
"""


async def test_a_parent_killed_outright_leaves_no_orphan_even_in_c_code(tmp_path: Path) -> None:
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(fifo)], cwd=ROOT)
    try:
        child = int(await asyncio.to_thread(fifo.read_text))
    finally:
        parent.kill()
        parent.wait()
    assert await is_gone(child)


@pytest.fixture
def lone_child() -> Iterator[subprocess.Popen[bytes]]:
    """A child with a deadline of 0.1 s and no pool above it."""
    command = [sys.executable, "-m", "monitor._child", "0.1", "256000000"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        yield child
        child.kill()


def test_a_child_whose_parent_forgot_it_ends_by_itself_even_in_c_code(lone_child: subprocess.Popen[bytes]) -> None:
    assert lone_child.stdin is not None
    request = pickle.dumps(("tests.jobs:hang_in_c", (), {}))
    lone_child.stdin.write(LENGTH.pack(len(request)) + request)
    lone_child.stdin.flush()
    assert lone_child.wait(20) in (-signal.SIGALRM, -signal.SIGXCPU)


def test_a_child_without_work_ends_when_its_input_closes(lone_child: subprocess.Popen[bytes]) -> None:
    assert lone_child.stdin is not None
    lone_child.stdin.close()
    assert lone_child.wait(20) == 0


async def test_closing_while_a_child_starts_leaves_none_behind() -> None:
    workers = Workers(1, preload=())
    call = asyncio.create_task(workers.call("tests.jobs:pid"))
    await asyncio.sleep(0)
    await workers.close()
    with pytest.raises(WorkerCrashed):
        await call
    assert workers.pids == ()
    await workers.close()


# ── Answers as data ──────────────────────────────────────────────────────────────────────────

_texts = st.text(max_size=20)
_moments = st.none() | st.datetimes(timezones=st.just(UTC))
_entries = st.builds(Entry, link=_texts, id=st.none() | _texts, title=_texts, published=_moments, updated=_moments)
_answers = st.one_of(
    st.builds(Feed, entries=st.lists(_entries, max_size=3).map(tuple), title=_texts),
    st.builds(Sitemap, children=st.lists(st.builds(SitemapLink, url=_texts, modified=_moments), max_size=2).map(tuple)),
    st.builds(LinkPage, feeds=st.lists(_texts, max_size=2).map(tuple)),
    st.builds(
        Page,
        url=_texts,
        canonical_url=st.none() | _texts,
        title=_texts,
        text=_texts,
        published=_moments,
        access=st.sampled_from(Access),
        fingerprint=st.none() | st.builds(Fingerprint, st.binary(max_size=9), st.integers(0, 9), _texts),
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _texts | st.binary() | _moments,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(_texts, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.timedeltas(),
    st.frozensets(_texts),
)


@given(_answers)
def test_what_is_packed_and_sent_unpacks_to_itself(answer: Any) -> None:
    assert unpack(json.loads(json.dumps(pack(answer)))) == answer


_hostile = st.recursive(
    st.none() | st.integers() | _texts | st.sampled_from(["o", "e", "m", "s", "t", "d", "b", "Page", "Access", "_t"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=2),
)


@given(_hostile)
def test_a_child_that_was_taken_over_can_only_lie(answer: Any) -> None:
    """Anything at all is either a value of plain types and our nouns, or refused."""
    with contextlib.suppress(*UNPACK_ERRORS):
        value = unpack(answer)
        assert type(value).__module__ in ("builtins", "datetime", "monitor.model")
        assert not callable(value)


@pytest.mark.parametrize(
    "answer",
    [
        ["o", "MappingProxyType", []],
        ["o", "dataclass", []],
        ["e", "StrEnum", "x"],
        ["e", "Page", "x"],
        ["x", 1],
        [],
        {"a": 1},
        ["o", "Entry"],
        ["o", "Entry", "link", None, "", ["m", "2026-01-01T00:00:00"]],
        ["b", "not base64!"],
    ],
)
def test_an_answer_that_names_anything_but_a_noun_is_refused(answer: Any) -> None:
    with pytest.raises(UNPACK_ERRORS):
        unpack(answer)


def test_moments_keep_their_zone() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert unpack(pack((moment, timedelta(seconds=1.5)))) == (moment, timedelta(seconds=1.5))
