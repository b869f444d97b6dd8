"""An address as somebody wrote it → the one we fetch, the one we compare, and what they belong to.

normalise() follows the WHATWG URL standard for http and https; canonical() folds away what does not
change the article (scheme, www., tracking, AMP); url_key() is that in 16 bytes.
The surprising rule: an address with a user name or password in it is refused, wherever it points.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache, lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import unquote_to_bytes

import idna
import tldextract

_ROUNDS = 8  # of folding; real addresses need two
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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Query parameters that name the way a reader came, never the article.
_TRACKING_PREFIXES = (
    "utm_",  # Google Analytics and everybody after it
    "wt_", "wt.",  # Webtrekk, Webtrends (Spiegel, Zeit)
    "at_",  # AT Internet (BBC, Le Monde)
    "pk_", "piwik_", "mtm_", "matomo_",
    "ns_",  # comScore
    "hsa_", "_hs", "__hs",  # HubSpot
    "oly_", "vero_", "mc_", "ml_subscriber", "guce_", "trk", "fb_action", "__twitter", "sc_",
)  # fmt: skip
_TRACKING = _words("""
    fbclid gclid gclsrc dclid wbraid gbraid msclkid yclid ysclid twclid ttclid li_fat_id igsh igshid epik
    rdt_cid irclickid _openstat _ga _gl mkt_tok s_kwcid s_cid ef_id cmpid cmp cmpsrc intcmp intcid icmp icid
    ncid ocid ito smid smtyp emc xtor xtref xts ftag taid tblci dicbo obclick ob_click_id sr_share
    sr_share_facebook share traffic_source spm scm ref_src ref_url refsrc fb_source fb_ref guccounter
    hss_channel campaign_id_src reflink rsspartner partner_rss srnd __source sh_kit ecid elqtrackid elqtrack
    wickedid dm_i mbid action_object_map action_type_map _branch_match_id amp __amp_source_origin nocache
    cachebuster phpsessid jsessionid aspsessionid cfid cftoken
    """)
# Parameters that name a page on some sites and the way here on others: dropped with these values only.
_SOMETIMES_TRACKING = _words(
    "ref source src from via feed origin mod partner channel output outputtype type medium format view ns s rss"
)
_TRACKING_VALUES = _words("""
    rss rss2 rss20 rssfeed feed feeds atom xml newsfeed twitter facebook fb whatsapp telegram linkedin instagram
    newsletter email mail amp share social push google googlenews google_news gnews flipboard upday homepage hp
    home startseite 1 true
    """)
_VALUES_THAT_MAY_BE_PAGES = frozenset(("1", "true", "xml", "home"))

_MIRROR_HOST = re.compile(r"^(?:www\d?|m|mobile|amp|mobil)\.")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp|shtml)$", re.IGNORECASE)

_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_SLASHES = re.compile("//+")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
# Unreserved, and the delimiters that delimit nothing in a path or query of http (RFC 3986 §2).
_PLAIN_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*,;:@")

# Article numbers as publisher networks write them, the shared desk's mark left out.
_NETWORK_SHAPES = (
    ("article", re.compile(r"/article-?(\d{7,15})(?=[/.]|$)")),  # Funke, Welt
    ("id", re.compile(r"[/\-_]id[_-]?(\d{7,15})(?=[/.]|$)")),  # Ströer
    ("a", re.compile(r"[/-]a-(\d{7,15})(?=[/.]|$)")),  # DW, and others of its house system
    ("n", re.compile(r"(?<=[-_/.])(\d{7,15})(?:\.[a-z]{3,5})?/?$")),  # Ippen: …-zr-93036630.html and …-93036630.html
)
_DATE_NUMBER = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{2}|\d{4}|\d{6})?$")


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
            origin = _split(base)
            if origin and origin[0] == scheme:
                return _resolve(rest, origin)
        return _join(scheme, rest)
    origin = _split(base)
    return _resolve(url, origin) if origin else None


def canonical(url: str) -> str:
    """Return the form under which two addresses of one article are equal; idempotent.

    Not to be fetched: it is always https, without www., tracking, AMP marks and trailing slash.
    What is no http(s) URL comes back trimmed.
    """
    form = url.strip()
    # What one folding lays bare (an AMP mark behind an index page, "%%375") the next one folds.
    for _ in range(_ROUNDS):
        folded = _folded(form)
        if folded == form:
            break
        form = folded
    return form


def url_key(url: str) -> bytes:
    """Return 16 bytes that are equal for two addresses of one article."""
    return hashlib.blake2b(canonical(url).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@lru_cache(maxsize=4096)
def registrable_domain(host_or_url: str) -> str:
    """Return the part of a host that somebody registered (bbc.co.uk); IPs and bare hosts as they are.

    What hosts blogs counts as a suffix (name.wordpress.com): its blogs are publishers of their own.
    """
    host = host_or_url
    if "/" in host or "\\" in host:
        parts = _split(normalise(host) or "")
        if parts is None:
            return ""
        host = parts[1]
    host = host.strip().lower().rstrip(".")
    if host.count(":") == 1:
        host = host.partition(":")[0]
    # www.gov.cn is "registered" under the suffix gov.cn; nobody calls it that.
    return (_suffixes()(host[:300]).top_domain_under_public_suffix or host).removeprefix("www.")


def network_id(url: str) -> str | None:
    """Return the article number that a publisher network shares over its sites, with its shape; or None.

    `n:93036630` of `…-zr-93036630.html`. Equal numbers hint at one article, they do not prove it.
    """
    parts = _split(normalise(url) or "")
    if parts is None:
        return None
    path = parts[3]
    for shape, pattern in _NETWORK_SHAPES:
        for number in pattern.findall(path):
            if not _DATE_NUMBER.match(number) and len(set(number)) > 1:
                return f"{shape}:{number}"
    return None


def display_host(url: str) -> str:
    """Return the host to show a reader: in its own script, or as xn-- where it could pass for another."""
    parts = _split(normalise(url) or "")
    if parts is None:
        return ""
    return ".".join(_shown_label(label) for label in parts[1].split("."))


# ── The WHATWG parser, for http and https ────────────────────────────────────────────────────

_Parts = tuple[str, str, str, str, str]  # scheme, host, port or "", path, query with its "?" or ""


def _split(url: str) -> _Parts | None:
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


def _parts(scheme: str, rest: str) -> _Parts | None:
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


def _resolve(relative: str, origin: _Parts) -> str | None:
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


# ── Folding ──────────────────────────────────────────────────────────────────────────────────


def _folded(url: str) -> str:
    address = normalise(url)
    parts = _split(address) if address else None
    if parts is None:
        return url
    for _ in range(3):  # an AMP cache may wrap an AMP cache
        inner = _unwrapped(parts[1], parts[3])
        unwrapped = _split(inner) if inner else None
        if unwrapped is None:
            break
        parts = unwrapped
    _, host, port, path, query = parts
    folded = _folded_host(host)
    port = f":{port}" if port else ""
    return f"https://{folded}{port}{_folded_path(path)}{_folded_query(query)}"


def _folded_host(host: str) -> str:
    host = host.rstrip(".")
    found = _MIRROR_HOST.match(host)
    if not found:
        return host
    rest = host[found.end() :]
    # m.news.de is a mirror of news.de; m.de is a site of its own.
    return _folded_host(rest) if "." in rest and registrable_domain(rest) == registrable_domain(host) else host


def _unwrapped(host: str, path: str) -> str | None:
    """Return the address inside an AMP cache's address."""
    if host.endswith(".ampproject.org") and (found := re.match(r"/[cvwir]/(s/)?(.+)", path)):
        return f"http{'s' if found[1] else ''}://{found[2]}"
    if host.startswith("www.google.") and (found := re.match(r"/amp/(s/)?(.+)", path)):
        return f"http{'s' if found[1] else ''}://{found[2]}"
    return None


