"""`tocsin run`: the service, in the foreground, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from monitor.app import App
from monitor.load import Loaded, load
from monitor.log import configure, register_secret

app = typer.Typer(add_completion=False)


@app.command()
def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="Your file.")] = Path("tocsin.yml"),
    log: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    json: Annotated[
        bool | None, typer.Option("--json/--no-json", help="Log JSON lines (default: not on a terminal).")
    ] = None,
) -> None:
    """Watch the outlets, match the watches, tell the channels, until it is stopped."""
    loaded = load(config, os.environ)
    register_secret(*loaded.config.secrets)
    configure(json=json, level=log)
    asyncio.run(serve(loaded))


async def serve(loaded: Loaded) -> None:
    """Run the service until SIGTERM or SIGINT, then stop it within 10 s; SIGHUP reads the file again."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    service = App(loaded)
    loop.add_signal_handler(signal.SIGHUP, service.reload_soon)
    await service.start()
    try:
        await stopped.wait()
    finally:
        await service.stop()
