"""Text helpers: counts, durations, days, one line, sentence, shortening, folding, valid Unicode."""

from collections.abc import Sequence
from datetime import date
from unicodedata import category, combining, normalize

# Letters of their own in Unicode, which people without them on the keyboard type by these.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
# U+200C is a letter's form in Persian, U+200D joins emoji; tags make flags.
_JOINING = frozenset(("\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))))


def format_count(count: int, one: str, many: str) -> str:
    """Format a count with its noun in singular or plural: `1 change`, `3,000 changes`."""
    # Zero takes the plural in English.
    return f"{count:,} {one if count == 1 else many}"


def format_duration(seconds: float) -> str:
    """Format a duration roughly: at least `1 minute`, minutes below two hours, else hours."""
    minutes = max(1, round(seconds / 60))
    if minutes < 120:
        return format_count(minutes, "minute", "minutes")
    return format_count(round(seconds / 3600), "hour", "hours")


def format_long_day(day: date) -> str:
    """Format a day in a sentence: `31 August 2027`."""
    return f"{day.day} {day:%B %Y}"


def join_words(words: Sequence[str]) -> str:
    """Join words as a sentence does: “A”, “A and B”, “A, B and C”."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def to_single_line(text: str) -> str:
    """Make a text one line: control characters and runs of white space become one space."""
    return " ".join("".join(c if is_text_character(c) else " " for c in text).split())


def is_text_character(character: str) -> bool:
    """Whether a character may stand in a line of text: no control, line break or direction mark.

    `str.isprintable` also refuses no-break spaces, joiners, and emoji newer than Python's tables.
    """
    return (
        character.isprintable()
        or category(character) in ("Zs", "Cn", "Co")
        or character in _JOINING
    )


def shorten(text: str, length: int) -> str:
    """Cut a text to `length` characters with an ellipsis as the last."""
    return text if len(text) <= length else text[: length - 1] + "…"


def to_sentence(words: str) -> str:
    """Make words a sentence: its first letter is a capital, and one full stop ends it."""
    return f"{words[:1].upper()}{words[1:]}".rstrip(".") + "."


def fold_text(text: str) -> str:
    """Fold a text for searching: without case, accents and width forms, `Łódź` is `lodz`.

    Searches keep texts folded: another letter here needs a migration of each database.
    """
    if text.isascii():
        return text.lower()
    # Folded once more: some letters gain a case by their compatibility form.
    plain = "".join(c for c in normalize("NFKD", text.casefold()) if not combining(c))
    return plain.casefold().translate(_LETTERS)


def is_valid_unicode(text: str) -> bool:
    """Whether UTF-8 can hold a text: half of a surrogate pair, which JSON can carry, it cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
