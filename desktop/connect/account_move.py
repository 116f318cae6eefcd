"""Tells another account from the workspace's own, and says what a move to it would drop."""

from typing import TYPE_CHECKING

from desktop.kit.errors import AppError, NotFound, UserDecisionNeeded
from desktop.kit.text import format_count
from desktop.model.account import Account, is_same_account, judge_sid_answers, needs_sid_probe

if TYPE_CHECKING:
    from desktop.clients.sailthru.client import SailthruClient
    from desktop.connect.local_data_service import LocalDataService
    from desktop.store.account_repository import KeptForAccount


async def find_known_sids(client: "SailthruClient", sids: tuple[str, ...]) -> tuple[bool, ...]:
    """Ask Sailthru which remembered profiles the account has.

    Empty where none is found and one was not answered: that one may be there.
    """
    answers, is_whole = [], True
    for sid in sids:
        try:
            await client.get_user(sid, key="sid")
        except NotFound:
            answers.append(False)
        except AppError:
            is_whole = False
        else:
            answers.append(True)
    return tuple(answers) if is_whole or any(answers) else ()


async def is_other_account(
    local: "LocalDataService", former: Account, seen: Account, client: "SailthruClient | None"
) -> bool:
    """Whether a sign-in leads to another account than the one whose records are kept here.

    `former`: what the settings say until now. It counts where a version that kept no accounts
    wrote the records, and nothing has connected since.
    """
    stored, sids = await local.read_account()
    kept = stored or former
    answers = None
    if client is not None and needs_sid_probe(kept, seen):
        answers = judge_sid_answers(await find_known_sids(client, sids))
    return not is_same_account(kept, seen, sids_answer=answers)


def other_account_connected_error(kept: Account, seen: Account) -> UserDecisionNeeded:
    """Return the error for credentials that lead a connected workspace to another account."""
    return UserDecisionNeeded(
        "This workspace belongs to another account.",
        f"It was set up for {_describe(kept)}, and what is connected now is {_describe(seen)}."
        " Nothing is read or sent.",
        "Connect the account it was set up for, use a workspace of its own (`--workspace NAME`),"
        " or move this one: `fairlead setup --from FILE --move-account`.",
    )


class AccountMoveNeeded(UserDecisionNeeded):
    """A set-up would move the workspace to another account and drop records; a person decides."""

    def __init__(self, kept: "KeptForAccount") -> None:
        super().__init__(
            "This is another account than the workspace was set up for.",
            f"A move drops {describe_kept(kept)}. Syncs, the record of changes and settings stay."
            " Nothing was changed.",
            "Deliver what waits first (`fairlead outbox deliver`), use `--workspace NAME` for a"
            " workspace of its own, or drop it: `fairlead setup --from FILE --move-account`.",
        )


def describe_kept(kept: "KeptForAccount") -> str:
    """Describe what a workspace's move to another account would drop."""
    parts = [
        format_count(number, one, many)
        for number, one, many in (
            (kept.open_edits, "edit that waits", "edits that wait"),
            (kept.open_plans, "plan that was not applied", "plans that were not applied"),
            (kept.running_runs, "run under way", "runs under way"),
            (kept.remembered, "remembered record", "remembered records"),
            (kept.waiting_events, "event that waits", "events that wait"),
        )
        if number
    ]
    return ", ".join(parts) or "nothing"


def _describe(account: Account) -> str:
    number = account.sailthru_account or account.sailthru_service_uri
    parts = [account.zendesk_base_url, f"Sailthru {number}" if number else ""]
    return " with ".join(part for part in parts if part) or "no account"
