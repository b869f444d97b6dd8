"""Each field of a page's metadata, witness by witness."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from lxml.html import document_fromstring

from monitor.parse.metadata import Metadata, read

URL = "https://www.kurier.example/politik/bruecke-1"


def facts(head: str = "", body: str = "", *, ld: object = None, url: str = URL) -> Metadata:
    block = f'<script type="application/ld+json">{json.dumps(ld)}</script>' if ld is not None else ""
    return read(document_fromstring(f"<html><head>{head}{block}</head><body>{body}</body></html>"), url=url)


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


SITE = meta("og:site_name", "Der Kurier")


@pytest.mark.parametrize(
    ("head", "body", "ld", "expected"),
    [
        ("<title>Brücke gesperrt | Der Kurier</title>", "", None, "Brücke gesperrt"),
        ("<title>Der Kurier - Brücke gesperrt</title>", "", None, "Brücke gesperrt"),
        (meta("og:title", "Brücke gesperrt – Der Kurier – 06.01.2025"), "", None, "Brücke gesperrt"),
        (
            meta("og:title", "Brücke in Grauwarden gesperrt"),
            "<h1>Der Kurier</h1>",
            None,
            "Brücke in Grauwarden gesperrt",
        ),
        (meta("og:title", "Brücke gesperrt"), "<h1>Hafen Brücke gesperrt</h1>", None, "Brücke gesperrt"),
        ("<title>Stau: Wie die Stadt nun plant</title>", "", None, "Stau: Wie die Stadt nun plant"),
        (
            "<title>Bridge closed today SEO</title>" + meta("og:title", "Bridge closed today SEO"),
            "",
            {"@type": "NewsArticle", "headline": "The bridge that fell silent"},
            "The bridge that fell silent",
        ),
        ("", "<h1>Brücke &amp; Bahn gesperrt</h1>", None, "Brücke & Bahn gesperrt"),
        (
            "",
            "",
            {"@graph": [{"@type": "WebSite", "name": "Der Kurier"}, {"@type": "Article", "headline": "Brücke zu"}]},
            "Brücke zu",
        ),
    ],
)
def test_the_title_is_the_publishers_headline(head: str, body: str, ld: object, expected: str) -> None:
    assert facts(SITE + head, body, ld=ld).title == expected


@pytest.mark.parametrize(
    ("head", "body", "ld", "expected"),
    [
        (
            "",
            "",
            {"@type": "NewsArticle", "author": [{"name": "Jonna Petersen"}, {"name": "Ole Quast"}]},
            ("Jonna Petersen", "Ole Quast"),
        ),
        (
            "",
            "",
            {"@type": "NewsArticle", "author": "By Jonna Petersen and Ole Quast"},
            ("Jonna Petersen", "Ole Quast"),
        ),
        (meta("author", "Von Jonna Petersen, Ole Quast"), "", None, ("Jonna Petersen", "Ole Quast")),
        (meta("author", "Jonna Petersen und Ole Quast"), "", None, ("Jonna Petersen", "Ole Quast")),
        (meta("author", "Jonna Petersen &amp; Ole Quast"), "", None, ("Jonna Petersen", "Ole Quast")),
        (
            meta("article:author", "https://facebook.example/jp"),
            "<a rel=author>Jonna Petersen</a>",
            None,
            ("Jonna Petersen",),
        ),
        ("", '<p class="byline">By <a>Jonna Petersen</a> | Photos</p>', None, ("Jonna Petersen",)),
        ("", '<span itemprop="author"><span itemprop="name">Jonna Petersen</span></span>', None, ("Jonna Petersen",)),
        (
            "",
            "",
            {"@type": "NewsArticle", "author": {"@type": "Person", "name": "Jonna Petersen (jp@kurier.example)"}},
            ("Jonna Petersen",),
        ),
        (meta("author", "Der Kurier"), '<p class="author">Von Jonna Petersen</p>', None, ("Jonna Petersen",)),
        ("", '<div class="comment"><span class="author">Max Mustermann</span></div>', None, ()),
        (
            "",
            '<div class="k3x">By <a href="/authors/jonna-petersen">Jonna Petersen</a></div>',
            None,
            ("Jonna Petersen",),
        ),
        (
            "",
            '<article><footer class="meta"><a rel="author">Jonna Petersen</a></footer></article>',
            None,
            ("Jonna Petersen",),
        ),
        (
            "",
            f'<p><a rel="author">Jonna Petersen</a></p><p>{"Die Brücke bleibt zu. " * 30}</p>'
            '<div><a rel="author">Max Mustermann</a></div>',
            None,
            ("Jonna Petersen",),
        ),
        ("", f'<p>{"Die Brücke bleibt zu. " * 20}<a href="/author/max-m">Max Mustermann</a></p>', None, ()),
    ],
)
def test_authors_are_the_persons_named(head: str, body: str, ld: object, expected: tuple[str, ...]) -> None:
    assert facts(SITE + head, body, ld=ld).authors == expected


NOON = datetime(2025, 1, 6, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "body", "ld"),
    [
        ("", "", {"@type": "NewsArticle", "datePublished": "2025-01-06T12:00:00+01:00"}),
        ("", "", [{"@type": "NewsArticle", "datePublished": ["2025-01-06T11:00:00Z"]}]),
        (meta("article:published_time", "2025-01-06T12:00:00+01:00"), "", None),
        ('<meta itemprop="datePublished" content="2025-01-06T12:00:00+01:00">', "", None),
        ("", '<span itemprop="datePublished" content="2025-01-06T11:00:00Z">gestern</span>', None),
        ("", '<article><time datetime="2025-01-06T11:00:00Z">6. Januar</time></article>', None),
    ],
)
def test_the_time_of_publication_keeps_hour_and_zone(head: str, body: str, ld: object) -> None:
    assert facts(head, body, ld=ld).published == NOON


@pytest.mark.parametrize("claim", ["gestern", "0000-00-00", "9999999", "x" * 100_000, "{{ date }}"])
def test_e11_a_senseless_date_is_none(claim: str) -> None:
    assert facts(meta("article:published_time", claim)).published is None


@pytest.mark.parametrize(
    ("body", "url", "day"),
    [
        (
            "<h1>Brücke zu</h1><div>Stand des Artikels: 6. Januar 2025, 12:30 Uhr</div>",
            URL,
            "2025-01-06T12:30:00+00:00",
        ),
        ("<div><span>06.01.2025</span></div><h1>Brücke zu</h1>", URL, "2025-01-06T00:00:00+00:00"),
        ("<h1>Brücke zu</h1>", "https://a.example/2025/01/06/bruecke-zu", "2025-01-06T00:00:00+00:00"),
        ("<h1>Brücke zu</h1>", "https://a.example/bruecke-zu-20250106.html", "2025-01-06T00:00:00+00:00"),
        ("<h1>Genetik</h1>", "https://a.example/news/genetik/2039026", None),
        (f"<h1>Brücke zu</h1><p>{'Die alte Brücke. ' * 20}</p><div>6. Januar 2025</div>", URL, None),
        ("<h1>Brücke zu</h1><div>© 6. Januar 2025 Der Kurier</div>", URL, None),
    ],
)
def test_a_date_nothing_states_is_read_by_the_headline_or_in_the_address(body: str, url: str, day: str | None) -> None:
    published = facts("", body, url=url).published
    assert (published and published.isoformat()) == day


def test_a_time_in_a_list_of_other_articles_is_not_this_ones() -> None:
    assert facts("", '<ul><li><time datetime="2024-05-05T10:00:00Z">5. Mai</time></li></ul>').published is None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<link rel="canonical" href="/politik/bruecke-1">', URL),
        ('<link rel="canonical" href="https://www.kurier.example/">' + meta("og:url", URL), URL),
        ('<link rel="canonical" href="https://www.kurier.example/">', None),
        ('<link rel="canonical" href="javascript:void(0)">', None),
        (meta("og:url", "https://www.kurier.example/x"), "https://www.kurier.example/x"),
        ("", None),
    ],
)
def test_the_canonical_address_is_absolute_and_never_the_home_page(head: str, expected: str | None) -> None:
    assert facts(head).canonical_url == expected


@pytest.mark.parametrize(
    "broken",
    [
        '{"@type":"NewsArticle","headline":"Brücke zu",}',
        '<!-- {"@type":"NewsArticle","headline":"Brücke zu"} -->',
        '//<![CDATA[\n{"@type":"NewsArticle","headline":"Brücke zu"}\n//]]>',
        '{"@type":"NewsArticle","headline":"Brücke zu","articleBody":"eine\nzweite"}',
        '{"@type":"NewsArticle","headline":"Brücke zu"};',
    ],
)
def test_json_ld_broken_in_known_ways_is_read(broken: str) -> None:
    assert facts(f'<script type="application/ld+json">{broken}</script>').title == "Brücke zu"


@pytest.mark.parametrize(
    "ld", [[], {}, 5, "x", None, {"@graph": [None, 5, []]}, {"@type": 5, "author": 5, "image": [[]], "publisher": []}]
)
def test_json_ld_of_any_shape_is_harmless(ld: object) -> None:
    assert facts(ld=ld).authors == ()


def test_the_image_is_absolute() -> None:
    assert facts(meta("og:image", "//cdn.example/a.jpg")).image == "https://cdn.example/a.jpg"
