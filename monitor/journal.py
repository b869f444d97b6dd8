"""What happened, told in one place: to the log, and to whoever watches the service live.

An event is a name and facts, never a sentence (docs/glossary.md lists the names). Facts hold no
secret and no address with a token in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

Watcher = Callable[[str, Mapping[str, Any]], None]


class Journal:
    """Writes events to a log and shows them to a watcher, if there is one."""

    def __init__(self, log: Any, watcher: Watcher | None = None) -> None:
        self._log = log
        self._watcher = watcher

    def tell(self, event: str, *, level: int = logging.INFO, **facts: Any) -> None:
        """Tell that something happened."""
        self._log.log(level, event, **facts)
        if self._watcher is not None:
            self._watcher(event, facts)

    def warn(self, event: str, **facts: Any) -> None:
        """Tell that something happened that an operator may want to look at."""
        self.tell(event, level=logging.WARNING, **facts)
