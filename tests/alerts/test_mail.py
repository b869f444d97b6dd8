"""The mail notifier against a mail server that follows a script."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import email.policy
import socket
from collections.abc import AsyncIterator, Callable
from email import message_from_bytes
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.mail import EmailOptions
from monitor.egress import Egress
from monitor.model import Outcome, OutcomeKind
from tests.alerts.build import HOSTILE, NOW, alert, delivery, hostile_alert, loopback, notifier
from tests.alerts.conftest import Certificate
from tests.smtp_server import DROP, HANG, SmtpServer

PLAIN: dict[str, Any] = {
    "email": "ops@example.org",
    "smtp": "mail.test",
    "from": "Tocsin <tocsin@example.org>",
    "tls": "none",
}
Send = Callable[..., Any]


@contextlib.asynccontextmanager
async def mailing(server: SmtpServer, **options: Any) -> AsyncIterator[Send]:
    """Open `server` and a function that mails one alert to the first recipient."""
    async with server:
        mail = notifier("email", loopback(server.port), **{**PLAIN, "timeout": 5, **options})

        async def send(number: int = 0, **changes: Any) -> Outcome:
            target = mail.targets[number]
            payload = mail.freeze(alert(**changes), target, delivery_id=f"msg_{number}", now=NOW)
            outcome: Outcome = await mail.send(delivery(target, payload, id=f"msg_{number}"), now=NOW)
            return outcome

        yield send
        await mail.aclose()


async def send_once(server: SmtpServer, **options: Any) -> Outcome:
    async with mailing(server, **options) as send:
        outcome: Outcome = await send()
        return outcome


async def test_a_mail_that_is_taken_is_sent_and_arrives_byte_for_byte() -> None:
    server = SmtpServer()
    async with server:
        mail = notifier("email", loopback(server.port), **PLAIN)
        payload = mail.freeze(alert(summary=".dots\n..more"), mail.targets[0], delivery_id="msg_01", now=NOW)
        outcome = await mail.send(delivery(mail.targets[0], payload), now=NOW)
        await mail.aclose()
    assert (outcome.kind, outcome.status) == (OutcomeKind.SENT, 250)
    assert [(taken.sender, taken.recipients, taken.content) for taken in server.taken] == [
        ("tocsin@example.org", ("ops@example.org",), payload)
    ]


@pytest.mark.parametrize(
    ("verb", "reply", "kind"),
    [
        ("GREETING", "421 4.3.2 too busy", OutcomeKind.RETRY),
        ("GREETING", "554 no mail here", OutcomeKind.RETRY),
        ("MAIL", "451 4.7.1 greylisted", OutcomeKind.RETRY),
        ("MAIL", "530 5.7.0 authentication required", OutcomeKind.RETRY),
        ("MAIL", "550 5.7.1 no", OutcomeKind.REFUSED),
        ("RCPT", "450 4.2.1 later", OutcomeKind.RETRY),
        ("RCPT", "452 4.2.2 full", OutcomeKind.RETRY),
        ("RCPT", "550 5.1.1 no such user", OutcomeKind.REFUSED),
        ("RCPT", "552 5.2.2 full", OutcomeKind.REFUSED),
        ("DATA", "421 4.3.0 closing", OutcomeKind.RETRY),
        ("DATA", "451 4.3.0 later", OutcomeKind.RETRY),
        ("DATA", "552 5.3.4 too big", OutcomeKind.REFUSED),
        ("DATA", "554 5.7.1 spam", OutcomeKind.REFUSED),
    ],
)
async def test_C2_a_reply_decides_between_later_and_never(verb: str, reply: str, kind: OutcomeKind) -> None:
    outcome = await send_once(SmtpServer({verb: reply}))
    assert (outcome.kind, outcome.status) == (kind, int(reply[:3]))
    assert reply in outcome.reason


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT"])
async def test_a_line_lost_before_the_mail_is_tried_again(verb: str) -> None:
    outcome = await send_once(SmtpServer({verb: DROP}))
    assert (outcome.kind, outcome.status) == (OutcomeKind.RETRY, None)


async def test_C1_a_reply_lost_after_the_final_dot_is_unknown() -> None:
    outcome = await send_once(SmtpServer({"DATA": DROP}))
    assert (outcome.kind, outcome.status) == (OutcomeKind.UNKNOWN, None)


async def test_C1_a_reply_that_never_comes_is_unknown_at_the_deadline() -> None:
    outcome = await send_once(SmtpServer({"DATA": HANG}), timeout=0.03)
    assert outcome.kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize("verb", ["GREETING", "RCPT"])
async def test_B2_a_server_that_falls_silent_is_left_at_the_deadline(verb: str) -> None:
    outcome = await send_once(SmtpServer({verb: HANG}), timeout=0.1)
    assert outcome.kind is OutcomeKind.RETRY
    assert "timed out" in outcome.reason


async def test_D2_a_server_that_drips_its_greeting_is_left_at_the_deadline_of_the_whole() -> None:
    left = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while not writer.is_closing():
                writer.write(b"2")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.transport.abort()
        left.set()

    dripping = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with dripping:
        mail = notifier("email", loopback(dripping.sockets[0].getsockname()[1]), **{**PLAIN, "timeout": 0.05})
        outcome = await mail.send(delivery(mail.targets[0], b"x"), now=NOW)
        await mail.aclose()
        await left.wait()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.RETRY, "not done within 0.8 s")


async def test_stopping_the_service_lets_go_of_a_mail_on_its_way() -> None:
    server = SmtpServer({"RCPT": HANG})
    async with mailing(server, timeout=300) as send:
        sending = asyncio.create_task(send())
        await server.heard("RCPT")
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_B1_a_closed_port_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        mail = notifier("email", loopback(taken.getsockname()[1]), **PLAIN)
        outcome = await mail.send(delivery(mail.targets[0], b"x"), now=NOW)
        await mail.aclose()
    assert outcome.kind is OutcomeKind.RETRY


async def test_G1_a_server_the_gate_forbids_gets_nothing() -> None:
    mail = notifier("email", Egress(), **{**PLAIN, "smtp": "127.0.0.1:25"})
    outcome = await mail.send(delivery(mail.targets[0], b"x"), now=NOW)
    await mail.aclose()
    assert outcome.kind is OutcomeKind.RETRY
    assert outcome.reason.startswith("not let out")


async def test_C3_each_recipient_has_a_mail_and_an_outcome_of_its_own() -> None:
    server = SmtpServer()
    async with mailing(server, email=["a@example.org", "b@example.org", "A@example.org"]) as send:
        assert (await send(0)).kind is OutcomeKind.SENT
        server.script = {"RCPT": "550 no"}
        assert (await send(1)).kind is OutcomeKind.REFUSED
        with pytest.raises(IndexError):  # the third is the first, in capitals
            await send(2)
    assert [taken.recipients for taken in server.taken] == [("a@example.org",)]


async def test_a_recipient_taken_out_of_the_configuration_gets_no_more_mail() -> None:
    server = SmtpServer()
    async with server:
        old = notifier("email", loopback(server.port), **{**PLAIN, "email": "gone@example.org"})
        new = notifier("email", loopback(server.port), **PLAIN)
        outcome = await new.send(delivery(old.targets[0], b"x"), now=NOW)
    assert (outcome.kind, server.verbs) == (OutcomeKind.REFUSED, [])


async def test_C7_with_starttls_mail_and_password_travel_inside_tls(
    certificate_for: Callable[[str], Certificate], trust: Callable[[Certificate], None]
) -> None:
    certificate = certificate_for("mail.test")
    trust(certificate)
    server = SmtpServer(starttls=certificate.server_context(), login=("user", "pass-canary"))
    outcome = await send_once(server, tls="starttls", username="user", password="pass-canary")
    assert outcome.kind is OutcomeKind.SENT
    assert [(taken.is_secure, taken.login) for taken in server.taken] == [(True, "user")]


async def test_C7_implicit_tls(
    certificate_for: Callable[[str], Certificate], trust: Callable[[Certificate], None]
) -> None:
    certificate = certificate_for("mail.test")
    trust(certificate)
    server = SmtpServer(implicit=certificate.server_context(), login=("user", "pass-canary"))
    outcome = await send_once(server, tls="implicit", username="user", password="pass-canary")
    assert outcome.kind is OutcomeKind.SENT
    assert [(taken.is_secure, taken.login) for taken in server.taken] == [(True, "user")]


async def test_C7_where_starttls_was_stripped_nothing_is_sent() -> None:
    server = SmtpServer()
    outcome = await send_once(server, tls="starttls", username="user", password="pass-canary")
    assert (outcome.kind, server.taken, server.verbs) == (OutcomeKind.RETRY, [], ["EHLO"])
    assert "STARTTLS" in outcome.reason
    assert_never_said(server, "pass-canary")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_C7_a_certificate_nobody_vouches_for_gets_no_password(
    tls: str, certificate_for: Callable[[str], Certificate]
) -> None:
    context = certificate_for("mail.test").server_context()
    server = SmtpServer(**{tls: context}, login=("user", "pass-canary"))
    outcome = await send_once(server, tls=tls, username="user", password="pass-canary")
    assert (outcome.kind, server.taken) == (OutcomeKind.RETRY, [])
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.reason
    assert_never_said(server, "pass-canary")


async def test_C7_a_wrong_password_is_tried_again_and_not_shown(
    certificate_for: Callable[[str], Certificate], trust: Callable[[Certificate], None]
) -> None:
    certificate = certificate_for("mail.test")
    trust(certificate)
    server = SmtpServer(implicit=certificate.server_context(), login=("user", "right"))
    outcome = await send_once(server, tls="implicit", username="user", password="pass-canary")
    assert (outcome.kind, outcome.status, server.taken) == (OutcomeKind.RETRY, 535, [])
    assert "canary" not in outcome.reason


def assert_never_said(server: SmtpServer, secret: str) -> None:
    said = b"".join(server.lines)
    for form in (secret.encode(), base64.b64encode(secret.encode()), base64.b64encode(f"\0user\0{secret}".encode())):
        assert form not in said


async def test_an_address_outside_ascii_travels_with_smtputf8() -> None:
    server = SmtpServer()
    outcome = await send_once(server, email="jörg@köln.example")
    assert outcome.kind is OutcomeKind.SENT
    assert [taken.recipients for taken in server.taken] == [("jörg@xn--kln-sna.example",)]
    assert {option.upper() for option in server.taken[0].options} == {"SMTPUTF8", "BODY=8BITMIME"}
    message = message_from_bytes(server.taken[0].content, policy=email.policy.SMTPUTF8)
    assert message["To"] == "jörg@xn--kln-sna.example"


async def test_an_address_outside_ascii_is_refused_by_a_server_that_cannot() -> None:
    outcome = await send_once(SmtpServer(knows_utf8=False), email="jörg@example.org")
    assert outcome.kind is OutcomeKind.REFUSED
    assert "SMTPUTF8" in outcome.reason


@pytest.mark.parametrize("name", sorted(HOSTILE))
async def test_C4_a_mail_about_whatever_strangers_write_is_sent_as_one_mail(name: str) -> None:
    server = SmtpServer()
    async with server:
        mail = notifier("email", loopback(server.port), **PLAIN)
        payload = mail.freeze(hostile_alert(HOSTILE[name]), mail.targets[0], delivery_id="msg_01", now=NOW)
        outcome = await mail.send(delivery(mail.targets[0], payload), now=NOW)
        await mail.aclose()
    assert outcome.kind is OutcomeKind.SENT
    assert [(taken.recipients, taken.content) for taken in server.taken] == [(("ops@example.org",), payload)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"email": "ops"}, "not a mail address"),
        ({"email": "a@b\r\nBcc: c@d"}, "not a mail address"),
        ({"email": "a b@example.org"}, "not a mail address"),
        ({"email": "<a@example.org>"}, "not a mail address"),
        ({"email": []}, "at least 1"),
        ({"email": "a@" + "ö" * 70 + ".example"}, "not a domain"),
        ({"smtp": ""}, "not a mail server"),
        ({"smtp": "mail.test:x"}, "not a mail server"),
        ({"smtp": "mail.test:0"}, "not a mail server"),
        ({"smtp": "smtp://mail.test"}, "not a mail server"),
        ({"from": None}, "from"),
        ({"from": "Tocsin"}, "not a mail address"),
        ({"username": "u"}, "both username and password"),
        ({"password": "p"}, "both username and password"),
        ({"username": "u", "password": "canary", "tls": "none"}, "in the clear"),
        ({"username": "ü", "password": "canary", "tls": "starttls"}, "ASCII"),
        ({"tls": "ssl"}, "starttls"),
        ({"subject": "x"}, "Extra inputs"),
    ],
)
def test_options_that_cannot_work_are_refused_with_what_was_wanted(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EmailOptions(**{**PLAIN, **options})
    assert message in str(caught.value)
    assert "canary" not in str(caught.value)


def test_the_user_name_is_the_sender_where_it_is_an_address() -> None:
    options = EmailOptions(email="a@example.org", smtp="mail.test", username="me@example.net", password="canary")
    mail = notifier("email", Egress(), **options.model_dump(by_alias=True))
    message = message_from_bytes(mail.freeze(alert(), mail.targets[0], delivery_id="msg_01", now=NOW))
    assert message["From"] == "me@example.net"
    assert "canary" not in repr(options) + repr(mail._server)


@pytest.mark.parametrize(
    ("smtp", "tls", "end"),
    [
        ("mail.test", "starttls", ("mail.test", 587)),
        ("mail.test", "implicit", ("mail.test", 465)),
        ("mail.test", "none", ("mail.test", 25)),
        ("mail.test:2525", "starttls", ("mail.test", 2525)),
        ("[::1]:25", "none", ("::1", 25)),
    ],
)
def test_the_port_follows_from_tls_unless_it_is_given(smtp: str, tls: str, end: tuple[str, int]) -> None:
    server = notifier("email", Egress(), **{**PLAIN, "smtp": smtp, "tls": tls})._server
    assert (server.host, server.port) == end
