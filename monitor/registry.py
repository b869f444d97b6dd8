"""Find plug-ins by folder: one module, one plug-in, one attribute.

A module whose name starts with `_` is a helper. A module without the attribute, or two modules
that claim one name, stop the start with the file's name: a plug-in that is silently not there
is the kind of fault Tocsin exists to end.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from monitor.errors import PluginBroken


def names(package: str) -> tuple[str, ...]:
    """Return the plug-in modules of `package` in alphabetical order, without importing them."""
    path = importlib.import_module(package).__path__
    return tuple(sorted(found.name for found in pkgutil.iter_modules(path) if not found.name.startswith("_")))


def discover(package: str, attribute: str, *, name: str = "kind") -> dict[str, Any]:
    """Import every plug-in of `package` and return {plug-in's `name` attribute: its `attribute`}.

    Raises PluginBroken for a module that does not import, lacks the attribute, or takes a name
    that another module has.
    """
    found: dict[str, Any] = {}
    for module_name in names(package):
        dotted = f"{package}.{module_name}"
        try:
            module = importlib.import_module(dotted)
        except Exception as error:
            raise PluginBroken(f"{dotted}: does not import: {error}") from error
        plugin = getattr(module, attribute, None)
        if plugin is None:
            raise PluginBroken(f"{dotted}: has no {attribute}; name a helper module with a leading underscore")
        key = getattr(plugin, name, None)
        if not isinstance(key, str):
            raise PluginBroken(f"{dotted}: {attribute} has no {name}")
        if key in found:
            raise PluginBroken(f"{dotted}: the {name} {key!r} is taken by {found[key].__module__}")
        found[key] = plugin
    return found
