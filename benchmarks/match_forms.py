"""Does a dictionary form find its inflected forms, and no other word? Beside substring and Snowball, in one run.

python -m benchmarks.match_forms [folder]      word groups of $TOCSIN_DATA/stem, compounds of $TOCSIN_DATA/compounds

Recall: the shortest word of a group must find the others. Precision: words that share its first letters
but belong to another group must stay unfound. A group of the stem lists is what Snowball gives one stem,
verbs too, so those figures compare rules rather than tell the truth. A folder of paradigms (<language>.tsv:
lemma, form) gives truer groups. Compounds: a found part must begin and end at a joint of the gold split.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from benchmarks._table import Skipped, print_table, print_title
from monitor.match.ast import Word
from monitor.match.fold import fold_word
from monitor.match.forms import Endings
from tests.data import data_root

GROUPS = 400  # per language, drawn with a fixed seed
NEIGHBOURS = 25  # words of other groups per lemma
SHARED_LETTERS = 4
LEAST_WORD = 4  # letters; shorter stems are particles and abbreviations
STEM_LISTS = {
    "czech": "cs", "dutch": "nl", "english": "en", "french": "fr", "german": "de", "italian": "it", "polish": "pl",
    "portuguese": "pt", "russian": "ru", "spanish": "es", "swedish": "sv", "turkish": "tr",
}  # fmt: skip
SNOWBALL = {
    "ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "et": "estonian", "fi": "finnish", "fr": "french",
    "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian", "it": "italian", "lt": "lithuanian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "hr": "serbian", "es": "spanish", "sv": "swedish", "tr": "turkish", "ca": "catalan", "cs": "czech",
}  # fmt: skip
Groups = Mapping[str, frozenset[str]]
Finds = Callable[[str, str], bool]


def main() -> None:
    root = data_root()
    if root is None:
        raise Skipped("no data: set TOCSIN_DATA")
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    print_title(
        "Word forms", "P, R in percent; groups are Snowball's own" if given is None else "P, R in percent; paradigms"
    )
    columns = ("language", "groups", "ours P", "R", "substring P", "R", "Snowball P", "R")
    found = _paradigms(given) if given is not None else _stem_lists(root / "stem")
    print_table(columns, (_row(language, groups, is_named=given is not None) for language, groups in found))
    if given is None:
        _report_joints((root / "compounds" / "cdec_nouns.tsv").read_text("utf-8"))


def _stem_lists(folder: Path) -> Iterator[tuple[str, Groups]]:
    for file in sorted(folder.glob("*.tsv")):
        rows = (line.split("\t")[:2] for line in file.read_text("utf-8").splitlines() if "\t" in line)
        yield STEM_LISTS[file.stem], _grouped((stem, word) for word, stem in rows)


def _paradigms(folder: Path) -> Iterator[tuple[str, Groups]]:
    for file in sorted(folder.glob("*.tsv")):
        rows = [line.split("\t")[:2] for line in file.read_text("utf-8").splitlines() if "\t" in line]
        yield file.stem, _grouped((lemma, form) for lemma, form in rows)


def _grouped(rows: Iterator[tuple[str, str]]) -> Groups:
    groups: dict[str, set[str]] = defaultdict(set)
    for key, word in rows:
        if not {" ", "'", "-"} & set(word):
            groups[key].add(fold_word(word))
    return {key: frozenset(words) for key, words in groups.items()}


def _row(language: str, groups: Groups, *, is_named: bool) -> tuple[str | int | float, ...]:
    rng = random.Random(1)
    lemmas = sorted(key for key, words in groups.items() if len(words) > 1 and len(key) >= LEAST_WORD)
    chosen = {key: _lemma(key, groups[key], is_named) for key in rng.sample(lemmas, min(GROUPS, len(lemmas)))}
    alike: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, words in groups.items():
        for word in sorted(words):
            alike[word[:SHARED_LETTERS]].append((key, word))
    rules: list[Finds | None] = [_ours(language), _substring, _snowball(language)]
    cells: list[str | int | float] = [language, len(chosen)]
    for finds in rules:
        cells += ("–", "–") if finds is None else _figures(finds, chosen, groups, alike)
    return tuple(cells)


def _figures(
    finds: Finds, chosen: Mapping[str, str], groups: Groups, alike: Mapping[str, list[tuple[str, str]]]
) -> tuple[float, float]:
    """Return precision and recall in percent over some groups."""
    right = wrong = missed = 0
    for key, lemma in chosen.items():
        for form in groups[key]:
            is_found = finds(lemma, form)
            right += is_found
            missed += not is_found
        others = [word for other, word in alike[lemma[:SHARED_LETTERS]] if other != key and word not in groups[key]]
        for word in random.Random(key).sample(others, min(NEIGHBOURS, len(others))):
            wrong += finds(lemma, word)
    return 100 * right / max(1, right + wrong), 100 * right / max(1, right + missed)


def _lemma(key: str, words: frozenset[str], is_named: bool) -> str:
    """Return a group's dictionary form: what names a paradigm, else the shortest word of the group."""
    return fold_word(key) if is_named else min(words, key=lambda word: (len(word), word))


