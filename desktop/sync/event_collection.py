"""Takes events into the store: a stream of one intake, and the whole files of watched folders.

A file is claimed in the database, read into an intake of its own and then marked; it is never moved
or deleted. Killed in between, the next process reads it again into the same intake, where what is
stored is known by its message ids.
"""

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from desktop.events.event_intake import read_events
from desktop.events.event_storage_form import stored_steps
from desktop.kit.clock import Clock
from desktop.model.event_source import EventSource
from desktop.model.watched_file import FolderLook, WatchedFile, judge_folder
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.write_protocol import Checkpoint

log = logging.getLogger(__name__)

# So long a file has to look unchanged before it counts as whole.
SETTLE_S = 5.0


@dataclass(frozen=True)
class StoredCounts:
    """What was stored of a stream: its `lines`, the new ones and the unusable ones of them."""

    lines: int = 0
    stored: int = 0
    invalid: int = 0


@dataclass(frozen=True)
class FolderResult:
    """What became of one folder: files taken in, unreadable ones, and those still being written.

    `trouble` is what kept the folder from being read.
    """

    source: EventSource
    taken: tuple[WatchedFile, ...] = ()
    failed: tuple[WatchedFile, ...] = ()
    unsettled: tuple[WatchedFile, ...] = ()
    trouble: str = ""


async def store_stream(
    store: WorkspaceStore,
    intake: int,
    stream: BinaryIO,
    now: float,
    left_out: Mapping[int, tuple[str, ...]] | None = None,
    *,
    is_attended: bool = True,
) -> StoredCounts:
    """Store the events of a stream; what is stored already, by whatever intake, is left alone.

    `left_out` are actions by line that somebody has unticked: they are closed with the event.
    `is_attended`: a person delivers them, also where their source is delivered by itself.
    """
    lines = stored = invalid = 0
    for step in stored_steps(read_events(stream)):
        lines += len(step)
        invalid += sum(bool(one.reason) for one in step)
        marked = [replace(one, left_out=(left_out or {}).get(one.line, ())) for one in step]
        stored += await store.events.add_events(intake, marked, now, is_attended=is_attended)
    return StoredCounts(lines, stored, invalid)


@dataclass
class FolderCollector:
    """Looks at watched folders and takes whole files in; any number of processes may.

    `checkpoint` is called at named points; tests end the process there.
    """

    store: WorkspaceStore
    clock: Clock
    settle_s: float = SETTLE_S
    checkpoint: Checkpoint = field(default=lambda _name: None)

    async def collect(self, source: EventSource) -> FolderResult:
        """Take in what is whole in a source's folder. Raises StorageError."""
        sources = self.store.event_sources
        try:
            look = await self._look(source)
        except OSError as error:
            trouble = folder_trouble(source.folder, error)
            await sources.put_trouble(source.id, trouble)
            return FolderResult(source, trouble=trouble)
        await sources.put_trouble(source.id, "")
        taken: list[WatchedFile] = []
        failed: list[WatchedFile] = []
        for one in look.whole:
            ended = await self._take(source, one)
            if ended is not None and ended.state != "seen":
                (failed if ended.state == "failed" else taken).append(ended)
        return FolderResult(source, tuple(taken), tuple(failed), look.unsettled)

    async def is_due(self, source: EventSource) -> bool:
        """Whether a look shows something new in a source's folder; remembers the look."""
        try:
            look = await self._look(source)
        except OSError as error:
            await self.store.event_sources.put_trouble(
                source.id, folder_trouble(source.folder, error)
            )
            return False
        known = {one.name: one for one in await self.store.event_sources.list_files(source.id)}
        return any(
            not (known[one.name].state == "failed" and known[one.name].is_like(one))
            for one in look.whole
            if one.name in known
        )

    async def _look(self, source: EventSource) -> FolderLook:
        sources, now = self.store.event_sources, self.clock.now()
        found = await asyncio.to_thread(scan_folder, Path(source.folder))
        look = judge_folder(found, await sources.list_files(source.id), now, self.settle_s)
        if look.looks:
            await sources.put_looks(source.id, look.looks)
        return look

    async def _take(self, source: EventSource, file: WatchedFile) -> WatchedFile | None:
        """Take one file in; None where another process has it. It ends taken, failed, or seen."""
        sources = self.store.event_sources
        intake = await sources.claim_file(source.id, file.name, self.clock.now())
        if intake is None:
            return None
        self.checkpoint("file claimed")
        ended = file
        try:
            with (Path(source.folder) / file.name).open("rb") as stream:
                # Whoever reads it adds nothing: the switch is for what lies in this folder.
                now = self.clock.now()
                counts = await store_stream(self.store, intake, stream, now, is_attended=False)
                self.checkpoint("file stored")
                after = _watched(file.name, os.fstat(stream.fileno()))
        except OSError as error:
            reason = f"It can't be read: {error.strerror or error}."
            ended = replace(file, state="failed", reason=reason, source=intake)
        else:
            # Somebody wrote on while it was read: it is read once more, when it is whole.
            is_whole = after.is_like(file)
            ended = replace(
                after,
                since=file.since if is_whole else self.clock.now(),
                state="taken" if is_whole else "seen",
                source=intake,
                taken_at=self.clock.now(),
                lines=counts.lines,
                stored=counts.stored,
            )
        await sources.finish_file(source.id, ended)
        self.checkpoint("file taken")
        return ended


def scan_folder(folder: Path) -> Sequence[WatchedFile]:
    """Look at every file of a folder; links, pipes and subfolders are none. Raises OSError."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                entry.name.encode()
                if entry.is_file(follow_symlinks=False):
                    found.append(_watched(entry.name, os.lstat(entry.path)))
            except (OSError, UnicodeEncodeError) as error:
                # Renamed or deleted since the folder was listed, or a name that is no text.
                log.info("A file of a watched folder is passed over: %s", type(error).__name__)
    return found


def folder_trouble(folder: str, error: OSError) -> str:
    """Describe why a watched folder cannot be read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"The folder {folder} is not there."
    return f"The folder {folder} can't be read: {error.strerror or error}."


def _watched(name: str, stat: os.stat_result) -> WatchedFile:
    return WatchedFile(name, f"{stat.st_dev}:{stat.st_ino}", stat.st_size, stat.st_mtime_ns)
