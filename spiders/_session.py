"""One HTTP session for the whole process: a URL goes in, a whole answer or a reasoned failure comes out.

Every connection is dialled through the gate, twice over: the resolver asks it, and so does the
socket factory, because aiohttp does not resolve a URL whose host is an address. One wall clock
covers the exchange; bytes are counted as sent and as unpacked. The surprising rule: an answer that
is cut short, too large or wrongly packed is no answer.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.errors import EgressRefused, TocsinError
from monitor.ports import Gate
from spiders._decoders import ACCEPT_ENCODING, DECODE_ERRORS, decoder_for
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

BODY_CAP_BYTES = 8_000_000  # a news page has 0.2 MB, the largest kept sample 3.1 MB
TIMEOUT_SECONDS = 20.0
HOPS = 5
HEADER_FIELD_CAP_BYTES = 32_768  # some publishers' Content-Security-Policy is longer than aiohttp's 8 KB
HEADERS_CAP = 256
CONNECTIONS = 256
CONNECTIONS_PER_HOST = 8  # politeness sets the real limit; this bounds a fault in it

_FETCH_ERRORS: tuple[type[Exception], ...] = (aiohttp.ClientError, FetchFailed, OSError, ValueError, *DECODE_ERRORS)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What goes along to another origin: nothing that could be a secret of the first one (G6).
_HEADERS_CARRIED = frozenset({"accept", "accept-language", "user-agent"})
_URL_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_URL_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whole and unpacked. `headers` are in the order they came, names as sent."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_cut: bool = False  # the body was longer and the caller wanted its beginning

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case."""
        wanted = name.lower()
        return next((value for each, value in self.headers if each.lower() == wanted), None)

    @property
    def location(self) -> str | None:
        """Return where a redirect leads, as an absolute URL; None for other answers."""
        target = self.header("location") if self.status in _REDIRECTS else None
        try:
            return urljoin(self.url, target.strip()) if target else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask for, and what may come back. `timeout` in seconds, for everything."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    max_body: int = BODY_CAP_BYTES
    timeout: float = TIMEOUT_SECONDS
    cut: bool = False  # take the first `max_body` bytes of a longer body instead of failing


class Session:
    """The process's only way to read the web. `open_session` makes one; it belongs to the running loop."""

    def __init__(self, client: aiohttp.ClientSession, gate: Gate) -> None:
        self._client = client
        self._gate = gate

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        max_body: int = BODY_CAP_BYTES,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109  # one clock over every hop and byte
        cut: bool = False,
    ) -> Fetched:
        """Return the answer to one request; redirects are answers.

        Raises EgressRefused where the guard forbids the address, FetchFailed for all else.
        """
        ask = Ask(method, headers or {}, body, max_body, timeout, cut)
        return await self._fetch(read_url(url), url, ask)

    async def follow(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_body: int = BODY_CAP_BYTES,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109  # one clock over every hop and byte
        hops: int = HOPS,
    ) -> Fetched:
        """Return the answer at the end of at most `hops` redirects; `timeout` covers them all."""
        ask = Ask(headers=headers or {}, max_body=max_body, timeout=timeout)
        try:
            async with asyncio.timeout(timeout):
                return await self._follow(url, ask, hops)
        except TimeoutError as error:
            raise FetchTimeout(f"{url}: no whole answer within {timeout:g} s") from error

    async def close(self) -> None:
        """Let go of every connection; requests under way fail."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Scrapy copies its settings for every crawl; the session in them stays the one."""
        return self

    async def _follow(self, url: str, ask: Ask, hops: int) -> Fetched:
        for _ in range(hops + 1):
            here = read_url(url)
            fetched = await self._fetch(here, url, ask)
            if fetched.location is None:
                return fetched
            if read_url(fetched.location).origin() != here.origin():
                kept = {name: value for name, value in ask.headers.items() if name.lower() in _HEADERS_CARRIED}
                ask = replace(ask, headers=kept)
            url = fetched.location
        raise TooManyRedirects(f"{url}: more than {hops} redirects")

    async def _fetch(self, address: yarl.URL, url: str, ask: Ask) -> Fetched:
        headers = {name: value for name, value in ask.headers.items() if name.lower() != "accept-encoding"}
        try:
            async with (
                asyncio.timeout(ask.timeout),
                self._client.request(
                    ask.method, address, headers=headers, data=ask.body or None, allow_redirects=False
                ) as response,
            ):
                body, is_cut = await _read_body(response, ask)
                kept = tuple(
                    (name, value) for name, value in response.headers.items() if name.lower() not in _SPENT_HEADERS
                )
                return Fetched(url, response.status, kept, body, is_cut)
        except TimeoutError as error:
            raise FetchTimeout(f"{url}: no whole answer within {ask.timeout:g} s") from error
        except _FETCH_ERRORS as error:
            raise _explain(url, error) from error


# They described the bytes on the wire; the body we hand out is unpacked.
_SPENT_HEADERS = frozenset({"content-encoding", "transfer-encoding"})


