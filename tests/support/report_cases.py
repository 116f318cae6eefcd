"""Reports over a small data store: a service for an admin, and recounts from the rows alone."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from desktop.audience.audience_service import AudienceRights
from desktop.audience.report_service import ReportService
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget
from desktop.model.edit_batch import BatchAction, BatchOutcome, BatchPlanRow, LookupResult
from desktop.model.pasted_addresses import parse_pasted_addresses
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    Actor,
    Permission,
    PermissionRules,
    Role,
)
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome
from desktop.store.audit_row import append_sync_write
from desktop.store.change_report_repository import ChangeReportRepository
from desktop.store.data_store import DataStore
from desktop.store.workspace_store import WorkspaceStore
from tests.support.clocks import ManualClock

ADMIN = Actor("Ada Admin", Role.ADMIN, 7601)
AGENT = Actor("Kim Park", Role.AGENT, 7602)


def report_service(
    data: DataStore,
    store: WorkspaceStore,
    now: float,
    *,
    zone: str = "UTC",
    actor: Actor = ADMIN,
    granted: Iterable[Permission] = (),
    has_data: bool = True,
) -> ReportService:
    """A ReportService for somebody, with agents' permissions as they come and those `granted`."""
    rules = PermissionRules(
        are_changes_enabled=False,
        permissions={
            Role.ADMIN: DEFAULT_PERMISSIONS[Role.ADMIN],
            Role.AGENT: {**DEFAULT_PERMISSIONS[Role.AGENT], **dict.fromkeys(granted, True)},
        },
    )
    return ReportService(
        lambda: data,
        ChangeReportRepository(store.fairlead_db, store.mirror_db),
        ManualClock(now),
        AudienceRights(lambda: actor, lambda: rules, lambda: has_data),
        lambda: zone,
    )


def day_of(at: float, zone: str) -> date:
    """The calendar day of a moment, by the time zone database alone."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def recount_tickets(data: DataStore, measure: str, zone: str) -> Counter[tuple[date, int]]:
    """Tickets by local day and assignee (0: nobody), from the rows that are kept."""
    rows = data.data_db.read(lambda c: c.execute("SELECT * FROM ticket").fetchall())
    return Counter(
        (day_of(row[f"{measure}_at"], zone), row["assignee"] or 0)
        for row in rows
        if row["status"] != "deleted" and row[f"{measure}_at"] is not None
    )


def recount_ratings(data: DataStore, zone: str) -> Counter[tuple[date, int, str]]:
    """Ratings by local day, assignee and score, from the rows that are kept."""
    rows = data.data_db.read(lambda c: c.execute("SELECT * FROM rating").fetchall())
    return Counter(
        (day_of(row["updated_at"], zone), row["assignee"] or 0, row["score"]) for row in rows
    )


def opt_out(
    store: WorkspaceStore,
    at: float,
    number: int,
    *,
    old: str | None = "none",
    new: str = "basic",
    undoes: Edit | None = None,
) -> Edit:
    """Have an agent set a profile's opt-out level at a time, as sent and read back."""
    target = EditTarget(Service.SAILTHRU, sid(number), f"p{number}@people.example")
    request = EditRequest(
        EditKind.OPTOUT, target, "", old, new, "asked", undoes=undoes.id if undoes else None
    )
    (edit,) = store.outbox.enqueue.blocking([request], "Kim Park", at, [0.0])
    claimed = store.outbox.claim.blocking(at, only=[edit.id])
    assert claimed is not None
    return store.outbox.close(claimed, at, EditState.DONE, "")


def opt_out_in_bulk(
    store: WorkspaceStore, at: float, numbers: range, reason: str = "old list clean-up"
) -> None:
    """Have one batch set the opt-out level of many profiles at a time."""
    pasted = parse_pasted_addresses("\n".join(f"p{n}@people.example" for n in numbers))
    batch = store.edit_batches.insert.blocking(pasted, (), "Jo Baker", at)
    action = BatchAction(EditKind.OPTOUT, "", "basic")
    requests, found, plan = {}, [], []
    for row, number in enumerate(numbers, start=1):
        label = f"p{number}@people.example"
        target = EditTarget(Service.SAILTHRU, sid(number), label)
        requests[row] = EditRequest(EditKind.OPTOUT, target, "", "none", "basic", reason)
        found.append(
            LookupResult(row, BatchOutcome.FOUND, sid=sid(number), label=label, optout="none")
        )
        plan.append(BatchPlanRow(row, PlannedOutcome.UPDATE, "none"))
    store.edit_batches.save_results.blocking(batch.id, found, len(found))
    store.edit_batches.set_action.blocking(batch.id, action, reason, None)
    store.edit_batches.save_plan.blocking(batch.id, action, plan, at)
    store.outbox.enqueue_batch.blocking(batch.id, requests, "Jo Baker", at, lambda _r, _p: 0.0)
    while (edit := store.outbox.claim.blocking(at + 3600.0, batch=batch.id)) is not None:
        store.outbox.close(edit, at, EditState.DONE, "")


def opt_out_by_sync(store: WorkspaceStore, at: float, number: int, sync: str) -> None:
    """Note in the audit that a sync's run set a profile's opt-out level."""
    store.fairlead_db.write(
        lambda c: append_sync_write(
            c,
            at=at,
            actor="Ada Admin",
            target=EditTarget(Service.SAILTHRU, sid(number), f"p{number}@people.example"),
            sync=sync,
            old={"optout": "none", "vars.plan": 1},
            new={"optout": "all", "vars.plan": 2},
            reason=f"{sync}: run 1",
            detail="",
        )
    )


def sid(number: int) -> str:
    """The sid of a numbered profile."""
    return f"{number:024x}"
