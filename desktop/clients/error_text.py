"""Makes a service's error text fit to be shown: one line, printable, at most 300 letters."""

from desktop.kit.text import to_single_line

_MAX_LENGTH = 300


def sanitize_error_text(value: object) -> str:
    """Clean a service's error message, a text or number, to a short line; else empty."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # Python refuses to print an integer of more than 4,300 digits; no message holds one.
    text = str(value) if isinstance(value, str) or abs(value) < 10**20 else ""
    # Cut first: an error page may be megabytes long.
    line = to_single_line(text[: 2 * _MAX_LENGTH])
    return line if len(line) <= _MAX_LENGTH else line[: _MAX_LENGTH - 1] + "…"
