"""`${NAME}` in the user's file becomes the value of the environment, and never comes out again.

Only `${` starts one: `$kursk` is a set of terms, `$$` is two dollars. Problems show what was
written, not what was put in; a message that holds a piece of a secret all the same is emptied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from monitor.config.loader import Document, Steps, value_at
from monitor.errors import Problem

HIDDEN = "•••"
_SHORT = 16  # a value of a channel this short, under a harmless key, is a number or a word
_WINDOW = 8  # so many characters of a secret in a row are a leak
_REFERENCE = re.compile(r"\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?")
_TELLTALE = re.compile(r"secret|token|pass|pw|auth|cookie|credential|signature|key|headers", re.IGNORECASE)
_ADDRESS = re.compile(r"^([a-z][a-z0-9+.-]*://)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filled:
    """The data with the environment's values put in, and where each was put."""

    data: Any
    problems: tuple[Problem, ...]
    secrets: Mapping[Steps, tuple[str, ...]] = field(repr=False)


def fill(document: Document, env: Mapping[str, str]) -> Filled:
    """Replace every `${NAME}` and `${NAME:-default}` in the string values."""
    problems: list[Problem] = []
    secrets: dict[Steps, tuple[str, ...]] = {}

    def walk(value: Any, path: Steps) -> Any:
        if isinstance(value, dict):
            return {key: walk(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [walk(each, (*path, index)) for index, each in enumerate(value)]
        return put_in(value, path) if "${" in value else value

    def put_in(text: str, path: Steps) -> str:
        used: list[str] = []

        def value_of(found: re.Match[str]) -> str:
            name = found["name"]
            if name is None:
                problems.append(Problem(path, "${ starts no secret", text, "${NAME} or ${NAME:-default}"))
                return found[0]
            value = env.get(name) or found["default"]
            if value is None:
                wanted = f"{name} set, or ${{{name}:-default}}"
                problems.append(Problem(path, f"the environment variable {name} is not set", f"${{{name}}}", wanted))
                return found[0]
            if env.get(name):
                used.append(value)
            return value

        filled = _REFERENCE.sub(value_of, text)
        if used:
            secrets[path] = tuple(used)
        return filled

    return Filled(walk(document.data, ()), tuple(problems), secrets)


def show(value: Any, path: Steps) -> str:
    """Return how a value of the file (as written) may be shown in a problem."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        return ""
    if is_delicate(path, value):
        found = _ADDRESS.match(value)
        return "" if not value else f"{found[1]}{HIDDEN}" if found else HIDDEN
    return _shorten(repr(_without_userinfo(value)))


def is_delicate(path: Steps, value: str) -> bool:
    """Whether this may be a secret: a header, anything named like one, or any address of a channel."""
    if is_named_like_one(path):
        return True
    in_channel = len(path) > 2 and path[0] == "channels"
    return in_channel and (len(value) > _SHORT or ":" in value or "@" in value)


def is_named_like_one(path: Steps) -> bool:
    """Whether a key on the way here says that it leads to a secret."""
    deep = path[1:] if path[:1] == ("outlets",) else path[2:] if path[:1] == ("channels",) else ()
    return any(isinstance(step, str) and _TELLTALE.search(step) for step in deep)


def secrets_at(filled: Filled, path: Steps) -> list[str]:
    """Return what may be secret in and below a value: what the environment gave, and what looks it."""
    found = [each for at, values in filled.secrets.items() if at[: len(path)] == path for each in values]
    written = value_at(filled.data, path)
    found += [text for at, text in _texts(written, path) if is_delicate(at, text) and "${" not in text]
    return found


def to_hide(filled: Filled, root: Mapping[str, Any]) -> frozenset[str]:
    """Return what the log must hide: what the environment gave for outlets and channels, and what looks secret."""
    harmless = ("network", "store", "schedule")
    given = {each for at, values in filled.secrets.items() if at[0] not in harmless for each in values}
    parts = {name: root.get(name) for name in ("outlets", "channels")}
    written = {text for at, text in _texts(parts, ()) if is_named_like_one(at)}
    return frozenset(each for each in given | written if len(each) > 3)


def _texts(value: Any, path: Steps) -> Iterable[tuple[Steps, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*path, index))


def redact(problem: Problem, secrets: Iterable[str]) -> Problem:
    """Return the problem without any of the secrets, nor a piece of one."""
    known = tuple(secret for secret in secrets if secret)
    return replace(
        problem,
        message=_redact(problem.message, known, "does not do"),
        got=_redact(problem.got, known, HIDDEN),
        wanted=_redact(problem.wanted, known, "another value"),
    )


def _redact(text: str, secrets: Iterable[str], otherwise: str) -> str:
    for secret in secrets:
        text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE) if len(secret) > 2 else text
        if _holds_piece(text.casefold(), secret.casefold()):
            return otherwise
    return text


def _holds_piece(text: str, secret: str) -> bool:
    return any(secret[start : start + _WINDOW] in text for start in range(len(secret) - _WINDOW + 1))


def _without_userinfo(value: str) -> str:
    return re.sub(r"(?<=://)[^/@]*@", f"{HIDDEN}@", value)


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}…{text[-1]}"
