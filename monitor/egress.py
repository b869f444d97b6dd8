"""The only resolver and connector: a host name goes in, addresses that may be dialled come out.

Order: operator's own map of hosts -> name look-up (bounded, cached for seconds) -> every address
classified -> the port checked. The surprising rule: what is checked is the address that will be
dialled, never the name, so rebinding, `2130706433`, `0177.0.0.1` and `localhost.` need no rule of
their own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import fnmatch
import ipaddress
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from monitor.errors import EgressRefused
from monitor.ports import Address

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]

LOOKUP_SECONDS = 5.0  # one try of a stub resolver; a name that needs longer fails this visit, not the next
CACHE_SECONDS = 30.0  # long enough for one crawl, short enough to follow a publisher that moves (G10)
CACHE_NAMES = 2_000
LOOKUPS_AT_ONCE = 256  # threads that may hang in the system's resolver before we stop adding more

_NAMES_NOTHING = frozenset("/\\@#?%[] \t\r\n\x00")

# IANA special-purpose registries (RFC 6890 and later), plus addresses that clouds hide behind global ones.
_V4_REFUSED = tuple(
    (ipaddress.IPv4Network(net), why)
    for net, why in (
        ("0.0.0.0/8", "this network (RFC 1122)"),
        ("10.0.0.0/8", "private (RFC 1918)"),
        ("100.64.0.0/10", "carrier-grade NAT (RFC 6598)"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud platform service"),  # Azure's wire server has a global-looking address
        ("169.254.0.0/16", "link-local, cloud metadata"),
        ("172.16.0.0/12", "private (RFC 1918)"),
        ("192.0.0.0/24", "IETF protocol assignment (RFC 6890)"),
        ("192.0.2.0/24", "documentation (RFC 5737)"),
        ("192.88.99.0/24", "6to4 relay (RFC 7526)"),
        ("192.168.0.0/16", "private (RFC 1918)"),
        ("198.18.0.0/15", "benchmarking (RFC 2544)"),
        ("198.51.100.0/24", "documentation (RFC 5737)"),
        ("203.0.113.0/24", "documentation (RFC 5737)"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved (RFC 1112)"),
    )
)
_V6_REFUSED = tuple(
    (ipaddress.IPv6Network(net), why)
    for net, why in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("100::/64", "discard (RFC 6666)"),
        ("2001::/23", "IETF protocol assignment (RFC 2928)"),
        ("2001:db8::/32", "documentation (RFC 3849)"),
        ("3fff::/20", "documentation (RFC 9637)"),
        ("5f00::/16", "segment routing (RFC 9602)"),
        ("fc00::/7", "unique local (RFC 4193)"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local (RFC 3879)"),
        ("ff00::/8", "multicast"),
    )
)
_V6_GLOBAL = ipaddress.IPv6Network("2000::/3")  # the only block given out as global unicast (RFC 4291)
# How an IPv4 address hides in an IPv6 one: network, name, where its 32 bits end, whether they are inverted.
_V6_CARRIERS = tuple(
    (ipaddress.IPv6Network(net), why, shift, mask)
    for net, why, shift, mask in (
        ("::ffff:0:0/96", "IPv4-mapped", 0, 0),
        ("::ffff:0:0:0/96", "IPv4-translated (RFC 7915)", 0, 0),
        ("64:ff9b::/96", "NAT64 (RFC 6052)", 0, 0),
        ("64:ff9b:1::/48", "local NAT64 (RFC 8215)", 0, 0),
        ("2002::/16", "6to4 (RFC 3056)", 80, 0),
        ("2001::/32", "Teredo (RFC 4380)", 0, 0xFFFFFFFF),
        ("::/96", "IPv4-compatible (RFC 4291)", 0, 0),
    )
)


def classify(ip: str | IPv4Address | IPv6Address) -> str | None:
    """Return why an address must not be dialled, or None for a global one. Pure; ValueError for no address."""
    address = _parse(ip)
    if isinstance(address, IPv4Address):
        return _named(address, _V4_REFUSED) or (None if address.is_global else "not a global address")
    plain = next((why for net, why in _V6_REFUSED[:2] if address in net), None)
    carried = _carried(address)
    if plain is None and carried is not None:
        why, inner = carried
        return f"{why}, carries {inner}" + (f": {reason}" if (reason := classify(inner)) else "")
    return plain or _named(address, _V6_REFUSED) or (None if address in _V6_GLOBAL else "not global unicast")


class Egress:
    """The guard at the door: implements `monitor.ports.Gate`.

    `allow`: addresses and networks the operator lets out although they are not global. On a network
    of IPv6 alone that is the translator's (64:ff9b::/96); what hides behind it is still checked.
    `ports`: the ports that may be dialled.
    `hosts`: glob of host name -> "ip", "ip:port" or "[ip6]:port", where to dial instead of asking
    the resolver, like a hosts file. The address must still be global or in `allow`; a port named
    here is let out although not in `ports`, and replaces the port of the URL. The first glob that
    fits counts. Address literals are not mapped: they are dialled as they stand.
    `lookup`: async (host, port) -> addresses as strings; by default the system's resolver, bounded.
    """

    def __init__(
        self,
        *,
        allow: Sequence[str] = (),
        ports: Collection[int] = (80, 443),
        hosts: Mapping[str, str] | None = None,
        lookup: Lookup | None = None,
    ) -> None:
        self._allow = tuple(ipaddress.ip_network(net, strict=False) for net in allow)
        self._ports = frozenset(ports)
        self._hosts = tuple((glob.lower().rstrip("."), _dial_target(target)) for glob, target in (hosts or {}).items())
        self._named_ends = frozenset((target.ip, target.port) for _, target in self._hosts if target.port is not None)
        self._lookup = lookup or look_up
        self._cache: OrderedDict[str, tuple[float, tuple[IPv4Address | IPv6Address, ...]]] = OrderedDict()

    async def resolve(self, host: str, port: int) -> tuple[Address, ...]:
        """Return where to dial; raise EgressRefused where the guard forbids it, OSError where no name is found."""
        name = host.lower().rstrip(".")
        if not name or _NAMES_NOTHING & set(name):
            raise EgressRefused(f"{host!r} is not a host name")
        literal = _literal(name)
        if literal is None and (target := self._mapped(name)) is not None:
            found: tuple[IPv4Address | IPv6Address, ...] = (target.ip,)
            port = target.port or port
        else:
            found = (literal,) if literal is not None else await self._find(name, port)
        refusals = [self._refusal(ip, port) for ip in found]
        permitted = tuple(Address(ip, port) for ip, why in zip(found, refusals, strict=True) if why is None)
        if not permitted:
            raise EgressRefused(f"{host}: {next(why for why in refusals if why)}")
        return permitted

    def check(self, ip: str, port: int) -> None:
        """Raise EgressRefused unless this literal address and port may be dialled."""
        try:
            why = self._refusal(_parse(ip), port)
        except ValueError as error:
            raise EgressRefused(f"{ip!r} is not an address") from error
        if why is not None:
            raise EgressRefused(why)

    def connect_blocking(self, host: str, port: int, timeout: float) -> socket.socket:
        """Resolve, check, connect, for libraries that want a socket; seconds, all told. For threads."""
        ends_at = time.monotonic() + timeout
        addresses = asyncio.run(asyncio.wait_for(self.resolve(host, port), timeout))
        failure: OSError = TimeoutError(f"{host}:{port}: no connection within {timeout:g} s")
        for address in addresses:
            remaining = ends_at - time.monotonic()
            if remaining <= 0:
                break
            try:
                connection = socket.create_connection((str(address.ip), address.port), remaining)
            except OSError as error:
                failure = error
            else:
                connection.settimeout(timeout)
                return connection
        raise failure

    async def _find(self, name: str, port: int) -> tuple[IPv4Address | IPv6Address, ...]:
        cached = self._cache.get(name)
        if cached is not None and cached[0] > time.monotonic():
            return cached[1]
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                answers = await self._lookup(name, port)
        except TimeoutError as error:
            raise OSError(f"{name}: the name look-up took longer than {LOOKUP_SECONDS:g} s") from error
        found = tuple(dict.fromkeys(_parse(answer) for answer in answers))
        if not found:
            raise OSError(f"{name}: no address found")
        self._cache[name] = (time.monotonic() + CACHE_SECONDS, found)
        self._cache.move_to_end(name)
        while len(self._cache) > CACHE_NAMES:
            self._cache.popitem(last=False)
        return found

    def _mapped(self, name: str) -> _DialTarget | None:
        return next((target for glob, target in self._hosts if fnmatch.fnmatchcase(name, glob)), None)

    def _refusal(self, ip: IPv4Address | IPv6Address, port: int) -> str | None:
        why = classify(ip)
        if why is not None and not self._is_allowed(ip):
            return f"{ip} is refused: {why} (to let it out, add it to network.allow)"
        if port not in self._ports and (ip, port) not in self._named_ends:
            return f"port {port} is refused: not one of {_listed(self._ports)} (to let it out, add it to network.ports)"
        return None

    def _is_allowed(self, ip: IPv4Address | IPv6Address) -> bool:
        """Whether the operator lets `ip` out; an IPv4 address carried inside must be fit to dial by itself."""
        if not any(ip in net for net in self._allow):
            return False
        carried = _carried(ip) if isinstance(ip, IPv6Address) else None
        if carried is None or ip == IPv6Address("::1"):
            return True
        return classify(carried[1]) is None or self._is_allowed(carried[1])


async def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver, in a thread of its own: one that hangs holds up nobody else's work.

    The default executor would not do: six look-ups that hang fill it on a machine of two cores,
    and the interpreter waits for them at its end.
    """
    if sum(thread.name == _LOOKUP_THREAD for thread in threading.enumerate()) >= LOOKUPS_AT_ONCE:
        raise OSError(f"{host}: {LOOKUPS_AT_ONCE} name look-ups hang already")
    answer: concurrent.futures.Future[list[str]] = concurrent.futures.Future()
    threading.Thread(target=_ask_system, args=(host, port, answer), name=_LOOKUP_THREAD, daemon=True).start()
    return await asyncio.wrap_future(answer)


