"""Remembered profiles that tell whether Sailthru's account is the workspace's own."""

from typing import Any, cast

import pytest

from desktop.connect.account_move import find_known_sids
from desktop.kit.errors import NotFound, ServiceUnreachable


class _Sailthru:
    """Answers for each profile: whether it is there, or None where the network is away."""

    def __init__(self, there: tuple[bool | None, ...]) -> None:
        self._there = {str(number): one for number, one in enumerate(there)}

    async def get_user(self, sid: str, *, key: str) -> str:
        assert key == "sid"
        if self._there[sid] is None:
            raise ServiceUnreachable("Sailthru does not accept connections.")
        if not self._there[sid]:
            raise NotFound("There is no such profile.")
        return sid


@pytest.mark.parametrize(
    ("there", "known"),
    [
        ((True, False, False), (True, False, False)),
        ((False, False, False), (False, False, False)),
        ((None, None, None), ()),
        ((None, True, False), (True, False)),
        # Deleted since, and the one that may be there was not answered.
        ((None, False, False), ()),
        ((False, None), ()),
    ],
)
async def test_profiles_that_were_not_answered_make_no_other_account(
    there: tuple[bool | None, ...], known: tuple[bool, ...]
) -> None:
    sids = tuple(map(str, range(len(there))))
    assert await find_known_sids(cast("Any", _Sailthru(there)), sids) == known
