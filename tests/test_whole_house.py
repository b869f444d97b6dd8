"""The whole house as a user runs it: `tocsin run` on a town of newspapers, killed, stopped, cut off and lied to."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.page_quality import bare, overlap
from monitor.app import App
from monitor.demo.mailbox import Mailbox
from monitor.demo.newspaper import Hang, Newspaper, Slow, Status
from monitor.demo.receiver import Arrival, Receiver
from monitor.demo.server import Request
from monitor.load import load
from monitor.parse.urls import canonical
from tests import town
from tests.data import ROOT, shared_data
from tests.house import BOTH, KURSK, TROOPS, Facts, House, ask, run_tocsin, write_config
from tests.prints import Printed, front_page, piece, rss, sitemap

pytestmark = pytest.mark.process

SECRET = "whsec_" + base64.b64encode(b"a key that only tests know of!!!").decode()
ABOUT_KURSK = "In der Region Kursk wird weiter gekämpft."


def webhook(dial_host: str = "desk.test") -> dict[str, object]:
    return {"webhook": f"http://{dial_host}/hook", "secret": SECRET}


def told(arrivals: Sequence[Arrival]) -> Counter[tuple[str, str]]:
    """Return how often which watch was told of which address."""
    return Counter((each.payload["data"]["watch"]["id"], each.payload["data"]["article"]["url"]) for each in arrivals)


def integrity(store: Path) -> str:
    return str(ask(store, "PRAGMA integrity_check")[0][0])


# ── Real pages, and two power cuts ───────────────────────────────────────────────────────────


@pytest.mark.data
async def test_A1_a_town_of_real_pages_is_read_whole_and_once_through_two_kills(tmp_path: Path) -> None:
    pages = town.real_pages(shared_data("fundus").parent)
    async with Newspaper() as paper:
        stands = town.build(paper, pages)
        outlets = [{"name": stand.host, stand.kind: stand.url} for stand in stands]
        config = write_config(tmp_path, outlets, dial=paper.address, schedule={"interval": "1h"})
        house = House(config)
        for readings in (len(pages) // 5, len(pages) // 2):
            await house.start()
            await house.saw("read", times=readings)
            await house.kill()
            assert integrity(house.store) == "ok"
            stored = {url for (url,) in house.rows("SELECT url FROM articles")}
            assert {event["url"] for event in house.all("read")} <= stored, "what was told as read is on the disk"
        async with house:
            await house.until(lambda _: {each["url"] for each in house.all("read")} >= {page.url for page in pages})
            assert await house.stop() == 0
    found = Counter(canonical(url) for (url,) in house.rows("SELECT url FROM articles"))
    assert found == Counter(canonical(page.url) for page in pages)
    assert house.rows("SELECT url, reason FROM frontier") == []
    assert integrity(house.store) == "ok"
    assert house.other_lines == []
    assert_bodies_are_at_least_trafilaturas(house, pages)


def assert_bodies_are_at_least_trafilaturas(house: House, pages: Sequence[town.RealPage]) -> None:
    """Hold what was stored of the hand-checked pages against their gold, beside trafilatura on the same bytes."""
    texts = dict(house.rows("SELECT a.url, t.text FROM articles a JOIN texts t ON t.id = a.id"))
    checked = [page for page in pages if page.gold.get("body") and page.gold.get("text")]
    assert len(checked) > 50
    ours, theirs = [], []
    for page in checked:
        gold = str(page.gold["text"])
        ours.append(overlap(texts[page.url], gold))
        theirs.append(overlap(bare(page.path.read_bytes(), dict(page.gold), fast=False).text, gold))
    print(f"body F1 over {len(checked)} pages: stored {f1(ours):.4f}, trafilatura {f1(theirs):.4f}")  # noqa: T201
    assert f1(ours) >= f1(theirs)


def f1(scores: Sequence[tuple[float, float]]) -> float:
    """Return F1 of the means of precision and recall."""
    precision = sum(p for p, _ in scores) / len(scores)
    recall = sum(r for _, r in scores) / len(scores)
    return 2 * precision * recall / (precision + recall)


# ── The article this was made for ────────────────────────────────────────────────────────────

SEED = (
    "Nordkoreanische Soldaten in Kursk: Hohe Verluste nach Sturmangriffen",
    (
        "Kursk – Nordkoreanische Soldaten haben bei Sturmangriffen in der russischen Grenzregion Kursk nach "
        "Darstellung westlicher Beobachter schwere Verluste erlitten.",
        "Die Einheiten aus Pjöngjang seien in kleinen Gruppen und fast ohne gepanzerte Fahrzeuge über offenes Feld "
        "vorgerückt, heißt es in einem Lagebericht, der am Wochenende verbreitet wurde.",
        "Mehrere Verbände mussten demnach abgezogen und neu aufgestellt werden, andere wurden mit Kämpfern aufgefüllt, "
        "die erst seit wenigen Wochen an der Front stehen.",
        "Unabhängig prüfen lassen sich die Angaben nicht. Fachleute verweisen darauf, dass beide Seiten ihre eigenen "
        "Verluste seit Beginn des Krieges verschweigen.",
        "Die Regierung in Seoul rechnet damit, dass der Norden bis zum Frühjahr weitere Truppen schickt, und hat ihre "
        "Beobachter in der Region verstärkt.",
    ),
)
NETWORK = ("alpenbote.example", "mainkurier.example", "isarblatt.example")


async def test_E18_the_seed_article_in_three_papers_of_one_network_is_told_once_and_names_the_others(
    tmp_path: Path,
) -> None:
    history = {host: piece(host, "rathaus") for host in NETWORK}
    names = ("nordkorea-soldaten-kursk-verluste", "kursk-nordkoreaner-sterben", "putins-helfer-in-kursk")
    copies = [
        Printed(f"http://{host}/politik/{name}-zr-93412345.html", *SEED, canonical=f"https://{NETWORK[0]}/{names[0]}")
        for host, name in zip(NETWORK, names, strict=True)
    ]
    async with Newspaper() as paper, Receiver(SECRET) as desk:
        for host, old in history.items():
            paper.publish_url(old.url, old.html)
            paper.publish(host, "/feed.xml", rss([old]))
        config = write_config(
            tmp_path,
            [{"name": host, "feed": f"http://{host}/feed.xml", "language": "de"} for host in NETWORK],
            dial=paper.address,
            watches=[KURSK, TROOPS, BOTH],
            channels={"desk": webhook()},
            routes=[{"watch": "both", "to": "desk"}],
            network={"hosts": {"desk.test": desk.address, "*": paper.address}},
            schedule={"settle": "5s"},
        )
        async with House(config) as house:
            await house.saw("read", times=3)
            for host, copy in zip(NETWORK, copies, strict=True):
                paper.publish_url(copy.url, copy.html)
                paper.publish(host, "/feed.xml", rss([copy, history[host]]))
            await house.saw("read", times=6)
            await house.saw("delivered")
            matched = {event["watch"] for event in house.all("matched")}
            assert await house.stop() == 0
        fetches = [request.path for request in paper.requests if "zr-93412345" in request.path]
    assert matched == {"kursk", "north-korean-troops", "both"}
    assert len(fetches) <= 3
    assert len(desk.arrivals) == 1
    data = desk.arrivals[0].payload["data"]
    addresses = {copy.url for copy in copies}
    assert {data["article"]["url"], *(each["url"] for each in data["also_on"])} == addresses
    assert data["also_on_total"] == 2
    assert {each["field"] for each in data["evidence"]} >= {"title", "lead"}


# ── A town of troubles ───────────────────────────────────────────────────────────────────────

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


def news(host: str, name: str, **claims: Any) -> Printed:
    """Return an article that the watch asks for."""
    return piece(host, name, about=ABOUT_KURSK, **claims)


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


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return asyncio.run(play(tmp_path_factory.mktemp("town")))


def test_what_is_new_is_told_once_and_nothing_else_is(played: Played) -> None:
    assert told(played.arrivals) == Counter({("kursk", url): 1 for url in EXPECTED})


def test_E10_what_stood_there_at_the_first_visit_is_kept_and_stays_untold(played: Played) -> None:
    old = {each.url for each in HISTORY[SOUND]}
    kept = dict(ask(played.store, "SELECT url, is_quiet FROM articles"))
    assert {url: kept[url] for url in old} == dict.fromkeys(old, 1)
    decisions = {event["decision"] for event in played.all("matched") if event["url"] in old}
    assert decisions == {"not told: found on the first visit of its source, so it is history"}


def test_D1_a_host_that_never_answers_holds_up_nobody(played: Played) -> None:
    names = [(event["event"], event.get("outlet")) for event in played.events]
    assert names.index(("visited", slug(MUTE))) > names.index(("read", slug(SOUND)))
    (failed, *_) = played.all("visited", outlet=slug(MUTE))
    assert failed["outcome"] == "failed"
    assert "within 8 s" in failed["reason"]


def test_an_article_that_robots_txt_forbids_is_not_fetched_and_waits_with_the_reason(played: Played) -> None:
    assert played.fetched(FORBIDDEN.url) == 0
    reason = ask(played.store, "SELECT reason FROM frontier WHERE url = ?", FORBIDDEN.url)[0][0]
    assert "robots.txt" in reason


def test_G8_a_feed_that_is_gone_is_asked_once_a_day(played: Played) -> None:
    assert [event["outcome"] for event in played.all("visited", outlet=slug(GONE))] == ["gone"]
    ((due, now),) = ask(played.store, "SELECT next_due, last_visit_at FROM sources WHERE url LIKE ?", f"%{GONE}%")
    assert datetime.fromisoformat(due) - datetime.fromisoformat(now) > timedelta(hours=20)


def test_G3_a_redirect_into_our_own_network_is_refused_before_it_is_dialled(played: Played) -> None:
    assert played.fetched(LURE.url) == 1
    assert played.trespassers == []
    (refused,) = played.all("not read", url=LURE.url)
    assert "port" in refused["reason"]


def test_D3_a_page_that_hangs_its_parser_costs_one_strike_and_its_neighbours_nothing(played: Played) -> None:
    (strike,) = played.all("not read", url=HEAVY.url)
    assert "the child was killed" in strike["reason"]
    assert ask(played.store, "SELECT tries FROM frontier WHERE url = ?", HEAVY.url) == [(1,)]
    assert [event["verdict"] for event in played.all("read", url=FRESH[3].url)] == ["new"]


def test_an_edited_article_is_an_update_that_keeps_its_former_text(played: Played) -> None:
    rows = ask(
        played.store,
        """SELECT a.url, a.revision, t.text, r.text FROM articles a JOIN texts t ON t.id = a.id
           JOIN revisions r ON r.article_id = a.id ORDER BY a.url""",
    )
    assert [(url, revision) for url, revision, _, _ in rows] == [(HISTORY[EDITED][0].url, 2), (PLAIN.url, 2)]
    assert all(SECOND_TEXT in now and SECOND_TEXT not in before for _, _, now, before in rows)


def test_E10_an_update_of_history_is_told_only_to_a_watch_that_meets_it_for_the_first_time(played: Played) -> None:
    decisions = {
        event["url"]: event["decision"]
        for event in played.all("matched")
        if event["url"].startswith(f"http://{EDITED}")
    }
    assert decisions[PLAIN.url].startswith("a new text of a story")
    assert decisions[HISTORY[EDITED][0].url].startswith("not told")


def test_an_unchanged_feed_costs_a_304(played: Played) -> None:
    asked = [each for each in played.requests if (each.host, each.path) == (SOUND, "/feed.xml")]
    assert [("if-none-match" in each.headers) for each in asked] == [False] + [True] * (len(asked) - 1)
    outcomes = Counter((event["outcome"], event["reason"]) for event in played.all("visited", outlet=slug(SOUND)))
    assert outcomes["unchanged", "not modified"] >= 1
    assert sum(amount for (outcome, _), amount in outcomes.items() if outcome == "ok") == 2


def test_an_article_in_feed_and_sitemap_of_one_outlet_is_read_once(played: Played) -> None:
    assert [played.fetched(each.url) for each in (FRESH[4], *HISTORY[TWICE])] == [1, 1, 1]


def test_a_bare_address_is_looked_at_once_and_then_the_feed_it_announces(played: Played) -> None:
    assert played.fetched(f"http://{BARE}/") == 1
    assert played.fetched(f"http://{BARE}/feed.xml") >= 3
    resolved = ask(played.store, "SELECT resolved_kind, resolved_url FROM sources WHERE url = ?", f"http://{BARE}/")
    assert resolved == [("feed", f"http://{BARE}/feed.xml")]


@pytest.mark.parametrize(
    ("host", "moved"),
    [(NEW_IDS, ()), (NEW_URLS, tuple(each.url for each in MOVED))],
    ids=["E1 all ids change", "E2 all addresses change"],
)
def test_a_feed_that_renames_all_it_lists_tells_and_fetches_nothing(
    played: Played, host: str, moved: tuple[str, ...]
) -> None:
    assert [played.fetched(each.url) for each in MANY[host]] == [1] * 12
    assert [played.fetched(url) for url in moved] == [0] * len(moved)
    assert [event["new"] for event in played.all("visited", outlet=slug(host), outcome="ok")] == [12, 0]


def test_E3_an_id_that_is_used_again_hides_no_new_article(played: Played) -> None:
    assert ("kursk", REPLACED.url) in told(played.arrivals)


def test_E5_an_article_that_goes_and_returns_is_not_read_again(played: Played) -> None:
    assert [played.fetched(each.url) for each in HISTORY[BACK]] == [1, 1]


def test_it_stops_cleanly_and_leaves_a_sound_store(played: Played) -> None:
    assert played.exit_code == 0
    assert integrity(played.store) == "ok"
    assert [event["event"] for event in played.events[-1:]] == ["stopped"]


# ── Receivers that fail ──────────────────────────────────────────────────────────────────────

PAPER = "tagblatt.example"


def first_issue(paper: Newspaper) -> Printed:
    """Print a newspaper with one article in it, which is history to whoever comes now; return it."""
    old = news(PAPER, "alt")
    next_issue(paper, old)
    return old


def next_issue(paper: Newspaper, *articles: Printed) -> None:
    """Print the articles and a feed that lists them."""
    for each in articles:
        paper.publish_url(each.url, each.html)
    paper.publish(PAPER, "/feed.xml", rss(articles))


def simple_config(folder: Path, paper: Newspaper, hosts: dict[str, str], **settings: Any) -> Path:
    """Write a configuration with one newspaper, one watch, and the newspaper at every host not in `hosts`."""
    outlets = [{"name": PAPER, "feed": f"http://{PAPER}/feed.xml"}]
    network = {"hosts": {**hosts, "*": paper.address}}
    return write_config(folder, outlets, dial=paper.address, watches=[KURSK], network=network, **settings)


@asynccontextmanager
async def on_port(port: int) -> AsyncIterator[Newspaper]:
    """Open a newspaper on a certain port."""
    paper = Newspaper()
    await paper.start(port)
    try:
        yield paper
    finally:
        await paper.stop()


async def test_A2_A3_B3_a_receiver_that_is_down_gets_the_same_bytes_later_and_the_others_once(tmp_path: Path) -> None:
    fresh = news(PAPER, "neu")
    async with Newspaper() as paper, Receiver(SECRET) as desk, Newspaper() as hooks:
        for host in ("grumpy.test", "lost.test"):
            hooks.publish(host, "/hook", "taken")
        hooks.script("grumpy.test", "/hook", Status(503, {"Retry-After": "1"}))
        hooks.script("lost.test", "/hook", Hang())  # takes the message, and its answer is never heard
        async with Newspaper() as closed:
            port = closed.port  # nobody is there now
        hosts = {"desk.test": desk.address, "down.test": f"127.0.0.1:{port}", "*.test": hooks.address}
        channels = {name: webhook(f"{name}.test") for name in ("desk", "down", "grumpy", "lost")}
        first_issue(paper)
        async with House(simple_config(tmp_path, paper, hosts, channels=channels)) as house:
            await house.saw("read")
            next_issue(paper, fresh)
            await house.saw("delivery failed", channel="down")
            await house.saw("delivered", channel="desk")
            await house.saw("delivery failed", channel="grumpy")
            await hooks.asked("lost.test", "/hook")
            await house.kill()  # before anybody's second try, which comes after 5 s
            frozen = {row[0]: row[1:] for row in house.rows("SELECT channel, id, payload, state FROM outbox")}
            async with on_port(port) as back:
                back.publish("down.test", "/hook", "taken")
                await house.start()
                await house.saw("delivered", channel="lost")
                await house.saw("delivered", channel="down")
                await house.saw("delivered", channel="grumpy")
                assert await house.stop() == 0
    tries: dict[str, list[tuple[str, bytes]]] = {name: [] for name in ("down", "grumpy", "lost")}
    for each in (*hooks.requests, *back.requests):
        tries[each.host.removesuffix(".test")].append((each.headers["webhook-id"], each.body))
    same = {name: (frozen[name][0], frozen[name][1]) for name in tries}
    assert tries == {"down": [same["down"]], "grumpy": [same["grumpy"]] * 2, "lost": [same["lost"]] * 2}
    assert told(desk.arrivals) == Counter({("kursk", fresh.url): 1})
    assert frozen["lost"][2] == "sending"
    assert house.rows("SELECT count(*) FROM outbox WHERE state <> 'delivered'") == [(0,)]


async def test_mail_goes_out_though_the_file_lets_out_web_ports_only_and_crawls_stay_within_them(
    tmp_path: Path,
) -> None:
    fresh, lure = news(PAPER, "neu"), news(PAPER, "weiter")
    async with Newspaper() as paper, Mailbox() as mailbox:
        mail = {"email": "desk@desk.test", "from": "t@tocsin.test", "smtp": f"mail.test:{mailbox.port}", "tls": "none"}
        hosts = {"mail.test": "127.0.0.1"}
        first_issue(paper)
        async with House(simple_config(tmp_path, paper, hosts, channels={"mail": mail})) as house:
            await house.saw("read")
            paper.redirect(PAPER, "/weiter.html", f"http://mail.test:{mailbox.port}/")
            next_issue(paper, fresh)
            paper.publish(PAPER, "/feed.xml", rss([fresh, lure]))
            letters = await asyncio.wait_for(mailbox.arrived(), 30)
            refused = await house.saw("not read", url=lure.url)
            assert await house.stop() == 0
        assert f"port {mailbox.port} is refused" in refused["reason"]
    assert [fresh.title in letter.subject for letter in letters] == [True]


# ── Starting and stopping ────────────────────────────────────────────────────────────────────


async def test_D10_a_stop_under_load_is_clean_and_what_was_under_way_is_done_by_the_next_start(tmp_path: Path) -> None:
    many = [news(PAPER, f"neu{number}") for number in range(40)]
    async with Newspaper() as paper:
        first_issue(paper)
        paper.publish("desk.test", "/hook", "taken")
        paper.script("desk.test", "/hook", forever=Slow(0.4))
        paper.script("mute.test", "/hook", forever=Hang())
        channels = {"desk": webhook(), "mute": webhook("mute.test")}
        async with House(simple_config(tmp_path, paper, {}, channels=channels)) as house:
            await house.saw("read")
            for each, step in zip(many, (Hang(), Slow(1.0), Slow(2.0)), strict=False):
                paper.script(PAPER, each.url.removeprefix(f"http://{PAPER}"), step)
            next_issue(paper, *many)
            await paper.asked(PAPER, "/neu0.html")
            await house.saw("delivered", times=2)
            async with asyncio.timeout(10):  # the promise itself
                assert await house.stop() == 0
            stopped = len(house.events)
            waiting = house.rows("SELECT count(*) FROM outbox WHERE state IN ('pending', 'unknown', 'sending')")[0][0]
            paper.script("desk.test", "/hook")
            await house.start()
            await house.until(
                lambda _: (
                    {each["url"] for each in house.all("read")} >= {each.url for each in many}
                    and len(house.all("delivered")) == len(many)
                )
            )
            assert await house.stop() == 0
    assert house.other_lines == []
    assert [each for each in house.events[:stopped] if each["level"] == "error"] == []
    assert waiting > 0, "there was a load"
    bodies = Counter(each.headers["webhook-id"] for each in paper.requests if each.host == "desk.test")
    assert len(bodies) == len(many)
    assert sum(bodies.values()) <= len(many) + 1, "only a try that the stop cut off may come twice"
    assert integrity(house.store) == "ok"


async def test_A11_a_second_copy_on_one_store_refuses_and_names_the_first(tmp_path: Path) -> None:
    async with Newspaper() as paper:
        first_issue(paper)
        config = simple_config(tmp_path, paper, {})
        async with House(config) as first:
            second = await run_tocsin("run", "--config", str(config), "--json")
            _, said = await second.communicate()
            assert await first.stop() == 0
    assert second.returncode not in (0, None)
    assert "another Tocsin (process" in said.decode()
    assert "Traceback" not in said.decode()


async def test_A5_ten_restarts_with_nothing_new_say_nothing(tmp_path: Path) -> None:
    fresh = news(PAPER, "neu")
    async with Newspaper() as paper, Receiver(SECRET) as desk:
        first_issue(paper)
        config = simple_config(
            tmp_path, paper, {"desk.test": desk.address}, channels={"desk": webhook()}, schedule={"workers": "1"}
        )
        async with House(config) as house:
            await house.saw("read")
            next_issue(paper, fresh, news(PAPER, "alt"))
            await house.saw("delivered")
            assert await house.stop() == 0
        for number in range(10):
            paper.publish(PAPER, "/feed.xml", rss([fresh, news(PAPER, "alt")], title=f"Printed again {number}"))
            assert await visits_of_one_run(config) == [("ok", 0)]
    assert len(desk.arrivals) == 1
    assert paper.seen(PAPER, "/neu.html") == paper.seen(PAPER, "/neu.html")[:1]


async def visits_of_one_run(config: Path) -> list[tuple[str, int]]:
    """Run the service in this process until its source was visited; return outcome and new articles of the visits."""
    visits: list[tuple[str, int]] = []
    visited = asyncio.Event()

    def watch(event: str, facts: Mapping[str, Any]) -> None:
        if event == "visited":
            visits.append((facts["outcome"], facts["new"]))
            visited.set()

    service = App(load(config, {}), watcher=watch)
    await service.start()
    try:
        async with asyncio.timeout(30):
            await visited.wait()
    finally:
        await service.stop()
    return visits


# ── The spiders by themselves ────────────────────────────────────────────────────────────────


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
