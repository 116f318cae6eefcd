"""What is asked at the moment a batch is applied: the role, the rights, its limits, its number."""

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop.customer.edit_batch.batch_service import EditBatchRights, EditBatchService
from desktop.customer.edit_service import EditService
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import AppError, NotPermitted, UserDecisionNeeded
from desktop.model.edit import EditKind, EditRequest
from desktop.model.edit_batch import (
    BatchAction,
    BatchCounts,
    BatchOutcome,
    BatchPlanRow,
    BatchRow,
    EditBatch,
    LookupResult,
)
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Actor, Permission, PermissionDecision, PermissionRules, Role
from desktop.model.sync_plan import Consequence, ConsequenceCount, PlannedOutcome
from desktop.model.workspace_kind import WorkspaceKind
from desktop.store.workspace_store import WorkspaceStore
from tests.support.clocks import ManualClock

_ADA = Actor("Ada", Role.ADMIN, 1)
_BASIC = BatchAction(EditKind.OPTOUT, "", OptOutLevel.BASIC.value)
_NONE = BatchAction(EditKind.OPTOUT, "", OptOutLevel.NONE.value)


def counts_of(changes: int, **people: int) -> BatchCounts:
    return BatchCounts(
        {"found": changes},
        fates={"update": changes},
        consequences=tuple(
            ConsequenceCount(Consequence(code), "", count) for code, count in people.items()
        ),
    )


class Stage:
    """A batch service over one planned row; what it queues is in `queued`."""

    def __init__(self, action: BatchAction, counts: BatchCounts) -> None:
        self.refused: set[Permission] = set()
        self.queued: list[Mapping[int, EditRequest]] = []
        self.rechecks = 0
        self.role_lost = False
        batch = EditBatch("1", "Ada", 0.0, action=action, reason="asked", planned_at=1.0)
        found = LookupResult(1, BatchOutcome.FOUND, sid="a" * 24)
        plan = BatchPlanRow(1, PlannedOutcome.UPDATE, OptOutLevel.NONE.value)
        rows = (BatchRow("x", "x@y.example", found, plan),)

        async def get(_batch_id: str) -> EditBatch:
            return batch

        async def count(_batch_id: str) -> BatchCounts:
            return counts

        async def run(function: Callable[..., Any], *arguments: Any) -> Any:
            return function(*arguments)

        async def submit(_batch: str, requests: Mapping[int, EditRequest], **_more: object) -> int:
            self.queued.append(requests)
            return len(requests)

        batches = SimpleNamespace(
            get=get,
            count=count,
            list_row_numbers=SimpleNamespace(blocking=lambda *_: (1,)),
            get_rows=SimpleNamespace(blocking=lambda *_: rows),
        )
        self.service = EditBatchService(
            cast(WorkspaceStore, SimpleNamespace(edit_batches=batches, run=run)),
            lambda: ServiceClients(None, None),
            cast(EditService, SimpleNamespace(actor=_ADA, submit_batch=submit)),
            EditBatchRights(PermissionRules, self._decide, self._recheck, self._read_kind),
            ManualClock(),
            ChangeBus(),
        )

    async def _recheck(self) -> None:
        self.rechecks += 1
        if self.role_lost:
            raise NotPermitted("Ada is no admin any more.", "Nothing was changed.")

    def _decide(self, right: Permission) -> PermissionDecision:
        reason = "Taken away." if right in self.refused else ""
        return PermissionDecision(is_allowed=not reason, reason=reason)

    def _read_kind(self) -> WorkspaceKind:
        return WorkspaceKind.SANDBOX

    def apply(self, confirmed: int | None = None) -> int:
        return asyncio.run(self.service.apply("1", confirmed=confirmed))

    def is_refused(self, error: type[AppError], confirmed: int | None = None) -> bool:
        with pytest.raises(error):
            self.apply(confirmed)
        return not self.queued


def test_batch_within_its_limits_is_queued() -> None:
    stage = Stage(_BASIC, counts_of(1))
    assert stage.apply() == 1
    assert stage.rechecks == 1


def test_batch_of_who_lost_the_role_since_the_preview_is_not_queued() -> None:
    stage = Stage(_BASIC, counts_of(1))
    stage.role_lost = True
    assert stage.is_refused(NotPermitted)


@pytest.mark.parametrize(
    ("action", "right"),
    [
        (_BASIC, Permission.BULK),
        (_BASIC, Permission.OPT_OUT),
        (BatchAction(EditKind.LIST, "Newsletter", True), Permission.LIST_ADD),
        (BatchAction(EditKind.LIST, "Newsletter", False), Permission.LIST_REMOVE),
        (BatchAction(EditKind.HEALTH, "", "happy"), Permission.HEALTH),
    ],
)
def test_batch_without_a_right_that_was_there_at_the_preview_is_not_queued(
    action: BatchAction, right: Permission
) -> None:
    stage = Stage(action, counts_of(1))
    stage.refused = {right}
    assert stage.is_refused(NotPermitted)


def test_batch_over_a_limit_that_needs_two_admins_is_refused_whatever_is_typed() -> None:
    stage = Stage(_NONE, counts_of(231, starts=231, loosened=231))
    assert stage.is_refused(NotPermitted)
    assert stage.is_refused(NotPermitted, confirmed=231)


@pytest.mark.parametrize("typed", [None, 0, 230, 232])
def test_batch_over_its_limit_wants_its_number_and_no_other(typed: int | None) -> None:
    stage = Stage(_BASIC, counts_of(231, opted_out=231))
    assert stage.is_refused(UserDecisionNeeded, confirmed=typed)
    assert stage.apply(231) == 1
