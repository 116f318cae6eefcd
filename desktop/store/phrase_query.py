"""Builds the full-text query of a phrase over `ticket_search`."""

import re

from desktop.model.text_pairs import character_pairs, has_paired_script, without_paired_script

TEXT_COLUMNS = "subject body tags"


def phrase_query(text: str, columns: str) -> str:
    """Return the full-text query for words in a row; a star at the end asks for beginnings.

    `columns` are those of the index, with blanks between. Chinese, Japanese and Korean are asked
    for by their pairs, of any column. "" where no letter is left.
    """
    is_prefix = text.rstrip().endswith("*")
    parts = []
    plain = " ".join(re.findall(r"\w+", without_paired_script(text)))
    if plain:
        parts.append(f'{{{columns}}} : "{plain}"{"*" if is_prefix else ""}')
    if has_paired_script(text):
        pairs = character_pairs(text)
        # One character alone is the beginning of its pairs.
        parts.append(f'{{pairs}} : "{pairs}"{"*" if len(pairs) == 1 else ""}')
    return " AND ".join(parts)
