"""Packed bytes → the body, piece by piece and never more than there is room for: a bomb is not unpacked.

gzip of several members, deflate with and without its header, and brotli where that is installed.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from spiders._failures import AnswerBroken

try:
    import brotli  # type: ignore[import-untyped]  # it has no types
except ImportError:  # not everywhere installed; servers are then not asked for it
    brotli = None

_GZIP_BITS = zlib.MAX_WBITS + 16
ACCEPT_ENCODING = "gzip, deflate, br" if brotli else "gzip, deflate"
DECODE_ERRORS: tuple[type[Exception], ...] = (zlib.error,) + ((brotli.error,) if brotli else ())


class Decoder(Protocol):
    """Unpacks piece by piece, never more than `room` bytes at a time."""

    def feed(self, data: bytes, room: int) -> bytes: ...

    @property
    def is_whole(self) -> bool: ...


class _Plain:
    is_whole = True

    def feed(self, data: bytes, room: int) -> bytes:
        return data


class _Zlib:
    """gzip of one or more members, or deflate with and without the zlib header.

    Bytes behind the last member are ignored, as browsers do (F1: trailing garbage).
    """

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._inflate = zlib.decompressobj(bits)
        self._has_begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        pieces = []
        while data and room > 0:
            if self._inflate.eof:
                if self._bits != _GZIP_BITS or not data.startswith(b"\x1f\x8b"):
                    break
                self._inflate = zlib.decompressobj(_GZIP_BITS)
            piece = self._inflate_some(data, room)
            pieces.append(piece)
            room -= len(piece)
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        return b"".join(pieces)

    def _inflate_some(self, data: bytes, room: int) -> bytes:
        try:
            return self._inflate.decompress(data, room)
        except zlib.error:
            if self._bits != zlib.MAX_WBITS or self._has_begun:
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # raw deflate, as some servers send it
            return self._inflate.decompress(data, room)
        finally:
            self._has_begun = True

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof


class _Brotli:
    def __init__(self) -> None:
        self._inflate = brotli.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        pieces = []
        while room > 0 and not self._inflate.is_finished():
            piece = self._inflate.process(data, output_buffer_limit=room)
            data = b""
            pieces.append(piece)
            room -= len(piece)
            if self._inflate.can_accept_more_data():
                break
        return b"".join(pieces)

    @property
    def is_whole(self) -> bool:
        return bool(self._inflate.is_finished())


def decoder_for(coding: str) -> Decoder:
    """Return what unpacks a Content-Encoding; raises AnswerBroken for one that was not asked for."""
    match coding:
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Zlib(_GZIP_BITS)
        case "deflate":
            return _Zlib(zlib.MAX_WBITS)
        case "br" if brotli:
            return _Brotli()
    raise AnswerBroken(f"packed as {coding!r}, which was not asked for")
