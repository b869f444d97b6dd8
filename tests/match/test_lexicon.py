"""The shipped sets: each can be used alone, finds its words in the languages of the world, and leaves others be."""

from __future__ import annotations

from functools import cache

import pytest

from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.shipped import shipped_sets
from monitor.model import Document


@cache
def all_sets() -> Matcher:
    """Every set as a watch of its own, all loaded at once: their words are one another's compound halves."""
    watches = [{"id": name, "all": [f"${name}"], "min_score": "1"} for name in shipped_sets()]
    return Matcher(load_rules(watches, {}))


def met(text: str, language: str | None) -> set[str]:
    return {match.watch_id for match in all_sets().match(Document(text, "", language))}


@pytest.mark.parametrize(
    ("name", "language", "text"),
    [
        ("kursk", "de", "Drohnenangriff auf die Region Kursk"),
        ("kursk", "uk", "Бої на Курщині"),
        ("kursk", "fi", "Taistelut jatkuvat Kurskissa"),
        ("kursk", "sr", "Борбе у Курској области"),
        ("kursk", "pl", "Straty w obwodzie kurskim"),
        ("kursk", "zh", "庫爾斯克州遭襲"),
        ("kursk", "en", "First invasion of Russia since the Battle of Kursk: drones over Kursk"),
        ("kursk", "ru", "Трамвай в Курске повреждён обломками беспилотника"),
        ("kursk", "ar", "مسيرة تسقط قرب محطة كورسك النووية"),
        ("kursk_places", "de", "Kämpfe um Sudscha"),
        ("kursk_places", "fr", "Soudja reprise par l'armée"),
        ("kursk_places", "pl", "Wojska opuściły Sudżę"),
        ("kursk_places", "ko", "러시아, 수자를 되찾다"),
        ("north_korea", "cs", "Severokorejští představitelé v Moskvě"),
        ("north_korea", "sr", "Севернокорејски министар у посети"),
        ("north_korea", "zh", "北韓外相訪問莫斯科"),
        ("troops", "pl", "Tysiące żołnierzy"),
        ("troops", "he", "אלפי החיילים"),
        ("troops", "en", "Two North Koreans captured in Ukraine"),
        ("troops", "ru", "Северокорейцы гибнут под Курском"),
        ("kims_men", "de", "Kims Soldaten in Russland"),
        ("north_korea", "pl", "Ludzie Kima walczą z Ukraińcami"),
        ("fortifications", "uk", "Справа про оборонні споруди"),
        ("casualties", "sv", "Svåra förluster i byn"),
        ("captured", "uk", "Двоє полонених розповіли"),
        ("modern_war", "de", "Ukrainische Truppen rücken vor"),
        ("modern_war", "ja", "ウクライナ軍が発表"),
        ("russia_ukraine", "hu", "Moszkva nem kommentálta"),
        ("south_korea", "el", "Η Νότια Κορέα αντιδρά"),
        ("armed_forces", "it", "Le forze armate in allerta"),
        ("sanctions", "fi", "EU laajentaa pakotteita"),
        ("elections", "cs", "Předčasné volby na podzim"),
        ("protests", "hr", "Tisuće ljudi na prosvjedu"),
        ("cyberattack", "de", "Hackerangriff legt Klinik lahm"),
        ("earthquake", "tr", "Deprem sonrası arama çalışmaları"),
        ("strike", "nl", "Staking bij het spoor"),
        ("takeover", "ja", "大手が同業を買収へ"),
        ("product_recall", "da", "Producent tilbagekalder babymad"),
        ("china", "pl", "Chińskie władze odpowiadają"),
        ("usa", "ar", "الولايات المتحدة تعلن"),
        ("japan", "ru", "Японский премьер ушёл в отставку"),
        ("india", "ko", "뉴델리에서 정상회담"),
    ],
)
def test_a_set_finds_its_words_in_another_language(name: str, language: str, text: str) -> None:
    assert name in met(text, language)


