"""Alerts by mail, one message for each recipient, so that each has its own state and retries.

freeze() makes the whole message once, so every try carries the same bytes and Message-ID; send()
hands it to the mail server on a thread. No password and no mail goes out without TLS, unless the
user says `tls: none`.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parseaddr
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from alerts._smtp import Envelope, Server, Submission, Tls
from monitor.model import Alert, Delivery, Outcome, OutcomeKind, Target
from monitor.ports import Gate
from monitor.render.mail import Mailbox, mail_bytes

AT_ONCE = 4  # mails on their way; each holds a thread
_PORTS = {"starttls": 587, "implicit": 465, "none": 25}
_LOCAL = re.compile(r"[^\s@<>(),;:\\\"\[\]\x00-\x20\x7f-\x9f]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


def _check_address(text: str) -> str:
    """Return a mail address with an ASCII domain; ValueError says what is wrong."""
    local, _, domain = text.strip().rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"{text!r}: {domain!r} is not a domain") from error
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or ".." in domain:
        raise ValueError(f"{text!r} is not a mail address; wanted name@example.org")
    return f"{local}@{domain}"


def _check_sender(text: str) -> str:
    _mailbox(text)
    return text


def _check_server(text: str) -> str:
    try:
        parts = urlsplit(f"//{text}")
        is_good = bool(parts.hostname) and parts.port != 0 and parts.netloc == text and "@" not in text
    except ValueError:
        is_good = False
    if not is_good or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError(f"{text!r} is not a mail server; wanted host or host:port")
    return text


Address = Annotated[str, AfterValidator(_check_address)]


class EmailOptions(BaseModel):
    """Mail: to whom, and the server that takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    email: Address | tuple[Address, ...] = Field(description="Recipients: one address or a list.", min_length=1)
    smtp: Annotated[str, AfterValidator(_check_server)] = Field(
        description="The mail server, host or host:port. Default port: 587 for starttls, 465 for implicit, 25 for none."
    )
    sender: Annotated[str, AfterValidator(_check_sender)] | None = Field(
        default=None,
        alias="from",
        description="Sender: an address, or Name <address>. Default: the user name, where that is an address.",
    )
    username: str = Field(default="", description="User name at the mail server; empty: no login.")
    password: SecretStr = Field(default=SecretStr(""), description="Password at the mail server.")
    tls: Tls = Field(
        default="starttls",
        description=(
            "starttls: required, nothing is sent without it. implicit: TLS from the first byte. "
            "none: in the clear, for a server on this machine; not with a password."
        ),
    )
    timeout: float = Field(
        default=60.0,
        gt=0,
        le=300,
        description="Seconds for connecting and each command. The answer to the mail may take ten times as long.",
    )

    @property
    def ports(self) -> tuple[int, ...]:
        """The port of the mail server: the guard lets this channel out to it."""
        return (_port(self),)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        password = self.password.get_secret_value()
        if bool(self.username) != bool(password):
            raise ValueError("wanted both username and password, or neither")
        if self.username and self.tls == "none":
            raise ValueError("a password is not sent in the clear: wanted tls: starttls or tls: implicit")
        if not (self.username + password).isascii():
            raise ValueError("username and password can only hold ASCII: SMTP has no other way to send them")
        _mailbox(self.sender or self.username)
        return self


class Email:
    """Notifier of kind `email`; each recipient is a target."""

    kind: ClassVar[str] = "email"
    Options: ClassVar[type[EmailOptions]] = EmailOptions

    def __init__(self, channel: str, options: EmailOptions, gate: Gate) -> None:
        self._gate = gate
        self._sender = _mailbox(options.sender or options.username)
        self._server = _server(options, self._sender.domain)
        given = (options.email,) if isinstance(options.email, str) else options.email
        self._recipients: dict[str, Mailbox] = {}
        for address in given:
            self._recipients.setdefault(f"email:{channel}:{address.lower()}", Mailbox(address))
        self._targets = tuple(
            Target(name, channel, self.kind, mailbox.address) for name, mailbox in self._recipients.items()
        )
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"mail-{channel}")
        self._lines = asyncio.Semaphore(AT_ONCE)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The recipients, each once."""
        return self._targets

    def freeze(self, alert: Alert, target: Target, *, delivery_id: str, now: datetime) -> bytes:
        """Return the whole message, addressed to `target`."""
        recipient = self._recipients[target.id]
        return mail_bytes(alert, sender=self._sender, recipient=recipient, delivery_id=delivery_id, now=now)

    async def send(self, delivery: Delivery, *, now: datetime) -> Outcome:
        """Hand the message over once; a lost answer after the final dot is unknown, a 5yz about it is refused."""
        recipient = self._recipients.get(delivery.target.id)
        if recipient is None:
            return Outcome(OutcomeKind.REFUSED, "this address is no longer a recipient of the channel")
        envelope = Envelope(self._sender.address, recipient.address, delivery.payload)
        submission = Submission(self._gate, self._server, envelope)
        async with self._lines:
            trying = asyncio.get_running_loop().run_in_executor(self._threads, submission.run)
            try:
                async with asyncio.timeout(self._server.longest):
                    return await asyncio.shield(trying)
            except TimeoutError:
                submission.abort(f"not done within {self._server.longest:g} s")
                return await trying
            except asyncio.CancelledError:
                submission.abort("stopped")
                raise

    async def aclose(self) -> None:
        """Let the threads go; what is on its way ends with its connection."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _mailbox(text: str) -> Mailbox:
    """Return a sender as configured; ValueError says what is wrong."""
    name, address = parseaddr(text) if "<" in text else ("", text)
    if not address:
        raise ValueError("wanted `from`: the address the mails come from")
    return Mailbox(_check_address(address), name)


def _port(options: EmailOptions) -> int:
    return urlsplit(f"//{options.smtp}").port or _PORTS[options.tls]


def _server(options: EmailOptions, domain: str) -> Server:
    parts = urlsplit(f"//{options.smtp}")
    return Server(
        host=parts.hostname or "",
        port=_port(options),
        tls=options.tls,
        seconds=options.timeout,
        helo=domain,
        username=options.username,
        password=options.password.get_secret_value(),
    )


NOTIFIER = Email
