"""Pages as strangers serve them: the seed page's shape, lying charsets, what is no page, and noise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import PageUnreadable
from monitor.model import Page
from monitor.parse.page import parse_page
from tests.data import shared_data

SAMPLES = Path(__file__).parent.parent / "samples" / "article"
URL = "https://news.example/politics/a-story-1"
PARAGRAPHS = (
    "Der Stadtrat hat am Montag beschlossen, die alte Brücke für den gesamten Verkehr zu sperren, weil "
    "Prüfer Risse fanden.",
    "Die Bürgermeisterin bat alle Pendler um Geduld und kündigte an, dass ein Gutachten bis Ende Februar "
    "vorliegen werde.",
    "Fußgänger dürfen die Brücke weiterhin benutzen, während Busse und Autos den Umweg über die Schleuse "
    "nehmen müssen.",
)


def html(*, head: str = "", body: str = "", lang: str = "de") -> str:
    text = body or "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    article = f"<article><h1>Brücke gesperrt</h1>{text}</article>"
    return f'<!DOCTYPE html><html lang="{lang}"><head>{head}</head><body>{article}</body></html>'


def read(source: str | bytes, **options: str) -> Page:
    body = source if isinstance(source, bytes) else source.encode()
    return parse_page(body, url=URL, **options)


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.html")), ids=lambda path: path.stem)
def test_a_sample_page_gives_exactly_what_is_expected_of_it(sample: Path) -> None:
    expected = json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))
    page = parse_page(sample.read_bytes(), url=expected["url"])
    said = {
        "url": page.url,
        "canonical_url": page.canonical_url,
        "title": page.title,
        "authors": list(page.authors),
        "published": page.published and page.published.isoformat(),
        "modified": page.modified and page.modified.isoformat(),
        "language": page.language,
        "site_name": page.site_name,
        "image": page.image,
        "description": page.description,
        "access": page.access.value,
    }
    assert said == {key: value for key, value in expected.items() if key != "paragraph_starts"}
    lines = page.text.splitlines()
    assert len(lines) == len(expected["paragraph_starts"]), page.text
    assert all(line.startswith(start) for line, start in zip(lines, expected["paragraph_starts"], strict=True))


def test_the_text_has_one_paragraph_a_line_and_no_title() -> None:
    assert read(html()).text.splitlines() == list(PARAGRAPHS)


@pytest.mark.parametrize(
    ("encoding", "content_type", "head"),
    [
        ("utf-8", "text/html; charset=iso-8859-1", ""),
        ("utf-8", None, '<meta charset="windows-1252">'),
        ("utf-8-sig", "text/html; charset=windows-1251", ""),
        ("cp1252", None, ""),
        ("cp1252", "text/html; charset=utf-8", ""),
        ("cp1252", None, '<meta http-equiv="content-type" content="text/html; charset=iso-8859-1">'),
        ("cp1252", "text/html; charset=utf-7", ""),
        ("cp1252", "text/html; charset=hex", ""),
        ("utf-16", None, ""),
        ("utf-16-le", None, ""),
        ("utf-8", None, "<script>" + "x" * 3000 + '</script><meta charset="utf-8">'),
    ],
)
def test_f6_umlauts_survive_what_header_and_page_claim(encoding: str, content_type: str | None, head: str) -> None:
    page = parse_page(html(head=head).encode(encoding), url=URL, content_type=content_type)
    assert page.text.splitlines() == list(PARAGRAPHS)


RUSSIAN = (
    "Городской совет в понедельник решил закрыть старый мост для всего движения, потому что эксперты нашли трещины."
)


@pytest.mark.parametrize(
    ("encoding", "content_type", "head"),
    [
        ("cp1251", "text/html; charset=windows-1251", ""),
        ("cp1251", "text/html; charset=ISO-8859-1", '<meta charset="windows-1251">'),
        ("cp1251", "text/html; charset=ISO-8859-1", ""),
        ("koi8-r", None, '<meta charset="koi8-r">'),
    ],
)
def test_f6_cyrillic_survives_a_server_that_says_latin(encoding: str, content_type: str | None, head: str) -> None:
    source = html(head=head, body=f"<p>{RUSSIAN}</p><p>{RUSSIAN} Так сказал мэр.</p>", lang="ru")
    page = parse_page(
        source.replace("Brücke gesperrt", "Мост закрыт").encode(encoding), url=URL, content_type=content_type
    )
    assert page.text.startswith(RUSSIAN)
    assert page.language == "ru"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"%PDF-1.7\n%\xe2\xe3 <html>",
        b"PK\x03\x04" + bytes(200),
        b"\x1f\x8b\x08" + bytes(50),
        b"\x00\x00\x00\x20ftypisom" + bytes(100),
        b"\x89PNG\r\n\x1a\n",
        b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>',
        b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
        b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>',
        b"just a sentence without any markup",
        bytes(range(256)) * 400 + b"<p>",
    ],
)
def test_f12_what_is_no_page_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(PageUnreadable) as refusal:
        parse_page(body, url=URL, content_type="text/html")
    assert refusal.value.reason


def test_a_page_without_text_keeps_its_other_facts() -> None:
    page = read('<html lang="fi"><head><title>Hyvin lyhyt uutinen sillasta</title></head><body></body></html>')
    assert (page.text, page.title, page.language) == ("", "Hyvin lyhyt uutinen sillasta", "fi")
    assert page.fingerprint is None


@pytest.mark.parametrize(
    "hostile",
    ["<!--" * 20_000, "<div>" * 5000, "<a <a " * 10_000, "<![CDATA[" * 10_000, "<ul><li>" * 5000, "<b><i>" * 5000],
    ids=["comments", "divs", "attributes", "cdata", "lists", "inline"],
)
def test_f4_hostile_markup_neither_hangs_nor_crashes(hostile: str) -> None:
    assert read(html()[: -len("</article></body></html>")] + hostile).text.startswith(PARAGRAPHS[0])


def test_f7_deceiving_characters_are_gone_from_every_field() -> None:
    dirty = "Rat\u200b haus\u202e sa\u0007gt\u00a0Ja"
    page = read(
        html(
            head=f'<meta property="og:description" content="{dirty}">',
            body=f"<p>{dirty} {PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>",
        )
    )
    assert not set("\u200b\u202e\u0007\x00") & set(page.text + page.title + page.description)


@pytest.mark.parametrize(
    ("lang", "hint", "expected"),
    [
        ("de-AT", None, "de"),
        ("", None, "de"),
        ("en", None, "de"),
        ("", "de", "de"),
        ("en", "de", "de"),
        ("zxx", None, "de"),
    ],
)
def test_the_language_is_the_texts_where_the_page_says_another(lang: str, hint: str | None, expected: str) -> None:
    assert parse_page(html(lang=lang).encode(), url=URL, hint=hint).language == expected


def test_the_standfirst_comes_first_even_if_it_is_called_a_teaser() -> None:
    lead = "Risse im Stahl zwingen die Stadt zu einem drastischen Schritt, der Monate dauern kann."
    body = f'<p class="article-teaser">{lead}</p>' + "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    head = f'<meta name="description" content="{lead}">'
    assert read(html(head=head, body=body)).text.splitlines() == [lead, *PARAGRAPHS]


def test_the_stated_body_stands_in_where_the_markup_hides_the_text() -> None:
    stated = json.dumps({"@type": "NewsArticle", "headline": "Brücke gesperrt", "articleBody": "\n\n".join(PARAGRAPHS)})
    head = f'<script type="application/ld+json">{stated}</script>'
    assert read(html(head=head, body="<p>Kurz.</p>")).text.splitlines() == list(PARAGRAPHS)


@pytest.mark.parametrize(
    "heading",
    ["Auch interessant", "Lesen Sie auch:", "Read more", "À lire aussi", "Czytaj także", "Читайте также", "関連記事"],
)
def test_lists_of_other_articles_are_not_text(heading: str) -> None:
    teasers = f'<div><h3>{heading}</h3><ul><li><a href="/x">Ganz andere Nachricht aus der Provinz</a></li></ul></div>'
    body = f"<p>{PARAGRAPHS[0]}</p>{teasers}<p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p>"
    assert read(html(body=body)).text.splitlines() == list(PARAGRAPHS)


TEASER = (
    '<div class="x1"><a href="/andere-{n}"><img src="/{n}.jpg"></a><a href="/andere-{n}">Ganz andere Nachricht {n} aus '
    "der Provinz</a><p>Ein Anreißer, der von einem anderen Artikel erzählt und hier nichts verloren hat.</p></div>"
)
BLOCK_LINK = (
    '<a href="/andere-{n}"><section><h1>Ganz andere Nachricht {n}</h1><p>Ein Anreißer, der von einem anderen '
    "Artikel erzählt und hier nichts verloren hat.</p></section></a>"
)


@pytest.mark.parametrize(
    "shape", [TEASER, BLOCK_LINK], ids=["picture and title with one address", "link around blocks"]
)
@pytest.mark.parametrize("at", [1, 3])
def test_a_teaser_is_told_by_its_shape_whatever_its_class(shape: str, at: int) -> None:
    pieces = [f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS]
    pieces.insert(at, "<div>" + "".join(shape.format(n=n) for n in range(2)) + "</div>")
    page = read(html(head="<title>Brücke gesperrt</title>", body="".join(pieces)))
    assert page.text.splitlines() == list(PARAGRAPHS)


def test_a_paragraph_with_a_picture_and_a_link_to_one_address_stays() -> None:
    linked = (
        f'<p><a href="/b"><img src="/b.jpg"></a>{PARAGRAPHS[1]} Mehr sagt <a href="/b">der Bericht der Stadt</a>.</p>'
    )
    text = read(html(body=f"<p>{PARAGRAPHS[0]}</p>{linked}<p>{PARAGRAPHS[2]}</p>")).text
    assert PARAGRAPHS[1] in text


@pytest.mark.parametrize("box", ['<div class="comments-area">{}</div>', '<aside class="mod">{}</aside>'])
def test_a_short_article_is_not_lost_among_longer_comments_and_side_columns(box: str) -> None:
    others = "".join(f"<div><p>{paragraph} Das schreibt Leserin {n}, und sie hat viel dazu zu sagen.</p></div>"
                     for n in range(9) for paragraph in PARAGRAPHS)  # fmt: skip
    article = "".join(f"<p>{paragraph} {paragraph}</p>" for paragraph in PARAGRAPHS) * 2
    page = read(f"<html><body><article><h1>Brücke gesperrt</h1>{article}</article>{box.format(others)}</body></html>")
    assert "Leserin" not in page.text
    assert PARAGRAPHS[2] in page.text


def test_the_anchor_of_a_section_is_not_taken_for_a_class() -> None:
    sections = "".join(
        f'<div id="share-of-the-costs-{n}-for-all"><h2>Teil {n}</h2><p>{paragraph}</p></div>'
        for n, paragraph in enumerate(PARAGRAPHS)
    )
    assert set(PARAGRAPHS) <= set(read(html(body=sections)).text.splitlines())


def test_a_closing_note_in_italics_is_cut_and_a_text_in_italics_is_not() -> None:
    note = "<p><em>Jonna Petersen schreibt für den Kurier über Brücken.</em></p>"
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    assert read(html(body=body + note)).text.splitlines() == list(PARAGRAPHS)
    slanted = "".join(f"<p><em>{paragraph}</em></p>" for paragraph in PARAGRAPHS)
    assert read(html(body=slanted)).text.splitlines() == list(PARAGRAPHS)


def test_text_within_a_tower_of_boxes_is_read() -> None:
    assert read(html(body="<div>" * 5000 + "".join(f"<p>{each}</p>" for each in PARAGRAPHS))).text.splitlines() == list(
        PARAGRAPHS
    )


def test_a_description_in_the_pages_foot_is_no_standfirst() -> None:
    body = "".join(f"<p>{paragraph} {paragraph}</p>" for paragraph in PARAGRAPHS)
    own = "Der Kurier berichtet seit vielen Jahren unabhängig aus der Stadt und dem Umland, von früh bis spät."
    source = html(body=body).replace("</body>", f'<div id="foot"><div class="description">{own}</div></div></body>')
    assert own not in read(source).text


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_page_with_pieces_cut_swapped_and_doubled_is_read_or_refused(data: st.DataObject) -> None:
    source = (SAMPLES / "netzwerk-de.html").read_bytes()
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(source)))
        end = data.draw(st.integers(start, min(len(source), start + 400)))
        noise = data.draw(
            st.binary(max_size=12)
            | st.sampled_from([b"<", b"</div>", b"<article>", b"\x00", b"&#0;", b"]]>", b'"', b"<!--"])
        )
        source = source[:start] + noise + source[end:]
    try:
        page = parse_page(source, url=URL)
    except PageUnreadable:
        return
    assert "\x00" not in page.text + page.title


@pytest.mark.data
def test_real_pages_give_their_paragraphs_titles_and_days() -> None:
    folder = shared_data("fundus")
    rows = [json.loads(line) for line in (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["set"] == "current" and row["body"]][::2]
    paragraphs = hits = titles = days = 0
    for row in rows:
        page = parse_page((folder / row["file"]).read_bytes(), url=row["url"] or URL)
        text = " ".join(page.text.split())
        wanted = [" ".join(line.split()) for line in row["text"].splitlines() if len(line) > 40]
        paragraphs += len(wanted)
        hits += sum(line in text for line in wanted)
        titles += page.title == " ".join((row["title"] or "").split())
        days += page.published is not None
    assert hits / paragraphs > 0.9
    assert titles / len(rows) > 0.8
    assert days / len(rows) > 0.95
