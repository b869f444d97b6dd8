"""A notifier's options and a reading of texts, for the tests of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from monitor.config.config import Config, load_config
from monitor.errors import ConfigError, Problem


class HookOptions(BaseModel):
    """A hook."""

    model_config = ConfigDict(extra="forbid")

    hook: str
    secret: SecretStr | None = None
    retries: int = 3

    @field_validator("hook")
    @classmethod
    def _check(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError(f"{value!r} is no https address")
        return value


class BellOptions(BaseModel):
    """A bell."""

    model_config = ConfigDict(extra="forbid")

    bell: Literal[True]


NOTIFIERS: Mapping[str, type[BaseModel]] = {"hook": HookOptions, "bell": BellOptions}
KINDS = ("auto", "feed", "page", "sitemap")


def read(text: str, **env: str) -> Config:
    return load_config(text, env=env, notifiers=NOTIFIERS, kinds=KINDS, check_selector=fault_of_selector)


def fault_of_selector(selector: str) -> str | None:
    return "an odd one" if "[[" in selector else None


def problems(text: str, **env: str) -> tuple[Problem, ...]:
    try:
        read(text, **env)
    except ConfigError as error:
        return error.problems
    return ()


def flow(value: object) -> str:
    """Write lists, mappings and texts as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "'" + str(value).replace("'", "''") + "'"
