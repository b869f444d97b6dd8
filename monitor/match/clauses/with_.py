"""`with`: context that must occur somewhere; it is no mention itself, so it is neither counted nor shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import AnyOf, Context, Node
from monitor.match.clauses._base import ITEMS_SCHEMA, Condition, Example, Path, Reader


class WithClause(Condition):
    key: ClassVar[str] = "with"
    finds: ClassVar[bool] = False
    schema: ClassVar = {**ITEMS_SCHEMA, "description": "One of these must occur somewhere in the document, as context."}
    examples: ClassVar = (
        Example(
            {"any": ["=Orange"], "with": ["telecom", "mobile network"]},
            "a name, where the text is on its trade",
            "Orange grew. The telecom group hired.",
            "Orange is the colour of autumn.",
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        items = reader.items(clause[self.key], (*path, self.key))
        return Context(AnyOf(items)) if items else None


CLAUSE = WithClause()
