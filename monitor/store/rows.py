"""Values as columns and back: times, lists, evidence, outlets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar, overload

from sqlite_utils import Database

from monitor.model import Entry, Evidence, Field, Outlet

Row = dict[str, Any]
D = TypeVar("D")


@overload
def stamp(moment: datetime) -> str: ...
@overload
def stamp(moment: None) -> None: ...
def stamp(moment: datetime | None) -> str | None:
    """Return a time as the text that the columns hold; it sorts as the time does."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@overload
def moment(text: str) -> datetime: ...
@overload
def moment(text: None) -> None: ...
def moment(text: str | None) -> datetime | None:
    """Return the time that `stamp` wrote."""
    return None if text is None else datetime.fromisoformat(text)


def rows(db: Database, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
    """Run one query (or a write with RETURNING, inside the caller's transaction) and return all rows."""
    cursor = db.conn.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def marks(values: Sequence[Any]) -> str:
    """Return `?, ?, ?` for an IN list."""
    return ", ".join("?" * len(values))


def to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def entry_to_json(entry: Entry) -> str:
    """Return an entry as the frontier keeps it."""
    facts = {each.name: getattr(entry, each.name) for each in fields(entry)}
    facts["published"] = stamp(entry.published)
    facts["updated"] = stamp(entry.updated)
    return to_json({name: value for name, value in facts.items() if value not in (None, "", ())})


def entry_from_json(text: str) -> Entry:
    facts = json.loads(text)
    facts["authors"] = tuple(facts.get("authors", ()))
    for name in ("published", "updated"):
        facts[name] = moment(facts.get(name))
    return Entry(**{"link": "", **facts})


def evidence_to_json(evidence: Iterable[Evidence]) -> str:
    return to_json([[each.field, each.term, each.snippet, each.start, each.end] for each in evidence])


def evidence_from_json(text: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(Field(field), term, snippet, start, end) for field, term, snippet, start, end in json.loads(text)
    )


def outlet_from_row(row: Row) -> Outlet:
    return Outlet(
        id=row["outlet_id"],
        name=row["outlet_name"],
        domain=row["domain"],
        country=row["country"],
        language=row["outlet_language"],
        tags=tuple(json.loads(row["tags"])),
    )


OUTLET_COLUMNS = "o.id AS outlet_id, o.name AS outlet_name, o.domain, o.country, o.language AS outlet_language, o.tags"
