"""Cuts Chinese, Japanese and Korean text into pairs of characters, for full-text search.

Their words are not separated, so a search by words finds none of them; two characters in a row
are found by their pair, longer phrases by the pairs in a row.
"""

import re

# Kana, CJK ideographs (with extension A and the compatibility forms) and Hangul syllables.
_RUN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def has_paired_script(text: str) -> bool:
    """Whether a text has characters that are searched by pairs."""
    return not text.isascii() and _RUN.search(text) is not None


def character_pairs(text: str) -> str:
    """Return the pairs of a text's Chinese, Japanese and Korean characters, with blanks between.

    A character that stands alone is kept as it is; other scripts are left out.
    """
    if text.isascii():
        return ""
    return " ".join(
        pair
        for run in _RUN.findall(text)
        for pair in ((run[n : n + 2] for n in range(len(run) - 1)) if len(run) > 1 else (run,))
    )


def without_paired_script(text: str) -> str:
    """Return a text without the characters that are searched by pairs."""
    return text if text.isascii() else _RUN.sub(" ", text)
