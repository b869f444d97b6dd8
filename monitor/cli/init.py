"""`tocsin init`: writes a configuration to start from, and its schema beside it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli._output import say
from monitor.cli.schema import schema_text
from monitor.errors import ConfigError, Problem

app = typer.Typer(add_completion=False, rich_markup_mode=None)

CONFIGURATION = "tocsin.yml"
SCHEMA = "tocsin.schema.json"


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write tocsin.yml, a commented starter, and tocsin.schema.json, for your editor."""
    texts = {CONFIGURATION: starter_text(), SCHEMA: schema_text()}
    if not force:
        _refuse_to_overwrite([folder / name for name in texts])
    for name, text in texts.items():
        _write(folder / name, text)
    say(f"Wrote {folder / CONFIGURATION} and {folder / SCHEMA}. What next:")
    say(f"  1. Open {CONFIGURATION}: keep the outlets you care about, and write down what to look for.")
    say(f"  2. tocsin check {folder / CONFIGURATION}")
    say(f"  3. tocsin run --config {folder / CONFIGURATION}")


def starter_text() -> str:
    """Return the commented configuration to start from."""
    return files("monitor.config").joinpath("starter.yml").read_text(encoding="utf-8")


def _refuse_to_overwrite(paths: list[Path]) -> None:
    found = [path for path in paths if path.exists()]
    if found:
        wanted = "another folder, or --force to overwrite"
        raise ConfigError(tuple(Problem((), "is already there", wanted=wanted, file=str(path)) for path in found))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError((Problem((), f"cannot be written: {error.strerror}", file=str(path)),)) from error
