"""Why a request brought no answer that can be used: the tree of what a session raises."""

from __future__ import annotations

from monitor.errors import TocsinError


class FetchFailed(TocsinError):
    """No answer came, or none that can be used; the message says why."""


class FetchTimeout(FetchFailed):
    """The whole exchange did not end in time."""


class HostUnknown(FetchFailed):
    """The name has no address, or none was found in time."""


class ConnectFailed(FetchFailed):
    """Nobody listens there, or the TLS handshake failed."""


class AnswerTooLarge(FetchFailed):
    """More bytes than the caller takes, as sent or as unpacked."""


class AnswerBroken(FetchFailed):
    """Cut short, wrongly packed, or not HTTP."""


class UrlRefused(FetchFailed):
    """Not an http(s) URL that every parser reads alike."""


class TooManyRedirects(FetchFailed):
    """More hops than are followed."""
