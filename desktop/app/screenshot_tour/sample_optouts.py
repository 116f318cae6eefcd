"""Invented opt-outs of two months for the screenshot tour: by agents, one batch, a sync, others."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from desktop.model.customer_value import CustomerValueSource
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget
from desktop.model.edit_batch import BatchAction, BatchOutcome, BatchPlanRow, LookupResult
from desktop.model.exported_profile import ExportedProfile
from desktop.model.match_keys import hash_email
from desktop.model.pasted_addresses import parse_pasted_addresses
from desktop.model.report_period import day_begins_at
from desktop.model.service import Service
from desktop.model.sync_plan import Consequence, PlannedOutcome
from desktop.model.time_zone import local_time
from desktop.store.audit_row import append_sync_write
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_profile_repository import ProfileFields
from desktop.store.profile_report_repository import OptOutReading
from desktop.store.workspace_store import WorkspaceStore

BATCH_REASON, PART_UNDO_NOTE = "old list clean-up", "they still read their mail"
_AGENT, _LEAD, _SYNC = "Kim Park", "Jo Baker", "opt-outs-from-sell"
# Numbers a day over 28 days, the newest last; the period before has 60 in all.
_AGENT_DAYS = (0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 2, 0)
_SYNC_DAYS = (0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0)
_OTHER_DAYS = (1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 2, 1)
_AGENT_BEFORE, _SYNC_BEFORE, _OTHER_BEFORE = 16, 6, 38
_BULK, _OPENED, _DAYS_AGO = 150, 40, 1
_CHANGED_ROWS = (3, 7)


def add_optouts(store: WorkspaceStore, data: DataStore, now: float, zone: ZoneInfo) -> None:
    """Add the opt-outs of two months: 212 in the last 28 days, 60 in the 28 before."""
    today = local_time(now, zone).date()

    def moment(days_ago: int, hour: float) -> float:
        return day_begins_at(today - timedelta(days=days_ago), zone) + hour * 3600

    numbers = iter(range(1, 10_000))
    # Both begin before the period before, so that all of it is known.
    opt_out(store, moment(60, 9), next(numbers), old="basic", new="none")
    readings = []
    for place in range(_AGENT_BEFORE + _SYNC_BEFORE + _OTHER_BEFORE):
        at = moment(29 + place * 27 // 60, 9 + place % 8)
        if place < _AGENT_BEFORE:
            opt_out(store, at, next(numbers))
        elif place < _AGENT_BEFORE + _SYNC_BEFORE:
            opt_out_by_sync(store, at, next(numbers), _SYNC)
        else:
            readings += _read_opt_out(sid(next(numbers)), moment(60, 9), at)
    for place in range(28):
        days_ago = 27 - place
        for count in range(_AGENT_DAYS[place]):
            opt_out(store, moment(days_ago, 10 + count), next(numbers))
        for count in range(_SYNC_DAYS[place]):
            opt_out_by_sync(store, moment(days_ago, 3 + count), next(numbers), _SYNC)
        for count in range(_OTHER_DAYS[place]):
            at = min(moment(days_ago, 1 + count), now - 60)
            readings += _read_opt_out(sid(next(numbers)), moment(60, 9), at)
    first, at = next(numbers), moment(_DAYS_AGO, 16.04)
    opt_out_in_bulk(store, at, range(first, first + _BULK))
    _add_profiles(data, range(first, first + _BULK), at)
    data.profile_reports.note_optouts.blocking(readings)


def opt_out(
    store: WorkspaceStore,
    at: float,
    number: int,
    *,
    old: str | None = "none",
    new: str = "basic",
    undoes: Edit | None = None,
) -> Edit:
    """Have an agent set a numbered profile's opt-out level at a time, sent and read back."""
    undone = undoes.id if undoes is not None else None
    request = EditRequest(EditKind.OPTOUT, _target(number), "", old, new, "asked", undoes=undone)
    (edit,) = store.outbox.enqueue.blocking([request], _AGENT, at, [0.0])
    claimed = store.outbox.claims.claim.blocking(at, only=[edit.id])
    return store.outbox.claims.close(claimed or edit, at, EditState.DONE, "")


