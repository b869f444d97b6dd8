"""An article that was read becomes rows and alerts in one transaction, or stays in line to be read again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.flows.ingest import Ingest, Recorded
from monitor.load import load_watches
from monitor.match.matcher import Matcher
from monitor.model import Access, Alert, Article, Field, ReadFailure, Route, Source, Target, VerdictKind
from monitor.store import articles, frontier, outbox
from monitor.store.database import Store
from tests import builders
from tests.builders import NOON, WIRE, Clock, article, entry, page, source
from tests.stock import Log, break_table, census, mend_table, register

WATCHES = """
watches:
  - {id: bridge, name: Bridges, any: [Rheinbrücke]}
  - {id: harbour, name: The harbour, any: [Hafenbecken]}
"""
DESK = builders.target("desk")
SETTLE = timedelta(seconds=5)
HARBOUR = "Das Rathaus teilte am Abend mit, dass auch das Hafenbecken vertieft werden soll.\n"
LATER_TEXT = HARBOUR + WIRE
ROWS = ("articles", "texts", "identity", "matches", "alerts", "outbox", "revisions")


class Bench:
    """The ingest of a service, on a clock that the test turns."""

    def __init__(
        self,
        store: Store,
        *,
        routes: Sequence[Route] = (),
        targets: Mapping[str, tuple[Target, ...]] | None = None,
    ) -> None:
        self.store = store
        self.log = Log()
        self.clock = Clock()
        rules = load_watches(WATCHES, {})
        self.ingest = Ingest(
            store,
            self.log.journal,
            matcher=Matcher(rules),
            routes=routes,
            targets={"desk": (DESK,)} if targets is None else targets,
            settle=SETTLE,
            clock=self.clock,
            chance=lambda: 0.5,
        )

    async def take(self, told: Article) -> Recorded:
        """Ingest an article of a source that the store knows."""
        await self.store.write(register, source(told.outlet.name))
        return await self.ingest.ingest(told)

    async def discover(self, path: str = "a1", *, is_quiet: bool = False) -> int:
        """Put an article in line; return its number there."""
        await self.store.write(register)
        await self.store.write(
            frontier.add,
            url_key=path.encode(),
            url=f"http://rheinblick.example/{path}.html",
            host="rheinblick.example",
            source_id=source().id,
            entry=entry(path),
            is_quiet=is_quiet,
            why="test",
            now=NOON,
        )
        (claimed,) = await self.claim()
        return claimed

    async def claim(self) -> list[int]:
        claimed = await self.store.write(
            frontier.claim_due, {source().id: source()}, self.clock(), self.clock(), limit=9, per_host=9
        )
        return [item.id for item in claimed]

    async def due(self) -> list[tuple[str, str]]:
        """Return what can be sent now, as (watch, address and where else)."""
        written: list[tuple[str, str]] = []

        def freeze(alert: Alert, target: Target, delivery_id: str) -> bytes:
            places = ", ".join(sorted(each.outlet for each in alert.also_on))
            written.append((alert.watch.id, f"{alert.url} + {places}"))
            return b"{}"

        now = self.clock()
        await self.store.write(outbox.claim_due, {DESK.id: DESK}, (), now, now, freeze)
        return written

    async def decisions(self) -> dict[tuple[int, str], str]:
        """Return what was decided of each match, by article and watch."""
        found = await self.store.read(
            lambda db: db.execute("SELECT article_id, watch_id, decision FROM matches").fetchall()
        )
        return {(article_id, watch): decision for article_id, watch, decision in found}


def at(name: str, path: str = "a1", **facts: Any) -> Article:
    """Return an article as an outlet shows it."""
    of: Source = source(name)
    read = facts.pop("read", {})
    url = f"http://{of.outlet.domain}/{path}.html"
    return article(path, of, page=page(path, url=url, **read), **facts)


# ── One transaction ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "verb"),
    [(name, "INSERT") for name in ("articles", "texts", "identity", "matches", "alerts", "outbox")]
    + [("frontier", "DELETE")],
)
async def test_A1_an_article_and_its_alerts_stand_or_fall_together(store: Store, table: str, verb: str) -> None:
    bench = Bench(store)
    number = await bench.discover()
    await store.write(break_table, table, verb)
    with pytest.raises(Exception, match="no room"):
        await bench.take(article(frontier_id=number))
    assert set((await store.read(census, *ROWS)).values()) == {0}
    assert await bench.claim() == [number], "it is still in line"
    assert bench.log.events == [], "what is not on the disk is not told"
    await store.write(mend_table)
    await bench.take(article(frontier_id=number))
    counted = await store.read(census, "articles", "texts", "matches", "alerts", "outbox", "frontier")
    assert counted == {"articles": 1, "texts": 1, "matches": 1, "alerts": 1, "outbox": 1, "frontier": 0}


@pytest.mark.parametrize("table", ["revisions", "articles", "texts"])
async def test_A1_an_update_that_fails_leaves_the_former_text(store: Store, table: str) -> None:
    bench = Bench(store)
    first = await bench.take(article())
    await store.write(break_table, table, "INSERT" if table == "revisions" else "UPDATE")
    with pytest.raises(Exception, match="no room"):
        await bench.take(article(page=page(text=LATER_TEXT)))
    rows = await store.read(lambda db: db.execute("SELECT text FROM texts").fetchall())
    assert rows == [(WIRE,)]
    assert await store.read(articles.revision, first.article_id) == 1
    assert (await store.read(census, "revisions", "alerts")) == {"revisions": 0, "alerts": 1}


async def test_two_copies_that_arrive_at_once_are_not_both_the_first(store: Store) -> None:
    bench = Bench(store)
    names = ("Rheinblick", "Hafenblatt", "Alpenbote", "Isarkurier")
    await store.write(register, *(source(name) for name in names))
    recorded = await asyncio.gather(*(bench.ingest.ingest(at(name)) for name in names))
    kinds = sorted(each.verdict.kind.value for each in recorded)
    assert kinds == ["copy", "copy", "copy", "new"]
    assert len({each.story_id for each in recorded}) == 1
    assert (await store.read(census, "alerts", "outbox")) == {"alerts": 1, "outbox": 1}


# ── Who is told ──────────────────────────────────────────────────────────────────────────────


async def test_a_new_article_that_a_watch_asks_for_is_told_when_its_copies_had_time(store: Store) -> None:
    bench = Bench(store)
    recorded = await bench.take(article())
    assert [told.watch_id for told in recorded.told] == ["bridge"]
    assert await bench.due() == []
    bench.clock.turn(seconds=SETTLE.total_seconds())
    assert await bench.due() == [("bridge", "http://rheinblick.example/a1.html + ")]
    assert [name for name, _ in bench.log.events] == ["read", "matched", "alerted"]


async def test_E18_a_copy_in_time_is_named_in_the_alert_and_a_later_one_is_told_nowhere(store: Store) -> None:
    bench = Bench(store)
    await bench.take(article())
    bench.clock.turn(seconds=3)
    copy = await bench.take(at("Hafenblatt", now=bench.clock()))
    assert (copy.verdict.kind, copy.told) == (VerdictKind.COPY, ())
    bench.clock.turn(seconds=3)
    assert await bench.due() == [("bridge", "http://rheinblick.example/a1.html + Hafenblatt")]
    late = await bench.take(at("Alpenbote", now=bench.clock()))
    assert late.told == ()
    assert (await bench.decisions())[late.article_id, "bridge"] == "not told: this watch has had this story"


async def test_the_same_article_again_changes_nothing(store: Store) -> None:
    bench = Bench(store)
    first = await bench.take(article())
    again = await bench.take(article())
    assert (again.verdict.kind, again.article_id, again.told) == (VerdictKind.SEEN, first.article_id, ())
    assert (await store.read(census, "articles", "revisions", "alerts")) == {
        "articles": 1,
        "revisions": 0,
        "alerts": 1,
    }


async def test_an_update_tells_only_watches_that_had_not_this_story(store: Store) -> None:
    bench = Bench(store)
    first = await bench.take(article())
    update = await bench.take(article(page=page(text=LATER_TEXT)))
    assert (update.verdict.kind, update.article_id) == (VerdictKind.UPDATE, first.article_id)
    assert [told.watch_id for told in update.told] == ["harbour"]
    assert await store.read(articles.revision, first.article_id) == 2
    third = await bench.take(article(page=page(text=LATER_TEXT + HARBOUR, title="Neuer Titel, gleiche Sache")))
    assert third.told == ()


async def test_a_headline_corrected_before_the_alert_leaves_comes_with_evidence_that_fits_it(store: Store) -> None:
    bench = Bench(store)
    await bench.take(article(page=page(title="Rheinbrücke beschlossen")))
    await bench.take(article(page=page(title="Stadtrat beschließt Rheinbrücke")))
    bench.clock.turn(seconds=SETTLE.total_seconds())
    sent: list[Alert] = []

    def freeze(alert: Alert, target: Target, delivery_id: str) -> bytes:
        sent.append(alert)
        return b"{}"

    async def claim() -> None:
        now = bench.clock()
        await store.write(outbox.claim_due, {DESK.id: DESK}, (), now, now, freeze)

    await claim()
    (alert,) = sent
    (mention,) = [each for each in alert.evidence if each.field is Field.TITLE]
    assert alert.title == "Stadtrat beschließt Rheinbrücke"
    assert alert.title[mention.start : mention.end] == "Rheinbrücke"


async def test_E10_an_article_of_a_first_visit_is_kept_and_told_to_nobody(store: Store) -> None:
    bench = Bench(store)
    recorded = await bench.take(article(is_quiet=True))
    assert recorded.told == ()
    assert await bench.decisions() == {
        (recorded.article_id, "bridge"): "not told: found on the first visit of its source, so it is history"
    }
    assert len(await store.read(articles.search, "Rheinbrücke")) == 1


async def test_E10_an_update_of_history_is_held_for_the_watch_that_met_it_then_and_told_to_the_one_that_had_not(
    store: Store,
) -> None:
    bench = Bench(store)
    first = await bench.take(article(is_quiet=True))
    update = await bench.take(article(page=page(text=LATER_TEXT)))
    assert update.verdict.kind is VerdictKind.UPDATE
    assert [told.watch_id for told in update.told] == ["harbour"]
    decisions = await bench.decisions()
    assert decisions[first.article_id, "bridge"].startswith("not told: this watch met it on the first visit")
    again = await bench.take(article(page=page(text=LATER_TEXT, title="Zweite Rheinbrücke: Klage angekündigt")))
    assert again.verdict.kind is VerdictKind.UPDATE
    assert again.told == (), "and it stays so at every later update"


async def test_a_fresh_copy_of_what_was_history_elsewhere_is_told_for_nobody_was(store: Store) -> None:
    bench = Bench(store)
    await bench.take(article(is_quiet=True))
    copy = await bench.take(at("Hafenblatt"))
    assert copy.verdict.kind is VerdictKind.COPY
    assert [told.watch_id for told in copy.told] == ["bridge"]


@pytest.mark.parametrize("access", [Access.CONSENT, Access.ERROR])
async def test_E14_a_wall_in_front_of_an_article_is_matched_by_nothing(store: Store, access: Access) -> None:
    recorded = await Bench(store).take(article(page=page(access=access)))
    assert (recorded.told, recorded.decisions) == ((), ())


@pytest.mark.parametrize(
    ("routes", "targets", "told", "decision"),
    [
        ([Route(("harbour",), ("desk",))], None, 0, "no route leads from this watch to a channel"),
        ([Route(("bri*",), ("desk",))], None, 1, "a new story, to desk"),
        ([], {}, 0, "not told: no route"),
        ([], {"desk": ()}, 0, "nobody receives desk"),
        ([], {"desk": (DESK, builders.target("desk", "two"))}, 2, "a new story, to desk"),
    ],
)
async def test_each_match_is_kept_with_what_was_decided(
    store: Store, routes: list[Route], targets: Any, told: int, decision: str
) -> None:
    bench = Bench(store, routes=routes, targets=targets)
    recorded = await bench.take(article())
    assert sum(each.deliveries for each in recorded.told) == told
    assert decision in (await bench.decisions())[recorded.article_id, "bridge"]
    assert (await store.read(census, "outbox"))["outbox"] == told


# ── What could not be read ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("failure", "status", "tries"),
    [
        (ReadFailure.ROBOTS, None, 4),
        (ReadFailure.PARSER, None, 3),
        (ReadFailure.TOO_LARGE, None, 1),
        (ReadFailure.STATUS, 404, 3),
        (ReadFailure.STATUS, 503, 8),
        (ReadFailure.EMPTY, None, 4),
    ],
)
async def test_a_page_that_cannot_be_read_is_tried_again_and_given_up_with_the_reason(
    store: Store, failure: ReadFailure, status: int | None, tries: int
) -> None:
    bench = Bench(store)
    number = await bench.discover()
    for made in range(tries):
        await bench.ingest.unread(builders.item(id=number, tries=made), failure, "it is so", status=status)
        assert await bench.claim() == [], "not at once"
        bench.clock.turn(days=2)
        assert await bench.claim() == ([number] if made + 1 < tries else [])
    rows = await store.read(lambda db: db.execute("SELECT state, tries, reason FROM frontier").fetchall())
    ((state, kept, reason),) = rows
    assert (state, kept) == ("given_up", tries)
    assert reason.startswith("it is so; ")
    assert [name for name, _ in bench.log.events] == ["not read"] * (tries - 1) + ["given up"]


async def test_an_article_that_was_given_up_is_tried_afresh_when_its_source_shows_it_changed(store: Store) -> None:
    bench = Bench(store)
    number = await bench.discover()
    await bench.ingest.unread(builders.item(id=number), ReadFailure.TOO_LARGE, "20 MB")
    assert await bench.discover() == number
    await bench.take(article(frontier_id=number))
    assert await store.read(frontier.counts) == {}


async def test_an_article_waits_as_long_as_its_server_asks(store: Store) -> None:
    bench = Bench(store)
    number = await bench.discover()
    await bench.ingest.unread(builders.item(id=number), ReadFailure.STATUS, "429", status=429, retry_after=3600.0)
    bench.clock.turn(minutes=59)
    assert await bench.claim() == []
    bench.clock.turn(minutes=2)
    assert await bench.claim() == [number]


@pytest.mark.parametrize("claimed", [NOON.replace(year=1970), NOON.replace(year=9999), NOON + timedelta(days=3)])
async def test_E11_a_date_that_cannot_be_is_not_told_as_the_day_it_appeared(store: Store, claimed: datetime) -> None:
    bench = Bench(store)
    item_id = await bench.discover()
    read = page("a1", published=claimed, modified=claimed)
    await bench.ingest.read(builders.item("a1", id=item_id), read, url="http://rheinblick.example/a1.html")
    (found,) = await store.read(articles.search)
    assert found.published is None


@pytest.mark.parametrize(
    ("description", "expected"), [("Worum es geht.", "Worum es geht."), ("", WIRE.splitlines()[0])]
)
async def test_an_alert_says_what_it_is_about_though_the_page_does_not(
    store: Store, description: str, expected: str
) -> None:
    bench = Bench(store)
    recorded = await bench.take(article(page=page("a1", description=description)))
    (told,) = recorded.told
    assert (await store.read(outbox.read_alert, told.alert_id)).summary == expected
