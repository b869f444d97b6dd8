"""`near`: every item within some words of the others, in one sentence unless `scope: text` says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import Near, Node
from monitor.match.clauses._base import ITEMS_SCHEMA, Condition, Example, Path, Reader

DEFAULT_WITHIN = 6  # words; 4 to 6 lose nothing that 10 finds in one sentence, and 30 finds noise
MOST_WITHIN = 100


class NearClause(Condition):
    key: ClassVar[str] = "near"
    schema: ClassVar = {**ITEMS_SCHEMA, "minItems": 2, "description": "All of these close to one another."}
    options: ClassVar = {
        "within": {
            "type": ["integer", "string"],
            "pattern": "^[0-9]+$",
            "minimum": 1,
            "maximum": MOST_WITHIN,
            "default": DEFAULT_WITHIN,
            "description": "How many words apart at most; in scripts without spaces two characters are one word.",
        },
        "scope": {
            "enum": ["sentence", "text"],
            "default": "sentence",
            "description": "Whether a sentence's end stops the search.",
        },
        "ordered": {
            "enum": [True, False, "true", "false"],
            "default": False,
            "description": "Whether the items must follow one another as written.",
        },
    }
    examples: ClassVar = (
        Example(
            {"near": ["North Korea", "troops"], "within": 4},
            "two terms at most four words apart",
            "Troops sent by North Korea arrived.",
            "North Korea opened a beach. Troops trained elsewhere.",
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        items = reader.items(clause[self.key], (*path, self.key))
        within = reader.number(clause.get("within", str(DEFAULT_WITHIN)), (*path, "within"), least=1, most=MOST_WITHIN)
        scope = reader.choice(clause.get("scope", "sentence"), (*path, "scope"), ("sentence", "text"))
        ordered = reader.choice(clause.get("ordered", "false"), (*path, "ordered"), ("true", "false"))
        if len(items) == 1 and isinstance(clause[self.key], (list, tuple)) and len(clause[self.key]) == 1:  # type: ignore[arg-type]  # narrowed just before
            reader.problem(
                (*path, self.key),
                "near needs two things to be near each other",
                got="one item",
                wanted="two or more items",
            )
        if len(items) < 2 or within is None or scope is None or ordered is None:
            return None
        return Near(items, within, is_same_sentence=scope == "sentence", is_ordered=ordered == "true")


CLAUSE = NearClause()
