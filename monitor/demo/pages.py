"""What the invented papers look like on the wire: article pages, feeds, sitemaps, section pages.

Three layouts, each with the furniture of real pages (navigation, breadcrumb, byline, a teaser in
the middle of the text, related links, comments, footer, cookie banner), and each telling title
and time in another way: JSON-LD, a JSON-LD graph, or meta tags alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything an article page shows. Times have the paper's own offset."""

    look: str
    site: str
    host: str
    language: str
    section: str
    url: str
    canonical: str
    title: str
    lead: str
    author: str
    paragraphs: tuple[str, ...]
    published: datetime
    modified: datetime
    teasers: tuple[tuple[str, str], ...]  # (title, URL)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a front page. Times have the paper's own offset."""

    id: str
    title: str
    url: str
    lead: str
    author: str
    section: str
    published: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says around its article, in the paper's language."""

    home: str
    sections: tuple[str, ...]
    by: str
    read_also: str
    related: str
    comments: str
    caption: str
    cookies: str
    accept: str
    imprint: str


_WORDS = {
    "de": Words(
        home="Startseite",
        sections=("Politik", "Wirtschaft", "Sport", "Kultur", "Wetter"),
        by="Von",
        read_also="Lesen Sie auch",
        related="Auch interessant",
        comments="Kommentare",
        caption="Symbolbild",
        cookies="Wir verwenden Cookies, um Inhalte zu personalisieren.",
        accept="Alle akzeptieren",
        imprint="Impressum · Datenschutz · Abo",
    ),
    "en": Words(
        home="Home",
        sections=("World", "Local", "Business", "Sport", "Weather"),
        by="By",
        read_also="Read more",
        related="More from us",
        comments="Comments",
        caption="File photo",
        cookies="We use cookies to improve your experience on our site.",
        accept="Accept all",
        imprint="About us · Privacy · Contact",
    ),
    "uk": Words(
        home="Головна",
        sections=("Війна", "Місто", "Спорт", "Погода"),
        by="Автор",
        read_also="Читайте також",
        related="Новини за темою",
        comments="Коментарі",
        caption="Ілюстративне фото",
        cookies="Ми використовуємо файли cookie.",
        accept="Погоджуюся",
        imprint="Про нас · Реклама · Контакти",
    ),
    "ru": Words(
        home="Главная",
        sections=("Новости", "Общество", "Спорт", "Погода"),
        by="Автор",
        read_also="Читайте также",
        related="Ещё по теме",
        comments="Комментарии",
        caption="Фото из архива",
        cookies="Мы используем файлы cookie.",
        accept="Согласен",
        imprint="О редакции · Реклама · Контакты",
    ),
    "ko": Words(
        home="홈",
        sections=("정치", "사회", "경제", "스포츠"),
        by="글",
        read_also="함께 읽기",
        related="관련 기사",
        comments="댓글",
        caption="자료 사진",
        cookies="이 사이트는 쿠키를 사용합니다.",
        accept="동의",
        imprint="회사 소개 · 개인정보 처리방침 · 구독",
    ),
}


def robots(sitemap: str | None) -> str:
    """Return a robots.txt that forbids the archive and lets all else in."""
    rules = "User-agent: *\nDisallow: /search\nDisallow: /print/\n"
    return f"{rules}\nSitemap: {sitemap}\n" if sitemap else rules


# ── Article pages ────────────────────────────────────────────────────────────────────────────


def article(sheet: Sheet) -> str:
    """Return the HTML of an article in its paper's layout."""
    return _LOOKS[sheet.look](sheet, _WORDS[sheet.language])


def _network(sheet: Sheet, words: Words) -> str:
    """The regional publisher: semantic tags, JSON-LD, a teaser box in the middle of the text."""
    data = _ld_article(sheet) | {"@context": "https://schema.org", "articleSection": sheet.section}
    body = f"""
<article class="id-Story" itemscope>
<nav class="id-Breadcrumb"><ol>
<li><a href="/">{words.home}</a></li>
<li><a href="/{sheet.section}/">{escape(sheet.section.title())}</a></li>
</ol></nav>
<header><h1 class="id-Story-headline">{escape(sheet.title)}</h1>
<p class="id-Story-byline">{words.by} <a rel="author" href="/autor/">{escape(sheet.author)}</a>
<time datetime="{_iso(sheet.published)}">{_written(sheet.published)}</time></p></header>
<figure><img src="http://{sheet.host}/bilder/{sheet.section}.jpg" alt="">
<figcaption>{words.caption}</figcaption></figure>
<p class="id-Story-lead"><strong>{escape(sheet.lead)}</strong></p>
{_paragraphs(sheet.paragraphs[:2])}
{_inline_teaser(sheet, words)}
{_paragraphs(sheet.paragraphs[2:])}
</article>
<section class="id-Comments"><h2>{words.comments}</h2><p><a href="#login">Login</a></p></section>"""
    return _document(sheet, words, head=_ld_script(data), body=body)


