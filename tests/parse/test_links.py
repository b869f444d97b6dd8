"""What a section page offers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse.links import check_selector, find_links

SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "page"
URL = "https://www.hafenbote.example/lokales/"
SECTION = (SAMPLES / "section.html").read_bytes()


def test_articles_are_told_from_everything_else() -> None:
    wanted = json.loads((SAMPLES / "section.json").read_text("utf-8"))
    page = find_links(SECTION, url=URL)
    found = [
        {
            "link": entry.link,
            "title": entry.title,
            "published": entry.published.isoformat() if entry.published else None,
        }
        for entry in page.entries
    ]
    assert found == wanted["entries"]
    assert list(page.feeds) == wanted["feeds"]


@pytest.mark.parametrize("selector", ["main article h2 a", "article", "h2 > a"])
def test_a_selector_names_links_or_what_holds_them(selector: str) -> None:
    links = [entry.link for entry in find_links(SECTION, url=URL, selector=selector).entries]
    assert "https://hafenbote.example/2024/05/11/sturm" in links


def test_a_selector_takes_what_the_heuristic_would_not() -> None:
    (entry,) = find_links(SECTION, url=URL, selector="nav a:nth-of-type(2)").entries
    assert entry.link == "https://www.hafenbote.example/politik/"


@pytest.mark.parametrize("selector", ["", "a[", "a:nonsense", "::before", "a" * 2000, ":not(" * 300, "a:contains("])
def test_a_bad_selector_is_named(selector: str) -> None:
    assert check_selector(selector)
    with pytest.raises(ValueError, match=r"selector"):
        find_links(SECTION, url=URL, selector=selector)


def test_a_good_selector_has_no_fault() -> None:
    assert check_selector("main article > a[href*='/2024/']") is None


def test_a_page_without_articles_says_so() -> None:
    page = find_links(b"<html><body><a href='/x'>x</a></body></html>", url=URL)
    assert page.entries == ()
    assert page.faults


@given(st.binary(max_size=300), st.none() | st.just("a"))
def test_no_bytes_make_it_fail(body: bytes, selector: str | None) -> None:
    find_links(body, url=URL, selector=selector)
    find_links(b"<a href='/2024/05/11/" + body, url=URL, selector=selector)
