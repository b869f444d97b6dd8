"""The one normaliser: what it keeps, what it drops, and that it stays linear."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse.text import clean, one_line, plain

ANY_TEXT = st.text(alphabet=st.characters(codec=None))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\x00b\x07c", "abc"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("\ufeffBOM", "BOM"),
        ("safe\u202egpj.exe\u202c", "safegpj.exe"),
        ("\u2067isolated\u2069", "isolated"),
        ("lone \ud800 half", "lone  half"),
        ("e\u0301", "é"),
        ("Nord\u00adkorea", "Nordkorea"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("c1 \x85\x9f", "c1 "),
    ],
)
def test_clean_drops_what_is_invisible_or_deceives_f7(written: str, kept: str) -> None:
    assert clean(written) == kept


@given(ANY_TEXT)
def test_cleaning_twice_equals_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")


@given(ANY_TEXT, st.integers(min_value=2, max_value=50))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert line == line.strip()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("AT&amp;T", "AT&T"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<p>one<p>two<br>three", "one\ntwo\nthree"),
        ("a<script>evil()</script>b<style>p{}</style>c", "abc"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ('<a title="x > y">link</a>', "link"),
        ("<b>wort</b>teil", "wortteil"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("<![CDATA[inner]]>", "inner"),
        ("open <b", "open <b"),
        ("line\nfold <b>x</b>", "line fold x"),
        ("x &nbsp; y", "x y"),
        ("&#x110000; &#0; &bogus;", "\ufffd \ufffd &bogus;"),
    ],
)
def test_plain_reads_markup_as_a_reader_sees_it(markup: str, text: str) -> None:
    assert plain(markup) == text


@given(st.text(alphabet="<>!-/&;\"' abpscript=[]CDAT\n", max_size=200))
def test_plain_never_fails_and_leaves_no_comment(markup: str) -> None:
    assert isinstance(plain(markup), str)


@pytest.mark.parametrize(
    "trap", ["<!--", "<![CDATA[", '<a "', '<a ">"', "<script>", "<b ", "&amp;", "a\u0315\u0300", "\u0300\u0315"]
)
def test_a_megabyte_of_a_quadratic_trap_is_read_f4(trap: str) -> None:
    # A quadratic reader would need hours for it: the suite would not end.
    assert isinstance(plain(trap * (1_000_000 // len(trap))), str)
