"""`none`: the clause fails where any of the items occurs; it needs another key beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import AnyOf, Node, NoneOf
from monitor.match.clauses._base import ITEMS_SCHEMA, Condition, Example, Path, Reader


class NoneClause(Condition):
    key: ClassVar[str] = "none"
    finds: ClassVar[bool] = False
    schema: ClassVar = {
        **ITEMS_SCHEMA,
        "description": "None of these may occur anywhere. For one sense of a word, `ignore` is kinder.",
    }
    examples: ClassVar = (
        Example(
            {"any": ["Kursk"], "none": ["1943"]},
            "a term, but no article with the year",
            "Shelling in Kursk.",
            "Kursk in July 1943.",
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        items = reader.items(clause[self.key], (*path, self.key))
        return NoneOf(AnyOf(items)) if items else None


CLAUSE = NoneClause()
