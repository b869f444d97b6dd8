"""The documents as tests: what they show runs, what they list is all there is, where they point is something."""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import yaml
from pydantic import BaseModel

from alerts.webhook import WebhookOptions, sign
from monitor import log
from monitor.cli.main import COMMANDS, TRIES
from monitor.config.models import NetworkSection, RouteSection, ScheduleSection, StoreSection, outlet_model
from monitor.config.schema import config_schema
from monitor.errors import Problem
from monitor.load import load, notifier_options, source_kinds
from monitor.match.ast import Filter, Rules, Watch
from monitor.match.matcher import Matcher
from monitor.match.reader import TreeReader, clause_kinds
from monitor.match.schema import watch_schema
from monitor.match.shipped import shipped_sets
from monitor.model import Document, WatchInfo
from monitor.store.database import Store
from tests.cli import conftest
from tests.cli.conftest import Cli
from tests.data import ROOT
from tests.test_architecture import DOORS, FLOORS, NEIGHBOURS, TREES, WINGS

cli, log_as_before = conftest.cli, conftest._log_as_before  # its fixtures, here as well

README = ROOT / "README.md"
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
each_document = pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
SECRETS = {
    "TOCSIN_WEBHOOK_SECRET": "whsec_" + base64.b64encode(bytes(range(32))).decode(),
    "TOCSIN_SMTP_PASSWORD": "correct horse",
    "STADTBLATT_COOKIE": "sid=kanarienvogel",
}


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    text: str


def blocks(path: Path) -> list[Block]:
    found = re.finditer(r"^( *)```(\w+)\n(.*?)^\1```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [Block(each[2], textwrap.dedent(each[3])) for each in found]


def tables(path: Path) -> Iterator[list[str]]:
    """Give the cells of every table row."""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r" \|(?= |$)", line.removeprefix("|"))[:-1]]


# ── Commands ─────────────────────────────────────────────────────────────────────────────────


def commands_in(path: Path) -> Iterator[str]:
    """Give every `tocsin …` that stands in a block or a code span."""
    text = path.read_text("utf-8")
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`]*)`", prose)
    lines = [line for block in blocks(path) if block.language in ("sh", "console") for line in block.text.splitlines()]
    for line in [*spans, *lines]:
        command = re.search(r"(?:^|[\s/])(tocsin (?!is\b)[a-z][^#|]*)", line)
        if command:
            yield command[1].strip()


@each_document
def test_every_command_exists_with_its_options(path: Path, cli: Cli) -> None:
    for command in dict.fromkeys(commands_in(path)):
        words = shlex.split(command)[1:]
        table = TRIES if words[0] == "try" and len(words) > 1 else COMMANDS
        name = words[1] if table is TRIES else words[0]
        assert name in table, command
        options = [word for word in words if word.startswith("--")]
        if options:
            told = cli(*(["try", name] if table is TRIES else [name]), "--help").out
            assert all(option in told for option in options), command


def test_the_readme_lists_every_command() -> None:
    listed = {row[0] for row in tables(README) if row[0].startswith("`tocsin ")}
    assert listed == {f"`tocsin {name}`" for name in COMMANDS}
    assert all(f"**`tocsin try {name}`**" in README.read_text("utf-8") for name in TRIES)


@each_document
def test_every_make_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE)
    assert set(named) <= targets
    assert path != README or {"demo", "test"} <= set(named)


def test_the_service_unit_starts_a_command_that_exists_and_waits_longer_than_a_stop_takes(cli: Cli) -> None:
    unit = (ROOT / "deploy" / "tocsin.service").read_text("utf-8")
    entries = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
    command, *options = shlex.split(entries["ExecStart"])[1:]
    told = cli(command, "--help").out
    assert all(option in told for option in options if option.startswith("--"))
    assert int(entries["TimeoutStopSec"]) > 10
    hardened = {"ProtectSystem": "strict", "NoNewPrivileges": "yes", "KillSignal": "SIGTERM", "Restart": "on-failure"}
    assert hardened.items() <= entries.items()


# ── What is shown runs ───────────────────────────────────────────────────────────────────────

