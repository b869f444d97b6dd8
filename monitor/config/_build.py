"""Checked sections of the file → the frozen values that the house works with."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_network
from types import MappingProxyType

from monitor.config.models import NetworkSection, OutletSection, ScheduleSection
from monitor.config.settings import Network, Schedule
from monitor.config.values import host_of, plain_url
from monitor.model import Outlet, Source


def source_id(kind: str, url: str) -> str:
    """Return the id of a source: stable over restarts, reordering and renaming of its outlet."""
    return blake2b(f"{kind} {plain_url(url)}".encode(), digest_size=6).hexdigest()


def slug(name: str) -> str:
    """`Le Monde (français)` is `le-monde-francais`; letters of other scripts (й, ї, ガ) stay as they are."""
    plain = "".join(map(_without_accent, unicodedata.normalize("NFKC", name.casefold())))
    return re.sub(r"[\W_]+", "-", plain).strip("-") or "outlet"


def _without_accent(char: str) -> str:
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() else char


def outlet_of(section: OutletSection, url: str, taken: set[str]) -> Outlet:
    """Return the outlet, with an id of its own that joins `taken`; `url` is its first source."""
    host = host_of(url)
    name = section.name or host
    wanted = slug(name)
    number = 1
    while (id_ := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    taken.add(id_)
    return Outlet(id_, name, host, section.country, section.language, section.tags)


def source_of(outlet: Outlet, section: OutletSection, kind: str, url: str, schedule: ScheduleSection) -> Source:
    """Return one source of an outlet; what it leaves open is as the schedule says."""
    return Source(
        id=source_id(kind, url),
        outlet=outlet,
        kind=kind,
        url=url,
        interval=section.interval or schedule.interval,
        links=section.links if kind == "page" else None,
        headers=MappingProxyType(dict(section.headers)),
        first_visit=section.first_visit or schedule.first_visit,
    )


def network_of(section: NetworkSection) -> Network:
    """Return the network section as the house uses it."""
    return Network(
        user_agent=section.user_agent or default_agent(),
        contact=section.contact,
        timeout=section.timeout,
        max_body=section.max_body,
        delay=section.delay,
        per_host=section.per_host,
        concurrency=section.concurrency,
        robots=section.robots,
        allow=tuple(ip_network(each) for each in section.allow),
        ports=section.ports,
        hosts=MappingProxyType(dict(section.hosts)),
    )


def schedule_of(section: ScheduleSection) -> Schedule:
    """Return the schedule section as the house uses it."""
    return Schedule(
        interval=section.interval,
        jitter=section.jitter,
        settle=section.settle,
        workers=section.workers,
        parse_timeout=section.parse_timeout,
        first_visit=section.first_visit,
    )


def default_agent() -> str:
    """Return what Tocsin calls itself where the user gives it no name."""
    try:
        return f"Tocsin/{version('tocsin')}"
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "Tocsin/0"
