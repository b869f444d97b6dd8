"""Text -> MinHash, by which copies of an article are known again.

Words are folded, three neighbours make a shingle (five characters where a script has no spaces),
and rensa keeps 128 minima. Two fingerprints are comparable only if `scheme` is the same.
"""

from __future__ import annotations

import re
import struct
import unicodedata

from rensa import RMinHash

from monitor.model import Fingerprint

_PERMUTATIONS = 128
_SEED = 20_250_106
_LEAST_SHINGLES = 25  # below it two different notices of a few lines look alike
_WORDS = 3
_CHARACTERS = 5

# Written without spaces between words: Han, Kana, Thai, Lao, Khmer, Myanmar, Tibetan. Hangul has spaces.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    ""
)
_WORD = re.compile(r"[^\W_]+")

SCHEME = f"minhash{_PERMUTATIONS}/w{_WORDS}c{_CHARACTERS}/seed{_SEED}/rensa-{RMinHash.ALGORITHM_VERSION}"


def fingerprint(text: str) -> Fingerprint | None:
    """Return the MinHash of `text`, or None where it is too short to be told apart from others."""
    shingles = _shingles(text)
    if len(shingles) < _LEAST_SHINGLES:
        return None
    sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    sketch.update(shingles)
    return Fingerprint(struct.pack(f"<{_PERMUTATIONS}I", *sketch.digest()), len(shingles), SCHEME)


def _shingles(text: str) -> list[str]:
    """Return the distinct shingles in a fixed order: the same text gives the same list in every process."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    joined = "".join(words)
    if 2 * len(_SPACELESS.findall(joined)) > len(joined):
        runs = (joined[at : at + _CHARACTERS] for at in range(len(joined) - _CHARACTERS + 1))
        return list(dict.fromkeys(runs))
    neighbours = zip(*(words[at:] for at in range(_WORDS)), strict=False)
    return list(dict.fromkeys(map(" ".join, neighbours)))
