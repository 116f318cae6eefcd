"""One table of a Sell export on disk: appended page by page, then written as JSON Lines and CSV."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from zlib import crc32

import msgspec

from desktop.customer.sell_export.export_folder import (
    FileEntry,
    SellExportFolder,
    open_private,
    write_error,
)
from desktop.kit.csv_text import BYTE_ORDER_MARK, csv_lines
from desktop.model.json_value import Json

Record = Mapping[str, Json]
ToRow = Callable[[Record], dict[str, str]]
# Rows that are put together before they are written.
_CHUNK = 500


class PartFile:
    """The records of a table so far, one JSON line each; of two with one key the later counts."""

    def __init__(self, path: Path, length: int, key: str = "id") -> None:
        """`length` bytes of an earlier process's file count; what it wrote after them does not."""
        self.path = path
        self._key = key
        # Key → checksum of the line, where it begins, and how long it is.
        self._lines: dict[object, tuple[int, int, int]] = {}
        # How many bytes count.
        self.length = 0
        try:
            exists = path.exists()
            self._file = path.open("r+b") if exists else open_private(path)
            self._file.truncate(length)
            self._file.seek(0)
            for line in self._file:
                self._note(msgspec.json.decode(line)[key], line)
        except OSError as error:
            raise write_error(path, error) from error

    @property
    def keys(self) -> Iterable[object]:
        """The keys of the records in a Sell export's part file."""
        return self._lines.keys()

    def __len__(self) -> int:
        return len(self._lines)

    def _note(self, key: object, line: bytes) -> None:
        self._lines[key] = (crc32(line), self.length, len(line))
        self.length += len(line)

    def append(self, records: Iterable[Record]) -> int:
        """Append the records that are new or other than before; how many they are.

        They are on the disk when it returns. Raises StorageError.
        """
        count = 0
        try:
            self._file.seek(0, os.SEEK_END)
            for record in records:
                line = msgspec.json.encode(record) + b"\n"
                known = self._lines.get(record[self._key])
                if known is not None and known[0] == crc32(line):
                    continue
                self._file.write(line)
                self._note(record[self._key], line)
                count += 1
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise write_error(self.path, error) from error
        return count

    def drop(self, keys: Iterable[object]) -> None:
        """Leave records out of a Sell export that the service no longer has."""
        for key in keys:
            self._lines.pop(key, None)

    def records(self) -> Iterator[Record]:
        """Yield the records of a Sell export's table, by key."""
        for key in sorted(self._lines, key=_sort_key):
            _, start, size = self._lines[key]
            self._file.seek(start)
            yield msgspec.json.decode(self._file.read(size))
        self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Close a Sell export's part file."""
        self._file.close()


def _sort_key(key: object) -> tuple[bool, int, str]:
    return (isinstance(key, str), key if isinstance(key, int) else 0, str(key))


def write_table(
    folder: SellExportFolder,
    name: str,
    records: Callable[[], Iterable[Record]],
    columns: Sequence[str],
    to_row: ToRow,
) -> list[FileEntry]:
    """Write a table as `NAME.jsonl` and `NAME.csv`; returns the files with their checksums.

    `records` is called several times. `columns` stand first, others follow as they turn up.
    Raises StorageError.
    """
    header = dict.fromkeys(columns)
    for record in records():
        header.update(dict.fromkeys(to_row(record)))
    names = list(header)

    def csv_pieces() -> Iterator[tuple[bytes, int]]:
        yield (BYTE_ORDER_MARK + csv_lines([names])).encode(), 0
        for chunk in _chunks(records()):
            rows = ([cells.get(column, "") for column in names] for cells in map(to_row, chunk))
            yield csv_lines(rows).encode(), len(chunk)

    def json_pieces() -> Iterator[tuple[bytes, int]]:
        for chunk in _chunks(records()):
            yield b"".join(msgspec.json.encode(record) + b"\n" for record in chunk), len(chunk)

    return [
        _write_file(folder, f"{name}.jsonl", json_pieces()),
        _write_file(folder, f"{name}.csv", csv_pieces()),
    ]


def _write_file(
    folder: SellExportFolder, name: str, pieces: Iterator[tuple[bytes, int]]
) -> FileEntry:
    part, entry = folder.write_part(name, pieces)
    folder.place(part, name)
    return entry


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
