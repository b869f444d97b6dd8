"""Seven invented papers in five languages, and what they print, edition by edition.

The pieces lie in `editions/`, one file per paper. Edition 0 is history: it stands there before
anybody looks. Later editions bring news on the model case (Kursk, North Korean soldiers), traps
beside it (exchange rates, South Korean football, a film on 1943), a wire story that three papers
print, and a correction. Each piece says which watches must see it, so the demo can check itself.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files

from monitor.demo import pages
from monitor.demo.newspaper import Newspaper

WATCHES = ("kursk", "north-korean-troops", "both")
_BREAK = "\n----\n"
_ATOM = "application/atom+xml; charset=utf-8"
_RSS = "application/rss+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Paper:
    """One invented outlet. `source` is how it is watched: feed, sitemap or page; `zone` its hours from UTC."""

    host: str
    name: str
    language: str
    country: str
    source: str
    path: str
    look: str  # which layout its pages have
    zone: int
    links: str | None = None

    @property
    def source_url(self) -> str:
        return f"http://{self.host}{self.path}"


PAPERS = (
    Paper("ostsee-kurier.example", "Ostsee-Kurier", "de", "DE", "feed", "/feed.xml", "network", 2),
    Paper("hafenblatt.example", "Hafenblatt", "de", "DE", "feed", "/atom.xml", "magazine", 2),
    Paper("albtal-bote.example", "Albtal-Bote", "de", "DE", "feed", "/feed.xml", "network", 2),
    Paper("harbour-post.example", "The Harbour Post", "en", "GB", "sitemap", "/sitemaps/index.xml", "magazine", 1),
    Paper("visnyk.test", "Дніпровий вісник", "uk", "UA", "feed", "/rss.xml", "portal", 3),
    Paper(
        "severnaya-gazeta.example",
        "Северная газета",
        "ru",
        "RU",
        "page",
        "/news/",
        "portal",
        3,
        ".news-list a.headline",
    ),
    Paper("hangang-ilbo.example", "한강일보", "ko", "KR", "feed", "/atom.xml", "portal", 9),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One article of a paper as written. `key` is `host/slug`; `original` is the key of the piece it copies."""

    paper: Paper
    slug: str
    number: int  # a publisher network's article number; copies share it
    edition: int
    title: str
    section: str
    author: str
    lead: str
    paragraphs: tuple[str, ...]
    watches: tuple[str, ...] = ()
    original: str | None = None

    @property
    def key(self) -> str:
        return f"{self.paper.host}/{self.slug}"

    @property
    def story(self) -> str:
        """The key of the piece that a copy and its original have in common."""
        return self.original or self.key

    @property
    def path(self) -> str:
        return f"/{self.section}/{self.slug}-{self.number}.html"

    @property
    def url(self) -> str:
        return f"http://{self.paper.host}{self.path}"


@dataclass(frozen=True, slots=True)
class Correction:
    """A later version of a piece, printed with an edition of its own."""

    key: str
    edition: int
    title: str
    paragraphs: tuple[str, ...]


# ── What is written ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Manuscripts:
    """All pieces and corrections, as the folder of editions holds them."""

    pieces: tuple[Piece, ...]
    corrections: tuple[Correction, ...]

    @property
    def editions(self) -> int:
        """The number of the last edition."""
        return max(*(each.edition for each in self.pieces), *(each.edition for each in self.corrections))

    def piece(self, key: str) -> Piece:
        return next(piece for piece in self.pieces if piece.key == key)

    def expected(self) -> frozenset[tuple[str, str]]:
        """Return what must be told, and nothing else: (watch, key of the story)."""
        return frozenset((watch, piece.story) for piece in self.pieces if piece.edition for watch in piece.watches)

    def story_at(self, url: str) -> str | None:
        """Return the key of the story that stands at an address, None for an address of nobody."""
        return next((piece.story for piece in self.pieces if piece.url == url), None)


