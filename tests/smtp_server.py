"""An SMTP server on loopback (aiosmtpd) that follows a script and keeps the mails it takes.

`script` gives a verb its reply: "RCPT": "550 no such user". A reply of `DROP` hangs up instead,
`HANG` says nothing for ever. "DATA" is the answer after the final dot, "GREETING" the first line.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

DROP = "drop"
HANG = "hang"


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail: envelope and bytes as they came, and whether the line was inside TLS."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    is_secure: bool
    login: str | None = None
    options: tuple[str, ...] = ()


@dataclass(slots=True)
class SmtpServer:
    """`async with SmtpServer({"RCPT": "451 later"}) as server:` opens it on 127.0.0.1."""

    script: Mapping[str, str] = field(default_factory=dict)
    starttls: ssl.SSLContext | None = None
    implicit: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    knows_utf8: bool = True
    taken: list[Taken] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)  # what clients said, in order
    lines: list[bytes] = field(default_factory=list)  # what they said before TLS, as it came
    _heard: dict[str, asyncio.Event] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _sessions: list[_Scripted] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(self._open, "127.0.0.1", 0, ssl=self.implicit)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for session in self._sessions:
            session.hang_up()
        await self._server.wait_closed()
        await asyncio.sleep(0)  # the loop takes leave of closed lines at its next turn

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def heard(self, verb: str) -> None:
        """Wait until a client has said `verb`."""
        await self._heard.setdefault(verb, asyncio.Event()).wait()

    def note(self, verb: str) -> None:
        """Write down what a client said."""
        self.verbs.append(verb)
        self._heard.setdefault(verb, asyncio.Event()).set()

    def _open(self) -> SMTP:
        session = _Scripted(self)
        self._sessions.append(session)
        return session

    def authenticate(self, *facts: Any) -> AuthResult:
        """Say whether a login is the one in the script."""
        given = facts[-1]
        assert isinstance(given, LoginPassword)
        is_right = self.login == (given.login.decode(), given.password.decode())
        return AuthResult(success=is_right, handled=False, auth_data=given)


class _Scripted(SMTP):  # type: ignore[misc]  # aiosmtpd has no types that mypy sees
    """aiosmtpd that looks into the script before it answers."""

    def __init__(self, server: SmtpServer) -> None:
        self.desk = server
        super().__init__(
            _Handler(server),
            hostname="mail.test",
            enable_SMTPUTF8=server.knows_utf8,
            tls_context=server.starttls,
            authenticator=server.authenticate if server.login else None,
            auth_require_tls=server.implicit is None,
            loop=asyncio.get_running_loop(),
        )
        self._is_greeted = False

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.desk.lines.append(data)
        super().data_received(data)

    async def push(self, status: Any) -> None:
        if not self._is_greeted:
            self._is_greeted = True
            status = self.desk.script.get("GREETING", status)
        await self._say(status)

    async def _say(self, status: Any) -> None:
        if status == DROP:
            self.hang_up()
        elif status == HANG:
            await asyncio.Event().wait()
        else:
            await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:  # aiosmtpd's name
        self.desk.note("EHLO")
        if "EHLO" in self.desk.script:
            await self._say(self.desk.script["EHLO"])
        else:
            await super().smtp_EHLO(hostname)

    async def _call_handler_hook(self, command: str, *facts: Any) -> Any:
        self.desk.note(command)
        scripted = self.desk.script.get(command)
        if scripted is not None:
            return scripted
        return await super()._call_handler_hook(command, *facts)


@dataclass(slots=True)
class _Handler:
    """Keeps what aiosmtpd takes; no session's subclass, for SMTP would call its own hooks for ever."""

    desk: SmtpServer

    async def handle_exception(self, error: Exception) -> str:
        """Say in one line what a client's misbehaviour did."""
        return f"451 {type(error).__name__}"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # aiosmtpd's name
        """Keep a mail that the script does not refuse."""
        login = session.auth_data.login.decode() if session.auth_data else None
        is_secure = session.ssl is not None or self.desk.implicit is not None
        self.desk.taken.append(
            Taken(
                envelope.mail_from,
                tuple(envelope.rcpt_tos),
                envelope.content,
                is_secure,
                login,
                tuple(envelope.mail_options),
            )
        )
        return "250 2.0.0 taken"
