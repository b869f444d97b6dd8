"""`tocsin schema`: the JSON Schema of the configuration, by which an editor completes and checks it."""

from __future__ import annotations

import json

import typer

from monitor.config.schema import config_schema
from monitor.load import notifier_options, source_kinds
from monitor.match.schema import watch_schema

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of the configuration."""
    typer.echo(schema_text(), nl=False)


def schema_text() -> str:
    """Return the schema as text, with a line break at its end."""
    written = config_schema(notifiers=notifier_options(), kinds=source_kinds(), watch_schema=watch_schema())
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"
