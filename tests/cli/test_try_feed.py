"""`tocsin try feed`: feeds in, entries out, in order, and what is no feed says so."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>https://a.example/</link>
<item><title>One</title><link>https://a.example/1</link><guid>g1</guid>
<pubDate>Tue, 03 Feb 2026 10:00:00 +0100</pubDate><description>First</description></item>
<item><title>Two</title><link>https://a.example/2</link></item></channel></rss>"""


def test_each_entry_is_a_line_and_a_bad_feed_is_one_too(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(RSS, encoding="utf-8")
    (tmp_path / "b.xml").write_text("no feed at all", encoding="utf-8")
    result = cli("try", "feed", stdin=[{"id": "b", "path": "b.xml"}, {"id": "a", "path": "a.xml"}, {"path": "a.xml"}])
    assert result.code == 0
    bad, first, *others = result.records
    assert bad["source"] == "b"
    assert list(bad) == ["source", "error"]
    assert first == {
        "source": "a",
        "id": "g1",
        "link": "https://a.example/1",
        "title": "One",
        "published": "2026-02-03T09:00:00+00:00",
        "updated": None,
        "authors": [],
        "summary": "First",
    }
    assert [(record["source"], record["title"]) for record in others] == [
        ("a", "Two"),
        ("a.xml", "One"),
        ("a.xml", "Two"),
    ]


def test_where_nothing_could_be_read_the_exit_code_is_1(cli: Cli) -> None:
    result = cli("try", "feed", "none.xml")
    assert result.code == 1
    assert result.records == [{"source": "none.xml", "error": "none.xml: there is no such file"}]
