"""`any`: one of the items is enough; each that occurs is a mention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import AnyOf, Node
from monitor.match.clauses._base import ITEMS_SCHEMA, Condition, Example, Path, Reader


class AnyClause(Condition):
    key: ClassVar[str] = "any"
    schema: ClassVar = {**ITEMS_SCHEMA, "description": "One of these is enough."}
    examples: ClassVar = (
        Example(
            {"any": ["Kursk", "North Korea"]},
            "either term",
            "Talks on North Korea resume.",
            "Talks on South Korea resume.",
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        items = reader.items(clause[self.key], (*path, self.key))
        return AnyOf(items) if items else None


CLAUSE = AnyClause()
