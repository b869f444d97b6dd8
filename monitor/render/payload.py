"""Alert -> the JSON of a webhook, frozen: alert.schema.json says what stands where.

Standard Webhooks asks for less than 20 kB, so limits are halved until it fits; the shortest form
keeps title, link and counts. The bytes never change once made: they are what is signed.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from monitor.model import Alert
from monitor.render.links import Link
from monitor.render.safe import Limits, SafeAlert, make_safe

TYPE = "alert.created"
VERSION = 1
PAYLOAD_CAP_BYTES = 20_000  # Standard Webhooks 1.0, "Payload size": usually smaller than 20 kB


def webhook_payload(alert: Alert) -> bytes:
    """Return minified UTF-8 JSON of less than 20 kB; does not fail on any text."""
    limits = Limits()
    while True:
        body = _minified(_payload(make_safe(alert, limits)))
        tighter = limits.halved()
        if len(body) < PAYLOAD_CAP_BYTES or tighter == limits:
            return body
        limits = tighter


def _minified(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _payload(safe: SafeAlert) -> dict[str, Any]:
    return {
        "type": TYPE,
        "version": VERSION,
        "id": safe.id,
        "timestamp": _moment(safe.created),
        "data": {
            "watch": {"id": safe.watch_id, "name": safe.watch_name, "tags": list(safe.watch_tags)},
            "story": safe.story,
            "article": _article(safe),
            "score": safe.score,
            "evidence": [
                {"field": each.field, "term": each.term, "snippet": each.snippet, "start": each.start, "end": each.end}
                for each in safe.evidence
            ],
            "evidence_total": safe.evidence_total,
            "also_on": [
                {
                    "outlet": each.outlet,
                    "url": _href(each.link),
                    "title": each.title,
                    "published": _moment(each.published),
                    "seen": _moment(each.seen),
                }
                for each in safe.also_on
            ],
            "also_on_total": safe.also_on_total,
            "cut": list(safe.cut),
            "test": safe.is_test,
        },
    }


def _article(safe: SafeAlert) -> dict[str, Any]:
    return {
        "title": safe.title,
        "url": _href(safe.link),
        "outlet": {
            "id": safe.outlet.id,
            "name": safe.outlet.name,
            "domain": safe.outlet.domain,
            "country": safe.outlet.country,
            "language": safe.outlet.language,
        },
        "published": _moment(safe.published),
        "seen": _moment(safe.seen),
        "language": safe.language,
        "authors": list(safe.authors),
        "summary": safe.summary,
        "access": safe.access.value,
    }


def _href(link: Link | None) -> str | None:
    return link.href if link else None


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
