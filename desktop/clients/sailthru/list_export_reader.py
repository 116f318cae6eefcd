"""Reads Sailthru's list export row by row while it is downloaded (docs/sailthru.md 2.4)."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from desktop.clients.connection_errors import truncated_response_error
from desktop.clients.field_parser import FieldParser
from desktop.clients.json_parsing import InvalidJsonError, parse_json
from desktop.clients.sailthru.csv_parser import CsvRecord, CsvRecordReader, UnterminatedQuoteError
from desktop.clients.sailthru.list_export_header import (
    ACTIVITY_COLUMNS,
    EMAIL_COLUMN,
    EMAIL_HASH_COLUMN,
    EMAIL_STATUS_COLUMN,
    ENGAGEMENT_COLUMN,
    EXTID_COLUMN,
    LIFETIME_COLUMNS,
    LISTS_COLUMN,
    SID_COLUMN,
    ExportHeader,
    changed_header_error,
    parse_export_header,
)
from desktop.clients.sailthru.wire_to_model import parse_timestamp
from desktop.kit.text import is_valid_unicode
from desktop.model.exported_profile import ExportedProfile
from desktop.model.json_value import Json
from desktop.model.time_zone import parse_time_zone


@dataclass(frozen=True)
class InvalidExportRow:
    """A row of a list export that cannot be used: first line, number of lines, reason."""

    line_no: int
    reason: str
    lines: int = 1


ExportRow = ExportedProfile | InvalidExportRow


class ListExportReader:
    """Turns the downloaded pieces of a Sailthru list export into `ExportedProfile`s.

    The names in `Lists` are joined by commas, so a list with a comma in its name comes as two
    names of no list: compare with the account's lists before trusting a name.
    """

    def __init__(self, vars: Iterable[str], zone: str) -> None:
        """`vars` are those a list export was asked for; `zone` is the account's, for its dates.

        Raises InvalidInput for a zone this computer does not know.
        """
        self._wanted = tuple(vars)
        self._zone = parse_time_zone(zone)
        self._records = CsvRecordReader()
        self._header: ExportHeader | None = None
        # By column and why: a file may have a million of them.
        self._problem_counts: Counter[tuple[str, str]] = Counter()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was left out of the list export so far, a sentence each, without values."""
        repeated = self._header.repeated_columns if self._header is not None else ()
        return (
            *(f"column “{name}” stands there twice: the first counts" for name in repeated),
            *(f"column “{name}”: {n:,} × {why}" for (name, why), n in self._problem_counts.items()),
        )

    def feed(self, piece: bytes) -> Iterator[ExportRow]:
        """Yield a list export's rows that end in this piece; take them all before the next.

        Raises ServiceError for a changed header, ResponseTimeout for a file that broke off.
        """
        yield from self._rows(self._records.feed(piece))

    def finish(self) -> Iterator[ExportRow]:
        """Yield a list export's last row, where no line end follows it. Raises like `feed`."""
        yield from self._rows(self._records.finish())
        if self._header is None:
            raise changed_header_error()

    def _rows(self, records: Iterator[CsvRecord]) -> Iterator[ExportRow]:
        try:
            for record in records:
                if not record.text:
                    continue
                if self._header is None:
                    self._header = parse_export_header(record.cells(), self._wanted)
                else:
                    yield self._row(self._header, record)
        except UnterminatedQuoteError:
            raise truncated_response_error("Sailthru") from None

    def _row(self, header: ExportHeader, record: CsvRecord) -> ExportRow:
        if not is_valid_unicode(record.text):
            return InvalidExportRow(record.line_no, "not valid UTF-8", record.line_count)
        cells = record.cells()
        # A row of another width would put values into the wrong vars.
        if len(cells) != header.width:
            reason = f"{len(cells)} cells instead of {header.width}"
            return InvalidExportRow(record.line_no, reason, record.line_count)
        found = {name: cells[place] for name, place in header.columns.items()}
        sid, email_hash = (found.get(name, "").strip() for name in (SID_COLUMN, EMAIL_HASH_COLUMN))
        if not sid and not email_hash:
            return InvalidExportRow(
                record.line_no, "neither profile id nor email hash", record.line_count
            )
        notes = FieldParser()
        made = ExportedProfile(
            sid=sid,
            email_hash=email_hash.lower(),
            extid=found.get(EXTID_COLUMN) or None,
            email=found.get(EMAIL_COLUMN, "").strip().lower() or None,
            engagement=found.get(ENGAGEMENT_COLUMN) or None,
            lists=tuple(filter(None, (n.strip() for n in found.get(LISTS_COLUMN, "").split(",")))),
            email_status=found.get(EMAIL_STATUS_COLUMN, "").strip(),
            activity={
                name: at
                for column, name in ACTIVITY_COLUMNS.items()
                if (text := found.get(column))
                if (at := self._moment(text, column, notes)) is not None
            },
            lifetime={
                name: count
                for column, name in LIFETIME_COLUMNS.items()
                if (text := found.get(column))
                if (count := notes.number(text, column)) is not None
            },
            vars={
                name: _parse_var_value(text)
                for name, place in header.vars.items()
                if (text := cells[place])
            },
        )
        self._problem_counts.update((bad.path, bad.reason) for bad in notes.problems)
        return made

    def _moment(self, text: str, where: str, parser: FieldParser) -> float | None:
        """Parse a list export's date to Unix seconds; its format is not documented: several are."""
        # Eleven digits last until the year 5138; longer ones are milliseconds or ids.
        if text.isdigit():
            return parser.number(text, where) if len(text) < 12 else None
        try:
            found = datetime.fromisoformat(text.strip())
            return (found if found.tzinfo else found.replace(tzinfo=self._zone)).timestamp()
        except (ValueError, OverflowError):
            return parse_timestamp(text, where, parser)


async def read_rows(
    pieces: AsyncIterator[bytes], reader: ListExportReader
) -> AsyncIterator[ExportRow]:
    """Yield every row of a downloaded list export. Raises what download and reader raise."""
    async for piece in pieces:
        for row in reader.feed(piece):
            yield row
    for row in reader.finish():
        yield row


def _parse_var_value(text: str) -> Json:
    """Parse a var's cell in a list export: arrays and objects come as JSON, else it is text."""
    if text[0] not in "[{":
        return text
    try:
        found = parse_json(text.encode())
    except InvalidJsonError:
        return text
    usable = FieldParser().json(found, "") if isinstance(found, list | dict) else None
    return usable[0] if usable else text
