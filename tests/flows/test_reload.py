"""A changed file comes into force while the service runs, or is refused with every fault and the old rules stay."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.app import App
from monitor.flows.ingest import Ingest
from monitor.flows.reload import Fresh, Reload, renew, shadows_of
from monitor.load import load
from monitor.match.matcher import Matcher
from monitor.model import Article
from monitor.store import watches
from monitor.store.database import Store
from tests.builders import Clock, article, page, source, target
from tests.stock import Log, opened, register

BRIDGE = "{id: bridge, any: [Rheinbrücke]}"
HARBOUR = "{id: harbour, any: [Stadtrat]}"
OUTLET = "{name: Rheinblick, feed: 'http://rheinblick.example/feed.xml'}"
CHANNELS = "channels: {day: {file: a.jsonl}, night: {file: b.jsonl}}\n"
OTHER = "Der Stadtrat sprach über die Rheinbrücke und vertagte sich auf den kommenden Dienstag."


def write(file: Path, *listed: str, more: str = "", outlet: str = OUTLET, edition: int) -> None:
    """Write the file as an editor does, aside and then over it; each edition has its own time."""
    lines = "\n".join(f"  - {watch}" for watch in listed)
    aside = file.with_suffix(".new")
    aside.write_text(f"outlets:\n  - {outlet}\nwatches:\n{lines}\n{more}", encoding="utf-8")
    os.utime(aside, ns=(edition * 10**9, edition * 10**9))
    aside.replace(file)


class Desk:
    """What of a service a reload concerns, started with a file."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.file = folder / "tocsin.yml"
        self.log = Log()
        self.clock = Clock()
        self._edition = 0

    async def start(self, *listed: str, more: str = CHANNELS) -> None:
        write(self.file, *listed, more=more, edition=0)
        started = load(self.file, {})
        self.ingest = Ingest(
            self.store,
            self.log.journal,
            matcher=Matcher(started.rules),
            routes=started.config.routes,
            targets={name: (target(name),) for name in started.config.channels},
            settle=Clock().now - Clock().now,
            clock=self.clock,
            chance=lambda: 0.5,
        )

        def read() -> Fresh:
            loaded = load(self.file, {})
            return renew(started.config, self.ingest.orders.routes, loaded.config, loaded.rules)

        await self.store.write(watches.register, shadows_of(started.rules), self.clock())
        await self.store.write(register, source())
        self.reload = Reload(self.store, self.log.journal, self.ingest, file=self.file, read=read, clock=self.clock)

    async def change(self, *listed: str, more: str = CHANNELS, outlet: str = OUTLET) -> None:
        """Change the file, and look as the tick does."""
        self._edition += 1
        write(self.file, *listed, more=more, outlet=outlet, edition=self._edition)
        await self.reload.look()

    async def decisions(self, told: Article) -> dict[str, str]:
        """Let an article be read; return what was decided for each watch that met it."""
        return dict((await self.ingest.ingest(told)).decisions)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as store:
        yield Desk(store, tmp_path)


def second() -> Article:
    return article("a2", page=page("a2", text=OTHER, title="Stadtrat vertagt sich"))


async def test_a_changed_file_is_in_force_for_the_next_article(desk: Desk) -> None:
    await desk.start(BRIDGE)
    assert list(await desk.decisions(article())) == ["bridge"]
    await desk.change(HARBOUR, "{id: bridge, any: [Seilbahn]}")
    assert list(await desk.decisions(second())) == ["harbour"]
    assert desk.log.named("reloaded") == [
        {
            "watches": 2,
            "added": ["harbour"],
            "removed": [],
            "changed": ["bridge"],
            "routes": 1,
            "needs_restart": [],
        }
    ]


async def test_a_changed_set_is_a_changed_watch(desk: Desk) -> None:
    await desk.start("{id: bridge, any: [$works]}", more=CHANNELS + "sets: {works: [Rheinbrücke]}")
    await desk.change("{id: bridge, any: [$works]}", more=CHANNELS + "sets: {works: [Hafenbecken]}")
    assert await desk.decisions(article()) == {}
    assert [told["changed"] for told in desk.log.named("reloaded")] == [["bridge"]]


