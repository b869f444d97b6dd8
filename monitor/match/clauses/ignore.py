"""`ignore`: a mention inside one of these phrases does not count; the rest of the article still does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import AnyOf, Ignoring, Node
from monitor.match.clauses._base import ITEMS_SCHEMA, Example, Modifier, Path, Reader


class IgnoreClause(Modifier):
    key: ClassVar[str] = "ignore"
    schema: ClassVar = {**ITEMS_SCHEMA, "description": "Mentions inside these do not count."}
    examples: ClassVar = (
        Example(
            {"any": ["Kursk"], "ignore": ["Battle of Kursk"]},
            "a term, but not where it is part of a phrase",
            "The first invasion since the Battle of Kursk reached Kursk.",
            "A film on the Battle of Kursk opens.",
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        items = reader.items(clause[self.key], (*path, self.key))
        return Ignoring(inner, AnyOf(items)) if items and inner is not None else None


CLAUSE = IgnoreClause()
