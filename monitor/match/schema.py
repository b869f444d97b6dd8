"""The watch language as JSON Schema, put together from the clause plug-ins: for editors and the reference page."""

from __future__ import annotations

from typing import Any

from monitor.match.loader import WATCH_KEYS
from monitor.match.reader import clause_kinds

_STRING = (
    "word: any case, any accent, with its inflections and compounds; several words: a phrase; "
    "=Word: exactly this; "
    "stem*: any letters after; /pattern/: a regular expression with three letters in a row; "
    "$name: a set; watch:id: another watch; A ~ B or A ~8 B: within 6 or 8 words."
)


def watch_schema() -> dict[str, Any]:
    """Return the JSON Schema of one watch; its definitions also hold that of a `set`."""
    clauses: dict[str, Any] = {}
    for kind in clause_kinds().values():
        clauses[kind.key] = dict(kind.schema)
        clauses.update({key: dict(schema) for key, schema in kind.options.items()})
    finding = [{"required": [kind.key]} for kind in clause_kinds().values() if kind.finds]
    watch = {**WATCH_KEYS, **clauses}
    items = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}}
    return {
        "$ref": "#/$defs/watch",
        "$defs": {
            "item": {"oneOf": [{"type": "string", "minLength": 1, "description": _STRING}, {"$ref": "#/$defs/clause"}]},
            "clause": {"type": "object", "properties": clauses, "additionalProperties": False, "anyOf": finding},
            "watch": {
                "type": "object",
                "properties": watch,
                "required": ["id"],
                "additionalProperties": False,
                "anyOf": finding,
            },
            "set": {
                "description": "A list of items, or a map from language to list; * is every language.",
                "oneOf": [items, {"type": "object", "minProperties": 1, "additionalProperties": items}],
            },
        },
    }
