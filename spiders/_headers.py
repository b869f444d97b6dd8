"""An outlet's own headers (a cookie, a token) go to its own site and to no other, redirects included (G6)."""

from __future__ import annotations

from scrapy.http import Request

from spiders._polite import site_of


class OutletHeaders:
    """Adds the `outlet_headers` where the request goes to the site of `outlet_url`, removes them elsewhere."""

    def process_request(self, request: Request) -> None:
        """Add or remove the outlet's headers."""
        headers: dict[str, str] = request.meta.get("outlet_headers") or {}
        if not headers:
            return
        is_own = site_of(request.url) == site_of(request.meta["outlet_url"])
        for name, value in headers.items():
            if is_own:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)
