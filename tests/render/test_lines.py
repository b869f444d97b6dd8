"""The lines that a terminal shows."""

from __future__ import annotations

import pytest

from monitor.model import Evidence, Field, Sighting
from monitor.render.lines import text_lines
from tests.alerts.build import HOSTILE, NOW, alert, hostile_alert


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_H5_a_title_cannot_start_a_line_of_its_own_or_steer_the_terminal(name: str) -> None:
    lines = text_lines(hostile_alert(HOSTILE[name])).split("\n")
    assert lines[0].startswith("● ")
    assert lines[-1] == ""
    assert all(line.startswith("  ") for line in lines[1:-1])
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for line in lines for character in line)


def test_what_does_not_fit_is_counted() -> None:
    evidence = tuple(Evidence(Field.BODY, "x", f"mention {number}", 0, 1) for number in range(5))
    places = tuple(Sighting(f"Outlet {number}", "", "", None, NOW) for number in range(4))
    text = text_lines(alert(evidence=evidence, also_on=places))
    assert "and 2 more mentions" in text
    assert "and 1 more place\n" in text
    assert "mention 2" in text
    assert "mention 3" not in text


def test_a_test_is_marked() -> None:
    assert text_lines(alert(is_test=True)).startswith("● TEST Earthquakes: ")
