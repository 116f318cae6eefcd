"""The folder of a Sell export: what is done so far, and that no other file is overwritten.

`.sell-export.json` says how far the export is; killed at any moment it goes on from there. It is
gone once `manifest.json` is there.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from desktop.kit.errors import InvalidInput, StorageError

MANIFEST = "manifest.json"
STATE = ".sell-export.json"
_FORMAT = 1


class FileEntry(msgspec.Struct):
    """A finished file of a Sell export."""

    name: str
    sha256: str
    bytes: int
    rows: int


class TableProgress(msgspec.Struct):
    """How far a table of a Sell export is.

    `page` is the next one of pass `number`; `length` is how much of the part file counts. Once it
    is done `rows` are in its files, `note` says why there are none, `is_verified` that a whole
    pass over the service found the same records.
    """

    number: int = 1
    page: int = 1
    length: int = 0
    is_done: bool = False
    is_verified: bool = False
    rows: int = 0
    note: str = ""
    files: list[FileEntry] = msgspec.field(default_factory=list)


class ExportProgress(msgspec.Struct):
    """How far a Sell export is, as its folder keeps it; `account` is Sell's id of the account."""

    account: int
    begun_at: float
    tables: dict[str, TableProgress] = msgspec.field(default_factory=dict)
    format: int = _FORMAT


@dataclass
class SellExportFolder:
    """The folder of one Sell export, for its owner alone."""

    path: Path
    progress: ExportProgress = field(init=False)

    def open(self, account: int, names: Iterator[str], now: float) -> bool:
        """Begin an export in the folder, or go on with one of the same account: True then.

        Raises InvalidInput where the folder holds a finished export, another account's, or a file
        of a name that the export would write; StorageError.
        """
        if (self.path / MANIFEST).exists():
            raise InvalidInput(
                f"{self.path} holds a finished export.",
                "Nothing was read or written.",
                "Choose another folder.",
            )
        found = self._read_progress()
        if found is not None:
            if found.account != account:
                raise InvalidInput(
                    f"{self.path} holds an unfinished export of another Sell account.",
                    "Nothing was read or written.",
                    "Choose another folder.",
                )
            self.progress = found
            return True
        there = sorted(name for name in names if (self.path / name).exists())
        if there:
            raise InvalidInput(
                f"{self.path} holds {there[0]} already.",
                "It is not part of an export, and is not overwritten.",
                "Choose another folder.",
            )
        self.progress = ExportProgress(account, now)
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InvalidInput(
                f"{self.path} cannot be written to.",
                str(error.strerror or error),
                "Choose another folder.",
            ) from error
        self.save()
        return False

    def _read_progress(self) -> ExportProgress | None:
        path = self.path / STATE
        try:
            if self.path.exists() and not self.path.is_dir():
                raise InvalidInput(f"{self.path} is not a folder.", "", "Choose another one.")
            found = msgspec.json.decode(path.read_bytes(), type=ExportProgress)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise _broken_progress(path) from error
        if found.format != _FORMAT:
            raise _broken_progress(path)
        return found

    def table(self, name: str) -> TableProgress:
        """Return how far a table of the export is."""
        return self.progress.tables.setdefault(name, TableProgress())

    def save(self) -> None:
        """Store how far the export is, whole or not at all. Raises StorageError."""
        self._replace(STATE, msgspec.json.encode(self.progress))

    def require_unchanged(self) -> None:
        """Raise StorageError where a written file is not as it was: its list is read again then.

        The checksums of the manifest are those of what was read from Sell.
        """
        for name, progress in self.progress.tables.items():
            for entry in progress.files:
                path = self.path / entry.name
                if not path.exists():
                    self.progress.tables[name] = TableProgress()
                    self.save()
                    raise StorageError(
                        f"{entry.name} is no longer there.",
                        "It was written and has been removed since.",
                        "Start the export again: it goes on.",
                    )
                if file_hash(path) != entry.sha256:
                    raise StorageError(
                        f"{entry.name} was changed.",
                        "It is not as it was written, and is not overwritten.",
                        "Move it away, then start the export again: it goes on.",
                    )

    def finish(self, manifest: object) -> None:
        """Write the manifest, which ends the export. Raises StorageError."""
        text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
        self._replace(MANIFEST, text.encode())
        (self.path / STATE).unlink(missing_ok=True)

    def _replace(self, name: str, content: bytes) -> None:
        part, _ = self.write_part(name, [(content, 0)])
        try:
            part.replace(self.path / name)
        except OSError as error:
            raise write_error(self.path / name, error) from error

    def write_part(self, name: str, pieces: Iterable[tuple[bytes, int]]) -> tuple[Path, FileEntry]:
        """Write a file to disk, not yet under its name; each piece with how many rows it has.

        Returns where it is, and its size, rows and checksum. Raises StorageError.
        """
        part = self.path / f".{name}.part"
        digest, size, rows = hashlib.sha256(), 0, 0
        try:
            with open_private(part) as file:
                for data, count in pieces:
                    file.write(data)
                    digest.update(data)
                    size += len(data)
                    rows += count
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise write_error(self.path / name, error) from error
        return part, FileEntry(name, digest.hexdigest(), size, rows)

    def place(self, part: Path, name: str) -> None:
        """Give a written file its name. Raises StorageError where another file has it meanwhile.

        Killed after this and before the state is stored, the same content is there already.
        """
        target = self.path / name
        try:
            # Unlike a rename a link never replaces what is there.
            os.link(part, target)
        except FileExistsError:
            if file_hash(target) != file_hash(part):
                raise StorageError(
                    f"{target} is another file.",
                    "It came into the folder while the export was being made.",
                    "Move it away, then start the export again: it goes on.",
                ) from None
        except OSError:
            # A file system without links: FAT, some network shares.
            if target.exists():
                raise StorageError(
                    f"{target} is there already.", "", "Move it away, then start again."
                ) from None
            part.replace(target)
            return
        part.unlink(missing_ok=True)


def open_private(path: Path) -> BinaryIO:
    """Open a file of a Sell export anew, readable by its owner alone."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    return open(os.open(path, flags, 0o600), "w+b")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file of a Sell export."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_error(path: Path, error: OSError) -> StorageError:
    """Return the error for a file of a Sell export that can't be written."""
    return StorageError(
        "The export can't be written.",
        f"{path.name}: {error.strerror or error}.",
        "Free some space or choose another folder. Started again, it goes on from here.",
    )


def _broken_progress(path: Path) -> InvalidInput:
    return InvalidInput(
        f"{path} can't be read.",
        "It says how far an earlier export is; what was written is left as it is.",
        "Choose another folder, or remove this one.",
    )
