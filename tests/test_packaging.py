"""What is shipped is whole: every library that is imported is declared, every data file is in the wheel."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.data import ROOT
from tests.test_architecture import MODULES, imports

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = {re.split(r"[\s<>=!;\[]", line, maxsplit=1)[0] for line in PYPROJECT["project"]["dependencies"]}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_imported_library_is_declared() -> None:
    distributions = packages_distributions()
    declared = {canonical(name) for name in DECLARED}
    undeclared = {}
    for module in MODULES:
        for target in imports(module):
            top = target.split(".")[0]
            if top in sys.stdlib_module_names or top in {"monitor", "spiders", "alerts"}:
                continue
            owners = {canonical(name) for name in distributions.get(top, [top])}
            # Scrapy brings Twisted, pydantic brings its core: what a declared library cannot be without.
            if not owners & (declared | {"twisted", "pydantic-core"}):
                undeclared[module] = top
    assert undeclared == {}


def test_the_lock_files_pin_and_hash_every_declared_library() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = {canonical(found) for found in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)}
        assert {canonical(each) for each in DECLARED} <= pinned
        entries = re.split(r"\n(?=\S)", text.strip())
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_data_file_of_the_house_is_package_data() -> None:
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]["*"]
    files = [path for top in ("monitor", "spiders", "alerts") for path in (ROOT / top).rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix not in {".py", ".pyc"}]
    assert data
    assert [path for path in data if not any(path.match(pattern) for pattern in patterns)] == []


def test_every_folder_with_shipped_files_is_a_package() -> None:
    for top in ("monitor", "spiders", "alerts"):
        for folder in [ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir())]:
            shipped = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".pyc"]
            # A folder of data alone (the demo's editions) belongs to the package above it.
            if any(path.suffix == ".py" for path in shipped):
                assert (folder / "__init__.py").exists(), f"{folder.relative_to(ROOT)} is no package"


def test_the_version_is_said_once() -> None:
    changelog = Path(ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {PYPROJECT['project']['version']}" in changelog
