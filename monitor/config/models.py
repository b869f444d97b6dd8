"""What may stand in the file, as pydantic models: they check it and, as a JSON Schema, describe it.

Every scalar arrives as a text (see `loader`), so each field says how its text is read. A key
without a value counts as not given. Watches and sets are opaque here: `monitor.match` reads them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    create_model,
    model_validator,
)

from monitor.config import values
from monitor.config.values import unfit


def _reads(read: Callable[[Any], Any], **schema: Any) -> Any:
    """Make a field that is read by `read` and described by `schema`."""
    return PlainValidator(read), WithJsonSchema(schema)


def _at_least(shortest: timedelta) -> Callable[[Any], timedelta]:
    def read(value: Any) -> timedelta:
        duration = values.read_duration(value)
        if duration < shortest:
            raise unfit("is too short", f"at least {shortest.total_seconds():g}s")
        return duration

    return read


def _whole(lowest: int, highest: int) -> Any:
    """Make a field of a whole number."""

    def read(value: Any) -> int:
        text = values.read_text(value).strip()
        if not (text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest):
            raise unfit("is no number in range", f"a whole number from {lowest} to {highest}")
        return int(text)

    return _reads(read, type="integer", minimum=lowest, maximum=highest)


def _name(value: Any) -> str:
    text = " ".join(values.read_text(value).split())
    if not text or len(text) > 200 or not text.isprintable():
        raise unfit("is no name", "1 to 200 visible characters")
    return text


_DURATION_SCHEMA = {
    "type": "string",
    "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$",
    "examples": ["30s", "5m", "1h"],
}
_URL_SCHEMA = {"type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}


def _one_or_more(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _some(schema: dict[str, Any]) -> Any:
    """Make a field of one value or a list of them."""
    many = {"type": "array", "items": schema, "minItems": 1}
    return Field(min_length=1), BeforeValidator(_one_or_more), WithJsonSchema({"anyOf": [schema, many]})


_TEXT_SCHEMA = {"type": "string", "minLength": 1}
_CIDR_SCHEMA = {"type": "string", "examples": ["127.0.0.1", "10.0.0.0/8"]}
_PORT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": 65535}

Name = Annotated[str, *_reads(_name, **_TEXT_SCHEMA)]
Names = Annotated[tuple[Name, ...], *_some(_TEXT_SCHEMA)]
Url = Annotated[str, *_reads(values.read_url, **_URL_SCHEMA)]
Urls = Annotated[tuple[Url, ...], *_some(_URL_SCHEMA)]
Duration = Annotated[timedelta, *_reads(values.read_duration, **_DURATION_SCHEMA)]
Interval = Annotated[timedelta, *_reads(_at_least(timedelta(seconds=1)), **_DURATION_SCHEMA)]
Deadline = Annotated[timedelta, *_reads(_at_least(timedelta(milliseconds=100)), **_DURATION_SCHEMA)]
Size = Annotated[int, *_reads(values.read_size, type=["string", "integer"], examples=["8MB", "500KB"])]
Share = Annotated[float, *_reads(values.read_share, type="string", pattern=r"^\d+(\.\d+)? ?%$", examples=["10%"])]
Country = Annotated[str, *_reads(values.read_country, type="string", pattern="^[A-Za-z]{2}$", examples=["AT"])]
Language = Annotated[str, *_reads(values.read_language, type="string", examples=["de", "pt-BR"])]
Selector = Annotated[str, *_reads(values.read_css, type="string", examples=["article h2 a"])]
Cidr = Annotated[str, *_reads(values.read_network, **_CIDR_SCHEMA)]
Cidrs = Annotated[tuple[Cidr, ...], *_some(_CIDR_SCHEMA)]
Port = Annotated[int, *_reads(values.read_port, **_PORT_SCHEMA)]
Ports = Annotated[tuple[Port, ...], *_some(_PORT_SCHEMA)]
Dial = Annotated[str, *_reads(values.read_dial, type="string", examples=["127.0.0.1:8081"])]
HostGlob = Annotated[str, *_reads(values.read_host_glob, type="string")]
HeaderName = Annotated[str, *_reads(values.read_header_name, type="string")]
Header = Annotated[str, *_reads(values.read_header, type="string")]
FirstVisit = Literal["quiet", "skip", "tell"]


class Section(BaseModel):
    """A mapping of the file: unknown keys are refused, a key without a value counts as not given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if data == "":
            return {}
        if not isinstance(data, dict):
            raise unfit("must be a mapping", "lines of the form key: value")
        return {key: value for key, value in data.items() if value != ""}