PAGE = """<!doctype html><html lang="en"><head><title>Ferry turns back</title>
<meta property="og:site_name" content="Harbour Post"><meta name="author" content="Ada Quay">
<meta property="article:published_time" content="2026-03-01T08:15:00+01:00"></head>
<body><article><h1>Ferry turns back</h1><p>The ferry turned back.</p><p>Nobody was hurt.</p></article></body></html>"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Post</title><item><title>Ferry turns back</title>
<link>https://harbour.example/news/ferry</link><guid>hp-4711</guid><pubDate>Sun, 01 Mar 2026 08:15:00 +0100</pubDate>
<description>Nobody was hurt.</description></item></channel></rss>"""
FILE = "watches: [{id: ferries, any: [ferry]}]\nchannels: {log: {file: alerts.jsonl}}\n"


@pytest.fixture
def folder(cli: Cli, tmp_path: Path) -> Path:
    """The folder in which what is shown is run."""
    for name, text in {"page.html": PAGE, "feed.xml": FEED, "tocsin.yml": FILE}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def examples_of_the_readme() -> list[tuple[str, Any]]:
    """Return each shown command with the answer shown after it (None where another command comes first)."""
    shown: list[tuple[str, Any]] = []
    for block in blocks(README):
        if block.language == "console":
            shown += [(line.removeprefix("$ "), None) for line in block.text.splitlines()]
        elif block.language == "json":
            shown[-1] = (shown[-1][0], json.loads(block.text))
    return shown


def run_shown(line: str, cli: Cli) -> list[dict[str, Any]]:
    given, _, command = line.rpartition(" | ")
    stdin = " ".join(shlex.split(given)[1:]).encode() if given else b""
    result = cli(*shlex.split(command)[1:], stdin=stdin)
    assert result.code == 0, result.err
    return result.records


@pytest.mark.parametrize(("line", "answer"), examples_of_the_readme())
def test_what_the_readme_shows_of_try_is_what_comes_out(line: str, answer: Any, cli: Cli, folder: Path) -> None:
    (record,) = run_shown(line, cli)
    if answer is not None:
        assert list(record) == list(answer)  # the keys, in their order
        assert record == answer


def test_the_readme_shows_every_try() -> None:
    shown = {line.rpartition("tocsin try ")[2].split()[0] for line, answer in examples_of_the_readme() if answer}
    assert shown == set(TRIES)


def test_the_example_of_a_watch_on_a_text_runs(cli: Cli, folder: Path) -> None:
    guide = ROOT / "docs" / "how-to" / "write-watches.md"
    (line,) = [line for block in blocks(guide) if block.language == "console" for line in block.text.splitlines()]
    (record,) = run_shown(line.removeprefix("$ "), cli)
    assert record["watches"]["ferries"]["score"] == 3


FILES = [
    *(
        pytest.param(block.text, id=f"{path.relative_to(ROOT)}:{number}")
        for path in DOCS
        for number, block in enumerate(blocks(path))
        if block.language == "yaml"
    ),
    *(pytest.param(path.read_text("utf-8"), id=path.name) for path in sorted((ROOT / "examples").glob("*.yml"))),
]


@pytest.mark.parametrize("text", FILES)
def test_every_configuration_shown_is_accepted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_SECRETS", log._Secrets())
    loaded = load(text, SECRETS)
    assert loaded.config.outlets or loaded.config.channels or loaded.rules.watches or "store" in text


def run_block(text: str) -> dict[str, Any]:
    """Run a block of Python as a module and return its names."""
    module = ModuleType(f"shown_{len(text)}")
    sys.modules[module.__name__] = module  # where pydantic looks up what a model's fields are
    exec(compile(text, module.__name__, "exec"), vars(module))
    return vars(module)


def python_of(path: Path) -> str:
    return next(block.text for block in blocks(path) if block.language == "python")


def test_the_receiver_of_the_readme_takes_what_is_signed_once_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    take = run_block(python_of(README))["take"]
    secret = SECRETS["TOCSIN_WEBHOOK_SECRET"]
    body = json.dumps({"data": {"watch": {"name": "Ferries"}, "article": {"url": "https://a.example/"}}}).encode()
    headers = sign((secret,), "msg_1", datetime.now(UTC), body)
    known: set[str] = set()
    assert [take(body, headers, secret, known) for _ in range(2)] == [200, 200]
    assert capsys.readouterr().out == "Ferries https://a.example/\n"
    assert take(body + b" ", headers, secret, known) == 400
    assert known == {"msg_1"}


