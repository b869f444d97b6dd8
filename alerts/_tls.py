"""One TLS context for all that goes out: certificates and host names are always verified.

The machine's store is trusted, so that an operator's own authority works, and certifi's, so that
a container without a store works.
"""

from __future__ import annotations

import functools
import ssl

import certifi


@functools.cache
def trusting_context() -> ssl.SSLContext:
    """Return the shared context; building one costs some 20 ms, so it is built once."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
