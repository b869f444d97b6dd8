"""E14: what stands in front of an article is told from the article."""

from __future__ import annotations

import pytest

from monitor.model import Access
from monitor.parse.page import parse_page

URL = "https://news.example/politics/a-story-1"
SENTENCE = "Der Stadtrat hat am Montag beschlossen, die alte Brücke für den gesamten Verkehr zu sperren. "
FREE = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":%s}</script>'


def access(title: str, body: str, *, head: str = "", url: str = URL) -> Access:
    source = f"<html lang=de><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return parse_page(source.encode(), url=url).access


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("404 – Seite nicht gefunden", "<h1>404</h1><p>Die Seite existiert nicht.</p>", Access.ERROR),
        ("Page not found", "<p>Sorry, we could not find it. Try the search.</p>", Access.ERROR),
        ("Страница не найдена", "<p>Попробуйте поиск.</p>", Access.ERROR),
        ("Just a moment...", "<p>Checking your browser before accessing. Ray ID: 12ab</p>", Access.ERROR),
        (
            "Nachrichten",
            "<noscript>Please enable JavaScript to view this site.</noscript><div id=app></div>",
            Access.ERROR,
        ),
        ("Are you a robot?", "<p>Please complete the captcha.</p>", Access.ERROR),
        ("Log in", "<form><input name=user></form><p>Log in to your account.</p>", Access.ERROR),
        (
            "Willkommen",
            "<p>Wir und unsere Partner verwenden Cookies. Mit Ihrer Einwilligung verarbeiten wir "
            "personenbezogene Daten. "
            "Alle akzeptieren oder alle ablehnen. Datenschutz.</p>",
            Access.CONSENT,
        ),
        (
            "Your privacy",
            "<p>We and our partners use cookies and process personal data with your consent. Accept all. "
            "Reject all. Privacy policy.</p>",
            Access.CONSENT,
        ),
        (
            "Brücke gesperrt",
            f"<article><h1>Brücke gesperrt</h1><p>{SENTENCE * 3}</p><p>{SENTENCE}</p></article>",
            Access.OPEN,
        ),
        ("404 Tage Krieg", f"<article><h1>404 Tage Krieg</h1>{f'<p>{SENTENCE * 5}</p>' * 5}</article>", Access.OPEN),
        (
            "Cookies: Was sich 2025 ändert",
            f"<article><h1>Cookies: was gilt</h1><p>Cookies, Datenschutz. {SENTENCE * 6}</p></article>",
            Access.OPEN,
        ),
        (
            "Brücke gesperrt",
            f"<article><h1>Brücke gesperrt</h1><p>{SENTENCE * 3}</p>"
            "<div class='article-paywall'><p>Jetzt weiterlesen: nur für Abonnenten</p></div></article>",
            Access.PAYWALL,
        ),
    ],
)
def test_e14_a_page_is_told_from_what_stands_in_front_of_it(title: str, body: str, expected: Access) -> None:
    assert access(title, body) is expected


@pytest.mark.parametrize(
    ("free", "expected"), [("false", Access.PAYWALL), ('"False"', Access.PAYWALL), ("true", Access.OPEN)]
)
def test_the_publishers_word_on_free_access_counts_for_a_short_text(free: str, expected: Access) -> None:
    assert (
        access("Brücke gesperrt", f"<article><h1>Brücke gesperrt</h1><p>{SENTENCE * 3}</p></article>", head=FREE % free)
        is expected
    )


def test_a_whole_article_is_open_even_if_it_is_not_free() -> None:
    body = "".join(f"<p>{number} {SENTENCE * 4}</p>" for number in range(8))
    assert (
        access("Brücke gesperrt", f"<article><h1>Brücke gesperrt</h1>{body}</article>", head=FREE % "false")
        is Access.OPEN
    )


def test_a_consent_managers_address_is_a_consent_wall() -> None:
    assert (
        access("Bevor Sie fortfahren", "<p>Bitte wählen Sie.</p>", url="https://consent.news.example/v2/collect")
        is Access.CONSENT
    )