async def test_I10_a_broken_file_is_refused_with_every_fault_and_the_running_rules_stay(desk: Desk) -> None:
    await desk.start(BRIDGE)
    await desk.change(BRIDGE, "{id: harbour, anny: [x]}", "{id: bridge, any: [y]}")
    assert list(await desk.decisions(article())) == ["bridge"]
    await desk.reload.look()
    (refused,) = desk.log.named("reload refused")  # one refusal for one file
    assert {problem.split(":")[0] for problem in refused["problems"]} == {str(desk.file)}
    assert [any(said in each for each in refused["problems"]) for said in ("anny: unknown key", "another watch")] == [
        True,
        True,
    ]
    await desk.change(HARBOUR)
    assert [told["removed"] for told in desk.log.named("reloaded")] == [["bridge"]]


async def test_an_unchanged_file_is_read_again_only_when_asked(desk: Desk) -> None:
    await desk.start(BRIDGE)
    await desk.reload.look()
    assert desk.log.named("reloaded") == []
    desk.reload.ask()
    await asyncio.gather(desk.reload.look(), desk.reload.look())
    assert len(desk.log.named("reloaded")) == 1


async def test_a_file_that_is_gone_changes_nothing_and_is_refused_when_asked_for(desk: Desk) -> None:
    await desk.start(BRIDGE)
    desk.file.unlink()
    await desk.reload.look()
    assert desk.log.events == []
    desk.reload.ask()
    await desk.reload.look()
    (refused,) = desk.log.named("reload refused")
    assert "there is no such file" in refused["problems"][0]
    await desk.change(HARBOUR)
    assert len(desk.log.named("reloaded")) == 1


async def test_what_only_a_start_can_make_is_named_and_alerts_go_where_they_went(desk: Desk) -> None:
    await desk.start(BRIDGE)
    more = "channels: {day: {file: a.jsonl}, third: {file: c.jsonl}}\nroutes: [{watch: bridge, to: [third]}]\n"
    await desk.change(BRIDGE, more=more, outlet=OUTLET.replace("feed.xml", "rss.xml"))
    (told,) = desk.log.named("reloaded")
    assert told["needs_restart"] == ["outlets", "channels", "routes"]
    assert "to day, night (" in (await desk.decisions(article()))["bridge"]


async def test_a_route_between_running_channels_changes_at_once(desk: Desk) -> None:
    await desk.start(BRIDGE)
    await desk.change(BRIDGE, more=f"{CHANNELS}routes: [{{watch: bridge, to: [night]}}]\n")
    assert desk.log.named("reloaded")[0]["needs_restart"] == []
    assert "to night (" in (await desk.decisions(article()))["bridge"]


async def test_a_shadow_that_a_reload_brings_counts_from_the_reload(desk: Desk) -> None:
    await desk.start(BRIDGE)
    desk.clock.turn(days=30)
    await desk.change("{id: bridge, any: [Rheinbrücke], shadow: 7d}")
    held = await desk.decisions(article())
    desk.clock.turn(days=7)
    told = await desk.decisions(second())
    assert held["bridge"].startswith("shadow: a new story")
    assert told["bridge"].startswith("a new story")


async def test_a_service_takes_up_a_changed_file_at_its_own_tick(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.yml"
    more = "network: {allow: ['127.0.0.1'], hosts: {'*': '127.0.0.1:9'}}\n"
    write(file, BRIDGE, more=more, edition=0)
    reloaded = asyncio.Event()
    app = App(load(file, {}), watcher=lambda event, _: reloaded.set() if event == "reloaded" else None, env={})
    await app.start()
    try:
        write(file, HARBOUR, more=more, edition=1)
        async with asyncio.timeout(30):
            await reloaded.wait()
    finally:
        await app.stop()
