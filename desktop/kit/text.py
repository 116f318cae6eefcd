"""English words for counts."""


def format_count(count: int, one: str, many: str) -> str:
    """`1 change` or `3 changes`: the count and the right noun."""
    return f"{count:,} {one if count == 1 else many}"
