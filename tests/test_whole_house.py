"""The whole house as a user runs it: `tocsin run` on a town of newspapers, killed, stopped, cut off and lied to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.page_quality import bare, overlap
from monitor.demo.newspaper import Newspaper
from monitor.demo.receiver import Receiver
from monitor.parse.urls import canonical
from tests import town
from tests.data import shared_data
from tests.desk import SECRET, integrity, told, webhook
from tests.house import BOTH, KURSK, TROOPS, House, ask, write_config
from tests.prints import Printed, piece, rss
from tests.troubles import (
    BACK,
    BARE,
    EDITED,
    EXPECTED,
    FORBIDDEN,
    FRESH,
    GONE,
    HEAVY,
    HISTORY,
    LURE,
    MANY,
    MOVED,
    MUTE,
    NEW_IDS,
    NEW_URLS,
    PLAIN,
    REPLACED,
    SECOND_TEXT,
    SOUND,
    TWICE,
    Played,
    play,
    slug,
)

pytestmark = pytest.mark.process

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
    print(f"body F1 over {len(checked)} pages: stored {f1(ours):.4f}, trafilatura {f1(theirs):.4f}")  # noqa: T201  # the figure is wanted
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
