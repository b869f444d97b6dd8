"""The JSON of a webhook: it keeps to its schema, its size and its word."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Access, Evidence, Field, Sighting
from monitor.render.payload import webhook_payload
from tests.alerts.build import HOSTILE, NOW, alert, hostile_alert

SCHEMA = json.loads((files("monitor.render") / "alert.schema.json").read_text(encoding="utf-8"))
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


def faults(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """Return where `value` breaks the parts of JSON Schema that ours uses; an unknown part is a fault."""
    found = []
    for rule, wanted in schema.items():
        if rule in ("$schema", "title", "description", "properties", "items"):
            continue
        found += [f"{path}: {rule} {wanted!r}: {value!r:.80}"] if not keeps(value, rule, wanted, schema) else []
    for name, part in schema.get("properties", {}).items():
        found += faults(value[name], part, f"{path}.{name}") if isinstance(value, dict) and name in value else []
    if "items" in schema and isinstance(value, list):
        for index, item in enumerate(value):
            found += faults(item, schema["items"], f"{path}[{index}]")
    return found


def keeps(value: Any, rule: str, wanted: Any, schema: dict[str, Any]) -> bool:
    match rule:
        case "type":
            names = [wanted] if isinstance(wanted, str) else wanted
            return type(value) in [TYPES[name] for name in names]
        case "const":
            return bool(value == wanted)
        case "enum":
            return value in wanted
        case "pattern":
            return value is None or re.search(wanted, value) is not None
        case "minimum":
            return bool(value >= wanted)
        case "required":
            return set(wanted) <= set(value)
        case "additionalProperties":
            return wanted is False and set(value) <= set(schema["properties"])
        case "uniqueItems":
            return len(set(value)) == len(value)
    return False


def read(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(webhook_payload(alert(**changes)))
    return body


def test_the_check_itself_sees_faults() -> None:
    good = read()
    assert faults(good, SCHEMA) == []
    for spoil in (
        {**good, "more": 1},
        {**good, "type": "alert"},
        {**good, "timestamp": "now"},
        {**good, "data": {**good["data"], "score": "5"}},
        {**good, "data": {key: value for key, value in good["data"].items() if key != "test"}},
        {**good, "data": {**good["data"], "article": {**good["data"]["article"], "url": "javascript:x"}}},
    ):
        assert faults(spoil, SCHEMA)
    assert faults(1, {"multipleOf": 2})


def test_every_member_of_the_schema_is_described_or_plain() -> None:
    assert SCHEMA["description"]
    assert set(SCHEMA["properties"]) == {"type", "version", "id", "timestamp", "data"}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_H_whatever_strangers_write_keeps_to_the_schema_and_the_size(name: str) -> None:
    body = webhook_payload(hostile_alert(HOSTILE[name]))
    assert faults(json.loads(body), SCHEMA) == []
    assert len(body) < 20_000


wild = st.text(st.characters(codec=None, categories=None), max_size=60).map(lambda text: text * 50)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=80), st.sampled_from(sorted(HOSTILE.values(), key=len)[:-3]), st.just("\U0010ffff" * 4_000)
    ),
    count=st.integers(0, 400),
)
def test_however_much_there_is_it_stays_under_20_kb_and_tells_what_was_left_out(text: str, count: int) -> None:
    evidence = tuple(Evidence(Field.BODY, text, text, 0, 1) for _ in range(count))
    places = tuple(Sighting(text, "https://a.example/" + "x" * 900, text, NOW, NOW) for _ in range(count))
    whole = alert(title=text, summary=text * 3, authors=(text,) * count, evidence=evidence, also_on=places)
    body = webhook_payload(whole)
    assert len(body) < 20_000
    payload = json.loads(body)
    data = payload["data"]
    assert faults(payload, SCHEMA) == []
    assert (data["evidence_total"], data["also_on_total"]) == (count, count)
    assert ("evidence" in data["cut"]) == (len(data["evidence"]) < count)
    assert ("also_on" in data["cut"]) == (len(data["also_on"]) < count)


def test_it_is_minified_utf_8_and_the_same_for_the_same_alert() -> None:
    body = webhook_payload(alert())
    assert body == webhook_payload(alert())
    assert b'{"type":"alert.created","version":1,"id":"alr_01","timestamp":"2026-03-29T12:30:15.250Z","data":{' in body
    assert "Küste".encode() in body
    assert b'", "' not in body


def test_it_says_all_that_an_alert_knows() -> None:
    data = read(access=Access.PAYWALL, is_test=True)["data"]
    assert data == {
        "watch": {"id": "quake", "name": "Earthquakes", "tags": ["danger"]},
        "story": 7,
        "article": {
            "title": "Erdbeben erschüttert Küste",
            "url": "https://news.example.org/erdbeben?id=1&x=2",
            "outlet": {
                "id": "kuestenbote",
                "name": "Küstenbote",
                "domain": "example.org",
                "country": "DE",
                "language": "de",
            },
            "published": "2026-03-29T12:27:15.250Z",
            "seen": "2026-03-29T12:30:15.250Z",
            "language": "de",
            "authors": ["Ina Ude"],
            "summary": "Am Morgen bebte die Erde.\nNiemand wurde verletzt.",
            "access": "paywall",
        },
        "score": 5,
        "evidence": [
            {"field": "title", "term": "erdbeben", "snippet": "Erdbeben erschüttert Küste", "start": 0, "end": 8}
        ],
        "evidence_total": 1,
        "also_on": [
            {
                "outlet": "Inselblatt",
                "url": "https://insel.example.net/beben",
                "title": "Die Erde bebt",
                "published": "2026-03-29T12:30:15.250Z",
                "seen": "2026-03-29T12:34:15.250Z",
            }
        ],
        "also_on_total": 1,
        "cut": [],
        "test": True,
    }


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:,x", "//evil.test/x", "ftp://a.example/", "x" * 5_000, ""]
)
def test_H2_an_address_that_is_no_link_is_null(url: str) -> None:
    assert read(url=url)["data"]["article"]["url"] is None


def test_E11_moments_at_the_ends_of_time_do_not_stop_an_alert() -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))
    assert read(published=first, seen_at=last)["data"]["article"]["published"] == "0001-01-01T00:00:00.000Z"


def test_times_of_other_zones_are_told_in_utc() -> None:
    moment = datetime(2026, 3, 29, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert read(published=moment)["data"]["article"]["published"] == moment.astimezone(UTC).strftime("%FT%T.000Z")
