"""The data files of this room: YAML whose scalars all stay text (`no` is Norwegian, not False)."""

from __future__ import annotations

import yaml


def read_table(text: str) -> dict[str, object]:
    """Return the map a data file holds."""
    table = yaml.load(text, Loader=yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader)  # noqa: S506  BaseLoader makes text only
    assert isinstance(table, dict)
    return table
