"""`query`: one boolean string, for those who have one from another product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import Node
from monitor.match.clauses._base import Condition, Example, Path, Reader


class QueryClause(Condition):
    key: ClassVar[str] = "query"
    schema: ClassVar = {
        "type": "string",
        "minLength": 1,
        "description": "AND, OR, NOT in capitals, brackets, phrases in quotes, A NEAR/6 B, A ONEAR/6 B (as ordered), "
        "title:, lead:, body:, =Exact, stem*, $set, watch:id, /regex/.",
    }
    examples: ClassVar = (
        Example(
            {"query": '(Kursk OR "North Korea") NEAR/4 troop* NOT title:film'},
            "two terms close together, unless the title says otherwise",
            "Troops reached Kursk.",
            "Kursk has a new mayor. Troops trained elsewhere.",
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        return reader.query(clause[self.key], (*path, self.key))


CLAUSE = QueryClause()
