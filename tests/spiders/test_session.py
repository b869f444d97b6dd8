"""The shared session against a server that misbehaves: a whole answer in time, or a reason."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from copy import deepcopy

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.egress import Egress
from monitor.errors import EgressRefused
from spiders._failures import (
    AnswerBroken,
    AnswerTooLarge,
    ConnectFailed,
    FetchFailed,
    FetchTimeout,
    HostUnknown,
    TooManyRedirects,
    UrlRefused,
)
from spiders._session import Session, open_session, read_url
from tests.spiders._server import Server, redirect, response, serving, silence, trickle

CAP = 1_000_000


@asynccontextmanager
async def reading(answers: dict[str, object] | None = None) -> AsyncIterator[tuple[Session, Server]]:
    """A session that may reach this server (as `*.test` too) and nothing else."""
    async with serving(answers) as server:
        gate = Egress(
            allow=["127.0.0.1"],
            ports=[server.port],
            hosts={"*.test": f"127.0.0.1:{server.port}", "evil.example": "10.0.0.1"},
        )
        async with open_session(gate, user_agent="Tocsin/test") as session:
            yield session, server


async def test_an_answer_comes_with_status_headers_and_body() -> None:
    async with reading({"/": response(b"hello", status=404, headers={"X-A": "1"})}) as (session, server):
        fetched = await session.fetch(server.url(), headers={"Accept": "text/html"})
    assert (fetched.status, fetched.body, fetched.header("x-a"), fetched.header("none")) == (404, b"hello", "1", None)
    assert server.ledger[0].headers["user-agent"] == "Tocsin/test"
    assert server.ledger[0].headers["accept"] == "text/html"
    assert server.ledger[0].headers["accept-encoding"] == "gzip, deflate, br"


TEXT = b"All the news that fits. " * 4_000
PACKINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "two members": ("gzip", lambda text: gzip.compress(text[:99]) + gzip.compress(text[99:])),
    "trailing garbage": ("gzip", lambda text: gzip.compress(text) + b"\x00garbage"),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", lambda text: zlib.compress(text)[2:-4]),
    "brotli": ("br", lambda text: brotli.compress(text, quality=3)),
    "identity": ("identity", bytes),
}


@pytest.mark.parametrize("name", PACKINGS)
async def test_a_packed_body_comes_unpacked(name: str) -> None:
    coding, pack = PACKINGS[name]
    async with reading({"/": response(pack(TEXT), headers={"Content-Encoding": coding})}) as (session, server):
        fetched = await session.fetch(server.url())
    assert fetched.body == TEXT
    assert fetched.header("content-encoding") is None


@pytest.mark.parametrize("name", ["gzip", "two members", "raw deflate", "brotli", "identity"])
async def test_f1_a_body_that_unpacks_beyond_the_cap_is_given_up(name: str) -> None:
    coding, pack = PACKINGS[name]
    bomb = pack(bytes(6 * CAP))
    async with reading({"/": response(bomb, headers={"Content-Encoding": coding})}) as (session, server):
        with pytest.raises(AnswerTooLarge, match=str(CAP)):
            await session.fetch(server.url(), max_body=CAP)


async def test_a_body_of_exactly_the_cap_is_taken_and_one_byte_more_is_not() -> None:
    answers = {"/fits": response(gzip.compress(bytes(CAP)), headers={"Content-Encoding": "gzip"})}
    answers |= {"/over": response(gzip.compress(bytes(CAP + 1)), headers={"Content-Encoding": "gzip"})}
    async with reading(answers) as (session, server):
        assert len((await session.fetch(server.url("/fits"), max_body=CAP)).body) == CAP
        with pytest.raises(AnswerTooLarge):
            await session.fetch(server.url("/over"), max_body=CAP)
        cut = await session.fetch(server.url("/over"), max_body=CAP, cut=True)
    assert (len(cut.body), cut.is_cut) == (CAP, True)


async def test_a_body_without_a_length_is_counted_while_it_comes() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    async with reading({"/": endless}) as (session, server):
        with pytest.raises(AnswerTooLarge):
            await session.fetch(server.url(), max_body=CAP)


BROKEN = {
    "short of its length": response(b"abc", length=10),
    "length is no number": response(b"abc", headers={"Content-Length": "x"}),
    "negative length": response(b"abc", headers={"Content-Length": "-3"}),
    "two lengths": response(b"abc", headers={"Content-length": "5"}),
    "chunk cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    "chunk size is no number": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "gzip cut": response(gzip.compress(TEXT)[:-12], headers={"Content-Encoding": "gzip"}),
    "gzip that is none": response(b"<html>", headers={"Content-Encoding": "gzip"}),
    "gzip damaged": response(gzip.compress(TEXT)[:-8] + b"damaged!", headers={"Content-Encoding": "gzip"}),
    "brotli that is none": response(b"<html>" * 9, headers={"Content-Encoding": "br"}),
    "packed twice": response(gzip.compress(gzip.compress(TEXT)), headers={"Content-Encoding": "gzip, gzip"}),
    "packing not asked for": response(b"abc", headers={"Content-Encoding": "zstd"}),
    "a megabyte of header": response(b"", headers={"X": "a" * 1_000_000}),
    "ten thousand headers": response(b"", headers={f"X-{number}": "a" for number in range(10_000)}),
    "HTTP/0.9": b"just text",
    "another protocol": b"220 mail.example ESMTP\r\n\r\n",
    "no answer": b"",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_f11_an_answer_that_is_cut_or_wrongly_made_is_a_reasoned_failure(name: str) -> None:
    async with reading({"/": BROKEN[name]}) as (session, server):
        with pytest.raises(AnswerBroken, match=r"127\.0\.0\.1"):
            await session.fetch(server.url())


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 ", b""]))
def test_whatever_bytes_a_server_sends_the_session_answers_or_fails_with_a_reason(noise: bytes, start: bytes) -> None:
    async def fetch() -> None:
        async with reading({"/": start + noise}) as (session, server):
            with suppress(FetchFailed):
                await session.fetch(server.url(), timeout=5)

    asyncio.run(fetch())


SLOW = {
    "silence": silence,
    "headers byte by byte": trickle(b"HTTP/1.1 200 OK\r\nX: "),
    "body byte by byte": trickle(b"HTTP/1.1 200 OK\r\n\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
async def test_d1_d2_one_wall_clock_ends_an_exchange_that_dawdles(name: str) -> None:
    async with reading({"/": SLOW[name]}) as (session, server):
        with pytest.raises(FetchTimeout, match=r"0\.15 s"):
            await session.fetch(server.url(), timeout=0.15)


async def test_a_follow_has_one_wall_clock_for_all_its_hops() -> None:
    async with reading({"/": redirect("/slow"), "/slow": silence}) as (session, server):
        with pytest.raises(FetchTimeout):
            await session.follow(server.url(), timeout=0.15)


REFUSED_URLS = (
    "http://127.0.0.1:9/",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://evil.example/",
    "http://localhost:1/",
)


@pytest.mark.parametrize("url", REFUSED_URLS)
async def test_g1_a_forbidden_address_is_refused_at_connect_and_behind_a_redirect(url: str) -> None:
    async with reading({"/": redirect(url)}) as (session, server):
        with pytest.raises(EgressRefused):
            await session.fetch(url)
        with pytest.raises(EgressRefused):
            await session.follow(server.url())


async def test_g1_an_address_literal_reaches_no_listener_the_operator_did_not_allow() -> None:
    """aiohttp resolves no literal, so only the check at the socket stands between."""
    async with (
        serving({"/": response(b"secret")}) as server,
        open_session(Egress(ports=[server.port]), user_agent="t") as session,
    ):
        with pytest.raises(EgressRefused, match="loopback"):
            await session.fetch(server.url())
        assert server.ledger == []


async def test_g2_a_name_that_flips_is_dialled_at_the_address_that_was_checked() -> None:
    async with serving({"/": response(b"here")}) as server:
        script = [["127.0.0.1"], ["10.0.0.1"]]

        async def lookup(host: str, port: int) -> list[str]:
            return script.pop(0)

        gate = Egress(allow=["127.0.0.1"], ports=[server.port], lookup=lookup)
        async with open_session(gate, user_agent="t") as session:
            assert (await session.fetch(f"http://flip.example:{server.port}/")).body == b"here"


UNCLEAR_URLS = (
    "http://1.1.1.1 &@127.0.0.1#@x/",
    "http://user:password@a.test/",
    "http://@a.test/",
    "http://a.test\\@b.test/",
    "http://a.test/\r\nX: y",
    "http://a.test/\x00",
    "ftp://a.test/",
    "file:///etc/passwd",
    "gopher://a.test/",
    "data:text/html,x",
    "//a.test/",
    "/path",
    "http://",
    "http:///x",
    "http://a.test:99999/",
    "http://a.test:x/",
    "http://[::1/",
)


@pytest.mark.parametrize("url", UNCLEAR_URLS)
async def test_g3_g4_a_url_that_parsers_could_read_differently_is_refused(url: str) -> None:
    async with reading() as (session, server):
        with pytest.raises(UrlRefused):
            await session.fetch(url)
        assert server.ledger == []


@given(st.text(max_size=60))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://a.test/{text}"):
        with suppress(UrlRefused):
            assert read_url(url).scheme in ("http", "https")


async def test_a_url_is_asked_for_as_it_is_written() -> None:
    async with reading({"/%7Ea/?q=%2f": response(b"as is")}) as (session, server):
        assert (await session.fetch(server.url("/%7Ea/?q=%2f"))).body == b"as is"


async def test_redirects_are_followed_to_the_end_but_not_further_than_five() -> None:
    answers = {f"/{hop}": redirect(f"/{hop + 1}", status) for hop, status in enumerate((301, 302, 303, 307, 308))}
    async with reading(answers | {"/5": response(b"end"), "/loop": redirect("/loop")}) as (session, server):
        fetched = await session.follow(server.url("/0"))
        assert (fetched.body, fetched.url) == (b"end", server.url("/5"))
        with pytest.raises(TooManyRedirects):
            await session.follow(server.url("/loop"))
    assert len(server.asked("/loop")) == 6


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://a.test/", "data:,x", "ftp://a.test/", "\\\\a.test"]
)
async def test_g3_a_redirect_to_another_scheme_is_not_followed(location: str) -> None:
    async with reading({"/": redirect(location)}) as (session, server):
        with pytest.raises(UrlRefused):
            await session.follow(server.url())
    assert len(server.ledger) == 1


async def test_a_redirect_that_leads_nowhere_is_the_answer() -> None:
    answers = {"/bad": redirect("http://["), "/none": response(status=302)}
    async with reading(answers) as (session, server):
        for path in answers:
            assert (await session.follow(server.url(path))).status == 302


async def test_g6_what_could_be_a_secret_is_not_carried_to_another_origin() -> None:
    secrets = {"Authorization": "Bearer canary", "Cookie": "s=canary", "X-Api-Key": "canary", "Accept-Language": "fr"}
    answers = {"/": redirect("/same"), "/same": redirect("http://other.test/there"), "/there": response(b"end")}
    async with reading(answers) as (session, server):
        await session.follow(server.url(), headers=secrets)
    (same,), (there,) = server.asked("/same"), server.asked("/there")
    assert same.headers["authorization"] == "Bearer canary"
    assert "canary" not in str(there.headers)
    assert there.headers["accept-language"] == "fr"


async def test_g6_cookies_are_never_kept() -> None:
    async with reading({"/": response(b"", headers={"Set-Cookie": "s=canary; Path=/"})}) as (session, server):
        await session.fetch(server.url())
        await session.fetch(server.url())
    assert all("cookie" not in asked.headers for asked in server.ledger)


async def test_g11_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with reading({"/": response(b"straight")}) as (session, server):
        assert (await session.fetch(server.url())).body == b"straight"


async def test_a_port_where_nobody_listens_and_a_name_nobody_has_are_told_apart() -> None:
    async with serving() as server:
        port = server.port

    async def lookup(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    async with open_session(Egress(allow=["127.0.0.1"], ports=[port], lookup=lookup), user_agent="t") as session:
        with pytest.raises(ConnectFailed):
            await session.fetch(f"http://127.0.0.1:{port}/")
        with pytest.raises(HostUnknown, match="no such name"):
            await session.fetch(f"http://none.example:{port}/")


async def test_g9_a_server_that_speaks_no_tls_is_a_failed_connection() -> None:
    async def plain(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad\r\n\r\n")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await plain(writer)
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, open_session(Egress(allow=["127.0.0.1"], ports=[port]), user_agent="t") as session:
        with pytest.raises(ConnectFailed):
            await session.fetch(f"https://127.0.0.1:{port}/", timeout=5)


async def test_a_304_needs_no_body_even_when_it_claims_one() -> None:
    answer = response(status=304, headers={"Content-Encoding": "gzip", "ETag": '"a"', "Content-Length": "9000000"})
    async with reading({"/": answer}) as (session, server):
        fetched = await session.fetch(server.url(), headers={"If-None-Match": '"a"'})
    assert (fetched.status, fetched.body, fetched.header("etag")) == (304, b"", '"a"')


async def test_copying_the_settings_keeps_the_one_session() -> None:
    async with reading() as (session, _):
        assert deepcopy({"TOCSIN_SESSION": session})["TOCSIN_SESSION"] is session
