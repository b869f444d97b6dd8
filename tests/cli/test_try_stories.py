"""`tocsin try stories`: articles in, the story of each out, in order."""

from __future__ import annotations

from tests.cli.conftest import Cli

BRIDGE = " ".join(
    f"In part {number} of its report the council says that pillar {number * 7} was built {number} months late."
    for number in range(1, 15)
)
HARBOUR = " ".join(
    f"Ship {number} left the harbour at hour {number * 3} with {number * 11} tons of wheat for the islands."
    for number in range(1, 15)
)


def test_a_copy_joins_the_story_of_the_first(cli: Cli) -> None:
    texts = [
        {"id": 1, "title": "Bridge report", "text": BRIDGE, "url": "https://a.example/bridge"},
        {"id": "two", "title": "Ships leave", "text": HARBOUR, "url": "https://a.example/ships"},
        {
            "id": 3,
            "title": "Report on the bridge",
            "text": BRIDGE,
            "url": "https://b.example/x",
            "published": "2026-02-03",
        },
        {"id": 4, "text": 5},
        {"id": 5, "text": "x", "published": "yesterday"},
    ]
    result = cli("try", "stories", stdin=texts)
    assert result.code == 0
    first, other, copy, *bad = result.records
    assert list(first) == ["id", "story", "event", "verdict", "reason"]
    assert (first["story"], first["event"], first["verdict"]) == (1, 1, "new")
    assert (other["story"], other["verdict"]) == ("two", "new")
    assert (copy["story"], copy["verdict"]) == (1, "copy")
    assert copy["reason"]
    assert [record["error"] for record in bad] == [
        "'text' is no text; got a number",
        "'published' is no time in ISO 8601: 'yesterday'",
    ]


def test_an_id_may_repeat(cli: Cli) -> None:
    result = cli("try", "stories", stdin=[{"id": "a", "text": BRIDGE}, {"id": "a", "text": HARBOUR}])
    assert [record["story"] for record in result.records] == ["a", "a"]
    assert [record["verdict"] for record in result.records] == ["new", "new"]
