"""The file's JSON Schema (draft 2020-12), for editors: the models, written out with their descriptions."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import reduce
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import GenerateJsonSchema

from monitor.config.models import NetworkSection, RouteSection, ScheduleSection, StoreSection, Url, outlet_model

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema(
    *, notifiers: Mapping[str, type[BaseModel]], kinds: Collection[str], watch_schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the schema of a whole file; `watch_schema` is that of one watch and may bring its own $defs."""
    schema = _file_model(notifiers, kinds).model_json_schema(schema_generator=_Writer)
    watch = dict(watch_schema)
    schema.setdefault("$defs", {}).update(watch.pop("$defs", {}))
    watch.pop("$schema", None)
    schema["properties"]["watches"]["items"] = watch
    if "set" in schema["$defs"]:
        schema["properties"]["sets"]["additionalProperties"] = {"$ref": "#/$defs/set"}
    for kind, options in notifiers.items():
        _demand_kind(schema["$defs"], kind, options)
    return {"$schema": DIALECT, **schema}


def _file_model(notifiers: Mapping[str, type[BaseModel]], kinds: Collection[str]) -> type[BaseModel]:
    channel: Any = reduce(operator.or_, notifiers.values()) if notifiers else dict[str, Any]
    fields: dict[str, Any] = {
        "outlets": (list[Url | outlet_model(sorted(kinds))], _about("The publishers to watch.")),  # type: ignore[misc]  # made at run time
        "watches": (list[Any], _about("What to look for.")),
        "sets": (dict[str, Any], _about("Lists of terms by name, for use as $name in watches.")),
        "channels": (dict[str, channel], _about("Whom to tell: a name and one of the kinds of channel.")),
        "routes": (list[RouteSection], _about("Which watch goes to which channel; left out, all to all.")),
        "network": (NetworkSection, _about("How to behave on the network.")),
        "store": (StoreSection, _about("Where to keep what was read.")),
        "schedule": (ScheduleSection, _about("How often to look.")),
    }
    settings = ConfigDict(extra="forbid", title="Tocsin's configuration")
    return create_model("File", __config__=settings, __doc__="Outlets, watches and channels of Tocsin.", **fields)


def _about(text: str) -> Any:
    return Field(default=None, description=text)


def _demand_kind(definitions: dict[str, Any], kind: str, options: type[BaseModel]) -> None:
    """A channel's kind is told by its key, so an editor must see that key as required."""
    written = definitions.get(options.__name__)
    if written is not None and kind not in written.setdefault("required", []):
        written["required"].append(kind)


class _Writer(GenerateJsonSchema):
    """Writes defaults as a user would."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return _duration(dft)
        if isinstance(dft, float) and dft <= 1:  # a share; what is larger counts seconds
            return f"{dft * 100:g}%"
        return super().encode_default(dft)

    def default_schema(self, schema: Any) -> Any:
        written = super().default_schema(schema)
        if written.get("default", "") is None:
            del written["default"]  # the sections that may be left out
        return written


def _duration(value: timedelta) -> str:
    seconds = value.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
