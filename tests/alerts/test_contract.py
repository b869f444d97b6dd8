"""What every notifier must promise: this walks the folder, so a new one is held to it at once."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from alerts import __path__ as alerts_path
from monitor.egress import Egress
from monitor.model import Delivery, Outcome, OutcomeKind, Target
from monitor.registry import names
from tests.alerts.build import HOSTILE, NOTIFIERS, NOW, alert, delivery, hostile_alert

# The least a user has to write for a channel of each kind. A new kind adds its line.
LEAST: dict[str, dict[str, Any]] = {
    "console": {"console": True},
    "email": {"email": ["a@example.org", "b@example.org"], "smtp": "mail.test", "from": "tocsin@example.org"},
    "file": {"file": "alerts.jsonl"},
    "webhook": {"webhook": "https://hook.test/in"},
}
every_kind = pytest.mark.parametrize("kind", sorted(NOTIFIERS))


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make(kind: str, channel: str = "main") -> Any:
    plugin = NOTIFIERS[kind]
    return plugin(channel, plugin.Options(**LEAST[kind]), Egress())


def test_every_module_of_the_wing_is_a_notifier_with_a_case_here() -> None:
    assert len(names("alerts")) == len(NOTIFIERS)
    assert sorted(LEAST) == sorted(NOTIFIERS)


def test_helpers_are_no_plug_ins() -> None:
    helpers = {path.stem for folder in alerts_path for path in Path(folder).glob("_*.py")} - {"__init__"}
    assert helpers
    assert not helpers & set(names("alerts"))


@every_kind
def test_its_options_have_a_field_named_like_its_kind_and_say_what_each_means(kind: str) -> None:
    options = NOTIFIERS[kind].Options
    assert issubclass(options, BaseModel)
    assert kind in options.model_fields
    assert (options.__doc__ or "").strip()
    for name, each in options.model_fields.items():
        assert each.description, f"{kind}.{name} has no description"


@every_kind
def test_a_misspelt_option_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        NOTIFIERS[kind].Options(**LEAST[kind], wehbook="x")


@every_kind
def test_it_has_the_shape_of_a_notifier(kind: str) -> None:
    plugin = NOTIFIERS[kind]
    assert plugin.kind == kind
    assert list(inspect.signature(plugin.__init__).parameters) == ["self", "channel", "options", "gate"]
    assert list(inspect.signature(plugin.freeze).parameters) == ["self", "alert", "target", "delivery_id", "now"]
    assert list(inspect.signature(plugin.send).parameters) == ["self", "delivery", "now"]
    assert inspect.iscoroutinefunction(plugin.send)
    assert inspect.iscoroutinefunction(plugin.aclose)


@every_kind
def test_its_targets_are_the_same_after_a_restart_and_differ_between_channels(kind: str) -> None:
    one, again, other = make(kind), make(kind), make(kind, "other")
    assert one.targets
    assert all(isinstance(target, Target) and target.kind == kind for target in one.targets)
    assert all(target.channel == "main" for target in one.targets)
    assert one.targets == again.targets
    ids = [target.id for target in (*one.targets, *other.targets)]
    assert len(set(ids)) == len(ids)


@every_kind
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_C4_it_freezes_whatever_strangers_write_into_bytes_that_stay_the_same(kind: str, name: str) -> None:
    notifier = make(kind)
    target = notifier.targets[0]
    first = notifier.freeze(hostile_alert(HOSTILE[name]), target, delivery_id="msg_01", now=NOW)
    again = notifier.freeze(hostile_alert(HOSTILE[name]), target, delivery_id="msg_01", now=NOW)
    assert isinstance(first, bytes)
    assert first == again
    assert 0 < len(first) < 300_000


@every_kind
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_H_what_it_freezes_is_utf_8_without_anything_a_terminal_or_parser_obeys(kind: str, name: str) -> None:
    notifier = make(kind)
    text = notifier.freeze(hostile_alert(HOSTILE[name]), notifier.targets[0], delivery_id="msg_01", now=NOW).decode()
    forbidden = {character for character in text if character in "\x00\x07\x08\x1b\x7f\x85\x9b\u2028\u202e\u2066"}
    assert not forbidden


@every_kind
async def test_it_never_raises_for_what_the_world_does(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    notifier = make(kind)
    target = notifier.targets[0]
    payload = notifier.freeze(alert(), target, delivery_id="msg_01", now=NOW)
    given: Delivery = delivery(target, payload)
    outcome = await notifier.send(given, now=NOW)  # no name of these is found, or the gate forbids its port
    assert isinstance(outcome, Outcome)
    assert outcome.reason
    assert outcome.kind in (OutcomeKind.SENT, OutcomeKind.RETRY)
    await notifier.aclose()
    capsys.readouterr()