def _magazine(sheet: Sheet, words: Words) -> str:
    """The magazine: nested boxes, a JSON-LD graph, a newsletter form between paragraphs."""
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": sheet.site, "url": f"http://{sheet.host}/"},
            {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": words.home}]},
            _ld_article(sheet),
        ],
    }
    body = f"""
<main><div class="layout"><div class="story">
<div class="story__kicker">{escape(sheet.section.title())}</div>
<h1>{escape(sheet.title)}</h1>
<p class="story__standfirst">{escape(sheet.lead)}</p>
<div class="story__meta"><span class="byline">{words.by} {escape(sheet.author)}</span> |
<time datetime="{_iso(sheet.published)}">{_written(sheet.published)}</time></div>
<div class="story__body">
{_paragraphs(sheet.paragraphs[:1])}
<aside class="newsletter"><form action="/newsletter">
<label>Newsletter <input type="email"></label><button>OK</button>
</form></aside>
{_paragraphs(sheet.paragraphs[1:])}
</div></div></div></main>"""
    return _document(sheet, words, head=_ld_script(graph), body=body)


def _portal(sheet: Sheet, words: Words) -> str:
    """The news portal: no JSON-LD, times in meta tags only, everything in divs."""
    head = f"""<meta property="article:published_time" content="{_iso(sheet.published)}">
<meta property="article:modified_time" content="{_iso(sheet.modified)}">
<meta name="author" content="{escape(sheet.author)}">"""
    body = f"""
<div class="wrap">
<div class="crumbs"><a href="/">{words.home}</a> / <a href="/{sheet.section}/">{escape(sheet.section)}</a></div>
<div class="post" itemscope itemtype="https://schema.org/NewsArticle">
<h1 itemprop="headline">{escape(sheet.title)}</h1>
<div class="post-info"><span class="date">{_written(sheet.published)}</span>
<span class="author">{escape(sheet.author)}</span></div>
<div class="post-text" itemprop="articleBody">
<p><b>{escape(sheet.lead)}</b></p>
{_paragraphs(sheet.paragraphs)}
</div>
{_inline_teaser(sheet, words)}
<div class="share"><a href="#">Telegram</a> <a href="#">Facebook</a> <a href="#">X</a></div>
</div></div>"""
    return _document(sheet, words, head=head, body=body)


_LOOKS: dict[str, Callable[[Sheet, Words], str]] = {"network": _network, "magazine": _magazine, "portal": _portal}


def _document(sheet: Sheet, words: Words, *, head: str, body: str) -> str:
    menu = "".join(f'<li><a href="/{number}/">{name}</a></li>' for number, name in enumerate(words.sections, start=1))
    return f"""<!doctype html>
<html lang="{sheet.language}">
<head>
<meta charset="utf-8">
<title>{escape(sheet.title)} | {escape(sheet.site)}</title>
<link rel="canonical" href="{escape(sheet.canonical)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{escape(sheet.lead)}">
<meta property="og:type" content="article">
<meta property="og:title" content="{escape(sheet.title)}">
<meta property="og:description" content="{escape(sheet.lead)}">
<meta property="og:site_name" content="{escape(sheet.site)}">
<meta property="og:url" content="{escape(sheet.url)}">
<meta property="og:image" content="http://{sheet.host}/bilder/{sheet.section}.jpg">
{head}
</head>
<body>
<header class="site"><a class="logo" href="/">{escape(sheet.site)}</a><nav><ul>{menu}</ul></nav></header>
{body}
<aside class="related"><h3>{words.related}</h3>{_teaser_list(sheet)}</aside>
<footer class="site"><p>{words.imprint}</p><p>© {escape(sheet.site)}</p></footer>
<div id="cookie-banner" role="dialog"><p>{words.cookies}</p><button>{words.accept}</button></div>
</body>
</html>
"""


def _paragraphs(texts: tuple[str, ...]) -> str:
    return "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in texts)


