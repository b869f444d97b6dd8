"""The invented papers print what real papers print: the house's own parsers read it right."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitor.demo.newspaper import Newspaper
from monitor.demo.press import PAPERS, WATCHES, Paper, Piece, Press, read_manuscripts
from monitor.model import Access, Entry
from monitor.parse.feed import parse_feed
from monitor.parse.links import find_links
from monitor.parse.page import parse_page
from monitor.parse.sitemap import parse_sitemap

NOW = datetime(2024, 11, 5, 9, 30, 15, tzinfo=UTC)
MANUSCRIPTS = read_manuscripts()
FURNITURE = ("Cookie", "cookie", "쿠키", "Kommentare", "Impressum", "Lesen Sie auch", "Читайте", "Newsletter", "댓글")


@pytest.fixture
def press(paper: Newspaper) -> Press:
    opened = Press(paper, MANUSCRIPTS)
    opened.open(NOW - timedelta(hours=1))
    for edition in range(1, MANUSCRIPTS.editions + 1):
        opened.print_edition(edition, NOW + timedelta(minutes=edition))
    return opened


async def fetch(paper: Newspaper, url: str) -> httpx.Response:
    parts = httpx.URL(url)
    async with httpx.AsyncClient(verify=False) as client:
        return await client.get(f"http://{paper.address}{parts.raw_path.decode()}", headers={"Host": parts.host})


@pytest.fixture
async def entries(paper: Newspaper, press: Press) -> dict[str, tuple[Entry, ...]]:
    return {each.host: await entries_of(paper, each) for each in PAPERS}


async def entries_of(paper: Newspaper, outlet: Paper) -> tuple[Entry, ...]:
    answer = await fetch(paper, outlet.source_url)
    kind = answer.headers["content-type"]
    match outlet.source:
        case "feed":
            return parse_feed(answer.content, url=outlet.source_url, content_type=kind).entries
        case "page":
            return find_links(answer.content, url=outlet.source_url, content_type=kind, selector=outlet.links).entries
        case _:
            (child,) = parse_sitemap(answer.content, url=outlet.source_url, content_type=kind).children
            body = gzip.decompress((await fetch(paper, child.url)).content)
            return parse_sitemap(body, url=child.url, content_type="application/xml").entries


# ── Manuscripts ──────────────────────────────────────────────────────────────────────────────


def test_every_expected_watch_exists() -> None:
    assert {watch for piece in MANUSCRIPTS.pieces for watch in piece.watches} == set(WATCHES)


def test_every_address_and_key_is_taken_once() -> None:
    assert len({piece.url for piece in MANUSCRIPTS.pieces}) == len(MANUSCRIPTS.pieces)
    assert len({piece.key for piece in MANUSCRIPTS.pieces}) == len(MANUSCRIPTS.pieces)


def test_a_copy_has_the_text_and_the_number_of_its_original_and_its_own_title() -> None:
    copies = [piece for piece in MANUSCRIPTS.pieces if piece.original]
    assert len(copies) == 2
    for copy in copies:
        original = MANUSCRIPTS.piece(copy.story)
        assert (copy.paragraphs, copy.number) == (original.paragraphs, original.number)
        assert copy.title != original.title
        assert copy.paper != original.paper


def test_all_languages_and_ways_to_be_watched_occur() -> None:
    assert {paper.language for paper in PAPERS} == {"de", "en", "uk", "ru", "ko"}
    assert {paper.source for paper in PAPERS} == {"feed", "sitemap", "page"}


def test_what_must_be_told_is_asked_of_no_history() -> None:
    history = {piece.story for piece in MANUSCRIPTS.pieces if piece.edition == 0}
    assert any(piece.watches for piece in MANUSCRIPTS.pieces if piece.edition == 0)
    assert history.isdisjoint(story for _, story in MANUSCRIPTS.expected())


def test_an_address_leads_to_its_story_and_a_foreign_one_to_none() -> None:
    copy = next(piece for piece in MANUSCRIPTS.pieces if piece.original)
    assert MANUSCRIPTS.story_at(copy.url) == copy.original
    assert MANUSCRIPTS.story_at("http://elsewhere.example/") is None


# ── Article pages ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("piece", MANUSCRIPTS.pieces, ids=lambda piece: piece.slug)
async def test_an_article_page_is_read_as_it_was_written(paper: Newspaper, press: Press, piece: Piece) -> None:
    answer = await fetch(paper, piece.url)
    page = parse_page(answer.content, url=piece.url, content_type=answer.headers["content-type"])
    printed = press.in_print[piece.key]
    assert page.title == printed.piece.title
    assert [text for text in page.text.splitlines() if text in printed.piece.paragraphs] == list(
        printed.piece.paragraphs
    )
    assert (page.published, page.modified) == (printed.published, printed.modified)
    assert (page.language, page.site_name) == (piece.paper.language, piece.paper.name)
    assert page.canonical_url == MANUSCRIPTS.piece(piece.story).url
    assert page.access is Access.OPEN
    assert not [words for words in FURNITURE if words in page.text]


async def test_no_teaser_of_another_article_gets_into_a_text(paper: Newspaper, press: Press) -> None:
    for piece in MANUSCRIPTS.pieces:
        page = parse_page((await fetch(paper, piece.url)).content, url=piece.url)
        others = [each.title for each in MANUSCRIPTS.pieces if each.paper == piece.paper and each.key != piece.key]
        assert not [title for title in others if title in page.text], piece.key


async def test_a_correction_changes_text_and_time_but_neither_address_nor_first_date(paper: Newspaper) -> None:
    press = Press(paper, MANUSCRIPTS)
    press.open(NOW)
    (correction,) = MANUSCRIPTS.corrections
    for edition in range(1, correction.edition):
        press.print_edition(edition, NOW)
    before = press.in_print[correction.key]
    press.print_edition(correction.edition, NOW + timedelta(hours=1))
    after = press.in_print[correction.key]
    assert (after.piece.url, after.published) == (before.piece.url, before.published)
    assert after.modified - before.modified == timedelta(hours=1)
    assert after.piece.paragraphs != before.piece.paragraphs


# ── Front pages ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("outlet", PAPERS, ids=lambda outlet: outlet.host)
def test_a_front_page_lists_every_piece_of_its_paper(entries: dict[str, tuple[Entry, ...]], outlet: Paper) -> None:
    pieces = {piece.url for piece in MANUSCRIPTS.pieces if piece.paper == outlet}
    assert {entry.link for entry in entries[outlet.host]} == pieces
    assert len(entries[outlet.host]) == len(pieces)


@pytest.mark.parametrize("outlet", [each for each in PAPERS if each.source != "page"], ids=lambda outlet: outlet.host)
def test_feeds_and_sitemaps_say_title_and_time(
    press: Press, entries: dict[str, tuple[Entry, ...]], outlet: Paper
) -> None:
    printed = {each.piece.url: each for each in press.in_print.values()}
    for entry in entries[outlet.host]:
        assert (entry.title, entry.published) == (printed[entry.link].piece.title, printed[entry.link].published)


async def test_a_front_page_stays_the_same_bytes_until_something_is_printed(paper: Newspaper) -> None:
    press = Press(paper, MANUSCRIPTS)
    press.open(NOW)
    before = {each.host: (await fetch(paper, each.source_url)).headers["etag"] for each in PAPERS}
    touched = {happening.piece.paper.host for happening in press.print_edition(1, NOW + timedelta(minutes=1))}
    after = {each.host: (await fetch(paper, each.source_url)).headers["etag"] for each in PAPERS}
    assert {host for host in before if before[host] != after[host]} == touched
    assert touched != set(before)


async def test_robots_forbids_the_print_versions_and_names_the_sitemap(paper: Newspaper, press: Press) -> None:
    for outlet in PAPERS:
        robots = (await fetch(paper, f"http://{outlet.host}/robots.txt")).text
        assert "Disallow: /print/" in robots
        assert (f"Sitemap: {outlet.source_url}" in robots) == (outlet.source == "sitemap")
