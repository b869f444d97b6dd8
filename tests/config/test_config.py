"""A file becomes a Config, or every one of its faults at once, each with its place."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.config import SECTIONS, load_config, slug, source_id
from monitor.config.loader import load_document
from monitor.model import Route
from tests.config.builders import KINDS, NOTIFIERS, flow, problems, read

FULL = """
outlets:
  - https://www.tagesschau.de/
  - name: Der Standard
    feed: https://www.derstandard.at/rss
    sitemap: [https://www.derstandard.at/a.xml, https://www.derstandard.at/b.xml]
    language: de-AT
    country: no
    tags: [quality, daily]
    interval: 1h 30m
    headers: {Cookie: "${COOKIE}"}
    first_visit: tell
  - page: https://stadtblatt.example/politik
    links: "article h2 a"
watches:
  - {id: kursk, any: [Kursk, $places, 12:30, NO]}
sets: {places: [Sudzha]}
channels:
  newsroom: {hook: https://x.example/y, secret: "${SECRET:-none}"}
  desk: {bell: "true"}
routes:
  - {watch: kursk, to: newsroom}
  - {watch: [a-*, b], to: [desk, newsroom]}
network:
  {contact: me@example.org, timeout: 5s, max_body: 500KB, delay: 250ms, per_host: 2, concurrency: 8, robots: ignore,
   allow: [127.0.0.0/8, "::1"], ports: [80, 8443], hosts: {"*.Example": "127.0.0.1:8081"}}
store: {path: data/x.db}
schedule: {interval: 10m, jitter: 5%, settle: 0s, workers: 3, parse_timeout: 2s, first_visit: skip}
"""


def test_a_full_file_is_read_whole() -> None:
    config = read(FULL, COOKIE="abc=1")
    assert [outlet.id for outlet in config.outlets] == ["tagesschau-de", "der-standard", "stadtblatt-example"]
    assert [source.kind for source in config.sources] == ["auto", "feed", "sitemap", "sitemap", "page"]
    tagesschau, standard, *_, page = config.sources
    assert (tagesschau.interval, tagesschau.first_visit) == (timedelta(minutes=10), "skip")
    assert (standard.interval, standard.first_visit, dict(standard.headers)) == (
        timedelta(minutes=90),
        "tell",
        {"Cookie": "abc=1"},
    )
    assert (standard.outlet.country, standard.outlet.language, standard.outlet.tags) == (
        "NO",
        "de",
        ("quality", "daily"),
    )
    assert (page.links, page.outlet.name, page.outlet.domain) == (
        "article h2 a",
        "stadtblatt.example",
        "stadtblatt.example",
    )
    assert config.watches == ({"id": "kursk", "any": ["Kursk", "$places", "12:30", "NO"]},)
    assert config.sets == {"places": ["Sudzha"]}
    assert [(each.name, each.kind) for each in config.channels.values()] == [("newsroom", "hook"), ("desk", "bell")]
    assert config.routes == (Route(("kursk",), ("newsroom",)), Route(("a-*", "b"), ("desk", "newsroom")))
    network = config.network
    assert (network.timeout, network.max_body, network.delay) == (
        timedelta(seconds=5),
        500_000,
        timedelta(milliseconds=250),
    )
    assert network.allow == (ip_network("127.0.0.0/8"), ip_network("::1"))
    assert (network.ports, dict(network.hosts), network.robots) == (
        (80, 8443),
        {"*.example": "127.0.0.1:8081"},
        "ignore",
    )
    assert network.agent.endswith("(+me@example.org)")
    assert config.store.path == Path("data/x.db")
    schedule = config.schedule
    assert (schedule.jitter, schedule.workers, schedule.settle) == (0.05, 3, timedelta(0))


def test_an_empty_mapping_of_sections_is_all_defaults() -> None:
    config = read("outlets:\nwatches:\nsets:\nchannels:\nroutes:\nnetwork:\nstore:\nschedule:\n")
    assert (config.outlets, config.watches, config.routes) == ((), (), ())
    assert config.schedule.interval == timedelta(minutes=5)
    assert config.network.ports == (80, 443)


def test_without_routes_every_watch_goes_to_every_channel() -> None:
    config = read("channels: {a: {bell: yes}, b: {bell: true}}")
    assert config.routes == (Route(("*",), ("a", "b")),)


def test_a_relative_store_lies_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.yml"
    path.write_text("store: {path: x.db}", encoding="utf-8")
    config = load_config(path, env={}, notifiers=NOTIFIERS, kinds=KINDS)
    assert (config.path, config.store.path) == (path, tmp_path / "x.db")


@pytest.mark.parametrize(
    ("text", "place", "where", "says"),
    [
        ("outlts: [x]", (1, 1), "outlts", "unknown key; wanted outlets?"),
        ("- a", (1, 1), "", "the file must be a mapping"),
        ("outlets: x", (1, 10), "outlets", "must be a list"),
        ("outlets:\n  - www.x.example", (2, 5), "outlets.0", "is no web address"),
        ("outlets:\n  - [a]", (2, 5), "outlets.0", "must be an address or a mapping; got a list"),
        (
            "outlets:\n  - name: x",
            (2, 5),
            "outlets.0",
            "has no source; wanted at least one of auto, feed, page, sitemap",
        ),
        ("outlets:\n  - name: x\n    feeed: y", (3, 5), "outlets.0.feeed", "unknown key; wanted feed?"),
        ("outlets:\n  - feed: []", (2, 11), "outlets.0.feed", "is empty"),
        ("outlets:\n  - feed: [https://a.example/, b]", (2, 32), "outlets.0.feed.1", "is no web address; got 'b'"),
        ("outlets:\n  - feed: {a: b}", (2, 11), "outlets.0.feed", "must be a text"),
        ("outlets:\n  - {feed: https://a.example/, country: UK}", (2, 41), "outlets.0.country", "got 'UK'; wanted GB"),
        ("outlets:\n  - {feed: https://a.example/, language: german}", (2, 42), "outlets.0.language", "is no language"),
        (
            "outlets:\n  - {feed: https://a.example/, interval: 5}",
            (2, 42),
            "outlets.0.interval",
            "is no duration; got '5'",
        ),
        (
            "outlets:\n  - {feed: https://a.example/, interval: 500ms}",
            (2, 42),
            "outlets.0.interval",
            "wanted at least 1s",
        ),
        (
            "outlets:\n  - {feed: https://a.example/, interval: 999999999d}",
            (2, 42),
            "outlets.0.interval",
            "at most 366d",
        ),
        (
            "outlets:\n  - {feed: https://a.example/, links: a}",
            (2, 39),
            "outlets.0.links",
            "only read together with page",
        ),
        (
            "outlets:\n  - {page: https://a.example/, links: '[['}",
            (2, 39),
            "outlets.0.links",
            "is no CSS selector: an odd one",
        ),
        (
            "outlets:\n  - {feed: https://a.example/, first_visit: no}",
            (2, 45),
            "outlets.0.first_visit",
            "wanted quiet, skip or tell",
        ),
        (
            "outlets:\n  - {feed: https://a.example/, headers: {'a b': c}}",
            (2, 42),
            "outlets.0.headers.a b",
            "is no name of a header; got 'a b'",
        ),
        (
            'outlets:\n  - {feed: https://a.example/, headers: {A: "x\\nB: y"}}',
            (2, 45),
            "outlets.0.headers.A",
            "holds a line break",
        ),
        ("watches: {a: b}", (1, 10), "watches", "must be a list"),
        ("sets: [a]", (1, 7), "sets", "must be a mapping"),
        ("channels: {x: y}", (1, 15), "channels.x", "must be a mapping; got 'y'"),
        (
            "channels: {x: {hok: y}}",
            (1, 15),
            "channels.x",
            "what kind of channel it is; got hok; wanted one of the keys bell, hook (hook?)",
        ),
        ("channels: {x: {hook: https://x, bell: true}}", (1, 15), "channels.x", "names more than one kind"),
        ("channels: {x: {hook: https://x, secrt: y}}", (1, 33), "channels.x.secrt", "unknown key; wanted secret?"),
        (
            "channels: {x: {hook: https://x, retries: many}}",
            (1, 42),
            "channels.x.retries",
            "is no whole number; got 'many'",
        ),
        ("channels: {x: {bell: maybe}}", (1, 22), "channels.x.bell", "is none of the values allowed here"),
        ("channels: {'a b': {bell: true}}", (1, 12), "channels.a b", "is no name for a channel"),
        (
            "channels: {news: {bell: true}}\nroutes: [{watch: a, to: nws}]",
            (2, 25),
            "routes.0.to",
            "there is no such channel; got 'nws'; wanted news?",
        ),
        ("channels: {news: {bell: true}}\nroutes: [{to: news}]", (2, 10), "routes.0.watch", "is missing"),
        ("routes: [a]", (1, 10), "routes.0", "must be a mapping"),
        ("network: {timeout: 0s}", (1, 20), "network.timeout", "is too short; got '0s'"),
        ("network: {max_body: 8}", (1, 21), "network.max_body", "is out of range"),
        ("network: {max_body: much}", (1, 21), "network.max_body", "is no size"),
        ("network: {ports: [80, 65536]}", (1, 23), "network.ports.1", "is no port"),
        ("network: {allow: 300.1.1.1}", (1, 18), "network.allow", "is no address or network"),
        ("network: {hosts: {'*.x': localhost}}", (1, 26), "network.hosts.*.x", "is no address to dial"),
        ("network: {hosts: {'*.x': '127.0.0.1:0'}}", (1, 26), "network.hosts.*.x", "is no port"),
        ("network: {per_host: ١}", (1, 21), "network.per_host", "is no number in range"),
        ("network: {robots: sometimes}", (1, 19), "network.robots", "wanted obey or ignore"),
        ("schedule: {jitter: 10}", (1, 20), "schedule.jitter", "is no percentage"),
        ("schedule: {workers: 0}", (1, 21), "schedule.workers", "a whole number from 1 to 256"),
        ("store: x", (1, 8), "store", "must be a mapping"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, place: tuple[int, int], where: str, says: str) -> None:
    (fault,) = problems(text)
    assert (fault.line, fault.column) == place
    assert ".".join(map(str, fault.path)) == where
    assert says in str(fault)


def test_all_faults_of_all_sections_are_told_at_once_in_the_order_of_the_file() -> None:
    lines = (
        "outlets: [x]",
        "channels: {a: {hook: ftp://x}}",
        "routes: [{watch: a, to: b}]",
        "network: {port: 1}",
        "schedule: {interval: x}",
    )
    assert [fault.line for fault in problems("\n".join(lines))] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "again",
    ["https://a.example/feed", "HTTPS://A.example:443/feed#top", "https://a.example./feed"],
)
def test_E20_a_source_listed_twice_is_refused_with_both_lines(again: str) -> None:  # a row of the catalogue
    (fault,) = problems(f"outlets:\n  - feed: https://a.example/feed\n  - name: x\n    page: {again}\n")
    assert (fault.line, fault.column) == (4, 11)
    assert "it also stands in line 2" in fault.wanted


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1 &@127.0.0.1#@x/",
        "http:\\\\a.example/",
        "https://a.example\\@b.example/",
        "https://user:pw@a.example/",
        "https://a@b@c.example/",
        "https://@a.example/",
        "https:///x",
        "https://a..example/",
        "https://a.example:0/",
        "https://a.example:/",
        "https://a.example:99999/",
        "https://a.example:x/",
        "https://[::1/",
        "https://[a]/",
        "https://a%2eexample/",
        "https://a\u200b.example/",
        "https://a.example/\u202ex",
        "ftp://a.example/",
        "file:///etc/passwd",
        "javascript://x/",
        "https:a.example",
    ],
)
def test_G4_an_address_two_parsers_read_differently_is_refused(url: str) -> None:  # a row of the catalogue
    quoted = url.replace("\\", "\\\\")
    assert [fault.path for fault in problems(f'outlets: [{{feed: "{quoted}"}}]')] == [("outlets", 0, "feed")]


@pytest.mark.parametrize(
    "url", ["https://пример.рф/лента?x=ä", "http://[2001:db8::1]:8080/x", "https://a_b.example/~x(1)"]
)
def test_unusual_but_plain_addresses_are_taken(url: str) -> None:
    assert read(f"outlets: ['{url}']").sources[0].url == url


def test_the_id_of_a_source_stands_still_while_the_file_is_rearranged() -> None:
    before = read("outlets: [{name: A, feed: https://a.example/x}, {name: B, feed: https://b.example/}]")
    after = read("outlets: [{name: C, feed: ['https://b.example', https://A.example/x#y]}]")
    assert {source.id for source in before.sources} == {source.id for source in after.sources}
    assert source_id("feed", "https://a.example/x") != source_id("page", "https://a.example/x")
    assert source_id("feed", "https://a.example/x") == "3f03419b042f"  # it stands in people's databases


def test_outlets_of_one_name_are_numbered_in_order() -> None:
    config = read(
        "outlets: [https://a.example/1, https://www.a.example/2, {name: A Example!, feed: https://b.example/}]"
    )
    assert [outlet.id for outlet in config.outlets] == ["a-example", "a-example-2", "a-example-3"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("El País", "el-pais"),
        ("Правда", "правда"),
        ("한국일보", "한국일보"),
        ("...", "outlet"),
        ("Le  Monde (FR)", "le-monde-fr"),
    ],
)
def test_an_outlets_id_is_a_slug_of_its_name(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_document_that_is_already_read_can_be_used() -> None:
    document = load_document("outlets: [https://a.example/]")
    assert len(load_config(document, env={}, notifiers={}, kinds=KINDS).sources) == 1


def test_a_source_kind_added_as_a_plug_in_is_a_key_of_outlets() -> None:
    text = "outlets: [{gopher: https://a.example/}]"
    assert load_config(text, env={}, notifiers={}, kinds=(*KINDS, "gopher")).sources[0].kind == "gopher"


PIECES = st.sampled_from(
    [
        *SECTIONS,
        *KINDS,
        "name",
        "links",
        "headers",
        "interval",
        "https://a.example/",
        "${X}",
        "${",
        "5m",
        "-1",
        "",
        "x",
        "hook",
        "bell",
    ]
)
TREES = st.recursive(
    PIECES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PIECES, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(st.sampled_from(SECTIONS), TREES, min_size=1))
def test_any_tree_is_a_config_or_a_config_error(tree: dict[str, object]) -> None:
    assert all(problem.line > 0 for problem in problems(flow(tree), X="12345678"))


@given(st.text(max_size=80))
def test_any_text_is_a_config_or_a_config_error(text: str) -> None:
    assert all(problem.line > 0 for problem in problems(text))
