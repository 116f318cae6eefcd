"""Marks texts for translation below Qt; the view-models translate what they show."""


def translate(context: str, text: str) -> str:
    """Mark `text` for lupdate, which finds calls of this name, and return it as it is."""
    del context
    return text


def format_count(count: int, one: str, many: str) -> str:
    """`1 change` or `3 changes`: the count and the right noun."""
    return f"{count:,} {one if count == 1 else many}"
