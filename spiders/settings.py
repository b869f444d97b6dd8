"""Scrapy's settings: everything that could reach out, trust, remember or grow is off unless a line here says why.

Used by the service (monitor/crawl.py adds what the user's file says) and by `scrapy` itself
(scrapy.cfg). Settings named TOCSIN_… are ours.
"""

from __future__ import annotations

from typing import Any

BOT_NAME = "tocsin"
SPIDER_MODULES = ["spiders"]
SPIDER_LOADER_WARN_ONLY = False  # True silently drops every spider that sorts after a broken file
USER_AGENT = "tocsin"
ADDONS = {"spiders._means.OwnMeans": 100}

# One asyncio process, no reactor. Labelled experimental by Scrapy: pinned, and tested as it is used.
TWISTED_REACTOR_ENABLED = False

# How bytes come in: the guarded session and nothing else.
DOWNLOAD_HANDLERS = {
    "http": "spiders._handler.SharedSessionHandler",
    "https": "spiders._handler.SharedSessionHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_TIMEOUT = 20  # wall clock, the whole exchange
DOWNLOAD_MAXSIZE = 8_000_000
DOWNLOAD_WARNSIZE = 0

# Politeness is ours (spiders/_polite.py), for the process and not for one crawl: here nothing waits.
CONCURRENT_REQUESTS = 0  # unlimited: batches are bounded where they are claimed
CONCURRENT_REQUESTS_PER_DOMAIN = 64
DOWNLOAD_DELAY = 0
CONCURRENT_ITEMS = 4  # Scrapy starts this many tasks per answer; its default of 100 costs 70 % of the throughput
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 64_000_000  # answers wait for a parsing child; they must not stop the fetching

# What a stranger's answer must not do.
COOKIES_ENABLED = False
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = 5
REFERRER_POLICY = "no-referrer"  # and never one that an answer names
HTTPPROXY_ENABLED = False
HTTPCACHE_ENABLED = False
RETRY_ENABLED = False  # retries are rows in the store
ROBOTSTXT_OBEY = False  # Scrapy's own allows all where robots.txt cannot be read, and never reads it again
HTTPERROR_ALLOW_ALL = True  # a status is an answer to judge

DOWNLOADER_MIDDLEWARES = {
    "spiders._robots.RobotsMiddleware": 100,
    "spiders._headers.OutletHeaders": 590,  # after the redirect middleware made its request
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # bodies come unpacked, capped
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
}
SPIDER_MIDDLEWARES = {
    # Each costs every answer a generator around its results; ours has few results and judges statuses itself.
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}

# What Scrapy would run beside the crawl.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # an HTTP server that executes Python
EXTENSIONS: dict[str, Any] = {
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.logcount.LogCount": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
}
STATS_DUMP = False
LOG_ENABLED = True
LOG_LEVEL = "INFO"
CLOSESPIDER_TIMEOUT = 300  # a crawl ends by itself, whatever hangs in it

TOCSIN_MEANS = "spiders._means.Means"
TOCSIN_DELAY = 1.0
TOCSIN_PER_HOST = 1
TOCSIN_CONNECTIONS = 128
TOCSIN_ROBOTS_MODE = "obey"
TOCSIN_ROBOTS_AGENT = "tocsin"
TOCSIN_PORTS = [80, 443]
TOCSIN_ALLOW: list[str] = []  # private addresses that may be dialled: -s TOCSIN_ALLOW=127.0.0.1,10.0.0.0/8
TOCSIN_HOSTS: dict[str, str] = {}  # where to dial for a name or pattern: -s TOCSIN_HOSTS='{"*.test": "127.0.0.1:8080"}'