def shell_python(path: Path) -> list[str]:
    """Return the programs of all `python3 -c '…'` lines."""
    return re.findall(r"python3 -c '([^']*)'", path.read_text("utf-8"))


def run_python(program: str, *arguments: str, cwd: Path) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=60).stdout


def test_the_secret_of_the_readme_is_one(tmp_path: Path) -> None:
    (program,) = shell_python(README)
    secret = run_python(program, cwd=tmp_path).strip()
    assert WebhookOptions(webhook="https://a.example/", secret=secret).secret


def test_backup_and_restore_work_as_told_beside_a_running_service(tmp_path: Path) -> None:
    found = shell_python(ROOT / "docs" / "operations.md")
    (backup,) = [program for program in found if "VACUUM" in program]
    (renew,) = [program for program in found if "identity" in program]
    (hurry,) = [program for program in found if "next_due" in program]
    path, copy = tmp_path / "tocsin.db", tmp_path / "backup.db"
    store = Store.open(path)
    identity = store.identity
    asyncio.run(store.write(lambda db: db.execute("INSERT INTO outlets(id, name, domain) VALUES('a', 'A', '')")))
    run_python(backup, "tocsin.db", "backup.db", cwd=tmp_path)
    store.close()
    shutil.copy(copy, path)
    run_python(renew, cwd=tmp_path)
    (tmp_path / "tocsin.db.id").unlink()
    run_python(hurry, cwd=tmp_path)
    restored = Store.open(path)
    try:
        assert restored.identity != identity
        names = asyncio.run(restored.read(lambda db: [row[0] for row in db.execute("SELECT name FROM outlets")]))
        assert names == ["A"]
    finally:
        restored.close()


# ── The how-tos ──────────────────────────────────────────────────────────────────────────────

HOW_TO = ROOT / "docs" / "how-to"


def test_the_notifier_of_the_how_to_keeps_the_shape_of_one() -> None:
    notifier = run_block(python_of(HOW_TO / "add-a-notifier.md"))["NOTIFIER"]
    least = run_block([each.text for each in blocks(HOW_TO / "add-a-notifier.md") if each.language == "python"][1])
    options = notifier.Options(**least["LEAST"][notifier.kind])
    assert all(info.description for info in notifier.Options.model_fields.values())
    (target,) = notifier("main", options, None).targets
    assert (target.kind, target.channel, target.label) == (notifier.kind, "main", "push.test")


def test_the_source_kind_of_the_how_to_reads_its_answers() -> None:
    from scrapy.http import TextResponse

    spider = run_block(python_of(HOW_TO / "add-a-source-kind.md"))["LinklistSpider"](url="https://a.example/list")
    answer = TextResponse("https://a.example/list", body=b"# news\nhttps://a.example/1\nftp://a.example/2\n")
    found = asyncio.run(spider.read(answer, None))
    assert [entry.link for entry in found.entries] == ["https://a.example/1"]


def test_the_clause_of_the_how_to_does_what_its_examples_say() -> None:
    clause = run_block(python_of(HOW_TO / "add-an-operator.md"))["CLAUSE"]
    problems: list[Problem] = []
    reader = TreeReader({**clause_kinds(), clause.key: clause}, {}, frozenset(), problems)
    for example in clause.examples:
        node = reader.clause(example.clause, ())
        assert problems == []
        assert node is not None
        matcher = Matcher(Rules((Watch(WatchInfo("w", "w"), node, 1, 1, Filter()),)))
        assert matcher.match(Document("", example.matches))
        assert not matcher.match(Document("", example.misses))


# ── What is listed is all there is ───────────────────────────────────────────────────────────

PLAN = ROOT / "docs" / "floor-plan.md"
CONFIGURATION = ROOT / "docs" / "configuration.md"
GLOSSARY = ROOT / "docs" / "glossary.md"


def test_the_floor_plan_names_every_room_on_its_floor() -> None:
    rows = {row[1].strip("`"): int(row[0]) for row in tables(PLAN) if row[0].isdecimal()}
    assert rows == FLOORS


