"""The demo judges itself: every promise it makes is broken once here, and it says so."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from monitor.demo.mailbox import Letter
from monitor.demo.play import Line, Play, Summary, summarise
from monitor.demo.press import Piece, read_manuscripts
from monitor.demo.receiver import Arrival, Turned
from monitor.demo.stage import SECRET_NAME, WATCHES_YAML, Stage
from monitor.load import load, load_watches
from monitor.match.matcher import Matcher
from monitor.model import Document

NOW = datetime(2024, 11, 5, 9, 30, tzinfo=UTC)
MANUSCRIPTS = read_manuscripts()
EXPECTED = sorted(MANUSCRIPTS.expected())


def address_of(story: str) -> str:
    return MANUSCRIPTS.piece(story).url


def message(number: int, watch: str, url: str, *, after: float = 2.0) -> Arrival:
    payload = {"data": {"watch": {"id": watch, "name": watch}, "article": {"url": url, "title": "T"}}}
    return Arrival(f"msg_{number}", payload, json.dumps(payload).encode(), NOW + timedelta(seconds=after))


def letter(number: int, *, after: float = 3.0) -> Letter:
    mail = EmailMessage()
    mail["Message-ID"] = f"<msg_m{number}@demo.example>"
    mail["Subject"] = "[Kursk] T"
    return Letter("t@demo.example", ("d@demo.example",), mail, b"", NOW + timedelta(seconds=after))


def tell(play: Play, number: int, watch: str, story: str) -> None:
    """Let one alert be raised, reach the desk both ways, and be reported as delivered."""
    url = address_of(story)
    play.ledger.published[url] = NOW
    play.on_event("alerted", {"alert": f"alr_{number}", "watch": watch, "url": url, "deliveries": 2})
    play.on_message(message(number, watch, url))
    play.on_letter(letter(number))
    for delivery in (f"msg_{number}", f"msg_m{number}"):
        play.on_event("delivered", {"delivery": delivery, "alert": f"alr_{number}"})


def read(play: Play, verdict: str, url: str = "http://visnyk.test/x") -> None:
    play.on_event("read", {"url": url, "title": "T", "verdict": verdict, "reason": "because"})


@pytest.fixture
def lines() -> list[Line]:
    return []


@pytest.fixture
def play(lines: list[Line]) -> Play:
    """A performance in which everything went well."""
    played = Play(lines.append)
    for number, (watch, story) in enumerate(EXPECTED):
        tell(played, number, watch, story)
    read(played, "update")
    return played


def broken(summary: Summary) -> list[str]:
    return [check.promise for check in summary.checks if not check.is_kept]


def test_a_good_play_breaks_no_promise(play: Play) -> None:
    summary = summarise(play.ledger, MANUSCRIPTS)
    assert broken(summary) == []
    assert summary.is_good
    assert (summary.alerts, summary.webhooks, summary.mails) == (len(EXPECTED),) * 3


def test_latency_counts_from_publication_to_arrival(play: Play) -> None:
    play.ledger.arrivals[0] = message(0, EXPECTED[0][0], address_of(EXPECTED[0][1]), after=9.5)
    summary = summarise(play.ledger, MANUSCRIPTS)
    assert summary.webhook_latency is not None
    assert summary.mail_latency is not None
    assert (summary.webhook_latency.p50, summary.webhook_latency.longest) == (
        timedelta(seconds=2),
        timedelta(seconds=9.5),
    )
    assert summary.mail_latency.longest == timedelta(seconds=3)


def lose_a_message(play: Play) -> None:
    play.ledger.arrivals.pop()


def lose_a_mail(play: Play) -> None:
    play.ledger.letters.pop()


def repeat_a_message(play: Play) -> None:
    play.on_message(play.ledger.arrivals[0])


def tell_a_copy_again(play: Play) -> None:
    copy = next(piece for piece in MANUSCRIPTS.pieces if piece.original)
    play.on_message(message(900, "kursk", copy.url))


def repeat_a_mail(play: Play) -> None:
    play.on_letter(play.ledger.letters[0])


def tell_of_a_trap(play: Play) -> None:
    trap = next(piece for piece in MANUSCRIPTS.pieces if piece.edition and not piece.watches and not piece.original)
    play.on_message(message(901, "kursk", trap.url))


def tell_of_history(play: Play) -> None:
    old = next(piece for piece in MANUSCRIPTS.pieces if piece.edition == 0 and piece.watches)
    play.on_message(message(902, "kursk", old.url))


def forge_a_message(play: Play) -> None:
    play.on_message(Turned("msg_x", 401, "No matching signature found", NOW))


def miss_the_correction(play: Play) -> None:
    play.ledger.counts["update"] = 0


@pytest.mark.parametrize(
    ("go_wrong", "promises"),
    [
        (lose_a_message, ["everything a watch asks for was told"]),
        (lose_a_mail, ["every alert came by mail too, once"]),
        (repeat_a_message, ["each story once for each watch"]),
        (tell_a_copy_again, ["each story once for each watch"]),
        (repeat_a_mail, ["every alert came by mail too, once"]),
        (tell_of_a_trap, ["nothing else was told"]),
        (tell_of_history, ["nothing else was told", "what stood there before the first visit stayed quiet"]),
        (forge_a_message, ["every signature was genuine"]),
        (miss_the_correction, ["the correction was noticed"]),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_each_broken_promise_is_named(play: Play, go_wrong: Callable[[Play], None], promises: list[str]) -> None:
    go_wrong(play)
    summary = summarise(play.ledger, MANUSCRIPTS)
    assert broken(summary) == promises
    assert not summary.is_good


def test_a_play_in_which_nothing_happened_has_no_latency_and_is_not_good() -> None:
    summary = summarise(Play(lambda line: None).ledger, MANUSCRIPTS)
    assert (summary.webhook_latency, summary.is_good) == (None, False)


def test_the_show_speaks_of_papers_by_name_and_is_silent_on_what_is_nothing_new(lines: list[Line]) -> None:
    play = Play(lines.append)
    facts = {"source": "http://visnyk.test/rss.xml", "outlet": "x", "reason": "timed out", "entries": 4}
    play.on_event("visited", facts | {"outcome": "unchanged", "new": 0})
    play.on_event("visited", facts | {"outcome": "ok", "new": 0})
    play.on_event("visited", facts | {"outcome": "ok", "new": 2})
    play.on_event("visited", facts | {"outcome": "failed", "new": 0})
    play.on_event("started", {})
    assert [(line.kind, line.who, line.text) for line in lines] == [
        ("visited", "Дніпровий вісник", "4 entries, 2 to read"),
        ("trouble", "Дніпровий вісник", "failed: timed out"),
    ]
    assert (play.ledger.counts["visits"], play.ledger.counts["unchanged"]) == (4, 1)


def test_a_folded_copy_is_shown_with_its_reason(lines: list[Line]) -> None:
    read(Play(lines.append), "copy")
    assert lines[0].text == "T (because)"


# ── The stage ────────────────────────────────────────────────────────────────────────────────


async def test_the_file_on_the_stage_is_an_ordinary_configuration(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        loaded = load(stage.config_path, stage.env)
        assert {source.kind for source in loaded.config.sources} == {"feed", "sitemap", "page"}
        assert [info.id for info in loaded.rules.infos] == ["kursk", "north-korean-troops", "both"]
        assert {channel.kind for channel in loaded.config.channels.values()} == {"webhook", "email"}
        assert loaded.config.network.hosts["*.test"] == stage.newspaper.address
        assert loaded.config.store.path == tmp_path / "tocsin.db"


async def test_the_secret_stays_in_the_environment(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage, Stage(tmp_path) as another:
        secret = stage.env[SECRET_NAME]
        assert secret not in stage.config_path.read_text(encoding="utf-8")
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
        assert another.env[SECRET_NAME] != secret


@pytest.mark.parametrize("piece", MANUSCRIPTS.pieces, ids=lambda piece: piece.slug)
def test_the_watches_on_the_stage_see_what_they_are_meant_to(matcher: Matcher, piece: Piece) -> None:
    text = "\n".join((piece.lead, *piece.paragraphs))
    matches = matcher.match(Document(piece.title, text, piece.paper.language))
    assert {match.watch_id for match in matches} == set(MANUSCRIPTS.piece(piece.story).watches)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_watches(WATCHES_YAML, {}))
