"""Build alerts, deliveries and channels with only the field under test visible; and what strangers write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor import registry
from monitor.egress import Egress
from monitor.model import Alert, Delivery, Evidence, Field, Outlet, Sighting, Target, WatchInfo

NOW = datetime(2026, 3, 29, 12, 30, 15, 250_000, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOTIFIERS = registry.discover("alerts", "NOTIFIER")

# What strangers write (RELIABILITY C4 and group H), one fault each.
HOSTILE = {
    "empty": "",
    "script": "<script>alert(1)</script><img src=http://evil.test/x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'" autofocus onfocus=alert(1) `',
    "svg": "</title></style></textarea><svg/onload=alert(1)><iframe srcdoc='<b>'>",
    "javascript": "javascript:alert(1)",
    "data link": "data:text/html,<script>alert(1)</script>",
    "scheme-relative": "//evil.test/x",
    "crlf": "Title\r\nBcc: victim@example.org\r\n\r\nbody\r\n.\r\nMAIL FROM:<x@evil.test>",
    "nul": "nul\x00 and \x08 bell \x07",
    "separators": "line\u2028paragraph\u2029nel\x85vt\x0bff\x0cfs\x1cgs\x1drs\x1e",
    "surrogates": "half \ud800 other \udfff pair reversed \udc00\ud800",
    "surrogate only": "\ud83d",
    "megabyte": "long title " * 95_000,
    "megabyte of marks": "e" + "\u0301" * 1_000_000,
    "megabyte of quotes": '"\\' * 500_000,
    "right to left": "\u202eexe.fdp\u202c \u2066isolate\u2069 \u200fعاجل: زلزال קרה",
    "ansi": "\x1b[2J\x1b[31mred\x1b]8;;http://evil.test\x07link\x1b]8;;\x07 \x9b31m",
    "encoded word": "=?utf-8?b?DQpCY2M6IHZpY3RpbUBleGFtcGxlLm9yZw0K?= =?utf-8?q?=0D=0ABcc:_x?=",
    "template": "{{ 7*7 }} {% for x in y %} ${7*7} %s %(a)s {0.__class__}",
    "mention": "<!channel> <@U1> @everyone [x](http://evil.test) ```code```",
    "emoji": "👩‍👩‍👧‍👦🇩🇪🏴󠁧󠁢󠁥󠁮󠁧󠁿" * 300,
    "cjk": "地震速報・緊急" * 500,
    "dots": ".\r\n..\r\n.end",
    "noncharacters": "\ufffe\uffff\U0001ffff\ufdd0",
}


def alert(**changes: Any) -> Alert:
    plain = Alert(
        id="alr_01",
        watch=WatchInfo("quake", "Earthquakes", ("danger",)),
        story_id=7,
        article_id=11,
        title="Erdbeben erschüttert Küste",
        url="https://news.example.org/erdbeben?id=1&x=2",
        outlet=Outlet("kuestenbote", "Küstenbote", "example.org", "DE", "de"),
        published=NOW - timedelta(minutes=3),
        seen_at=NOW,
        created_at=NOW,
        language="de",
        authors=("Ina Ude",),
        summary="Am Morgen bebte die Erde.\nNiemand wurde verletzt.",
        score=5,
        evidence=(Evidence(Field.TITLE, "erdbeben", "Erdbeben erschüttert Küste", 0, 8),),
        also_on=(
            Sighting("Inselblatt", "https://insel.example.net/beben", "Die Erde bebt", NOW, NOW + timedelta(minutes=4)),
        ),
    )
    return replace(plain, **changes)


def hostile_alert(text: str) -> Alert:
    """An alert whose every free text and address is `text`."""
    return alert(
        id=text,
        watch=WatchInfo(text, text, (text, text)),
        title=text,
        url=text,
        outlet=Outlet(text, text, text, text, text),
        language=text,
        authors=(text, text),
        summary=text,
        evidence=tuple(Evidence(Field.BODY, text, text, 0, 1) for _ in range(3)),
        also_on=tuple(Sighting(text, text, text, None, NOW) for _ in range(3)),
    )


def loopback(port: int) -> Egress:
    """A real gate for which every name is `127.0.0.1:port`."""
    return Egress(allow=["127.0.0.0/8"], hosts={"*": f"127.0.0.1:{port}"})


def notifier(kind: str, gate: Egress, **options: Any) -> Any:
    plugin = NOTIFIERS[kind]
    return plugin("main", plugin.Options(**options), gate)


def delivery(target: Target, payload: bytes, **changes: Any) -> Delivery:
    return replace(Delivery("msg_01", "alr_01", target, payload, attempts=0, created_at=NOW), **changes)
