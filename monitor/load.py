"""A file becomes all that the service needs of it: the Config, and the rules of its watches.

The notifiers are found in their wing, the source kinds in theirs, the watches are read by
`monitor.match`; whatever is wrong in any of them is reported at once, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from monitor import log, registry
from monitor.config import secrets
from monitor.config.config import Config, load_config, suggest
from monitor.config.loader import Document, Steps, load_document, locate
from monitor.errors import ConfigError, Problem
from monitor.match.ast import Rules
from monitor.match.loader import load_rules
from monitor.parse.links import check_selector
from monitor.parse.urls import registrable_domain

NO_KINDS = frozenset({"settings"})  # a module of the wing that Scrapy wants under this name
SHIPPED_KINDS = frozenset({"auto", "feed", "page", "sitemap"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked configuration with its watches compiled."""

    config: Config
    rules: Rules


def load(source: Path | str, env: Mapping[str, str]) -> Loaded:
    """Read a file (a Path) or a text; raises ConfigError with every problem in it, each with its place.

    From here on the log hides the secrets that the file holds or names.
    """
    document = load_document(source)
    problems: list[Problem] = []
    config = _read_config(document, env, problems)
    rules = _read_rules(document, env, problems)
    problems += _lost_routes(document.data)
    if problems or config is None or rules is None:
        raise ConfigError(tuple(sorted(dict.fromkeys(locate(problems, document)), key=lambda each: each.place)))
    log.register_secret(*config.secrets)
    return Loaded(_with_domains(config), rules)


def _with_domains(config: Config) -> Config:
    """Put the registrable domain of each outlet in place of its feed's host, which may be a feed server's."""
    outlets = {outlet.id: replace(outlet, domain=registrable_domain(outlet.domain)) for outlet in config.outlets}
    sources = tuple(replace(source, outlet=outlets[source.outlet.id]) for source in config.sources)
    return replace(config, outlets=tuple(outlets.values()), sources=sources)


def load_watches(source: Path | str, env: Mapping[str, str]) -> Rules:
    """Read only the watches and sets of a file, whatever stands in the rest of it."""
    document = load_document(source)
    unfilled = secrets.fill(document, env).problems
    problems = [problem for problem in unfilled if problem.path[:1] in (("watches",), ("sets",))]
    rules = _read_rules(document, env, problems)
    if problems or rules is None:
        raise ConfigError(tuple(sorted(locate(problems, document), key=lambda each: each.place)))
    return rules


def notifier_options() -> dict[str, type[BaseModel]]:
    """Return the model of the options of every kind of channel."""
    return {kind: notifier.Options for kind, notifier in registry.discover("alerts", "NOTIFIER").items()}


def source_kinds() -> frozenset[str]:
    """Return the kinds of source there are, without importing what crawls them."""
    return (frozenset(registry.names("spiders")) | SHIPPED_KINDS) - NO_KINDS


def _read_config(document: Document, env: Mapping[str, str], problems: list[Problem]) -> Config | None:
    try:
        return load_config(
            document,
            env=env,
            notifiers=notifier_options(),
            kinds=source_kinds(),
            check_selector=check_selector,
        )
    except ConfigError as error:
        problems += error.problems
        return None


def _read_rules(document: Document, env: Mapping[str, str], problems: list[Problem]) -> Rules | None:
    filled = secrets.fill(document, env)
    data = filled.data if isinstance(filled.data, dict) else {}
    watches, sets = data.get("watches"), data.get("sets")
    known = [value for values in filled.secrets.values() for value in values]
    try:
        return load_rules(watches if isinstance(watches, list) else [], sets if isinstance(sets, dict) else {})
    except ConfigError as error:
        problems += [secrets.redact(problem, known) for problem in error.problems]
        return None


def _lost_routes(data: Any) -> Iterator[Problem]:
    """Yield a problem for every watch named by a route that no watch answers to."""
    watches = data.get("watches") if isinstance(data, dict) else None
    written = [watch.get("id") for watch in watches if isinstance(watch, dict)] if isinstance(watches, list) else []
    ids = [id_ for id_ in written if isinstance(id_, str)]
    for path, name in _routed(data):
        if not any(fnmatchcase(id_, name) for id_ in ids):
            yield Problem(path, "there is no such watch", repr(name), suggest(name, ids))


def _routed(data: Any) -> Iterator[tuple[Steps, str]]:
    """Yield the place and name of every watch in a route that can be read."""
    routes = data.get("routes") if isinstance(data, dict) else None
    for index, route in enumerate(routes if isinstance(routes, list) else ()):
        written = route.get("watch") if isinstance(route, dict) else None
        if isinstance(written, str) and written:
            yield ("routes", index, "watch"), written
        elif isinstance(written, list):
            yield from (
                (("routes", index, "watch", at), name) for at, name in enumerate(written) if isinstance(name, str)
            )
