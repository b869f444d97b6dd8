"""The user's file as one frozen Config, or every fault of it at once.

Read (loader), put in secrets, check each outlet, channel and section by its model, then what
only shows in the whole: sources listed twice, routes to nowhere. A fault in one place hides none
in another. What is frozen here is trusted by the rest of the house without another look.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from monitor.config import secrets
from monitor.config.loader import UNKNOWN_KEY, Document, Steps, load_document
from monitor.config.models import (
    NetworkSection,
    OutletSection,
    RouteSection,
    ScheduleSection,
    StoreSection,
    Url,
    outlet_model,
)
from monitor.config.values import host_of, plain_url
from monitor.errors import ConfigError, Problem
from monitor.model import Outlet, Route, Source

Model = TypeVar("Model", bound=BaseModel)

SECTIONS = ("outlets", "watches", "sets", "channels", "routes", "network", "store", "schedule")

_URL: TypeAdapter[str] = TypeAdapter(Url)
_UNKNOWN_TYPES = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_COMPLAINTS = {  # a type of pydantic's errors: message, wanted
    "bool_parsing": ("is neither true nor false", "true or false"),
    "dict_type": ("must be a mapping", "lines of the form key: value"),
    "int_parsing": ("is no whole number", "a whole number"),
    "model_type": ("must be a mapping", "lines of the form key: value"),
    "string_type": ("must be a text", "one text"),
    "too_short": ("is empty", "at least one"),
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured place to tell; `options` is the model of its notifier."""

    name: str
    kind: str
    options: BaseModel = field(repr=False)

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports its options say it must dial besides the web's: who names a mail server wants it dialled."""
        return tuple(getattr(self.options, "ports", ()))


