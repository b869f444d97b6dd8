"""Plug-ins are found by folder, and a broken one stops the start instead of going missing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from monitor import registry
from monitor.errors import PluginBroken

Wing = Callable[..., str]


@pytest.fixture
def wing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wing:
    """Make a package of plug-ins: wing(name=source, …) returns its import name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(**sources: str) -> str:
        name = f"wing_{tmp_path.name.replace('-', '_')}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        for module, source in sources.items():
            (folder / f"{module}.py").write_text(source)
        for module in [loaded for loaded in sys.modules if loaded.split(".")[0] == name]:
            del sys.modules[module]
        return name

    return make


PLUGIN = "class Plugin:\n    kind = {kind!r}\nPLUGIN = Plugin\n"


def test_every_module_is_a_plugin_except_helpers(wing: Wing) -> None:
    package = wing(pigeon=PLUGIN.format(kind="pigeon"), drum=PLUGIN.format(kind="drum"), _helper="x = 1")
    assert set(registry.discover(package, "PLUGIN")) == {"drum", "pigeon"}
    assert registry.names(package) == ("drum", "pigeon")


def test_a_module_that_does_not_import_stops_the_start_with_its_name(wing: Wing) -> None:
    package = wing(aa_broken="import nothing_of_that_name", drum=PLUGIN.format(kind="drum"))
    with pytest.raises(PluginBroken, match="aa_broken"):
        registry.discover(package, "PLUGIN")


def test_a_misspelt_attribute_stops_the_start(wing: Wing) -> None:
    package = wing(drum="PLUGGIN = 1")
    with pytest.raises(PluginBroken, match=r"drum: has no PLUGIN"):
        registry.discover(package, "PLUGIN")


def test_two_plugins_of_one_name_stop_the_start(wing: Wing) -> None:
    package = wing(drum=PLUGIN.format(kind="drum"), tambour=PLUGIN.format(kind="drum"))
    with pytest.raises(PluginBroken, match="taken"):
        registry.discover(package, "PLUGIN")


def test_scrapy_finds_every_source_kind_under_its_file_s_name() -> None:
    settings = Settings()
    settings.setmodule("spiders.settings")
    assert settings["SPIDER_LOADER_WARN_ONLY"] is False
    found = set(SpiderLoader.from_settings(settings).list())
    assert found == {name for name in registry.names("spiders") if name != "settings"} | {"article"}


def test_every_notifier_is_named_by_its_option() -> None:
    for kind, notifier in registry.discover("alerts", "NOTIFIER").items():
        assert kind in notifier.Options.model_fields, f"{kind}: the file could not name this channel"
