"""Where the real pages, feeds and texts lie: `$TOCSIN_DATA`, or `shared/data` beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def data_root() -> Path | None:
    """Return the folder of real data, or None where this machine has none."""
    root = Path(os.environ.get("TOCSIN_DATA", ROOT.parent / "shared" / "data"))
    return root if root.is_dir() else None


def shared_data(name: str) -> Path:
    """Return a folder or file of the real data; skip the test where it is absent."""
    root = data_root()
    if root is None or not (root / name).exists():
        pytest.skip(f"the real data set {name!r} is not on this machine (set TOCSIN_DATA)")
    return root / name
