"""When two descriptions of accounts mean the same pair."""

import pytest

from desktop.model.account import Account, is_same_account, judge_sid_answers, needs_sid_probe

ACME = Account("https://acme.zendesk.com", "99999", "https://api.sailthru.com")


@pytest.mark.parametrize(
    ("kept", "seen", "sids_answer", "same"),
    [
        (ACME, ACME, None, True),
        # A service that is connected later completes the account.
        (ACME, Account("https://acme.zendesk.com"), None, True),
        (Account("https://acme.zendesk.com"), ACME, None, True),
        (Account("", "99999", "https://api.sailthru.com"), ACME, None, True),
        (ACME, Account("https://ACME.zendesk.com/", "99999"), None, True),
        # The id tells, whatever the address.
        (ACME, Account("https://acme.zendesk.com", "99999", "https://api.eu.example"), None, True),
        (ACME, Account("https://acme.zendesk.com", "11111"), None, False),
        (ACME, Account("https://other.zendesk.com", "99999"), None, False),
        (ACME, Account("https://other.zendesk.com"), None, False),
        # Where `settings` is refused: the address, then remembered profiles.
        (ACME, Account("", "", "https://api.sailthru.com"), None, True),
        (ACME, Account("", "", "https://api.sailthru.com"), True, True),
        (ACME, Account("", "", "https://api.sailthru.com"), False, False),
        (ACME, Account("", "", "https://other.example"), True, False),
        # Profiles that were all deleted do not outweigh an id.
        (ACME, ACME, False, True),
    ],
)  # fmt: skip
def test_account_same_or_other(
    kept: Account, seen: Account, sids_answer: bool | None, same: bool
) -> None:
    assert is_same_account(kept, seen, sids_answer=sids_answer) is same


@pytest.mark.parametrize(
    ("kept", "seen", "asked"),
    [
        (ACME, ACME, False),
        (ACME, Account("", "", "https://api.sailthru.com"), True),
        (Account("", "", "https://api.sailthru.com"), ACME, True),
        (ACME, Account("https://other.zendesk.com", "", "https://api.sailthru.com"), False),
        (ACME, Account("https://acme.zendesk.com"), False),
        (Account("https://acme.zendesk.com"), ACME, False),
    ],
)
def test_account_profiles_are_asked_only_where_no_id_tells(
    kept: Account, seen: Account, asked: bool
) -> None:
    assert needs_sid_probe(kept, seen) is asked


@pytest.mark.parametrize(
    ("answers", "said"),
    [((), None), ((False, False, True), True), ((False,), False), ((False, False, False), False)],
)
def test_account_one_remembered_profile_is_enough(
    answers: tuple[bool, ...], said: bool | None
) -> None:
    assert judge_sid_answers(answers) is said
