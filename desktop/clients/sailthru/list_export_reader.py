"""Reads a list's export, piece by piece and row by row; never the whole file (contract 2.4)."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from desktop.clients.connection_errors import truncated_response_error
from desktop.clients.field_parser import FieldParser
from desktop.clients.json_parsing import InvalidJsonError, parse_json
from desktop.clients.sailthru import list_export_header as head
from desktop.clients.sailthru.csv_parser import CsvRecord, CsvRecordReader, UnterminatedQuoteError
from desktop.clients.sailthru.list_export_header import (
    ExportHeader,
    changed_header_error,
    parse_export_header,
)
from desktop.clients.sailthru.wire_to_model import parse_timestamp
from desktop.kit.text import is_valid_unicode
from desktop.model.exported_profile import ExportedProfile
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.time_zone import parse_time_zone


@dataclass(frozen=True)
class InvalidExportRow:
    """A row that cannot be used: where it begins, how many lines it takes, and why not."""

    line_no: int
    reason: str
    lines: int = 1


ExportRow = ExportedProfile | InvalidExportRow


class ListExportReader:
    """One file's reader.

    The names in `Lists` are joined by commas, so a list with a comma in its name comes as two
    names of no list: compare with the account's lists before trusting a name.
    """

    def __init__(self, vars: Iterable[str], zone: str) -> None:
        """`vars` are those the export was asked for; `zone` is the account's, for its dates.

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
        """What was not used of what was read so far, a sentence each and no values."""
        repeated = self._header.repeated_columns if self._header is not None else ()
        return (
            *(f"column “{name}” stands there twice: the first counts" for name in repeated),
            *(f"column “{name}”: {n:,} × {why}" for (name, why), n in self._problem_counts.items()),
        )

    def feed(self, piece: bytes) -> Iterator[ExportRow]:
        """The rows that end in this piece; take them all before the next piece is fed.

        Raises ServiceTrouble for a changed header, TimedOut for a file that broke off.
        """
        yield from self._rows(self._records.feed(piece))

    def finish(self) -> Iterator[ExportRow]:
        """The last row, where no line end stands behind it. Raises like `feed`."""
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
        if len(cells) != header.width:
            reason = f"{len(cells)} cells instead of {header.width}"
            return InvalidExportRow(record.line_no, reason, record.line_count)
        found = {name: cells[place] for name, place in header.columns.items()}
        sid, email_hash = (
            found.get(name, "").strip() for name in (head.SID_COLUMN, head.EMAIL_HASH_COLUMN)
        )
        if not sid and not email_hash:
            return InvalidExportRow(
                record.line_no, "neither profile id nor email hash", record.line_count
            )
        notes = FieldParser()
        status = found.get(head.EMAIL_STATUS_COLUMN, "").strip()
        made = ExportedProfile(
            sid=sid,
            email_hash=email_hash.lower(),
            extid=found.get(head.EXTID_COLUMN) or None,
            email=found.get(head.EMAIL_COLUMN, "").strip().lower() or None,
            engagement=found.get(head.ENGAGEMENT_COLUMN) or None,
            lists=tuple(
                filter(None, (n.strip() for n in found.get(head.LISTS_COLUMN, "").split(",")))
            ),
            optout=_parse_email_status(status),
            email_status=status,
            activity={
                name: at
                for column, name in head.ACTIVITY_COLUMNS.items()
                if (text := found.get(column))
                if (at := self._moment(text, column, notes)) is not None
            },
            lifetime={
                name: count
                for column, name in head.LIFETIME_COLUMNS.items()
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
        """Unix seconds; the form of an export's dates is not known, so several are read."""
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
    """Every row of a download. Raises what the download and the reader raise."""
    async for piece in pieces:
        for row in reader.feed(piece):
            yield row
    for row in reader.finish():
        yield row


def _parse_email_status(status: str) -> OptOutLevel | None:
    """What `Email Status` says of the opt-out; its words are known from one account only."""
    words = status.lower().replace("-", "").split()
    if words == ["valid"]:
        return OptOutLevel.NONE
    levels = [level for level in OptOutLevel if level.value in words]
    return levels[0] if words[:1] == ["optout"] and len(levels) == 1 else None


def _parse_var_value(text: str) -> Json:
    """Arrays and objects come as JSON; everything else a CSV gives is text."""
    if text[0] not in "[{":
        return text
    try:
        found = parse_json(text.encode())
    except InvalidJsonError:
        return text
    usable = FieldParser().json(found, "") if isinstance(found, list | dict) else None
    return usable[0] if usable else text