_LOOKUP_THREAD = "name-look-up"


def _ask_system(host: str, port: int, answer: concurrent.futures.Future[list[str]]) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label that IDNA cannot encode
        answer.set_exception(error if isinstance(error, OSError) else OSError(f"{host!r} is not a host name"))
    else:
        answer.set_result([str(entry[4][0]) for entry in found])


@dataclass(frozen=True, slots=True)
class _DialTarget:
    """Where a mapped host is dialled; port None: that of the URL."""

    ip: IPv4Address | IPv6Address
    port: int | None


def _dial_target(text: str) -> _DialTarget:
    """Read "ip", "ip:port" or "[ip6]:port"; ValueError names what is wrong."""
    bare = _literal(text.strip("[]"))
    if bare is not None:
        return _DialTarget(bare, None)
    address, _, port = text.rpartition(":")
    literal = _literal(address.strip("[]"))
    if literal is None or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"hosts: {text!r} is not an address, or an address with a port")
    return _DialTarget(literal, int(port))


def _parse(ip: str | IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, str):
        return ipaddress.ip_address(ip.partition("%")[0])  # the zone of fe80::1%eth0 is no part of the address
    return ip


def _literal(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return _parse(text)
    except ValueError:
        return None


def _named(ip: IPv4Address | IPv6Address, table: Sequence[tuple[object, str]]) -> str | None:
    return next((why for net, why in table if ip in net), None)  # type: ignore[operator]  # networks of ip's version


def _carried(ip: IPv6Address) -> tuple[str, IPv4Address] | None:
    """Return how an IPv4 address travels inside `ip`, and which."""
    for net, why, shift, mask in _V6_CARRIERS:
        if ip in net:
            return why, IPv4Address(((int(ip) >> shift) & 0xFFFFFFFF) ^ mask)
    return None


def _listed(ports: Collection[int]) -> str:
    return ", ".join(str(port) for port in sorted(ports)) or "none"
