"""Newspapers for tests that are written here: articles that say little, feeds and sitemaps that list them.

Every article has words of its own, made from its name, so that no two are taken for copies.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

HTML = "text/html; charset=utf-8"

_WHO = (
    "der Stadtrat",
    "die Baudezernentin",
    "ein Sprecher",
    "die Opposition",
    "der Trainer",
    "eine Lehrerin",
    "das Ministerium",
    "der Verband",
    "die Feuerwehr",
    "ein Gutachter",
    "die Chorleiterin",
    "der Bäcker",
    "eine Pendlerin",
    "das Gericht",
    "die Winzer",
)
_DOES = (
    "beschloss",
    "verschob",
    "lobte",
    "prüfte",
    "bezweifelte",
    "eröffnete",
    "sammelte",
    "reparierte",
    "kritisierte",
    "übergab",
    "verkaufte",
    "vermaß",
    "feierte",
    "suchte",
    "strich",
)
_WHAT = (
    "den Radweg",
    "die Brücke",
    "einen Haushalt",
    "das Freibad",
    "neue Gleise",
    "alte Orgelpfeifen",
    "den Fahrplan",
    "Spenden",
    "eine Turnhalle",
    "das Rathausdach",
    "zwölf Apfelbäume",
    "den Stadtplan",
    "ein Gutachten",
    "die Schleuse",
    "den Wochenmarkt",
)
_WHEN = (
    "am Montag",
    "vor Ostern",
    "im Herbst",
    "nach langer Beratung",
    "überraschend",
    "zum dritten Mal",
    "ohne Gegenstimme",
    "bei Regen",
    "am frühen Morgen",
    "trotz Protesten",
    "mit Verspätung",
    "im kleinen Kreis",
    "wie geplant",
    "kurz vor Mitternacht",
)
_WHERE = (
    "in der Altstadt",
    "am Hafen",
    "hinter dem Bahnhof",
    "auf dem Kirchplatz",
    "im Nachbarort",
    "am Südhang",
    "vor dem Museum",
    "bei der Mühle",
    "im Gewerbegebiet",
    "am Stausee",
    "unter der Autobahn",
    "neben der Schule",
)


def words(name: str, sentences: int = 9) -> list[str]:
    """Return paragraphs that no other name gets; the same name always gets the same."""
    chance = random.Random(name)

    def sentence() -> str:
        parts = [chance.choice(each) for each in (_WHEN, _DOES, _WHO, _WHERE, _WHAT)]
        number = chance.randint(3, 998)
        return f"{' '.join(parts)}, {number} {chance.choice(_WHO)} {chance.choice(_WHEN)}."

    return [f"{line[0].upper()}{line[1:]}" for line in (sentence() for _ in range(sentences))]


@dataclass(frozen=True, slots=True)
class Printed:
    """One article: its address, headline and paragraphs, and what its page claims of it."""

    url: str
    title: str
    paragraphs: tuple[str, ...]
    id: str | None = None  # its id in feeds; its address where none is given
    canonical: str | None = None
    published: datetime | None = None
    updated: datetime | None = None

    @property
    def html(self) -> str:
        """The article's page."""
        canonical = f'<link rel="canonical" href="{escape(self.canonical)}">' if self.canonical else ""
        when = (self.published or datetime.now(UTC)).isoformat(timespec="seconds")
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.paragraphs)
        return (
            f'<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{escape(self.title)}</title>{canonical}'
            f'<meta property="og:type" content="article"><meta property="article:published_time" content="{when}">'
            f"</head><body><main><article><h1>{escape(self.title)}</h1>{body}</article></main></body></html>"
        )


def piece(host: str, name: str, *, about: str = "", **claims: object) -> Printed:
    """Return an article of words of its own; `about` is put into its first paragraph."""
    first, *rest = words(f"{host} {name}")
    title = f"{first.split(',')[0]} ({name})"
    paragraphs = (f"{about} {first}" if about else first, *rest)
    return Printed(f"http://{host}/{name}.html", title, paragraphs, **claims)  # type: ignore[arg-type]  # claims are fields


def rss(articles: Iterable[Printed], title: str = "Feed") -> str:
    """Return an RSS feed that lists articles."""
    items = "".join(
        f"<item><title>{escape(each.title)}</title><link>{escape(each.url)}</link>"
        f'<guid isPermaLink="false">{escape(each.id or each.url)}</guid>'
        f"<pubDate>{format_datetime(each.published or datetime.now(UTC), usegmt=True)}</pubDate></item>"
        for each in articles
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{escape(title)}</title>{items}</channel></rss>'


def sitemap(articles: Sequence[Printed]) -> str:
    """Return a news sitemap that lists articles."""
    urls = "".join(
        f"<url><loc>{escape(each.url)}</loc><news:news><news:publication><news:name>x</news:name><news:language>de"
        f"</news:language></news:publication><news:title>{escape(each.title)}</news:title></news:news></url>"
        for each in articles
    )
    return (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    )


def front_page(links: Iterable[Printed] = (), *, feed: str = "") -> str:
    """Return a home page that announces a feed, if one is given, and links to articles."""
    announced = f'<link rel="alternate" type="application/rss+xml" href="{escape(feed)}">' if feed else ""
    listed = "".join(f'<h2><a href="{escape(each.url)}">{escape(each.title)}</a></h2>' for each in links)
    return f"<!doctype html><html><head><title>Home</title>{announced}</head><body>{listed}</body></html>"
