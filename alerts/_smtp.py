"""One mail over one connection: greeting, TLS, login, one recipient, the mail, the answer.

It blocks, so it runs on a thread; `abort` from another thread ends it. The surprising rule: what
is wrong with the server or with us (greeting, TLS, login) is tried again, because the operator can
mend it; only a 5yz about this mail is refused; whatever is lost after DATA began is unknown.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

from alerts._tls import trusting_context
from monitor.errors import EgressRefused
from monitor.model import Outcome, OutcomeKind
from monitor.ports import Gate
from monitor.render.clean import cut, one_line

Tls = Literal["starttls", "implicit", "none"]
REPLY_FACTOR = 10  # the answer to the final dot may take ten times a command's: 10 min (RFC 5321 §4.5.3.2.6)
_ABOUT_US = frozenset((530, 534, 535, 538))  # log in first, other means, wrong password (RFC 4954 §6)


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server to hand mails to; `seconds` for connecting and for each command."""

    host: str
    port: int
    tls: Tls
    seconds: float
    helo: str
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def longest(self) -> float:
        """Seconds after which one mail is given up, however slowly the server drips."""
        return self.seconds * (REPLY_FACTOR + 6)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends what to whom."""

    sender: str
    recipient: str
    content: bytes

    @property
    def needs_utf8(self) -> bool:
        return not (self.sender.isascii() and self.recipient.isascii())


class Submission:
    """One try to hand over one mail."""

    def __init__(self, gate: Gate, server: Server, envelope: Envelope) -> None:
        self._gate, self._server, self._envelope = gate, server, envelope
        self._line: socket.socket | None = None
        self._aborted = ""
        self._has_begun = False  # the mail itself is on the wire

    def run(self) -> Outcome:
        """Try once; does not raise for what a server or the network may do."""
        try:
            with contextlib.closing(_Client(self)) as client:
                return self._hand_over(client)
        except EgressRefused as error:
            return self._failed(f"not let out: {error}")
        except ssl.SSLError as error:
            return self._failed(f"TLS: {error.reason or error}")
        except smtplib.SMTPResponseException as error:
            return self._failed(f"answered {error.smtp_code} {_text(error.smtp_error)}", error.smtp_code)
        except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a line closed by abort
            return self._failed(one_line(str(error)) or type(error).__name__)
        finally:
            if self._line is not None:
                self._line.close()  # also one that smtplib never got to see, after a failed handshake

    def abort(self, reason: str) -> None:
        """End the try from another thread; its outcome will say why."""
        self._aborted = reason
        if self._line is not None:
            with contextlib.suppress(OSError):
                # The plain method: SSLSocket's own takes the session from under the reading thread.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)

    def dial(self, host: str, port: int) -> socket.socket:
        """Return a checked connection, inside TLS where the port asks for it at once."""
        self._line = self._gate.connect_blocking(host, port, self._server.seconds)
        if self._aborted:  # looked at once the line is ours: either we see the abort, or it sees the line
            raise TimeoutError(self._aborted)
        self._line.settimeout(self._server.seconds)
        return self.secure(self._line) if self._server.tls == "implicit" else self._line

    def secure(self, plain: socket.socket) -> ssl.SSLSocket:
        """Return `plain` inside TLS, its certificate verified."""
        secured = trusting_context().wrap_socket(
            plain, server_hostname=self._server.host, do_handshake_on_connect=False
        )
        self._line = secured
        secured.do_handshake()
        return secured

    @property
    def server(self) -> Server:
        return self._server

    def _hand_over(self, client: _Client) -> Outcome:
        client.ehlo_or_helo_if_needed()
        if self._server.tls == "starttls":
            # A missing STARTTLS may be somebody on the line who took it out: nothing is sent (C7).
            if not client.has_extn("starttls"):
                return self._failed("the server offers no STARTTLS; nothing was sent")
            client.begin_tls()
        if self._server.username:
            client.login(self._server.username, self._server.password)
        if self._envelope.needs_utf8 and not client.has_extn("smtputf8"):
            return Outcome(OutcomeKind.REFUSED, "the server takes no addresses outside ASCII (no SMTPUTF8)")
        options = ("SMTPUTF8", "BODY=8BITMIME") if self._envelope.needs_utf8 else ()
        code, said = client.mail(self._envelope.sender, options)
        if not 200 <= code < 300:
            return self._turned(code, said)
        code, said = client.rcpt(self._envelope.recipient)
        if not 200 <= code < 300:
            return self._turned(code, said)
        code, said = client.docmd("DATA")
        if code != 354:
            return self._turned(code, said)
        return self._send_content(client)

    def _send_content(self, client: _Client) -> Outcome:
        self._has_begun = True
        client.send(_dotted(self._envelope.content))
        if client.sock is not None:
            client.sock.settimeout(self._server.seconds * REPLY_FACTOR)
        code, said = client.getreply()
        if not 200 <= code < 300:
            return self._turned(code, said)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client.putcmd("QUIT")  # its answer changes nothing, so nobody waits for it
        return Outcome(OutcomeKind.SENT, f"taken with {code} {self._hide(_text(said))}".rstrip(), code)

    def _turned(self, code: int, said: bytes) -> Outcome:
        """Return the outcome of a reply that takes no mail; `code` -1 is no SMTP at all."""
        reason = f"answered {code} {self._hide(_text(said))}".rstrip()
        is_final = 500 <= code < 600 and code not in _ABOUT_US
        return Outcome(OutcomeKind.REFUSED if is_final else OutcomeKind.RETRY, reason, code if code > 0 else None)

    def _failed(self, reason: str, code: int | None = None) -> Outcome:
        kind = OutcomeKind.UNKNOWN if self._has_begun else OutcomeKind.RETRY
        return Outcome(kind, self._aborted or cut(self._hide(reason), 300), code if code and code > 0 else None)

    def _hide(self, text: str) -> str:
        password = self._server.password
        return text.replace(password, "•••") if password else text


class _Client(smtplib.SMTP):
    """smtplib over a socket from the gate."""

    def __init__(self, submission: Submission) -> None:
        self._submission = submission
        server = submission.server
        # local_hostname: smtplib would look up this machine's name, which can hang for half a minute.
        super().__init__(server.host, server.port, local_hostname=server.helo, timeout=server.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._submission.dial(host, port)

    def begin_tls(self) -> None:
        """STARTTLS, then forget all the server said in the clear (RFC 3207 §4.2)."""
        code, said = self.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, said)
        assert isinstance(self.sock, socket.socket)
        self.sock = self._submission.secure(self.sock)
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()


def _dotted(content: bytes) -> bytes:
    """Return the mail as DATA wants it: dots doubled, the final dot (RFC 5321 §4.5.2). Lines end with CRLF."""
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return cut(one_line(text), 200)
