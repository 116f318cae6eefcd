"""A list's export, row by row: whatever the pieces, the columns and what stands in the cells."""

import csv
import hashlib
import io
import json
import random
import tracemalloc
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desktop.clients.sailthru.csv_parser import (
    MAX_RECORD_LENGTH,
    CsvRecordReader,
    UnterminatedQuoteError,
)
from desktop.clients.sailthru.list_export_header import parse_export_header
from desktop.clients.sailthru.list_export_reader import (
    ExportRow,
    InvalidExportRow,
    ListExportReader,
    read_rows,
)
from desktop.kit.errors import InvalidInput, ResponseTimeout, ServiceError
from desktop.model.exported_profile import ExportedProfile

ZONE = "America/New_York"
SID = "57b4352f3f92a4254f3d5607"
HASH = hashlib.md5(b"mara@example.com", usedforsecurity=False).hexdigest()


def written(*rows: Iterable[object], end: str = "\r\n") -> bytes:
    # Python before 3.13 leaves a bare carriage return unquoted when lines end otherwise.
    cells = [[str(cell) for cell in row] for row in rows]
    bare = any("\r" in cell for row in cells for cell in row)
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
    csv.writer(file, lineterminator=end, quoting=quoting).writerows(cells)
    return file.getvalue().encode("utf-8", "surrogatepass")


def read(data: bytes, *vars: str, piece: int = 1 << 16) -> list[ExportRow]:
    return read_by(ListExportReader(vars, ZONE), data, piece)


def read_by(reader: ListExportReader, data: bytes, piece: int = 1 << 16) -> list[ExportRow]:
    found: list[ExportRow] = []
    for start in range(0, len(data), piece):
        found += reader.feed(data[start : start + piece])
    return found + list(reader.finish())


def records(pieces: Sequence[bytes]) -> list[list[str]]:
    reader = CsvRecordReader()
    found = [record.cells() for piece in pieces for record in reader.feed(piece)]
    return found + [record.cells() for record in reader.finish()]


CELL = st.text(
    st.one_of(
        st.sampled_from('",\r\n\x00 \U0001f600äx[{'), st.characters(exclude_categories=["Cs"])
    ),
    max_size=12,
)
TABLE = st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=6)


@given(table=TABLE, cuts=st.lists(st.integers(0, 400), max_size=8), crlf=st.booleans())
@example(table=[['"', ""], ["\r", "\n"]], cuts=[1, 2, 3, 4, 5], crlf=True)
@example(table=[["", "\r"]], cuts=[], crlf=False)
def test_csv_parser_any_chunking_round_trips(
    table: list[list[str]], cuts: list[int], crlf: bool
) -> None:
    data = written(*table, end="\r\n" if crlf else "\n")
    borders = [0, *sorted({min(cut, len(data)) for cut in cuts}), len(data)]
    pieces = [data[a:b] for a, b in pairwise(borders)]
    # The mark at the very beginning is no text.
    if data.startswith(b"\xef\xbb\xbf"):
        table = [[table[0][0].removeprefix("\ufeff"), *table[0][1:]], *table[1:]]
    assert records(pieces) == table


@given(st.text(st.sampled_from('",ab\n'), max_size=30))
@settings(max_examples=200)
def test_csv_parser_stray_quotes_match_csv_module(text: str) -> None:
    whole = f"{text}\n"
    try:
        found: object = records([whole.encode()])
    except UnterminatedQuoteError:
        # The module gives what it has at the end of a file; a file that breaks off is no file.
        return
    expected = [row or [""] for row in csv.reader(io.StringIO(whole, newline=""))]
    assert found == expected


def test_csv_parser_line_numbers_match_file() -> None:
    reader = CsvRecordReader()
    found = list(reader.feed(b'a,b\r\n"1\r\n2\r\n3",x\r\n\r\nlast,y'))
    found += reader.finish()
    assert [(r.line_no, r.line_count) for r in found] == [(1, 1), (2, 3), (5, 1), (6, 1)]


