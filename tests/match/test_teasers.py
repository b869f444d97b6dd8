"""Lines that announce other articles, captions, and pages of many happenings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.rounds import Entry, entries
from monitor.match.teasers import blank_teasers
from monitor.model import Document, Field

MATCHER = Matcher(load_rules([{"id": "w", "any": ["$kursk", "Nordkorea"], "min_score": "1"}], {}))

# (language, an article about something else, what the page says below it)
TEASER_PAGES = [
    ("de", "Der Stadtrat beschloss den Haushalt.", "Auch interessant:\nKämpfe um Kursk: Was wir wissen"),
    (
        "de",
        "Die Bahn baut um. Das dauert bis Mai.",
        "Das könnte Sie auch interessieren\nNordkorea testet\nKursk brennt",
    ),
    ("en", "The council passed its budget.", "Read next: Drones over Kursk"),
    ("en", "Rail works end in May.", "Further reading\nKursk: what we know"),
    ("fr", "Le conseil a adopté le budget.", "À lire aussi : la bataille de Koursk s’enlise"),
    ("es", "El pleno aprobó el presupuesto.", "Noticias relacionadas\nCombates en Kursk"),
    ("it", "Il consiglio ha approvato il bilancio.", "Leggi anche\nCombattimenti a Kursk"),
    ("pt", "A câmara aprovou o orçamento.", "Leia também: Combates em Kursk"),
    ("nl", "De raad keurde de begroting goed.", "Lees ook\nGevechten bij Koersk"),
    ("sv", "Kommunen antog budgeten.", "Läs också: Strider i Kursk"),
    ("da", "Byrådet vedtog budgettet.", "Læs også: Kampe ved Kursk"),
    ("no", "Kommunestyret vedtok budsjettet.", "Les også: Kamper ved Kursk"),
    ("fi", "Valtuusto hyväksyi talousarvion.", "Lue myös: Taistelut Kurskissa"),
    ("pl", "Rada przyjęła budżet.", "Czytaj też: Walki pod Kurskiem"),
    ("cs", "Zastupitelé schválili rozpočet.", "Mohlo by vás zajímat\nBoje u Kursku"),
    ("hu", "A testület elfogadta a költségvetést.", "Kapcsolódó cikkek\nHarcok Kurszknál"),
    ("ru", "Совет принял бюджет.", "Читайте также: бои под Курском"),
    ("uk", "Рада ухвалила бюджет.", "Читайте також: бої під Курськом"),
    ("tr", "Meclis bütçeyi onayladı.", "İlgili haberler\nKursk'ta çatışma"),
    ("ar", "أقر المجلس الميزانية.", "اقرأ أيضا: معارك في كورسك"),
    ("he", "המועצה אישרה את התקציב.", "קראו גם: הקרבות בקורסק"),
    ("ja", "市議会は予算を可決した。", "関連記事\nクルスク州で戦闘"),
    ("zh", "市议会通过了预算。", "相关阅读:库尔斯克激战"),
    ("ko", "시의회는 예산을 통과시켰다.", "관련기사\n쿠르스크에서 교전"),
    ("el", "Το συμβούλιο ενέκρινε τον προϋπολογισμό.", "Διαβάστε επίσης: Μάχες στο Κουρσκ"),
]


@pytest.mark.parametrize(("language", "article", "teasers"), TEASER_PAGES)
def test_what_a_page_announces_is_not_what_it_says(language: str, article: str, teasers: str) -> None:
    assert MATCHER.match(Document("Budget", f"{article}\n{teasers}", language)) == ()
    assert MATCHER.match(Document("Budget", f"{teasers}\n\n{article}", language)) == ()


@pytest.mark.parametrize(
    "last",
    [
        "Am Abend meldete die Armee, dass bei den Kämpfen um Kursk 300 Menschen gefallen seien, und kündigte Hilfe an",
        "Das Ministerium schwieg. Aus Kursk kam am Abend keine Nachricht mehr",
        "aus der Region Kursk, wie es hieß",
        "In Kursk blieb es ruhig.",
        "Related talks on Kursk were held on Monday, officials said.",
    ],
)
def test_a_last_paragraph_is_searched_even_without_its_full_stop(last: str) -> None:
    assert MATCHER.match(Document("", f"Der Tag begann ruhig.\n{last}", "de"))


def test_after_a_cue_a_text_without_sentence_marks_goes_on() -> None:
    text = "ข่าวที่เกี่ยวข้อง\nฟุตบอล\nดนตรี\nอาหาร\nการสู้รบใน Kursk"
    assert MATCHER.match(Document("", text, "th"))


@given(st.lists(st.sampled_from([*"a.?:\n ", "Read more", "Lesen Sie auch: ", "関連記事", "Kursk", "\r\n", "\u2028"])))
def test_cutting_keeps_every_offset_and_never_adds_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    kept = blank_teasers(text)
    assert len(kept) == len(text)
    assert all(new in {old, "\n"} for old, new in zip(text, kept, strict=True))


@pytest.mark.parametrize(
    "above",
    ["Foto: Ein Panzer bei Kursk / Agentur", "Ein Panzer bei Kursk (Foto: Agentur)", "„Kursk war die Hölle auf Erden“"],
)
def test_captions_and_pulled_quotes_are_not_the_lead(above: str) -> None:
    (match,) = MATCHER.match(Document("", f"{above}\nDer Stadtrat beschloss den Haushalt.", "de"))
    assert [each.field for each in match.evidence] == [Field.BODY]


BOTH = Matcher(load_rules([{"id": "w", "all": ["Kursk", "Nordkorea"], "min_score": "1"}], {}))
STAMPED = "{}10:05 Uhr: Regen in Berlin.\n10:20 Uhr: {}.\n11:00 Uhr: Wind in Kiel.\n11:30 Uhr: {}.\n12:10 Uhr: Sonne."
HEADED = "{}Wetter\nEs regnet in Berlin.\nLage\n{}.\nBahn\nDer Zug fährt.\nMarkt\n{}.\nSport\nEs steht 1:0."


@pytest.mark.parametrize(("title", "page"), [("Lage", STAMPED), ("Newsblog", STAMPED), ("News im Überblick", HEADED)])
def test_a_ticker_meets_a_watch_only_within_one_entry(title: str, page: str) -> None:
    apart = page.format("", "Kämpfe in Kursk", "Nordkorea testet")
    together = page.format("", "Nordkorea schickt Soldaten nach Kursk", "Gold steigt")
    assert BOTH.match(Document(title, apart, "de")) == ()
    (match,) = BOTH.match(Document(title, together, "de"))
    assert {together[each.start : each.end] for each in match.evidence} == {"Nordkorea", "Kursk"}


@pytest.mark.parametrize(
    ("title", "page"),
    [
        ("Kursk", "Um 10:05 Uhr fiel ein Schuss.\n10:20 Uhr: Kursk.\n11:00 Uhr: Nordkorea."),
        ("Eine lange Analyse", HEADED.format("", "Kämpfe in Kursk", "Nordkorea testet")),
    ],
)
def test_an_article_with_some_times_or_headings_stays_whole(title: str, page: str) -> None:
    document = Document(title, page, "de")
    assert entries(document) == (Entry(0, document),)
    assert BOTH.match(document)


def test_the_title_of_a_ticker_goes_with_what_stands_before_its_first_entry() -> None:
    page = STAMPED.format("Nordkorea rückt vor.\n", "Regen", "Wind")
    assert BOTH.match(Document("Newsblog: Kursk", page, "de"))
    assert BOTH.match(Document("Newsblog: Kursk", STAMPED.format("", "Nordkorea rückt vor", "Wind"), "de")) == ()


CONTEXT = Matcher(
    load_rules(
        [
            {"id": "with", "any": ["Kursk"], "with": ["Nordkorea"], "min_score": "1"},
            {"id": "none", "any": ["Kursk"], "none": ["Nordkorea"], "min_score": "1"},
            {"id": "any", "any": ["Nordkorea"], "min_score": "1"},
            {"id": "title", "any": ["Nordkorea"], "in": "title", "min_score": "1"},
        ],
        {},
    )
)


def test_the_title_is_context_for_every_entry_but_a_mention_only_once() -> None:
    page = STAMPED.format("", "Kämpfe in Kursk", "Gold steigt")
    found = {match.watch_id: match for match in CONTEXT.match(Document("Newsblog: Nordkorea", page, "de"))}
    assert list(found) == ["with", "any", "title"]
    assert [page[each.start : each.end] for each in found["with"].evidence] == ["Kursk"]
    assert found["any"].score == 3
    assert len(found["any"].evidence) == 1


@pytest.mark.parametrize(
    ("page", "is_met", "reason"),
    [
        (STAMPED.format("", "Kämpfe in Kursk", "Nordkorea testet"), False, "“10:20 Uhr: Kämpfe in Kursk.”: "),
        (STAMPED.format("", "Gold", "Nordkorea in Kursk"), True, "each of 6 entries is held against it alone; 1 meet"),
        (STAMPED.format("", "Gold", "Silber"), False, "does not occur"),
    ],
)
def test_a_ticker_is_explained_as_it_is_matched(page: str, is_met: bool, reason: str) -> None:
    document = Document("Lage", page, "de")
    explanation = BOTH.explain(document, "w")
    assert explanation.is_met is is_met
    assert reason in explanation.reason
    assert explanation.mentions == tuple(each for match in BOTH.match(document) for each in match.evidence)
    assert all(
        page[each.start : each.end] in {"Kursk", "Nordkorea"} for part in explanation.parts for each in part.mentions
    )


@given(st.text("1:0h. \n+Kursk時分", max_size=300), st.sampled_from(["", "Liveticker"]))
def test_entries_are_the_text_in_its_order(text: str, title: str) -> None:
    parts = entries(Document(title, text))
    assert "".join(part.document.text for part in parts) == text
    assert all(text.startswith(part.document.text, part.offset) for part in parts)
