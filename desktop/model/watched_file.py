"""Which file of a watched folder is whole, and which was taken in already; pure rules."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

# Beside what other programs leave in a folder.
_EVENT_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".txt", ".log"})


@dataclass(frozen=True)
class WatchedFile:
    """A file of a watched folder as it looked last; `modified_ns` is its time of change.

    `file_id` knows it again under another name. `since` is the first look at which it was as it is
    (Unix seconds). `state`: seen, taking, taken or failed, for a `reason`; `source` is its intake,
    `lines` it had, of which `stored` events were new.
    """

    name: str
    file_id: str
    size: int
    modified_ns: int
    since: float = 0.0
    state: str = "seen"
    source: int = 0
    taken_at: float = 0.0
    lines: int = 0
    stored: int = 0
    reason: str = ""

    @property
    def is_for_events(self) -> bool:
        """Whether its name is one of a file of events, and not of one still being written."""
        is_hidden = self.name.startswith((".", "~"))
        return not is_hidden and PurePath(self.name).suffix.lower() in _EVENT_SUFFIXES

    def is_like(self, other: "WatchedFile") -> bool:
        """Whether the watched file looks unchanged: the same size and time of change."""
        return (self.size, self.modified_ns) == (other.size, other.modified_ns)


@dataclass(frozen=True)
class FolderLook:
    """What one look at a folder shows: files to be taken in now, in order, and still growing ones.

    `looks` are to be remembered for the next look.
    """

    whole: tuple[WatchedFile, ...] = ()
    unsettled: tuple[WatchedFile, ...] = ()
    looks: tuple[WatchedFile, ...] = ()


def judge_folder(
    found: Iterable[WatchedFile], known: Iterable[WatchedFile], now: float, settle_s: float
) -> FolderLook:
    """Decide on the files of a folder by how they looked before.

    A file is whole when it looked the same for `settle_s` seconds, under this name or, renamed,
    under another. What was taken in is left alone until it changes.
    """
    by_name = {one.name: one for one in known}
    by_id = {one.file_id: one for one in by_name.values()}
    whole: list[WatchedFile] = []
    unsettled: list[WatchedFile] = []
    looks: list[WatchedFile] = []
    for one in found:
        before = by_name.get(one.name)
        if before is not None and before.state == "taking":
            # Its process has died, or is at it: whoever claims it reads it as it is now.
            whole.append(one)
            continue
        if before is None or not before.is_like(one):
            renamed = by_id.get(one.file_id)
            before = renamed if renamed is not None and renamed.is_like(one) else None
        if before is not None and before.state == "taken":
            if before.name != one.name:
                looks.append(replace(before, name=one.name))
            continue
        # A clock that was set back would make a file wait for years.
        since = min(before.since, now) if before is not None else now
        look = replace(one, since=since)
        if before is None or before.name != one.name:
            looks.append(look)
        if one.is_for_events:
            is_settled = before is not None and now - since >= settle_s
            (whole if is_settled else unsettled).append(look)
    ordered = sorted(whole, key=lambda one: (one.modified_ns, one.name))
    return FolderLook(tuple(ordered), tuple(unsettled), tuple(looks))
