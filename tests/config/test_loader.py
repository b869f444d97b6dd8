"""YAML -> strings with places; every fault of a file has its line, its column and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.loader import DEPTH_CAP, SIZE_CAP_BYTES, load_document, locate
from monitor.errors import ConfigError, Problem
from tests.config.builders import flow, problems


def faults(source: Path | str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load_document(source)
    return caught.value.problems


@pytest.mark.parametrize(
    "word", ["NO", "on", "yes", "true", "null", "~", "1943", "12:30", "2024-08-06", "1e3", "0x1f", "007"]
)
def test_every_scalar_stays_the_text_that_was_written(word: str) -> None:
    assert load_document(f"watches: [{word}]").data == {"watches": [word]}


def test_a_dollar_and_a_tilde_are_ordinary_characters() -> None:
    assert load_document('any: [$kursk, "$a ~ $b", =BASF, stem*]').data == {
        "any": ["$kursk", "$a ~ $b", "=BASF", "stem*"]
    }


@pytest.mark.parametrize(
    ("text", "line", "column", "says", "cure"),
    [
        ("a:\n  - *soldat\n", 2, 5, "cannot start with *", "quotes around a term that starts with *"),
        ("a:\n  - *солдат\n", 2, 5, "cannot start with *", "quotes around a term that starts with *"),
        ("a: &x b", 1, 4, "cannot start with &", "quotes around a term that starts with &"),
        ("a: [b, !x c]", 1, 8, "cannot start with !", "quotes around a term that starts with !"),
        ("a: [b, !x]", 1, 8, "cannot start with !", "quotes around a term that starts with !"),
        ("a: @x", 1, 4, "cannot start with @", "quotes around a term that starts with @"),
        ("a: `x`", 1, 4, "cannot start with `", "quotes around a term that starts with `"),
        ("a: %x", 1, 4, "cannot start with %", "quotes around a term that starts with %"),
        ("a: [::1]", 1, 5, "cannot start with :", "quotes around a term that starts with :"),
        ("a:\n\t- b", 2, 1, "a tab stands in the indentation", "spaces"),
        ("a: 1\nb: 2\na: 3", 3, 1, "the key 'a' stands twice", ""),
        ("w:\n  - {id: x, id: y}", 2, 13, "the key 'id' stands twice", ""),
        ('a: "b', 1, 4, "this quote is never closed", "a closing quote"),
        ('a:\n  - "Kursk" OR Sudzha', 2, 13, "does not belong to the list above", ""),
        ("a: b: c", 1, 5, "a colon where none can stand", ""),
        ("a: 1\n---\nb: 2", 2, 1, "a second document starts here", "one document"),
        ("? [a]\n: b", 1, 3, "a key must be a text", ""),
        ("", 1, 1, "the file is empty", "outlets"),
        ("# nothing\n", 1, 1, "the file is empty", "outlets"),
        ("a: \x07", 1, 4, "a character that no text file should hold", ""),
        ("a: [1, 2", 2, 1, "is never closed", ""),
    ],
)
def test_a_fault_has_its_place_and_its_cure(text: str, line: int, column: int, says: str, cure: str) -> None:
    (fault, *_) = faults(text)
    assert (fault.line, fault.column) == (line, column)
    assert says in fault.message
    assert cure in fault.wanted


def test_all_aliases_and_doubles_of_a_file_are_named_at_once() -> None:
    assert [(each.line, each.column) for each in faults("a: *x\nb: !y z\nc: &w v\na: 4\n")] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 1),
    ]


def test_a_file_that_is_not_utf8_is_refused_at_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes("a: 1\nb: Österreich\n".encode("latin-1"))
    (fault,) = faults(path)
    assert (fault.file, fault.line, fault.column) == (str(path), 2, 4)
    assert (fault.got, fault.wanted) == ("the byte 0xd6", "the file saved as UTF-8")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(b"\xef\xbb\xbfa: b\r\n")
    document = load_document(path)
    assert document.data == {"a": "b"}
    assert document.mark(("a",)) == (1, 4)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path / "none.yml")
    assert "tocsin init" in fault.wanted


@pytest.mark.parametrize("path", [".", "a\0b"])
def test_what_is_no_file_is_refused(path: str) -> None:
    assert "cannot be read" in faults(Path(path))[0].message


def test_a_file_above_the_cap_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.yml"
    with path.open("wb") as file:
        file.truncate(SIZE_CAP_BYTES + 1)
    assert str(SIZE_CAP_BYTES) in faults(path)[0].wanted


def test_bottomless_nesting_is_refused() -> None:
    assert "nested too deeply" in faults("a: " + "[" * 100_000)[0].message
    assert load_document("[" * DEPTH_CAP + "]" * DEPTH_CAP).data


def test_places_of_keys_and_values() -> None:
    document = load_document("watches:\n  - id: kursk\n    any: [Kursk,\n          Курск]\n")
    assert document.mark(("watches", 0, "any", 1)) == (4, 11)
    assert document.mark(("watches", 0, "id")) == (2, 9)
    assert document.mark(("watches", 0, "id"), key=True) == (2, 5)
    assert document.mark(("watches", 0, "none", 3)) == (2, 5)
    assert document.mark(("nowhere",)) == (1, 1)


def test_locate_fills_in_only_what_is_missing() -> None:
    document = load_document("a:\n  b: c\n")
    bare, known = locate([Problem(("a", "b"), "x"), Problem((), "y", file="f", line=7, column=8)], document)
    assert (bare.line, bare.column) == (2, 6)
    assert (known.file, known.line, known.column) == ("f", 7, 8)


@given(st.text(alphabet=st.one_of(st.sampled_from("a:-?[]{},*&!|>'\"%@`#\t\n \\.0~=<"), st.characters()), max_size=60))
def test_any_text_is_a_document_or_a_config_error(text: str) -> None:
    for problem in problems(text):
        assert problem.line > 0
        assert problem.column > 0


# What YAML cannot write is refused wherever it stands: control characters and the two that are no characters.
WRITABLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
YAML_VALUES = st.recursive(
    st.text(WRITABLE, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), YAML_VALUES, min_size=1, max_size=4))
def test_what_is_written_with_quotes_is_read_back(data: dict[str, object]) -> None:
    assert load_document(flow(data)).data == data
