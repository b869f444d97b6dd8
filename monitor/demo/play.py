"""The play: editions appear, the service works, and what happened is held against what should have.

The service is the one that `tocsin run` starts; the play only prints newspapers, listens to the
service's events and reads what arrives at the desk. At the end it knows what had to be told and
says whether exactly that arrived, once, and how long it took.
"""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from monitor.demo.mailbox import Letter
from monitor.demo.press import PAPERS, Happening, Manuscripts
from monitor.demo.receiver import Arrival, Turned
from monitor.demo.stage import Stage

FIRST_VISIT_SECONDS = 30.0  # how long the history may take to be read, on a busy machine
EDITION_SECONDS = 15.0  # how long one edition may take to be read
LAST_WORD_SECONDS = 30.0  # how long the last alert may take


class Service(Protocol):
    """What the play needs of the service it watches."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the show. `kind` is what happened, `who` where, `at` in UTC."""

    kind: str
    who: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, whether it was kept, and what went against it."""

    promise: str
    faults: tuple[str, ...]

    @property
    def is_kept(self) -> bool:
        return not self.faults


@dataclass(frozen=True, slots=True)
class Latency:
    """From publication to arrival."""

    count: int
    p50: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Summary:
    """What the play came to."""

    visits: int
    unchanged: int  # of the visits: nothing new to read, mostly a 304
    pages: int
    copies: int
    updates: int
    matches: int
    alerts: int
    webhooks: int
    mails: int
    retries: int
    webhook_latency: Latency | None
    mail_latency: Latency | None
    checks: tuple[Check, ...]

    @property
    def is_good(self) -> bool:
        return all(check.is_kept for check in self.checks)


@dataclass(slots=True)
class Ledger:
    """What happened so far; fed by the service's events and by the desk."""

    counts: Counter[str] = field(default_factory=Counter)
    read: set[str] = field(default_factory=set)  # URLs
    published: dict[str, datetime] = field(default_factory=dict)  # URL -> when it appeared
    alerts: dict[str, tuple[str, str]] = field(default_factory=dict)  # alert -> watch, URL
    deliveries: dict[str, str] = field(default_factory=dict)  # delivery -> alert
    owed: int = 0  # deliveries the service has promised
    arrivals: list[Arrival] = field(default_factory=list)
    refusals: list[Turned] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)


class Play:
    """One performance. Give `on_event` to the service, `on_message` and `on_letter` to the stage."""

    def __init__(self, show: Callable[[Line], None]) -> None:
        self.ledger = Ledger()
        self._show = show
        self._pulse = asyncio.Event()

    # ── What is heard ────────────────────────────────────────────────────────────────────────

    def on_event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Take an event of the service."""
        hear = _EARS.get(name)
        if hear is not None:
            hear(self, facts)
        self._pulse.set()

    def on_message(self, message: Arrival | Turned) -> None:
        """Take what came to the webhook."""
        if isinstance(message, Turned):
            self.ledger.refusals.append(message)
            self._say("refused", "newsroom", f"answered {message.status}: {message.reason}")
        else:
            self.ledger.arrivals.append(message)
            data = message.payload["data"]
            self._say("told", "newsroom", f"[{data['watch']['name']}] {data['article']['title']}")
        self._pulse.set()

    def on_letter(self, letter: Letter) -> None:
        """Take what came by mail."""
        self.ledger.letters.append(letter)
        self._say("told", "mail", letter.subject)
        self._pulse.set()

    def _visited(self, facts: Mapping[str, Any]) -> None:
        self.ledger.counts["visits"] += 1
        if facts["outcome"] == "unchanged":
            self.ledger.counts["unchanged"] += 1
        elif facts["outcome"] != "ok":
            self._say("trouble", _name(facts["source"]), f"{facts['outcome']}: {facts['reason']}")
        elif facts["new"]:
            self._say("visited", _name(facts["source"]), f"{facts['entries']} entries, {facts['new']} to read")

    def _read(self, facts: Mapping[str, Any]) -> None:
        verdict = facts["verdict"]
        self.ledger.counts["pages"] += 1
        self.ledger.counts[verdict] += 1
        self.ledger.read.add(facts["url"])
        reason = "" if verdict == "new" else f" ({facts['reason']})"
        self._say(verdict, _name(facts["url"]), f"{facts['title']}{reason}")

    def _matched(self, facts: Mapping[str, Any]) -> None:
        self.ledger.counts["matches"] += 1
        self._say("matched", facts["watch"], f"score {facts['score']}; {facts['decision']}")

    def _alerted(self, facts: Mapping[str, Any]) -> None:
        self.ledger.alerts[facts["alert"]] = (facts["watch"], facts["url"])
        self.ledger.owed += facts["deliveries"]

    def _delivered(self, facts: Mapping[str, Any]) -> None:
        self.ledger.deliveries[facts["delivery"]] = facts["alert"]

    def _delivery_failed(self, facts: Mapping[str, Any]) -> None:
        self.ledger.counts["retries"] += 1
        self._say("trouble", facts["channel"], f"not delivered: {facts['reason']}; will be tried again")

    def _in_trouble(self, facts: Mapping[str, Any]) -> None:
        self._say("trouble", facts.get("outlet") or facts.get("channel") or "service", str(facts.get("reason", "")))

    def _say(self, kind: str, who: str, text: str) -> None:
        self._show(Line(kind, who, text, datetime.now(UTC)))

    # ── What is played ───────────────────────────────────────────────────────────────────────

    async def perform(self, stage: Stage, service: Service, *, pause: timedelta) -> Summary:
        """Start the service, print every edition, wait for the last word.

        Between two editions there is a pause, longer where the service has not read the first yet
        (a correction must find its piece already read). Returns as soon as everything that had to
        happen has happened, or when there is no more hope for it. The service is left running.
        """
        self._note(stage.history)
        await service.start()
        history = {happening.piece.url for happening in stage.history}
        await self._until(lambda: history <= self.ledger.read, FIRST_VISIT_SECONDS)
        for edition in range(1, stage.manuscripts.editions + 1):
            self._print(stage, edition)
            is_read = self._until(lambda: self.ledger.published.keys() <= self.ledger.read, EDITION_SECONDS)
            await asyncio.gather(asyncio.sleep(pause.total_seconds()), is_read)
        await self._until(lambda: self._is_over(stage.manuscripts), LAST_WORD_SECONDS)
        return summarise(self.ledger, stage.manuscripts)

    def _print(self, stage: Stage, edition: int) -> None:
        happenings = stage.press.print_edition(edition, datetime.now(UTC))
        self._note(happenings)
        for happening in happenings:
            self._say(happening.kind, happening.piece.paper.name, happening.piece.title)

    def _note(self, happenings: tuple[Happening, ...]) -> None:
        for happening in happenings:
            self.ledger.published.setdefault(happening.piece.url, happening.at)

    def _is_over(self, manuscripts: Manuscripts) -> bool:
        """Whether all is read, the correction too, and all that was promised has arrived."""
        ledger = self.ledger
        is_all_read = {piece.url for piece in manuscripts.pieces} <= ledger.read
        is_corrected = ledger.counts["update"] >= len(manuscripts.corrections)
        return is_all_read and is_corrected and 0 < ledger.owed <= len(ledger.deliveries)

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait until something is so, at most some seconds: what is missing then shows in the summary."""
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self._pulse.clear()
                    await self._pulse.wait()
        except TimeoutError:
            self._say("trouble", "demo", f"something did not happen within {seconds:g} s")