@pytest.mark.parametrize(
    ("name", "language", "text"),
    [
        ("kursk", "en", "Lectures on the Battle of Kursk"),
        ("kursk", "en", "Crowds at Moscow's Kurskaya metro station"),
        ("kursk", "fr", "Le sous-marin nucléaire Koursk a sombré"),
        ("kursk", "ru", "Поезд прибыл на Курский вокзал"),
        ("kursk", "ru", "Экскурсия «Курская дуга глазами очевидцев»"),
        ("kursk", "pl", "Kurski był prezesem telewizji"),
        ("kursk", "ko", "쿠르스크호 침몰 25주기"),
        ("kursk", "ja", "マーカスクルスク社が上場"),
        ("kursk", "ru", "В Курске открыли бассейн"),
        ("kursk", "de", "Ein Chor aus Kursk gibt ein Konzert"),
        ("troops", "en", "North Koreans win at table tennis in Moscow"),
        ("kims_men", "en", "Kim's army of fans"),
        ("north_korea", "es", "Cayó preso de los norcoreanos en la guerra de Corea"),
        ("kursk", "ar", "حرائق في كورسيكا"),
        ("north_korea", "zh", "朝鲜半岛局势"),
        ("north_korea", "ko", "북한산 등산로 통제"),
        ("north_korea", "ja", "朝鮮戦争の記憶"),
        ("troops", "de", "Er sagte, sie sei es gewesen"),
        ("troops", "en", "Her book is out"),
        ("casualties", "de", "Die Regierung hat es gesagt"),
        ("casualties", "en", "Turn off the tap"),
        ("modern_war", "ru", "Кто пришёл на выставку"),
        ("modern_war", "sv", "Hur mår du"),
        ("modern_war", "pl", "Sumy ubezpieczenia rosną"),
        ("north_korea_elsewhere", "pt", "Os ministros reuniram-se"),
        ("russia", "en", "Venezuela's president spoke"),
        ("south_korea", "en", "Soul music festival"),
        ("poland", "en", "The north pole is melting"),
        ("china", "en", "She has a scar on her chin"),
    ],
)
def test_a_set_leaves_words_of_another_sense_alone(name: str, language: str, text: str) -> None:
    assert name not in met(text, language)


KURS_COMPOUNDS = {
    "de": "Kurskosten Kurskonzept Kurskarten Kurskatalog Kurskinder Kurskino Kursklassen Kurskorrektur Kurskapitel "
    "Kurskurve Kurskrise Kurskraft Kurskontrolle Kurskapriolen Kurskampagne Kurskompass Kurskoordinator",
    "sv": "Kurskamrater Kurskostnad Kurskatalog Kurskrav Kurskod Kurskorrigering",
    "da": "Kurskorrektion Kurskatalog Kurskamp Kurskurve",
    "no": "Kurskamerat Kurskatalog Kurskveld Kurskostnader",
    "nl": "Koerskaart Koerskapitein Koerskoers Koersklimaat",
    "et": "Kursused Kursuskaaslane",
    "fi": "Kurssikirjat Kurssikeskus",
    "hu": "Kurzuskatalógus",
    "tr": "Kurslar kurslarda döviz kurları",
    "ru": "курсы курсант курсовой курсистка",
}


@pytest.mark.parametrize("language", KURS_COMPOUNDS)
@pytest.mark.parametrize("told", [True, False])
def test_compounds_of_kurs_are_never_kursk(language: str, told: bool) -> None:
    for word in KURS_COMPOUNDS[language].split():
        assert "kursk" not in met(f"Neu: {word} 2025", language if told else None), word


def test_compounds_of_kursk_are() -> None:
    for word in ["Kurskfront", "Kursk-Front", "Kurskoffensive", "Kurskregion"]:
        assert "kursk_name" in met(f"Bericht: {word} wankt", "de"), word


def test_every_set_says_something_and_is_named_like_the_others() -> None:
    for name, value in shipped_sets().items():
        assert name == name.lower()
        assert value, name
