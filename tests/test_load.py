"""A file with everything in it: config, rules, and what is wrong between them."""

from __future__ import annotations

import pytest

from monitor import log
from monitor.errors import ConfigError
from monitor.load import load, load_watches, source_kinds

GOOD = """
outlets: [https://a.example/]
watches: [{id: kursk, any: ["${PLACE}"]}]
channels: {hook: {webhook: "https://hooks.example/${TOKEN}"}}
routes: [{watch: "kur*", to: hook}]
"""


def test_a_file_becomes_config_and_rules_with_secrets_put_in() -> None:
    loaded = load(GOOD, {"PLACE": "Kursk", "TOKEN": "kanarienvogel-4711"})
    assert [info.id for info in loaded.rules.infos] == ["kursk"]
    assert loaded.config.channels["hook"].kind == "webhook"


def test_B11_from_then_on_the_log_hides_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:  # a row of the catalogue
    monkeypatch.setattr(log, "_SECRETS", log._Secrets())
    load(GOOD, {"PLACE": "Kursk", "TOKEN": "kanarienvogel-4711"})
    assert log.redact("POST https://hooks.example/kanarienvogel-4711") == "POST https://hooks.example/•••"


def test_faults_of_outlets_watches_and_routes_come_together_in_the_order_of_the_file() -> None:
    watches = "watches:\n  - {id: kursk, anny: [b]}\n"
    text = f"outlets: [x]\n{watches}channels: {{out: {{console: true}}}}\nroutes: [{{watch: krsk, to: out}}]"
    with pytest.raises(ConfigError) as caught:
        load(text, {})
    assert caught.value.problems[0].path[0] == "outlets"
    assert [each.line for each in caught.value.problems] == sorted(each.line for each in caught.value.problems)
    assert {3, 5} <= {each.line for each in caught.value.problems}
    assert caught.value.problems[-1].wanted == "kursk?"


def test_watches_can_be_read_alone_whatever_the_rest_holds() -> None:
    assert len(load_watches("outlets: [x]\nwatches: [{id: a, any: [bridge]}]", {}).watches) == 1


def test_the_kinds_of_source_are_the_files_of_the_wing() -> None:
    assert {"auto", "feed", "page", "sitemap"} <= source_kinds()
    assert not {kind for kind in source_kinds() if kind.startswith("_")} | source_kinds() & {"settings"}
