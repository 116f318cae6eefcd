"""Who somebody is in the other service: pair, addresses, external id, and what a phone says."""

from collections.abc import Collection

import pytest

from desktop.model.customer_matching import (
    DECIDING_IDENTIFIERS,
    RecordMatch,
    match_customer,
)
from desktop.model.match_keys import is_same_phone, sms_key
from desktop.model.sync import MatchIdentifier

PAIR, ADDRESS = MatchIdentifier.SID, MatchIdentifier.EMAIL
EXTID, PHONE = MatchIdentifier.EXTERNAL_ID, MatchIdentifier.PHONE
Found = list[tuple[MatchIdentifier, str]]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], RecordMatch()),
        ([(ADDRESS, "b"), (PAIR, "a")], RecordMatch("a", PAIR)),
        ([(EXTID, "a"), (ADDRESS, "b")], RecordMatch(identifier=ADDRESS, candidates=("b", "a"))),
        ([(EXTID, "a"), (ADDRESS, "a")], RecordMatch("a", ADDRESS)),
        ([(EXTID, "a"), (ADDRESS, "b"), (PAIR, "a")], RecordMatch("a", PAIR)),
        ([(EXTID, "a"), (EXTID, "b")], RecordMatch(identifier=EXTID, candidates=("a", "b"))),
        ([(PHONE, "b"), (EXTID, "a")], RecordMatch("a", EXTID)),
        ([(ADDRESS, "a"), (ADDRESS, "a")], RecordMatch("a", ADDRESS)),
        (
            [(ADDRESS, "a"), (ADDRESS, "b")],
            RecordMatch(identifier=ADDRESS, candidates=("a", "b")),
        ),
        ([(ADDRESS, "a"), (ADDRESS, "b"), (PAIR, "b")], RecordMatch("b", PAIR)),
        ([(PHONE, "a")], RecordMatch(proposed=("a",))),
        ([(PHONE, "a"), (PHONE, "b"), (PHONE, "a")], RecordMatch(proposed=("a", "b"))),
    ],
)
def test_match_customer(found: Found, expected: RecordMatch) -> None:
    assert match_customer(found) == expected


@pytest.mark.parametrize(
    ("used", "found", "expected"),
    [
        (
            (EXTID, ADDRESS),
            [(EXTID, "a"), (ADDRESS, "b")],
            RecordMatch(identifier=ADDRESS, candidates=("b", "a")),
        ),
        ((PHONE,), [(PHONE, "a")], RecordMatch(proposed=("a",))),
        ((PHONE, PAIR), [(PHONE, "a"), (PAIR, "b")], RecordMatch("b", PAIR)),
        ((), [(PAIR, "a"), (ADDRESS, "b")], RecordMatch("a", PAIR)),
        ((EXTID,), [(ADDRESS, "a"), (EXTID, "b")], RecordMatch("b", EXTID)),
        ((EXTID,), [(ADDRESS, "a")], RecordMatch(proposed=("a",))),
    ],
)
def test_match_customer_by_chosen_identifiers(
    used: Collection[MatchIdentifier], found: Found, expected: RecordMatch
) -> None:
    """Which ones a sync uses is its choice; their order is not, and neither are phone and pair."""
    assert match_customer(found, used) == expected
    assert PHONE not in DECIDING_IDENTIFIERS


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("+44 20 7946 0958", "020 7946 0958", True),
        ("020 7946 0958", "+442079460958", True),
        ("0044 20 7946 0958", "+44 (20) 7946-0958", True),
        ("+44 20 7946 0958", "+49 20 7946 0958", False),
        ("+1 555 222 0001", "+1 555 222 0002", False),
        ("222 001", "+1 555 222 001", False),
        ("", "", False),
        (None, "+1 555 222 0001", False),
    ],
)
def test_is_same_phone(one: str | None, other: str | None, expected: bool) -> None:
    assert is_same_phone(one, other) is expected
    assert is_same_phone(other, one) is expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+1 (555) 777-0123", "+15557770123"),
        ("0031 20 555 0123", "+31205550123"),
        ("555 0134", ""),
        ("+12", ""),
        (None, ""),
    ],
)
def test_sms_key_needs_a_country(phone: str | None, expected: str) -> None:
    assert sms_key(phone) == expected
