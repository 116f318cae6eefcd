"""The kind of a workspace (production, test, sandbox), and which acts production confirms."""

from enum import StrEnum

# More people than this are a bulk change: a slip over fewer is undone more quickly than asked.
CONFIRM_OVER = 50


class WorkspaceKind(StrEnum):
    """What the accounts of a workspace are for; its value is the setting's."""

    PRODUCTION = "production"
    TEST = "test"
    SANDBOX = "sandbox"

    @property
    def label(self) -> str:
        """The workspace's kind on screen, as one capitalised word."""
        return self.value.capitalize()


def confirmed_over(kind: WorkspaceKind) -> int | None:
    """Return the number of people over which an act in such a workspace is confirmed once more.

    None: it is never. For whatever writes to many people at once: runs, rollbacks, bulk changes.
    """
    return CONFIRM_OVER if kind is WorkspaceKind.PRODUCTION else None


def needs_confirmation(kind: WorkspaceKind, people: int) -> bool:
    """Whether changing so many people in such a workspace is confirmed once more before."""
    limit = confirmed_over(kind)
    return limit is not None and people > limit
