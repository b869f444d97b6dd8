"""A town of troubles, played once: thirteen newspapers, each with a fault of its own, and the service among them.

Everything it may tell of is in EXPECTED; the rest stood there at the first visit, or must not be had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from monitor.demo.newspaper import Hang, Newspaper, Status
from monitor.demo.receiver import Arrival, Receiver
from monitor.demo.server import Request
from tests.desk import SECRET, news, webhook
from tests.house import KURSK, Facts, House, write_config
from tests.prints import Printed, front_page, piece, rss, sitemap

SOUND = "tagblatt.example"
MUTE = "stumm.example"  # takes the call and never speaks
PRIVATE = "privat.example"  # its robots.txt forbids a part of it
GONE = "fort.example"  # its feed answers 410
ASTRAY = "umleiter.example"  # an article leads into our own network
TOUGH = "zaeh.example"  # a page that takes its parser for ever
EDITED = "wandel.example"
TWICE = "doppelt.example"  # one article in feed and sitemap
BARE = "start.example"  # an address of which nobody said what it is
NEW_IDS = "neuid.example"
NEW_URLS = "neuurl.example"
REUSED = "idalt.example"  # the id of an old article on a new one
BACK = "wieder.example"  # an article that goes and returns

FEEDS = (SOUND, MUTE, PRIVATE, GONE, ASTRAY, TOUGH, EDITED, TWICE, NEW_IDS, NEW_URLS, REUSED, BACK)
READABLE = tuple(host for host in (*FEEDS, BARE) if host not in (MUTE, GONE))

HISTORY = {host: [news(host, f"alt{number}") for number in range(2)] for host in READABLE}
MANY = {host: [news(host, f"alt{number}") for number in range(12)] for host in (NEW_IDS, NEW_URLS)}
PLAIN = piece(EDITED, "unbeteiligt")  # nothing in it that a watch asks for, at first
FORBIDDEN = news(PRIVATE, "intern/geheim")
LURE = news(ASTRAY, "weiter")
HEAVY = news(TOUGH, "endlos")
REPLACED = replace(news(REUSED, "neu"), id=HISTORY[REUSED][0].url)
MOVED = [replace(each, url=each.url.replace("/alt", "/archiv/2026/alt")) for each in MANY[NEW_URLS]]
SECOND_TEXT = "Nachtrag: Inzwischen ist auch Kursk betroffen, wie die Behörden am Abend mitteilten."
FRESH = [news(host, "neu") for host in (SOUND, PRIVATE, ASTRAY, TOUGH, TWICE, BARE)]
EXPECTED = {each.url for each in (*FRESH, REPLACED, PLAIN)}


@dataclass
class Played:
    """What happened in the town."""

    events: list[Facts] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    trespassers: list[Request] = field(default_factory=list)  # who called at the door inside our network
    store: Path = Path()
    exit_code: int = -1

    def all(self, name: str, **facts: Any) -> list[Facts]:
        return [each for each in self.events if each["event"] == name and facts.items() <= each.items()]

    def fetched(self, url: str) -> int:
        host, _, path = url.removeprefix("http://").partition("/")
        return sum((each.host, each.path) == (host, f"/{path}") for each in self.requests)


def print_history(paper: Newspaper) -> None:
    for host, old in HISTORY.items():
        for each in (*old, *MANY.get(host, ())):
            paper.publish_url(each.url, each.html)
        paper.publish(host, "/feed.xml", rss(MANY.get(host, old)))
    paper.publish_url(PLAIN.url, PLAIN.html)
    paper.publish(EDITED, "/feed.xml", rss([*HISTORY[EDITED], PLAIN]))
    paper.publish(TWICE, "/news.xml", sitemap(HISTORY[TWICE]))
    paper.publish(BARE, "/", front_page(HISTORY[BARE], feed=f"http://{BARE}/feed.xml"))
    paper.robots(PRIVATE, "User-agent: *\nDisallow: /intern/\n")
    paper.script(MUTE, "/feed.xml", forever=Hang())
    paper.script(GONE, "/feed.xml", forever=Status(410))


def print_news(paper: Newspaper, door: int) -> None:
    for fresh in (*FRESH, FORBIDDEN, REPLACED, *MOVED):
        paper.publish_url(fresh.url, fresh.html)
    paper.redirect(ASTRAY, "/weiter.html", f"http://127.0.0.1:{door}/secret")
    links = "".join(f"<p><a href=/x>Ein Link mit Text {n}</a> und mehr Worte hier drin" for n in range(90_000))
    paper.publish_url(HEAVY.url, f"<html><body><article><h1>Kursk</h1>{links}")
    listed: dict[str, list[Printed]] = {
        SOUND: [FRESH[0]],
        PRIVATE: [FRESH[1], FORBIDDEN],
        ASTRAY: [LURE, FRESH[2]],
        TOUGH: [HEAVY, FRESH[3]],
        TWICE: [FRESH[4]],
        BARE: [FRESH[5]],
        REUSED: [REPLACED],
    }
    for host, new in listed.items():
        paper.publish(host, "/feed.xml", rss([*new, *HISTORY[host][host == REUSED :]]))
    paper.publish(TWICE, "/news.xml", sitemap([FRESH[4], *HISTORY[TWICE]]))
    print_edits(paper)
    paper.publish(NEW_IDS, "/feed.xml", rss(replace(each, id=f"https://cms/{each.url}") for each in MANY[NEW_IDS]))
    paper.publish(NEW_URLS, "/feed.xml", rss(MOVED))
    paper.publish(BACK, "/feed.xml", rss(HISTORY[BACK][:1]))


def print_edits(paper: Newspaper) -> None:
    """Two articles of the first visit get a new text: one was history to the watch already, one is news to it now."""
    old = [HISTORY[EDITED][0], PLAIN]
    edited = [replace(each, title=f"Update: {each.title}", paragraphs=(SECOND_TEXT, *each.paragraphs)) for each in old]
    for each in edited:
        paper.publish_url(each.url, each.html)
    paper.publish(EDITED, "/feed.xml", rss([*edited, HISTORY[EDITED][1]]))


async def play(folder: Path) -> Played:
    """Let the service live through it once."""
    played = Played()
    async with Newspaper() as paper, Receiver(SECRET) as desk, Newspaper() as inside:
        print_history(paper)
        outlets: list[object] = [{"name": host, "feed": f"http://{host}/feed.xml"} for host in FEEDS if host != TWICE]
        outlets.append({"name": TWICE, "feed": f"http://{TWICE}/feed.xml", "sitemap": f"http://{TWICE}/news.xml"})
        outlets.append(f"http://{BARE}/")
        config = write_config(
            folder,
            outlets,
            dial=paper.address,
            watches=[KURSK],
            channels={"desk": webhook()},
            network={"hosts": {"desk.test": desk.address, "*": paper.address}, "timeout": "8s"},
            schedule={"parse_timeout": "2s"},
        )
        async with House(config) as house:
            old = {each.url for articles in (*HISTORY.values(), *MANY.values(), [PLAIN]) for each in articles}
            await house.until(lambda _: {each["url"] for each in house.all("read")} >= old)
            print_news(paper, inside.port)
            await desk.arrived(len(EXPECTED))
            await house.saw("not read", url=HEAVY.url)
            await house.saw("not read", url=LURE.url)
            await house.saw("not read", url=FORBIDDEN.url)
            await house.saw("read", verdict="update", times=2)
            paper.publish(BACK, "/feed.xml", rss(HISTORY[BACK]))
            await visited_again(house, READABLE)
            await visited_again(house, READABLE)
            await house.saw("visited", outlet=slug(MUTE))
            played.exit_code = await house.stop()
        played.events, played.requests, played.store = house.events, paper.requests, house.store
        played.arrivals, played.trespassers = desk.arrivals, inside.requests
        assert house.other_lines == []
    return played


async def visited_again(house: House, hosts: Sequence[str]) -> None:
    """Wait until every host was visited once more than by now."""
    before = Counter(each["outlet"] for each in house.all("visited"))

    def again(_: Sequence[Facts]) -> bool:
        now = Counter(each["outlet"] for each in house.all("visited"))
        return all(now[slug(host)] > before[slug(host)] for host in hosts)

    await house.until(again)


def slug(host: str) -> str:
    return host.replace(".", "-")
