"""A town of real newspapers on loopback: thousands of real pages under their own host names, with feeds made for them.

The pages come from the real data sets, each at its own address (http instead of https). Hosts in
turn offer them by RSS, Atom, news sitemap, or a sitemap index.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from monitor.demo.newspaper import Newspaper


@dataclass(frozen=True, slots=True)
class RealPage:
    """One real page: where it is served, its file, and what its data set says of it."""

    url: str
    path: Path
    gold: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Stand:
    """One host's offer: the kind of source, where it is, and the pages it lists."""

    host: str
    kind: str
    url: str
    pages: tuple[RealPage, ...]


def real_pages(root: Path, sets: Sequence[str] = ("fundus", "trafilatura_eval")) -> list[RealPage]:
    """Return the pages of the data sets, one per address."""
    found: dict[str, RealPage] = {}
    for name in sets:
        for line in (root / name / "gold.jsonl").read_text(encoding="utf-8").splitlines():
            gold = json.loads(line)
            path = root / name / gold["file"]
            if path.is_file():
                url = _address(str(gold["url"]).strip(), path)
                found.setdefault(url, RealPage(url, path, gold))
    return list(found.values())


def _address(url: str, path: Path) -> str:
    """Return a page's own address by http, or an invented one where its data set does not name it."""
    scheme, _, rest = url.partition("://")
    return f"http://{rest}" if scheme in {"http", "https"} else f"http://unnamed.example/{quote(path.stem)}.html"


def build(newspaper: Newspaper, pages: Iterable[RealPage]) -> list[Stand]:
    """Serve the pages and one source per host; return the sources."""
    by_host: defaultdict[str, list[RealPage]] = defaultdict(list)
    for page in pages:
        by_host[urlsplit(page.url).netloc].append(page)
    newspaper.serve({page.url: page.path for group in by_host.values() for page in group})
    makers = (_rss, _atom, _news_sitemap, _index)
    return [
        makers[number % len(makers)](newspaper, host, tuple(group))
        for number, (host, group) in enumerate(sorted(by_host.items()))
    ]


def configuration(stands: Sequence[Stand], dial: str, *, extra: str = "") -> str:
    """Return a tocsin.yml that watches the stands; every host name is dialled at `dial`."""
    outlets = "".join(f'  - {{name: {stand.host}, {stand.kind}: "{stand.url}"}}\n' for stand in stands)
    network = f'network: {{allow: [127.0.0.1], hosts: {{"*": "{dial}"}}, delay: 0s, per_host: 8}}'
    return f"outlets:\n{outlets}{extra}\n{network}\n"


def _title(page: RealPage) -> str:
    return str(page.gold.get("title") or page.path.stem)


def _rss(newspaper: Newspaper, host: str, pages: tuple[RealPage, ...]) -> Stand:
    items = "".join(
        f"<item><title>{escape(_title(page))}</title><link>{escape(page.url)}</link>"
        f'<guid isPermaLink="false">{number}</guid></item>'
        for number, page in enumerate(pages)
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'
    return _publish(newspaper, host, "feed", "/tocsin-feed.xml", body, pages)


def _atom(newspaper: Newspaper, host: str, pages: tuple[RealPage, ...]) -> Stand:
    entries = "".join(
        f"<entry><id>urn:{host}:{number}</id><title>{escape(_title(page))}</title>"
        f'<link rel="alternate" href="{escape(page.url)}"/><updated>2026-01-01T00:00:00Z</updated></entry>'
        for number, page in enumerate(pages)
    )
    body = (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:{host}</id><title>{host}</title>{entries}</feed>"
    )
    return _publish(newspaper, host, "feed", "/tocsin-atom.xml", body, pages)


def _news_sitemap(newspaper: Newspaper, host: str, pages: tuple[RealPage, ...]) -> Stand:
    return _publish(newspaper, host, "sitemap", "/tocsin-news.xml", _urlset(host, pages), pages)


def _index(newspaper: Newspaper, host: str, pages: tuple[RealPage, ...]) -> Stand:
    newspaper.publish(host, "/tocsin-part.xml", _urlset(host, pages), content_type="application/xml")
    body = (
        '<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"<sitemap><loc>http://{host}/tocsin-part.xml</loc></sitemap></sitemapindex>"
    )
    return _publish(newspaper, host, "sitemap", "/tocsin-index.xml", body, pages)


def _urlset(host: str, pages: tuple[RealPage, ...]) -> str:
    urls = "".join(
        f"<url><loc>{escape(page.url)}</loc><news:news><news:publication><news:name>{host}</news:name>"
        f"<news:language>de</news:language></news:publication><news:title>{escape(_title(page))}</news:title>"
        "</news:news></url>"
        for page in pages
    )
    return (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    )


def _publish(newspaper: Newspaper, host: str, kind: str, path: str, body: str, pages: tuple[RealPage, ...]) -> Stand:
    newspaper.publish(host, path, body, content_type="application/xml")
    return Stand(host, kind, f"http://{host}{path}", pages)
