"""Runs Scrapy inside the service's own loop: one crawl for a batch of sources or articles.

Scrapy's experimental mode without a Twisted reactor is isolated here and in `spiders.settings`.
The wing is found by names in its settings, never imported. The surprising rule: the task of a
crawl is never cancelled, for Scrapy then says it ended while its engine runs on; a crawl ends by
itself, by its CLOSESPIDER_TIMEOUT, or because the connections under it are closed.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import BaseSettings, Settings, SettingsAttribute
from scrapy.utils.misc import load_object

from monitor.model import FrontierItem, SourceDue
from monitor.ports import Desk, Extractor, Gate

SETTINGS = "spiders.settings"

AnySettings = TypeVar("AnySettings", bound=BaseSettings)


class _CrawlSettings(Settings):
    """Settings whose copies share the values in them: Scrapy copies all for each crawl, deeply, half a crawl's cost."""

    def copy(self) -> Self:
        """Return settings that can be changed without changing these."""
        return _copied(self)


class ScrapyCrawler:
    """Implements `monitor.ports.Crawler`. Belongs to the loop it is made in."""

    def __init__(self, gate: Gate, extractor: Extractor, desk: Desk, overrides: Mapping[str, Any]) -> None:
        settings = _CrawlSettings()
        settings.setmodule(SETTINGS, priority="project")
        settings.setdict(dict(overrides), priority="cmdline")
        self._extractor = extractor
        self._desk = desk
        self._means = load_object(settings["TOCSIN_MEANS"])(gate, settings)
        settings.setdict(self._means.settings, priority="cmdline")
        self._runner = AsyncCrawlerRunner(settings)

    async def warm(self) -> None:
        """Pay for Scrapy's lazy imports with an empty crawl, before the service says it is ready."""
        await self.read(())

    async def visit(self, kind: str, dues: Sequence[SourceDue]) -> None:
        """Visit sources of one kind; the desk hears of each."""
        await self._runner.crawl(kind, dues=tuple(dues), desk=self._desk, extractor=self._extractor)

    async def read(self, items: Sequence[FrontierItem]) -> None:
        """Read articles; the desk hears of each."""
        await self._runner.crawl("article", items=tuple(items), desk=self._desk, extractor=self._extractor)

    async def close(self, seconds: float) -> None:
        """End all crawls: ask them to stop, and after `seconds` close the connections under them."""
        stopping = asyncio.create_task(self._runner.stop())
        self._means.release()
        await asyncio.wait({stopping}, timeout=seconds)
        await self._means.close()
        await asyncio.wait({stopping}, timeout=1.0)


def _copied(settings: AnySettings) -> AnySettings:
    """Return a copy down to the values; groups of settings (components and their order) are copied too."""
    twin = copy.copy(settings)
    twin.attributes = {
        name: SettingsAttribute(_copied_value(attribute.value), attribute.priority)
        for name, attribute in settings.attributes.items()
    }
    return twin


def _copied_value(value: Any) -> Any:
    if isinstance(value, BaseSettings):
        return _copied(value)
    return value.copy() if isinstance(value, dict | list | set) else value
