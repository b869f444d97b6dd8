"""The webhook notifier against a receiver that misbehaves, and against the reference library."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from standardwebhooks import Webhook

from alerts._http import BODY_CAP_BYTES, Answer, NoAnswer, post
from alerts.webhook import WebhookOptions, retry_after, sign
from monitor.egress import Egress
from monitor.model import Outcome, OutcomeKind
from tests.alerts.build import NOW, SECRET, alert, delivery, loopback, notifier
from tests.alerts.conftest import Certificate
from tests.data import shared_data
from tests.webhook_receiver import Reply, Request, WebhookReceiver

URL = "http://hook.test/in/token-canary?key=query-canary"
SHORT = 0.25  # seconds; a receiver that hangs is given no more in these tests


@contextlib.asynccontextmanager
async def sending(*script: Reply, **options: Any) -> AsyncIterator[tuple[WebhookReceiver, Callable[..., Any]]]:
    """Open a receiver with a script, and a function that sends one alert to it."""
    async with WebhookReceiver(script or (Reply(),)) as receiver:
        webhook = notifier("webhook", loopback(receiver.port), **{"webhook": URL, "secret": SECRET, **options})
        target = webhook.targets[0]
        payload = webhook.freeze(alert(), target, delivery_id="msg_01", now=NOW)

        async def send(now: datetime = NOW) -> Outcome:
            outcome: Outcome = await webhook.send(delivery(target, payload), now=now)
            return outcome

        yield receiver, send
        await webhook.aclose()


async def send_once(*script: Reply, **options: Any) -> tuple[Outcome, Sequence[Request]]:
    async with sending(*script, **options) as (receiver, send):
        return await send(), receiver.ledger


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_2xx_is_a_delivery(status: int) -> None:
    outcome, ledger = await send_once(Reply(status))
    assert (outcome.kind, outcome.status, len(ledger)) == (OutcomeKind.SENT, status, 1)


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 409, 413, 422, 429, 451, 500, 502, 503, 504])
async def test_every_other_status_is_tried_again(status: int) -> None:
    outcome, _ = await send_once(Reply(status))
    assert (outcome.kind, outcome.status, outcome.disable_target) == (OutcomeKind.RETRY, status, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_B5_a_redirect_is_a_failure_and_never_followed(status: int) -> None:
    async with sending(Reply(status, (("Location", "http://169.254.169.254/latest"),))) as (receiver, send):
        outcome = await send()
        assert (outcome.kind, outcome.status) == (OutcomeKind.RETRY, status)
        assert "redirect" in outcome.reason
        assert (receiver.connections, len(receiver.ledger)) == (1, 1)


async def test_B4_410_disables_the_target() -> None:
    outcome, _ = await send_once(Reply(410))
    assert (outcome.kind, outcome.disable_target) == (OutcomeKind.REFUSED, True)


async def test_B1_retry_after_in_seconds_is_passed_on() -> None:
    outcome, _ = await send_once(Reply(429, (("Retry-After", "120"),)))
    assert outcome.retry_after == timedelta(minutes=2)


async def test_B1_retry_after_as_a_date_is_passed_on() -> None:
    outcome, _ = await send_once(Reply(503, (("Retry-After", format_datetime(NOW + timedelta(hours=1))),)))
    assert outcome.retry_after is not None
    assert timedelta(minutes=59) < outcome.retry_after <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta(0)),
        (" 5 ", timedelta(seconds=5)),
        ("999999999", timedelta(hours=24)),
        ("9" * 400, None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Sun, 29 Mar 2026 12:31:15 GMT", timedelta(seconds=59, microseconds=750_000)),
        ("Sun, 29 Mar 2026 12:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 -1200", timedelta(hours=24)),
        ("Mon, 01 Jan 0001 00:00:00 +1400", timedelta(0)),
        ("Sun, 29 Mar 2026 25:61:61 GMT", None),
    ],
)
def test_retry_after_is_read_as_the_rfc_says_and_capped(value: str | None, wait: timedelta | None) -> None:
    assert retry_after(value, NOW) == wait


@given(st.text(max_size=60))
def test_retry_after_never_fails(value: str) -> None:
    wait = retry_after(value, NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(hours=24)


async def test_B2_a_receiver_that_never_answers_is_left_at_the_deadline_as_unknown() -> None:
    outcome, _ = await send_once(Reply(act="hang"), timeout=SHORT)
    assert (outcome.kind, outcome.status) == (OutcomeKind.UNKNOWN, None)
    assert "0.25 s" in outcome.reason


async def test_B2_one_that_drips_its_body_is_judged_by_its_status_at_the_deadline() -> None:
    taken, _ = await send_once(Reply(200, act="trickle"), timeout=SHORT)
    failed, _ = await send_once(Reply(500, act="trickle"), timeout=SHORT)
    assert (taken.kind, failed.kind) == (OutcomeKind.SENT, OutcomeKind.RETRY)


@pytest.mark.parametrize("act", ["reset", "close"])
async def test_B1_a_line_lost_after_the_request_is_unknown(act: Any) -> None:
    outcome, ledger = await send_once(Reply(act=act))
    assert (outcome.kind, len(ledger)) == (OutcomeKind.UNKNOWN, 1)


async def test_B1_a_closed_port_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else gets it
        webhook = notifier("webhook", loopback(taken.getsockname()[1]), webhook=URL)
        outcome = await webhook.send(delivery(webhook.targets[0], b"{}"), now=NOW)
    assert outcome.kind is OutcomeKind.RETRY


async def test_B1_a_name_without_address_is_tried_again() -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError(f"{host}: no such name")

    webhook = notifier("webhook", Egress(lookup=nowhere), webhook=URL)
    outcome = await webhook.send(delivery(webhook.targets[0], b"{}"), now=NOW)
    assert outcome == Outcome(OutcomeKind.RETRY, "hook.test: no such name")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://169.254.169.254/", "http://[::1]/", "http://2130706433/", "http://10.0.0.1/"],
)
async def test_G1_an_address_the_gate_forbids_gets_nothing(url: str) -> None:
    webhook = notifier("webhook", Egress(), webhook=url)
    outcome = await webhook.send(delivery(webhook.targets[0], b"{}"), now=NOW)
    assert outcome.kind is OutcomeKind.RETRY
    assert outcome.reason.startswith("not let out")


async def test_G2_the_checked_address_is_the_one_dialled() -> None:
    answers = [["127.0.0.1"], ["127.0.0.9"]]

    async def flipping(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async with WebhookReceiver() as receiver:
        gate = Egress(allow=["127.0.0.1/32"], ports=[receiver.port], lookup=flipping)
        webhook = notifier("webhook", gate, webhook=f"http://rebind.test:{receiver.port}/")
        outcome = await webhook.send(delivery(webhook.targets[0], b"{}"), now=NOW)
        assert (outcome.kind, len(answers)) == (OutcomeKind.SENT, 1)
        assert receiver.ledger[0].headers["host"] == f"rebind.test:{receiver.port}"


async def test_G2_the_name_is_not_looked_up_again_for_the_dial() -> None:
    async def elsewhere(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.9"]  # nobody listens there; the machine's own resolver would say 127.0.0.1

    async with WebhookReceiver() as receiver:
        gate = Egress(allow=["127.0.0.9/32"], ports=[receiver.port], lookup=elsewhere)
        webhook = notifier("webhook", gate, webhook=f"http://localhost:{receiver.port}/")
        outcome = await webhook.send(delivery(webhook.targets[0], b"{}"), now=NOW)
        assert (outcome.kind, receiver.connections) == (OutcomeKind.RETRY, 0)


async def test_the_second_address_is_dialled_where_the_first_is_dead() -> None:
    async def two(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.77", "127.0.0.1"]

    async with WebhookReceiver() as receiver:
        gate = Egress(allow=["127.0.0.0/8"], ports=[receiver.port], lookup=two)
        webhook = notifier("webhook", gate, webhook=f"http://two.test:{receiver.port}/")
        outcome = await webhook.send(delivery(webhook.targets[0], b"{}"), now=NOW)
        assert outcome.kind is OutcomeKind.SENT


async def test_G11_the_environments_proxy_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    outcome, _ = await send_once()
    assert outcome.kind is OutcomeKind.SENT


async def test_G6_cookies_are_never_sent_back() -> None:
    async with sending(Reply(200, (("Set-Cookie", "session=canary; Path=/"),))) as (receiver, send):
        await send()
        await send()
        assert len(receiver.ledger) == 2
        assert all("cookie" not in request.headers for request in receiver.ledger)


async def test_B6_an_endless_body_is_read_to_its_cap() -> None:
    async with WebhookReceiver([Reply(500, act="endless")]) as receiver:
        answer = await post(loopback(receiver.port), URL, content=b"", headers={}, seconds=10)
        assert isinstance(answer, Answer)
        assert (answer.status, len(answer.excerpt)) == (500, BODY_CAP_BYTES)
        assert receiver.sent_bytes < 20_000_000  # what the buffers of both sides swallowed


async def test_B6_a_gzip_bomb_is_not_decoded() -> None:
    bomb = gzip.compress(bytes(30_000_000))
    async with WebhookReceiver([Reply(400, (("Content-Encoding", "gzip"),), bomb)]) as receiver:
        answer = await post(loopback(receiver.port), URL, content=b"", headers={}, seconds=10)
        assert isinstance(answer, Answer)
        assert answer.excerpt == bomb[:BODY_CAP_BYTES]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((("Content-Length", "x"),), b""),
        ((("X-Long", "y" * 1_000_000),), b""),
        ((("Transfer-Encoding", "chunked"),), b"zz\r\n"),
        ((("Bad header", "z"),), b""),
    ],
)
async def test_F11_an_answer_that_is_no_http_is_an_outcome_not_a_crash(
    headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    async with WebhookReceiver([Reply(200, headers, body)]) as receiver:
        answer = await post(loopback(receiver.port), URL, content=b"{}", headers={}, seconds=5)
        assert isinstance(answer, Answer | NoAnswer)
        assert isinstance(answer, Answer) or answer.was_sent


async def test_what_the_receiver_says_reaches_the_operator_in_one_clean_line() -> None:
    outcome, _ = await send_once(
        Reply(400, body="falsch:\r\n\x1b[31m Feld „titel“ fehlt \udcff".encode("utf-8", "replace"))
    )
    assert outcome.reason == "answered 400: falsch: [31m Feld „titel“ fehlt ?"


async def test_B11_a_receiver_that_echoes_our_secrets_does_not_put_them_into_the_reason() -> None:
    echo = f"bad {SECRET} {URL} bearer-canary token-canary /in/token-canary?key=query-canary".encode()
    options = {"Authorization": "Bearer bearer-canary"}
    outcome, ledger = await send_once(Reply(401, body=echo), headers=options)
    assert ledger[0].headers["authorization"] == "Bearer bearer-canary"
    assert outcome.reason.startswith("answered 401: bad •••")
    assert SECRET not in outcome.reason
    assert "canary" not in outcome.reason


async def test_B9_the_reference_library_accepts_the_signature() -> None:
    now = datetime.now(UTC)  # the library compares with the clock
    async with sending() as (receiver, send):
        await send(now)
        request = receiver.ledger[0]
        payload = Webhook(SECRET).verify(request.body, request.headers)
        assert payload["id"] == "alr_01"


async def test_B9_id_and_body_stay_over_tries_and_the_time_moves() -> None:
    async with sending(Reply(503), Reply()) as (receiver, send):
        await send(NOW)
        await send(NOW + timedelta(hours=2))
        first, second = receiver.ledger
        assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg_01"
        assert first.body == second.body
        moved = int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"])
        assert moved == 7_200
        assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


async def test_B9_during_a_change_of_secret_both_sign() -> None:
    old = "whsec_" + "QUJD" * 8
    now = datetime.now(UTC)
    _, ledger = await send_once(secret=[SECRET, old])
    signed = sign((SECRET, old), "msg_01", now, ledger[0].body)
    assert len(ledger[0].headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, old):
        assert Webhook(secret).verify(ledger[0].body, signed)["id"] == "alr_01"


async def test_without_a_secret_the_message_goes_out_unsigned_with_its_id() -> None:
    outcome, ledger = await send_once(secret=None)
    assert outcome.kind is OutcomeKind.SENT
    assert "webhook-signature" not in ledger[0].headers
    assert ledger[0].headers["webhook-id"] == "msg_01"


def test_every_genuine_vector_of_the_standard_is_signed_alike() -> None:
    vectors = json.loads((shared_data("webhooks") / "standard_webhooks_vectors.json").read_text(encoding="utf-8"))
    compared = 0
    for vector in vectors:
        if vector["valid"] and vector["signature"].count("v1,") == 1 and " " not in vector["signature"]:
            moment = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
            made = sign((vector["secret"],), vector["id"], moment, vector["payload"].encode())
            assert made["webhook-signature"] == vector["signature"], vector["name"]
            compared += 1
    assert compared >= 8


async def test_non_ascii_reaches_the_receiver_as_utf_8_json() -> None:
    _, ledger = await send_once()
    assert ledger[0].headers["content-type"] == "application/json"
    assert ledger[0].headers["accept-encoding"] == "identity"
    assert json.loads(ledger[0].body.decode("utf-8"))["data"]["article"]["title"] == "Erdbeben erschüttert Küste"
    assert (ledger[0].method, ledger[0].target) == ("POST", "/in/token-canary?key=query-canary")


async def test_tls_is_verified_against_the_name_and_the_name_is_asked_for(
    certificate_for: Callable[[str], Certificate], trust: Callable[[Certificate], None]
) -> None:
    certificate = certificate_for("hook.test")
    trust(certificate)
    async with WebhookReceiver(tls=certificate.server_context()) as receiver:
        gate = loopback(receiver.port)
        right = notifier("webhook", gate, webhook="https://hook.test/")
        wrong = notifier("webhook", gate, webhook="https://other.test/")
        taken = await right.send(delivery(right.targets[0], b"{}"), now=NOW)
        refused = await wrong.send(delivery(wrong.targets[0], b"{}"), now=NOW)
        assert (taken.kind, refused.kind) == (OutcomeKind.SENT, OutcomeKind.RETRY)
        assert [(request.server_name, request.headers["host"]) for request in receiver.ledger] == [
            ("hook.test", "hook.test")
        ]


async def test_a_certificate_nobody_vouches_for_is_refused(certificate_for: Callable[[str], Certificate]) -> None:
    async with WebhookReceiver(tls=certificate_for("hook.test").server_context()) as receiver:
        webhook = notifier("webhook", loopback(receiver.port), webhook="https://hook.test/")
        outcome = await webhook.send(delivery(webhook.targets[0], b"{}"), now=NOW)
        assert (outcome.kind, receiver.ledger) == (OutcomeKind.RETRY, [])
        assert "certificate" in outcome.reason.lower()


async def test_B3_a_receiver_that_hangs_does_not_hold_up_another() -> None:
    async with sending(Reply(act="hang"), timeout=30) as (_, hanging), sending() as (_, healthy):
        stuck = [asyncio.create_task(hanging()) for _ in range(20)]
        assert (await healthy()).kind is OutcomeKind.SENT
        assert not any(task.done() for task in stuck)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"webhook": "ftp://hook.test/"}, "https://"),
        ({"webhook": "hook.test"}, "https://"),
        ({"webhook": "http://user:pw@hook.test/"}, "Authorization"),
        ({"webhook": "http://hook.test/a b"}, "spaces"),
        ({"webhook": "http://hook.test:99999/"}, "ort"),
        ({"webhook": "http://hook.test\\@evil.test/"}, "backslash"),
        ({"webhook": URL, "secret": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "whsec_"),
        ({"webhook": URL, "secret": "whsec_not base64!"}, "base64"),
        ({"webhook": URL, "secret": "whsec_c2hvcnQ="}, "5 bytes"),
        ({"webhook": URL, "secret": "whsec_" + "QUJD" * 22}, "66 bytes"),
        ({"webhook": URL, "headers": {"webhook-id": "x"}}, "set by Tocsin"),
        ({"webhook": URL, "headers": {"Content-Length": "0"}}, "set by Tocsin"),
        ({"webhook": URL, "headers": {"X": "a\r\nY: b"}}, "cannot carry"),
        ({"webhook": URL, "headers": {"X Y": "a"}}, "not a header name"),
        ({"webhook": URL, "timeout": 0}, "greater than 0"),
        ({"webhook": URL, "secrets": SECRET}, "Extra inputs"),
        ({}, "Field required"),
    ],
)
def test_options_that_cannot_work_are_refused_with_what_was_wanted(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WebhookOptions(**options)
    assert message in str(caught.value)


def test_B11_neither_options_nor_their_errors_show_a_secret() -> None:
    options = WebhookOptions(webhook=URL, secret=SECRET, headers={"Authorization": "bearer-canary"})
    shown = repr(options) + str(options)
    with pytest.raises(ValidationError) as caught:
        WebhookOptions(webhook=URL, secret="whsec_canary!", headers={"Authorization": "bearer-canary\n"})
    shown += str(caught.value)
    assert "canary" not in shown
    assert SECRET not in shown


def test_the_target_keeps_its_id_when_the_address_is_mended() -> None:
    gate = Egress()
    one = notifier("webhook", gate, webhook="https://hook.test/mistpyed")
    two = notifier("webhook", gate, webhook="https://hooks.test/mistyped")
    assert one.targets[0].id == two.targets[0].id
    assert one.targets[0].label == "hook.test"
