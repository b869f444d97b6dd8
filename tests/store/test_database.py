"""The store's promises: committed when answered, one writer, one process, never silently begun anew."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import StoreCorrupt, StoreError, StoreLocked
from monitor.store.database import Connection, Store, connect
from monitor.store.schema import migrations


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "tocsin.db")
    yield opened
    opened.close()


def put(db: Connection, name: str, value: str = "x") -> None:
    db.execute("INSERT INTO meta(name, value) VALUES(?, ?)", [name, value])


def names(db: Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM meta").fetchall()} - {"identity"}


async def test_what_was_answered_is_seen_by_another_connection(store: Store) -> None:
    await store.write(put, "one")
    with sqlite3.connect(store.path) as other:
        assert other.execute("SELECT count(*) FROM meta WHERE name = 'one'").fetchone() == (1,)
    other.close()


async def test_a_write_that_fails_takes_only_itself_back(store: Store) -> None:
    def put_and_fail(db: Connection) -> None:
        put(db, "lost")
        raise ValueError("no")

    answers = await asyncio.gather(
        store.write(put, "first"), store.write(put_and_fail), store.write(put, "last"), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [type(None), ValueError, type(None)]
    assert await store.read(names) == {"first", "last"}


async def test_many_writes_at_once_share_commits_and_all_stand(store: Store) -> None:
    await asyncio.gather(*(store.write(put, f"n{number}") for number in range(500)))
    assert len(await store.read(names)) == 500


async def test_a_commit_that_fails_is_told_to_every_caller_of_its_group(store: Store) -> None:
    def break_transaction(db: Connection) -> None:
        db.conn.execute("ROLLBACK")
        raise ValueError("the transaction is gone")

    answers = await asyncio.gather(
        store.write(put, "a"), store.write(break_transaction), store.write(put, "b"), return_exceptions=True
    )
    told = {name for name, answer in zip(("a", "b"), (answers[0], answers[2]), strict=True) if answer is None}
    assert isinstance(answers[1], StoreError)
    assert await store.read(names) == told


async def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"readonly|query_only|read-only"):
        await store.read(put, "x")


async def test_a_cancelled_caller_leaves_the_writer_at_work(store: Store) -> None:
    task = asyncio.create_task(store.write(put, "perhaps"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.write(put, "surely")
    assert "surely" in await store.read(names)


def test_A11_a_second_copy_is_refused_with_a_clear_message(store: Store) -> None:
    with pytest.raises(StoreLocked, match=rf"another Tocsin \(process {os.getpid()}\)"):
        Store.open(store.path)


def test_the_lock_ends_with_the_store(store: Store) -> None:
    store.close()
    Store.open(store.path).close()


def test_A12_a_missing_database_is_not_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.db"
    Store.open(path).close()
    path.unlink()
    with pytest.raises(StoreCorrupt, match=r"is missing.*restore a backup"):
        Store.open(path)
    path.with_name("tocsin.db.id").unlink()
    Store.open(path).close()


def test_A12_another_database_in_its_place_is_refused(tmp_path: Path) -> None:
    one, other = tmp_path / "one" / "t.db", tmp_path / "other" / "t.db"
    Store.open(one).close()
    Store.open(other).close()
    one.write_bytes(other.read_bytes())
    with pytest.raises(StoreCorrupt, match="not the database this folder knew"):
        Store.open(one)


def test_A12_a_damaged_database_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.db"
    Store.open(path).close()
    data = bytearray(path.read_bytes())
    data[4096:12288] = b"\xa5" * 8192
    path.write_bytes(data)
    with pytest.raises(StoreCorrupt, match="restore a backup"):
        Store.open(path)


def test_A12_garbage_in_place_of_a_database_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.db"
    path.write_bytes(b"this is no database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreCorrupt):
        Store.open(path)


def test_it_commits_to_the_disk_and_not_to_luck(store: Store) -> None:
    db = connect(store.path)
    try:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
    finally:
        db.close()


def test_A13_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    db = connect(tmp_path / "t.db")
    try:
        db.execute("CREATE TABLE alerts (x)")  # in the way of the first step
        with pytest.raises(Exception, match="alerts"):
            migrations.apply(db)
        assert not db["articles"].exists()
        assert [step.name for step in migrations.applied(db)] == []
    finally:
        db.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from monitor.store.database import Store
def put(db, n): db.execute("INSERT INTO meta(name, value) VALUES(?, 'x')", [f"n{n}"])
async def main():
    store = Store.open(Path(sys.argv[1]))
    n = 0
    while True:
        await asyncio.gather(*(store.write(put, n + i) for i in range(7)))
        for i in range(7): print(n + i, flush=True)
        n += 7
asyncio.run(main())
"""


@pytest.mark.process
def test_A1_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.db"
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [child.stdout.readline().strip() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    told += child.stdout.read().split()
    child.stdout.close()
    child.wait()
    reopened = Store.open(path)
    with sqlite3.connect(path) as db:
        stored = {name for (name,) in db.execute("SELECT name FROM meta")}
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    reopened.close()
    assert {f"n{n}" for n in told} <= stored
