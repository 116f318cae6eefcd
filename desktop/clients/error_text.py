"""What a service said in an error, made fit to be shown: one line, printable, not too long."""


def sanitize_error_text(value: object) -> str:
    """`value` as a short line; empty when it is no text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**20 else ""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:600]).split())
    return line if len(line) <= 300 else line[:299] + "…"
