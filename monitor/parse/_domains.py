"""A host → the part of it that somebody registered, by the public suffix list."""

from __future__ import annotations

from functools import cache, lru_cache

import tldextract

from monitor.parse._web_url import normalise, split


@lru_cache(maxsize=4096)
def registrable_domain(host_or_url: str) -> str:
    """Return the part of a host that somebody registered (bbc.co.uk); IPs and bare hosts as they are.

    What hosts blogs counts as a suffix (name.wordpress.com): its blogs are publishers of their own.
    """
    host = host_or_url
    if "/" in host or "\\" in host:
        parts = split(normalise(host) or "")
        if parts is None:
            return ""
        host = parts[1]
    host = host.strip().lower().rstrip(".")
    if host.count(":") == 1:
        host = host.partition(":")[0]
    # www.gov.cn is "registered" under the suffix gov.cn; nobody calls it that.
    return (_suffixes()(host[:300]).top_domain_under_public_suffix or host).removeprefix("www.")


@cache
def _suffixes() -> tldextract.TLDExtract:
    """The suffix list that came with the library: no network, no cache folder."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