def _ours(language: str) -> Finds:
    rules = Endings()

    @lru_cache(maxsize=4)
    def shapes(term: str):  # type: ignore[no-untyped-def]  # the type is Endings.shapes'
        return rules.shapes(Word(term, language), language)

    def finds(term: str, text: str) -> bool:
        return any(shape.end(text, at) is not None for shape in shapes(term) for at in _places(shape.literal, text))

    return finds


def _places(literal: str, text: str) -> Iterator[int]:
    at = text.find(literal)
    while at >= 0:
        yield at
        at = text.find(literal, at + 1)


def _substring(term: str, text: str) -> bool:
    return term in text


def _snowball(language: str) -> Finds | None:
    """Return Snowball's rule, or None where it is not installed or lacks the language."""
    try:
        import snowballstemmer  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415  optional
    except ImportError:
        return None
    name = SNOWBALL.get(language)
    if name is None or name not in snowballstemmer.algorithms():
        return None
    stem = lru_cache(maxsize=100_000)(snowballstemmer.stemmer(name).stemWord)
    return lambda term, text: stem(term) == stem(text)


def _report_joints(lines: str) -> None:
    """Search every part of the gold splits in every compound: what is found must lie between joints."""
    rows = [line.split("\t")[:2] for line in lines.splitlines() if "\t" in line]
    splits = [(fold_word(whole), [fold_word(part) for part in parts.split()]) for whole, parts in rows]
    parts = sorted({part for _, split in splits for part in split if len(part) >= LEAST_WORD})
    rules = Endings()
    shapes = {part: rules.shapes(Word(part, "de"), "de") for part in parts}
    counts = {name: [0, 0, 0] for name in ("ours", "substring")}
    told: set[str] = set()
    for whole, split in splits:
        joints, edges = _joints(whole, split)
        for part in parts:
            for start in _places(part, whole):
                counts["substring"][_place_of(start, start + len(part), joints, edges)] += 1
            for shape in shapes[part]:
                for start in _places(shape.literal, whole):
                    if shape.end(whole, start) is not None:
                        place = _place_of(start, start + len(shape.literal), joints, edges)
                        counts["ours"][place] += 1
                        told |= {f"{part} in {'|'.join(split)}"} if place else set()
    print_title("Compound joints", f"{len(splits)} German nouns, {len(parts)} parts searched in each")
    print_table(("", "a part", "within one part", "across a joint"), ((name, *row) for name, row in counts.items()))
    print("not a part by the gold split: " + ", ".join(sorted(told)))


def _joints(whole: str, split: list[str]) -> tuple[list[int], frozenset[int]]:
    """Return where parts meet, and all places a part may begin or end: letters that link belong to either side."""
    joints, at = [], 0
    for part in split:
        found = whole.find(part, at)
        at = at if found < 0 else found
        joints.append(at)
        at += len(part)
    edges = {place + by for place in (*joints[1:], len(whole)) for by in (-2, -1, 0, 1, 2)}
    return joints[1:], frozenset([0, *edges])


def _place_of(start: int, end: int, joints: list[int], edges: frozenset[int]) -> int:
    """Return 0 for a hit that is a part or some parts, 1 for one within a part, 2 for one across a joint."""
    if start in edges and end in edges:
        return 0
    return 2 if any(start + 2 < joint < end - 2 for joint in joints) else 1


if __name__ == "__main__":
    try:
        main()
    except Skipped as reason:
        print(f"skipped: {reason}")
