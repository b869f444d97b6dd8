"""The demo's webhook receiver believes only signatures; its mailbox speaks real SMTP."""

from __future__ import annotations

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import httpx
import pytest
from standardwebhooks import Webhook

from monitor.demo.mailbox import Mailbox
from monitor.demo.receiver import Receiver
from tests.demo.clients import hang_up

SECRET = "whsec_dG9jc2luLWRlbW8tc2VjcmV0LTAxMjM0NTY3ODk="
BODY = json.dumps({"title": "Курськ"}).encode()


def signed(
    name: str = "msg_1", *, body: bytes = BODY, secret: str = SECRET, age: timedelta = timedelta()
) -> dict[str, str]:
    moment = datetime.now(UTC) - age
    signature = Webhook(secret).sign(name, moment, body.decode())
    return {"webhook-id": name, "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": signature}


@pytest.fixture
async def desk() -> AsyncIterator[Receiver]:
    async with Receiver(SECRET) as receiver:
        yield receiver


async def post(desk: Receiver, headers: dict[str, str], body: bytes = BODY) -> httpx.Response:
    async with httpx.AsyncClient(verify=False) as client:
        return await client.post(f"http://{desk.address}/hook", content=body, headers=headers)


async def test_a_genuine_message_is_taken_and_written_down(desk: Receiver) -> None:
    assert (await post(desk, signed())).status_code == 204
    (arrival,) = await desk.arrived()
    assert (arrival.id, arrival.payload, arrival.body) == ("msg_1", {"title": "Курськ"}, BODY)
    assert arrival.at.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "Missing required headers"),
        (signed(secret="whsec_c29tZW9uZSBlbHNlIGVudGlyZWx5IGhlcmU="), "No matching signature"),
        (signed(body=b'{"title": "other"}'), "No matching signature"),
        (signed(age=timedelta(minutes=6)), "too old"),
        (signed(age=timedelta(minutes=-90)), "too new"),  # signed when the tests are collected, sent minutes later
        (signed() | {"webhook-timestamp": "yesterday"}, "Invalid Signature Headers"),
        (signed() | {"webhook-signature": "v1"}, "malformed"),
        (signed() | {"webhook-id": "msg_2"}, "No matching signature"),
    ],
)
async def test_what_is_not_genuine_is_refused_with_its_reason(
    desk: Receiver, headers: dict[str, str], reason: str
) -> None:
    assert (await post(desk, headers)).status_code == 401
    assert reason in desk.turned[0].reason
    assert desk.arrivals == []


async def test_a_genuine_signature_over_no_json_is_refused(desk: Receiver) -> None:
    assert (await post(desk, signed(body=b"not json"), b"not json")).status_code == 401


async def test_only_a_post_is_a_message(desk: Receiver) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.get(f"http://{desk.address}/hook")).status_code == 405


async def test_it_fails_as_often_as_it_is_told_and_then_takes(desk: Receiver) -> None:
    desk.fail(2, status=503, retry_after=1)
    answers = [await post(desk, signed()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 204]
    assert answers[0].headers["retry-after"] == "1"
    assert [turned.id for turned in await desk.refused(2)] == ["msg_1", "msg_1"]


async def test_a_message_that_comes_twice_is_reported_as_duplicate(desk: Receiver) -> None:
    for name in ("msg_1", "msg_2", "msg_1"):
        await post(desk, signed(name))
    assert (desk.ids, desk.duplicates) == (("msg_1", "msg_2"), ("msg_1",))


# ── Mail ─────────────────────────────────────────────────────────────────────────────────────


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "tocsin@demo.example"
    message["To"] = "desk@demo.example"
    message["Subject"] = "Курськ: 북한군"
    message["Message-ID"] = "<msg_1@demo.example>"
    message.set_content("Grüße aus Kiel\n")
    return message


def hand_in(port: int, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(message)


async def test_a_mail_is_kept_as_its_reader_sees_it() -> None:
    async with Mailbox() as mailbox:
        await asyncio.to_thread(hand_in, mailbox.port, mail())
        (letter,) = await mailbox.arrived()
    assert (letter.sender, letter.recipients) == ("tocsin@demo.example", ("desk@demo.example",))
    assert (letter.id, letter.subject) == ("msg_1@demo.example", "Курськ: 북한군")
    assert letter.text == "Grüße aus Kiel\n"


async def test_the_mailbox_refuses_as_told_and_then_takes() -> None:
    async with Mailbox() as mailbox:
        mailbox.reply("451 4.3.0 try later")
        with pytest.raises(smtplib.SMTPDataError, match="try later"):
            await asyncio.to_thread(hand_in, mailbox.port, mail())
        assert mailbox.letters == []
        await asyncio.to_thread(hand_in, mailbox.port, mail())
        assert len(mailbox.letters) == 1


async def test_the_mailbox_closes_though_a_client_stays() -> None:
    async with Mailbox() as mailbox:
        reader, writer = await asyncio.open_connection("127.0.0.1", mailbox.port)
        assert (await reader.readline()).startswith(b"220 mail.demo.example")
    assert await reader.read() == b""
    await hang_up(writer)