_NAMES = {paper.host: paper.name for paper in PAPERS}


def _name(url: str) -> str:
    """Return the name of the paper at an address."""
    host = urlsplit(url).hostname or url
    return _NAMES.get(host, host)


_EARS: Mapping[str, Callable[[Play, Mapping[str, Any]], None]] = {
    "visited": Play._visited,
    "read": Play._read,
    "matched": Play._matched,
    "alerted": Play._alerted,
    "delivered": Play._delivered,
    "delivery failed": Play._delivery_failed,
    "parked": Play._in_trouble,
    "given up": Play._in_trouble,
    "not read": Play._in_trouble,
    "crawl failed": Play._in_trouble,
}


# ── What it came to ──────────────────────────────────────────────────────────────────────────


def summarise(ledger: Ledger, manuscripts: Manuscripts) -> Summary:
    """Return the figures, and each promise with what went against it."""
    counts = ledger.counts
    return Summary(
        visits=counts["visits"],
        unchanged=counts["unchanged"],
        pages=counts["pages"],
        copies=counts["copy"],
        updates=counts["update"],
        matches=counts["matches"],
        alerts=len(ledger.alerts),
        webhooks=len(ledger.arrivals),
        mails=len(ledger.letters),
        retries=counts["retries"],
        webhook_latency=_latency(_waits(ledger, [(each.id, each.at) for each in ledger.arrivals])),
        mail_latency=_latency(_waits(ledger, [(_delivery_of(each), each.at) for each in ledger.letters])),
        checks=tuple(_checks(ledger, manuscripts)),
    )


def _checks(ledger: Ledger, manuscripts: Manuscripts) -> list[Check]:
    expected = manuscripts.expected()
    told = [_told(each, manuscripts) for each in ledger.arrivals]
    by_mail = Counter(_delivery_of(letter) for letter in ledger.letters)
    history = {piece.story for piece in manuscripts.pieces if piece.edition == 0}
    missed_mails = len(expected) - len(by_mail)
    return [
        Check("everything a watch asks for was told", _named(expected - set(told))),
        Check("nothing else was told", _named({each for each in told if each not in expected})),
        Check("each story once for each watch", _named({each for each, times in Counter(told).items() if times > 1})),
        Check("what stood there before the first visit stayed quiet", _named({t for t in told if t[1] in history})),
        Check(
            "every alert came by mail too, once",
            tuple(name for name, times in by_mail.items() if times > 1)
            + ((f"{missed_mails} mails are missing",) if missed_mails > 0 else ()),
        ),
        Check(
            "every signature was genuine",
            tuple(each.reason for each in ledger.refusals if each.status == 401),
        ),
        Check(
            "the correction was noticed",
            () if ledger.counts["update"] >= len(manuscripts.corrections) else ("it was not",),
        ),
    ]


def _told(arrival: Arrival, manuscripts: Manuscripts) -> tuple[str, str]:
    """Return watch and story of a message; an address of nobody stands for itself."""
    data = arrival.payload["data"]
    url = data["article"]["url"] or ""
    return data["watch"]["id"], manuscripts.story_at(url) or url


def _named(pairs: set[tuple[str, str]] | frozenset[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted(f"{watch}: {story}" for watch, story in pairs))


def _delivery_of(letter: Letter) -> str:
    """Return the delivery's id: the left part of the Message-ID."""
    return letter.id.partition("@")[0]


def _waits(ledger: Ledger, arrived: list[tuple[str, datetime]]) -> list[timedelta]:
    waits = []
    for delivery, at in arrived:
        alert = ledger.alerts.get(ledger.deliveries.get(delivery, ""))
        published = ledger.published.get(alert[1]) if alert else None
        if published is not None:
            waits.append(at - published)
    return waits


def _latency(waits: list[timedelta]) -> Latency | None:
    if not waits:
        return None
    seconds = statistics.median(wait.total_seconds() for wait in waits)
    return Latency(len(waits), timedelta(seconds=seconds), max(waits))
