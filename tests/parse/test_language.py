"""The language of a text by the bundled model, and primary subtags of what pages claim."""

from __future__ import annotations

import pytest

from monitor.parse.language import detect, primary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der Stadtrat hat am Montag beschlossen, die alte Brücke zu sperren.", "de"),
        ("The city council decided on Monday to close the old bridge.", "en"),
        ("Городской совет в понедельник решил закрыть старый мост.", "ru"),
        ("市议会周一决定关闭这座老桥，因为检查人员发现了裂缝。", "zh"),
        ("市議会は月曜日、検査で亀裂が見つかったため古い橋を閉鎖することを決めた。", "ja"),
        ("Bystyret vedtok mandag å stenge den gamle broen for all trafikk.", "no"),
        ("", None),
        ("12345 67890 – 2025", None),
        ("\x00\ud800", None),
    ],
)
def test_a_text_is_given_its_language(text: str, expected: str | None) -> None:
    assert detect(text) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("de-AT", "de"),
        ("pt_BR.UTF-8", "pt"),
        ("EN", "en"),
        ("nb-NO", "no"),
        ("yue", "zh"),
        ("iw", "he"),
        ("german", None),
        ("", None),
        (None, None),
    ],
)
def test_a_claim_is_reduced_to_its_primary_subtag(tag: str | None, expected: str | None) -> None:
    assert primary(tag) == expected