class OutletSection(Section):
    """A publisher to watch, with its sources. The keys feed, sitemap and page are added from the spiders' folder."""

    name: Name | None = Field(default=None, description="What to call the outlet; left out, its host name is used.")
    language: Language | None = Field(
        default=None, description="The language it writes in, where that is always the same."
    )
    country: Country | None = Field(default=None, description="Its country, as two letters (ISO 3166).")
    tags: Names = Field(default=(), description="Words of your own to group outlets by.")
    interval: Interval | None = Field(default=None, description="How often to look; left out, schedule.interval.")
    headers: dict[HeaderName, Header] = Field(
        default_factory=dict, description="Headers to send along, such as the Cookie of a subscription."
    )
    links: Selector | None = Field(default=None, description="With page: a CSS selector of the links to articles.")
    first_visit: FirstVisit | None = Field(
        default=None,
        description="What to do with what is already there at the first visit: quiet reads and keeps it but tells "
        "nothing, skip only remembers it, tell alerts on at most five.",
    )


def outlet_model(kinds: Collection[str]) -> type[OutletSection]:
    """Return the outlet's model with one key for each kind of source."""
    said = {
        "feed": "The address of an RSS, Atom or JSON feed, or a list of them.",
        "sitemap": "The address of a news sitemap, or a list of them.",
        "page": "The address of a page that lists articles (home or section page), or a list of them.",
        "auto": "An address whose kind is found out at the first visit, or a list of them.",
    }
    keys: dict[str, Any] = {
        kind: (
            Urls | None,
            Field(default=None, description=said.get(kind, f"The address of a {kind}, or a list of them.")),
        )
        for kind in kinds
    }
    return create_model("OutletSection", __base__=OutletSection, __doc__=OutletSection.__doc__, **keys)


class RouteSection(Section):
    """Which watches go to which channels."""

    watch: Names = Field(description="The id of a watch, a pattern such as kursk-*, or a list of them.")
    to: Names = Field(description="The name of a channel, or a list of them.")


class NetworkSection(Section):
    """How Tocsin behaves on the network."""

    user_agent: Header | None = Field(
        default=None, description="What to call itself; left out, Tocsin with its version."
    )
    contact: Header | None = Field(
        default=None, description="An address for publishers who want to reach you; sent along."
    )
    timeout: Deadline = Field(default=timedelta(seconds=20), description="The longest one request may take.")
    max_body: Size = Field(default=8_000_000, description="The largest answer that is read.")
    delay: Duration = Field(default=timedelta(seconds=1), description="The pause between two requests to one host.")
    per_host: Annotated[int, *_whole(1, 16)] = Field(default=1, description="Requests to one host at a time.")
    concurrency: Annotated[int, *_whole(1, 1000)] = Field(default=128, description="Connections open at a time in all.")
    robots: Literal["obey", "ignore"] = Field(default="obey", description="Whether robots.txt is obeyed.")
    allow: Cidrs = Field(default=(), description="Private addresses that may be dialled; all others are refused.")
    ports: Ports = Field(default=(80, 443), description="Ports that may be dialled.")
    hosts: dict[HostGlob, Dial] = Field(
        default_factory=dict, description="Like /etc/hosts: where to dial for a name or pattern."
    )


class StoreSection(Section):
    """Where Tocsin keeps what it knows."""

    path: Header = Field(
        default="tocsin.db", description="The database; a relative path starts at the configuration's folder."
    )


def _cores() -> int:
    return os.cpu_count() or 1


class ScheduleSection(Section):
    """How often Tocsin looks, and with how many hands."""

    interval: Interval = Field(default=timedelta(minutes=5), description="How often a source is looked at.")
    jitter: Share = Field(default=0.1, description="How much the interval varies, so that not all are asked at once.")
    settle: Duration = Field(
        default=timedelta(seconds=2),
        description="How long to wait before telling, so that copies are known.",
    )
    workers: Annotated[int, *_whole(1, 256)] = Field(
        default_factory=_cores, description="Parsing processes; left out, one a core."
    )
    parse_timeout: Deadline = Field(
        default=timedelta(seconds=10), description="The longest one page may take to parse."
    )
    first_visit: FirstVisit = Field(default="quiet", description="The default of the outlets' first_visit.")