def test_the_floor_plan_names_every_door() -> None:
    listed = list(tables(PLAN))
    for library, doors in DOORS.items():
        (row,) = [row for row in listed if row[0].startswith(f"`{library}`")]
        assert set(re.findall(r"`([\w.]+)`", row[1])) == set(doors), library
    names = {row[0].split("`")[1] for row in listed if len(row) == 2 and row[0].startswith("`")}
    assert names == set(DOORS)


def test_the_floor_plan_names_every_neighbour_and_what_the_wings_see() -> None:
    text = PLAN.read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    for room, other in NEIGHBOURS:
        assert any(f"`{room}`" in line and f"`{other}`" in line for line in lines), (room, other)
    for wing, seen in WINGS.items():
        (row,) = [row for row in tables(PLAN) if row[0].startswith(f"`{wing}` (") and len(row) == 4]
        assert set(re.findall(r"`([\w.]+)`", row[3])) == seen


PATH = r"(?:monitor|spiders|alerts|tests|docs|deploy|examples|benchmarks)/[\w./-]*"


@each_document
def test_every_file_named_is_there_and_holds_what_is_said_of_it(path: Path) -> None:
    text = path.read_text("utf-8")
    for name in re.findall(rf"`({PATH})`", text):
        assert (ROOT / name).exists(), name
    said = re.findall(rf"`((?:\w+\.)?\w+)`\s\(`({PATH}\.py)`\)", text)
    assert path != PLAN or len(said) > 20
    for name, file in said:
        source = (ROOT / file).read_text("utf-8")
        assert all(re.search(rf"(?:def|class) {part}\b", source) for part in name.split(".")), (name, file)


def models() -> dict[str, type[BaseModel]]:
    """Return the model of every section, by the name that docs/configuration.md gives it."""
    sections: dict[str, type[BaseModel]] = {
        "outlets": outlet_model(sorted(source_kinds())),
        "routes": RouteSection,
        "network": NetworkSection,
        "store": StoreSection,
        "schedule": ScheduleSection,
    }
    return sections | {f"channels.{kind}": options for kind, options in notifier_options().items()}


def documented() -> dict[str, str]:
    """Return {key: default} of every row of docs/configuration.md."""
    rows = [row for row in tables(CONFIGURATION) if re.fullmatch(r"`[\w.]+`", row[0])]
    assert len({row[0] for row in rows}) == len(rows), "a key is listed twice"
    assert all(len(row) == 3 and row[2].endswith(".") for row in rows)
    return {row[0].strip("`"): row[1].strip("`") for row in rows}


def keys() -> dict[str, tuple[type[BaseModel], str, str]]:
    """Return {key as documented: (model, field, key in the file)}."""
    return {
        f"{section}.{info.alias or name}": (model, name, info.alias or name)
        for section, model in models().items()
        for name, info in model.model_fields.items()
    }


def watch_keys() -> Mapping[str, Any]:
    properties: Mapping[str, Any] = watch_schema()["$defs"]["watch"]["properties"]
    return properties


def test_every_key_of_the_configuration_is_documented_and_no_other() -> None:
    schema = config_schema(notifiers=notifier_options(), kinds=source_kinds(), watch_schema=watch_schema())
    wanted = {*schema["properties"], *keys(), *(f"watches.{name}" for name in watch_keys())}
    assert set(documented()) == wanted


@pytest.mark.parametrize("key", keys())
def test_a_default_is_documented_as_it_is(key: str) -> None:
    model, name, written = keys()[key]
    info = model.model_fields[name]
    said = documented()[key]
    if info.default_factory is not None or info.is_required() or not _plain(info.default):
        # `console: true` marks its channel: it has to be written, whatever its default.
        assert said == "–", f"{key} has no default that could be written down"
        return
    if key.startswith("channels."):  # the models of the notifiers hold numbers and switches as such
        assert yaml.safe_load(said) == info.default
    else:
        assert getattr(model.model_validate({written: yaml.load(said, yaml.BaseLoader)}), name) == info.default


def _plain(default: Any) -> bool:
    """Whether a default says anything: None, (), {} and an empty text or secret do not."""
    return default is not None and bool(default) and bool(str(default))


@pytest.mark.parametrize("name", watch_keys())
def test_a_default_of_a_watch_is_documented_as_it_is(name: str) -> None:
    default = watch_keys()[name].get("default")
    assert documented()[f"watches.{name}"] == ("–" if default is None else str(default).lower())


