"""`tocsin schema`: the whole file, as an editor wants it."""

from __future__ import annotations

import json

from tests.cli.conftest import Cli


def test_the_schema_covers_watches_and_every_kind_of_channel(cli: Cli) -> None:
    result = cli("schema")
    assert result.code == 0
    schema = json.loads(result.out)
    watch = schema["$defs"]["watch"]
    assert {"id", "any", "all", "none", "near", "within", "min_score"} <= set(watch["properties"])
    offered = {
        each["$ref"].removeprefix("#/$defs/")
        for each in schema["properties"]["channels"]["additionalProperties"]["anyOf"]
    }
    assert {"WebhookOptions", "EmailOptions", "FileOptions", "ConsoleOptions"} <= offered


def test_the_schema_beside_the_starter_is_the_one_printed(cli: Cli) -> None:
    cli("init")
    with open("tocsin.schema.json", encoding="utf-8") as written:  # noqa: PTH123  # the folder is the current one
        assert written.read() == cli("schema").out