def read_manuscripts() -> Manuscripts:
    """Read all that the papers will print."""
    pieces: list[Piece] = []
    corrections: list[Correction] = []
    for number_from, paper in enumerate(PAPERS, start=1):
        text = (files("monitor.demo") / "editions" / f"{paper.host}.txt").read_text(encoding="utf-8")
        for index, block in enumerate(text.strip().split(_BREAK)):
            heads, paragraphs = _read_block(block)
            if "Corrects" in heads:
                corrections.append(_correction(paper, heads, paragraphs))
            else:
                pieces.append(_piece(paper, heads, paragraphs, number=93_400_000 + 1000 * number_from + 37 * index))
    return Manuscripts(tuple(_with_originals(pieces)), tuple(corrections))


def _read_block(block: str) -> tuple[dict[str, str], tuple[str, ...]]:
    head, *paragraphs = block.strip().split("\n\n")
    heads = dict(line.split(": ", 1) for line in head.splitlines())
    return heads, tuple(paragraph.strip() for paragraph in paragraphs)


def _piece(paper: Paper, heads: dict[str, str], paragraphs: tuple[str, ...], *, number: int) -> Piece:
    return Piece(
        paper=paper,
        slug=heads["Slug"],
        number=number,
        edition=int(heads["Edition"]),
        title=heads["Title"],
        section=heads["Section"],
        author=heads["Author"],
        lead=heads.get("Lead", ""),
        paragraphs=paragraphs,
        watches=tuple(heads["Watches"].split(", ")) if "Watches" in heads else (),
        original=heads.get("Copy-of"),
    )


def _correction(paper: Paper, heads: dict[str, str], paragraphs: tuple[str, ...]) -> Correction:
    return Correction(f"{paper.host}/{heads['Corrects']}", int(heads["Edition"]), heads["Title"], paragraphs)


def _with_originals(pieces: list[Piece]) -> Iterator[Piece]:
    """Give each copy the text and the article number of its original."""
    by_key = {piece.key: piece for piece in pieces}
    for piece in pieces:
        if piece.original is None:
            yield piece
        else:
            source = by_key[piece.original]
            yield replace(piece, lead=source.lead, paragraphs=source.paragraphs, number=source.number)


