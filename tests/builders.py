"""Values for tests: only what a test is about is visible in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import (
    Access,
    Article,
    Entry,
    FrontierItem,
    Outlet,
    Page,
    Source,
    SourceDue,
    Target,
    Visit,
    VisitOutcome,
)
from monitor.parse.fingerprint import fingerprint

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

WIRE = (
    "Der Stadtrat hat am Montag nach langer Debatte den Bau einer zweiten Rheinbrücke beschlossen.\n"
    "Die Arbeiten sollen im Herbst beginnen und vier Jahre dauern, sagte die Baudezernentin Ute Lamm.\n"
    "Anwohner fürchten mehr Verkehr in den engen Straßen der Altstadt, die Verwaltung verspricht neue Radwege.\n"
    "Nach Angaben der Stadt kostet das Bauwerk etwa hundertzehn Millionen Euro, das Land trägt davon die Hälfte.\n"
    "Eine Bürgerinitiative kündigte an, gegen den Beschluss vor dem Verwaltungsgericht zu klagen."
)
OTHER = (
    "Bei den Hallenmeisterschaften in Turku lief die neunzehnjährige Aino Salmela über achthundert Meter ins Ziel.\n"
    "Sie unterbot den zwölf Jahre alten Rekord um mehr als eine Sekunde und qualifizierte sich für die Titelkämpfe.\n"
    "Ihr Trainer sprach nach dem Rennen von einem Lohn für einen harten Winter mit vielen Kilometern auf Schnee.\n"
    "Im Weitsprung gewann überraschend der Student Matti Korpela, der erst seit drei Jahren Sport treibt."
)


def outlet(name: str = "Rheinblick", **facts: Any) -> Outlet:
    return Outlet(**{"id": name.lower(), "name": name, "domain": f"{name.lower()}.example", "language": "de"} | facts)


def source(name: str = "Rheinblick", kind: str = "feed", **facts: Any) -> Source:
    known = outlet(name)
    defaults = {
        "id": f"{kind}-{known.id}",
        "outlet": known,
        "kind": kind,
        "url": f"http://{known.domain}/{kind}.xml",
        "interval": timedelta(minutes=5),
    }
    return Source(**defaults | facts)


def entry(path: str = "a1", **facts: Any) -> Entry:
    return Entry(**{"link": f"http://rheinblick.example/{path}.html", "id": path, "title": f"Bericht {path}"} | facts)


def due(of: Source | None = None, **facts: Any) -> SourceDue:
    return SourceDue(**{"source": of or source(), "is_first": False} | facts)


def visit(of: Source | None = None, entries: int = 1, now: datetime = NOON, **facts: Any) -> Visit:
    defaults = {
        "source_id": (of or source()).id,
        "outcome": VisitOutcome.OK,
        "reason": "read",
        "started_at": now,
        "ended_at": now,
        "entries": entries,
    }
    return Visit(**defaults | facts)


def item(path: str = "a1", of: Source | None = None, **facts: Any) -> FrontierItem:
    where = of or source()
    url = f"http://{where.outlet.domain}/{path}.html"
    defaults = {
        "id": 1,
        "url": url,
        "entry": Entry(link=url, id=path, title=""),
        "source": where,
        "discovered_at": NOON,
    }
    return FrontierItem(**defaults | facts)


def page(path: str = "a1", text: str = WIRE, title: str = "Zweite Rheinbrücke beschlossen", **facts: Any) -> Page:
    defaults = {
        "url": f"http://rheinblick.example/{path}.html",
        "canonical_url": None,
        "title": title,
        "text": text,
        "published": NOON,
        "language": "de",
        "access": Access.OPEN,
        "fingerprint": fingerprint(text),
    }
    return Page(**defaults | facts)


def article(path: str = "a1", of: Source | None = None, now: datetime = NOON, **facts: Any) -> Article:
    where = of or source()
    read = facts.pop("page", None) or page(path)
    defaults = {
        "page": read,
        "outlet": where.outlet,
        "source_id": where.id,
        "entry": Entry(link=read.url, id=path, title=read.title),
        "url": f"http://{where.outlet.domain}/{path}.html",
        "fetched_at": now,
        "discovered_at": now,
    }
    return Article(**defaults | facts)


def target(channel: str = "desk", label: str = "desk") -> Target:
    return Target(id=f"{channel}/{label}", channel=channel, kind="scripted", label=label)


class Clock:
    """A clock that a test turns."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


Facts = Mapping[str, Any]
