"""Every error of the house, as one tree.

    TocsinError
    ├── ConfigError            the user's file: every problem at once, each with its place
    ├── Unreadable             bytes that are not what they were taken for
    │   ├── FeedUnreadable
    │   ├── SitemapUnreadable
    │   └── PageUnreadable
    ├── WorkerFailed           a parsing child did not answer
    │   ├── WorkerTimeout      … by its deadline (it was killed)
    │   └── WorkerCrashed      … ever (it died)
    ├── EgressRefused          an address, port or scheme the guard does not let out
    ├── StoreError             the database
    │   ├── StoreLocked        another Tocsin works on it
    │   └── StoreCorrupt       it fails its own check, or it is not the one we knew
    └── PluginBroken           a module in a wing that is no plug-in

Expected results (a 304, a 429, a full mailbox) are values of `monitor.model`, not errors.
"""

from __future__ import annotations

from dataclasses import dataclass


class TocsinError(Exception):
    """The base of all that Tocsin raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in what the user wrote.

    `path` leads from the top of the file to the value (`("outlets", 2, "feed")`); `line` and
    `column` count from 1 and are 0 until the loader has filled them in.
    """

    path: tuple[str | int, ...]
    message: str
    got: str = ""
    wanted: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Line and column, to sort by."""
        return self.line, self.column

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        where = ".".join(str(step) for step in self.path)
        text = f"{place}{where}: {self.message}" if where else f"{place}{self.message}"
        if self.got:
            text += f"; got {self.got}"
        if self.wanted:
            text += f"; wanted {self.wanted}"
        return text


class ConfigError(TocsinError):
    """The configuration cannot be used; `problems` lists every fault found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class Unreadable(TocsinError):
    """Bytes that are not what they were taken for; `reason` is one short sentence.

    Picklable with one argument, because it travels out of a parsing child.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class FeedUnreadable(Unreadable):
    """The body is no feed of a kind we know."""


class SitemapUnreadable(Unreadable):
    """The body is no sitemap or sitemap index."""


class PageUnreadable(Unreadable):
    """The body is no web page with a text in it."""


class WorkerFailed(TocsinError):
    """A parsing child did not answer."""


class WorkerTimeout(WorkerFailed):
    """The child was killed at its deadline."""


class WorkerCrashed(WorkerFailed):
    """The child died (signal, memory limit) before it answered."""


class EgressRefused(TocsinError, OSError):
    """The guard does not let this connection out; also an OSError, so client libraries treat it as a failed connect."""


class StoreError(TocsinError):
    """The database cannot be used."""


class StoreLocked(StoreError):
    """Another Tocsin works on this store."""


class StoreCorrupt(StoreError):
    """The database fails its own check, or is not the one this folder knew."""


class PluginBroken(TocsinError):
    """A module in a wing's folder is not a plug-in: the message names file and fault."""
