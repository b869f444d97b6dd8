"""An address → the form under which two addresses of one article are equal.

Folded away: scheme, www. and m., tracking parameters, AMP marks and caches, index pages, session
ids. The surprising rule: a value that may name a page on some site ("home", "1") is kept.
"""

from __future__ import annotations

import re

from monitor.parse._domains import registrable_domain
from monitor.parse._web_url import normalise, split

_ROUNDS = 8  # of folding; real addresses need two


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


def _folded(url: str) -> str:
    address = normalise(url)
    parts = split(address) if address else None
    if parts is None:
        return url
    for _ in range(3):  # an AMP cache may wrap an AMP cache
        inner = _unwrapped(parts[1], parts[3])
        unwrapped = split(inner) if inner else None
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
