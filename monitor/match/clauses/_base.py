"""What a clause plug-in is: a key of the watch language, how it is read, and examples that are its tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from monitor.match.ast import Node

Path = tuple[str | int, ...]

ITEMS_SCHEMA: dict[str, Any] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}}


@dataclass(frozen=True, slots=True)
class Example:
    """A clause as the user writes it, one text it holds for, one it does not."""

    clause: Mapping[str, object]
    says: str
    matches: str
    misses: str
    sets: Mapping[str, object] = field(default_factory=dict)


class Reader(Protocol):
    """What a clause may ask while it is read. Each notes a problem and returns nothing where the value is wrong."""

    def items(self, value: object, path: Path) -> tuple[Node, ...]:
        """Read a list of items."""
        ...

    def query(self, value: object, path: Path) -> Node | None:
        """Read a boolean string."""
        ...

    def number(self, value: object, path: Path, *, least: int, most: int) -> int | None:
        """Read a whole number."""
        ...

    def choice(self, value: object, path: Path, choices: tuple[str, ...]) -> str | None:
        """Read one word of several."""
        ...

    def problem(self, path: Path, message: str, *, got: object = "", wanted: str = "") -> None:
        """Note something wrong."""
        ...


class Clause(Protocol):
    """One key of the watch language. One module in this folder, one object named CLAUSE."""

    key: ClassVar[str]
    wraps: ClassVar[bool]  # it changes how the other keys of its clause are looked for, and is read after them
    finds: ClassVar[bool]  # it looks for mentions of its own, so a watch may consist of it alone
    schema: ClassVar[Mapping[str, Any]]  # of the key's value, as JSON Schema
    options: ClassVar[Mapping[str, Mapping[str, Any]]]  # further keys that only make sense beside this one
    examples: ClassVar[tuple[Example, ...]]

    def read(self, reader: Reader, clause: Mapping[str, object], path: Path, inner: Node | None) -> Node | None:
        """Return the node for `clause[self.key]`; modifiers wrap `inner`, all others get None."""
        ...


class Condition:
    """Base of the clauses that stand beside others: all keys of one clause must hold."""

    finds: ClassVar[bool] = True
    wraps: ClassVar[bool] = False
    options: ClassVar[Mapping[str, Mapping[str, Any]]] = {}


class Modifier:
    """Base of the clauses that change how the others of the same clause are looked for."""

    finds: ClassVar[bool] = False
    wraps: ClassVar[bool] = True
    options: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
