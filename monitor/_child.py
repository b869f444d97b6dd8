"""The main of a parsing child (`python -m monitor._child`), and the frames it speaks with its parent.

Requests come pickled on standard input: the parent is trusted. Answers go back as JSON over a
private copy of standard output: a child that a hostile page has taken over can lie about what it
read, but it cannot make the parent run code. What the parsers print goes nowhere.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import ctypes
import dataclasses
import enum
import faulthandler
import gc
import importlib
import json
import logging
import os
import pickle
import queue
import resource
import signal
import struct
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from monitor import errors, model

LENGTH = struct.Struct(">Q")
ANSWER_CAP_BYTES = 64_000_000  # a sitemap of 50 000 entries is 20 MB; more than this is no answer of ours

_ALARM_GRACE_SECONDS = 1.0  # the parent kills first; this is for a child whose parent is gone
_PR_SET_PDEATHSIG = 1
_FORBIDDEN_EVENTS = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.fork",
        "os.forkpty",
    }
)


# ── Answers as data ──────────────────────────────────────────────────────────────────────────


def pack(value: object) -> Any:
    """Return `value` as JSON can hold it: scalars as they are, all else a list led by its tag."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, enum.Enum):
        return ["e", kind.__name__, value.value]
    if kind in _PACKERS:
        return _PACKERS[kind](value)
    if dataclasses.is_dataclass(value) and kind.__module__ == model.__name__:
        return ["o", kind.__name__, *(pack(getattr(value, name)) for name in _field_names(kind))]
    raise TypeError(f"a job may not answer with a {kind.__module__}.{kind.__qualname__}")


def unpack(data: Any) -> Any:
    """Return what `pack` was given. Raises ValueError, TypeError, KeyError or IndexError for anything else.

    Only classes of `monitor.model` are built, by their own constructors, which check themselves.
    """
    if type(data) is not list:
        if type(data) is dict:
            raise ValueError("an answer holds no bare objects")
        return data
    tag = data[0]
    if tag == "o":
        return _NOUNS[data[1]](*[unpack(each) for each in data[2:]])
    return _UNPACKERS[tag](data[1:])


def _field_names(kind: type) -> tuple[str, ...]:
    found = _FIELDS.get(kind)
    if found is None:
        found = _FIELDS[kind] = tuple(each.name for each in dataclasses.fields(kind))
    return found


def _unpack_pairs(rest: list[Any]) -> dict[Any, Any]:
    return dict(zip(map(unpack, rest[::2]), map(unpack, rest[1::2]), strict=True))