def open_session(
    gate: Gate,
    *,
    user_agent: str,
    connections: int = CONNECTIONS,
    tls: ssl.SSLContext | None = None,
) -> Session:
    """Return the session of this process. `tls`: by default the system's authorities, verified."""
    connector = aiohttp.TCPConnector(
        resolver=_GateResolver(gate),
        socket_factory=_guarded_socket(gate),
        use_dns_cache=False,  # the gate has its own, which lasts seconds
        ssl=tls or ssl.create_default_context(),
        limit=connections,
        limit_per_host=CONNECTIONS_PER_HOST,
    )
    client = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,  # no proxies or passwords from the environment (G11)
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),  # the wall clock is ours
        headers={"User-Agent": user_agent, "Accept-Encoding": ACCEPT_ENCODING},
        max_line_size=HEADER_FIELD_CAP_BYTES,
        max_field_size=HEADER_FIELD_CAP_BYTES,
        max_headers=HEADERS_CAP,
    )
    return Session(client, gate)


def read_url(url: str) -> yarl.URL:
    """Return `url` as it will be both checked and dialled; UrlRefused where parsers could differ (G4)."""
    if _URL_FORBIDDEN.search(url):
        raise UrlRefused(f"{url!r}: a control character or backslash in a URL")
    try:
        # A URL of plain characters is sent as it stands: some servers tell %7E from ~.
        read = yarl.URL(url, encoded=True) if _URL_PLAIN.fullmatch(url) else yarl.URL(url)
        host, port = read.host, read.port
    except ValueError as error:
        raise UrlRefused(f"{url!r}: {error}") from error
    if read.scheme not in ("http", "https"):
        raise UrlRefused(f"{url!r}: got the scheme {read.scheme!r}, wanted http or https")
    if not host or port is None:
        raise UrlRefused(f"{url!r}: no host")
    if "@" in (read.raw_authority or ""):
        raise UrlRefused(f"{read.with_user(None)}: a user name or password in a URL")
    return read


# ── Where to dial ────────────────────────────────────────────────────────────────────────────


class _GateResolver(AbstractResolver):
    """Asks the gate; an EgressRefused it raises comes out of the request as the cause."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address.ip),
                port=address.port,
                family=address.family,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._gate.resolve(host, port)
            if family in (socket.AF_UNSPEC, address.family)
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _guarded_socket(gate: Gate) -> Any:
    """Return a socket factory that checks the very address aiohttp is about to dial."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, end = info
        gate.check(end[0], end[1])
        return socket.socket(family, kind, protocol)

    return make


# ── What comes back ──────────────────────────────────────────────────────────────────────────


async def _read_body(response: aiohttp.ClientResponse, ask: Ask) -> tuple[bytes, bool]:
    """Return the unpacked body, and whether it was cut at the cap."""
    coding = ", ".join(response.headers.getall("Content-Encoding", [])).strip().lower()
    if ask.method == "HEAD" or response.status in (204, 304):
        return b"", False
    if (response.content_length or 0) > ask.max_body and not ask.cut:
        raise AnswerTooLarge(f"announces {response.content_length} bytes; at most {ask.max_body} are taken")
    decoder = decoder_for(coding)
    body = bytearray()
    received = 0
    async for chunk in response.content.iter_any():
        received += len(chunk)
        # One byte more than fits tells a body of just the cap from a longer one.
        for piece in _pieces(chunk):
            body += decoder.feed(piece, ask.max_body + 1 - len(body))
            if len(body) > ask.max_body or received > ask.max_body:
                if ask.cut:
                    return bytes(body[: ask.max_body]), True
                raise AnswerTooLarge(f"more than {ask.max_body} bytes ({received} received, {len(body)} unpacked)")
            await asyncio.sleep(0)
    if received and not decoder.is_whole:
        raise AnswerBroken(f"the {coding} body ends in the middle")
    return bytes(body), False


def _pieces(chunk: bytes) -> Iterator[bytes]:
    """Cut a chunk so that unpacking one piece does not hold up the loop."""
    return (chunk[start : start + 65_536] for start in range(0, len(chunk), 65_536))


def _explain(url: str, error: Exception) -> TocsinError:
    """Return the failure an error of the libraries means."""
    refusal = _refusal_in(error)
    if refusal is not None:
        return EgressRefused(f"{url}: {refusal}")
    if isinstance(error, FetchFailed):
        return type(error)(f"{url}: {error}")
    for kinds, failure, words in _EXPLANATIONS:
        if isinstance(error, kinds):
            return failure(f"{url}: {words}{getattr(error, 'os_error', None) or error}")
    return FetchFailed(f"{url}: {type(error).__name__}: {error}")


# From the particular to the general; the error's own words follow ours.
_EXPLANATIONS: tuple[tuple[tuple[type[Exception], ...], type[FetchFailed], str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), HostUnknown, ""),
    ((aiohttp.ClientSSLError,), ConnectFailed, "TLS: "),
    ((aiohttp.ClientConnectorError,), ConnectFailed, ""),
    ((aiohttp.InvalidURL,), UrlRefused, "not a URL that can be asked for: "),
    ((aiohttp.ServerDisconnectedError,), AnswerBroken, "the server hung up: "),
    ((aiohttp.ClientResponseError, aiohttp.ClientPayloadError), AnswerBroken, "not the HTTP we understand: "),
    (DECODE_ERRORS, AnswerBroken, "wrongly packed: "),
)


def _refusal_in(error: BaseException | None) -> EgressRefused | None:
    while error is not None:
        if isinstance(error, EgressRefused):
            return error
        error = error.__cause__ or error.__context__
    return None


# ── The one of this process ──────────────────────────────────────────────────────────────────

_installed: list[Session] = []


def install(session: Session | None) -> None:
    """Make `session` the one that crawls without a session in their settings use; None takes it away."""
    _installed[:] = [session] if session is not None else []


def installed() -> Session | None:
    """Return the session of this process, if there is one."""
    return _installed[0] if _installed else None
