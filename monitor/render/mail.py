"""Alert -> the bytes of one mail: headers, a plain text and the same as HTML, ready for DATA.

The headers are written here and not by the standard library: email.message raises on some titles
(CR, U+2028, lone surrogates) and reads encoded words inside others, so a title could stop a mail
or add a header (CVE-2024-6923). What is written is ASCII, but for an address that is not.
"""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from monitor.model import Alert
from monitor.render.clean import cut, one_line
from monitor.render.lines import shown
from monitor.render.safe import Limits, SafeAlert, make_safe

SUBJECT_CAP = 180  # code points; clients show some 70
_WORD_BYTES = 39  # of UTF-8 in an encoded word: with `Subject: ` its line stays under 76 (RFC 2047 §2)
_LIMITS = Limits(items=50)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")

_templates = Environment(
    loader=PackageLoader("monitor.render", "templates"),
    autoescape=select_autoescape(["html.j2"], disabled_extensions=["txt.j2"], default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["shown"] = shown


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mail address and the name shown with it; the domain is ASCII."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def mail_bytes(alert: Alert, *, sender: Mailbox, recipient: Mailbox, delivery_id: str, now: datetime) -> bytes:
    """Return an RFC 5322 message with CRLF line ends; the same for the same input, and for any text.

    `sender` and `recipient` were checked when the configuration was read.
    """
    safe = make_safe(alert, _LIMITS)
    boundary = f"=_{hashlib.sha256(delivery_id.encode('utf-8', 'replace')).hexdigest()[:40]}"
    headers = [
        ("Date", format_datetime(now.astimezone(UTC))),
        ("From", _mailbox(sender)),
        ("To", _mailbox(recipient)),
        ("Subject", _words(subject(safe))),
        ("Message-ID", f"<{_token(delivery_id)}@{sender.domain}>"),
        # One thread for each story. The first message of a thread need not exist (RFC 5322 §3.6.4).
        ("References", f"<story-{safe.story}.tocsin@{sender.domain}>"),
        ("List-Id", f"{_phrase(safe.watch_name)}\r\n <{_label(safe.watch_id)}.tocsin.{sender.domain}>"),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: no holiday notes in return
        ("X-Auto-Response-Suppress", "All"),  # the same for Exchange
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    parts = (("plain", mail_text(safe)), ("html", mail_html(safe)))
    body = "".join(f"--{boundary}\r\n{_part(kind, text)}\r\n" for kind, text in parts)
    return f"{head}\r\n{body}--{boundary}--\r\n".encode()


def subject(safe: SafeAlert) -> str:
    """Return the subject: one line, the watch first."""
    test = "TEST " if safe.is_test else ""
    return cut(f"{test}[{cut(safe.watch_name, 60)}] {safe.title or '(no title)'}", SUBJECT_CAP)


def mail_text(safe: SafeAlert) -> str:
    """Return the plain text."""
    return _templates.get_template("mail.txt.j2").render(alert=safe)


def mail_html(safe: SafeAlert) -> str:
    """Return the HTML: every text escaped, nothing loaded from anywhere (C5)."""
    return _templates.get_template("mail.html.j2").render(alert=safe)


def _part(kind: str, text: str) -> str:
    raw = text.encode()
    quoted, coded = quopri.encodestring(raw), base64.encodebytes(raw)
    name, body = ("quoted-printable", quoted) if len(quoted) <= len(coded) else ("base64", coded)
    lines = body.decode("ascii").replace("\n", "\r\n")
    return f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {name}\r\n\r\n{lines}"


def _mailbox(mailbox: Mailbox) -> str:
    return f"{_phrase(mailbox.name)} <{mailbox.address}>" if mailbox.name else mailbox.address


def _phrase(name: str) -> str:
    """Return a display name: quoted where it is plain, else as encoded words (RFC 2047 §5)."""
    name = one_line(name)
    is_plain = _ATOMS.fullmatch(name) and len(name) <= 60 and "=?" not in name
    return f'"{name}"' if is_plain else _encoded(name)


def _words(text: str) -> str:
    """Return unstructured text for a header, folded where it is long."""
    is_plain = text.isascii() and len(text) <= 66 and "=?" not in text
    return text if is_plain else _encoded(text)


def _encoded(text: str) -> str:
    """Return encoded words of whole code points, one on a line."""
    words, chunk = [], b""
    for character in text:
        raw = character.encode()
        if len(chunk) + len(raw) > _WORD_BYTES:
            words.append(chunk)
            chunk = b""
        chunk += raw
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in words)


def _token(delivery_id: str) -> str:
    """Return the left part of the Message-ID; a delivery's id is a token already."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", delivery_id)[:100] or "message"


def _label(watch_id: str) -> str:
    """Return a watch's id as a label of List-Id; one in another script becomes a digest, to stay its own."""
    label = re.sub(r"[^a-z0-9]+", "-", watch_id.lower()).strip("-")[:60].strip("-")
    if label == watch_id.lower():
        return label
    digest = hashlib.sha256(watch_id.encode()).hexdigest()[:8]
    return f"{label[:40]}-{digest}".strip("-")
