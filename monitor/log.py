"""One event, one line: readable on a terminal, JSON elsewhere.

Every event passes the same three steps: it gets its time (UTC) and level, secrets are taken out
of every field, and what could break a line or paint a terminal is made visible. The log of the
libraries (Scrapy, aiohttp, APScheduler) comes the same way, from WARNING up.
"""

from __future__ import annotations

import json as json_text
import logging
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, TextIO
from urllib.parse import quote

import structlog

HIDDEN = "•••"
SHORTEST_SECRET = 4  # to hide less would hide half of every line

Event = MutableMapping[str, Any]

_USERINFO = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_QUERY_SECRET = re.compile(
    r"(?i)(?<=[?&])((?:api_?key|access_?token|token|key|auth|secret|sig(?:nature)?|pass(?:word)?)=)[^&#\s]+"
)
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


class _Secrets:
    """What must never be shown, as one pattern."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, values: Iterable[str]) -> None:
        for value in values:
            if len(value) >= SHORTEST_SECRET:
                self._values |= {value, quote(value, safe=""), quote(value), repr(value)[1:-1]}
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def hide(self, text: str) -> str:
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        text = _QUERY_SECRET.sub(rf"\1{HIDDEN}", text)
        return _WEBHOOK_SECRET.sub(HIDDEN, _USERINFO.sub(HIDDEN, text))


_SECRETS = _Secrets()


def register_secret(*values: str) -> None:
    """Hide these values from every later event, also percent-encoded or quoted by Python; shorter than 4 is ignored."""
    _SECRETS.add(values)


def redact(text: str) -> str:
    """Return the text without registered secrets, user names in addresses, and webhook secrets."""
    return _SECRETS.hide(text)


def configure(*, stream: TextIO | None = None, json: bool | None = None, level: str = "info") -> None:
    """Send all events to `stream` (standard error): as JSON lines, or for people where that is a terminal."""
    out = sys.stderr if stream is None else stream
    as_json = not out.isatty() if json is None else json
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            _hide_secrets,
            _as_json if as_json else _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _take_over_libraries()


def get_logger(**facts: Any) -> Any:
    """Return a logger that adds `facts` to each of its events."""
    return structlog.get_logger(**facts)


# ── Taking things out ────────────────────────────────────────────────────────────────────────


def _hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    return {redact(str(key)): _hidden(value) for key, value in event.items()}


def _hidden(value: Any) -> Any:
    """Return the value as plain data in which every text has passed `redact`."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): _hidden(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(each) for each in value]
    if isinstance(value, bytes):
        return redact(value.decode("utf-8", "backslashreplace"))
    return redact(_text(value))


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001  # a broken __str__ must not take the event with it
        return f"<{type(value).__name__} that has no text: {type(error).__name__}>"


def _visible(text: str) -> str:
    """Return the text with line breaks, escape sequences and direction marks written out (CWE-117)."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


# ── Writing down ─────────────────────────────────────────────────────────────────────────────


def _as_json(_logger: Any, _method: str, event: Event) -> str:
    first = {name: event.pop(name) for name in ("time", "level", "event") if name in event}
    # JSON escapes what is below U+0020; the rest of what some readers break lines at is ours to escape.
    return _UNSEEN.sub(_escaped, json_text.dumps({**first, **event}, ensure_ascii=False))


def _as_line(_logger: Any, _method: str, event: Event) -> str:
    time, level, name = (str(event.pop(key, "")) for key in ("time", "level", "event"))
    trace = event.pop("exception", None)
    facts = " ".join(f"{_visible(key)}={_fact(value)}" for key, value in event.items())
    line = f"{time[11:19]} {level:<8} {_visible(name)}"
    line = f"{line}  {facts}" if facts else line
    # Each line of a trace is set apart, so that none can pass for an event.
    return "\n    | ".join([line, *(_visible(each) for each in str(trace or "").split("\n") if each)])


def _fact(value: Any) -> str:
    text = value if isinstance(value, str) else json_text.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and (not text or re.search(r'[\s"=]', text)):
        text = json_text.dumps(text, ensure_ascii=False)
    return _visible(text)


# ── The log of the libraries ─────────────────────────────────────────────────────────────────


class _Handler(logging.Handler):
    """Hands a record of the standard log on as an event."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # a library's own mistake in its log call
            message = str(record.msg)
        name = record.levelname.lower()
        tell: Callable[..., Any] = getattr(structlog.get_logger(), name if name in _LEVELS else "warning")
        tell(message.strip(), library=record.name, **({"exc_info": record.exc_info} if record.exc_info else {}))


def _take_over_libraries() -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(handler)
    root.addHandler(_Handler(logging.WARNING))
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
