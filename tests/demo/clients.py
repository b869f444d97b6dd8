"""The client's end of a line to a server of the demo."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a client's end and wait until it is closed."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
