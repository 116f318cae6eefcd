"""Which accounts a workspace belongs to, and whether two descriptions mean the same ones.

What waits or is remembered is true of one pair of accounts: a Zendesk account and a Sailthru
account. A key that is rotated, or a service that is connected later, makes no other account.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

# So many remembered profiles are asked for where Sailthru does not tell its account's id.
PROBED_SIDS = 3


@dataclass(frozen=True)
class Account:
    """The account pair of a workspace: Zendesk base URL, Sailthru account; empty while unknown.

    `sailthru_account` is the id that `GET /settings` returns; a key that may not read it leaves
    `sailthru_service_uri` alone to tell.
    """

    zendesk_base_url: str = ""
    sailthru_account: str = ""
    sailthru_service_uri: str = ""

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the account that tells it from another."""
        return bool(self.zendesk_base_url or self.sailthru_account or self.sailthru_service_uri)

    def completed_by(self, seen: "Account") -> "Account":
        """Complete this account pair with what `seen` knows besides, and its Sailthru address."""
        return replace(
            self,
            zendesk_base_url=self.zendesk_base_url or seen.zendesk_base_url,
            sailthru_account=self.sailthru_account or seen.sailthru_account,
            sailthru_service_uri=seen.sailthru_service_uri or self.sailthru_service_uri,
        )


def is_same_account(kept: Account, seen: Account, *, sids_answer: bool | None = None) -> bool:
    """Whether `seen` is the same account pair that `kept` describes.

    `sids_answer`: whether a profile remembered of `kept` is there at `seen`; None: not asked, or
    none is remembered. It decides only where Sailthru does not tell both account ids.
    """
    if _differ(kept.zendesk_base_url, seen.zendesk_base_url):
        return False
    if kept.sailthru_account and seen.sailthru_account:
        return kept.sailthru_account == seen.sailthru_account
    if _differ(kept.sailthru_service_uri, seen.sailthru_service_uri):
        return False
    return sids_answer is not False


def needs_sid_probe(kept: Account, seen: Account) -> bool:
    """Whether only remembered profiles can tell if Sailthru's account is the same."""
    return bool(
        kept.sailthru_service_uri
        and seen.sailthru_service_uri
        and not (kept.sailthru_account and seen.sailthru_account)
        and is_same_account(kept, seen)
    )


def judge_sid_answers(answers: Sequence[bool]) -> bool | None:
    """Judge an account by remembered profiles: one that is there is enough, some get deleted."""
    return any(answers) if answers else None


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one.rstrip("/").lower() != other.rstrip("/").lower()
