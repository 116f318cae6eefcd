"""A saved segment: conditions that somebody gave a name."""

from dataclasses import dataclass

from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count, to_single_line

MAX_NAME_LENGTH = 80


@dataclass(frozen=True)
class SavedSegment:
    """A named expression of conditions, when it was saved (Unix seconds) and by whom.

    `used_by` are the titles of the syncs and rules that ask it.
    """

    name: str
    expression: str
    saved_at: float
    saved_by: str
    used_by: tuple[str, ...] = ()

    @property
    def use_text(self) -> str:
        """Say how many syncs use the segment, and which; "" where none does."""
        if not self.used_by:
            return ""
        many = format_count(len(self.used_by), "sync", "syncs")
        return f"used by {many}: {', '.join(self.used_by)}"


def check_segment_name(text: str) -> str:
    """Return a segment's name in one line. Raises InvalidInput for an empty or long one."""
    name = to_single_line(text)
    if not name:
        raise InvalidInput("The segment has no name.", "Nothing was saved.", "Type a name.")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidInput(
            "The segment's name is too long.",
            f"It has {len(name)} characters; {MAX_NAME_LENGTH} fit. Nothing was saved.",
            "Shorten it.",
        )
    return name
