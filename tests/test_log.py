"""The log: one event, one line; no secret; nothing a terminal obeys."""

from __future__ import annotations

import io
import json
import logging
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import log

CANARY = "kanarienvogel/4711+x"


@pytest.fixture(autouse=True)
def _no_secrets(log_as_before: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_SECRETS", log._Secrets())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def as_json(event: str, **facts: Any) -> dict[str, Any]:
    stream = io.StringIO()
    log.configure(stream=stream, level="debug")
    log.get_logger().info(event, **facts)
    (line,) = stream.getvalue().splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


def as_text(event: str, **facts: Any) -> str:
    stream = Terminal()
    log.configure(stream=stream, level="debug")
    log.get_logger().info(event, **facts)
    return stream.getvalue()


def test_an_event_is_a_json_object_with_time_level_and_facts() -> None:
    record = as_json("delivered", channel="desk", attempts=2, late=False, share=0.5)
    assert record["time"].endswith("Z")
    del record["time"]
    assert record == {
        "level": "info",
        "event": "delivered",
        "channel": "desk",
        "attempts": 2,
        "late": False,
        "share": 0.5,
    }


def test_on_a_terminal_an_event_is_a_line_for_people() -> None:
    line = as_text("delivered", channel="the desk", attempts=2)
    assert line[8:] == ' info     delivered  channel="the desk" attempts=2\n'


def test_json_can_be_wanted_on_a_terminal() -> None:
    stream = Terminal()
    log.configure(stream=stream, json=True)
    log.get_logger().warning("x")
    assert json.loads(stream.getvalue())["level"] == "warning"


def test_what_is_below_the_level_is_not_told() -> None:
    stream = io.StringIO()
    log.configure(stream=stream, level="error")
    log.get_logger().warning("x")
    assert stream.getvalue() == ""


def test_a_logger_carries_its_facts() -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    log.get_logger(outlet="a").info("x", n=1)
    assert json.loads(stream.getvalue())["outlet"] == "a"


HOSTILE = ["a\r\nb", "\x1b[31mred\x1b[0m", "a\u2028b\u2029c\x85d", "\u202eevil", "\ud800", "\x00"]


@pytest.mark.parametrize("text", HOSTILE)
def test_H5_an_event_stays_one_line_whatever_its_fields_hold(text: str) -> None:  # a row of the catalogue
    assert as_json(text, field=text, **{text: "key"})["field"] == text
    line = as_text(text, field=text, nested={"a": [text]}, **{text: "key"})
    assert line.count("\n") == 1
    assert line[:-1].isprintable()
    line.encode()


@given(st.text(), st.text())
def test_H5_any_text_makes_one_line(event: str, value: str) -> None:  # a row of the catalogue
    stream, terminal = io.StringIO(), Terminal()
    for out in (stream, terminal):
        log.configure(stream=out)
        log.get_logger().info(event, value=value)
    assert len(stream.getvalue().splitlines()) == 1
    assert len(terminal.getvalue().splitlines()) == 1


def test_a_trace_cannot_pass_for_an_event() -> None:
    terminal = Terminal()
    log.configure(stream=terminal)
    try:
        raise ValueError("x\n12:00:00 info     all is well")
    except ValueError:
        log.get_logger().exception("failed")
    first, *rest = terminal.getvalue().splitlines()
    assert first.endswith("error    failed")
    assert rest[-1] == "    | 12:00:00 info     all is well"
    assert all(line.startswith("    | ") for line in rest)


@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        f"https://a.example/?k={CANARY}",
        f"https://a.example/?k={'kanarienvogel%2F4711%2Bx'}",
        f"https://me:{'pass-vogel'}@a.example/",
        "whsec_vogelvogelvogel==",
        {"deep": [("er", f"<{CANARY}>")]},
        {CANARY: 1},
        CANARY.encode(),
        ValueError(CANARY),
    ],
)
def test_B11_no_field_shows_a_secret(value: Any) -> None:  # a row of the catalogue
    log.register_secret(CANARY)
    assert "vogel" not in json.dumps(as_json("x", value=value))
    assert "vogel" not in as_text("x", value=value)


def test_B11_no_event_and_no_trace_shows_a_secret() -> None:  # a row of the catalogue
    log.register_secret("other-secret", CANARY)
    stream = io.StringIO()
    log.configure(stream=stream)
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.get_logger().exception(f"cannot reach {CANARY}")
    assert "vogel" not in stream.getvalue()
    assert "cannot reach •••" in stream.getvalue()


def test_a_secret_too_short_to_hide_is_left_alone() -> None:
    log.register_secret("", "a")
    assert as_json("banana")["event"] == "banana"


def test_redact_serves_other_outputs_too() -> None:
    log.register_secret("hunter-two")
    assert log.redact("pw hunter-two at https://u:p@x/") == "pw ••• at https://•••@x/"


def test_what_has_no_text_is_still_logged() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert as_json("x", value=Broken())["value"] == "<Broken that has no text: RuntimeError>"


def test_numbers_that_json_has_not_are_texts() -> None:
    assert as_json("x", a=float("nan"), b=float("inf")) | {"time": ""} == {
        "time": "",
        "level": "info",
        "event": "x",
        "a": "nan",
        "b": "inf",
    }


def test_libraries_are_heard_from_warning_up() -> None:
    stream = io.StringIO()
    log.configure(stream=stream, level="debug")
    library = logging.getLogger("some.library")
    library.info("chatter")
    library.warning("watch %s", "out\n")
    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["event"], record["level"], record["library"]) == ("watch out", "warning", "some.library")


def test_a_librarys_broken_log_call_is_heard_all_the_same() -> None:
    stream = io.StringIO()
    logging.getLogger().handlers.clear()  # the test runner's own, which raises on such calls
    log.configure(stream=stream)
    logging.getLogger("x").error("%d items", "no number")
    assert json.loads(stream.getvalue())["event"] == "%d items"


def test_a_librarys_trace_comes_along() -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    try:
        raise KeyError("gone")
    except KeyError:
        logging.getLogger("x").exception("failed")
    assert "KeyError: 'gone'" in json.loads(stream.getvalue())["exception"]


def test_configuring_twice_tells_nothing_twice() -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    log.configure(stream=stream)
    logging.getLogger("x").warning("once")
    assert len(stream.getvalue().splitlines()) == 1


def test_a_python_warning_is_an_event() -> None:
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        log.configure(stream=stream)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    assert "DeprecationWarning: old" in json.loads(stream.getvalue())["event"]


@pytest.mark.parametrize("name", ["token", "api_key", "apikey", "key", "access_token", "sig", "Password"])
def test_a_secret_in_the_query_of_an_address_is_hidden(name: str) -> None:
    shown = log.redact(f"https://papers.example/feed?page=2&{name}=s3cr3t-value&sort=new")
    assert "s3cr3t" not in shown
    assert shown.startswith("https://papers.example/feed?page=2&")
    assert shown.endswith("&sort=new")