FULL: dict[str, object] = {
    "Profile Id": SID,
    "Email Hash": HASH.upper(),
    "Extid": "c-1001",
    "Domain": "example.com",
    "Engagement": "engaged",
    "Lists": "Newsletter,VIP Berlin",
    "Profile Created Date": "2021-10-02 16:46:57",
    "Signup": "Sat, 02 Oct 2021 16:46:59 -0700",
    "Opens": 12,
    "Clicks": "3",
    "Pageviews": "",
    "Last Open": "1633218417",
    "Last Click": "",
    "Last Pageview": "2021-10-02T23:46:57Z",
    "Optout Time": "",
    "List Signup": "2021-10-02 16:46:57",
    "Lifetime Message": 40,
    "Purchase Count": 2,
    "Purchase Price": 12950,
    "Email Status": "Optout basic",
    "first_name": "Mara",
    "topics": '["news","sport"]',
    "address": '{"city":"Köln"}',
    "nothing": "",
    "ltv": "3039",
    "broken": "[1,",
    "half": '["\\ud800"]',
    "unasked": "x",
}
VARS = ("first_name", "topics", "address", "nothing", "ltv", "broken", "half")


def test_csv_row_becomes_profile() -> None:
    (row,) = read(written(FULL, FULL.values()), *VARS)
    assert row == ExportedProfile(
        sid=SID,
        email_hash=HASH,
        extid="c-1001",
        email=None,
        engagement="engaged",
        lists=("Newsletter", "VIP Berlin"),
        email_status="Optout basic",
        activity={
            "create_time": 1633207617.0,
            "signup_time": 1633218419.0,
            "open_time": 1633218417.0,
            "view_time": 1633218417.0,
        },
        lifetime={
            "lifetime_open": 12,
            "lifetime_click": 3,
            "lifetime_message": 40,
            "lifetime_purchase": 2,
            "lifetime_purchase_price": 12950,
        },
        vars={
            "first_name": "Mara",
            "topics": ["news", "sport"],
            "address": {"city": "Köln"},
            "ltv": "3039",
            "broken": "[1,",
            "half": '["\\ud800"]',
        },
    )


def test_csv_columns_are_found_by_name() -> None:
    names = list(FULL)
    for seed in range(20):
        order = random.Random(seed).sample(names, len(names))
        head = [spelt(name, seed) if name not in VARS else name for name in order]
        assert read(written(head, [FULL[n] for n in order]), *VARS) == read(
            written(FULL, FULL.values()), *VARS
        )


def spelt(name: str, seed: int) -> str:
    return (name.lower(), f" {name.upper()} ", name.replace(" ", "_"), name.replace(" ", ""))[
        seed % 4
    ]


def test_csv_duplicate_column_first_wins_and_is_noted() -> None:
    names = ["Profile Id", "Lists", "plan", "profile id", "plan", "Lists", "lists", "x", "x"]
    found = parse_export_header(names, ["plan"])
    assert (found.columns["Profile Id"], found.columns["Lists"], found.vars) == (0, 1, {"plan": 2})
    assert found.repeated_columns == ("profile id", "plan", "Lists", "lists")
    assert found.width == 9


def test_csv_var_named_like_column_is_kept() -> None:
    assert parse_export_header(["Profile Id", "lists", "Lists"], ["lists"]).vars == {"lists": 1}
    lower = parse_export_header(["profile id", "lists", "lists"], ["lists"])
    assert (lower.columns["Lists"], lower.vars) == (1, {"lists": 2})


def test_csv_changed_header_is_reported() -> None:
    for data in (b"Id,Hash\n1,2\n", b"<html>\n", b"", b"\n\n"):
        with pytest.raises(ServiceError) as caught:
            read(data)
        assert "header" in caught.value.title
        assert not caught.value.is_retryable
    assert read(written(["Email Hash"], [HASH])) == [ExportedProfile(sid="", email_hash=HASH)]


@pytest.mark.parametrize("status", ["Valid", "Optout all", "Hardbounce", "", "Deliverable"])
def test_csv_email_status_is_kept_and_says_no_level(status: str) -> None:
    (row,) = read(written(["Profile Id", "Email Status"], [SID, status]))
    assert row == ExportedProfile(SID, email_status=status)


def test_csv_bad_row_is_counted_and_skipped() -> None:
    good = [SID, HASH, "a"]
    data = written(["Profile Id", "Email Hash", "plan"], good)
    data += written([SID, HASH], [*good, "more"], ["", " ", "x"], ["1\n2", "3"], good)
    data += b"\xff\xfe,x,y\n" + written([SID, "\ud800", "x"], good)
    found = read(data, "plan")
    bad = [row for row in found if isinstance(row, InvalidExportRow)]
    assert [(b.line_no, b.lines) for b in bad] == [(3, 1), (4, 1), (5, 1), (6, 2), (9, 1), (10, 1)]
    assert [b.reason for b in bad] == [
        "2 cells instead of 3",
        "4 cells instead of 3",
        "neither profile id nor email hash",
        "2 cells instead of 3",
        "not valid UTF-8",
        "not valid UTF-8",
    ]
    assert found.count(ExportedProfile(SID, HASH, vars={"plan": "a"})) == 3


