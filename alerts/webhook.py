"""Alerts as signed JSON by POST, after Standard Webhooks 1.0.

freeze() makes the bytes once; send() signs them anew at each try, so the id and the body stay and
only the time moves. Only 2xx is a delivery; a redirect is never followed; 410 ends the target.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator
from standardwebhooks import Webhook as Signer

from alerts._http import Answer, NoAnswer, post
from monitor.model import Alert, Delivery, Outcome, OutcomeKind, Target
from monitor.ports import Gate
from monitor.render.clean import cut, one_line
from monitor.render.payload import webhook_payload

SECONDS = 15.0  # of wall clock; Standard Webhooks asks for 15 to 30
RETRY_AFTER_CAP = timedelta(hours=24)
_EXCERPT = 200  # code points of the answer that the operator sees
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_OWN_HEADERS = frozenset(
    ("host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding", "expect")
)


def _check_url(url: str) -> str:
    """Return an http(s) URL with a host; ValueError says what is wrong with it."""
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise ValueError("an address has no spaces, backslashes or control characters")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("wanted an address that starts with https:// or http:// and names a host")
    if "@" in parts.netloc:
        raise ValueError("put a user name and password in `headers` (Authorization), not in the address")
    if parts.port == 0:
        raise ValueError("port 0 cannot be dialled")
    return url


def _check_secret(secret: SecretStr) -> SecretStr:
    """Return a Standard Webhooks secret; ValueError says what is wrong without showing it."""
    text = secret.get_secret_value()
    if not text.startswith("whsec_"):
        raise ValueError("a webhook secret starts with whsec_, followed by base64 of 24 to 64 random bytes")
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("what follows whsec_ is not base64; wanted base64 of 24 to 64 random bytes") from error
    if not 24 <= len(key) <= 64:
        raise ValueError(f"the webhook secret holds {len(key)} bytes; wanted 24 to 64")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_check_secret)]


class WebhookOptions(BaseModel):
    """A webhook: one address that takes alerts as JSON by POST."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    webhook: Annotated[str, AfterValidator(_check_url)] = Field(
        description="Where to POST: http:// or https://. Redirects are not followed.", repr=False
    )
    secret: Secret | tuple[Secret, Secret] | None = Field(
        default=None,
        description=(
            "Signing secret after Standard Webhooks: whsec_ and base64 of 24 to 64 random bytes. Two of them, new and "
            "old, while you change it: each message is signed with both. Without a secret messages go out unsigned, "
            "and whoever knows the address can forge one."
        ),
    )
    headers: Mapping[str, SecretStr] = Field(
        default_factory=dict, description="Further headers, such as Authorization. Kept secret."
    )
    timeout: float = Field(default=SECONDS, gt=0, le=60, description="Seconds for one whole try.")

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is not a header name")
            if name.lower() in _OWN_HEADERS or name.lower().startswith("webhook-"):
                raise ValueError(f"the header {name} is set by Tocsin")
            if not re.fullmatch(r"[\x20-\x7e\t]*", value.get_secret_value()):
                raise ValueError(f"the value of the header {name} has characters that a header cannot carry")
        return headers


class Webhook:
    """Notifier of kind `webhook`; one channel is one address, and one target."""

    kind: ClassVar[str] = "webhook"
    Options: ClassVar[type[WebhookOptions]] = WebhookOptions

    def __init__(self, channel: str, options: WebhookOptions, gate: Gate) -> None:
        self._options = options
        self._gate = gate
        self._headers = {name: value.get_secret_value() for name, value in options.headers.items()}
        self._secrets = _secrets(options)
        self._canaries = _canaries(options.webhook, (*self._secrets, *self._headers.values()))
        # By channel, not by address: a mistyped address can be mended and what waited for it goes out.
        self._target = Target(f"webhook:{channel}", channel, self.kind, urlsplit(options.webhook).hostname or channel)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The one receiver."""
        return (self._target,)

    def freeze(self, alert: Alert, target: Target, *, delivery_id: str, now: datetime) -> bytes:
        """Return the JSON of the alert, less than 20 kB; the same for every try and receiver."""
        return webhook_payload(alert)

    async def send(self, delivery: Delivery, *, now: datetime) -> Outcome:
        """POST once; 2xx is sent, a lost answer is unknown, 410 is refused, all else is tried again."""
        headers = {
            **self._headers,
            "Content-Type": "application/json",
            "User-Agent": "Tocsin",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **sign(self._secrets, delivery.id, now, delivery.payload),
        }
        said = await post(
            self._gate,
            self._options.webhook,
            content=delivery.payload,
            headers=headers,
            seconds=self._options.timeout,
        )
        if isinstance(said, NoAnswer):
            return Outcome(OutcomeKind.UNKNOWN if said.was_sent else OutcomeKind.RETRY, self._hide(said.reason))
        return self._judge(said, now)

    async def aclose(self) -> None:
        """Nothing is kept open between tries."""

    def _judge(self, answer: Answer, now: datetime) -> Outcome:
        status = answer.status
        if 200 <= status < 300:
            return Outcome(OutcomeKind.SENT, f"taken with {status}", status)
        if status == 410:
            return Outcome(OutcomeKind.REFUSED, "410: this address wants no more", status, disable_target=True)
        reason = f"answered {status}"
        if 300 <= status < 400:
            reason += ", a redirect: not followed, put the new address into the configuration"
        elif words := cut(one_line(self._hide(answer.excerpt.decode("utf-8", "replace"))), _EXCERPT):
            reason += f": {words}"
        return Outcome(OutcomeKind.RETRY, reason, status, retry_after(answer.headers.get("retry-after"), now))

    def _hide(self, text: str) -> str:
        """Take out what a receiver may have echoed (B11)."""
        for secret in self._canaries:
            text = text.replace(secret, "•••")
        return text


def sign(secrets: tuple[str, ...], delivery_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the three webhook headers; without a secret there is no signature. `body` is UTF-8."""
    headers = {"webhook-id": delivery_id, "webhook-timestamp": str(int(now.timestamp()))}
    if secrets:
        # The library formats `timestamp` as if it were UTC whatever its zone, so it is given UTC.
        signatures = (Signer(secret).sign(delivery_id, now.astimezone(UTC), body.decode()) for secret in secrets)
        headers["webhook-signature"] = " ".join(signatures)
    return headers


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return how long a receiver asks us to wait, at most 24 h; None where it does not say (RFC 9110 §10.2.3)."""
    if not value:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(timedelta(seconds=int(value)), RETRY_AFTER_CAP)
    try:
        moment = parsedate_to_datetime(value)
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), RETRY_AFTER_CAP)


def _secrets(options: WebhookOptions) -> tuple[str, ...]:
    given = options.secret
    each = () if given is None else given if isinstance(given, tuple) else (given,)
    return tuple(secret.get_secret_value() for secret in each)


def _canaries(url: str, secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return what must not be shown, longest first: secrets, the address, and what in it may be a token."""
    parts = urlsplit(url)
    tokens = (*parts.path.split("/"), *re.split("[=&]", parts.query))
    words = (word for secret in secrets for word in secret.split() if len(word) >= 6)  # "Bearer", and what follows it
    whole = (secret for secret in (*secrets, url) if len(secret) >= 4)
    return tuple(sorted({*whole, *words, *(token for token in tokens if len(token) >= 6)}, key=len, reverse=True))


NOTIFIER = Webhook
