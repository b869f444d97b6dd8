"""Every fault of a file, each with its place, in our words and without any secret.

What pydantic complains about is said again as: what is wrong, what stands there, what was wanted.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.config import secrets
from monitor.config.loader import UNKNOWN_KEY, Document, Steps, value_at
from monitor.errors import ConfigError, Problem

_UNKNOWN_TYPES = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_COMPLAINTS = {  # a type of pydantic's errors: message, wanted
    "bool_parsing": ("is neither true nor false", "true or false"),
    "dict_type": ("must be a mapping", "lines of the form key: value"),
    "int_parsing": ("is no whole number", "a whole number"),
    "model_type": ("must be a mapping", "lines of the form key: value"),
    "string_type": ("must be a text", "one text"),
    "too_short": ("is empty", "at least one"),
}


class Problems:
    """Gathers what is wrong with a document until all of it is read."""

    def __init__(self, document: Document, filled: secrets.Filled) -> None:
        self._document = document
        self._filled = filled
        self._noted: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self._noted)

    def error(self) -> ConfigError:
        """Return all that was noted as one error, in the order of the file, each problem once."""
        return ConfigError(tuple(sorted(dict.fromkeys(self._noted), key=lambda each: each.place)))

    def note(self, path: Steps, message: str, got: str = "", wanted: str = "", *, key: bool = False) -> None:
        """Note what is wrong at a place, or at its key; whatever may be secret there is taken out."""
        line, column = self._document.mark(path, key=key)
        problem = Problem(path, message, got, wanted, self._document.file, line, column)
        self._noted.append(secrets.redact(problem, secrets.secrets_at(self._filled, path)))

    def show(self, path: Steps) -> str:
        """Return how the value at a place may be shown."""
        return secrets.show(value_at(self._document.data, path), path)

    def explain(self, error: ValidationError, path: Steps, model: type[BaseModel] | None) -> None:
        """Note every complaint of pydantic about the value at `path`."""
        explained: set[Steps] = set()
        # Where a value may be of several kinds, pydantic complains once for each: our own checks' words come first.
        for each in sorted(error.errors(include_url=False, include_input=False), key=lambda each: "ctx" not in each):
            where = self._existing((*path, *each["loc"]), path)
            if each["loc"][-1:] == ("[key]",):
                self.note(where, *_say(each, repr(where[-1])), key=True)
            elif each["type"] in _UNKNOWN_TYPES:
                self.note_unknown((*path, *each["loc"]), _fields_at(model, each["loc"]))
            elif each["type"] == "missing":
                self.note((*path, *each["loc"]), "is missing", wanted=_described(model, each["loc"]))
            elif where not in explained:
                explained.add(where)
                self.note(where, *_say(each, self.show(where)))

    def _existing(self, path: Steps, start: Steps) -> Steps:
        """Return the part of `path` that stands in the file (pydantic also names branches of unions)."""
        while len(path) > len(start) and path not in self._document.values:
            path = path[:-1]
        return path

    def note_unknown(self, path: Steps, known: Iterable[str]) -> None:
        """Note that nobody knows the last step of `path`, and what was probably meant."""
        names = sorted(known)
        near = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.6)
        wanted = f"{near[0]}?" if near else f"one of {', '.join(names)}" if names else ""
        self.note(path, UNKNOWN_KEY, wanted=wanted, key=True)


def suggest(name: str, names: Iterable[str]) -> str:
    """Return what was probably meant, or all there is."""
    known = list(names)
    near = difflib.get_close_matches(name, known, n=1)
    return f"{near[0]}?" if near else f"one of {', '.join(known)}" if known else "a name that is defined above"


def _fields_at(model: type[BaseModel] | None, loc: tuple[int | str, ...]) -> Iterable[str]:
    """Return the keys that the model knows at the level of `loc`."""
    if model is None or len(loc) != 1:
        return ()
    return [info.alias or name for name, info in model.model_fields.items()]


def _described(model: type[BaseModel] | None, loc: tuple[int | str, ...]) -> str:
    info = model.model_fields.get(str(loc[-1])) if model and len(loc) == 1 else None
    return (info.description or "") if info else ""


def _say(error: ErrorDetails, got: str) -> tuple[str, str, str]:
    """Translate one complaint of pydantic: message, got, wanted."""
    context = error.get("ctx", {})
    if error["type"] == "unfit":
        return str(context["message"]), got, str(context["wanted"])
    if error["type"] == "literal_error":
        return "is none of the values allowed here", got, str(context["expected"]).replace("'", "")
    if "error" in context:  # what a model of a notifier raised
        return str(context["error"]), got, ""
    if error["type"] in _COMPLAINTS:
        message, wanted = _COMPLAINTS[error["type"]]
        return message, got, wanted
    return error["msg"][:1].lower() + error["msg"][1:], got, ""