# ── What is printed ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class InPrint:
    """A piece on the stand: when it first appeared and when it was last changed, in UTC."""

    piece: Piece
    published: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing an edition did, for the show: `published` or `corrected`."""

    kind: str
    piece: Piece
    at: datetime


class Press:
    """Prints editions into a newspaper. `in_print` maps the key of each piece to what stands there."""

    def __init__(self, newspaper: Newspaper, manuscripts: Manuscripts) -> None:
        self.in_print: dict[str, InPrint] = {}
        self._newspaper = newspaper
        self._manuscripts = manuscripts

    def open(self, now: datetime) -> tuple[Happening, ...]:
        """Put robots.txt, empty front pages and the history of every paper on the stand."""
        for paper in PAPERS:
            self._newspaper.robots(paper.host, pages.robots(paper.source_url if paper.source == "sitemap" else None))
        history = [piece for piece in self._manuscripts.pieces if piece.edition == 0]
        happenings = tuple(self._print(piece, now - timedelta(hours=5 + 7 * n)) for n, piece in enumerate(history))
        self._print_front_pages(PAPERS, now)
        return happenings

    def print_edition(self, edition: int, now: datetime) -> tuple[Happening, ...]:
        """Publish all that an edition brings, and the front pages that announce it."""
        pieces = [piece for piece in self._manuscripts.pieces if piece.edition == edition]
        corrections = [each for each in self._manuscripts.corrections if each.edition == edition]
        happenings = (
            *(self._print(piece, now) for piece in pieces),
            *(self._correct(each, now) for each in corrections),
        )
        touched = {happening.piece.paper.host for happening in happenings}
        self._print_front_pages(tuple(paper for paper in PAPERS if paper.host in touched), now)
        return happenings

    def _print(self, piece: Piece, at: datetime) -> Happening:
        # Whole seconds: that is all that feeds and pages say of a time.
        moment = at.astimezone(UTC).replace(microsecond=0)
        self._lay_out(InPrint(piece, moment, moment))
        return Happening("published", piece, at)

    def _correct(self, correction: Correction, at: datetime) -> Happening:
        before = self.in_print[correction.key]
        piece = replace(before.piece, title=correction.title, paragraphs=correction.paragraphs)
        self._lay_out(InPrint(piece, before.published, at.astimezone(UTC).replace(microsecond=0)))
        return Happening("corrected", piece, at)

    def _lay_out(self, printed: InPrint) -> None:
        self.in_print[printed.piece.key] = printed
        self._newspaper.publish(printed.piece.paper.host, printed.piece.path, self._page(printed))

    def _page(self, printed: InPrint) -> str:
        piece = printed.piece
        original = self._manuscripts.piece(piece.original) if piece.original else piece
        return pages.article(
            pages.Sheet(
                look=piece.paper.look,
                site=piece.paper.name,
                host=piece.paper.host,
                language=piece.paper.language,
                section=piece.section,
                url=piece.url,
                canonical=original.url,
                title=piece.title,
                lead=piece.lead,
                author=piece.author,
                paragraphs=piece.paragraphs,
                published=_local(printed.published, piece.paper),
                modified=_local(printed.modified, piece.paper),
                teasers=self._teasers(piece),
            )
        )

    def _teasers(self, piece: Piece) -> tuple[tuple[str, str], ...]:
        """Return (title, URL) of other pieces of the paper, as every page has them at its foot."""
        others = [each.piece for each in self.in_print.values() if each.piece.paper == piece.paper]
        return tuple((other.title, other.url) for other in others if other.slug != piece.slug)[-3:]

    def _print_front_pages(self, papers: tuple[Paper, ...], now: datetime) -> None:
        for paper in papers:
            items = self._items(paper)
            match paper.source, paper.path:
                case "sitemap", _:
                    self._print_sitemaps(paper, items)
                case "page", _:
                    self._newspaper.publish(paper.host, paper.path, pages.section(paper.name, paper.language, items))
                case _, path if "atom" in path:
                    body = pages.atom(paper.name, paper.source_url, paper.language, items, _local(now, paper))
                    self._newspaper.publish(paper.host, path, body, content_type=_ATOM)
                case _, path:
                    body = pages.rss(paper.name, paper.source_url, paper.language, items)
                    self._newspaper.publish(paper.host, path, body, content_type=_RSS)

    def _print_sitemaps(self, paper: Paper, items: tuple[pages.Item, ...]) -> None:
        child = "/sitemaps/news.xml.gz"
        body = pages.news_sitemap(paper.name, paper.language, items)
        # mtime=0: the same list must have the same bytes, and so the same ETag.
        self._newspaper.publish(paper.host, child, gzip.compress(body.encode(), mtime=0))
        newest = max(item.modified for item in items)
        index = pages.sitemap_index(((f"http://{paper.host}{child}", newest),))
        self._newspaper.publish(paper.host, paper.path, index)

    def _items(self, paper: Paper) -> tuple[pages.Item, ...]:
        """Return what a paper's front page lists, newest first."""
        printed = [each for each in self.in_print.values() if each.piece.paper == paper]
        printed.sort(key=lambda each: each.published, reverse=True)
        return tuple(
            pages.Item(
                id=f"{paper.host}:{each.piece.slug}",
                title=each.piece.title,
                url=each.piece.url,
                lead=each.piece.lead,
                author=each.piece.author,
                section=each.piece.section,
                published=_local(each.published, paper),
                modified=_local(each.modified, paper),
            )
            for each in printed
        )


def _local(moment: datetime, paper: Paper) -> datetime:
    """Return the moment as the paper writes it: with its own offset from UTC."""
    return moment.astimezone(timezone(timedelta(hours=paper.zone)))
