"""The JSON Schema says the same as the models, in words an editor can show."""

from __future__ import annotations

import json
from typing import Any

import yaml

from monitor.cli.init import starter_text
from monitor.config.config import SECTIONS
from monitor.config.models import NetworkSection, ScheduleSection
from monitor.config.schema import DIALECT, config_schema
from tests.config.builders import KINDS, NOTIFIERS, read

WATCH = {"type": "object", "$defs": {"item": {"type": "string"}}, "properties": {"any": {"$ref": "#/$defs/item"}}}


def schema() -> dict[str, Any]:
    return config_schema(notifiers=NOTIFIERS, kinds=(*KINDS, "gopher"), watch_schema=WATCH)


def test_it_is_json_and_names_every_section() -> None:
    written = json.loads(json.dumps(schema()))
    assert written["$schema"] == DIALECT
    assert sorted(written["properties"]) == sorted(SECTIONS)
    assert written["additionalProperties"] is False


def test_every_reference_leads_somewhere() -> None:
    written = schema()
    references = [each["$ref"] for each in nodes(written) if "$ref" in each]
    assert references
    assert {reference.removeprefix("#/$defs/") for reference in references} <= set(written["$defs"])


def nodes(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(node for each in value.values() for node in nodes(each))]
    return [node for each in value for node in nodes(each)] if isinstance(value, list) else []


def test_the_watch_schema_is_taken_in_with_its_definitions() -> None:
    written = schema()
    assert written["properties"]["watches"]["items"] == {"type": "object", "properties": WATCH["properties"]}
    assert written["$defs"]["item"] == {"type": "string"}


def test_an_outlet_has_a_key_for_each_source_kind() -> None:
    assert {*KINDS, "gopher"} <= set(schema()["$defs"]["OutletSection"]["properties"])


def test_a_channel_needs_the_key_that_names_its_kind() -> None:
    definitions = schema()["$defs"]
    assert "hook" in definitions["HookOptions"]["required"]
    assert "bell" in definitions["BellOptions"]["required"]


def test_defaults_are_written_as_a_user_would_and_are_the_defaults() -> None:
    definitions = schema()["$defs"]
    assert definitions["ScheduleSection"]["properties"]["jitter"]["default"] == "10%"
    assert definitions["NetworkSection"]["properties"]["timeout"]["default"] == "20s"
    assert definitions["ScheduleSection"]["properties"]["interval"]["default"] == "5m"
    for model, name in ((NetworkSection, "NetworkSection"), (ScheduleSection, "ScheduleSection")):
        for key, field in definitions[name]["properties"].items():
            if "default" in field and field["default"] not in ([], {}):
                again = model.model_validate({key: as_text(field["default"])})
                assert getattr(again, key) == getattr(model(), key), key


def as_text(value: Any) -> Any:
    return [str(each) for each in value] if isinstance(value, list) else str(value)


def test_every_key_of_the_sections_is_described() -> None:
    for name, definition in schema()["$defs"].items():
        if name.endswith("Section"):
            assert [key for key, field in definition["properties"].items() if not field.get("description")] == [], name


def test_the_starter_is_a_config_with_real_outlets_and_the_model_case() -> None:
    config = read(starter_text())
    assert len(config.outlets) >= 12
    assert len({outlet.country for outlet in config.outlets}) >= 8
    ids = [watch["id"] for watch in config.watches]  # type: ignore[index]  # as written
    assert ids == ["kursk", "north-korean-troops", "north-koreans-in-kursk"]
    assert config.channels == {}
    assert starter_text().startswith("# yaml-language-server: $schema=./tocsin.schema.json\n")


def test_the_starters_commented_examples_are_right_too() -> None:
    from monitor.load import load

    lines = starter_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line == "# channels:")
    opened = [
        line.removeprefix("# ") if line.startswith("# ") and not line.startswith("# ─") else ""
        for line in lines[start:]
    ]
    sentences = ("Without routes", "These are the defaults")
    text = "\n".join([*lines[:start], *(line for line in opened if not line.startswith(sentences))])
    loaded = load(text, {"TOCSIN_WEBHOOK_SECRET": "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"})
    assert sorted(loaded.config.channels) == ["desk", "newsroom"]
    assert len(loaded.config.routes) == 2


def test_the_starter_reads_alike_for_every_yaml_reader() -> None:
    assert yaml.load(starter_text(), Loader=yaml.BaseLoader)["outlets"][0] == "https://www.tagesschau.de/"
