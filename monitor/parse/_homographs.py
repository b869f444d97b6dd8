"""A host's label as it may be shown: in its own script, unless it could pass for another name."""

from __future__ import annotations

import unicodedata

_CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})
_LOOKALIKES = frozenset("асԁеһіјӏорԛѕԝхуґєїавекмнтɑɡıοαυνικρτχγ")  # Cyrillic and Greek that pass for Latin


def shown_label(label: str) -> str:
    """Return one label of a host as it may be shown."""
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
    return shown if shown and not _is_deceptive(shown) else label


def _is_deceptive(label: str) -> bool:
    """Whether a label mixes scripts, or is of letters that all look Latin, or holds no letters at all."""
    if label != label.lower() or label != unicodedata.normalize("NFC", label):
        return True
    scripts: set[str] = set()
    for letter in label:
        if letter in "-0123456789":
            continue
        if not letter.isalpha() and unicodedata.category(letter) not in ("Mn", "Mc"):
            return True
        if unicodedata.category(letter) in ("Mn", "Mc"):
            continue
        script = unicodedata.name(letter, "UNKNOWN").split()[0]
        if (script == "LATIN" and letter > "\u017f") or letter in "ıɑɡ":
            return True
        scripts.add("CJK" if script in _CJK else script)
    if scripts - {"CJK", "LATIN"} and len(scripts) > 1:
        return True
    return not scripts or (
        bool(scripts & {"CYRILLIC", "GREEK"}) and all(c in _LOOKALIKES for c in label if c.isalpha())
    )
