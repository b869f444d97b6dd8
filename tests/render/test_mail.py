"""The bytes of a mail, read as a mail client reads them."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Access, Alert, WatchInfo
from monitor.render.clean import one_line
from monitor.render.mail import SUBJECT_CAP, Mailbox, mail_bytes
from tests.alerts.build import HOSTILE, NOW, alert, hostile_alert

SENDER = Mailbox("tocsin@example.org", "Tocsin")
HEADERS = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "References",
    "List-Id",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


def write(one: Alert, **changes: Any) -> bytes:
    recipient = Mailbox("ops@example.net")
    facts: dict[str, Any] = {"sender": SENDER, "recipient": recipient, "delivery_id": "msg_01", "now": NOW}
    return mail_bytes(one, **{**facts, **changes})


def read(body: bytes) -> EmailMessage:
    message = message_from_bytes(body, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


class Elements(HTMLParser):
    """Collects what a browser would build."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def test_C6_the_headers_are_those_of_an_automatic_mail_in_a_thread_of_its_story() -> None:
    message = read(write(alert()))
    assert list(message) == HEADERS
    assert message["From"] == '"Tocsin" <tocsin@example.org>' or message["From"] == "Tocsin <tocsin@example.org>"
    assert message["To"] == "ops@example.net"
    assert message["Subject"] == "[Earthquakes] Erdbeben erschüttert Küste"
    assert message["Message-ID"] == "<msg_01@example.org>"
    assert message["References"] == "<story-7.tocsin@example.org>"
    assert message["List-Id"] == '"Earthquakes" <quake.tocsin.example.org>'
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(str(message["Date"])) == NOW.replace(microsecond=0)


def test_C1_the_same_delivery_is_the_same_bytes_and_another_has_another_id() -> None:
    assert write(alert()) == write(alert())
    other = read(write(alert(), delivery_id="msg_02"))
    assert other["Message-ID"] != read(write(alert()))["Message-ID"]


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_C4_whatever_strangers_write_there_is_one_subject_and_no_header_more(name: str) -> None:
    body = write(hostile_alert(HOSTILE[name]))
    message = read(body)
    assert list(message) == HEADERS
    assert message.defects == []
    assert len(str(message["Subject"])) <= SUBJECT_CAP
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]  # type: ignore[attr-defined]
    assert body.isascii()
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", body) is None
    assert max(len(line) for line in body.split(b"\r\n")) <= 100  # 998 is the law, 78 the manners


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec=None, categories=None), max_size=250))  # type: ignore[arg-type]  # surrogates too
def test_C4_a_subject_reads_back_as_the_clean_title(title: str) -> None:
    message = read(write(alert(title=title, watch=WatchInfo("w", title))))
    subject = str(message["Subject"])
    assert list(message) == HEADERS
    assert len(subject.splitlines()) == 1
    clean_title = one_line(title)
    if clean_title and len(clean_title) <= 60:
        assert subject == f"[{clean_title}] {clean_title}"


def test_C4_an_encoded_word_in_a_title_is_shown_as_it_is_written() -> None:
    assert read(write(alert(title="=?utf-8?q?a?=")))["Subject"] == "[Earthquakes] =?utf-8?q?a?="


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_C5_the_html_has_no_element_that_the_template_did_not_write(name: str) -> None:
    elements = Elements(part(read(write(hostile_alert(HOSTILE[name]))), "html"))
    assert set(elements.tags) <= {"html", "head", "meta", "title", "body", "h2", "p", "a", "ul", "li", "span"}
    allowed = {"charset", "style", "dir", "href", "rel"}
    assert {name for _, name, _ in elements.attributes} <= allowed
    for _, name, value in elements.attributes:
        assert name != "href" or (value or "").startswith(("http://", "https://"))


def test_C5_nothing_is_loaded_from_anywhere() -> None:
    html = part(read(write(hostile_alert(HOSTILE["script"]))), "html")
    assert not re.search(r"<(img|link|script|iframe|object|video|audio|source|form|base)|url\(|@import", html)


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_both_parts_tell_title_outlet_link_evidence_and_other_places(kind: str) -> None:
    text = part(read(write(alert(access=Access.PAYWALL))), kind)
    for said in (
        "Erdbeben erschüttert Küste",
        "Küstenbote",
        "Ina Ude",
        "Niemand wurde verletzt.",
        "Earthquakes",
        "Inselblatt",
        "https://insel.example.net/beben",
        "2026-03-29 12:27 UTC",
        "Only a part of the article is free to read.",
    ):
        assert said in text


def test_a_test_mail_says_so_in_subject_and_text() -> None:
    message = read(write(alert(is_test=True)))
    assert str(message["Subject"]).startswith("TEST ")
    assert part(message, "plain").startswith("This is a test.")


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_H4_a_template_in_a_title_is_text(kind: str) -> None:
    assert "{{ 7*7 }}" in part(read(write(alert(title=HOSTILE["template"]))), kind)


@pytest.mark.parametrize(
    ("watch", "label"),
    [("quake", "quake"), ("my-watch-2", "my-watch-2"), ("地震", r"[0-9a-f]{8}"), ("a.b", r"a-b-[0-9a-f]{8}")],
)
def test_each_watch_has_a_list_id_of_its_own(watch: str, label: str) -> None:
    found = str(read(write(alert(watch=WatchInfo(watch, "W"))))["List-Id"])
    assert re.fullmatch(rf'"W" <{label}\.tocsin\.example\.org>', found)
