"""Fingerprints: stable across processes, close for copies, far for others, none for a few words."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from monitor.parse.fingerprint import SCHEME, fingerprint

WORDS = [f"word{number}" for number in range(200)]
TEXT = " ".join(WORDS)


def likeness(one: str, other: str) -> float:
    first, second = fingerprint(one), fingerprint(other)
    assert first is not None
    assert second is not None
    pairs = zip(struct.unpack("<128I", first.signature), struct.unpack("<128I", second.signature), strict=True)
    return sum(mine == its for mine, its in pairs) / 128


def test_a_signature_is_128_words_of_4_bytes_and_counts_its_shingles() -> None:
    found = fingerprint(TEXT)
    assert found is not None
    assert (len(found.signature), found.shingles, found.scheme) == (512, 198, SCHEME)


def test_the_same_text_gives_the_same_bytes_in_another_process() -> None:
    found = fingerprint(TEXT)
    code = "import sys; from monitor.parse.fingerprint import fingerprint as f; print(f(sys.argv[1]).signature.hex())"
    other = subprocess.run([sys.executable, "-c", code, TEXT], capture_output=True, text=True, check=True)
    assert found is not None
    assert other.stdout.strip() == found.signature.hex()


def test_case_width_and_line_breaks_do_not_count() -> None:
    assert likeness(TEXT, TEXT.upper().replace(" ", "\n")) == 1


def test_an_edited_copy_is_near_and_another_text_is_far() -> None:
    edited = " ".join([*WORDS[:100], "inserted", *WORDS[101:]])
    assert likeness(TEXT, edited) > 0.8
    assert likeness(TEXT, " ".join(f"other{number}" for number in range(200))) < 0.1


@pytest.mark.parametrize(
    ("text", "has_one"),
    [("", False), ("ein kurzer Satz", False), (" ".join(WORDS[:26]), False), (" ".join(WORDS[:27]), True)],
)
def test_too_short_a_text_has_none(text: str, has_one: bool) -> None:
    assert (fingerprint(text) is not None) is has_one


@pytest.mark.parametrize(
    "sentence",
    [
        "市议会周一决定关闭老桥所有交通因为检查人员发现裂缝市长请求大家耐心等待报告二月底完成",
        "เทศบาลตัดสินใจปิดสะพานเก่าเมื่อวันจันทร์เพราะพบรอยร้าว",
    ],
)
def test_scripts_without_spaces_are_cut_into_characters(sentence: str) -> None:
    found = fingerprint(sentence)
    assert found is not None
    assert found.shingles > 25
