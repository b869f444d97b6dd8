"""The database: one file, one writer thread, a few readers.

Every write is a function `fn(db, *args)` that runs on the writer thread inside a transaction of
its own; several that wait are committed together (one fsync), each behind a savepoint, so that
one that fails takes only itself back. A write's awaiting caller is woken after the COMMIT, never
before: what was answered is on the disk (journal_mode=WAL, synchronous=FULL). Reads run on
reader threads with connections that cannot write.

The surprising rule: a second Tocsin on the same file is refused by a lock file, and a missing
database whose identity file is still there is refused too; silently starting over would tell
every old article again (RELIABILITY A11, A12).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import fcntl
import os
import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # pysqlite3 where present, by its rule

from monitor.errors import StoreCorrupt, StoreError, StoreLocked
from monitor.store.schema import migrations

Connection = Database  # what the rest of the house calls it; the library stays behind this door

P = ParamSpec("P")
T = TypeVar("T")

READERS = 2
GROUP_COMMIT = 64  # writes that share one fsync at most
BUSY_MS = 5_000
JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024

_Job = tuple[Callable[[Database], Any], "concurrent.futures.Future[Any]"]


def sqlite_version() -> str:
    """Return the version of the SQLite that runs here."""
    return str(sqlite3.sqlite_version)


def connect(path: Path, *, read_only: bool = False, checkpoint: bool = False) -> Database:
    """Open a connection with the house's pragmas.

    Only the service's writer checkpoints: SQLite before 3.51.3 may corrupt a WAL database that
    two connections checkpoint at once.
    """
    connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
    db = Database(connection, execute_plugins=False)
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    db.execute("PRAGMA foreign_keys = ON")
    if read_only:
        db.execute("PRAGMA query_only = ON")
        return db
    db.execute("PRAGMA journal_mode = WAL").fetchone()
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA journal_size_limit = {JOURNAL_LIMIT_BYTES}").fetchone()
    if not checkpoint:
        db.execute("PRAGMA wal_autocheckpoint = 0").fetchone()
    return db


@contextlib.contextmanager
def immediate(db: Database) -> Iterator[None]:
    """One transaction that takes the write lock at once; a read-first one could end in SQLITE_BUSY_SNAPSHOT."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
    db.conn.execute("COMMIT")


class Store:
    """The open database. Make one with `Store.open`; close it."""

    def __init__(self, path: Path, writer: Database, lock: int, identity: str) -> None:
        self.path = path
        self.identity = identity  # a UUID made with the file
        self._writer = writer
        self._lock = lock
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_forever, name="store-writer", daemon=True)
        self._local = threading.local()
        self._reader_connections: list[Database] = []
        self._readers = concurrent.futures.ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._closed = False
        self._thread.start()

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open or make the database, check it, bring its schema up to date.

        Raises StoreLocked where another Tocsin has it, StoreCorrupt where it fails its check or
        is missing though its identity file says there was one.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _take_lock(path)
        try:
            _refuse_to_start_over(path)
            writer = connect(path, checkpoint=True)
            _check(writer, path)
            migrations.apply(writer)
            identity = _identity(writer, path)
        except sqlite3.DatabaseError as error:
            os.close(lock)
            raise StoreCorrupt(f"{path}: {error}; restore a backup (docs/operations.md)") from error
        except BaseException:
            os.close(lock)
            raise
        return cls(path, writer, lock, identity)

    async def write(self, fn: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` in a transaction; return when it is committed. What it raises undoes it."""
        return await asyncio.wrap_future(self._submit(lambda db: fn(db, *args, **kwargs)))

    async def read(self, fn: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` on a reader; it sees what was committed before it began."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: fn(self._reader(), *args, **kwargs))

    def _submit(self, job: Callable[[Database], T]) -> concurrent.futures.Future[T]:
        if self._closed:
            raise StoreError(f"{self.path}: the store is closed")
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._jobs.put((job, future))
        return future

    def close(self) -> None:
        """Commit what waits, checkpoint, let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self._readers.shutdown(wait=True)
        for reader in self._reader_connections:
            reader.close()
        with contextlib.suppress(
            sqlite3.OperationalError
        ):  # a reader elsewhere may hold the log: it is checkpointed later
            self._writer.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._writer.close()
        os.close(self._lock)

    # ── the threads ──────────────────────────────────────────────────────────────────────────

    def _reader(self) -> Database:
        found: Database | None = getattr(self._local, "db", None)
        if found is None:
            found = connect(self.path, read_only=True)
            self._local.db = found
            self._reader_connections.append(found)
        return found

    def _write_forever(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            stop = False
            while len(group) < GROUP_COMMIT and not self._jobs.empty():
                job = self._jobs.get()
                if job is None:
                    stop = True
                    break
                group.append(job)
            self._commit(group)
            if stop:
                return

    def _commit(self, group: list[_Job]) -> None:
        """Run a group in one transaction; answer each caller after the COMMIT."""
        conn = self._writer.conn
        wanted = [(job, future) for job, future in group if future.set_running_or_notify_cancel()]
        try:
            conn.execute("BEGIN IMMEDIATE")
            answers = [self._run_one(job) for job, _ in wanted]
            conn.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001  # whatever it is, each caller must hear of it
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            for _, future in wanted:  # nothing of the group stands: every caller must hear of it
                failed = StoreError(f"{self.path}: {error}")
                failed.__cause__ = error
                future.set_exception(failed)
            return
        for (_, future), (answer, problem) in zip(wanted, answers, strict=True):
            if problem is None:
                future.set_result(answer)
            else:
                future.set_exception(problem)

    def _run_one(self, job: Callable[[Database], Any]) -> tuple[Any, BaseException | None]:
        conn = self._writer.conn
        conn.execute("SAVEPOINT one")
        try:
            answer = job(self._writer)
        except Exception as error:  # it is the caller's, and takes only its own write back
            if not conn.in_transaction:  # the error destroyed the whole transaction: all of the group must hear
                raise
            conn.execute("ROLLBACK TO one")
            conn.execute("RELEASE one")
            return None, error
        conn.execute("RELEASE one")
        return answer, None


def _take_lock(path: Path) -> int:
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip()
        os.close(lock)
        who = f" (process {holder})" if holder else ""
        raise StoreLocked(
            f"{path}: another Tocsin{who} works on this store; stop it first, or give this one its own store.path"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _identity_file(path: Path) -> Path:
    return path.with_name(path.name + ".id")


def _refuse_to_start_over(path: Path) -> None:
    mark = _identity_file(path)
    if mark.exists() and (not path.exists() or path.stat().st_size == 0):
        raise StoreCorrupt(
            f"{path}: the database is missing, but {mark.name} says there was one; restore a backup, "
            f"or delete {mark.name} to begin anew (every source then starts with a quiet first visit)"
        )


def _check(db: Database, path: Path) -> None:
    answer = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise StoreCorrupt(f"{path}: the database is damaged ({answer}); restore a backup (docs/operations.md)")


def _identity(db: Database, path: Path) -> str:
    with immediate(db):
        db.execute("INSERT INTO meta(name, value) VALUES('identity', ?) ON CONFLICT DO NOTHING", [str(uuid.uuid4())])
    identity = str(db.execute("SELECT value FROM meta WHERE name = 'identity'").fetchone()[0])
    mark = _identity_file(path)
    if not mark.exists():
        mark.write_text(identity + "\n")
    elif mark.read_text().strip() != identity:
        raise StoreCorrupt(
            f"{path}: this is not the database this folder knew ({mark.name} names another); "
            f"if you put it there on purpose, delete {mark.name}"
        )
    return identity
