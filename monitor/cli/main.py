"""`tocsin COMMAND …`: finds the command in the table, reads its file, runs it.

To add a command, write `monitor/cli/<name>.py` with `app = typer.Typer(add_completion=False)` and
add one line to COMMANDS. Nothing but the table is read for `tocsin --help`.

Exit codes: 0 done, 1 it failed, 2 what you wrote cannot be used, 130 stopped by Ctrl-C (`run` then stops in order: 0).
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from monitor.errors import ConfigError, TocsinError


class Command(NamedTuple):
    """Where a command lives, and what it is for in a few words."""

    module: str
    help: str


COMMANDS = {
    "run": Command("monitor.cli.run", "Watch, and alert: the service itself."),
    "demo": Command("monitor.cli.demo", "See an alert within a minute, on this machine alone."),
    "init": Command("monitor.cli.init", "Write a starter configuration."),
    "check": Command("monitor.cli.check", "Check a configuration and name every fault with its place."),
    "schema": Command("monitor.cli.schema", "Print the JSON Schema of the configuration, for editors."),
    "try": Command("monitor.cli.main", "Try one part on your own input; nothing is stored."),
    "watches": Command("monitor.cli.watches", "Show what each watch did of late, and what shadow watches held back."),
    "expand": Command("monitor.cli.expand", "Show every form that a watch, a set or a term will match."),
    "backtest": Command("monitor.cli.backtest", "Rehearse watches on the articles read so far."),
    "articles": Command("monitor.cli.articles", "Show and search the articles read so far."),
    "outbox": Command("monitor.cli.outbox", "Show deliveries; send parked ones again."),
    "status": Command("monitor.cli.status", "Show how sources, deliveries and the service are doing."),
}
TRIES = {
    "page": Command("monitor.cli.try_page", "Read article pages: title, text, authors, dates."),
    "feed": Command("monitor.cli.try_feed", "Read feeds: one line per entry."),
    "match": Command("monitor.cli.try_match", "Hold your watches against texts, with evidence."),
    "stories": Command("monitor.cli.try_stories", "Fold articles into stories: what is news, what a copy."),
    "alert": Command("monitor.cli.try_alert", "Send a test alert through a channel."),
}


class TableGroup(TyperGroup):
    """A group of commands whose modules are imported when they are called."""

    table: dict[str, Command] = {}  # noqa: RUF012  # set by the two groups below

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.table:
            return None
        if cmd_name == "try":
            return typer.main.get_command(tries)
        _prepare_log()
        command = typer.main.get_command(importlib.import_module(self.table[cmd_name].module).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in self.table.items()])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.table:
            near = difflib.get_close_matches(args[0], self.table, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.table)}."
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


class Commands(TableGroup):
    """`tocsin …`"""

    table = COMMANDS


class Tries(TableGroup):
    """`tocsin try …`"""

    table = TRIES


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
tries = typer.Typer(cls=Tries, add_completion=False, rich_markup_mode=None, no_args_is_help=True)


def _tell_version(wanted: bool) -> None:
    if wanted:
        try:
            print(f"tocsin {version('tocsin')}")  # noqa: T201  # this is the output
        except PackageNotFoundError:
            print("tocsin (from a checkout that was not installed)")  # noqa: T201  # this is the output
        raise typer.Exit


@app.callback()
def _tocsin(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """The alarm bell for the news: watches outlets in any language and tells you, exactly once."""


@tries.callback()
def _try() -> None:
    """Try one part of Tocsin on your own input; nothing is stored and nobody is told (except by `alert`).

    Each takes files, addresses or JSON lines on standard input, keeps their order, and goes on after a bad one.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code; errors go to standard error in words."""
    try:
        answer = typer.main.get_command(app).main(args=arguments, prog_name="tocsin", standalone_mode=False)
    except TocsinError as error:
        return _tell(error)
    except typer.TyperException as error:
        return _tell_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return answer if isinstance(answer, int) else 0


def _tell(error: TocsinError) -> int:
    from monitor.log import redact  # noqa: PLC0415  # what it imports costs more than `tocsin --help` may take

    print(redact(str(error)), file=sys.stderr)  # noqa: T201  # this is the output
    return 2 if isinstance(error, ConfigError) else 1


def _tell_usage(error: typer.TyperException) -> int:
    show = getattr(error, "show", None)
    if show is not None:
        show()
    return error.exit_code


def _prepare_log() -> None:
    """Send what the libraries have to say to standard error, where it cannot mix with results."""
    from monitor.log import configure  # noqa: PLC0415  # see _tell

    configure(level="warning")


if __name__ == "__main__":
    sys.exit(main())