def _folded_path(path: str) -> str:
    path = _SLASHES.sub("/", _ESCAPE.sub(_unescaped, _SESSION.sub("", path)))
    path = _INDEX.sub("/", path)
    bare = path.rstrip("/")
    lower = bare.lower()
    for mark in ("/amp", ".amp", "_amp", "-amp"):
        if lower.endswith(mark) and len(bare) > len(mark) + 1:
            bare = bare[: -len(mark)]
            break
        if lower.endswith((mark + ".html", mark + ".htm")):
            cut = lower.rindex(mark)
            bare = bare[:cut] + bare[cut + len(mark) :]
            break
    if lower.startswith("/amp/"):
        bare = bare[4:]
    return _INDEX.sub("/", bare).rstrip("/") or "/"


def _unescaped(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter in _PLAIN_LETTERS else f"%{found[1].upper()}"


def _folded_query(query: str) -> str:
    """Sort what is left of a query; a space is %20 and a name without value has no "="."""
    pieces = query.removeprefix("?").replace("&amp;", "&").replace("+", "%20").split("&")
    named = (_ESCAPE.sub(_unescaped, piece).rstrip("=") for piece in pieces)
    kept = sorted(piece for piece in named if piece and not _is_tracking(piece))
    return "?" + "&".join(kept) if kept else ""


def _is_tracking(piece: str) -> bool:
    name, mark, value = piece.partition("=")
    name, value = name.lower(), value.lower()
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    if not mark or not value:
        return name in _SOMETIMES_TRACKING  # a bare "?rss"
    if value in _VALUES_THAT_MAY_BE_PAGES:
        return name in ("rss", "feed", "amp") and value in ("1", "true")
    return name in _SOMETIMES_TRACKING and value in _TRACKING_VALUES


@cache
def _suffixes() -> tldextract.TLDExtract:
    """The suffix list that came with the library: no network, no cache folder."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


# ── Homographs ───────────────────────────────────────────────────────────────────────────────

_CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})
_LOOKALIKES = frozenset("асԁеһіјӏорԛѕԝхуґєїавекмнтɑɡıοαυνικρτχγ")  # Cyrillic and Greek that pass for Latin


def _shown_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
    return shown if shown and not _is_deceptive(shown) else label


def _is_deceptive(label: str) -> bool:
    """Whether a label mixes scripts, or is of letters that all look Latin, or holds no letters at all."""
    if label != label.lower() or label != unicodedata.normalize("NFC", label):
        return True
    scripts: set[str] = set()
    for letter in label:
        if letter in "-0123456789":
            continue
        if not letter.isalpha() and unicodedata.category(letter) not in ("Mn", "Mc"):
            return True
        if unicodedata.category(letter) in ("Mn", "Mc"):
            continue
        script = unicodedata.name(letter, "UNKNOWN").split()[0]
        if (script == "LATIN" and letter > "\u017f") or letter in "ıɑɡ":
            return True
        scripts.add("CJK" if script in _CJK else script)
    if scripts - {"CJK", "LATIN"} and len(scripts) > 1:
        return True
    return not scripts or (
        bool(scripts & {"CYRILLIC", "GREEK"}) and all(c in _LOOKALIKES for c in label if c.isalpha())
    )
