"""Text helpers: a count with its noun, one printable line, shortening, and valid Unicode."""


def format_count(count: int, one: str, many: str) -> str:
    """Return `1 change` or `3,000 changes`: the count with its noun in singular or plural."""
    # Zero takes the plural in English.
    return f"{count:,} {one if count == 1 else many}"


def to_single_line(text: str) -> str:
    """Return `text` on one line: control characters and runs of white space become one space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shorten(text: str, length: int) -> str:
    """Return `text`, cut to `length` characters with an ellipsis as the last."""
    return text if len(text) <= length else text[: length - 1] + "…"


def is_valid_unicode(text: str) -> bool:
    """Whether UTF-8 can hold the text: half of a surrogate pair, which JSON can carry, is not."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
