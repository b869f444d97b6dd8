"""Feeds of every dialect, broken and hostile ones too."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FeedUnreadable
from monitor.model import Entry, Feed
from monitor.parse.feed import ENTRIES_CAP, SUMMARY_CAP, parse_feed
from tests.data import shared_data

SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "feed"
INPUTS = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".json")
URL = "https://feed.example/dir/feed.xml"


def shown(entry: Entry) -> dict[str, object]:
    return {
        "link": entry.link,
        "id": entry.id,
        "title": entry.title,
        "published": entry.published.isoformat() if entry.published else None,
        "authors": list(entry.authors),
        "summary": entry.summary,
        "image": entry.image,
    }


def rss(items: str, channel: str = "") -> bytes:
    return f"<rss version='2.0'><channel><title>T</title>{channel}{items}</channel></rss>".encode()


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_each_sample_is_read_as_expected(path: Path) -> None:
    wanted = json.loads(path.with_suffix(".json").read_text("utf-8"))
    feed = parse_feed(path.read_bytes(), url=wanted["url"])
    assert (feed.title, feed.language, feed.format) == (wanted["title"], wanted["language"], wanted["format"])
    assert [shown(entry) for entry in feed.entries] == wanted["entries"]


@pytest.mark.parametrize(
    ("items", "link"),
    [
        ("<item><guid>https://a.example/1</guid></item>", "https://a.example/1"),
        ("<item><guid isPermaLink='false'>https://a.example/1</guid></item>", "https://a.example/1"),
        ("<item><guid isPermaLink='false'>17</guid><title>t</title></item>", ""),
        ("<item><link/><guid>urn:uuid:1</guid></item>", "urn:uuid:1"),
        ("<item><link> https://a.example/\n1 </link></item>", "https://a.example/1"),
        ("<item><link>/rel</link></item>", "https://feed.example/rel"),
        ("<item><title>t</title><enclosure url='https://a.example/1.mp3'/></item>", "https://a.example/1.mp3"),
        ("<item><link href='https://a.example/1'/></item>", "https://a.example/1"),
        ("<item><link>HTTPS://A.example/%7e?x#y</link></item>", "HTTPS://A.example/%7e?x#y"),
    ],
)
def test_an_entry_has_the_link_that_its_feed_means(items: str, link: str) -> None:
    assert parse_feed(rss(items), url=URL).entries[0].link == link


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty answer"),
        (b"  \n ", "an empty answer"),
        (b"<!DOCTYPE html><html><title>Please log in</title></html>", "Please log in"),
        (b"<html><body><form action=/login></form></body></html>", "an HTML page"),
        (b"<urlset><url/></urlset>", "a sitemap"),
        (b"%PDF-1.7 ...", "begins with"),
        (b'{"error": 1}', "no list of items"),
        (b"[" * 100_000, "neither XML nor JSON"),
        (b"<svg><path/></svg>", "no root element"),
    ],
)
def test_what_is_no_feed_is_named_e13(body: bytes, reason: str) -> None:
    with pytest.raises(FeedUnreadable, match=reason):
        parse_feed(body, url=URL)


LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10 if n else 'ha'}'>" for n in range(10))


@pytest.mark.parametrize(
    "declared", [LAUGHS, "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "<!ENTITY % p SYSTEM 'http://a/'>%p;"]
)
def test_entities_of_the_senders_making_are_refused_f2_f3(declared: str) -> None:
    body = f"<!DOCTYPE rss [{declared}]><rss><channel><item><title>&x;</title></item></channel></rss>".encode()
    with pytest.raises(FeedUnreadable, match="declares the entity"):
        parse_feed(body, url=URL)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">',
        '<!DOCTYPE rss [<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1//EN" "x.ent"> %HTMLlat1;]>',
        '<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]>',
    ],
)
def test_a_harmless_doctype_is_no_obstacle(doctype: str) -> None:
    feed = parse_feed(doctype.encode() + rss("<item><title>Caf&eacute;</title></item>"), url=URL)
    assert feed.entries[0].title == "Café"


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("utf-8", "iso-8859-1", None),
        ("windows-1251", "windows-1251", None),
        ("windows-1251", "utf-8", "text/xml; charset=windows-1251"),
        ("utf-16", "utf-16", None),
        ("utf-16-le", "utf-16", None),
        ("koi8-r", "koi8-r", "text/xml"),
        ("utf-8", "utf-7", "text/xml; charset=hex"),
    ],
)
def test_the_charset_is_found_whoever_lies_f6(encoding: str, declared: str, header: str | None) -> None:
    items = "<item><title>Новости дня</title></item>"
    text = f"<?xml version='1.0' encoding='{declared}'?><rss><channel>{items}</channel></rss>"
    feed = parse_feed(text.encode(encoding), url=URL, content_type=header)
    assert feed.entries[0].title == "Новости дня"


def test_undeclared_latin_1_has_no_replacement_marks() -> None:
    feed = parse_feed("<rss><channel><item><title>Müller</title></item></channel></rss>".encode("latin-1"), url=URL)
    assert feed.entries[0].title == "Müller"


def test_a_feed_of_many_entries_is_cut_and_says_so_f5() -> None:
    feed = parse_feed(rss("<item><link>https://a.example/1</link></item>" * (ENTRIES_CAP + 5)), url=URL)
    assert len(feed.entries) == ENTRIES_CAP
    assert any("left out" in fault for fault in feed.faults)


def test_long_fields_are_cut_f5() -> None:
    feed = parse_feed(
        rss(f"<item><title>{'t' * 100_000}</title><description>{'d ' * 100_000}</description></item>"), url=URL
    )
    assert len(feed.entries[0].title) <= 500
    assert len(feed.entries[0].summary) <= SUMMARY_CAP


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel>" + b"<a>" * 20_000,
        b"<rss><channel><item><title>" + b"<b>" * 20_000 + b"</title></item>",
        b"<rss><channel>" + b"<![CDATA[" * 50_000,
        b"<rss><channel>" + b"&" * 200_000,
        b"<rss><channel><item " + b" ".join(b"a%d='1'" % number for number in range(40_000)) + b"/>",
        b"<rss>" + b"<!--" * 100_000,
    ],
)
def test_markup_made_to_hang_a_parser_does_not_f2_f4(body: bytes) -> None:
    # Quadratic reading of any of these would take hours.
    assert isinstance(outcome(body), Feed | FeedUnreadable)


def outcome(body: bytes) -> Feed | FeedUnreadable:
    try:
        return parse_feed(body, url=URL)
    except FeedUnreadable as error:
        return error


def mutations() -> list[Callable[[random.Random, bytearray], None]]:
    def flip(dice: random.Random, body: bytearray) -> None:
        body[dice.randrange(len(body))] = dice.randrange(256)

    def cut(dice: random.Random, body: bytearray) -> None:
        start = dice.randrange(len(body))
        del body[start : start + dice.randrange(60)]

    def repeat(dice: random.Random, body: bytearray) -> None:
        start = dice.randrange(len(body))
        body[start:start] = body[start : start + dice.randrange(200)]

    return [flip, cut, repeat]


@given(st.integers(0, 2**32), st.sampled_from(INPUTS))
def test_a_mutated_feed_is_read_or_refused(seed: int, path: Path) -> None:
    dice, body = random.Random(seed), bytearray(path.read_bytes())
    for _ in range(dice.randrange(1, 12)):
        dice.choice(mutations())(dice, body)
    assert isinstance(outcome(bytes(body)), Feed | FeedUnreadable)


@given(st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(body: bytes) -> None:
    assert isinstance(outcome(body), Feed | FeedUnreadable)
    assert isinstance(outcome(b"<rss><channel><item>" + body), Feed | FeedUnreadable)
    assert isinstance(outcome(b'{"items": [' + body), Feed | FeedUnreadable)


@pytest.mark.data
def test_real_feeds_give_the_entries_that_they_hold() -> None:
    root = shared_data("feeds")
    wanted = found = dated = dates = 0
    for line in (root / "real_reference.jsonl").read_text("utf-8").splitlines():
        reference = json.loads(line)
        result = outcome((root / reference["file"]).read_bytes())
        if not reference["links_agree"]:
            continue
        entries = result.entries if isinstance(result, Feed) else ()
        for each in reference["entries"]:
            link, moment = urljoin(URL, each["link"] or ""), each["published"] or each["updated"]
            same = [entry for entry in entries if each["link"] and entry.link == link]
            wanted += bool(each["link"])
            found += bool(same)
            if same and moment:
                dates += 1
                dated += any(
                    abs((got - datetime.fromisoformat(moment)).total_seconds()) <= 1 for got in map(when, same) if got
                )
    assert found / wanted >= 0.98
    assert dated / dates >= 0.98


def when(entry: Entry) -> datetime | None:
    return entry.published or entry.updated
