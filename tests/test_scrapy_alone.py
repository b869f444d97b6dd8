"""The spiders by themselves, under `scrapy crawl`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from monitor.demo.newspaper import Newspaper
from tests.data import ROOT
from tests.desk import PAPER, news
from tests.prints import rss

pytestmark = pytest.mark.process


@pytest.mark.parametrize("host", ["127.0.0.1", PAPER], ids=["a literal address", "a name that is mapped"])
async def test_scrapy_runs_a_spider_by_itself_and_yields_items_with_their_text(tmp_path: Path, host: str) -> None:
    out = tmp_path / "out.jsonl"
    async with Newspaper() as paper:
        where = f"{host}:{paper.port}" if host == "127.0.0.1" else host
        settings = {"TOCSIN_ALLOW": "127.0.0.1", "TOCSIN_DELAY": "0"}
        settings |= {"TOCSIN_PORTS": str(paper.port)} if host == "127.0.0.1" else {}
        settings |= {"TOCSIN_HOSTS": json.dumps({PAPER: paper.address})} if host == PAPER else {}
        listed = [news(where, f"neu{number}") for number in range(3)]
        dead = news(where, "fehlt")
        for each in listed:
            paper.publish_url(each.url, each.html)
        paper.publish(host, "/feed.xml", rss([*listed, dead]))
        options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
        said = await scrapy("crawl", "feed", "-a", f"url=http://{where}/feed.xml", *options, "-O", str(out))
    items = {item["title"]: item["text"] for item in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    assert items.keys() == {each.title for each in listed}
    assert all(each.paragraphs[-1] in items[each.title] for each in listed)
    assert f"{dead.url} was not read: the server answered 404" in said


async def test_scrapy_lists_every_kind_of_source() -> None:
    assert {"feed", "sitemap", "page", "auto"} <= set((await scrapy("list")).split())


async def scrapy(*command: str) -> str:
    """Run a scrapy command in the project's folder; return what it says, and fail where it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scrapy",
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    async with asyncio.timeout(60):
        said, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return said.decode() + errors.decode()