def _inline_teaser(sheet: Sheet, words: Words) -> str:
    if not sheet.teasers:
        return ""
    title, url = sheet.teasers[0]
    return f'<div class="teaser-inline"><a href="{escape(url)}"><b>{words.read_also}:</b> {escape(title)}</a></div>'


def _teaser_list(sheet: Sheet) -> str:
    links = (f'<li><a href="{escape(url)}">{escape(title)}</a></li>' for title, url in sheet.teasers)
    return f"<ul>{''.join(links)}</ul>"


def _ld_article(sheet: Sheet) -> dict[str, Any]:
    return {
        "@type": "NewsArticle",
        "headline": sheet.title,
        "description": sheet.lead,
        "datePublished": _iso(sheet.published),
        "dateModified": _iso(sheet.modified),
        "author": [{"@type": "Person", "name": sheet.author}],
        "publisher": {"@type": "Organization", "name": sheet.site},
        "mainEntityOfPage": sheet.canonical,
        "image": f"http://{sheet.host}/bilder/{sheet.section}.jpg",
    }


def _ld_script(data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _written(moment: datetime) -> str:
    return moment.strftime("%d.%m.%Y %H:%M")


# ── Front pages ──────────────────────────────────────────────────────────────────────────────


def rss(site: str, url: str, language: str, items: tuple[Item, ...]) -> str:
    """Return an RSS 2.0 feed with guids that are no addresses."""
    entries = "".join(
        f"""<item>
<title>{escape(item.title)}</title>
<link>{escape(item.url)}</link>
<guid isPermaLink="false">{escape(item.id)}</guid>
<pubDate>{format_datetime(item.published)}</pubDate>
<dc:creator>{escape(item.author)}</dc:creator>
<description>{escape(item.lead)}</description>
</item>
"""
        for item in items
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>{escape(site)}</title>
<link>{escape(url)}</link>
<description>{escape(site)}</description>
<language>{language}</language>
<atom:link href="{escape(url)}" rel="self" type="application/rss+xml"/>
{entries}</channel>
</rss>
"""


def atom(site: str, url: str, language: str, items: tuple[Item, ...], now: datetime) -> str:
    """Return an Atom feed."""
    entries = "".join(
        f"""<entry>
<id>tag:{escape(item.id)}</id>
<title>{escape(item.title)}</title>
<link rel="alternate" type="text/html" href="{escape(item.url)}"/>
<published>{_iso(item.published)}</published>
<updated>{_iso(item.modified)}</updated>
<author><name>{escape(item.author)}</name></author>
<summary>{escape(item.lead)}</summary>
</entry>
"""
        for item in items
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">
<id>{escape(url)}</id>
<title>{escape(site)}</title>
<link rel="self" href="{escape(url)}"/>
<updated>{_iso(now)}</updated>
{entries}</feed>
"""


def news_sitemap(site: str, language: str, items: tuple[Item, ...]) -> str:
    """Return a sitemap with the Google News tags."""
    entries = "".join(
        f"""<url>
<loc>{escape(item.url)}</loc>
<lastmod>{_iso(item.modified)}</lastmod>
<news:news>
<news:publication><news:name>{escape(site)}</news:name><news:language>{language}</news:language></news:publication>
<news:publication_date>{_iso(item.published)}</news:publication_date>
<news:title>{escape(item.title)}</news:title>
</news:news>
</url>
"""
        for item in items
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
{entries}</urlset>
"""


def sitemap_index(children: tuple[tuple[str, datetime], ...]) -> str:
    """Return an index of (URL, last change)."""
    entries = "".join(
        f"<sitemap><loc>{escape(url)}</loc><lastmod>{_iso(modified)}</lastmod></sitemap>\n"
        for url, modified in children
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{entries}</sitemapindex>
"""


def section(site: str, language: str, items: tuple[Item, ...]) -> str:
    """Return the section page of a paper that has no feed."""
    words = _WORDS[language]
    menu = "".join(f'<li><a href="/{number}/">{name}</a></li>' for number, name in enumerate(words.sections, start=1))
    lines = "".join(
        f'<div class="news-item"><span class="date">{_written(item.published)}</span> '
        f'<a class="headline" href="{escape(item.url)}">{escape(item.title)}</a></div>\n'
        for item in items
    )
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{escape(site)}</title></head>
<body><header><a href="/">{escape(site)}</a><nav><ul>{menu}</ul></nav></header>
<div class="news-list">
{lines}</div>
<footer><a href="/about/">{words.imprint}</a></footer></body></html>
"""
