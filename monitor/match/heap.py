"""Building a hundred thousand watches without the garbage collector walking over them again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the cyclic collector rest while rules are built: all that is made stays, so each of its walks is in vain.

    100,000 watches compile in a quarter of the time. References still free what nobody holds.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
