"""Points: which of them end a sentence, and which a phrase may cross."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.tokens import Layout, abbreviations
from monitor.model import Document


def sentences(text: str, language: str | None) -> list[str]:
    layout = Layout(Document("", text, language))
    kept: dict[int, str] = {}
    for at, char in enumerate(text):
        number = layout.sentence(layout.text_start + at)
        kept[number] = kept.get(number, "") + char
    return [each.strip() for each in kept.values()]


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "Gen. Miller met Sen. Ford in St. Petersburg. They talked.", 2),
        ("en", "The U.S. Army left on Jan. 5. It was cold.", 2),
        ("en", "They killed 12. Then they left.", 2),
        ("en", "It was no. Then yes.", 1),  # No. 5 is more frequent in news
        ("es", "Dijo que no. Luego calló.", 2),
        ("en", "J. R. Smith spoke.", 1),
        ("de", "Am 6. August starb er. Die 14. Division hielt.", 2),
        ("de", "Das Werk, z. B. Kursk, bzw. Belgorod. Mehr nicht.", 2),
        ("de", "Papst Benedikt XVI. Gestern reiste er.", 1),
        ("de", "Die 155. Brigade und das 2. Bataillon. Ende.", 2),
        ("de", "Im Jahr 2024. Danach kam nichts.", 2),
        (None, "Am 6. August starb er.", 1),
        (None, "Sie zählten 155. Dann gingen sie.", 2),
        ("fi", "Sota alkoi 24. Helmikuussa esim. Kurskissa. Se jatkuu.", 2),
        ("da", "Den 6. August kom hr. Hansen kl. 12. Det regnede.", 1),
        ("es", "El Gral. Pérez viajó a EE. UU. Kursk calla.", 1),
        ("es", "Habló la Sra. López. El mar. El Kremlin calla.", 3),
        ("fr", "M. Dupont a vu Mme. Roy, le gén. Petit. Il pleut.", 2),
        ("it", "Il Sig. Rossi e il Gen. Bianchi. Poi basta.", 2),
        ("pl", "Płk. Nowak, ul. Długa, tzw. Republika. Koniec.", 2),
        ("cs", "Gen. Novák, nám. Míru, tzv. Republika. Konec.", 2),
        ("hu", "Kb. Ötvenen, ill. Százan. Vége.", 2),
        ("ru", "В. Путин и ген. Иванов, ул. Ленина, т. е. Курск. Конец.", 2),
        ("uk", "Вул. Хрещатик, ім. Шевченка. Кінець.", 2),
        ("el", "Ο κ. Παπάς και ο Στρ. Νίκου. Τέλος.", 2),
        ("tr", "Doç. Dr. Yılmaz ve Org. Kaya. Son.", 2),
        ("hi", "डॉ. सिंह आए। वे गए।", 2),
        ("ko", "북한군이 왔다. 그들은 갔다.", 2),
        ("zh", "朝鲜军队抵达。他们离开。", 2),
        ("xx", "Dr. Who came. He left.", 2),
    ],
)
def test_a_point_ends_a_sentence_unless_it_belongs_to_the_word(language: str | None, text: str, count: int) -> None:
    assert len(sentences(text, language)) == count, sentences(text, language)


@pytest.mark.parametrize(
    ("term", "language", "text", "is_met"),
    [
        ("U.S.", "en", "The U.S. left.", True),
        ("U.S.", "en", "The U. S. left.", True),
        ("U.S.", "en", "It left us.", False),
        ("U.S.", "en", "So said U. Then S. left.", False),
        ("U.S. Army", "en", "The U.S. Army left.", True),
        ("U.S. Army", "en", "The U.S. Then Army won.", False),
        ("EE. UU.", "es", "Viajó a EE. UU. ayer.", True),
        ("EE. UU.", "es", "Viajó a EE.UU. ayer.", True),
        ("EE UU", "es", "Viajó a EE. UU. ayer.", True),
        ("EE. UU.", None, "Viajó a EE. UU. ayer.", True),
        ("z. B.", "de", "Orte wie z. B. Kursk", True),
        ("z. B.", "de", "Orte wie z.B. Kursk", True),
        ("6. August", "de", "Am 6. August begann es.", True),
        ("6 August", "de", "Am 6. August begann es.", True),
        ("General Miller", "en", "The general. Miller left.", False),
        ("Gen Miller", "en", "Gen. Miller left.", True),
        ("St Petersburg", "en", "In St. Petersburg.", True),
        ("St. Petersburg", "de", "In St Petersburg.", True),
        ("North Korea", "en", "to the north.Korea said", False),
        ("т. е.", "ru", "Курск, т.е. область", True),
        ("=U.S.", "en", "The U.S. left.", True),
        ("=U.S.", "en", "The u.s. left.", False),
        ("=U.S.", "en", "The U S left.", False),
        ("=Dr. Who", "en", "See Dr. Who tonight.", True),
        ("=Yahoo!", "en", "Yahoo! fell.", True),
        ("=Yahoo!", "en", "Yahoo fell.", False),
    ],
)
def test_a_phrase_crosses_a_point_that_ends_no_sentence(
    term: str, language: str | None, text: str, is_met: bool
) -> None:
    watch: dict[str, Any] = {"id": "w", "any": [term], "min_score": "1"}
    assert bool(Matcher(load_rules([watch], {})).match(Document("", text, language))) is is_met


def test_every_language_has_the_common_abbreviations_and_its_own() -> None:
    assert "dr" in abbreviations(None)
    assert "bzw" in abbreviations("xx")
    assert {"dr", "oblt"} <= abbreviations("de")
    assert abbreviations("ms") == abbreviations("id")
    assert "no" in abbreviations("en")
    assert "no" not in abbreviations("es")
