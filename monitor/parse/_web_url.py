"""An address as somebody wrote it → the one we fetch: the WHATWG URL standard, for http and https.

Only the parts that news sites need; the surprising rule: an address with a user name or password in
it is refused, wherever it points.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import unquote_to_bytes

import idna

URL_CAP = 8_000  # characters; RFC 9110 §4.1 wants at least 8,000 supported, servers take about as much

_EDGE = "".join(map(chr, range(0x21)))  # C0 controls and space: WHATWG strips them at both ends
_LINE_BREAKS = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):")
_DOUBLED_SCHEME = re.compile(r"^https?:/*(?=https?://)", re.IGNORECASE)  # "http://http://…", in many a feed
_AUTHORITY = re.compile(r"[/\\]*([^/\\?#]*)")
_DEFAULT_PORT = {"http": 80, "https": 443}
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f]")
_IPV4_LIKE = re.compile(r"(?:^|\.)(?:0[xX][0-9a-fA-F]*|\d+)\.?$")
_ENCODE_IN_PATH = re.compile(r"[\x00-\x20\"#<>?^`{}\x7f-\U0010ffff]+")
_ENCODE_IN_QUERY = re.compile(r"[\x00-\x20\"#<>'\x7f-\U0010ffff]+")
_DOT = re.compile(r"\.|%2[eE]")

Parts = tuple[str, str, str, str, str]  # scheme, host, port or "", path, query with its "?" or ""


def normalise(url: str, base: str = "") -> str | None:
    """Return the absolute http(s) URL as we would fetch it, without its fragment.

    None where there is nothing to fetch: another scheme, no or an impossible host or port, user
    name or password, more than URL_CAP characters. `base` may be relative to nothing itself.
    """
    if len(url) > URL_CAP:
        return None
    url = url.strip(_EDGE).translate(_LINE_BREAKS)
    url = _DOUBLED_SCHEME.sub("", url.partition("#")[0])
    found = _SCHEME.match(url)
    if found and (scheme := found[1].lower()):
        if scheme not in _DEFAULT_PORT:
            return None
        rest = url[found.end() :]
        if rest[:1] not in ("/", "\\") or rest[1:2] not in ("/", "\\"):
            # "http:page" is relative to a base of the same scheme, else the slashes are just missing.
            origin = split(base)
            if origin and origin[0] == scheme:
                return _resolve(rest, origin)
        return _join(scheme, rest)
    origin = split(base)
    return _resolve(url, origin) if origin else None


def split(url: str) -> Parts | None:
    """Split a URL, normalising it on the way; None where it is not one we may fetch."""
    if not url or len(url) > URL_CAP:
        return None
    url = url.strip(_EDGE).translate(_LINE_BREAKS).partition("#")[0]
    found = _SCHEME.match(url)
    if not found or found[1].lower() not in _DEFAULT_PORT:
        return None
    return _parts(found[1].lower(), url[found.end() :])


def _join(scheme: str, rest: str) -> str | None:
    parts = _parts(scheme, rest)
    return (
        "".join((parts[0], "://", parts[1], f":{parts[2]}" if parts[2] else "", parts[3], parts[4])) if parts else None
    )


def _parts(scheme: str, rest: str) -> Parts | None:
    found = _AUTHORITY.match(rest)
    assert found is not None  # the pattern matches the empty text
    user, at, place = found[1].rpartition("@")
    if at and user.strip(":"):
        return None
    host_text, port = _host_and_port(place, _DEFAULT_PORT[scheme])
    host = _host(host_text) if port is not None else None
    if host is None or port is None:
        return None
    path, mark, query = rest[found.end() :].partition("?")
    return scheme, host, port, _path(path), _query(query) if mark else ""


def _resolve(relative: str, origin: Parts) -> str | None:
    scheme, host, port, path, query = origin
    site = f"//{host}{':' + port if port else ''}"
    if relative[:1] in ("/", "\\"):
        if relative[1:2] in ("/", "\\"):
            return _join(scheme, relative)
        return _join(scheme, site + relative)
    if not relative:
        return _join(scheme, site + path + query)
    if relative.startswith("?"):
        return _join(scheme, site + path + relative)
    return _join(scheme, site + path.rpartition("/")[0] + "/" + relative)


def _host_and_port(place: str, default: int) -> tuple[str, str | None]:
    """Return the host and its port, "" where it is the default, None where it is none."""
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place, ""
    if port and not (port.isascii() and port.isdigit()):
        return place, None
    port = port.lstrip("0") or port[-1:]
    if len(port) > 5 or int(port or default) > 65535:
        return place, None
    return host, "" if not port or int(port) == default else str(int(port))


@lru_cache(maxsize=4096)
def _host(text: str) -> str | None:
    """Return the host in ASCII, lower case; None where it cannot be one."""
    if text.startswith("["):
        try:
            return f"[{IPv6Address(text[1:-1])}]" if text.endswith("]") and "%" not in text else None
        except AddressValueError:
            return None
    text = unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace") if "%" in text else text
    host = text.lower() if text.isascii() else _ascii_host(text)
    if not host or len(host) > 255 or _FORBIDDEN_IN_HOST.search(host) or ".." in host or host.startswith("."):
        return None
    if _IPV4_LIKE.search(host):
        return _ipv4(host)
    return host if "xn--" not in host or all(map(_is_label, host.split("."))) else None


def _is_label(label: str) -> bool:
    """Whether an xn-- label stands for anything."""
    if not label.startswith("xn--"):
        return True
    try:
        return not label[4:].encode("ascii").decode("punycode").isascii()
    except (UnicodeError, ValueError, OverflowError):
        return False


def _ascii_host(text: str) -> str | None:
    """Return an international host as xn-- labels (UTS #46); None where it holds what no host may."""
    try:
        return idna.encode(text, uts46=True, std3_rules=False, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        pass
    # Emoji and old names that IDNA 2008 no longer lets register, but that resolve and that browsers open.
    try:
        mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
        labels = [
            label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
            for label in mapped.split(".")
        ]
    except (idna.IDNAError, UnicodeError):
        return None
    return ".".join(labels).lower() if all(len(label) < 64 for label in labels) else None


def _ipv4(host: str) -> str | None:
    """Read an IPv4 address in any base and length, as browsers do: 0x7f.1 is 127.0.0.1."""
    numbers = [_ipv4_number(part) for part in host.removesuffix(".").split(".")]
    if len(numbers) > 4 or any(number is None for number in numbers):
        return None
    *heads, last = [number for number in numbers if number is not None]
    if any(head > 255 for head in heads) or last >= 256 ** (4 - len(heads)):
        return None
    return str(IPv4Address(last + sum(head << (8 * (3 - place)) for place, head in enumerate(heads))))


def _ipv4_number(part: str) -> int | None:
    try:
        if part[:2] in ("0x", "0X"):
            return int(part[2:] or "0", 16)
        if len(part) > 1 and part[0] == "0":
            return int(part, 8)
        return int(part) if part.isdigit() and len(part) < 20 else None
    except ValueError:
        return None


def _escape(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _path(path: str) -> str:
    kept: list[str] = []
    segments = path.replace("\\", "/").removeprefix("/").split("/")
    for place, segment in enumerate(segments):
        plain = _DOT.sub(".", segment) if len(segment) <= 6 else segment
        is_last = place == len(segments) - 1
        if plain == "..":
            if kept:
                kept.pop()
            if is_last:
                kept.append("")
        elif plain == ".":
            if is_last:
                kept.append("")
        else:
            kept.append(segment)
    return "/" + _ENCODE_IN_PATH.sub(_escape, "/".join(kept))


def _query(query: str) -> str:
    return "?" + _ENCODE_IN_QUERY.sub(_escape, query)