_FIELDS: dict[type, tuple[str, ...]] = {}
_NOUNS: dict[str, Callable[..., Any]] = {
    name: kind for name, kind in vars(model).items() if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
_ENUMS: dict[str, Callable[..., Any]] = {
    name: kind
    for name, kind in vars(model).items()
    if isinstance(kind, type) and issubclass(kind, enum.Enum) and kind.__module__ == model.__name__
}
_PACKERS: dict[type, Callable[[Any], list[Any]]] = {
    bytes: lambda value: ["b", base64.b64encode(value).decode()],
    datetime: lambda value: ["m", value.isoformat()],
    timedelta: lambda value: ["s", value.days, value.seconds, value.microseconds],
    tuple: lambda value: ["t", *map(pack, value)],
    list: lambda value: ["l", *map(pack, value)],
    frozenset: lambda value: ["f", *map(pack, value)],
    dict: lambda value: ["d", *(pack(each) for pair in value.items() for each in pair)],
}
_UNPACKERS: dict[str, Callable[[list[Any]], Any]] = {
    "b": lambda rest: base64.b64decode(rest[0], validate=True),
    "m": lambda rest: datetime.fromisoformat(rest[0]),
    "s": lambda rest: timedelta(days=rest[0], seconds=rest[1], microseconds=rest[2]),
    "t": lambda rest: tuple(map(unpack, rest)),
    "l": lambda rest: list(map(unpack, rest)),
    "f": lambda rest: frozenset(map(unpack, rest)),
    "d": _unpack_pairs,
    "e": lambda rest: _ENUMS[rest[0]](rest[1]),
}
UNPACK_ERRORS = (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError, binascii.Error)


# ── The child ────────────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: seconds for one job, bytes of memory above what it needs to start."""

    deadline: float
    memory: int


def main(arguments: list[str]) -> None:
    """Serve jobs until standard input closes: `deadline memory [module to import beforehand …]`."""
    limits = Limits(deadline=float(arguments[0]), memory=int(arguments[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; only the parent acts on it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # so does a supervisor's stop: the parent ends us when it is done
    answers = os.fdopen(os.dup(1), "wb")
    complaints = os.fdopen(os.dup(2), "wb")
    os.dup2(2, 1)  # a parser that prints must not write into our frames
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _die_with_parent()
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, jobs), daemon=True).start()
    logging.disable(logging.CRITICAL)  # what parsers say about strangers' bytes is no news of ours
    faulthandler.enable(complaints)
    for name in arguments[2:]:
        with contextlib.suppress(ImportError):  # the job that needs it will say so
            importlib.import_module(name)
    for noisy in (1, 2):  # nor, once it has a stranger's bytes, into our terminal or log
        os.dup2(os.open(os.devnull, os.O_WRONLY), noisy)
    gc.collect()
    gc.freeze()  # what was imported stays: no collection needs to walk it again
    _lower_rank()
    sys.addaudithook(_refuse_the_world)
    _limit_memory(limits.memory)
    _send(answers, ["ready"])
    while True:
        body = jobs.get()
        _limit_time(limits.deadline)
        answer = _serve(body)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answers, answer)


def _receive(requests: BinaryIO, jobs: queue.SimpleQueue[bytes]) -> None:
    """Hand over requests; end the process when the parent is gone, whatever the main thread does."""
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        body = requests.read(length)
        if len(body) < length:
            break
        jobs.put(body)
    os._exit(0)


def _serve(body: bytes) -> list[Any]:
    """Do one job; the answer is ["ok", value], ["raise", class, message] or ["crash", message]."""
    try:
        job, args, kwargs = pickle.loads(body)  # noqa: S301  # written by our own parent
        module, _, function = job.partition(":")
        return ["ok", pack(getattr(importlib.import_module(module), function)(*args, **kwargs))]
    except errors.TocsinError as error:
        return ["raise", type(error).__name__, str(error)]
    except MemoryError:
        return ["memory"]
    except Exception as error:  # noqa: BLE001  # whatever a parser does to a stranger's bytes
        return ["crash", f"{type(error).__name__}: {error}"]


def _send(answers: BinaryIO, answer: list[Any]) -> None:
    body = json.dumps(answer, separators=(",", ":")).encode()
    answers.write(LENGTH.pack(len(body)) + body)
    answers.flush()


def _die_with_parent() -> None:
    """Ask the kernel to kill us with the parent: the receiving thread cannot while C code holds the lock."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _lower_rank() -> None:
    """Let the service go first: less processor, and first to die where memory runs out."""
    with contextlib.suppress(OSError):
        os.nice(5)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _limit_memory(memory: int) -> None:
    """Cap the address space at what we have now plus `memory`; only Linux keeps to it."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        cap = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(deadline: float) -> None:
    """Let the kernel end us if a job outlives its parent's patience, also while C code holds the lock."""
    signal.setitimer(signal.ITIMER_REAL, deadline + _ALARM_GRACE_SECONDS)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + deadline + _ALARM_GRACE_SECONDS) + 1
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _refuse_the_world(event: str, _: tuple[object, ...]) -> None:
    """Keep libraries that would like to download something from doing so."""
    if event in _FORBIDDEN_EVENTS:
        raise PermissionError(f"a parsing child does no {event}")


if __name__ == "__main__":
    main(sys.argv[1:])
