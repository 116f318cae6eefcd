"""An incremental CSV parser (RFC 4180) for Sailthru's list exports, downloaded in pieces.

The csv module pulls its lines and cannot be handed pieces, and it refuses a cell over 128 KB
unless a limit is raised for the whole process. So this reads by its rules, quote for quote: a
quote opens a quoted cell only at the cell's beginning and is text anywhere else.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass

# A record that grows beyond this has a quote that is never closed.
MAX_RECORD_LENGTH = 16_000_000


class UnterminatedQuoteError(ValueError):
    """A quoted cell without an end; the list export reader reports it as truncated."""


@dataclass(frozen=True)
class CsvRecord:
    """One CSV record's text without its line end; it begins at line `line_no`, from 1."""

    line_no: int
    text: str

    @property
    def line_count(self) -> int:
        """How many lines of the CSV file the record takes."""
        return self.text.count("\n") + 1

    def cells(self) -> list[str]:
        """Return the CSV record's cells."""
        return split_cells(self.text)


class CsvRecordReader:
    """Splits UTF-8 pieces of a CSV file into records; invalid bytes become surrogates."""

    def __init__(self) -> None:
        # -sig: a byte order mark before the first column's name would hide it.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._line_no = 1
        # What came of the line that has no end yet, and of the record that has none.
        self._line = io.StringIO(newline="")
        self._record = io.StringIO(newline="")

    def feed(self, piece: bytes) -> Iterator[CsvRecord]:
        """Yield the CSV records that end in this piece; take them all before the next is fed.

        Raises UnterminatedQuoteError.
        """
        return self._records_in(self._decoder.decode(piece))

    def finish(self) -> Iterator[CsvRecord]:
        """Yield the CSV record behind the last line end. Raises UnterminatedQuoteError."""
        rest = self._decoder.decode(b"", final=True)
        yield from self._records_in(f"{rest}\n" if rest or self._line.tell() else "")
        if self._record.tell():
            raise UnterminatedQuoteError

    def _records_in(self, text: str) -> Iterator[CsvRecord]:
        first, end, rest = text.partition("\n")
        self._line.write(first)
        if end:
            line = f"{_drain(self._line)}\n"
            yield from self._end_line(line)
            # All whole lines of the piece at once: most cells have no quote, and a step per line
            # is slow.
            whole, end, unfinished = rest.rpartition("\n")
            if self._record.tell() and '"' not in whole:
                self._record.write(whole + end)
            elif end:
                for line in whole.split("\n"):
                    yield from self._end_line(f"{line}\n")
            self._line.write(unfinished)
        if self._line.tell() + self._record.tell() > MAX_RECORD_LENGTH:
            raise UnterminatedQuoteError

    def _end_line(self, line: str) -> Iterator[CsvRecord]:
        inside = self._record.tell() > 0
        if inside or '"' in line:
            self._record.write(line)
            if _ends_in_quotes(line, inside=inside):
                return
            line = _drain(self._record)
        text = line[:-2] if line.endswith("\r\n") else line[:-1]
        record = CsvRecord(self._line_no, text)
        self._line_no += record.line_count
        yield record


def _drain(kept: io.StringIO) -> str:
    text = kept.getvalue()
    kept.seek(0)
    kept.truncate()
    return text


def split_cells(text: str) -> list[str]:
    """Split a whole CSV record into its cells."""
    if '"' not in text:
        return text.split(",")
    found: list[str] = []
    place = 0
    while True:
        if not text.startswith('"', place):
            opening = text.find(',"', place)
            if opening < 0:
                return found + text[place:].split(",")
            found += text[place:opening].split(",")
            place = opening + 1
            continue
        closing = _closing_quote_index(text, place + 1)
        quoted = text[place + 1 : closing].replace('""', '"')
        comma = text.find(",", closing + 1)
        if comma < 0:
            return [*found, quoted + text[closing + 1 :]]
        found.append(quoted + text[closing + 1 : comma])
        place = comma + 1


def _ends_in_quotes(line: str, *, inside: bool) -> bool:
    """Whether a CSV line ends inside a quoted cell; `inside`: it begins inside one."""
    place = 0
    if not inside and line.startswith('"'):
        inside, place = True, 1
    while True:
        if inside:
            closing = _closing_quote_index(line, place)
            if closing == len(line):
                return True
            inside, place = False, closing + 1
        else:
            opening = line.find(',"', place)
            if opening < 0:
                return False
            inside, place = True, opening + 2


def _closing_quote_index(text: str, place: int) -> int:
    """Return the index of the quote that closes a CSV cell begun before `place`, or the length."""
    while True:
        quote = text.find('"', place)
        if quote < 0:
            return len(text)
        if not text.startswith('"', quote + 1):
            return quote
        place = quote + 2
