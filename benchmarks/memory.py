"""Memory of a service at rest: `tocsin run` with 50 outlets, all its processes added up.

    python -m benchmarks.memory

Three moments: just started, after the first visits and the articles they offered, and when the parsing
children have been sent home for want of work (a minute later). Target: 150 MB resident at rest.
The peer is what Python needs for Scrapy alone, imported and doing nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks._press import Memory, family, memory, press
from benchmarks._table import Skipped, describe_machine, print_table, print_title
from monitor.demo.newspaper import Newspaper

OUTLETS = 50
ARTICLES = 4  # of each
FIRST_VISITS = 60.0  # seconds they may take
REST = 100.0  # seconds within which the children must have gone
PARAGRAPH = "The bridge over the river was closed on Monday while engineers looked for the cause of the noise. "


def main(arguments: Sequence[str] | None = None) -> None:
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    if not Path("/proc/self/smaps_rollup").exists():
        raise Skipped("only Linux tells what processes hold")
    rows = [("Scrapy imported, no more", *_figures([_of_import("scrapy.crawler, aiohttp, scrapy.core.engine")], 1))]
    with press(_print) as paper, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tocsin.yml"
        file.write_text(_configuration(paper.dial), encoding="utf-8")
        log = Path(folder) / "log.jsonl"
        with log.open("w", encoding="utf-8") as out:
            service = subprocess.Popen(
                [sys.executable, "-m", "monitor.cli.main", "run", "-c", str(file), "--json"], stderr=out, cwd=folder
            )
        try:
            _wait(lambda: _count(log, "started") == 1, FIRST_VISITS, service)
            rows.append(("tocsin, just started", *_measure(service.pid)))
            _wait(lambda: _count(log, "read") >= OUTLETS * ARTICLES, FIRST_VISITS, service)
            rows.append(("tocsin, first visits and articles read", *_measure(service.pid)))
            _wait(lambda: len(family(service.pid)) == 1, REST, service)
            rows.append(("tocsin, at rest", *_measure(service.pid)))
        finally:
            service.terminate()
            service.wait(15)
    print_title("Memory, all processes", f"{OUTLETS} outlets, {OUTLETS * ARTICLES} articles; {describe_machine()}")
    print_table(("", "processes", "resident MB", "proportional MB"), rows)


def _measure(pid: int) -> tuple[int, float, float]:
    members = family(pid)
    return _figures([memory(member) for member in members], len(members))


def _figures(held: Sequence[Memory], processes: int) -> tuple[int, float, float]:
    return processes, sum(each.rss for each in held), sum(each.pss for each in held)


def _of_import(modules: str) -> Memory:
    measure = "from benchmarks._press import memory\nheld = memory(os.getpid())\nprint(held.rss, held.pss)"
    code = f"import os, {modules}\n{measure}"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )
    rss, pss = map(float, answer.stdout.split())
    return Memory(rss, pss)


def _wait(is_so: Callable[[], bool], seconds: float, service: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends or service.poll() is not None:
            raise SystemExit(f"the service did not get there within {seconds:g} s")
        time.sleep(0.2)


def _count(log: Path, event: str) -> int:
    lines = log.read_text(encoding="utf-8").splitlines()
    return sum(json.loads(line)["event"] == event for line in lines if line.endswith("}"))


def _configuration(dial: str) -> str:
    outlets = "".join(f'  - {{name: p{n}, feed: "http://paper{n}.example/feed.xml"}}\n' for n in range(OUTLETS))
    return (
        f"outlets:\n{outlets}watches: [{{id: kursk, any: [$kursk]}}, {{id: nk, any: [$north_korea ~ $troops]}}]\n"
        f'channels: {{archive: {{file: alerts.jsonl}}}}\nnetwork:\n  allow: [127.0.0.1]\n  hosts: {{"*": "{dial}"}}\n'
        "  delay: 0s\n"
    )


def _print(paper: Newspaper) -> None:
    for number in range(OUTLETS):
        host = f"paper{number}.example"
        links = [f"http://{host}/2026/01/report-{at}.html" for at in range(ARTICLES)]
        items = "".join(
            f"<item><title>Report {n} of {host}</title><link>{link}</link></item>" for n, link in enumerate(links)
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'
        paper.publish(host, "/feed.xml", feed, content_type="application/rss+xml")
        for at in range(ARTICLES):
            text = "".join(f"<p>{number}-{at}-{line}: {PARAGRAPH * 4}</p>" for line in range(12))
            title = f"Report {at} of {host}"
            page = f"<!doctype html><title>{title}</title><article><h1>{title}</h1>{text}</article>"
            paper.publish(host, f"/2026/01/report-{at}.html", page)


if __name__ == "__main__":
    main()
