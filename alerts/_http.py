"""The only httpx: POST bytes to an address the gate has let out, within one deadline.

Name -> gate -> exactly the checked address is dialled (Host and SNI keep the name) -> status and
at most 64 KiB of answer. The surprising rule: every POST has its own client and connection, so each
try is checked anew, no cookie outlives it, and no idle connection can lose an answer by closing.
Only the TLS context is shared: it is all that is dear in a client (50 ms against 0.1, 2026-11).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from alerts._tls import trusting_context
from monitor.errors import EgressRefused
from monitor.ports import Address, Gate

BODY_CAP_BYTES = 64 * 1024  # of an answer; its status decides, its text is only for the operator (B6)
CONNECT_SECONDS = 5.0  # for one of several addresses, so that a dead one leaves time for the next
# All that a network or a receiver may do to us. h11's own errors come as httpcore's.
_FAULTS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    OSError,  # also ssl.SSLError and the look-up's
    UnicodeError,  # a host that IDNA refuses
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said. `excerpt` is the undecoded beginning of the body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    excerpt: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is no status. `was_sent`: the request had begun to go out, it may have been taken."""

    reason: str
    was_sent: bool


async def post(
    gate: Gate, url: str, *, content: bytes, headers: Mapping[str, str], seconds: float
) -> Answer | NoAnswer:
    """POST once and return what came back within `seconds` of wall clock; never follows a redirect."""
    exchange = _Exchange()
    try:
        # httpx's own timeouts are for each read, so a body of one byte a second never ends (D2).
        async with asyncio.timeout(seconds):
            await _exchange(gate, url, content, headers, exchange)
    except TimeoutError:
        exchange.fault = f"no answer within {seconds:g} s"
    except EgressRefused as error:
        exchange.fault = f"not let out: {error}"
    except _FAULTS as error:
        exchange.fault = _told(error)
    if exchange.status is None:
        return NoAnswer(exchange.fault or "no answer", exchange.was_sent)
    return Answer(exchange.status, exchange.headers, bytes(exchange.excerpt))


@dataclass(slots=True)
class _Exchange:
    """How far one request came; filled in as it goes, because the deadline may end it anywhere."""

    was_sent: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    excerpt: bytearray = field(default_factory=bytearray)
    fault: str = ""

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "http11.send_request_headers.started":
            self.was_sent = True


async def _exchange(gate: Gate, url: str, content: bytes, headers: Mapping[str, str], exchange: _Exchange) -> None:
    async with (
        httpx.AsyncClient(
            transport=_GuardedTransport(gate),
            follow_redirects=False,
            trust_env=False,  # no proxy, no .netrc, no certificates from the environment (G11)
            timeout=None,  # noqa: S113  # the deadline of `post` holds over everything
        ) as client,
        client.stream(
            "POST", url, content=content, headers=dict(headers), extensions={"trace": exchange.trace}
        ) as response,
    ):
        exchange.status, exchange.headers = response.status_code, dict(response.headers)
        # Raw, never decoded: 194 kB of gzip are one decoded chunk of 67 MB (B6).
        async for chunk in response.aiter_raw():
            exchange.excerpt += chunk[: BODY_CAP_BYTES - len(exchange.excerpt)]
            if len(exchange.excerpt) >= BODY_CAP_BYTES:
                return


class _GuardedTransport(httpx.AsyncBaseTransport):
    """httpx over an httpcore pool whose connections the gate checks; HTTP/1.1 only."""

    def __init__(self, gate: Gate) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusting_context(), http1=True, http2=False, retries=0, network_backend=_GuardedBackend(gate)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer, as httpcore reads it."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Dial what the gate returned for a name, never the name: no rebinding between check and dial (G2)."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._dialler = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._gate.resolve(host, port)
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._dial(address, CONNECT_SECONDS, socket_options)
        return await self._dial(addresses[-1], timeout, socket_options)

    async def _dial(
        self, address: Address, seconds: float | None, socket_options: Iterable[Any] | None
    ) -> httpcore.AsyncNetworkStream:
        return await self._dialler.connect_tcp(
            str(address.ip), address.port, timeout=seconds, socket_options=socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise EgressRefused(f"{path}: sockets of this machine are not dialled")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _told(error: Exception) -> str:
    """Return the fault in one line; its name where the library says nothing."""
    causes: BaseException | None = error
    while causes is not None:
        if text := " ".join(str(causes).split()):
            return text[:300]
        causes = causes.__cause__
    return type(error).__name__
