"""Who somebody is in Sailthru: pair, addresses, external id, and what a phone number says."""

import pytest

from desktop.model.match_keys import sms_key
from desktop.model.profile_matching import MatchKey, ProfileMatch, match_profile

PAIR, ADDRESS, PHONE = MatchKey.PAIR, MatchKey.ADDRESS, MatchKey.PHONE
EXTID = MatchKey.EXTERNAL_ID


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], ProfileMatch()),
        ([(ADDRESS, "b"), (PAIR, "a")], ProfileMatch("a", PAIR)),
        ([(EXTID, "a"), (ADDRESS, "b")], ProfileMatch("b", ADDRESS)),
        ([(PHONE, "b"), (EXTID, "a")], ProfileMatch("a", EXTID)),
        ([(ADDRESS, "a"), (ADDRESS, "a")], ProfileMatch("a", ADDRESS)),
        ([(ADDRESS, "a"), (ADDRESS, "b")], ProfileMatch(key=ADDRESS, candidates=("a", "b"))),
        ([(ADDRESS, "a"), (ADDRESS, "b"), (PAIR, "b")], ProfileMatch("b", PAIR)),
        ([(PHONE, "a")], ProfileMatch(proposed=("a",))),
    ],
)
def test_match_profile(found: list[tuple[MatchKey, str]], expected: ProfileMatch) -> None:
    assert match_profile(found) == expected


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