def test_every_clause_is_explained_in_the_guide() -> None:
    guide = (HOW_TO / "write-watches.md").read_text("utf-8")
    for kind in clause_kinds().values():
        assert re.search(rf"^\| `{kind.key}: ", guide, re.MULTILINE), kind.key
        assert all(f"`{option}" in guide for option in kind.options)


def events() -> dict[str, set[str]]:
    """Return the events that the house tells, each with the names of its facts."""
    found: dict[str, set[str]] = {}
    for module in ("monitor.app", *(name for name in TREES if name.startswith("monitor.flows"))):
        for function in ast.walk(TREES[module]):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                shared = {_text(key) for node in ast.walk(function) if isinstance(node, ast.Dict) for key in node.keys}
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and _tells(node):
                        named = {each.arg for each in node.keywords if each.arg} - {"level"}
                        spread = shared if any(each.arg is None for each in node.keywords) else set()
                        found[_text(node.args[0])] = named | spread
    return found


def _tells(call: ast.Call) -> bool:
    callee = ast.unparse(call.func)
    return callee in {"self._journal.tell", "self._journal.warn", "level"} and bool(_text(call.args[0]))


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_the_glossary_lists_every_event_with_its_facts() -> None:
    rows = [row for row in tables(GLOSSARY) if len(row) == 4 and row[0].startswith("`")]
    listed = {row[0].strip("`"): {fact for fact in row[2].split(", ") if fact} for row in rows}
    assert len(events()) > 10
    assert listed == events()


def test_the_glossary_knows_every_noun_that_has_states() -> None:
    text = GLOSSARY.read_text("utf-8")
    from monitor.model import DeliveryState, OutcomeKind, VerdictKind

    for state in (*DeliveryState, *OutcomeKind, *VerdictKind):
        assert f"**{state.value}**" in text, state


def test_the_chances_of_bands_follow_from_their_formula() -> None:
    rows = [row for row in tables(ROOT / "docs" / "decisions" / "minhash-bands.md") if "×" in row[0]]
    figures = [row for row in rows if re.fullmatch(r"\d+ × \d+", row[0])]
    assert len(figures) == 3
    for row in figures:
        bands, width = map(int, row[0].split(" × "))
        for likeness, said in zip((0.59, 0.42, 0.25, 0.01), row[1:], strict=True):
            chance = 1 - (1 - likeness**width) ** bands
            digits = len(said.partition(".")[2])
            assert f"{chance:.{digits}f}" == said, (row[0], likeness)


# ── Where they point ─────────────────────────────────────────────────────────────────────────


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    prose = re.sub(r"^ *```.*?^ *```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


OURS = ("alerts", "benchmarks", "deploy", "docs", "examples", "monitor", "spiders", "tests", ".ci")
ENDINGS = {".cfg", ".html", ".j2", ".json", ".md", ".py", ".service", ".toml", ".txt", ".yml", ""}
# Written apart, so that this file does not hold what it looks for.
REGISTRIES = "|".join(("py" + "pi\\.", "python" + "hosted\\.", "npm" + "js\\.", "crates" + "\\.io"))
HOMES = "|".join(("work", "home", "root", "Users", "mnt"))


def our_files() -> Iterator[Path]:
    tops = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in ENDINGS]
    deeper = [path for top in OURS for path in (ROOT / top).rglob("*") if path.is_file() and path.suffix in ENDINGS]
    yield from (path for path in [*tops, *deeper] if "__pycache__" not in path.parts)


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    forbidden = re.compile(rf"{REGISTRIES}|(?<![\w.:/\-}}*]){re.escape('/')}(?:{HOMES})/\w")
    found = []
    for path in our_files():
        text = path.read_text("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {each[0]}" for each in forbidden.finditer(text)]
    assert found == []


def test_every_set_that_the_how_to_lists_is_shipped() -> None:
    table = (ROOT / "docs/how-to/write-watches.md").read_text(encoding="utf-8").partition("| About")[2]
    listed = set(re.findall(r"`\$(\w+)`", table.partition("\n\n")[0]))
    assert len(listed) > 30
    assert listed <= set(shipped_sets())
