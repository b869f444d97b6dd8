"""The loopback newspaper keeps the rules of HTTP, and breaks them exactly as its script says."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from monitor.demo.newspaper import AsPublished, Hang, Newspaper, Raw, Reset, Slow, Status, Trickle, WrongLength
from tests.demo.clients import hang_up

HOST = "kurier.example"


@pytest.fixture
async def client(paper: Newspaper) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://{paper.address}"
    async with httpx.AsyncClient(base_url=base, headers={"Host": HOST}, timeout=5, verify=False) as reader:
        yield reader


async def test_what_is_published_is_served_under_its_host_only(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "<p>Grüße</p>")
    here = await client.get("/a")
    elsewhere = await client.get("/a", headers={"Host": "other.example"})
    assert (
        here.status_code,
        here.text,
        here.headers["content-type"],
    ) == (200, "<p>Grüße</p>", "text/html; charset=utf-8")
    assert elsewhere.status_code == 404


async def test_the_port_in_the_host_header_does_not_matter(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "x")
    assert (await client.get("/a", headers={"Host": f"{HOST}:8080"})).status_code == 200


async def test_a_query_is_part_of_the_path(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a?id=1", "one")
    assert (await client.get("/a?id=1")).text == "one"
    assert (await client.get("/a?id=2")).status_code == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/feed.xml", "application/xml; charset=utf-8"),
        ("/news.rss", "application/rss+xml; charset=utf-8"),
        ("/map.xml.gz", "application/gzip"),
        ("/artikel/1.html", "text/html; charset=utf-8"),
        ("/artikel/1", "text/html; charset=utf-8"),
    ],
)
async def test_the_content_type_follows_the_path(
    paper: Newspaper, client: httpx.AsyncClient, path: str, expected: str
) -> None:
    paper.publish(HOST, path, b"")
    assert (await client.get(path)).headers["content-type"] == expected


async def test_who_has_the_current_etag_gets_a_304_without_a_body(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/feed.xml", "<rss/>")
    first = await client.get("/feed.xml")
    again = await client.get("/feed.xml", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


@pytest.mark.parametrize("offered", ['"old", {etag}', "W/{etag}", "*"])
async def test_if_none_match_may_be_a_list_weak_or_a_star(
    paper: Newspaper, client: httpx.AsyncClient, offered: str
) -> None:
    paper.publish(HOST, "/feed.xml", "<rss/>")
    etag = (await client.get("/feed.xml")).headers["etag"]
    response = await client.get("/feed.xml", headers={"If-None-Match": offered.format(etag=etag)})
    assert response.status_code == 304


async def test_a_new_version_has_a_new_etag_and_is_sent_in_full(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/feed.xml", "<rss>1</rss>")
    etag = (await client.get("/feed.xml")).headers["etag"]
    paper.publish(HOST, "/feed.xml", "<rss>2</rss>")
    response = await client.get("/feed.xml", headers={"If-None-Match": etag})
    assert (response.status_code, response.text) == (200, "<rss>2</rss>")


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Wed, 01 May 2024 10:00:00 GMT", 304),
        ("Wed, 01 May 2024 09:59:59 GMT", 200),
        ("not a date", 200),
    ],
)
async def test_if_modified_since_counts_in_whole_seconds(since: str, status: int) -> None:
    printed_at = datetime(2024, 5, 1, 10, 0, 0, 900_000, tzinfo=UTC)
    async with Newspaper(clock=lambda: printed_at) as paper, httpx.AsyncClient(verify=False) as client:
        paper.publish(HOST, "/a", "x")
        headers = {"Host": HOST, "If-Modified-Since": since}
        assert (await client.get(f"http://{paper.address}/a", headers=headers)).status_code == status


async def test_without_validators_there_is_nothing_to_ask_with(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "x", validators=False)
    headers = (await client.get("/a")).headers
    assert "etag" not in headers
    assert "last-modified" not in headers


async def test_one_connection_serves_many_requests(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "x")
    for _ in range(5):
        await client.get("/a")
    assert len({request.connection for request in paper.requests}) == 1


async def test_a_client_that_wants_the_connection_closed_gets_it_closed(paper: Newspaper) -> None:
    paper.publish(HOST, "/a", "x")
    reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
    writer.write(f"GET /a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    assert (await reader.read()).endswith(b"\r\n\r\nx")
    await hang_up(writer)


async def test_pipelined_requests_are_answered_in_order(paper: Newspaper) -> None:
    paper.publish(HOST, "/1", "one")
    paper.publish(HOST, "/2", "two")
    reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
    writer.write(
        f"GET /1 HTTP/1.1\r\nHost: {HOST}\r\n\r\nGET /2 HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    )
    answers = await reader.read()
    assert answers.index(b"one") < answers.index(b"two")
    await hang_up(writer)


async def test_an_absolute_target_names_host_and_path(paper: Newspaper) -> None:
    paper.publish(HOST, "/a?b=1", "x")
    reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
    writer.write(f"GET http://{HOST.upper()}:80/a?b=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    await hang_up(writer)


async def test_head_promises_the_length_and_sends_no_body(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "12345")
    response = await client.head("/a")
    assert (response.headers["content-length"], response.content) == ("5", b"")


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        b"GET / SPDY/3\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_gets_a_400_and_the_newspaper_stays_open(paper: Newspaper, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
    writer.write(said)
    assert (await reader.read(12)) == b"HTTP/1.1 400"
    await hang_up(writer)
    paper.publish(HOST, "/a", "still here")
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.get(f"http://{paper.address}/a", headers={"Host": HOST})).text == "still here"


async def test_a_chunked_request_body_is_read_whole(paper: Newspaper, client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cde"

    await client.post("/a", content=pieces())
    assert paper.requests[0].body == b"abcde"


# ── Scripts ──────────────────────────────────────────────────────────────────────────────────


async def test_a_script_is_played_one_step_a_request_then_all_is_well(
    paper: Newspaper, client: httpx.AsyncClient
) -> None:
    paper.publish(HOST, "/a", "fine")
    paper.script(HOST, "/a", Status(503, {"Retry-After": "7"}), AsPublished(), Status(429), Status(404, body=b"gone"))
    answers = [await client.get("/a") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [503, 200, 429, 404, 200]
    assert (answers[0].headers["retry-after"], answers[3].text, answers[4].text) == ("7", "gone", "fine")


async def test_a_script_may_end_in_a_state_that_lasts(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "fine")
    paper.script(HOST, "/a", AsPublished(), forever=Status(500))
    assert [(await client.get("/a")).status_code for _ in range(3)] == [200, 500, 500]
    paper.script(HOST, "/a")
    assert (await client.get("/a")).status_code == 200


async def test_slow_and_trickling_answers_arrive_whole(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "x" * 1000)
    paper.script(HOST, "/a", Slow(0.001), Trickle(piece_bytes=100, pause=0.0001))
    assert [len((await client.get("/a")).content) for _ in range(2)] == [1000, 1000]


async def test_a_hanging_answer_stops_after_the_bytes_it_was_given(paper: Newspaper) -> None:
    paper.publish(HOST, "/a", "x" * 1000)
    paper.script(HOST, "/a", Hang(after_bytes=20))
    reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
    writer.write(f"GET /a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert len(await reader.readexactly(20)) == 20
    writer.write_eof()  # the client gives up, and so does the newspaper
    assert await reader.read() == b""
    await hang_up(writer)


async def test_a_reader_of_a_hanging_page_runs_into_its_own_timeout(
    paper: Newspaper, client: httpx.AsyncClient
) -> None:
    paper.script(HOST, "/a", Hang())
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/a", timeout=0.05)


async def test_the_newspaper_closes_though_an_answer_hangs() -> None:
    async with Newspaper() as paper:
        paper.script(HOST, "/a", Hang())
        reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
        writer.write(f"GET /a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        await paper.asked(HOST, "/a")
    assert await reader.read() == b""
    await hang_up(writer)


async def test_a_reset_is_a_reset(paper: Newspaper) -> None:
    paper.publish(HOST, "/a", "x" * 1000)
    paper.script(HOST, "/a", Reset())
    reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
    writer.write(f"GET /a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    await hang_up(writer)


async def test_a_wrong_length_promises_more_than_comes(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", "12345")
    paper.script(HOST, "/a", WrongLength(missing_bytes=10))
    with pytest.raises(httpx.RemoteProtocolError, match="received 5 bytes, expected 15"):
        await client.get("/a")


async def test_raw_bytes_are_sent_as_they_are(paper: Newspaper) -> None:
    paper.script(HOST, "/a", Raw(b"SSH-2.0-surprise\r\n"))
    reader, writer = await asyncio.open_connection("127.0.0.1", paper.port)
    writer.write(f"GET /a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert await reader.read() == b"SSH-2.0-surprise\r\n"
    await hang_up(writer)


# ── The desk and the log ─────────────────────────────────────────────────────────────────────


async def test_an_archive_is_read_from_the_disk_when_asked_for(
    paper: Newspaper, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("first")
    paper.serve({f"https://{HOST}/old?id=1": page, f"http://{HOST}/bytes": b"from memory"})
    assert (await client.get("/old?id=1")).text == "first"
    page.write_text("second")
    assert [(await client.get(path)).text for path in ("/old?id=1", "/bytes")] == ["second", "from memory"]


async def test_a_compressed_body_goes_with_its_header(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.publish(HOST, "/a", gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    assert (await client.get("/a")).text == "hello"


async def test_redirect_robots_and_withdrawal(paper: Newspaper, client: httpx.AsyncClient) -> None:
    paper.redirect(HOST, "/short", f"http://{HOST}/long")
    paper.robots(HOST, "User-agent: *\nDisallow: /private")
    moved = await client.get("/short")
    robots = await client.get("/robots.txt")
    assert (moved.status_code, moved.headers["location"]) == (301, f"http://{HOST}/long")
    assert (robots.headers["content-type"], "Disallow: /private" in robots.text) == ("text/plain; charset=utf-8", True)
    paper.withdraw(HOST, "/robots.txt")
    assert (await client.get("/robots.txt")).status_code == 404


async def test_the_log_keeps_host_path_headers_and_order(paper: Newspaper, client: httpx.AsyncClient) -> None:
    await client.get("/1", headers={"User-Agent": "reader"})
    await client.get("/2", headers={"Host": "Other.Example"})
    assert [(request.host, request.path) for request in paper.requests] == [(HOST, "/1"), ("other.example", "/2")]
    assert paper.seen(HOST)[0].headers["user-agent"] == "reader"
    assert paper.seen(HOST, "/2") == ()
    assert paper.requests[0].at <= paper.requests[1].at


async def test_one_can_wait_for_a_request(paper: Newspaper, client: httpx.AsyncClient) -> None:
    waiting = asyncio.create_task(paper.asked(HOST, "/a", times=2))
    await client.get("/a")
    assert not waiting.done()
    await client.get("/a")
    assert await waiting == paper.requests[1]


async def test_a_newspaper_may_stand_on_several_ports(paper: Newspaper) -> None:
    second = await paper.start()
    paper.publish(HOST, "/a", "x")
    async with httpx.AsyncClient(verify=False, headers={"Host": HOST}) as client:
        assert [(await client.get(f"http://127.0.0.1:{port}/a")).status_code for port in paper.ports] == [200, 200]
    assert paper.ports == (paper.port, second)
