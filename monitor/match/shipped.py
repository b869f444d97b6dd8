"""The sets that ship with Tocsin: every *.yml in lexicon/, `name: {language: [words]}`.

They are read once, as plain strings, and lie under the user's own sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from monitor.match.tables import read_table


@cache
def shipped_sets() -> Mapping[str, object]:
    """Return the shipped sets by name."""
    sets: dict[str, object] = {}
    for file in sorted(files(__package__).joinpath("lexicon").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".yml"):
            sets |= read_table(file.read_text("utf-8"))
    return MappingProxyType(sets)
