"""The sets that ship with Tocsin: every *.yml in lexicon/, `name: {language: [words]}` or `name: [items]`.

They are read once, as plain strings, and lie under the user's own sets. A set whose words mean other
things too is a list of clauses that ignore those (`$kursk` over `$kursk_name` and `$kursk_noise`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from monitor.match.tables import read_table


@cache
def shipped_sets() -> Mapping[str, object]:
    """Return the shipped sets by name; two files that claim one name stop the start."""
    sets: dict[str, object] = {}
    for file in sorted(files(__package__).joinpath("lexicon").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".yml"):
            table = read_table(file.read_text("utf-8"))
            taken = sets.keys() & table.keys()
            if taken:
                raise ValueError(f"lexicon/{file.name}: another file has the set {', '.join(sorted(taken))}")
            sets |= table
    return MappingProxyType(sets)
