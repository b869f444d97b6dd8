"""The user's file as one frozen Config, or every fault of it at once.

Read (loader), put in secrets, check each outlet, channel and section by its model, then what
only shows in the whole: sources listed twice, routes to nowhere. A fault in one place hides none
in another. What is frozen here is trusted by the rest of the house without another look.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from monitor.config import secrets
from monitor.config._build import default_agent, network_of, outlet_of, schedule_of, slug, source_id, source_of
from monitor.config._problems import Problems, suggest
from monitor.config.loader import Document, Steps, load_document
from monitor.config.models import (
    NetworkSection,
    OutletSection,
    RouteSection,
    ScheduleSection,
    StoreSection,
    Url,
    outlet_model,
)
from monitor.config.settings import Channel, Config, StoreSettings
from monitor.config.values import plain_url
from monitor.model import Outlet, Route, Source

__all__ = [
    "SECTIONS",
    "Channel",
    "Config",
    "default_agent",
    "load_config",
    "load_store_path",
    "slug",
    "source_id",
    "suggest",
]

Model = TypeVar("Model", bound=BaseModel)

SECTIONS = ("outlets", "watches", "sets", "channels", "routes", "network", "store", "schedule")

_URL: TypeAdapter[str] = TypeAdapter(Url)


def load_config(
    source: Path | str | Document,
    *,
    env: Mapping[str, str],
    notifiers: Mapping[str, type[BaseModel]],
    kinds: Collection[str],
    check_selector: Callable[[str], str | None] | None = None,
) -> Config:
    """Read a file (a Path), a text or a Document.

    `notifiers` maps the kind of a channel to the model of its options, `kinds` names the source
    kinds, `check_selector` says what is wrong with a CSS selector. Raises ConfigError with all
    problems at once, each with its place; no message holds a value of `env`.
    """
    document = source if isinstance(source, Document) else load_document(source)
    return _Reading(document, env, notifiers, kinds, check_selector).config()


def load_store_path(source: Path | str, *, env: Mapping[str, str]) -> Path:
    """Read only where the store is: who looks into the archive need not hold the channels' secrets.

    Raises ConfigError where the file or its `store` section cannot be read.
    """
    return _Reading(load_document(source), env, {}, (), None).store_path()


class _Reading:
    """One pass over a document; gathers problems until the end."""

    def __init__(
        self,
        document: Document,
        env: Mapping[str, str],
        notifiers: Mapping[str, type[BaseModel]],
        kinds: Collection[str],
        check_selector: Callable[[str], str | None] | None,
    ) -> None:
        self._document = document
        self._filled = secrets.fill(document, env)
        self._notifiers = notifiers
        self._kinds = tuple(sorted(kinds))
        self._outlet_model = outlet_model(self._kinds)
        self._check_selector = check_selector
        self._problems = Problems(document, self._filled)
        self._note, self._show = self._problems.note, self._problems.show

    def config(self) -> Config:
        for problem in self._filled.problems:
            self._note(problem.path, problem.message, problem.got, problem.wanted)
        root = self._root()
        network = self._section(root, "network", NetworkSection)
        store = self._section(root, "store", StoreSection)
        schedule = self._section(root, "schedule", ScheduleSection)
        outlets, sources = self._outlets(root, schedule or ScheduleSection())
        watches = tuple(self._list(root, "watches"))
        sets = self._mapping(root, "sets")
        channels = self._channels(root)
        routes = self._routes(root, channels)
        if self._problems or network is None or store is None or schedule is None:
            raise self._problems.error()
        return Config(
            path=Path(self._document.file) if self._document.file else None,
            outlets=outlets,
            sources=sources,
            watches=watches,
            sets=MappingProxyType(sets),
            channels=MappingProxyType(channels),
            routes=routes,
            network=network_of(network),
            store=StoreSettings(self._beside_file(store.path)),
            schedule=schedule_of(schedule),
            document=self._document,
            secrets=secrets.to_hide(self._filled, root),
        )

    def store_path(self) -> Path:
        for problem in self._filled.problems:
            if problem.path[:1] == ("store",):
                self._note(problem.path, problem.message, problem.got, problem.wanted)
        store = self._section(self._root(), "store", StoreSection)
        if self._problems or store is None:
            raise self._problems.error()
        return self._beside_file(store.path)

    # ── The whole and its parts ─────────────────────────────────────────────────────────────

    def _root(self) -> dict[str, Any]:
        data = self._filled.data
        if not isinstance(data, dict):
            self._note((), "the file must be a mapping", self._show(()), f"the keys {', '.join(SECTIONS)}")
            return {}
        for key in data:
            if key not in SECTIONS:
                self._problems.note_unknown((key,), SECTIONS)
        return data

    def _list(self, root: dict[str, Any], name: str) -> list[Any]:
        value = root.get(name, "")
        if isinstance(value, list):
            return value
        if value != "":
            self._note((name,), "must be a list", self._show((name,)), "lines that start with '- '")
        return []

    def _mapping(self, root: dict[str, Any], name: str) -> dict[str, Any]:
        value = root.get(name, "")
        if isinstance(value, dict):
            return value
        if value != "":
            self._note((name,), "must be a mapping", self._show((name,)), "lines of the form name: …")
        return {}

    def _section(self, root: dict[str, Any], name: str, model: type[Model]) -> Model | None:
        return self._validate(model, root.get(name, {}), (name,))

    def _validate(self, model: type[Model], data: Any, path: Steps) -> Model | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self._problems.explain(error, path, model)
            return None

    # ── Outlets ─────────────────────────────────────────────────────────────────────────────

    def _outlets(
        self, root: dict[str, Any], schedule: ScheduleSection
    ) -> tuple[tuple[Outlet, ...], tuple[Source, ...]]:
        outlets: list[Outlet] = []
        sources: list[Source] = []
        taken: set[str] = set()
        seen: dict[str, Steps] = {}
        for index, item in enumerate(self._list(root, "outlets")):
            written = self._outlet(item, ("outlets", index))
            if written is None:
                continue
            section, places = written
            outlet = outlet_of(section, places[0][1], taken)
            outlets.append(outlet)
            for kind, url, path in places:
                self._refuse_twin(url, path, seen)
                sources.append(source_of(outlet, section, kind, url, schedule))
        return tuple(outlets), tuple(sources)

    def _outlet(self, item: Any, path: Steps) -> tuple[OutletSection, list[tuple[str, str, Steps]]] | None:
        """Return an outlet as written with its sources (kind, URL, place), or None after noting what is wrong."""
        if isinstance(item, str):
            return self._bare(item, path)
        if not isinstance(item, dict):
            wanted = f"a URL, or keys like {self._sources()}"
            self._note(path, "must be an address or a mapping", self._show(path), wanted)
            return None
        section = self._validate(self._outlet_model, item, path)
        if section is None:
            return None
        places = [
            (kind, url, (*path, kind, index) if isinstance(item[kind], list) else (*path, kind))
            for kind in self._kinds
            for index, url in enumerate(getattr(section, kind) or ())
        ]
        if not places:
            self._note(path, "has no source", wanted=f"at least one of {self._sources()}")
            return None
        self._check_links(section, path)
        return section, places

    def _bare(self, item: str, path: Steps) -> tuple[OutletSection, list[tuple[str, str, Steps]]] | None:
        try:
            url = _URL.validate_python(item)
        except ValidationError as error:
            self._problems.explain(error, path, None)
            return None
        return OutletSection(), [("auto", url, path)]

    def _sources(self) -> str:
        return ", ".join(self._kinds)

    def _check_links(self, section: OutletSection, path: Steps) -> None:
        where = (*path, "links")
        if section.links is None:
            return
        if not getattr(section, "page", None):
            self._note(where, "is only read together with page", wanted="page: and the address of a section page")
        fault = self._check_selector(section.links) if self._check_selector else None
        if fault:
            self._note(where, f"is no CSS selector: {fault}", self._show(where), 'one like "article h2 a"')

    def _refuse_twin(self, url: str, path: Steps, seen: dict[str, Steps]) -> None:
        first = seen.setdefault(plain_url(url), path)
        if first is not path:
            line = self._document.mark(first)[0]
            self._note(path, "this source is listed twice", self._show(path), f"it once; it also stands in line {line}")

    # ── Channels and routes ─────────────────────────────────────────────────────────────────

    def _channels(self, root: dict[str, Any]) -> dict[str, Channel]:
        found = {}
        for name, options in self._mapping(root, "channels").items():
            channel = self._channel(name, options, ("channels", name))
            if channel is not None:
                found[name] = channel
        return found

    def _channel(self, name: str, options: Any, path: Steps) -> Channel | None:
        kinds = ", ".join(sorted(self._notifiers))
        if not re.fullmatch(r"[\w][\w.-]{0,63}", name):
            self._note(path, "is no name for a channel", wanted="letters, digits, - and _", key=True)
        if not isinstance(options, dict):
            self._note(path, "must be a mapping", self._show(path), f"one of the keys {kinds}, and its options")
            return None
        named = [key for key in options if key in self._notifiers]
        if len(named) != 1:
            self._note_kind(path, options, named)
            return None
        model = self._notifiers[named[0]]
        checked = self._validate(model, _with_switches(options, model), path)
        return None if checked is None else Channel(name, named[0], checked)

    def _note_kind(self, path: Steps, options: Mapping[str, Any], named: Sequence[str]) -> None:
        if named:
            self._note(path, "names more than one kind of channel", ", ".join(named), "one of them")
            return
        near = [near for key in options for near in difflib.get_close_matches(key, self._notifiers, n=1)]
        hint = f" ({near[0]}?)" if near else ""
        wanted = f"one of the keys {', '.join(sorted(self._notifiers))}{hint}"
        self._note(path, "does not say what kind of channel it is", ", ".join(options), wanted)

    def _routes(self, root: dict[str, Any], channels: Mapping[str, Channel]) -> tuple[Route, ...]:
        written = self._list(root, "routes")
        names = [str(name) for name in self._mapping_keys(root, "channels")]
        routes = [self._route(item, ("routes", index), names) for index, item in enumerate(written)]
        if not written and channels:
            return (Route(("*",), tuple(channels)),)
        return tuple(route for route in routes if route is not None)

    def _mapping_keys(self, root: dict[str, Any], name: str) -> Iterable[str]:
        value = root.get(name)
        return value if isinstance(value, dict) else ()

    def _route(self, item: Any, path: Steps, names: Sequence[str]) -> Route | None:
        route = self._validate(RouteSection, item, path)
        if route is None:
            return None
        for index, name in enumerate(route.to):
            if name not in names:
                where = (*path, "to", index) if isinstance(item["to"], list) else (*path, "to")
                self._note(where, "there is no such channel", repr(name), suggest(name, names))
        return Route(route.watch, route.to)

    # ── Odds and ends ───────────────────────────────────────────────────────────────────────

    def _beside_file(self, path: str) -> Path:
        return Path(self._document.file).parent / path


def _with_switches(options: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return the options with `true` and `false` as such where the model takes nothing else (Literal[True])."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    switches = {
        info.alias or name
        for name, info in model.model_fields.items()
        if any(isinstance(each, bool) for each in get_args(info.annotation))
    }
    return {
        key: words.get(value.lower(), value) if key in switches and isinstance(value, str) else value
        for key, value in options.items()
    }
