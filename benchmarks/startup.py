"""How long a command takes to answer, beside an interpreter that does nothing.

    python -m benchmarks.startup [--rounds 5]

`tocsin --help` (target: 0.4 s), `tocsin check` on a starter file with 20 outlets, and the start of the service up to
its first look at what is due.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks._table import describe_machine, print_table, print_title

ROOT = Path(__file__).resolve().parent.parent
OUTLETS = "".join(f"  - https://paper{number}.example/\n" for number in range(20))
FILE = (
    f"outlets:\n{OUTLETS}watches:\n  - {{id: kursk, any: [$kursk]}}\n  - {{id: quake, any: [earthquake, Erdbeben]}}\n"
)
START = """
import asyncio, os, sys
from pathlib import Path
from monitor.app import App
from monitor.load import load
from monitor.log import configure
configure(level="error")
async def go():
    app = App(load(Path(sys.argv[1]), os.environ))
    await app.start()
    print("up", flush=True)
    os._exit(0)
asyncio.run(go())
"""


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tocsin.yml"
        file.write_text(FILE, encoding="utf-8")
        tocsin = [sys.executable, "-m", "monitor.cli.main"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "tocsin --help": [*tocsin, "--help"],
            "tocsin check": [*tocsin, "check", str(file)],
            "service, up to its first tick": [sys.executable, "-c", START, str(file)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for attempt in range(rounds + 1):
            for name, command in commands.items():
                spent = _time(command, folder)
                if attempt:  # the first of all writes and reads what is cached from then on
                    times[name].append(spent)
    floor = statistics.median(times["python -c pass"])
    print_title("Start, in seconds", f"{rounds} rounds; {describe_machine()}")
    print_table(
        ("", "median", "best", "beyond python"),
        [(name, statistics.median(each), min(each), statistics.median(each) - floor) for name, each in times.items()],
    )


def _time(command: Sequence[str], folder: str) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    spent = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(command[1:4])}: {done.stdout}{done.stderr}")
    return spent


if __name__ == "__main__":
    main()
