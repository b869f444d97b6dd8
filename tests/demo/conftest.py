"""The newspaper that tests of the demo read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from monitor.demo.newspaper import Newspaper


@pytest.fixture
async def paper() -> AsyncIterator[Newspaper]:
    async with Newspaper() as newspaper:
        yield newspaper
