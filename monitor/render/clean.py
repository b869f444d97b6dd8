"""Make text that strangers wrote safe to put on a line, in a header, on a terminal.

The gate into the store cleans too; this is the second lock, because a message must be sendable
whatever the store holds. Controls and lone surrogates go, and so do the marks that turn the
reading direction around; what is cut ends with an ellipsis and never inside a character.
"""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
RAW_CAP = 50_000  # code points looked at; a title of megabytes costs no more than this
_CUT_BACK = 32  # code points of one drawn character at most; beyond it is a joke, and is cut

_DIRECTION_MARKS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x2070))
_INVISIBLE = (0x2060, 0xFEFF, *range(0xFFF9, 0xFFFC), 0xE0001)
# C0, DEL and C1 become spaces, so that words stay apart; U+2028 and U+2029 are line ends.
_TABLE: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " "),
    **dict.fromkeys((*_DIRECTION_MARKS, *_INVISIBLE, 0xFFFE, 0xFFFF), None),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
    **dict.fromkeys((0x0A, 0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n"),
}


def clean(text: str) -> str:
    """Return `text` without controls, surrogates and direction marks; lines stay, ended by \\n."""
    return text[:RAW_CAP].replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE).strip()


def one_line(text: str) -> str:
    """Return `text` cleaned, on one line, with single spaces."""
    return " ".join(clean(text).split())


def cut(text: str, limit: int) -> str:
    """Return `text` in at most `limit` code points, an ellipsis last where some were left out."""
    if len(text) <= limit:
        return text
    end = limit - 1
    for at in range(end, max(end - _CUT_BACK, -1), -1):
        if _is_border(text, at):
            end = at
            break
    return text[:end].rstrip() + ELLIPSIS


def _is_border(text: str, at: int) -> bool:
    """Whether a new drawn character starts at `at` (UAX #29, as far as marks, joiners and flags go)."""
    if at == 0:
        return True
    here, before = text[at], text[at - 1]
    if before == "\u200d" or here == "\u200d" or unicodedata.category(here) in ("Mn", "Mc", "Me"):
        return False
    if "\U0001f3fb" <= here <= "\U0001f3ff" or "\U000e0020" <= here <= "\U000e007f":
        return False
    if not _is_flag_half(here):
        return True
    run = 0
    while run < at and _is_flag_half(text[at - 1 - run]):
        run += 1
    return run % 2 == 0


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
