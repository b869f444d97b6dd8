"""The least that tells: one newspaper, one watch, one desk that is told; and how often it was."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.demo.newspaper import Newspaper
from monitor.demo.receiver import Arrival
from tests.house import KURSK, ask, write_config
from tests.prints import Printed, piece, rss

PAPER = "tagblatt.example"
SECRET = "whsec_" + base64.b64encode(b"a key that only tests know of!!!").decode()
ABOUT_KURSK = "In der Region Kursk wird weiter gekämpft."


def webhook(dial_host: str = "desk.test") -> dict[str, object]:
    return {"webhook": f"http://{dial_host}/hook", "secret": SECRET}


def told(arrivals: Sequence[Arrival]) -> Counter[tuple[str, str]]:
    """Return how often which watch was told of which address."""
    return Counter((each.payload["data"]["watch"]["id"], each.payload["data"]["article"]["url"]) for each in arrivals)


def integrity(store: Path) -> str:
    return str(ask(store, "PRAGMA integrity_check")[0][0])


def news(host: str, name: str, **claims: Any) -> Printed:
    """Return an article that the watch asks for."""
    return piece(host, name, about=ABOUT_KURSK, **claims)


def first_issue(paper: Newspaper) -> Printed:
    """Print a newspaper with one article in it, which is history to whoever comes now; return it."""
    old = news(PAPER, "alt")
    next_issue(paper, old)
    return old


def next_issue(paper: Newspaper, *articles: Printed) -> None:
    """Print the articles and a feed that lists them."""
    for each in articles:
        paper.publish_url(each.url, each.html)
    paper.publish(PAPER, "/feed.xml", rss(articles))


def simple_config(folder: Path, paper: Newspaper, hosts: dict[str, str], **settings: Any) -> Path:
    """Write a configuration with one newspaper, one watch, and the newspaper at every host not in `hosts`."""
    outlets = [{"name": PAPER, "feed": f"http://{PAPER}/feed.xml"}]
    network = {"hosts": {**hosts, "*": paper.address}}
    return write_config(folder, outlets, dial=paper.address, watches=[KURSK], network=network, **settings)