def opt_out_in_bulk(
    store: WorkspaceStore, at: float, numbers: range, reason: str = BATCH_REASON
) -> None:
    """Have one batch set the opt-out level of many numbered profiles at a time."""
    pasted = parse_pasted_addresses("\n".join(_address(number) for number in numbers))
    batch = store.edit_batches.insert.blocking(pasted, (), _LEAD, at)
    action = BatchAction(EditKind.OPTOUT, "", "basic")
    requests, found, plan = {}, [], []
    for row, number in enumerate(numbers, start=1):
        requests[row] = EditRequest(EditKind.OPTOUT, _target(number), "", "none", "basic", reason)
        found.append(
            LookupResult(
                row, BatchOutcome.FOUND, sid=sid(number), label=_address(number), optout="none"
            )
        )
        plan.append(BatchPlanRow(row, PlannedOutcome.UPDATE, "none"))
    store.edit_batches.save_results.blocking(batch.id, found, len(found))
    store.edit_batches.set_action.blocking(batch.id, action, reason, None)
    store.edit_batches.save_plan.blocking(batch.id, action, plan, at)
    store.outbox.enqueue_batch.blocking(
        batch.id, requests, _LEAD, at, lambda _r, _p: 0.0, planned_at=at
    )
    while (edit := store.outbox.claims.claim.blocking(at + 3600.0, batch=batch.id)) is not None:
        store.outbox.claims.close(edit, at, EditState.DONE, "")


def add_part_undo(store: WorkspaceStore, now: float) -> str:
    """Preview the undo for those of the batch who had opened an e-mail; returns its batch's id.

    Two have chosen another level since, and stay as they are.
    """
    recent = store.edit_batches.list_recent.blocking(99)
    undone = next(one for one in recent if one.reason == BATCH_REASON)
    found = store.edit_batches.list_profiles.blocking(undone.id)
    sids = [one.sid for one in found][:_OPENED]
    batch = store.edit_batches.insert_part_undo.blocking(undone, sids, PART_UNDO_NOTE, _LEAD, now)
    action = batch.action
    if action is None:
        return batch.id
    loosened = tuple((one.value, "") for one in (Consequence.STARTS, Consequence.LOOSENED))
    plan = [
        BatchPlanRow(row, PlannedOutcome.UNCHANGED, "all", "Changed since then")
        if row in _CHANGED_ROWS
        else BatchPlanRow(row, PlannedOutcome.UPDATE, "basic", consequences=loosened)
        for row in range(1, _OPENED + 1)
    ]
    store.edit_batches.save_plan.blocking(batch.id, action, plan, now)
    return batch.id


def opt_out_by_sync(store: WorkspaceStore, at: float, number: int, sync: str) -> None:
    """Note in the audit that a sync's run set a numbered profile's opt-out level."""
    store.fairlead_db.write(
        lambda c: append_sync_write(
            c,
            at=at,
            actor="Ada Admin",
            target=_target(number),
            sync=sync,
            old={"optout": "none", "vars.plan": 1},
            new={"optout": "all", "vars.plan": 2},
            reason=f"{sync}: run 1",
            detail="",
        )
    )


def sid(number: int) -> str:
    """Return the sid of the tour's invented profile with a number."""
    return f"{number:024x}"


def _add_profiles(data: DataStore, numbers: range, at: float) -> None:
    """Add what an export tells of the batch's profiles: the first had opened an e-mail lately."""
    health = ("happy", "neutral", "neutral", "frustrated")
    profiles = [
        ExportedProfile(
            sid=sid(number),
            email_hash=hash_email(_address(number)),
            vars={"zendesk_health": health[place % 4], "customer_value": 1 + place % 4},
            activity={"open_time": at - (2 if place < _OPENED else 40) * 86_400.0},
        )
        for place, number in enumerate(numbers)
    ]
    source = CustomerValueSource("customer_value", (), {})
    fields = ProfileFields("zendesk_health", source)
    data.profiles.save_profiles.blocking("Old customers", profiles, "sample", fields, at)


def _read_opt_out(profile: str, first: float, at: float) -> list[OptOutReading]:
    return [OptOutReading(profile, first, "none"), OptOutReading(profile, at, "basic", at)]


def _address(number: int) -> str:
    return f"p{number}@people.example"


def _target(number: int) -> EditTarget:
    return EditTarget(Service.SAILTHRU, sid(number), _address(number))
