"""Runs the benchmarks in turn, each in a process of its own: python -m benchmarks [NAME …] [its options]."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

from benchmarks._table import Skipped, describe_machine

HERE = Path(__file__).resolve().parent
NAMES = tuple(sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_")))
LIMIT_SECONDS = 240


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all")
    chosen, options = parser.parse_known_args()
    unknown = [name for name in chosen.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")
    print(describe_machine(), flush=True)
    failed = [name for name in chosen.names or NAMES if not _run(name, options)]
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


def _run(name: str, options: list[str]) -> bool:
    """Run one in its own process, so that none measures what another has loaded; return whether it ended well."""
    print(f"\n──── {name} {'─' * (70 - len(name))}", flush=True)
    code = f"from benchmarks.__main__ import run_one; run_one({name!r})"
    command = [sys.executable, "-c", code, *options]
    try:
        return subprocess.run(command, cwd=HERE.parent, check=False, timeout=LIMIT_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        print(f"given up after {LIMIT_SECONDS} s")
        return False


def run_one(name: str) -> None:
    """Run a benchmark here; one that cannot run on this machine says why, and that is no failure."""
    try:
        importlib.import_module(f"benchmarks.{name}").main()
    except Skipped as reason:
        print(f"skipped: {reason}")


if __name__ == "__main__":
    sys.exit(main())
