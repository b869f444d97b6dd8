"""The table of commands: quick to list, kind to typos, honest in its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.main import COMMANDS, TRIES
from tests.cli.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]


def test_help_names_every_command_with_what_it_is_for(cli: Cli) -> None:
    result = cli("--help")
    assert result.code == 0
    for name, command in COMMANDS.items():
        assert f"  {name} " in result.out
        assert command.help in " ".join(result.out.split())


def test_try_lists_its_own_commands(cli: Cli) -> None:
    result = cli("try", "--help")
    assert result.code == 0
    assert all(f"  {name} " in result.out for name in TRIES)


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    result = cli()
    assert result.code == 2
    assert "Commands:" in result.out + result.err


def test_the_version_is_told(cli: Cli) -> None:
    result = cli("--version")
    assert result.code == 0
    assert result.out.startswith("tocsin ")


@pytest.mark.parametrize(
    ("words", "hint"), [(["chekc"], "'check'"), (["try", "storys"], "'stories'"), (["xyz"], "init")]
)
def test_an_unknown_command_gets_a_suggestion(cli: Cli, words: list[str], hint: str) -> None:
    result = cli(*words)
    assert result.code == 2
    assert hint in result.err


def test_an_unknown_option_is_a_usage_error(cli: Cli) -> None:
    assert cli("check", "--nonsense").code == 2


def test_an_error_of_ours_is_one_message_and_no_traceback(cli: Cli) -> None:
    result = cli("check", "none.yml")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("none.yml: there is no such file")
    assert "Traceback" not in result.err


def tocsin(
    *words: str, code: str = "from monitor.cli.main import main; sys.exit(main())"
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", f"import sys; {code}", *words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.mark.process
def test_help_loads_none_of_the_heavy_libraries() -> None:
    heavy = ("scrapy", "twisted", "pydantic", "aiohttp", "httpx", "structlog", "rich", "trafilatura", "lxml", "yaml")
    show = f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    result = tocsin(code=f"from monitor.cli.main import main; main(['--help']); {show}")
    assert result.stderr.strip() == "[]"


@pytest.mark.process
def test_the_exit_code_of_the_process_is_that_of_the_command(tmp_path: Path) -> None:
    result = tocsin("check", str(tmp_path / "none.yml"))
    assert result.returncode == 2
    assert "there is no such file" in result.stderr


@pytest.mark.process
def test_ctrl_c_is_130_without_a_traceback() -> None:
    stopped = (
        "import typer, types; import monitor.cli.main as m; app = typer.Typer(add_completion=False)\n"
        "@app.command()\n"
        "def stop():\n"
        "    raise KeyboardInterrupt\n"
        "sys.modules['monitor.cli.status'] = types.SimpleNamespace(app=app)\n"
        "sys.exit(m.main(['status']))"
    )
    result = tocsin(code=stopped)
    assert (result.returncode, result.stderr) == (130, "")
