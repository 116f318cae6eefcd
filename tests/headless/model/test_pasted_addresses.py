"""Addresses out of anything that is pasted: one table of cases, and what is refused."""

import pytest

from desktop.kit.errors import InvalidInput
from desktop.model.pasted_addresses import (
    MAX_PASTED_ADDRESSES,
    MAX_PASTED_BYTES,
    PastedOutcome,
    decode_pasted,
    parse_pasted_addresses,
)

_TABLE = (
    "<html><head><title>x@title.example</title></head><table><tr><th>Name<th>Mail</tr>"
    "<tr><td>Maria<td><a href='mailto:maria@lopez.example'>maria@lopez.example</a></tr>"
    "<tr><td>Tom</td><td><a href='mailto:tom@old.example?subject=Hi'>write</a></td></tr></table>"
)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("maria@lopez.example", ["maria@lopez.example"]),
        ("Maria Lopez <Maria@Lopez.example>\r\n", ["maria@lopez.example"]),
        ('"Lopez, Maria" <maria@lopez.example>', ["maria@lopez.example"]),
        ("a@b.example; c@d.example;\n", ["a@b.example", "c@d.example"]),
        ("a@b.example, c@d.example", ["a@b.example", "c@d.example"]),
        ("a@b.example,c@d.example", ["a@b.example", "c@d.example"]),
        ("a@b.example c@d.example", ["a@b.example", "c@d.example"]),
        ("A <a@b.example> C <c@d.example>", ["a@b.example", "c@d.example"]),
        ("Name;E-mail;Since\nMaria;maria@lopez.example;2019", ["maria@lopez.example"]),
        ("1\tMaria\tmaria@lopez.example\t\n2\tTom\ttom@old.example",
         ["maria@lopez.example", "tom@old.example"]),
        ("name,email\nmaria,maria@lopez.example\ntom,tom@old.example",
         ["maria@lopez.example", "tom@old.example"]),
        ('"maria@lopez.example","Lopez, Maria"', ["maria@lopez.example"]),
        ("| maria@lopez.example | Maria |", ["maria@lopez.example"]),
        ("maria [at] lopez [dot] example", ["maria@lopez.example"]),
        ("mailto:maria@lopez.example?subject=x", ["maria@lopez.example"]),
        ("﻿maria＠lopez．example", ["maria@lopez.example"]),
        ("anna@bücher.example", ["anna@bücher.example"]),
        ("почта@пример.example", ["почта@пример.example"]),
        (_TABLE, ["maria@lopez.example", "tom@old.example"]),
        ("<p>maria@lopez.example</p><p>tom@old.example",
         ["maria@lopez.example", "tom@old.example"]),
    ],
)  # fmt: skip
def test_addresses_are_found_in_a_paste(text: str, addresses: list[str]) -> None:
    found = parse_pasted_addresses(text)
    assert [one.address for one in found] == addresses
    assert {one.outcome for one in found} == {PastedOutcome.ADDRESS}


@pytest.mark.parametrize(
    "line",
    [
        "maria@lopez",
        "@lopez.example",
        "no at sign",
        "maria@@lopez.example",
        # A comma by itself may be a slip for a dot: nobody is opted out by a guess.
        "anna,maria@lopez.example",
        "maria @ lopez.example",
    ],
)
def test_text_that_is_no_address_is_listed_as_it_was_pasted(line: str) -> None:
    _, invalid = parse_pasted_addresses(f"tom@old.example\n{line}")
    assert (invalid.outcome, invalid.address, invalid.text) == (PastedOutcome.INVALID, "", line)


@pytest.mark.parametrize(
    "again",
    ["TOM@OLD.example", "Tom <tom@old.example>", "mailto:tom@old.example", "tom@ｏld.example"],
)
def test_address_that_comes_again_is_a_duplicate(again: str) -> None:
    _, second = parse_pasted_addresses(f"tom@old.example\n{again}")
    assert (second.outcome, second.address) == (PastedOutcome.DUPLICATE, "tom@old.example")


def test_spellings_of_one_international_domain_are_duplicates() -> None:
    _, second = parse_pasted_addresses("anna@bücher.example\nanna@xn--bcher-kva.example")
    assert second.outcome is PastedOutcome.DUPLICATE


def test_every_line_is_accounted_for() -> None:
    lines = [f"Person {n} <p{n}@x.example>" for n in range(251)]
    lines[30:30] = [lines[0], lines[1], lines[2].upper()]
    lines[90:90] = ["n/a", "x@y", "-", "see above", "?@?", "unknown"]
    found = parse_pasted_addresses("\n".join(lines))
    counts = {one: sum(f.outcome is one for f in found) for one in PastedOutcome}
    assert list(counts.values()) == [251, 3, 6]


@pytest.mark.parametrize("text", ["", " \n\t", "nothing here", "<table></table>", "<p>hello</p>"])
def test_paste_without_an_address_is_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput, match="no e-mail address"):
        parse_pasted_addresses(text)


def test_more_addresses_than_are_taken_at_once_are_refused() -> None:
    lines = "\n".join(f"u{n}@x.example" for n in range(MAX_PASTED_ADDRESSES + 1))
    with pytest.raises(InvalidInput, match="more than 10,000"):
        parse_pasted_addresses(lines)
    assert len(parse_pasted_addresses(lines.rpartition("\n")[0])) == MAX_PASTED_ADDRESSES


def test_file_that_is_too_large_is_not_parsed() -> None:
    with pytest.raises(InvalidInput, match="too large"):
        decode_pasted(b"a@b.example\n" * (MAX_PASTED_BYTES // 12 + 1))


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1", b"%PDF-1.7"])
def test_spreadsheet_file_is_told_as_one(start: bytes) -> None:
    with pytest.raises(InvalidInput, match="not plain text"):
        decode_pasted(start + b"\x00maria@lopez.example")


def test_hostile_paste_ends_soon() -> None:
    """Quadratic in any of these would take hours."""
    for text in ("x@" * 2_000_000, "x@," * 300_000, "<td " * 500_000, "<<<@" * 500_000):
        with pytest.raises(InvalidInput):
            parse_pasted_addresses(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_file_is_decoded_as_programs_write_it(encoding: str) -> None:
    assert decode_pasted("zoë@x.example".encode(encoding)) == "zoë@x.example"
