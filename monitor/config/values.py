"""The small languages inside the file: durations, sizes, shares, addresses, countries.

Each function turns one text into one value or raises ValueError through `unfit`, which carries
what was wanted. Addresses are judged by the same parser that later dials them; what two parsers
could read differently (user names, backslashes, control characters) is refused.
"""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic_core import PydanticCustomError

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "": 1,
    "B": 1,
    "KB": 1_000,
    "MB": 1_000_000,
    "GB": 1_000_000_000,
    "KIB": 1 << 10,
    "MIB": 1 << 20,
    "GIB": 1 << 30,
}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h|d)", re.ASCII)
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?) ?([kmg]?i?b|)", re.ASCII | re.IGNORECASE)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"`{}|^\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")
_HOST = re.compile(r"(?!.*\.\.)[\w](?:[\w.-]{0,251}[\w])?\.?")

# ISO 3166-1 alpha-2, first letter and second letters, and XK as everyone writes Kosovo.
_COUNTRY = re.compile(
    r"A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]|E[CEGHRST]|F[IJKMOR]|"
    r"G[ABDEFGHILMNPQRSTUWY]|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]|"
    r"M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]|O[M]|P[AEFGHKLMNRSTWY]|Q[A]|R[EOSUW]|"
    r"S[ABCDEGHIJKLMNORSTVXYZ]|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|V[ACEGINU]|W[FS]|X[K]|Y[ET]|Z[AMW]"
)


def unfit(message: str, wanted: str = "") -> PydanticCustomError:
    """Return the error that tells the user what is wrong and what was wanted."""
    return PydanticCustomError("unfit", "{message}", {"message": message, "wanted": wanted})


def read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise unfit("must be a text", "one text")
    return value


def read_duration(value: Any) -> timedelta:
    """`90s`, `5m`, `1h`, `2d`, `1h 30m`."""
    text = read_text(value).strip()
    parts = _DURATION.findall(text)
    if not parts or _DURATION.sub("", text).strip():
        raise unfit("is no duration", "a number with s, m, h or d, like 5m")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > 366 * 86400:
        raise unfit("is longer than a year", "at most 366d")
    return timedelta(seconds=seconds)


def read_size(value: Any) -> int:
    """Bytes: `8MB`, `500 KB`, `8000000`."""
    found = _SIZE.fullmatch(read_text(value).strip())
    if found is None:
        raise unfit("is no size", "a number with KB or MB, like 8MB")
    size = int(float(found[1]) * _BYTES[found[2].upper()])
    if not 1_000 <= size <= 1_000_000_000:
        raise unfit("is out of range", "1KB to 1GB")
    return size


def read_share(value: Any) -> float:
    """`10%` is 0.1."""
    found = _SHARE.fullmatch(read_text(value).strip())
    if found is None or float(found[1]) > 100:
        raise unfit("is no percentage", "0% to 100%")
    return float(found[1]) / 100


def read_country(value: Any) -> str:
    code = read_text(value).strip().upper()
    if not _COUNTRY.fullmatch(code):
        hint = "GB" if code == "UK" else "the two letters of ISO 3166, like AT"
        raise unfit("is no country", hint)
    return code


def read_language(value: Any) -> str:
    """`de`, `de-AT`, `pt_BR`: the primary tag, lower case."""
    primary = re.split("[-_]", read_text(value).strip())[0].lower()
    if not re.fullmatch("[a-z]{2,3}", primary):
        raise unfit("is no language", "a BCP 47 tag, like de or pt-BR")
    return primary


def read_url(value: Any) -> str:
    """Return a web address that no two parsers read differently."""
    text = read_text(value)
    if _FORBIDDEN.search(text):
        raise unfit("holds a blank, a backslash or a character no address may hold", "an address as a browser shows it")
    if "://" not in text:
        raise unfit("is no web address", "an address that starts with https:// or http://")
    parts = _split(text)
    if parts.scheme not in ("http", "https"):
        raise unfit(f"has the scheme {parts.scheme}", "https or http")
    if "@" in parts.netloc:
        raise unfit("holds a user name or password", "the address without it; credentials belong under headers:")
    if not is_host(parts.hostname or "", bracketed="[" in parts.netloc):
        raise unfit("has no proper host name", "an address like https://example.org/feed")
    return text


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise unfit("is no web address", "an address like https://example.org/feed") from error
    if port == 0 or parts.netloc.endswith(":"):
        raise unfit("has a port that does not exist", "a port from 1 to 65535, or none")
    return parts


def is_host(host: str, *, bracketed: bool = False) -> bool:
    """Whether this can be the name or literal address of a host."""
    if bracketed:
        return _is_ip(host)
    return bool(_HOST.fullmatch(host)) and len(host) <= 253


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def plain_url(url: str) -> str:
    """Return the address in the form in which two of the same are equal (case of host, port, fragment)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if parts.port in (None, default) else f"{host}:{parts.port}"
    return parts._replace(netloc=netloc, path=parts.path or "/", fragment="").geturl()


def host_of(url: str) -> str:
    """Return the host of an address, without `www.`."""
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")


def read_network(value: Any) -> str:
    """`127.0.0.1`, `10.0.0.0/8`, `::1`."""
    text = read_text(value).strip()
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise unfit(
            "is no address or network", "an IP address or a CIDR range, like 127.0.0.1 or 10.0.0.0/8"
        ) from error


def read_port(value: Any) -> int:
    text = read_text(value).strip()
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or not 1 <= int(text) <= 65535:
        raise unfit("is no port", "a number from 1 to 65535")
    return int(text)


def read_dial(value: Any) -> str:
    """Where to dial for a name: an address, with or without a port."""
    text = read_text(value).strip()
    found = re.fullmatch(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<v4>[\d.]+))(?::(?P<port>\d+))?", text, re.ASCII)
    if not _is_ip(text) and (found is None or not _is_ip(found["v6"] or found["v4"])):
        raise unfit("is no address to dial", "an IP address, like 127.0.0.1, 127.0.0.1:8081 or [::1]:8081")
    if found is not None and found["port"] is not None:
        read_port(found["port"])
    return text


def read_host_glob(value: Any) -> str:
    text = read_text(value).strip().lower()
    if not is_host(text.replace("*", "x")):
        raise unfit("is no host name", "a name or a pattern, like news.example or *.example")
    return text


def read_header(value: Any) -> str:
    """Return the value of a header that cannot open another one (CR, LF, NUL)."""
    text = read_text(value).strip()
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        raise unfit("holds a line break or control character", "one line")
    return text


def read_header_name(value: Any) -> str:
    text = read_text(value).strip()
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", text):
        raise unfit("is no name of a header", "letters, digits and hyphens")
    return text


def read_css(value: Any) -> str:
    text = read_text(value).strip()
    if not text:
        raise unfit("is empty", 'a CSS selector, like "article h2 a"')
    return text
