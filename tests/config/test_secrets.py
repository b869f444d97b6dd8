"""`${NAME}` goes in and never comes out: not in a problem, not in a repr."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import secrets
from monitor.config.loader import load_document
from monitor.errors import ConfigError, Problem
from tests.config.builders import problems, read

CANARY = "kanarienvogel-4711"


def test_a_secret_is_put_in_from_the_environment() -> None:
    config = read('outlets: [{feed: "https://a.example/x?k=${K}", headers: {Cookie: "a=${K}; b=${K:-z}"}}]', K=CANARY)
    (source,) = config.sources
    assert source.url == f"https://a.example/x?k={CANARY}"
    assert source.headers["Cookie"] == f"a={CANARY}; b={CANARY}"


@pytest.mark.parametrize(("env", "expected"), [({}, "fallback"), ({"K": ""}, "fallback"), ({"K": "set"}, "set")])
def test_a_default_stands_in_for_what_is_unset_or_empty(env: dict[str, str], expected: str) -> None:
    assert read("network: {contact: '${K:-fallback}'}", **env).network.contact == expected


def test_an_unset_secret_is_named_with_its_place() -> None:
    (fault,) = problems('outlets:\n  - feed: https://a.example/\n    headers: {Cookie: "${COOKIE}"}')
    assert (fault.line, fault.column) == (3, 23)
    assert fault.message == "the environment variable COOKIE is not set"


@pytest.mark.parametrize("text", ["$", "$$", "$kursk", "$$ {a}", "a$", "$K"])
def test_only_dollar_and_brace_start_a_secret(text: str) -> None:
    assert read(f"watches: ['{text}']", K="no").watches == (text,)


@pytest.mark.parametrize("text", ["${", "${}", "${a b}", "${1}", "${A:+b}", "${A"])
def test_a_misspelt_secret_is_refused(text: str) -> None:
    (fault,) = problems(f"watches: ['{text}']", A="x")
    assert fault.message == "${ starts no secret"


def test_keys_are_no_place_for_secrets() -> None:
    assert read("sets: {'${K}': [a]}", K=CANARY).sets == {"${K}": ["a"]}


BAD_EVERYWHERE = """
outlets:
  - feed: "${K}"
  - feed: "https://${K}@a.example/"
  - {feed: https://a.example/, country: "${K}", language: "${K}", interval: "${K}", headers: {"A": "x\\r${K}"}}
  - {page: https://b.example/, links: "[[${K}"}
channels:
  a: {hook: "${K}", secret: "${K}", retries: "${K}"}
  b: {hook: "ftp://${K}/x", no_such: "${K}"}
  c: "${K}"
  d: {"${K}": x}
routes: [{watch: x, to: "${K}"}]
network: {robots: "${K}", allow: "${K}", hosts: {a: "${K}"}, timeout: "${K}"}
schedule: "${K}"
"""


def test_B11_no_problem_holds_the_value_of_a_secret() -> None:  # a row of the catalogue
    found = problems(BAD_EVERYWHERE, K=CANARY)
    assert len(found) > 12
    assert not [fault for fault in found if "vogel" in str(fault).lower() or "4711" in str(fault)]


@given(st.text(st.characters(codec="utf-8"), min_size=8, max_size=40))
def test_B11_no_problem_holds_any_long_secret(secret: str) -> None:  # a row of the catalogue
    shown = "\n".join(str(fault) for fault in problems(BAD_EVERYWHERE, K=secret))
    without = "\n".join(str(fault) for fault in problems(BAD_EVERYWHERE, K="\x00" * 8))
    assert secret not in shown or secret in without


@pytest.mark.parametrize(
    "text",
    [
        f"channels: {{a: {{hook: 'http://hooks.example/{CANARY}'}}}}",
        f"channels: {{a: {{hook: '{CANARY}'}}}}",
        f"channels: {{a: {{hook: 'https://x', secret: [{CANARY}]}}}}",
        f"channels: {{a: {{hook: 'https://x', password: {CANARY}}}}}",
        f"outlets: [{{feed: 'https://u:{CANARY}@a.example/'}}]",
        f'outlets: [{{feed: https://a.example/, headers: {{Cookie: "{CANARY}\\rx"}}}}]',
        f"outlets: ['https://u:{CANARY}@a.example/']",
    ],
)
def test_B11_a_secret_written_in_the_clear_is_not_shown_either(text: str) -> None:  # a row of the catalogue
    found = problems(text)
    assert found
    assert "vogel" not in str(ConfigError(found))


def test_the_config_shows_no_secret_of_its_own() -> None:
    config = read(
        'outlets: [{feed: "https://a.example/?k=${K}", headers: {A: "${K}"}}]\nchannels: {a: {hook: "https://x/${K}"}}',
        K=CANARY,
    )
    assert "vogel" not in repr(config)


def test_the_config_names_what_the_log_must_hide() -> None:
    config = read(
        "outlets: [{feed: https://a.example/, headers: {Cookie: clear-cookie}}]\n"
        'channels: {a: {hook: "https://x/${K}", secret: clear-secret}}\nstore: {path: "${P}"}',
        K=CANARY,
        P="data/x.db",
    )
    assert config.secrets == {CANARY, "clear-cookie", "clear-secret"}


def test_a_harmless_short_option_of_a_channel_is_shown() -> None:
    (fault,) = problems("channels: {a: {hook: https://x, retries: many}}")
    assert fault.got == "'many'"


def test_a_message_with_a_piece_of_a_secret_is_emptied() -> None:
    problem = Problem((), f"cannot use {CANARY[2:14]}", got=CANARY.upper(), wanted="a better one")
    cleaned = secrets.redact(problem, [CANARY])
    assert (cleaned.message, cleaned.got, cleaned.wanted) == ("does not do", secrets.HIDDEN, "a better one")


def test_filling_in_leaves_the_document_as_written() -> None:
    document = load_document("a: ${K}")
    assert secrets.fill(document, {"K": CANARY}).data == {"a": CANARY}
    assert document.data == {"a": "${K}"}
