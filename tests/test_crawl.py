"""What crawls share and what they do not."""

from __future__ import annotations

from scrapy.settings import BaseSettings, Settings

from monitor.crawl import SETTINGS, _CrawlSettings


def _made(kind: type[Settings]) -> Settings:
    settings = kind()
    settings.setmodule(SETTINGS, priority="project")
    settings.set("TOCSIN_SESSION", object(), priority="cmdline")
    return settings


def test_a_copy_of_the_settings_says_what_scrapys_own_deep_copy_says() -> None:
    ours = _made(_CrawlSettings)
    theirs = Settings.copy(_made(Settings))
    twin = ours.copy()
    assert set(twin) == set(theirs)
    for name in set(twin) - {"TOCSIN_SESSION"}:
        assert twin[name] == theirs[name], name
        assert twin.getpriority(name) == theirs.getpriority(name), name
    assert twin["TOCSIN_SESSION"] is ours["TOCSIN_SESSION"]


def test_what_one_crawl_changes_in_its_settings_no_other_sees() -> None:
    ours = _made(_CrawlSettings)
    before = {name: repr(value) for name, value in ours.copy().copy_to_dict().items()}
    twin = ours.copy()
    twin.set("USER_AGENT", "another", priority="cmdline")
    for value in list(twin.values()):
        if isinstance(value, BaseSettings):
            value.set("added", 1)
        elif isinstance(value, list):
            value.append("added")
        elif isinstance(value, dict):
            value["added"] = 1
    twin.freeze()
    assert {name: repr(value) for name, value in ours.copy_to_dict().items()} == before
    assert not ours.frozen
