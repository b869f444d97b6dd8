"""Whom an article is told to, and the reason where it is nobody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.dispatch import plan
from monitor.model import Access, AlertPlan, Match, Route, Target, Verdict, VerdictKind

MAIL_A = Target("email:mail:a", "mail", "email", "a")
MAIL_B = Target("email:mail:b", "mail", "email", "b")
HOOK = Target("webhook:hook", "hook", "webhook", "hook")
NEW = Verdict(VerdictKind.NEW, "shares no key with anything known")
COPY = Verdict(VerdictKind.COPY, "same text as article 3", story_id=1, article_id=3)
UPDATE = Verdict(VerdictKind.UPDATE, "same address, other text", story_id=1, article_id=3)
SEEN = Verdict(VerdictKind.SEEN, "same address and text", story_id=1, article_id=3)


def match(watch: str) -> Match:
    return Match(watch, 1, ())


def planned(*watches: str, **changes: Any) -> tuple[AlertPlan, ...]:
    facts: dict[str, Any] = {
        "verdict": NEW,
        "is_quiet": False,
        "access": Access.OPEN,
        "routes": (),
        "targets": {"mail": (MAIL_A, MAIL_B), "hook": (HOOK,)},
        "already_told": frozenset(),
    }
    return plan([match(watch) for watch in watches or ("quake",)], **{**facts, **changes})


def test_without_routes_every_watch_goes_to_every_channel() -> None:
    assert [each.targets for each in planned("quake", "flood")] == [(MAIL_A, MAIL_B, HOOK)] * 2


@pytest.mark.parametrize(
    ("routes", "targets"),
    [
        ([Route(("quake",), ("hook",))], (HOOK,)),
        ([Route(("q*",), ("hook",))], (HOOK,)),
        ([Route(("*",), ("mail",))], (MAIL_A, MAIL_B)),
        ([Route(("flood", "quake"), ("hook", "mail"))], (HOOK, MAIL_A, MAIL_B)),
        ([Route(("quake",), ("mail",)), Route(("*",), ("hook", "mail"))], (MAIL_A, MAIL_B, HOOK)),
        ([Route(("Quake",), ("hook",))], ()),
        ([Route(("flood",), ("hook",))], ()),
        ([Route(("quake",), ())], ()),
        ([Route(("quake",), ("gone",))], ()),
    ],
)
def test_routes_choose_the_channels_and_each_receiver_hears_once(
    routes: list[Route], targets: tuple[Target, ...]
) -> None:
    (only,) = planned(routes=routes)
    assert only.targets == targets
    assert only.reason.startswith("not told") == (not targets)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": SEEN}, "same address and text"),
        ({"is_quiet": True}, "first visit"),
        ({"access": Access.CONSENT}, "consent wall"),
        ({"access": Access.ERROR}, "error page"),
        ({"already_told": frozenset(["quake"])}, "had this story"),
        ({"routes": [Route(("flood",), ("mail",))]}, "no route"),
        ({"targets": {}}, "no route"),
        ({"targets": {"mail": ()}}, "nobody receives mail"),
    ],
)
def test_what_holds_an_alert_is_named(changes: dict[str, Any], words: str) -> None:
    (only,) = planned(**changes)
    assert only.targets == ()
    assert only.reason.startswith("not told: ")
    assert words in only.reason


def test_a_paywalled_article_is_told() -> None:
    assert planned(access=Access.PAYWALL)[0].targets


@pytest.mark.parametrize("verdict", [COPY, UPDATE])
def test_E18_a_copy_or_update_tells_only_the_watches_that_were_not_told_of_the_story(verdict: Verdict) -> None:
    told, untold = planned("quake", "flood", verdict=verdict, already_told=frozenset(["quake"]))
    assert (told.targets, untold.targets) == ((), (MAIL_A, MAIL_B, HOOK))
    assert verdict.reason in untold.reason


def test_the_reason_to_tell_names_the_verdict_and_the_channels() -> None:
    (only,) = planned(routes=[Route(("*",), ("hook",))])
    assert only.reason == "a new story, to hook (shares no key with anything known)"


def test_no_match_no_plan() -> None:
    assert plan([], verdict=NEW, is_quiet=False, access=Access.OPEN, routes=(), targets={}, already_told=set()) == ()


names = st.sampled_from(["a", "b", "c", "d"])


@given(
    watches=st.lists(names, max_size=6),
    verdict=st.sampled_from([NEW, COPY, UPDATE, SEEN]),
    is_quiet=st.booleans(),
    access=st.sampled_from(list(Access)),
    routes=st.lists(
        st.builds(Route, st.tuples(names), st.lists(st.sampled_from(["mail", "hook", "gone"])).map(tuple)), max_size=4
    ),
    told=st.frozensets(names),
)
def test_each_watch_that_matched_has_one_plan_and_no_receiver_twice(
    watches: list[str], told: frozenset[str], **facts: Any
) -> None:
    plans = planned(*watches, already_told=told, **facts) if watches else ()
    assert [each.watch_id for each in plans] == list(dict.fromkeys(watches))
    for each in plans:
        assert len({target.id for target in each.targets}) == len(each.targets)
        assert each.reason
        assert not (each.targets and (each.watch_id in told or facts["is_quiet"] or facts["verdict"] is SEEN))
