"""`all`: every item must occur, anywhere in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import AllOf, Node
from monitor.match.clauses._base import ITEMS_SCHEMA, Condition, Example, Path, Reader


class AllClause(Condition):
    key: ClassVar[str] = "all"
    schema: ClassVar = {**ITEMS_SCHEMA, "description": "Every one of these must occur."}
    examples: ClassVar = (
        Example(
            {"all": ["Kursk", {"any": ["troops", "drone"]}]},
            "the one and one of the others",
            "A drone fell. Officials in Kursk said so.",
            "A drone fell on Belgorod.",
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        items = reader.items(clause[self.key], (*path, self.key))
        return AllOf(items) if items else None


CLAUSE = AllClause()
