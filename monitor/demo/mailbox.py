"""A real SMTP server on loopback that keeps what it is sent.

It speaks SMTP through aiosmtpd inside the running event loop, so there is no second thread; each
message is parsed as a mail client would and stands in the ledger with its time of arrival.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP

from monitor.demo._opened import OnLoopback


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: the envelope, the parsed message, and when it came, in UTC."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes
    at: datetime

    @property
    def id(self) -> str:
        """The Message-ID without its angle brackets."""
        return str(self.message.get("Message-ID", "")).strip("<> ")

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def text(self) -> str:
        """The plain text part with simple line ends, empty where there is none."""
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class Mailbox(OnLoopback):
    """A mail server on 127.0.0.1. `async with Mailbox() as mailbox:` opens it.

    `letters` is its ledger; `on_letter` is called with each line of it.
    """

    def __init__(self, on_letter: Callable[[Letter], None] | None = None) -> None:
        self.letters: list[Letter] = []
        self._on_letter = on_letter
        self._listener: asyncio.Server | None = None
        self._sessions: list[SMTP] = []
        self._replies: list[str] = []
        self._changed = asyncio.Condition()

    async def start(self, port: int = 0) -> int:
        """Open a port (0: any free one) and return its number."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._open_session, "127.0.0.1", port)
        return self.port

    async def stop(self) -> None:
        """Close the port and hang up on all clients."""
        if self._listener is None:
            return
        self._listener.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()
        await self._listener.wait_closed()
        await asyncio.sleep(0)  # the loop takes leave of closed connections at its next turn
        self._listener = None

    @property
    def port(self) -> int:
        assert self._listener is not None, "the mailbox is not open"
        return int(self._listener.sockets[0].getsockname()[1])

    def reply(self, *replies: str) -> None:
        """Answer the next messages with these SMTP replies ("451 4.3.0 try later"), one a message, and keep none."""
        self._replies = list(replies)

    async def arrived(self, count: int = 1) -> tuple[Letter, ...]:
        """Wait until `count` mails have come; return all there are."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.letters) >= count)
        return tuple(self.letters)

    def _open_session(self) -> SMTP:
        session = SMTP(self, enable_SMTPUTF8=True, hostname="mail.demo.example", loop=asyncio.get_running_loop())
        self._sessions.append(session)
        return session

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802  # the hook's name is aiosmtpd's
        """Take one message (the hook aiosmtpd calls)."""
        if self._replies:
            return self._replies.pop(0)
        # A policy with utf8 reads headers sent under SMTPUTF8 as they are.
        message = message_from_bytes(envelope.content, policy=policy.SMTPUTF8)
        letter = Letter(envelope.mail_from, tuple(envelope.rcpt_tos), message, envelope.content, datetime.now(UTC))
        async with self._changed:
            self.letters.append(letter)
            self._changed.notify_all()
        if self._on_letter is not None:
            self._on_letter(letter)
        return "250 2.0.0 taken"
