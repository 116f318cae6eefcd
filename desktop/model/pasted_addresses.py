"""Finds the e-mail addresses in anything that is pasted: columns, CSV, `Name <mail>`, HTML tables.

Which text is an address, and which two are one, says `email_address` alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from html.parser import HTMLParser

from desktop.kit.errors import InvalidInput
from desktop.kit.text import shorten, to_single_line
from desktop.model.email_address import email_match_key, is_reachable_email, parse_email

# Spreadsheets and documents: zipped (.xlsx, .ods, .numbers), of old Office (.xls), PDF.
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-")
# Ten thousand rows of a table with its other columns are some 2 MB.
MAX_PASTED_BYTES = 8_000_000
MAX_PASTED_ADDRESSES = 10_000
# With those that are no address, or come twice.
_MAX_PARTS = 5 * MAX_PASTED_ADDRESSES
_MAX_SHOWN_TEXT = 200
_HTML = re.compile(
    r"<(?:!doctype|html|head|body|table|tr|t[dh]|p|div|br|ul|ol|li|a|span)(?:\s[^<>]*)?/?>", re.I
)
_CELL_SEPARATOR = re.compile(r"[\t;|]")
_HEADING = re.compile(r"mail|address|name|phone|adres|correo|courriel", re.I)
_LINE_TAGS = frozenset(("br", "tr", "p", "div", "li", "table", "h1", "h2", "h3"))
_CELL_TAGS = frozenset(("td", "th"))
_UNSEEN_TAGS = frozenset(("style", "script", "head", "title"))


class PastedOutcome(Enum):
    """What a pasted text is: an address, one that came before, or none."""

    ADDRESS = "address"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


@dataclass(frozen=True)
class PastedAddress:
    """One e-mail address found in a paste, or a text that is none; `text` is as it was pasted.

    `address` is in normal form, empty where the text is no address that mail can reach.
    """

    text: str
    address: str
    outcome: PastedOutcome


def decode_pasted(raw: bytes) -> str:
    """Decode a pasted or dropped file: UTF-8, UTF-16 with its mark, else as Windows writes text.

    Raises InvalidInput for more than `MAX_PASTED_BYTES`, and for a file that is no text, such as
    a saved spreadsheet: nothing of it is parsed.
    """
    if len(raw) > MAX_PASTED_BYTES:
        raise too_large_error()
    if raw.startswith(_NO_TEXT):
        raise InvalidInput(
            "That is a spreadsheet or a document, not plain text.",
            "Nothing was looked up.",
            "Open it and copy the column with the e-mail addresses, or save it as CSV.",
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def too_large_error() -> InvalidInput:
    """Return the error for a paste that is too large to be a list of addresses."""
    megabytes = MAX_PASTED_BYTES // 1_000_000
    return InvalidInput(
        "That is too large to be a list of addresses.",
        f"At most {megabytes} MB are taken at once. Nothing was looked up.",
        "Copy the column with the e-mail addresses alone.",
    )


def _too_many_error(count: int) -> InvalidInput:
    return InvalidInput(
        f"That is more than {count:,} addresses.",
        f"At most {MAX_PASTED_ADDRESSES:,} are taken at once. Nothing was looked up.",
        "Paste them in parts.",
    )


def parse_pasted_addresses(text: str) -> tuple[PastedAddress, ...]:
    """Find every e-mail address in a pasted text, in its order, and every line without one.

    Raises InvalidInput where there is no address in it, or more than `MAX_PASTED_ADDRESSES`.
    """
    seen: set[str] = set()
    found: list[PastedAddress] = []
    for part, address in _iter_parts(_html_to_lines(text) if _HTML.search(text) else text):
        if len(found) == _MAX_PARTS:
            raise _too_many_error(_MAX_PARTS)
        shown = shorten(to_single_line(part), _MAX_SHOWN_TEXT)
        if not is_reachable_email(address):
            found.append(PastedAddress(shown, "", PastedOutcome.INVALID))
            continue
        key = email_match_key(address)
        outcome = PastedOutcome.DUPLICATE if key in seen else PastedOutcome.ADDRESS
        seen.add(key)
        found.append(PastedAddress(shown, address, outcome))
        if len(seen) > MAX_PASTED_ADDRESSES:
            raise _too_many_error(MAX_PASTED_ADDRESSES)
    if not seen:
        raise InvalidInput(
            "There is no e-mail address in that.",
            "Nothing was looked up.",
            "Copy the column with the e-mail addresses, then paste it here.",
        )
    return tuple(found)


def _iter_parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield each part of a paste that may be an address, with the address in it or ""."""
    lines = [line for line in text.splitlines() if line.strip(" \t;,|\ufeff")]
    if lines and "@" not in lines[0] and _HEADING.search(lines[0]):
        del lines[0]
    with_address = [line for line in lines if "@" in line]
    # `anna,maria@lopez.example` alone may be a slip for a dot; a column before it is none.
    is_table = len(with_address) > 1 and all("," in line for line in with_address)
    for line in lines:
        yield from _iter_parts_of_line(line, splits_at_comma=is_table)


def _iter_parts_of_line(line: str, *, splits_at_comma: bool) -> Iterator[tuple[str, str]]:
    cells = _CELL_SEPARATOR.split(line)
    cells = [
        part
        for cell in cells
        for part in (cell.split(",") if splits_at_comma or _is_comma_list(cell) else (cell,))
    ]
    cells = [cell for cell in cells if "@" in cell or "＠" in cell]
    if not cells:
        # Written so that programs do not find it, `maria [at] lopez [dot] example`, or none.
        yield line, parse_email(line)
    for cell in cells:
        address = parse_email(cell)
        words = [word for word in cell.split() if "@" in word]
        # Several in one cell.
        if not address and any(map(parse_email, words)):
            yield from ((word, parse_email(word)) for word in words)
        else:
            yield cell, address


def _is_comma_list(cell: str) -> bool:
    """Whether the commas in a pasted line part its cells; a single one may be a slip for a dot."""
    before, comma, after = cell.partition(",")
    return bool(comma) and (
        "," in after
        or after[:1] in " \"'"
        or before[-1:] in "\"'"
        or ("@" in before and "@" in after)
    )


def _html_to_lines(text: str) -> str:
    """Convert pasted HTML to plain text: a line for each row or paragraph, a tab between cells."""
    reader = _HtmlText()
    reader.feed(text)
    reader.close()
    return "".join(reader.parts)


class _HtmlText(HTMLParser):
    """Collects the text of pasted HTML; a `mailto:` link counts by its address."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen_depth = 0
        self._link: str = ""
        self._link_start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN_TAGS:
            self._unseen_depth += 1
        elif tag in _LINE_TAGS:
            self.parts.append("\n")
        elif tag in _CELL_TAGS:
            # The end tag of a cell may be left out.
            self.parts.append("\t")
        elif tag == "a":
            href = dict(attrs).get("href") or ""
            self._link = href if href.lower().startswith("mailto:") else ""
            self._link_start = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN_TAGS:
            self._unseen_depth = max(0, self._unseen_depth - 1)
        elif tag in _LINE_TAGS:
            self.parts.append("\n")
        elif tag == "a" and self._link:
            # Where the link's text is the address, it is there once already.
            if not any("@" in part for part in self.parts[self._link_start :]):
                self.parts.append(f" <{self._link}> ")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._unseen_depth:
            # A line break in the source of a page is a space.
            self.parts.append(re.sub(r"\s+", " ", data))
