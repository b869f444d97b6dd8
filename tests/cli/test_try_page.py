"""`tocsin try page`: pages in, their articles out, in order, and a bad one harms no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from monitor.cli import _batch
from tests.cli.conftest import Cli

KEYS = [
    "id",
    "url",
    "canonical_url",
    "title",
    "text",
    "authors",
    "published",
    "modified",
    "language",
    "site_name",
    "image",
    "access",
]
PARAGRAPH = (
    "The mayor opened the new bridge on Monday, two years later than planned, and thanked the workers of both towns. "
)


def page(title: str) -> str:
    return f"""<!doctype html><html lang="en"><head><title>{title}</title>
<meta property="og:title" content="{title}"><meta property="article:published_time" content="2026-02-03T10:00:00+01:00">
<link rel="canonical" href="https://a.example/bridge"></head>
<body><article><h1>{title}</h1><p>{PARAGRAPH * 2}</p><p>{PARAGRAPH * 3}</p></article></body></html>"""


def test_pages_are_read_in_order_and_a_bad_one_says_why(cli: Cli, tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.html").write_text(page(f"Bridge number {number} opened"), encoding="utf-8")
    (tmp_path / "bad.html").write_bytes(b"%PDF-1.7 binary")
    lines = [{"id": number, "path": f"{number}.html", "url": f"https://a.example/{number}"} for number in range(6)]
    bad = [
        {"id": "pdf", "path": "bad.html"},
        {"id": "none", "path": "none.html"},
        ["no object"],
        {"id": "x"},
        {"path": 7},
    ]
    result = cli("try", "page", "--json", stdin=[*lines[:3], *bad, *lines[3:]])
    assert result.code == 0
    records = result.records
    assert [record["id"] for record in records] == [0, 1, 2, "pdf", "none", 6, "x", 7, 3, 4, 5]
    good = [record for record in records if "error" not in record]
    assert [record["title"] for record in good] == [f"Bridge number {number} opened" for number in range(6)]
    assert list(good[0]) == KEYS
    assert (good[0]["url"], good[0]["canonical_url"]) == ("https://a.example/0", "https://a.example/bridge")
    assert (good[0]["published"], good[0]["language"], good[0]["access"]) == ("2026-02-03T09:00:00+00:00", "en", "open")
    assert PARAGRAPH.strip() in good[0]["text"]
    for record in records[3:8]:
        assert list(record) == [*KEYS, "error"]
        assert (record["access"], record["title"], record["text"], record["authors"]) == ("error", "", "", [])
        assert record["error"]


def test_files_may_be_named_on_the_command_line_with_where_one_came_from(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page("A bridge opened"), encoding="utf-8")
    (record,) = cli("try", "page", "a.html", "--url", "https://a.example/x", "--json").records
    assert (record["id"], record["url"], record["title"]) == ("a.html", "https://a.example/x", "A bridge opened")


def test_the_address_of_one_page_cannot_be_that_of_two(cli: Cli) -> None:
    assert cli("try", "page", "a.html", "b.html", "--url", "https://a.example/").code == 2


def test_G1_an_address_of_this_machine_is_not_fetched(cli: Cli) -> None:  # a row of the catalogue
    result = cli("try", "page", "http://127.0.0.1:80/", "--json")
    assert result.code == 1
    assert "loopback" in result.records[0]["error"]


async def test_answers_come_in_the_order_of_the_questions_and_never_too_many_at_once() -> None:
    under_way = most = 0
    gates = {number: asyncio.Event() for number in range(8)}

    async def work(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if number % 3:
            gates[number].set()  # the later ones end first
        else:
            await gates[number + 1].wait()
        under_way -= 1
        return number

    assert [answer async for answer in _batch.in_order(range(8), work, width=3)] == list(range(8))
    assert most <= 3


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "line 1 is no JSON"),
        (b"[]", "is no JSON object"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_a_bad_line_is_a_record_and_no_end(cli: Cli, line: bytes, says: str) -> None:
    result = cli("try", "page", stdin=line + b"\n\n")
    assert result.code == 1
    (record,) = result.records
    assert says in record["error"]
