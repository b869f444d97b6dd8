"""The guard at the door: which addresses are refused, and that the checked address is the dialled one."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import egress
from monitor.egress import Egress, classify
from monitor.errors import EgressRefused

REFUSED = {
    "0.0.0.0": "this network",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "100.64.0.1": "carrier-grade",
    "100.100.100.200": "carrier-grade",  # Alibaba's metadata
    "100.127.255.254": "carrier-grade",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "cloud",
    "169.254.0.1": "link-local",
    "169.254.169.254": "metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.192": "IETF",  # Oracle's metadata
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "IPv4-compatible",
    "::ffff:127.0.0.1": "127.0.0.1: loopback",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::ffff:0:10.0.0.1": "10.0.0.1: private",
    "64:ff9b::169.254.169.254": "169.254.169.254: link-local",
    "64:ff9b::8.8.8.8": "NAT64",
    "64:ff9b:1::1": "local NAT64",
    "100::1": "discard",
    "2001::1": "Teredo",
    "2001:0:53aa:64c:0:0:80ff:fffe": "127.0.0.1: loopback",  # Teredo inverts the client's address
    "2001:2::1": "IETF",
    "2001:10::1": "IETF",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "127.0.0.1: loopback",
    "2002:a00:1::1": "10.0.0.1: private",
    "3fff::1": "documentation",
    "4000::1": "not global",
    "5f00::1": "segment routing",
    "fc00::1": "unique local",
    "fd00:ec2::254": "unique local",  # Amazon's metadata
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
}
GLOBAL = ("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "198.17.255.255")
GLOBAL += ("223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888")


@pytest.mark.parametrize(("address", "why"), REFUSED.items())
def test_g1_an_address_that_is_not_global_is_refused_with_its_reason(address: str, why: str) -> None:
    assert why in (classify(address) or "let out")


@pytest.mark.parametrize("address", GLOBAL)
def test_a_global_address_is_let_out(address: str) -> None:
    assert classify(address) is None


@given(st.ip_addresses(v=4))
def test_whatever_the_standard_library_calls_not_global_is_refused(address: ipaddress.IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        assert classify(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_refused_in_every_ipv6_wrapping(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    wrappings = (number | 0xFFFF << 32, number | 0x0064FF9B << 96, 0x2002 << 112 | number << 80)
    assert all(classify(ipaddress.IPv6Address(each)) for each in wrappings)


def _answers(*script: Sequence[str]) -> egress.Lookup:
    """Return a resolver that gives the answers of the script in turn, the last one for ever."""
    left = list(script)

    async def lookup(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return lookup


async def test_only_the_permitted_addresses_of_a_name_are_dialled() -> None:
    gate = Egress(lookup=_answers(["10.0.0.1", "8.8.8.8", "::1"]))
    assert [str(address.ip) for address in await gate.resolve("example.org", 443)] == ["8.8.8.8"]


async def test_a_name_with_no_permitted_address_is_refused_and_says_how_to_allow_it() -> None:
    with pytest.raises(EgressRefused, match=r"internal\.example.*10\.0\.0\.1.*private.*network\.allow"):
        await Egress(lookup=_answers(["10.0.0.1"])).resolve("internal.example", 443)


async def test_what_the_operator_allows_is_let_out() -> None:
    gate = Egress(allow=["10.0.0.0/24", "fd00::1"], lookup=_answers(["10.0.0.7", "10.0.1.7"]))
    assert [str(address.ip) for address in await gate.resolve("intranet.example", 80)] == ["10.0.0.7"]
    gate.check("fd00::1", 443)


@pytest.mark.parametrize(
    ("address", "is_out"), [("64:ff9b::8.8.8.8", True), ("64:ff9b::10.0.0.1", False), ("64:ff9b::127.0.0.1", False)]
)
def test_allowing_a_translator_does_not_allow_what_hides_behind_it(address: str, is_out: bool) -> None:
    gate = Egress(allow=["64:ff9b::/96"])
    with contextlib.nullcontext() if is_out else pytest.raises(EgressRefused):
        gate.check(address, 443)


@pytest.mark.parametrize("port", [22, 25, 8080, 0, 65535])
async def test_g3_a_port_that_is_not_listed_is_refused(port: int) -> None:
    with pytest.raises(EgressRefused, match=rf"port {port}.*80, 443.*network\.ports"):
        await Egress(lookup=_answers(["8.8.8.8"])).resolve("example.org", port)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "::1", "2130706433", "0177.0.0.1", "0x7f000001", "127.1", "localhost", "localhost.", "LOCALHOST"],
)
async def test_g1_every_way_to_write_loopback_ends_in_the_same_check(host: str) -> None:
    with pytest.raises(EgressRefused, match="loopback"):
        await Egress().resolve(host, 80)


@pytest.mark.parametrize("host", ["", ".", "a b", "a/b", "a@b", "a\\b", "a\nb", "a%25b", "[::1]"])
async def test_g4_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(EgressRefused, match="not a host name"):
        await Egress(lookup=_answers(["8.8.8.8"])).resolve(host, 80)


async def test_a_mapped_host_is_dialled_where_the_operator_says() -> None:
    gate = Egress(allow=["127.0.0.0/8"], hosts={"*.news.test": "127.0.0.1:8123", "plain.test": "127.0.0.2"})
    (mapped,) = await gate.resolve("Daily.News.test.", 443)
    (plain,) = await gate.resolve("plain.test", 80)
    assert (str(mapped.ip), mapped.port, str(plain.ip), plain.port) == ("127.0.0.1", 8123, "127.0.0.2", 80)
    gate.check("127.0.0.1", 8123)


async def test_a_mapped_host_does_not_open_an_address_or_a_port_by_itself() -> None:
    with pytest.raises(EgressRefused, match="loopback"):
        await Egress(hosts={"a.test": "127.0.0.1:80"}).resolve("a.test", 80)
    with pytest.raises(EgressRefused, match="port 22"):
        await Egress(allow=["127.0.0.1"], hosts={"a.test": "127.0.0.1"}).resolve("a.test", 22)
    with pytest.raises(EgressRefused, match="port 8123"):
        Egress(allow=["127.0.0.0/8"], hosts={"a.test": "127.0.0.1:8123"}).check("127.0.0.2", 8123)


@pytest.mark.parametrize("target", ["", "example.org", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:70000", "1:2"])
def test_a_map_that_names_no_address_is_refused_at_the_start(target: str) -> None:
    with pytest.raises(ValueError, match="hosts"):
        Egress(hosts={"a.test": target})


async def test_an_ipv6_target_may_carry_a_port() -> None:
    gate = Egress(allow=["::1"], hosts={"a.test": "[::1]:8123", "b.test": "::1"})
    assert [(str(each.ip), each.port) for each in await gate.resolve("a.test", 80)] == [("::1", 8123)]
    assert [(str(each.ip), each.port) for each in await gate.resolve("b.test", 80)] == [("::1", 80)]


async def test_d7_a_name_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(host: str, port: int) -> Sequence[str]:
        return await asyncio.Event().wait() and []

    monkeypatch.setattr(egress, "LOOKUP_SECONDS", 0.02)
    with pytest.raises(OSError, match=r"slow\.example.*longer"):
        await Egress(lookup=hang).resolve("slow.example", 80)


async def test_a_name_without_an_address_is_an_error_of_the_network() -> None:
    with pytest.raises(OSError, match="no address"):
        await Egress(lookup=_answers([])).resolve("none.example", 80)


async def test_answers_are_kept_for_seconds_and_then_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Egress(lookup=_answers(["8.8.8.8"], ["9.9.9.9"]))
    first = await gate.resolve("moving.example", 80)
    assert await gate.resolve("moving.example", 443) != first  # another port …
    assert (await gate.resolve("moving.example", 443))[0].ip == first[0].ip  # … of the same address
    now = egress.time.monotonic()
    monkeypatch.setattr(egress.time, "monotonic", lambda: now + egress.CACHE_SECONDS + 1)
    assert str((await gate.resolve("moving.example", 80))[0].ip) == "9.9.9.9"


async def test_the_memory_for_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "CACHE_NAMES", 3)
    gate = Egress(lookup=_answers(["8.8.8.8"]))
    for number in range(10):
        await gate.resolve(f"h{number}.example", 80)
    assert len(gate._cache) == 3


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_g2_the_address_that_was_checked_is_the_one_that_is_dialled(listener: socket.socket) -> None:
    """The name points at a permitted address first and elsewhere afterwards: the second answer is never used."""
    port = listener.getsockname()[1]
    gate = Egress(allow=["127.0.0.1"], ports=[port], lookup=_answers(["127.0.0.1"], ["127.0.0.2"]))
    with gate.connect_blocking("flip.example", port, 2) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)
        assert connection.gettimeout() == 2


def test_a_blocking_connect_tries_the_next_address_when_one_refuses(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    gate = Egress(allow=["127.0.0.0/8"], ports=[port], lookup=_answers(["127.0.0.2", "127.0.0.1"]))
    with gate.connect_blocking("two.example", port, 2) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"


def test_a_blocking_connect_to_a_refused_address_sends_no_packet(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.setblocking(False)
    with pytest.raises(EgressRefused):
        Egress(ports=[port]).connect_blocking("localhost", port, 2)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_refusal_is_also_a_failed_connect_for_client_libraries() -> None:
    with pytest.raises(OSError, match="loopback"):
        Egress().check("127.0.0.1", 80)
    with pytest.raises(EgressRefused, match="not an address"):
        Egress().check("example.org", 80)
