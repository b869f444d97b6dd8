"""Alerts as lines of a file."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from monitor.egress import Egress
from monitor.model import OutcomeKind
from tests.alerts.build import NOW, alert, delivery, notifier


async def test_each_alert_is_one_line_of_json(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    file = notifier("file", Egress(), file=path)
    target = file.targets[0]
    for number in range(3):
        payload = file.freeze(alert(id=f"alr_{number}"), target, delivery_id=f"msg_{number}", now=NOW)
        assert (await file.send(delivery(target, payload), now=NOW)).kind is OutcomeKind.SENT
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["alr_0", "alr_1", "alr_2"]


async def test_a_line_torn_by_a_crash_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"type":"alert.cre')
    file = notifier("file", Egress(), file=path)
    await file.send(delivery(file.targets[0], b'{"id":1}\n'), now=NOW)
    assert path.read_bytes() == b'{"type":"alert.cre\n{"id":1}\n'


async def test_lines_of_many_at_once_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    file = notifier("file", Egress(), file=path)
    lines = [b'{"n":%d}\n' % number for number in range(50)]
    await asyncio.gather(*(file.send(delivery(file.targets[0], line), now=NOW) for line in lines))
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines)


async def test_others_on_the_machine_cannot_read_it(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    file = notifier("file", Egress(), file=path)
    await file.send(delivery(file.targets[0], b"{}\n"), now=NOW)
    assert path.stat().st_mode & 0o077 == 0


async def test_A8_a_missing_folder_is_tried_again_with_the_reason(tmp_path: Path) -> None:
    file = notifier("file", Egress(), file=tmp_path / "gone" / "alerts.jsonl")
    outcome = await file.send(delivery(file.targets[0], b"{}\n"), now=NOW)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.RETRY, "alerts.jsonl: No such file or directory")


async def test_A8_a_full_disk_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "full"
    path.symlink_to("/dev/full")
    file = notifier("file", Egress(), file=path)
    outcome = await file.send(delivery(file.targets[0], b"{}\n"), now=NOW)
    assert outcome.kind is OutcomeKind.RETRY
    assert "No space left" in outcome.reason
