"""Folding: one spelling for one word, with the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.match.fold import _fold_units, fold

_LATIN = "aeéßİıиіуüńﬁẞ`'ABŁ\u0306\u0308\u0301\u00ad\u200b .-"
_OTHERS = "ｶﾞＡか\u3099\u1100\u1161\u11a8각ก\u0e38\u0e48ज\u093cكأاةי\u05b0ם\u0654\u064bς𐐀"
TRICKY = st.text(alphabet=_LATIN + _OTHERS)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Straße", "strasse"),
        ("İSTANBUL", "istanbul"),
        ("Łódź", "lodz"),
        ("Ёлка Йод Їжак Ўсё", "елка йод їжак ўсе"),
        ("и\u0306", "й"),
        ("Ko\u00adrea", "korea"),
        ("Kur\u200bsk", "kursk"),
        ("ＢＡＳＦ", "basf"),
        ("ｸﾙｽｸ", "クルスク"),
        ("か\u3099", "が"),
        ("\u1112\u1161\u11ab", "한"),
        ("الكورية", "الکوریه"),
        ("كُورْسـك", "کورسک"),
        ("ירושלים", "ירושלימ"),
        ("Στρατιώτης", "στρατιωτησ"),
        ("ज़ेलेंस्की", "ज\u093cेलेंस्की"),
        ("Kursk’ta", "kursk'ta"),
        ("Việt Nam", "viet nam"),
    ],
)
def test_readers_spellings_of_one_word_fold_to_one(written: str, folded: str) -> None:
    assert fold(written).text == folded


@given(st.one_of(st.text(), TRICKY))
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(TRICKY.filter(lambda text: not {"\u00ad", "\u200b"} & set(text)))
def test_the_fast_path_follows_the_whole_law(text: str) -> None:
    assert fold(text).text == _fold_units(text).text


@given(st.one_of(st.text(), TRICKY), st.data())
def test_a_folded_span_leads_to_an_original_that_contains_it(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded.text)))
    end = data.draw(st.integers(start, len(folded.text)))
    first, last = folded.span(start, end)
    assert 0 <= first <= last <= len(text)
    if end > start:
        assert folded.text[start:end] in fold(text[first:last]).text


def test_a_span_is_exact_where_lengths_change() -> None:
    text = "Große Fuß\u00adgänger in İzmir: Kursk"
    folded = fold(text)
    start = folded.text.index("kursk")
    assert text[slice(*folded.span(start, start + 5))] == "Kursk"