def test_csv_unreadable_field_is_omitted_and_noted() -> None:
    reader = ListExportReader((), ZONE)
    names = ["Profile Id", "Last Open", "Opens", "Opens"]
    data = written(names, *[[SID, "soon", "many", "7"]] * 2000)
    assert read_by(reader, data) == [ExportedProfile(SID)] * 2000
    # A sentence for each column, however long the file.
    assert reader.warnings == (
        "column “Opens” stands there twice: the first counts",
        "column “Last Open”: 2,000 × not a date",
        "column “Opens”: 2,000 × not a number",
    )


def test_csv_5_mb_cell_and_nul_byte() -> None:
    essay = 'x"\n,' * 1_250_000
    data = written(["Profile Id", "essay"], [SID, essay], [SID, "a\x00b"])
    found = read(data, "essay")
    assert [row.vars["essay"] for row in found if isinstance(row, ExportedProfile)] == [
        essay,
        "a\x00b",
    ]


def test_csv_file_ending_inside_cell_raises_error() -> None:
    with pytest.raises(ResponseTimeout):
        read(b'Profile Id,a\n1,"never closed\n2,x\n')


@pytest.mark.parametrize("line", ["x\n", 'say ""hi""\n', "x"])
def test_csv_unclosed_quote_has_memory_limit(line: str) -> None:
    reader = ListExportReader((), ZONE)
    list(reader.feed(b'Profile Id,a\n1,"'))
    piece = (line * 100_000).encode()
    for _ in range((MAX_RECORD_LENGTH - len(piece)) // len(piece)):
        list(reader.feed(piece))
    list(reader.feed(b""))
    with pytest.raises(ResponseTimeout):
        list(reader.feed(piece * 2))


def test_csv_unknown_time_zone_raises_error() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd"):
        with pytest.raises(InvalidInput):
            ListExportReader((), name)


def test_csv_long_file_is_streamed() -> None:
    rows = written(*([FULL.values()] * 50))
    reader = ListExportReader(VARS, ZONE)
    tracemalloc.start()
    kept = sum(1 for _ in reader.feed(written(FULL)))
    for _ in range(60):
        kept += sum(1 for _ in reader.feed(rows))
    reached = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert kept == 50 * 60
    # What there is are one piece, its rows, and what the interpreter keeps for the next ones.
    assert reached < 60 * len(rows) / 2


async def test_csv_download_is_parsed_while_it_arrives() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        data = written(["Profile Id"], [SID], [SID])[:-2]
        for start in range(len(data)):
            yield data[start : start + 1]

    found = [row async for row in read_rows(pieces(), ListExportReader((), ZONE))]
    assert found == [ExportedProfile(SID)] * 2


def test_csv_planted_bad_rows_are_all_counted() -> None:
    """Two hundred and fifty files of 40 rows: kept + quarantined = written, in each of them."""
    chance = random.Random(20_261_122)
    head = ["Profile Id", "Email Hash", "Lists", "essay", "topics"]
    bad = 0
    for _ in range(250):
        rows: list[bytes] = []
        expected = 0
        for number in range(40):
            cells = [
                f"{number:024x}",
                HASH,
                "a,b",
                'say "hi"\nthere',
                json.dumps(["ö", number], ensure_ascii=False),
            ]
            kind = chance.randrange(24)
            if kind < 3:
                expected += 1
                cells = ([], cells[:-1], [*cells, "x"])[kind] or ["", "", "", "", ""]
            line = written(cells)
            if kind == 3:
                expected += 1
                line = line.replace(b"\xc3\xb6", b"\xc3")
            rows.append(line)
        data = written(head) + b"".join(rows)
        found = read(data, "essay", "topics", piece=chance.randint(1, 4_000))
        quarantined = sum(isinstance(row, InvalidExportRow) for row in found)
        assert (len(found), quarantined) == (40, expected)
        bad += quarantined
    assert bad > 250


def test_csv_random_files_raise_only_app_errors() -> None:
    chance = random.Random("wild csv")
    original = written(FULL, *([FULL.values()] * 4))
    for _ in range(1_000):
        data = bytearray(original)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            if chance.random() < 0.5:
                data[at] = chance.choice(b'",\r\n\x00\xff\xed[{:-')
            else:
                del data[at : at + chance.randint(1, 200)]
            if not data:
                break
        try:
            found = read(bytes(data), *VARS, piece=chance.randint(1, 700))
        except (ServiceError, ResponseTimeout):
            continue
        repr(found).encode()