@dataclass(frozen=True, slots=True)
class Network:
    """How Tocsin behaves on the network."""

    user_agent: str
    contact: str | None
    timeout: timedelta
    max_body: int  # bytes
    delay: timedelta
    per_host: int
    concurrency: int
    robots: str  # obey or ignore
    allow: tuple[IPv4Network | IPv6Network, ...]
    ports: tuple[int, ...]
    hosts: Mapping[str, str]  # pattern of a name -> where to dial: address or name, with or without a port

    @property
    def agent(self) -> str:
        """The User-Agent header: the name, and how to reach whoever runs it."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where Tocsin keeps what it knows."""

    path: Path


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often Tocsin looks, and with how many hands."""

    interval: timedelta
    jitter: float  # share of the interval, 0 to 1
    settle: timedelta
    workers: int
    parse_timeout: timedelta
    first_visit: str


@dataclass(frozen=True, slots=True)
class Config:
    """What the user wants, checked. `watches` and `sets` are as written, for `monitor.match`."""

    path: Path | None
    outlets: tuple[Outlet, ...]
    sources: tuple[Source, ...] = field(repr=False)  # headers may hold a cookie
    watches: tuple[object, ...]
    sets: Mapping[str, object]
    channels: Mapping[str, Channel]
    routes: tuple[Route, ...]
    network: Network
    store: StoreSettings
    schedule: Schedule
    document: Document = field(repr=False)
    secrets: frozenset[str] = field(repr=False)  # what must never be shown: register them with the log


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
        self._problems: list[Problem] = []

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
            raise ConfigError(tuple(sorted(dict.fromkeys(self._problems), key=_by_place)))
        return Config(
            path=Path(self._document.file) if self._document.file else None,
            outlets=outlets,
            sources=sources,
            watches=watches,
            sets=MappingProxyType(sets),
            channels=MappingProxyType(channels),
            routes=routes,
            network=_network(network),
            store=StoreSettings(self._beside_file(store.path)),
            schedule=_schedule(schedule),
            document=self._document,
            secrets=self._secrets(root),
        )

    def store_path(self) -> Path:
        for problem in self._filled.problems:
            if problem.path[:1] == ("store",):
                self._note(problem.path, problem.message, problem.got, problem.wanted)
        store = self._section(self._root(), "store", StoreSection)
        if self._problems or store is None:
            raise ConfigError(tuple(sorted(self._problems, key=_by_place)))
        return self._beside_file(store.path)

    # ── Problems ────────────────────────────────────────────────────────────────────────────

    def _note(self, path: Steps, message: str, got: str = "", wanted: str = "", *, key: bool = False) -> None:
        line, column = self._document.mark(path, key=key)
        problem = Problem(path, message, got, wanted, self._document.file, line, column)
        self._problems.append(secrets.redact(problem, self._secrets_at(path)))

    def _secrets_at(self, path: Steps) -> list[str]:
        """Return what may be secret in and below a value: what the environment gave, and what looks it."""
        found = [each for at, values in self._filled.secrets.items() if at[: len(path)] == path for each in values]
        written = _at(self._filled.data, path)
        found += [text for at, text in _texts(written, path) if secrets.is_delicate(at, text) and "${" not in text]
        return found

    def _show(self, path: Steps) -> str:
        return secrets.show(_at(self._document.data, path), path)

    def _explain(self, error: ValidationError, path: Steps, model: type[BaseModel] | None) -> None:
        explained: set[Steps] = set()
        # Where a value may be of several kinds, pydantic complains once for each: our own checks' words come first.
        for each in sorted(error.errors(include_url=False, include_input=False), key=lambda each: "ctx" not in each):
            where = self._existing((*path, *each["loc"]), path)
            if each["loc"][-1:] == ("[key]",):
                self._note(where, *_say(each, repr(where[-1])), key=True)
            elif each["type"] in _UNKNOWN_TYPES:
                self._note_unknown((*path, *each["loc"]), _fields_at(model, each["loc"]))
            elif each["type"] == "missing":
                self._note((*path, *each["loc"]), "is missing", wanted=_described(model, each["loc"]))
            elif where not in explained:
                explained.add(where)
                self._note(where, *_say(each, self._show(where)))

    def _existing(self, path: Steps, start: Steps) -> Steps:
        """Return the part of `path` that stands in the file (pydantic also names branches of unions)."""
        while len(path) > len(start) and path not in self._document.values:
            path = path[:-1]
        return path

    def _note_unknown(self, path: Steps, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.6)
        wanted = f"{near[0]}?" if near else f"one of {', '.join(names)}" if names else ""
        self._note(path, UNKNOWN_KEY, wanted=wanted, key=True)

    # ── The whole and its parts ─────────────────────────────────────────────────────────────

    def _root(self) -> dict[str, Any]:
        data = self._filled.data
        if not isinstance(data, dict):
            self._note((), "the file must be a mapping", self._show(()), f"the keys {', '.join(SECTIONS)}")
            return {}
        for key in data:
            if key not in SECTIONS:
                self._note_unknown((key,), SECTIONS)
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
            self._explain(error, path, model)
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
            outlet = _outlet(section, places[0][1], taken)
            outlets.append(outlet)
            for kind, url, path in places:
                self._refuse_twin(url, path, seen)
                sources.append(_source(outlet, section, kind, url, schedule))
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
            self._explain(error, path, None)
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

    def _secrets(self, root: Mapping[str, Any]) -> frozenset[str]:
        """Return what the log must hide: what the environment gave for outlets and channels, and what looks secret."""
        harmless = ("network", "store", "schedule")
        given = {each for at, values in self._filled.secrets.items() if at[0] not in harmless for each in values}
        parts = {name: root.get(name) for name in ("outlets", "channels")}
        written = {text for at, text in _texts(parts, ()) if secrets.is_named_like_one(at)}
        return frozenset(each for each in given | written if len(each) > 3)


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


def suggest(name: str, names: Iterable[str]) -> str:
    """Return what was probably meant, or all there is."""
    known = list(names)
    near = difflib.get_close_matches(name, known, n=1)
    return f"{near[0]}?" if near else f"one of {', '.join(known)}" if known else "a name that is defined above"


def source_id(kind: str, url: str) -> str:
    """Return the id of a source: stable over restarts, reordering and renaming of its outlet."""
    return blake2b(f"{kind} {plain_url(url)}".encode(), digest_size=6).hexdigest()


def slug(name: str) -> str:
    """`Le Monde (français)` is `le-monde-francais`; letters of other scripts (й, ї, ガ) stay as they are."""
    plain = "".join(map(_without_accent, unicodedata.normalize("NFKC", name.casefold())))
    return re.sub(r"[\W_]+", "-", plain).strip("-") or "outlet"


def _without_accent(char: str) -> str:
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() else char


def _outlet(section: OutletSection, url: str, taken: set[str]) -> Outlet:
    host = host_of(url)
    name = section.name or host
    wanted = slug(name)
    number = 1
    while (id_ := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    taken.add(id_)
    return Outlet(id_, name, host, section.country, section.language, section.tags)


def _source(outlet: Outlet, section: OutletSection, kind: str, url: str, schedule: ScheduleSection) -> Source:
    return Source(
        id=source_id(kind, url),
        outlet=outlet,
        kind=kind,
        url=url,
        interval=section.interval or schedule.interval,
        links=section.links if kind == "page" else None,
        headers=MappingProxyType(dict(section.headers)),
        first_visit=section.first_visit or schedule.first_visit,
    )


def _network(section: NetworkSection) -> Network:
    return Network(
        user_agent=section.user_agent or default_agent(),
        contact=section.contact,
        timeout=section.timeout,
        max_body=section.max_body,
        delay=section.delay,
        per_host=section.per_host,
        concurrency=section.concurrency,
        robots=section.robots,
        allow=tuple(ip_network(each) for each in section.allow),
        ports=section.ports,
        hosts=MappingProxyType(dict(section.hosts)),
    )


def _schedule(section: ScheduleSection) -> Schedule:
    return Schedule(
        interval=section.interval,
        jitter=section.jitter,
        settle=section.settle,
        workers=section.workers,
        parse_timeout=section.parse_timeout,
        first_visit=section.first_visit,
    )


def default_agent() -> str:
    """Return what Tocsin calls itself where the user gives it no name."""
    try:
        return f"Tocsin/{version('tocsin')}"
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "Tocsin/0"


def _by_place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _at(data: Any, path: Steps) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _texts(value: Any, path: Steps) -> Iterable[tuple[Steps, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*path, index))


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
