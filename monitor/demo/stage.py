"""The stage of the demo: newspaper, desk and mail server on loopback, and the file Tocsin is started with.

Everything stands in one temporary folder and on free ports of 127.0.0.1. The file is an ordinary
tocsin.yml: its `network` section leads the invented host names to loopback, the rest is what any
user writes.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from monitor.demo._opened import Opened
from monitor.demo.mailbox import Letter, Mailbox
from monitor.demo.newspaper import Newspaper
from monitor.demo.press import PAPERS, Happening, Manuscripts, Paper, Press, read_manuscripts
from monitor.demo.receiver import Arrival, Receiver, Turned

SECRET_NAME = "TOCSIN_DEMO_SECRET"  # noqa: S105  # the name of a variable, not its value

WATCHES_YAML = """\
watches:
  - id: kursk
    name: Kursk
    any: [Kursk, Kursker, Курськ, Курська область, Курщина, Курск, Курская область, 쿠르스크]
    ignore: [Schlacht bei Kursk, Panzerschlacht von Kursk, Battle of Kursk, Курская битва]

  - id: north-korean-troops
    name: North Korean troops
    any:
      - near:
          - any: [Nordkorea, nordkoreanisch, North Korea, North Korean, північнокорейський, Північна Корея,
                  северокорейский, Северная Корея, КНДР, 북한]
          - any: [Soldat, Truppe, soldier, troops, sapper, солдат, військовий, військо, военный, войско, боец,
                  병사, 병력]
        within: 6
      - 북한군

  - id: both
    name: North Korean troops in Kursk
    all: ["watch:kursk", "watch:north-korean-troops"]
"""


class Stage(Opened):
    """All the world that the demo needs. `async with Stage(folder) as stage:` builds it up and takes it down.

    `on_message` and `on_letter` hear of everything that reaches the desk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        on_message: Callable[[Arrival | Turned], None] | None = None,
        on_letter: Callable[[Letter], None] | None = None,
    ) -> None:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.env: Mapping[str, str] = {SECRET_NAME: secret}
        self.config_path = folder / "tocsin.yml"
        self.manuscripts: Manuscripts = read_manuscripts()
        self.newspaper = Newspaper()
        self.receiver = Receiver(secret, on_message)
        self.mailbox = Mailbox(on_letter)
        self.press = Press(self.newspaper, self.manuscripts)
        self.history: tuple[Happening, ...] = ()

    async def start(self) -> None:
        """Open all three servers, print the history, write the file."""
        await self.newspaper.start()
        await self.receiver.start()
        await self.mailbox.start()
        self.receiver.fail(1, status=503, retry_after=1)  # so that a retry can be seen
        self.history = self.press.open(datetime.now(UTC))
        self.config_path.write_text(self.yaml, encoding="utf-8")

    async def stop(self) -> None:
        """Close all three servers."""
        await self.newspaper.stop()
        await self.receiver.stop()
        await self.mailbox.stop()

    @property
    def yaml(self) -> str:
        """The text of tocsin.yml; the secret stays in the environment."""
        return f"""\
outlets:
{"".join(_outlet(paper) for paper in PAPERS)}
{WATCHES_YAML}
channels:
  newsroom:
    webhook: http://desk.demo.example/hook
    secret: ${{{SECRET_NAME}}}
  mail:
    email: desk@demo.example
    from: tocsin@demo.example
    smtp: mail.demo.example:25
    tls: none

network:                       # a real file needs none of this
  allow: [127.0.0.1]
  hosts:
    desk.demo.example: {self.receiver.address}
    mail.demo.example: {self.mailbox.address}
    "*.example": {self.newspaper.address}
    "*.test": {self.newspaper.address}
  delay: 50ms

schedule:
  interval: 1s
  settle: 1s

store:
  path: tocsin.db
"""


def _outlet(paper: Paper) -> str:
    lines = [
        f"- name: {paper.name}",
        f"  {paper.source}: {paper.source_url}",
        f"  language: {paper.language}",
        f"  country: {paper.country}",
    ]
    if paper.links:
        lines.insert(2, f"  links: {paper.links}")
    return "".join(f"  {line}\n" for line in lines)
