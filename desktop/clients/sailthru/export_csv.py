"""Reads a list's export, piece by piece and row by row; never the whole file (contract 2.4)."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from desktop.clients.field import Notes
from desktop.clients.json_text import Unreadable, parse
from desktop.clients.sailthru import export_header as head
from desktop.clients.sailthru.csv_record import NeverClosed, Record, RecordReader
from desktop.clients.sailthru.export_header import Header, changed_header, read_header
from desktop.clients.sailthru.translate import moment
from desktop.clients.unreachable import broken_off
from desktop.kit.errors import BadInput
from desktop.model.exported_profile import ExportedProfile
from desktop.model.json_value import Json
from desktop.model.optout import OptOut

__all__ = ["BadRow", "ExportReader", "ExportedProfile", "rows_of"]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used: where it begins, how many lines it takes, and why not."""

    line_no: int
    reason: str
    lines: int = 1


Row = ExportedProfile | BadRow


class ExportReader:
    """One file's reader.

    The names in `Lists` are joined by commas, so a list with a comma in its name comes as two
    names of no list: compare with the account's lists before trusting a name.
    """

    def __init__(self, vars: Iterable[str], zone: str) -> None:
        """`vars` are those the export was asked for; `zone` is the account's, for its dates.

        Raises BadInput for a zone this computer does not know.
        """
        self._wanted = tuple(vars)
        self._zone = _zone(zone)
        self._records = RecordReader()
        self._header: Header | None = None
        # By column and why: a file may have a million of them.
        self._left_out: Counter[tuple[str, str]] = Counter()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was not used of what was read so far, a sentence each and no values."""
        repeated = self._header.repeated if self._header is not None else ()
        return (
            *(f"column “{name}” stands there twice: the first counts" for name in repeated),
            *(f"column “{name}”: {n:,} × {why}" for (name, why), n in self._left_out.items()),
        )

    def feed(self, piece: bytes) -> Iterator[Row]:
        """The rows that end in this piece; take them all before the next piece is fed.

        Raises ServiceTrouble for a changed header, TimedOut for a file that broke off.
        """
        yield from self._rows(self._records.feed(piece))

    def finish(self) -> Iterator[Row]:
        """The last row, where no line end stands behind it. Raises like `feed`."""
        yield from self._rows(self._records.finish())
        if self._header is None:
            raise changed_header()

    def _rows(self, records: Iterator[Record]) -> Iterator[Row]:
        try:
            for record in records:
                if not record.text:
                    continue
                if self._header is None:
                    self._header = read_header(record.cells(), self._wanted)
                else:
                    yield self._row(self._header, record)
        except NeverClosed:
            raise broken_off("Sailthru") from None

    def _row(self, header: Header, record: Record) -> Row:
        if not _encodable(record.text):
            return BadRow(record.line_no, "not valid UTF-8", record.lines)
        cells = record.cells()
        if len(cells) != header.width:
            reason = f"{len(cells)} cells instead of {header.width}"
            return BadRow(record.line_no, reason, record.lines)
        found = {name: cells[place] for name, place in header.columns.items()}
        sid, email_hash = (found.get(name, "").strip() for name in (head.SID, head.HASH))
        if not sid and not email_hash:
            return BadRow(record.line_no, "neither profile id nor email hash", record.lines)
        notes = Notes()
        status = found.get(head.STATUS, "").strip()
        made = ExportedProfile(
            sid=sid,
            email_hash=email_hash.lower(),
            extid=found.get(head.EXTID) or None,
            email=found.get(head.EMAIL, "").strip().lower() or None,
            engagement=found.get(head.ENGAGEMENT) or None,
            lists=tuple(filter(None, (n.strip() for n in found.get(head.LISTS, "").split(",")))),
            optout=_optout(status),
            email_status=status,
            activity={
                name: at
                for column, name in head.ACTIVITY.items()
                if (text := found.get(column))
                if (at := self._moment(text, column, notes)) is not None
            },
            lifetime={
                name: count
                for column, name in head.LIFETIME.items()
                if (text := found.get(column))
                if (count := notes.number(text, column)) is not None
            },
            vars={
                name: _value(text) for name, place in header.vars.items() if (text := cells[place])
            },
        )
        self._left_out.update((bad.where, bad.why) for bad in notes.bad)
        return made

    def _moment(self, text: str, where: str, notes: Notes) -> float | None:
        """Unix seconds; the form of an export's dates is not known, so several are read."""
        if text.isdigit():
            return notes.number(text, where) if len(text) < 12 else None
        try:
            found = datetime.fromisoformat(text.strip())
            return (found if found.tzinfo else found.replace(tzinfo=self._zone)).timestamp()
        except (ValueError, OverflowError):
            return moment(text, where, notes)


async def rows_of(pieces: AsyncIterator[bytes], reader: ExportReader) -> AsyncIterator[Row]:
    """Every row of a download. Raises what the download and the reader raise."""
    async for piece in pieces:
        for row in reader.feed(piece):
            yield row
    for row in reader.finish():
        yield row


def _optout(status: str) -> OptOut | None:
    """What `Email Status` says of the opt-out; its words are known from one account only."""
    words = status.lower().replace("-", "").split()
    if words == ["valid"]:
        return OptOut.NONE
    levels = [level for level in OptOut if level.value in words]
    return levels[0] if words[:1] == ["optout"] and len(levels) == 1 else None


def _value(text: str) -> Json:
    """Arrays and objects come as JSON; everything else a CSV gives is text."""
    if text[0] not in "[{":
        return text
    try:
        found = parse(text.encode())
    except Unreadable:
        return text
    usable = Notes().json(found, "") if isinstance(found, list | dict) else None
    return usable[0] if usable else text


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            "The account’s time zone is not known here.",
            f"Sailthru calls it “{name[:60]}”.",
            "Choose the time zone in Settings.",
        ) from None


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
