"""`in`: looks for the other keys of its clause in one field only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from monitor.match.ast import Inside, Node
from monitor.match.clauses._base import Example, Modifier, Path, Reader
from monitor.model import Field


class InClause(Modifier):
    key: ClassVar[str] = "in"
    schema: ClassVar = {
        "enum": [field.value for field in Field],
        "description": "The title, the lead (the first paragraph) or the body (all the rest).",
    }
    examples: ClassVar = (
        Example(
            {"any": ["Kursk"], "in": "lead"}, "a term in the first paragraph", "Kursk was hit.", "Belgorod was hit."
        ),
    )

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        field = reader.choice(clause[self.key], (*path, self.key), tuple(field.value for field in Field))
        return Inside(Field(field), inner) if field is not None and inner is not None else None


CLAUSE = InClause()
