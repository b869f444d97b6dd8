"""`tocsin check`: reads a configuration as `run` would, and names every fault at once."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli._output import say, write_json
from monitor.errors import ConfigError
from monitor.load import Loaded, load

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The configuration.")] = Path("tocsin.yml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Check a configuration: outlets, watches, channels and routes. Exit code 2 if something is wrong."""
    try:
        counts = count(load(file, os.environ))
    except ConfigError as error:
        if not as_json:
            raise
        write_json({"ok": False, "problems": [dataclasses.asdict(each) for each in error.problems]})
        return 2
    if as_json:
        write_json({"ok": True, "file": str(file), **counts})
    else:
        say(f"{file}: in order. " + ", ".join(_numbered(number, name) for name, number in counts.items()) + ".")
        if not counts["channels"]:
            say("No channel is configured: alerts are printed by `tocsin run`, and kept.")
    return 0


def count(loaded: Loaded) -> dict[str, int]:
    """Return how much of everything a configuration holds."""
    config = loaded.config
    return {
        "outlets": len(config.outlets),
        "sources": len(config.sources),
        "watches": len(loaded.rules.watches),
        "channels": len(config.channels),
        "routes": len(config.routes),
    }


def _numbered(number: int, plural: str) -> str:
    single = "watch" if plural == "watches" else plural.removesuffix("s")
    return f"{number} {single if number == 1 else plural}"
